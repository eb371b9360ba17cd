package sandbox

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The buckets of the data file. Numbers are big-endian, so keys sort by age.
var (
	bucketMeta       = []byte("meta")       // its sequence is the version of the last write
	bucketMailboxes  = []byte("mailboxes")  // name -> mailbox record
	bucketFolders    = []byte("folders")    // id -> folder record
	bucketContacts   = []byte("contacts")   // id -> item
	bucketPhotos     = []byte("photos")     // id of the contact -> photo bytes
	bucketValues     = []byte("values")     // hash of a value, id -> nothing
	bucketChanges    = []byte("changes")    // version -> log entry
	bucketCategories = []byte("categories") // key of the mailbox, id -> category as JSON
)

// ErrLocked reports that another process has the data file open.
var ErrLocked = errors.New("sandbox data is in use by another process")

// A store keeps mailboxes in one bbolt file. Contacts are decoded from the
// file's memory map as they are needed, which costs less than a microsecond,
// so there is no cache of ours to bound; memory holds the folders and the
// ordered ids of their contacts only.
//
// The file is written without fsync: the death of the process loses nothing
// that was answered, the death of the machine may.
type store struct {
	db     *bbolt.DB
	remove string // directory of a temporary file

	mu        sync.RWMutex // guards what follows and orders it with the file
	mailboxes map[string]*mailbox
	folders   map[uint64]*folder
}

// A mailbox is one user's store. Its fields but order and hidden never change.
type mailbox struct {
	name     string // as it is spelt in /users/{name}; "me" for the signed-in user
	key      mailboxKey
	ids      *idWriter
	root     uint64   // the parent of the default folder
	contacts uint64   // the default folder
	hidden   uint64   // the Recipient Cache; 0: none yet
	order    []uint64 // ids of all contacts, ascending
}

// openStore opens or creates the file; an empty path is a temporary one.
func openStore(path string) (*store, error) {
	st := &store{mailboxes: map[string]*mailbox{}, folders: map[uint64]*folder{}}
	if path == "" {
		dir, err := os.MkdirTemp("", "cardferry-sandbox-")
		if err != nil {
			return nil, fmt.Errorf("sandbox data: %w", err)
		}
		st.remove, path = dir, filepath.Join(dir, "sandbox.db")
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, NoSync: true, NoGrowSync: true, NoFreelistSync: true, NoStatistics: true,
		FreelistType: bbolt.FreelistMapType,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = ErrLocked
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open sandbox data: %w", err), st.removeTemporary())
	}
	st.db = db
	st.removeTemporary() // already, so that a killed process leaves nothing; where open files stay, close does it
	if err := st.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("read sandbox data: %w", err), st.close())
	}
	return st, nil
}

func (st *store) close() error {
	return errors.Join(st.db.Close(), st.removeTemporary())
}

func (st *store) removeTemporary() error {
	if st.remove == "" {
		return nil
	}
	return os.RemoveAll(st.remove)
}

// empty reports whether nothing was ever written but the mailboxes themselves
// and what the service puts into them.
func (st *store) empty() (bool, error) {
	untouched := false
	err := st.view(func(t *txn) error {
		untouched = t.untouched()
		return nil
	})
	return untouched, err
}

// load creates the buckets and the mailbox of "me" and builds the index.
func (st *store) load() error {
	err := st.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketMailboxes, bucketFolders, bucketContacts, bucketPhotos, bucketValues, bucketCategories} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return logAll(tx)
	})
	if err != nil {
		return err
	}
	if err := st.view(st.loadIndex); err != nil {
		return err
	}
	_, err = st.openMailbox("me")
	return err
}

func (st *store) loadIndex(t *txn) error {
	err := t.mailboxes.ForEach(func(name, data []byte) error {
		box, err := decodeMailbox(string(name), data)
		st.mailboxes[box.name] = box
		return err
	})
	if err != nil {
		return err
	}
	err = t.folders.ForEach(func(id, data []byte) error {
		f, err := st.decodeFolder(binary.BigEndian.Uint64(id), data)
		if err == nil {
			st.addFolder(f)
		}
		return err
	})
	if err != nil {
		return err
	}
	return t.contacts.ForEach(func(id, data []byte) error {
		if len(data) < itemHeader {
			return errDamaged
		}
		f := st.folders[binary.BigEndian.Uint64(data)]
		if f == nil {
			return errDamaged
		}
		n := binary.BigEndian.Uint64(id) // ascending, so appending keeps the order
		f.order = append(f.order, n)
		f.box.order = append(f.box.order, n)
		return nil
	})
}

// openMailbox returns the named mailbox, creating it with its default folder.
func (st *store) openMailbox(name string) (*mailbox, error) {
	name = strings.ToLower(name)
	st.mu.RLock()
	box := st.mailboxes[name]
	st.mu.RUnlock()
	if box != nil {
		return box, nil
	}
	err := st.update(func(t *txn) error {
		if box = st.mailboxes[name]; box != nil {
			return nil
		}
		box = &mailbox{name: name}
		if _, err := rand.Read(box.key[:]); err != nil {
			return err
		}
		box.ids = newIDWriter(box.key)
		root := &folder{box: box, name: "Top of Information Store"}
		if err := t.putFolder(root); err != nil {
			return err
		}
		contacts := &folder{box: box, parent: root.id, name: "Contacts"}
		if err := t.putFolder(contacts); err != nil {
			return err
		}
		box.root, box.contacts = root.id, contacts.id
		t.onCommit(func() {
			st.mailboxes[name] = box
			st.addFolder(root)
			st.addFolder(contacts)
		})
		return t.mailboxes.Put([]byte(name), box.encode())
	})
	return box, err
}

func (box *mailbox) encode() []byte {
	dst := append([]byte(nil), box.key[:]...)
	dst = binary.BigEndian.AppendUint64(dst, box.root)
	return binary.BigEndian.AppendUint64(dst, box.contacts)
}

func decodeMailbox(name string, data []byte) (*mailbox, error) {
	box := &mailbox{name: name}
	if len(data) != len(box.key)+16 {
		return box, errDamaged
	}
	n := copy(box.key[:], data)
	box.root = binary.BigEndian.Uint64(data[n:])
	box.contacts = binary.BigEndian.Uint64(data[n+8:])
	box.ids = newIDWriter(box.key)
	return box, nil
}
