package sandbox

import (
	"encoding/binary"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// A txn is one transaction on the store, holding its lock. What a write
// changes in memory is changed by onCommit functions, after the file.
type txn struct {
	st                                 *store
	meta, mailboxes, folders, contacts *bbolt.Bucket
	photos, values, changes            *bbolt.Bucket
	categories                         *bbolt.Bucket
	committed                          []func()
}

func newTxn(st *store, tx *bbolt.Tx) *txn {
	return &txn{
		st: st, meta: tx.Bucket(bucketMeta), mailboxes: tx.Bucket(bucketMailboxes), folders: tx.Bucket(bucketFolders),
		contacts: tx.Bucket(bucketContacts), photos: tx.Bucket(bucketPhotos), values: tx.Bucket(bucketValues),
		changes: tx.Bucket(bucketChanges), categories: tx.Bucket(bucketCategories),
	}
}

func (t *txn) onCommit(change func()) { t.committed = append(t.committed, change) }

// view runs fn on a consistent state of file and memory, beside other readers.
func (st *store) view(fn func(*txn) error) error {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.db.View(func(tx *bbolt.Tx) error { return fn(newTxn(st, tx)) })
}

// update runs fn alone; an error of fn leaves file and memory as they were.
func (st *store) update(fn func(*txn) error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	var t *txn
	err := st.db.Update(func(tx *bbolt.Tx) error {
		t = newTxn(st, tx)
		for _, b := range []*bbolt.Bucket{t.meta, t.contacts, t.photos, t.folders, t.changes} {
			b.FillPercent = 0.9 // keys grow, so full pages stay full
		}
		return fn(t)
	})
	if err != nil {
		return err
	}
	for _, change := range t.committed {
		change()
	}
	return nil
}

func key(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// item reads a contact; found is false where there is none. The item aliases
// the transaction's memory.
func (t *txn) item(id uint64, it *item) (found bool, err error) {
	var k [8]byte
	binary.BigEndian.PutUint64(k[:], id)
	data := t.contacts.Get(k[:])
	if data == nil {
		return false, nil
	}
	return true, it.decode(id, data)
}

// create stores a new contact in the folder it names.
func (t *txn) create(it *item, now time.Time) error {
	if err := t.add(it, now); err != nil {
		return err
	}
	return t.indexValues(nil, it)
}

// add is create without the index of values.
func (t *txn) add(it *item, now time.Time) error {
	id, err := t.contacts.NextSequence()
	if err != nil {
		return err
	}
	it.id, it.created = id, now.Unix()
	if err := t.put(it, now); err != nil {
		return err
	}
	t.onCommit(func() {
		f := t.st.folders[it.folder]
		f.order = insertID(f.order, id)
		f.box.order = insertID(f.box.order, id)
	})
	return nil
}

// replace stores a changed contact; old is what it was, maybe in another folder.
func (t *txn) replace(old, it *item, now time.Time) error {
	from, to, tracked := old.folder, it.folder, old.tracked()
	if err := t.indexValues(old, it); err != nil { // first: putting the item ends the life of old
		return err
	}
	if err := t.changes.Delete(key(tracked)); err != nil {
		return err
	}
	if from != to {
		if err := t.logNext(logEntry{contactLeft, from, it.id}); err != nil {
			return err
		}
		t.onCommit(func() {
			t.st.folders[from].order = removeID(t.st.folders[from].order, it.id)
			t.st.folders[to].order = insertID(t.st.folders[to].order, it.id)
		})
	}
	return t.put(it, now)
}

// put stores an item under a new version and logs it.
func (t *txn) put(it *item, now time.Time) error {
	it.slots[slotTracked] = nil
	if err := t.touch(it, now); err != nil {
		return err
	}
	return t.log(it.version, logEntry{contactChanged, it.folder, it.id})
}

// touch stores an item under a new version that change tracking does not see.
func (t *txn) touch(it *item, now time.Time) error {
	version, err := t.meta.NextSequence()
	if err != nil {
		return err
	}
	it.version, it.modified = version, now.Unix()
	return t.contacts.Put(key(it.id), it.encode())
}

// remove deletes a contact with its photo.
func (t *txn) remove(it *item) error {
	id, folder := it.id, it.folder
	t.onCommit(func() {
		f := t.st.folders[folder]
		f.order = removeID(f.order, id)
		f.box.order = removeID(f.box.order, id)
	})
	return t.drop(it)
}

// drop is remove without the index of ids.
func (t *txn) drop(it *item) error {
	id, folder, tracked := it.id, it.folder, it.tracked()
	if err := t.indexValues(it, nil); err != nil {
		return err
	}
	if err := t.changes.Delete(key(tracked)); err != nil {
		return err
	}
	if err := t.logNext(logEntry{contactRemoved, folder, id}); err != nil {
		return err
	}
	if err := t.photos.Delete(key(id)); err != nil {
		return err
	}
	return t.contacts.Delete(key(id))
}

func insertID(order []uint64, id uint64) []uint64 {
	i, _ := slices.BinarySearch(order, id)
	return slices.Insert(order, i, id)
}

func removeID(order []uint64, id uint64) []uint64 {
	if i, found := slices.BinarySearch(order, id); found {
		return slices.Delete(order, i, i+1)
	}
	return order
}
