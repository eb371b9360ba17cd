package importer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spool"
)

// Duplicates are the contacts of one end, and which of them are one person. They are
// found by the rules of an import: the same key or address under names that do not
// contradict each other, the same UID, and for contacts without an address the same
// name and number, or without a number everything.
type Duplicates struct {
	spool  *spool.Spool
	slots  []spool.Slot
	groups map[int32]*duplicateGroup // by their first contact
	of     []int32                   // of each contact: the first contact of its group
	rules  contact.Rules
	keep   bool

	decided map[string]GroupDecision
}

type duplicateGroup struct {
	members []int32
	doubt   bool // a contact shares something with the group, and may be only some of it
}

// DuplicatesOptions says how to look for duplicates.
type DuplicatesOptions struct {
	Rules contact.Rules
	// KeepFirst joins contacts also where they contradict each other: the value of the
	// one that stays stands.
	KeepFirst bool
	// Decisions are what people decided about groups that an earlier search found.
	Decisions []GroupDecision
	TempDir   string
	Progress  func(stage string, done, total int) // nil is silent
}

// GroupAction is what a person decided about a group.
type GroupAction string

const (
	GroupJoin GroupAction = "join" // they are one person, and the values of the one that stays stand
	GroupSkip GroupAction = "skip" // leave them as they are
)

// GroupDecision is what a person decided about one group.
type GroupDecision struct {
	Group  string      // Group.ID
	Action GroupAction // one of the two
	Where  string      // where the decision stands, for messages: "row 7"
}

// Group is one person of whom there are several contacts.
type Group struct {
	// ID names the group in a GroupDecision: a hash of which contacts they are and of
	// what stands in them.
	ID string
	// Contacts are the person's, the one that stays first: the one with the fullest
	// name, then the one with most in it, then the oldest.
	Contacts []*contact.Contact
	// Adds are, for each of the contacts, the fields in which it has something that the
	// one that stays lacks. Conflicts are those in which it has something else, and Forms
	// those in which it has the same in another form, which goes: a name, a spelling, a
	// label.
	Adds, Conflicts, Forms [][]contact.Field
	// Merged is the one that stays, with all that the others add.
	Merged *contact.Contact
	// Doubt says why only a person can tell whether they are one; "" if they are.
	Doubt string

	first int32
}

// Conflict reports whether any of the contacts contradicts the one that stays.
func (g *Group) Conflict() bool {
	return slices.ContainsFunc(g.Conflicts, func(fields []contact.Field) bool { return len(fields) > 0 })
}

// FindDuplicates reads contacts to the end. An error of the sequence is returned, that of
// a single record too: where something cannot be read, nothing can be said of the rest.
// The caller closes the result.
func FindDuplicates(ctx context.Context, contacts iter.Seq2[*contact.Contact, error], o DuplicatesOptions) (*Duplicates, error) {
	d := &Duplicates{spool: spool.New(o.TempDir), groups: map[int32]*duplicateGroup{}, rules: o.Rules, keep: o.KeepFirst, decided: map[string]GroupDecision{}}
	for _, made := range o.Decisions {
		d.decided[made.Group] = made
	}
	seen := newIdentity()
	for c, err := range contacts {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = d.add(c, &seen)
		}
		if err != nil {
			d.spool.Close()
			return nil, fmt.Errorf("reading the contacts: %w", err)
		}
		if o.Progress != nil {
			o.Progress(StageIndex, len(d.slots), 0)
		}
	}
	for first, g := range d.groups {
		if len(g.members) == 1 {
			delete(d.groups, first)
		}
	}
	return d, nil
}

// Close lets go of the contacts.
func (d *Duplicates) Close() error { return d.spool.Close() }

func (d *Duplicates) get(i int32) (*contact.Contact, error) { return d.spool.Get(d.slots[i]) }

func (d *Duplicates) add(c *contact.Contact, seen *identity) error {
	slot, err := d.spool.Add(c)
	if err != nil {
		return err
	}
	i := int32(len(d.slots))
	d.slots, d.of = append(d.slots, slot), append(d.of, i)
	d.groups[i] = &duplicateGroup{members: []int32{i}}
	marks := slices.Concat(d.rules.EmailKeys(c), uidMark(c), d.personMarks(c))
	if err := d.join(i, c, seen, marks); err != nil {
		return err
	}
	seen.add(i, c.Key, marks)
	return nil
}

// personMarks are those of a contact that has no address: two people of one name may
// share the number of their company, but then they have addresses. One that has no
// number either is known by all that it has.
func (d *Duplicates) personMarks(c *contact.Contact) []string {
	if len(d.rules.EmailKeys(c)) > 0 {
		return nil
	}
	if marks := personMarks(c, d.rules); len(marks) > 0 {
		return marks
	}
	return []string{"all\n" + c.Fingerprint()}
}

// join adds contact i to the group of the contacts with which it shares something.
func (d *Duplicates) join(i int32, c *contact.Contact, seen *identity, marks []string) error {
	candidates := []int32{}
	if c.Key != "" {
		candidates = append(candidates, seen.withKey(c.Key)...)
	}
	for _, m := range marks {
		candidates = append(candidates, seen.withMark(m)...)
	}
	var groups []int32 // those that it may belong to
	for _, other := range candidates {
		first := d.of[other]
		if slices.Contains(groups, first) || len(groups) == maxSharing {
			continue
		}
		shares, all, some, err := d.compare(c, marks, first)
		switch {
		case err != nil:
			return err
		case !shares: // another mark of the same hash
		case all:
			groups = append(groups, first)
		case some:
			d.groups[first].doubt = true
		}
	}
	for _, first := range groups {
		if err := d.unite(first, d.of[i]); err != nil {
			return err
		}
	}
	return nil
}

// compare says what a contact has to do with a group: whether it shares a key or a mark
// with one of it, and whether it may by its name be all of them, or some.
func (d *Duplicates) compare(c *contact.Contact, marks []string, first int32) (shares, all, some bool, err error) {
	all = true
	for _, m := range d.groups[first].members {
		other, err := d.get(m)
		if err != nil {
			return false, false, false, err
		}
		theirs := slices.Concat(d.rules.EmailKeys(other), uidMark(other), d.personMarks(other))
		shares = shares || c.Key != "" && c.Key == other.Key || slices.ContainsFunc(marks, func(m string) bool { return slices.Contains(theirs, m) })
		if d.rules.CompatibleNames(c, other) {
			some = true
		} else {
			all = false
		}
	}
	return shares, all, some, nil
}

// unite makes one group of two, unless a name of the one contradicts one of the other:
// whoever belongs to both is then in doubt.
func (d *Duplicates) unite(first, second int32) error {
	if first == second {
		return nil
	}
	if second < first {
		first, second = second, first
	}
	a, b := d.groups[first], d.groups[second]
	for _, m := range b.members {
		c, err := d.get(m)
		if err != nil {
			return err
		}
		if _, all, _, err := d.compare(c, nil, first); err != nil {
			return err
		} else if !all {
			a.doubt, b.doubt = true, true
			return nil
		}
	}
	a.members = append(a.members, b.members...)
	a.doubt = a.doubt || b.doubt
	for _, m := range b.members {
		d.of[m] = first
	}
	delete(d.groups, second)
	return nil
}

// Groups yields the groups in the order of their first contacts. An error is the last
// element.
func (d *Duplicates) Groups() iter.Seq2[*Group, error] {
	return func(yield func(*Group, error) bool) {
		for i := range d.slots {
			if g := d.groups[int32(i)]; g != nil {
				group, err := d.group(int32(i), g)
				if !yield(group, err) || err != nil {
					return
				}
			}
		}
	}
}

func (d *Duplicates) group(first int32, of *duplicateGroup) (*Group, error) {
	g := &Group{first: first}
	for _, m := range of.members {
		c, err := d.get(m)
		if err != nil {
			return nil, err
		}
		g.Contacts = append(g.Contacts, c)
	}
	g.ID = groupID(g.Contacts)
	slices.SortStableFunc(g.Contacts, fuller)
	if of.doubt {
		g.Doubt = "another contact shares something with them, and may be some of them but not all"
	}
	d.merge(g)
	return g, nil
}

func groupID(contacts []*contact.Contact) string {
	var names []string
	for _, c := range contacts {
		names = append(names, c.DerivedUID()+" "+string(c.ID)+" "+c.Fingerprint())
	}
	slices.Sort(names)
	return contact.KeyOf("group\n" + strings.Join(names, "\n"))
}

// merge joins the contacts of a group. Of two different notes none is lost: they are put
// one below the other.
func (d *Duplicates) merge(g *Group) {
	g.Merged, g.Adds, g.Conflicts, g.Forms = g.Contacts[0], nil, nil, nil
	for _, c := range g.Contacts {
		before := g.Merged
		if c != g.Contacts[0] {
			g.Merged = d.rules.Merge(before, c, contact.Fill)
			g.Merged.Notes = bothNotes(before.Notes, c.Notes)
		}
		var conflicts, forms []contact.Field
		for _, f := range contradictions(d.rules, before, c) {
			switch {
			case f == "notes":
			case isForm(f):
				forms = append(forms, f)
			default:
				conflicts = append(conflicts, f)
			}
		}
		if p, q := g.Contacts[0].Photo, c.Photo; p != nil && q != nil && p.SHA256 != "" && q.SHA256 != "" && p.SHA256 != q.SHA256 {
			conflicts = append(conflicts, "photo")
		}
		g.Adds = append(g.Adds, contact.Diff(before, g.Merged))
		g.Conflicts, g.Forms = append(g.Conflicts, conflicts), append(g.Forms, forms)
	}
}

func bothNotes(a, b string) string {
	switch {
	case strings.Contains(a, strings.TrimSpace(b)):
		return a
	case strings.Contains(b, strings.TrimSpace(a)):
		return b
	}
	return a + "\n\n" + b
}

// isForm reports whether two values of a field that cannot both stand are two forms of
// one: the names of one person are, and what can be joined to an item of a list.
func isForm(f contact.Field) bool {
	switch f {
	case "name.nickname", "name.phoneticGiven", "name.phoneticMiddle", "name.phoneticFamily":
		return false
	}
	return isList(f) || strings.HasPrefix(string(f), "name.")
}

// isList reports whether a field holds many values. Those of two contacts are united, so
// they contradict each other in nothing but the form of an item that both have.
func isList(f contact.Field) bool {
	switch f {
	case "emails", "phones", "addresses", "websites", "ims", "relations", "categories", "organization.units", "extra":
		return true
	}
	return false
}

// fuller sorts the contact that is to stay first.
func fuller(a, b *contact.Contact) int {
	older := a.Created.Compare(b.Created)
	if a.Created.IsZero() || b.Created.IsZero() {
		older = 0
	}
	return cmp.Or(-cmp.Compare(len(a.NameKey()), len(b.NameKey())), -cmp.Compare(fullness(a), fullness(b)), older)
}

func fullness(c *contact.Contact) (n int) {
	for _, f := range contact.Fields() {
		if c.Has(f) {
			n++
		}
	}
	return n + len(c.Emails) + len(c.Phones) + len(c.Addresses)
}

// settled returns what is to become of a group, and why it is not joined.
func (d *Duplicates) settled(g *Group) (GroupOutcome, string) {
	made, isDecided := d.decided[g.ID]
	isDecided = isDecided && made.Action == GroupJoin
	switch {
	case made.Action == GroupSkip:
		return GroupSkipped, "so it was decided (" + made.Where + ")"
	case made.Action != "" && !isDecided:
		return GroupReview, "what " + made.Where + " says is none of join and skip"
	case slices.ContainsFunc(g.Contacts[1:], partUnread):
		return GroupReview, "a part of a contact that would go cannot be read"
	case isDecided:
		return Merged, ""
	case g.Doubt != "":
		return GroupReview, g.Doubt
	case g.Conflict() && !d.keep:
		return GroupReview, "they contradict each other"
	}
	return Merged, ""
}

// partUnread reports whether a contact holds something that nobody could read, and that
// would go with it.
func partUnread(c *contact.Contact) bool {
	return slices.ContainsFunc(c.Unread, func(l contact.Loss) bool { return l.Kind != contact.Moved })
}

// Joined yields all contacts, each group as the one contact that it is joined to, in
// the place of its first; groups that are not joined stay as they are. An error is the
// last element.
func (d *Duplicates) Joined() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for i := range d.slots {
			first := d.of[i]
			c, err := d.get(int32(i))
			if of := d.groups[first]; of != nil && err == nil {
				var g *Group
				if g, err = d.group(first, of); err == nil {
					if outcome, _ := d.settled(g); outcome != Merged {
						if !yield(c, nil) {
							return
						}
						continue
					}
					if int32(i) != first {
						continue
					}
					c = g.Merged
				}
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
