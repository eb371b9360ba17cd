// Package compare finds out whether two ends hold the same contacts: it pairs
// them up and compares each pair field by field.
package compare

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/spelling"
	"github.com/cardferry/cardferry/internal/spool"
)

// End is one side of a comparison.
type End struct {
	Contacts iter.Seq2[*contact.Contact, error]
	// Folders says that the end certainly has folders, as an account does. A file
	// has them if any of its contacts names one. They are compared if both ends
	// have them.
	Folders bool
}

// Folder is the pseudo-field under which a difference of folders is reported.
const Folder contact.Field = "folder"

// Finding is one difference: a pair that differs in Fields, a contact that only
// one end has (the other is nil), or a record that could not be read.
type Finding struct {
	A, B   *contact.Contact
	Fields []contact.Field
	Err    *formats.RecordError
}

// Report totals a comparison.
type Report struct {
	A, B         int // contacts read at each end
	Equal        int // pairs that are equal
	Different    int // pairs that are not
	OnlyA, OnlyB int
	Unreadable   int            // records, or parts of them, of either end
	Fields       map[string]int // how many pairs differ in each field
}

// Same reports whether both ends hold the same contacts, and all could be read.
func (r *Report) Same() bool {
	return r.Different+r.OnlyA+r.OnlyB+r.Unreadable == 0
}

// Compare reads both ends whole and hands every difference to found. Contacts are
// paired by key (made from the UID, else from the id), then by address and name,
// then by name, then by address; each contact is in one pair at most. Photos are
// compared by their hash, so they should have been fetched.
//
// Large ends are kept aside in temporary files, in the system's directory.
func Compare(ctx context.Context, a, b End, found func(Finding)) (*Report, error) {
	r := &Report{Fields: map[string]int{}}
	left, err := read(ctx, a, r, found)
	if err != nil {
		return nil, fmt.Errorf("reading the first end: %w", err)
	}
	defer left.spool.Close()
	right, err := read(ctx, b, r, found)
	if err != nil {
		return nil, fmt.Errorf("reading the second end: %w", err)
	}
	defer right.spool.Close()
	r.A, r.B = len(left.slots), len(right.slots)
	if err := pair(ctx, left, right); err != nil {
		return nil, err
	}
	return r, r.judge(ctx, left, right, found)
}

// end is one end, read.
type end struct {
	spool   *spool.Spool
	slots   []spool.Slot
	mate    []int32 // the index of its partner at the other end, -1 for none
	folders bool
}

func read(ctx context.Context, from End, r *Report, found func(Finding)) (*end, error) {
	e := &end{spool: spool.New(""), folders: from.Folders}
	for c, err := range from.Contacts {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if re, ok := errors.AsType[*formats.RecordError](err); ok {
			r.Unreadable++
			found(Finding{Err: re})
			continue
		}
		var slot spool.Slot
		if err == nil {
			slot, err = e.spool.Add(c)
		}
		if err != nil {
			e.spool.Close()
			return nil, err
		}
		for _, l := range c.Unread {
			r.Unreadable++
			found(Finding{Err: formats.RecordErrorf(c.At, "%s: %s", l.Field, l.Reason)})
		}
		e.slots, e.mate = append(e.slots, slot), append(e.mate, -1)
		e.folders = e.folders || c.Folder != ""
	}
	return e, nil
}

func (e *end) get(i int32) (*contact.Contact, error) { return e.spool.Get(e.slots[i]) }

// ways returns, for each way of pairing in turn, what two contacts must have in
// common.
func ways(c *contact.Contact) [][]string {
	rules := contact.Rules{Text: spelling.Text}
	name := rules.NameKey(c)
	var both []string
	for _, e := range rules.EmailKeys(c) {
		both = append(both, e+"\n"+name)
	}
	var named []string
	if name != "" {
		named = []string{name}
	}
	return [][]string{{c.DerivedKey()}, both, {c.Fingerprint()}, named, rules.EmailKeys(c)}
}

const numWays = 5

// pair finds partners, one way after the other, among those that have none yet.
func pair(ctx context.Context, left, right *end) error {
	for way := range numWays {
		free := map[string][]int32{}
		err := right.each(ctx, func(i int32, c *contact.Contact) {
			for _, k := range ways(c)[way] {
				free[k] = append(free[k], i)
			}
		})
		if err != nil {
			return err
		}
		if len(free) == 0 {
			continue
		}
		err = left.each(ctx, func(i int32, c *contact.Contact) {
			for _, k := range ways(c)[way] {
				for _, j := range free[k] {
					if right.mate[j] < 0 {
						left.mate[i], right.mate[j] = j, i
						return
					}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each visits the contacts that have no partner.
func (e *end) each(ctx context.Context, visit func(int32, *contact.Contact)) error {
	for i := range e.slots {
		if e.mate[i] >= 0 {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		c, err := e.get(int32(i))
		if err != nil {
			return err
		}
		visit(int32(i), c)
	}
	return nil
}

func (r *Report) judge(ctx context.Context, left, right *end, found func(Finding)) error {
	for i, j := range left.mate {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		a, err := left.get(int32(i))
		if err != nil {
			return err
		}
		if j < 0 {
			r.OnlyA++
			found(Finding{A: a})
			continue
		}
		b, err := right.get(j)
		if err != nil {
			return err
		}
		fields := contact.Diff(a, b)
		if left.folders && right.folders && a.Folder != b.Folder {
			fields = append(fields, Folder)
		}
		if len(fields) == 0 {
			r.Equal++
			continue
		}
		r.Different++
		for _, f := range fields {
			r.Fields[string(f)]++
		}
		found(Finding{A: a, B: b, Fields: fields})
	}
	return right.each(ctx, func(_ int32, c *contact.Contact) {
		r.OnlyB++
		found(Finding{B: c})
	})
}
