package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spool"
)

// marks returns what a contact of the sink is recognised by where no key tells: its
// addresses; for one that has none, its name together with each of its numbers. (The
// records of one input are told apart by addresses alone: two colleagues of one name
// may share the number of their company.)
func marks(c *contact.Contact) []string {
	if emails := c.EmailKeys(); len(emails) > 0 {
		return emails
	}
	name := c.NameKey()
	if name == "" {
		return nil
	}
	var marks []string
	for _, p := range c.Phones {
		if k := name + "\n" + contact.PhoneKey(p.Number); !slices.Contains(marks, k) {
			marks = append(marks, k)
		}
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
	spool *spool.Spool
	slots []spool.Slot
}

// buildIndex reads the whole sink. Any contact that cannot be read makes the index
// incomplete, and that is an error.
func buildIndex(ctx context.Context, r Reader, dir string, progress func(int)) (*index, error) {
	x := &index{identity: newIdentity(), spool: spool.New(dir)}
	for c, err := range r.Contacts(ctx) {
		if err == nil {
			err = x.keep(c)
		}
		if err != nil {
			x.spool.Close()
			return nil, fmt.Errorf("indexing the account: %w", err)
		}
		progress(len(x.slots))
	}
	return x, nil
}

func (x *index) keep(c *contact.Contact) error {
	slot, err := x.spool.Add(c)
	if err != nil {
		return err
	}
	x.add(int32(len(x.slots)), c.Key, marks(c))
	x.slots = append(x.slots, slot)
	return nil
}

func (x *index) get(i int32) (*contact.Contact, error) { return x.spool.Get(x.slots[i]) }
