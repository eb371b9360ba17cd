package sandbox

import (
	"encoding/binary"
	"slices"
	"strings"
)

// A folder is a contact folder, or the root of a mailbox, which is never shown.
type folder struct {
	id, parent uint64 // parent 0: the root
	name       string
	hidden     bool // seen by nobody but the service
	box        *mailbox
	children   []uint64 // by age
	order      []uint64 // ids of its contacts, ascending
}

func (f *folder) wellKnown() bool { return f.id == f.box.contacts }

func (f *folder) encode() []byte {
	dst := key(f.parent)
	dst = appendSized(appendSized(dst, []byte(f.box.name)), []byte(f.name))
	if f.hidden {
		dst = append(dst, hiddenMark)
	}
	return dst
}

const hiddenMark = 'h'

func (st *store) decodeFolder(id uint64, data []byte) (*folder, error) {
	if len(data) < 8 {
		return nil, errDamaged
	}
	f := &folder{id: id, parent: binary.BigEndian.Uint64(data)}
	owner, rest, ok := cutSized(data[8:])
	if !ok {
		return nil, errDamaged
	}
	name, rest, ok := cutSized(rest)
	f.box, f.name = st.mailboxes[string(owner)], string(name)
	f.hidden = len(rest) > 0 && rest[0] == hiddenMark
	if !ok || f.box == nil {
		return nil, errDamaged
	}
	return f, nil
}

// addFolder enters a folder into the index, or its new parent.
func (st *store) addFolder(f *folder) {
	st.folders[f.id] = f
	if f.hidden {
		f.box.hidden = f.id
	}
	if parent := st.folders[f.parent]; parent != nil {
		parent.children = insertID(parent.children, f.id)
	}
}

// putFolder stores a folder, numbering it if it is new.
func (t *txn) putFolder(f *folder) error {
	if f.id == 0 {
		id, err := t.folders.NextSequence()
		if err != nil {
			return err
		}
		f.id = id
	}
	return t.folders.Put(key(f.id), f.encode())
}

// createFolder adds a folder below parent. Names are unique there, without
// regard to case.
func (t *txn) createFolder(parent *folder, name string) (*folder, error) {
	if t.st.childNamed(parent, name) != nil {
		return nil, errFolderExists
	}
	f := &folder{parent: parent.id, name: name, box: parent.box}
	return f, t.addFolder(f)
}

func (t *txn) addFolder(f *folder) error {
	if err := t.putFolder(f); err != nil {
		return err
	}
	t.onCommit(func() { t.st.addFolder(f) })
	return t.logNext(logEntry{folderChanged, f.box.root, f.id})
}

func (st *store) childNamed(parent *folder, name string) *folder {
	for _, id := range parent.children {
		if f := st.folders[id]; strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

// changeFolder renames and moves a folder.
func (t *txn) changeFolder(f *folder, name string, parent *folder) error {
	if same := t.st.childNamed(parent, name); same != nil && same != f {
		return errFolderExists
	}
	if err := t.logNext(logEntry{folderChanged, f.box.root, f.id}); err != nil {
		return err
	}
	changed := *f
	changed.name, changed.parent = name, parent.id
	t.onCommit(func() {
		from := t.st.folders[f.parent]
		from.children = removeID(from.children, f.id)
		f.name, f.parent = name, parent.id
		t.st.addFolder(f)
	})
	return t.putFolder(&changed)
}

// removeFolder deletes a folder, the folders below it and their contacts.
func (t *txn) removeFolder(f *folder) error {
	for _, id := range f.children {
		if err := t.removeFolder(t.st.folders[id]); err != nil {
			return err
		}
	}
	var it item
	for _, id := range f.order {
		if _, err := t.item(id, &it); err != nil {
			return err
		}
		if err := t.drop(&it); err != nil {
			return err
		}
	}
	if err := t.logNext(logEntry{folderRemoved, f.box.root, f.id}); err != nil {
		return err
	}
	t.onCommit(func() {
		parent := t.st.folders[f.parent]
		parent.children = removeID(parent.children, f.id)
		delete(t.st.folders, f.id)
		f.box.order = slices.DeleteFunc(f.box.order, func(id uint64) bool {
			_, gone := slices.BinarySearch(f.order, id)
			return gone
		})
	})
	return t.folders.Delete(key(f.id))
}

// within reports whether f is top or lies below it.
func (st *store) within(f, top *folder) bool {
	for ; f != nil; f = st.folders[f.parent] {
		if f == top {
			return true
		}
	}
	return false
}
