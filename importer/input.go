package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/spool"
)

// input is what is to be imported: all records, kept aside, and which of them are
// one person.
type input struct {
	identity
	rules  contact.Rules
	spool  *spool.Spool
	slots  []spool.Slot
	leader []int32           // of each record: the first record of its person
	others map[int32][]int32 // of a leader: the other records of its person
	bare   []int32           // the records that have a number and no address
	// shares notes records that have an address in common with an earlier record
	// of somebody else, and rekeyed those that even have its key.
	shares  map[int32]int32
	rekeyed map[int32]bool
	// claims says which contact of the sink carries the key of a leader's person,
	// and claimed the same the other way round.
	claims  map[int32][]int32
	claimed map[int32]int32
	// contested are the contacts of the sink that several people of the input may match
	// by a mark.
	contested map[int32]bool
}

// maxSharing bounds how many people of one input are compared for one address. An
// address that more of them share is nobody's own.
const maxSharing = 64

// readInput keeps all records aside and finds out which are one person. A record
// that cannot be read is handed to bad.
func readInput(ctx context.Context, records iter.Seq2[*contact.Contact, error], o Options, bad func(*formats.RecordError)) (*input, error) {
	in := &input{identity: newIdentity(), rules: o.Rules, spool: spool.New(o.TempDir), others: map[int32][]int32{},
		shares: map[int32]int32{}, rekeyed: map[int32]bool{}, claims: map[int32][]int32{}, claimed: map[int32]int32{}}
	for c, err := range records {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if re, ok := errors.AsType[*formats.RecordError](err); ok {
			bad(re)
			continue
		}
		if err == nil {
			err = in.keep(c)
		}
		if err != nil {
			in.spool.Close()
			return nil, fmt.Errorf("reading the records: %w", err)
		}
	}
	if err := in.joinBare(); err != nil {
		in.spool.Close()
		return nil, fmt.Errorf("reading the records: %w", err)
	}
	return in, nil
}

func (in *input) keep(c *contact.Contact) error {
	slot, err := in.spool.Add(c)
	if err != nil {
		return err
	}
	i := int32(len(in.slots))
	in.slots = append(in.slots, slot)
	in.leader = append(in.leader, i)
	key, emails := c.DerivedKey(), in.rules.EmailKeys(c)
	if err := in.join(i, c, key, emails); err != nil {
		return err
	}
	in.add(i, key, emails)
	if len(emails) == 0 && len(c.Phones) > 0 {
		in.bare = append(in.bare, i)
	}
	return nil
}

// key returns the idempotency key of a record. Two records with one key but
// contradicting names are two people, and the later one gets a key of its own.
func (in *input) key(i int32, c *contact.Contact) string {
	if in.rekeyed[i] {
		return namedKey(c)
	}
	return c.DerivedKey()
}

// namedKey is the key of one of several people who share an identity.
func namedKey(c *contact.Contact) string {
	return contact.KeyOf(c.DerivedUID() + "\n" + c.NameKey())
}

// claim finds, for every person of the input, the contacts of the sink that carry
// one of its keys: they are that person's, whatever addresses others share. And it finds
// those that are contested.
func (in *input) claim(x *index) error {
	in.contested = map[int32]bool{}
	if len(x.slots) == 0 {
		return nil
	}
	first := map[int32]int32{} // who may match a contact
	for i := range in.slots {
		c, err := in.spool.Get(in.slots[i])
		if err != nil {
			return err
		}
		l := in.leader[i]
		entries := x.withKey(namedKey(c)) // created beside somebody who has its identity
		if len(entries) == 0 {
			entries = x.withKey(in.key(int32(i), c))
		}
		for _, entry := range entries {
			if !slices.Contains(in.claims[l], entry) {
				in.claims[l] = append(in.claims[l], entry)
				in.claimed[entry] = l
			}
		}
		marks := append(in.rules.EmailKeys(c), uidMark(c)...)
		if len(c.Emails) == 0 {
			if err := x.addPeople(); err != nil {
				return err
			}
			marks = slices.Concat(marks, originMarks(c), personMarks(c, in.rules))
		}
		for _, m := range marks {
			for _, entry := range x.withMark(m) {
				if other, ok := first[entry]; ok && other != l {
					in.contested[entry] = true
				}
				first[entry] = l
			}
		}
	}
	return nil
}

// person loads all records of one person and joins them, the earlier standing
// against the later.
func (in *input) person(leader int32) (*person, error) {
	p := &person{leader: leader, members: in.members(leader)}
	for _, i := range p.members {
		c, err := in.spool.Get(in.slots[i])
		if err != nil {
			return nil, err
		}
		if c.Photo != nil && c.Photo.Data != nil && p.photo == nil {
			slot := in.slots[i]
			p.photo = &slot
		}
		p.records = append(p.records, c)
	}
	first := p.records[0]
	p.contact = first
	for _, c := range p.records[1:] {
		p.contact = in.rules.Merge(p.contact, c, contact.Fill)
	}
	if p.contact == first {
		p.contact = first.Clone()
	}
	p.contact.Key = in.key(leader, first)
	p.contact.ID, p.contact.Version = "", ""
	return p, nil
}

// person is one person of the input.
type person struct {
	leader  int32
	members []int32            // the numbers of its records
	records []*contact.Contact // the leader's first
	contact *contact.Contact   // all of them joined, with the key to create it under
	photo   *spool.Slot        // the record that has the photo, nil when none has
}

// overruled names what of a record, which was joined to the earlier ones of its person,
// is not in the result: they had another value.
func (in *input) overruled(p *person, record *contact.Contact) (losses []contact.Loss) {
	fields := contact.Diff(p.contact, in.rules.Merge(p.contact, record, contact.Update))
	if record.Folder != "" && record.Folder != p.contact.Folder {
		fields = append(fields, "folder")
	}
	for _, f := range fields {
		losses = append(losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "an earlier record of the same person has another value"})
	}
	return losses
}

// photoBytes is how large the photos are that the person holds in memory.
func (p *person) photoBytes() (n int) {
	for _, c := range p.records {
		if c.Photo != nil {
			n += len(c.Photo.Data)
		}
	}
	return n
}
