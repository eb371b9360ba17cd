package sandbox

import (
	"encoding/binary"

	"go.etcd.io/bbolt"
)

// The log of changes is what delta answers from. Its keys are the versions that
// the data file counts, one to each change. A contact that exists has one entry,
// at its latest tracked change; what is gone leaves an entry behind for good.
// So the log is complete, and small beside the contacts.
type changeKind byte

const (
	contactChanged changeKind = iota + 1
	contactRemoved
	contactLeft // moved from this folder to another
	folderChanged
	folderRemoved
)

// A logEntry tells a change in one folder; changes of folders themselves are
// entered under the root of their mailbox.
type logEntry struct {
	kind       changeKind
	folder, id uint64
}

// log enters a change under the version.
func (t *txn) log(version uint64, e logEntry) error {
	value := append(append([]byte{byte(e.kind)}, key(e.folder)...), key(e.id)...)
	return t.changes.Put(key(version), value)
}

// logNext enters a change under a version of its own.
func (t *txn) logNext(e logEntry) error {
	version, err := t.meta.NextSequence()
	if err != nil {
		return err
	}
	return t.log(version, e)
}

func decodeLogEntry(value []byte) (logEntry, bool) {
	if len(value) != 17 {
		return logEntry{}, false
	}
	return logEntry{changeKind(value[0]), binary.BigEndian.Uint64(value[1:]), binary.BigEndian.Uint64(value[9:])}, true
}

// changesOf calls fn with the entries of a folder that are newer than after and
// no newer than until, in their order, until it returns false.
func (t *txn) changesOf(folder, after, until uint64, fn func(version uint64, e logEntry) bool) {
	c := t.changes.Cursor()
	for k, value := c.Seek(key(after + 1)); k != nil; k, value = c.Next() {
		version := binary.BigEndian.Uint64(k)
		if version > until {
			return
		}
		if e, ok := decodeLogEntry(value); ok && e.folder == folder && !fn(version, e) {
			return
		}
	}
}

// before is the version after which the last n entries of a folder up to since
// begin.
func (t *txn) before(folder, since uint64, n int) uint64 {
	c := t.changes.Cursor()
	step := c.Prev
	if k, _ := c.Seek(key(since + 1)); k == nil {
		step = c.Last
	}
	for k, value := step(); k != nil && n > 0; k, value = c.Prev() {
		if e, ok := decodeLogEntry(value); ok && e.folder == folder {
			since = binary.BigEndian.Uint64(k) - 1
			n--
		}
	}
	return since
}

// logAll makes the log of a data file that has none yet.
func logAll(tx *bbolt.Tx) error {
	if tx.Bucket(bucketChanges) != nil {
		return nil
	}
	changes, err := tx.CreateBucket(bucketChanges)
	if err != nil {
		return err
	}
	t := &txn{changes: changes}
	var it item
	return tx.Bucket(bucketContacts).ForEach(func(id, data []byte) error {
		if err := it.decode(binary.BigEndian.Uint64(id), data); err != nil {
			return err
		}
		return t.log(it.version, logEntry{contactChanged, it.folder, it.id})
	})
}

// tracked is the version of the latest change that the log knows: a new photo
// changes a contact's version only.
func (it *item) tracked() uint64 {
	if at := it.slots[slotTracked]; len(at) == 8 {
		return binary.BigEndian.Uint64(at)
	}
	return it.version
}
