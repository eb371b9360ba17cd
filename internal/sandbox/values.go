package sandbox

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// The index of values finds the contacts that hold a given e-mail address or
// a given extended property without reading the others. It holds hashes only,
// so whoever looks something up compares the contacts it is given.

const emailIndex = "emailAddresses" // in place of a property id

func valueHash(name string, value []byte) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	h.Write([]byte{0})
	h.Write(bytes.ToLower(value))
	return h.Sum64()
}

// valueHashes lists what the index holds of a contact.
func valueHashes(it *item) []uint64 {
	if it == nil {
		return nil
	}
	var hashes []uint64
	for s := slotEmail1Address; s <= slotEmail3Address; s += emailSlots {
		if len(it.slots[s]) > 0 {
			hashes = append(hashes, valueHash(emailIndex, it.slots[s]))
		}
	}
	for _, n := range it.named {
		hashes = append(hashes, valueHash(string(n.id), n.value))
	}
	return hashes
}

// indexValues brings the index from the old state of a contact to the new;
// nil stands for a contact that does not exist.
func (t *txn) indexValues(old, it *item) error {
	before, after := valueHashes(old), valueHashes(it)
	for _, h := range before {
		if slices.Contains(after, h) {
			continue
		}
		if err := t.values.Delete(valueKey(h, old.id)); err != nil {
			return err
		}
	}
	for _, h := range after {
		if slices.Contains(before, h) {
			continue
		}
		if err := t.values.Put(valueKey(h, it.id), nil); err != nil {
			return err
		}
	}
	return nil
}

func valueKey(hash, id uint64) []byte {
	return binary.BigEndian.AppendUint64(key(hash), id)
}

// candidates lists, ascending, the ids of contacts that may hold the value.
func (t *txn) candidates(name, value string) []uint64 {
	var ids []uint64
	prefix := key(valueHash(name, []byte(value)))
	c := t.values.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == 16; k, _ = c.Next() {
		ids = append(ids, binary.BigEndian.Uint64(k[8:]))
	}
	return ids
}
