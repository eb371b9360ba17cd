package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/spool"
)

// A contact of the sink is recognised, where no key tells, by the marks that a record
// has in common with it: an address, the UID, its origin, or its name together with a number.

func uidMark(c *contact.Contact) []string {
	if c.UID == "" {
		return nil
	}
	return []string{"uid\n" + contact.UIDKey(c.UID)}
}

// personMarks are the name with each of the numbers. The parts are kept apart, so
// that no two people have a mark in common by accident.
func personMarks(c *contact.Contact, rules contact.Rules) []string {
	name := rules.NameKey(c)
	if name == "" {
		return nil
	}
	var marks []string
	for _, p := range c.Phones {
		if k := name + "\n" + rules.PhoneKey(p.Number); !slices.Contains(marks, k) {
			marks = append(marks, k)
		}
	}
	return marks
}

// originMarks are what a record without an address has in common with the contact that it
// was made from, as when a backup comes back; and with one that says the same, to the letter.
// Of a photo a listing says no more than that there is one.
func originMarks(c *contact.Contact) []string {
	marks := []string{"of\n" + contact.KeyOf(c.DerivedUID())}
	if c.Key != "" {
		marks = append(marks, "of\n"+c.Key)
	}
	if len(c.EmailKeys()) == 0 {
		bare := *c
		bare.Photo = nil
		marks = append(marks, "as\n"+bare.Fingerprint())
	}
	return marks
}

// identity is how contacts are found again: by key, and by the marks they share. It
// is all that an import keeps in memory of each contact.
type identity struct {
	seed   maphash.Seed
	byKey  map[[16]byte][]int32
	byMark map[uint64][]int32
}

func newIdentity() identity {
	return identity{maphash.MakeSeed(), map[[16]byte][]int32{}, map[uint64][]int32{}}
}

func (d *identity) add(i int32, key string, marks []string) {
	if key != "" {
		k := keyBytes(key)
		d.byKey[k] = append(d.byKey[k], i)
	}
	for _, m := range marks {
		h := maphash.String(d.seed, m)
		d.byMark[h] = append(d.byMark[h], i)
	}
}

func (d *identity) withKey(key string) []int32   { return d.byKey[keyBytes(key)] }
func (d *identity) withMark(mark string) []int32 { return d.byMark[maphash.String(d.seed, mark)] }

// keyBytes packs a key. Keys are 32 hex digits; a foreign one is hashed.
func keyBytes(key string) (b [16]byte) {
	if len(key) == 32 {
		if _, err := hex.Decode(b[:], []byte(key)); err == nil {
			return b
		}
	}
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

// index is the sink as it stood before the import.
type index struct {
	identity
	spool  *spool.Spool
	slots  []spool.Slot
	people bool // whether the marks for records without an address are in it
	rules  contact.Rules
}

// buildIndex reads the whole sink. A contact that cannot be read is handed to bad: no
// record can be recognised in it. A listing that breaks off is an error.
func buildIndex(ctx context.Context, r Reader, rules contact.Rules, dir string, seen func(*contact.Contact, int), bad func(*formats.RecordError)) (*index, error) {
	x := &index{identity: newIdentity(), rules: rules, spool: spool.New(dir)}
	for c, err := range r.Contacts(ctx) {
		if re, ok := errors.AsType[*formats.RecordError](err); ok {
			bad(re)
			continue
		}
		if err == nil {
			err = x.keep(c)
		}
		if err != nil {
			x.spool.Close()
			return nil, fmt.Errorf("indexing the account: %w", err)
		}
		seen(c, len(x.slots))
	}
	return x, nil
}

func (x *index) keep(c *contact.Contact) error {
	slot, err := x.spool.Add(c)
	if err != nil {
		return err
	}
	x.add(int32(len(x.slots)), c.Key, append(x.rules.EmailKeys(c), uidMark(c)...))
	x.slots = append(x.slots, slot)
	return nil
}

// put enters a contact that was not in the sink when it was read, or has changed since.
// Marks that it has no longer stay behind, and are passed over.
func (x *index) put(i int32, c *contact.Contact) error {
	slot, err := x.spool.Add(c)
	if err != nil {
		return err
	}
	marks := append(x.rules.EmailKeys(c), uidMark(c)...)
	if x.people {
		marks = slices.Concat(marks, originMarks(c), personMarks(c, x.rules))
	}
	if int(i) == len(x.slots) {
		x.slots = append(x.slots, slot)
	} else {
		x.slots[i] = slot
	}
	x.add(i, "", marks) // keys are claimed already
	return nil
}

// addPeople enters the marks that are for records without an address, once. Few records
// need them, and many imports have none that does.
func (x *index) addPeople() error {
	if x.people {
		return nil
	}
	x.people = true
	for i := range x.slots {
		c, err := x.get(int32(i))
		if err != nil {
			return err
		}
		x.add(int32(i), "", append(originMarks(c), personMarks(c, x.rules)...))
	}
	return nil
}

func (x *index) get(i int32) (*contact.Contact, error) { return x.spool.Get(x.slots[i]) }
