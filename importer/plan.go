package importer

import (
	"fmt"
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// OnDuplicate says what to do with a record whose contact the account already
// has.
type OnDuplicate string

const (
	// Fill adds what the account's contact lacks and overwrites nothing.
	Fill = OnDuplicate(contact.Fill)
	// Update lets the record's values stand; lists are united.
	Update = OnDuplicate(contact.Update)
	// Replace makes the account's contact what the record is.
	Replace = OnDuplicate(contact.Replace)
	// Skip leaves the account's contact as it is.
	Skip OnDuplicate = "skip"
	// Create adds a second contact. Only a contact that an earlier run of the
	// same import created is recognised, so that a repeated run changes nothing.
	Create OnDuplicate = "create"
)

// Policies lists the values of OnDuplicate, the default first.
func Policies() []OnDuplicate { return []OnDuplicate{Fill, Update, Replace, Skip, Create} }

// decision is what is to happen to one person of the input.
type decision struct {
	*person
	outcome Outcome
	reason  string
	stored  *contact.Contact // the contact of the sink that it matches, if any
	entry   int32            // and where it is in the index
	patch   contact.Patch    // for Updated
	kept    []contact.Field
	losses  []contact.Loss // as far as they are known without a request
	// candidates, for Review, are the entries of the sink that may be the person.
	// severalOwn: they all carry the person's key; sameKey: the one of them does.
	candidates          []int32
	severalOwn, sameKey bool
	decided             bool // somebody chose the contact
	// postponed: others may match the same contact, and have it as it is already. The
	// person is to be matched again when they have been.
	postponed bool
	// setPhoto: the photo pass is to store the person's photo; comparePhoto: only
	// if the one that is there is another.
	setPhoto, comparePhoto bool
	// keepPhoto: the contact has a photo, which is to stay; the photo pass finds out
	// whether the record's is another.
	keepPhoto bool
}

// planner decides. match must be called for one person after the other, in the
// order of the input; decide may be called concurrently.
type planner struct {
	in    *input
	index *index
	// earlier is the account as it was before a run that was stopped, and goes on now.
	earlier *earlier
	policy  OnDuplicate
	rules   contact.Rules
	sink    Sink
	photos  bool
	// foresee: the losses of creates are to be known before they are sent.
	foresee bool
	folder  contact.FolderPath // below which the records' folders are
	taken   map[int32]bool     // entries of the sink that a person matched by a mark
	last    bool               // nobody is postponed any more

	decisions *decisions
}

// match finds the contact of the sink that is this person. It sets stored, or the
// outcome Review unless somebody has decided.
func (pl *planner) match(p *person) (*decision, error) {
	d, err := pl.recognise(p)
	if err == nil {
		err = pl.settle(d)
	}
	if _, ok := pl.sink.(UIDSink); ok && err == nil && d.outcome == "" && d.stored == nil {
		err = pl.giveOwnUID(d)
	}
	return d, err
}

// giveOwnUID takes the UID from a contact that is to be created in a folder where another
// has it, there already or of an earlier record: the sink gives it one of its own.
func (pl *planner) giveOwnUID(d *decision) error {
	c := d.contact
	if c.UID == "" {
		return nil
	}
	folder := folderKey(pl.sink, pl.folder.Join(c.Folder))
	for _, entry := range pl.index.withMark(uidMark(c)[0]) {
		other, err := pl.index.get(entry)
		if err != nil {
			return err
		}
		if other.UID == c.UID && folderKey(pl.sink, other.Folder) == folder {
			d.loseUID()
			return nil
		}
	}
	for _, i := range pl.in.withKey(d.records[0].DerivedKey()) {
		if i >= d.leader {
			continue
		}
		other, err := pl.in.spool.Get(pl.in.slots[i])
		if err != nil {
			return err
		}
		if other.UID == c.UID && folderKey(pl.sink, pl.folder.Join(other.Folder)) == folder {
			d.loseUID()
			return nil
		}
	}
	return nil
}

func (d *decision) loseUID() {
	d.contact.UID = ""
	d.losses = append(d.losses, contact.Loss{Field: "uid", Kind: contact.Moved, Reason: "another contact of the address book has the same UID: it was given its own"})
}

// recognise finds the contact that carries the person's key, else one that shares a
// mark.
func (pl *planner) recognise(p *person) (*decision, error) {
	d := &decision{person: p}
	claims := pl.in.claims[p.leader]
	switch {
	case p.contact.Empty():
		d.outcome, d.reason = Skipped, "the record is empty"
		return d, nil
	case len(claims) == 1:
		return d, pl.matchByKey(d, claims[0])
	case len(claims) > 1:
		d.severalOwn = true
		return d.review(claims, "%d contacts of the account were created from this record", len(claims)), nil
	case pl.policy == Create:
		return d, nil
	}
	entries, shared, err := pl.byMark(p.contact)
	if err != nil || len(entries) == 0 {
		return d, err
	}
	if len(entries) > 1 {
		return d.review(entries, "it matches %d contacts of the account", len(entries)), nil
	}
	entry := entries[0]
	if err := pl.load(d, entry); err != nil {
		return nil, err
	}
	compatible := pl.rules.CompatibleNames(p.contact, d.stored)
	_, claimed := pl.in.claimed[entry]
	switch {
	case !compatible:
		return d.review(entries, "it shares %s with a contact of the account under another name", shared), nil
	case claimed || pl.taken[entry]:
		return d.review(entries, "another record of this input is already joined to the same contact of the account"), nil
	case pl.in.contested[entry] && !pl.last && !pl.decisions.into[d.stored.ID] && pl.wouldWrite(d):
		d.postponed = true
	default:
		pl.taken[entry] = true
	}
	return d, nil
}

// toldApart reports whether the contact of an entry is not c, as another person of this
// input has it by key: under a name that contradicts c's; or that person has what the two
// share, too, and then the input says that they are two. Such a contact may be there only
// since a run that was stopped, which makes no difference.
func (pl *planner) toldApart(c, stored *contact.Contact, entry int32) (bool, error) {
	leader, claimed := pl.in.claimed[entry]
	if !claimed || !pl.rules.CompatibleNames(c, stored) {
		return claimed, nil
	}
	owner, err := pl.in.person(leader)
	if err != nil {
		return false, err
	}
	known, theirs := pl.marks(stored), pl.marks(owner.contact)
	return !slices.ContainsFunc(pl.marks(c), func(m string) bool {
		return slices.Contains(known, m) && !slices.Contains(theirs, m)
	}), nil
}

// marks are all by which a contact can be recognised.
func (pl *planner) marks(c *contact.Contact) []string {
	marks := slices.Concat(pl.rules.EmailKeys(c), uidMark(c))
	if len(c.Emails) == 0 {
		marks = append(marks, personMarks(c, pl.rules)...)
	}
	return marks
}

// wouldWrite reports whether joining the person to its contact would change that.
func (pl *planner) wouldWrite(d *decision) bool {
	if pl.policy == Skip {
		return false
	}
	trial := *d
	pl.decideChange(&trial)
	return trial.outcome == Updated
}

// matchByKey takes the contact that carries the person's key. Some programs number
// their UIDs from 1, so that two files have the same: if the names contradict each
// other, and nothing else is in common, it is not for us to say that it is one person.
func (pl *planner) matchByKey(d *decision, entry int32) error {
	if err := pl.load(d, entry); err != nil {
		return err
	}
	if !pl.rules.CompatibleNames(d.contact, d.stored) && !pl.haveInCommon(d.contact, d.stored) {
		d.stored, d.sameKey = nil, true
		d.review([]int32{entry}, "it has the identity of a contact of the account under another name, and no address or number in common with it")
	}
	return nil
}

func (pl *planner) haveInCommon(a, b *contact.Contact) bool {
	for _, key := range pl.rules.EmailKeys(a) {
		if slices.Contains(pl.rules.EmailKeys(b), key) {
			return true
		}
	}
	for _, p := range a.Phones {
		for _, q := range b.Phones {
			if pl.rules.PhoneKey(p.Number) == pl.rules.PhoneKey(q.Number) {
				return true
			}
		}
	}
	return false
}

func (pl *planner) load(d *decision, entry int32) (err error) {
	d.entry = entry
	d.stored, err = pl.index.get(entry)
	return err
}

// byMark returns the entries of the sink that share a mark with c, and what it is that
// they share: an address; else the UID; else, for a record that has no address, the
// origin, or the name and a number.
func (pl *planner) byMark(c *contact.Contact) (entries []int32, shared string, err error) {
	emails := pl.rules.EmailKeys(c)
	entries, err = pl.sharing(c, emails, pl.rules.EmailKeys)
	if err != nil || len(entries) > 0 {
		return entries, "an address", err
	}
	entries, err = pl.sharing(c, uidMark(c), uidMark)
	if err != nil || len(entries) > 0 || len(emails) > 0 {
		return entries, "its identity", err
	}
	if err := pl.index.addPeople(); err != nil {
		return nil, "", err
	}
	entries, err = pl.sharing(c, originMarks(c), originMarks)
	if err != nil || len(entries) > 0 {
		return entries, "its origin", err
	}
	people := func(c *contact.Contact) []string { return personMarks(c, pl.rules) }
	entries, err = pl.sharing(c, people(c), people)
	return entries, "its name and a number", err
}

// sharing returns the entries that have one of the marks and may be c.
func (pl *planner) sharing(c *contact.Contact, marks []string, marksOf func(*contact.Contact) []string) ([]int32, error) {
	var seen, entries []int32
	for _, mark := range marks {
		for _, entry := range pl.index.withMark(mark) {
			if slices.Contains(seen, entry) {
				continue
			}
			stored, err := pl.index.get(entry)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(marksOf(stored), mark) {
				continue // another mark of the same hash
			}
			was, err := pl.earlier.original(stored.ID)
			if err != nil {
				return nil, err
			}
			if was != nil && !slices.Contains(marksOf(was), mark) {
				continue // it has the mark since this run gave it to it
			}
			seen = append(seen, entry)
			other, err := pl.toldApart(c, stored, entry)
			if err != nil {
				return nil, err
			}
			if !other {
				entries = append(entries, entry)
			}
		}
	}
	return entries, nil
}

func (d *decision) review(candidates []int32, format string, args ...any) *decision {
	d.outcome, d.candidates, d.reason = Review, candidates, fmt.Sprintf(format, args...)
	return d
}

// decide completes a matched decision: what to write, and what will be lost.
func (pl *planner) decide(d *decision) {
	switch {
	case d.outcome != "":
	case d.stored == nil:
		d.outcome = Created
		if pl.foresee { // otherwise the sink will say
			_, losses := pl.project(d.contact)
			d.losses = append(d.losses, losses...)
		}
		if other, ok := pl.in.shares[d.leader]; ok && d.reason == "" {
			d.reason = "it shares an address or an identity with an earlier record under another name" + pl.at(other)
		}
	case pl.policy == Skip && !d.decided:
		d.outcome, d.reason = Skipped, "the account has this contact already"
	default:
		pl.decideChange(d)
	}
	pl.decidePhoto(d)
}

func (pl *planner) at(record int32) string {
	c, err := pl.in.spool.Get(pl.in.slots[record])
	if err != nil || c.At.String() == "" {
		return ""
	}
	return " (" + c.At.String() + ")"
}

func (pl *planner) decideChange(d *decision) {
	policy := pl.mergePolicy()
	merged, projected, losses := pl.settled(d.stored, d.contact)
	d.losses = losses
	d.patch = contact.NewPatch(d.stored, projected)
	d.patch.New = merged
	d.outcome = Unchanged
	if !d.patch.Empty() {
		d.outcome = Updated
	}
	if path := pl.folder.Join(d.contact.Folder); path != "" && folderKey(pl.sink, path) != folderKey(pl.sink, d.stored.Folder) {
		d.kept = append(d.kept, "folder") // no contact is ever moved
	}
	if policy == contact.Fill {
		wanted := pl.rules.Merge(merged, d.contact, contact.Update)
		for _, f := range contact.Diff(merged, wanted) {
			if f != "photo" {
				d.kept = append(d.kept, f)
			}
		}
	}
}

func (pl *planner) decidePhoto(d *decision) {
	p := d.contact.Photo
	if p == nil || !pl.photos || d.outcome == Review || d.outcome == Skipped {
		return
	}
	if d.photo == nil {
		if _, ok := pl.sink.(PhotoEmbedder); ok && p.URL != "" && d.outcome == Created {
			d.setPhoto = true // the contact names it there too
			return
		}
		if p.URL != "" || p.Path != "" {
			d.losses = append(d.losses, contact.Loss{Field: "photo", Kind: contact.Dropped, Reason: "the record names a photo but does not hold it"})
		}
		return
	}
	if _, ok := pl.sink.(PhotoSink); !ok {
		d.losses = append(d.losses, contact.Loss{Field: "photo", Kind: contact.Dropped, Reason: "the account stores no photos"})
		return
	}
	switch {
	case d.stored == nil || d.stored.Photo == nil:
		d.setPhoto = true
	case pl.policy == Update || pl.policy == Replace:
		d.setPhoto, d.comparePhoto = true, true
	default:
		_, d.keepPhoto = pl.sink.(PhotoReader)
	}
}

func (pl *planner) project(c *contact.Contact) (*contact.Contact, []contact.Loss) {
	return project(pl.sink, c)
}

// project returns what the sink would keep of c, as far as it can say.
func project(sink Sink, c *contact.Contact) (*contact.Contact, []contact.Loss) {
	if p, ok := sink.(Projector); ok {
		return p.Project(c)
	}
	return c, nil
}

// again plans the same person anew against the contact that the service says it
// now holds, and returns the outcome that a second run would have.
func (pl *planner) again(d *decision, now *contact.Contact) Outcome {
	if now.Key != d.contact.Key && d.outcome == Created {
		return Created // a second run would not recognise it
	}
	merged := pl.merge(now, d.contact)
	if contact.NewPatch(now, merged).Empty() {
		return Unchanged
	}
	projected, _ := pl.project(merged)
	if contact.NewPatch(now, projected).Empty() {
		return Unchanged
	}
	return Updated
}

// mostJoins bounds how often a record is joined to what came of joining it.
const mostJoins = 5

// settled joins a record to the contact that it matches, so that joining it once more
// would change nothing: where the account cannot hold all of both, what of the contact has
// to go may make room for something of the record.
func (pl *planner) settled(stored, record *contact.Contact) (merged, projected *contact.Contact, losses []contact.Loss) {
	merged = pl.merge(stored, record)
	projected, losses = pl.project(merged)
	for range mostJoins {
		if !slices.ContainsFunc(losses, isDropped) {
			break
		}
		next := pl.merge(projected, record)
		then, more := pl.project(next)
		if contact.NewPatch(projected, then).Empty() {
			break
		}
		for _, l := range losses { // what had to go stays lost
			if isDropped(l) && !slices.Contains(more, l) {
				more = append(more, l)
			}
		}
		merged, projected, losses = next, then, more
	}
	return merged, projected, losses
}

func isDropped(l contact.Loss) bool { return l.Kind == contact.Dropped }

// merge joins a record to the contact that it matches. The UID of another contact of
// the account is not added to it.
func (pl *planner) merge(stored, record *contact.Contact) *contact.Contact {
	merged := pl.rules.Merge(stored, record, pl.mergePolicy())
	if merged.UID != stored.UID && pl.hasUID(stored.ID, merged.UID) {
		merged.UID = stored.UID
	}
	return merged
}

// hasUID reports whether a contact other than the one of that id has the UID.
func (pl *planner) hasUID(except contact.ID, uid string) bool {
	key := contact.UIDKey(uid)
	return slices.ContainsFunc(pl.index.withMark(uidMark(&contact.Contact{UID: uid})[0]), func(entry int32) bool {
		c, err := pl.index.get(entry)
		return err == nil && c.ID != except && contact.UIDKey(c.UID) == key
	})
}

// mergePolicy is how a record is joined to the contact that it matches. With Create
// that is one which an earlier run created from it, with Skip one that a person chose.
func (pl *planner) mergePolicy() contact.Policy {
	if pl.policy == Create || pl.policy == Skip {
		return contact.Fill
	}
	return contact.Policy(pl.policy)
}
