package sandbox

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// Ids look and behave like Exchange's: URL-safe base64 that is case-sensitive
// (neighbours may differ in case alone). A contact has two: the default one
// names the folder too and so changes when the contact moves; the immutable
// one, asked for with Prefer: IdType="ImmutableId", does not. Both are
// accepted in a path. Folder ids are constant.
type idKind byte

const (
	mutableID   idKind = iota // 148 characters
	immutableID               // 72
	folderID                  // 116
)

var idEncoding = base64.URLEncoding

// The bytes before and after the varying part give ids the look of the
// service: AAMk… and a trailing AAA=.
var (
	entryPrefix     = []byte{0x00, 0x03, 0x24, 0x00}
	immutablePrefix = []byte{0x00, 0x09, 0x00, 0x2e, 0x00}
)

const (
	mutableSize   = 110
	immutableSize = 53
	folderSize    = 86
)

// A mailboxKey is the 16 random bytes that tell a mailbox's ids from others'.
type mailboxKey [16]byte

// guid spells the key as a GUID.
func (k mailboxKey) guid() string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i, c := range k {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b.WriteByte('-')
		}
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// An idWriter renders the ids of one mailbox. It keeps the constant parts
// ready, so that a page of a thousand contacts costs two copies each.
type idWriter struct {
	mutable, folder [mutableSize]byte
	immutable       [immutableSize]byte
}

func newIDWriter(key mailboxKey) *idWriter {
	w := &idWriter{}
	guid := key.guid()
	for _, raw := range []*[mutableSize]byte{&w.mutable, &w.folder} {
		copy(raw[:], entryPrefix)
		copy(raw[4:], guid)
		copy(raw[40:], []byte{'F', 0, 0, 0, 0, 0})
		copy(raw[46:], key[:])
	}
	w.folder[folderAt-1] = 1
	copy(w.immutable[:], immutablePrefix)
	copy(w.immutable[5:], key[:])
	copy(w.immutable[21:], guid[:22])
	return w
}

// Layout of the varying parts. The last two bytes of an id stay zero.
const (
	mutableFolderAt = 80
	mutableItemAt   = mutableSize - 2 - 8
	immutableItemAt = immutableSize - 2 - 8
	folderAt        = folderSize - 2 - 8
)

func (w *idWriter) appendItem(dst []byte, id, folder uint64) []byte {
	raw := w.mutable
	binary.BigEndian.PutUint64(raw[mutableFolderAt:], folder)
	binary.BigEndian.PutUint64(raw[mutableItemAt:], id)
	return idEncoding.AppendEncode(dst, raw[:])
}

func (w *idWriter) appendImmutable(dst []byte, id uint64) []byte {
	raw := w.immutable
	binary.BigEndian.PutUint64(raw[immutableItemAt:], id)
	return idEncoding.AppendEncode(dst, raw[:])
}

func (w *idWriter) appendFolder(dst []byte, id uint64) []byte {
	raw := w.folder
	binary.BigEndian.PutUint64(raw[folderAt:], id)
	return idEncoding.AppendEncode(dst, raw[:folderSize])
}

// A parsedID is what an id of this service says. Folder is that of a folder id
// or of a mutable item id; foreign tells an id of another mailbox.
type parsedID struct {
	kind         idKind
	item, folder uint64
	foreign      bool
}

// parse reads an id; ok is false for what no Exchange server would have made.
func (w *idWriter) parse(text string) (p parsedID, ok bool) {
	raw, err := idEncoding.DecodeString(text)
	if err != nil {
		return p, false
	}
	switch len(raw) {
	case mutableSize:
		p = parsedID{kind: mutableID, item: binary.BigEndian.Uint64(raw[mutableItemAt:]),
			folder: binary.BigEndian.Uint64(raw[mutableFolderAt:])}
		p.foreign = string(raw[:mutableFolderAt]) != string(w.mutable[:mutableFolderAt])
		return p, string(raw[:4]) == string(entryPrefix)
	case immutableSize:
		p = parsedID{kind: immutableID, item: binary.BigEndian.Uint64(raw[immutableItemAt:])}
		p.foreign = string(raw[:immutableItemAt]) != string(w.immutable[:immutableItemAt])
		return p, string(raw[:5]) == string(immutablePrefix)
	case folderSize:
		p = parsedID{kind: folderID, folder: binary.BigEndian.Uint64(raw[folderAt:])}
		p.foreign = string(raw[:folderAt]) != string(w.folder[:folderAt])
		return p, string(raw[:4]) == string(entryPrefix)
	}
	return p, false
}

// appendChangeKey renders the version of an item the way Exchange spells
// change keys: 40 characters of ordinary base64, so '/' and '+' occur.
func appendChangeKey(dst []byte, key mailboxKey, version uint64) []byte {
	raw := [30]byte{0: 0x11, 4: 0x16}
	copy(raw[8:], key[:])
	var v [8]byte
	binary.BigEndian.PutUint64(v[:], version)
	copy(raw[24:], v[2:])
	return base64.StdEncoding.AppendEncode(dst, raw[:])
}
