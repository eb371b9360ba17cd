package sandbox

import (
	"encoding/binary"
	"errors"
	"slices"
)

// An item is one stored contact: its slots as text, nil where unset, and the
// extended properties that no slot stands for.
//
// An item read from the store aliases the database's memory and lives no
// longer than the transaction it was read in.
type item struct {
	id       uint64
	folder   uint64
	version  uint64 // of the change key
	created  int64  // seconds
	modified int64
	slots    [slotCount][]byte
	named    []namedValue
}

type namedValue struct{ id, value []byte }

const (
	itemHeader = 4 * 8
	namedMark  = 0xff // in place of a slot number
)

var errDamaged = errors.New("damaged record")

// encode renders the item as it is stored: a fixed header, then one entry per
// value that is set.
func (it *item) encode() []byte {
	dst := make([]byte, 0, 512)
	dst = binary.BigEndian.AppendUint64(dst, it.folder)
	dst = binary.BigEndian.AppendUint64(dst, it.version)
	dst = binary.BigEndian.AppendUint64(dst, uint64(it.created))
	dst = binary.BigEndian.AppendUint64(dst, uint64(it.modified))
	for s, value := range it.slots {
		if value != nil {
			dst = appendSized(append(dst, byte(s)), value)
		}
	}
	for _, n := range it.named {
		dst = appendSized(appendSized(append(dst, namedMark), n.id), n.value)
	}
	return dst
}

// decode fills the item from its stored form, which it aliases.
func (it *item) decode(id uint64, data []byte) error {
	if len(data) < itemHeader {
		return errDamaged
	}
	*it = item{id: id, named: it.named[:0]}
	it.folder = binary.BigEndian.Uint64(data)
	it.version = binary.BigEndian.Uint64(data[8:])
	it.created = int64(binary.BigEndian.Uint64(data[16:]))
	it.modified = int64(binary.BigEndian.Uint64(data[24:]))
	for data = data[itemHeader:]; len(data) > 0; {
		mark := data[0]
		value, rest, ok := cutSized(data[1:])
		if !ok {
			return errDamaged
		}
		if mark < byte(slotCount) {
			it.slots[mark] = value
			data = rest
			continue
		}
		if mark != namedMark {
			return errDamaged
		}
		n := namedValue{id: value}
		if n.value, data, ok = cutSized(rest); !ok {
			return errDamaged
		}
		it.named = append(it.named, n)
	}
	return nil
}

func appendSized(dst, value []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(value))), value...)
}

func cutSized(data []byte) (value, rest []byte, ok bool) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size > uint64(len(data)-n) {
		return nil, nil, false
	}
	end := n + int(size)
	return data[n:end:end], data[end:], true
}

// setText sets a slot to the text, which may be empty: Exchange tells an empty
// property from an absent one, and the API shows the difference.
func (it *item) setText(s slot, text string) { it.slots[s] = append([]byte{}, text...) }

func (it *item) clear(from, count slot) {
	for s := from; s < from+count; s++ {
		it.slots[s] = nil
	}
}

func (it *item) text(s slot) string { return string(it.slots[s]) }

// setList stores a list of strings in one slot; an empty list unsets it.
func (it *item) setList(s slot, values []string) {
	it.slots[s] = nil
	for _, v := range values {
		it.slots[s] = appendSized(it.slots[s], []byte(v))
	}
}

// nextInList cuts the first string off a list slot.
func nextInList(list []byte) (value, rest []byte) {
	value, rest, _ = cutSized(list)
	return value, rest
}

// extended returns the value of an extended property and whether it is set.
func (it *item) extended(p propID) ([]byte, bool) {
	if p.slot != slotCount {
		return p.mapiValue(it.slots[p.slot]), it.slots[p.slot] != nil
	}
	for _, n := range it.named {
		if string(n.id) == p.canonical {
			return n.value, true
		}
	}
	if p.canonical == messageClass {
		return []byte("IPM.Contact"), true
	}
	return nil, false
}

const messageClass = "String 0x1a"

// setExtended stores an extended property; a nil value removes it.
func (it *item) setExtended(p propID, value []byte) {
	if p.slot != slotCount {
		it.slots[p.slot] = value
		return
	}
	i := slices.IndexFunc(it.named, func(n namedValue) bool { return string(n.id) == p.canonical })
	switch {
	case value == nil && i >= 0:
		it.named = slices.Delete(it.named, i, i+1)
	case value == nil:
	case i >= 0:
		it.named[i].value = value
	default:
		it.named = append(it.named, namedValue{[]byte(p.canonical), value})
	}
}
