package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// ReviewCase is a record that waits for a person to decide about it.
type ReviewCase struct {
	// ID names the record in a Decision: its key, and a hash of what stands in it.
	ID string
	// Record is the person of the input, all of his or her records joined.
	Record *contact.Contact
	// Candidates are the contacts of the account that may be the same person, in the
	// order of the account, at most MaxCandidates of them; More is how many there are
	// beside these.
	Candidates []Candidate
	More       int
}

// MaxCandidates is how many candidates a ReviewCase shows.
const MaxCandidates = 5

// Candidate is a contact of the account that a record may be.
type Candidate struct {
	Contact *contact.Contact // its photo is not fetched
	// Differs are the fields in which both have something, and not the same. Lists are
	// not among them: they are united.
	Differs []contact.Field
}

// Action is what a person decided about a record.
type Action string

const (
	ActCreate Action = "create" // it is somebody else: create a contact
	ActMerge  Action = "merge"  // it is this contact: join it, as the policy says
	ActSkip   Action = "skip"   // leave it out
)

// Decision is what a person decided about one ReviewCase.
type Decision struct {
	Record string     // ReviewCase.ID
	Action Action     // one of the three
	Into   contact.ID // of ActMerge: the candidate
	Where  string     // where the decision stands, for messages: "row 7"
}

// decisions are those of a run, by the record's key.
type decisions struct {
	byKey map[string]Decision
	met   map[string]bool     // records of the input that somebody decided about
	into  map[contact.ID]bool // contacts that records are to be joined to
}

func newDecisions(all []Decision) *decisions {
	ds := &decisions{map[string]Decision{}, map[string]bool{}, map[contact.ID]bool{}}
	for _, d := range all {
		key, _ := splitReviewID(d.Record)
		ds.byKey[key] = d
		if d.Action == ActMerge {
			ds.into[d.Into] = true
		}
	}
	return ds
}

// unmet returns the decisions about records that are not in the input.
func (ds *decisions) unmet() (all []Decision) {
	for key, d := range ds.byKey {
		if !ds.met[key] {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Decision) int { return strings.Compare(a.Where, b.Where) })
	return all
}

// settle carries over what somebody decided about a record. A decision that no longer
// fits leaves it waiting, and the reason says so: it is never passed over.
func (pl *planner) settle(d *decision) error {
	key := d.contact.Key
	made, ok := pl.decisions.byKey[key]
	if !ok {
		return nil
	}
	pl.decisions.met[key] = true
	_, hash := splitReviewID(made.Record)
	changed := hash != reviewHash(d.contact)
	if d.outcome != Review {
		pl.settleUnasked(d, made, changed)
		return nil
	}
	if changed {
		d.stale(made, "the record has changed since")
		return nil
	}
	switch made.Action {
	case ActSkip:
		d.outcome, d.reason = Skipped, "so it was decided ("+made.Where+")"
	case ActCreate:
		if d.severalOwn {
			d.stale(made, "its contacts are there already")
			return nil
		}
		if d.sameKey { // it needs one of its own
			d.contact.Key = namedKey(d.records[0])
		}
		d.outcome, d.reason, d.stored = "", "so it was decided ("+made.Where+")", nil
	case ActMerge:
		return pl.settleMerge(d, made)
	default:
		d.stale(made, "it is none of create, merge and skip")
	}
	return nil
}

// settleUnasked carries over a decision about a record that would not wait any more, as
// its candidates have changed since.
func (pl *planner) settleUnasked(d *decision, made Decision, changed bool) {
	isOwn := len(pl.in.claims[d.leader]) > 0
	switch {
	case d.outcome != "": // there is nothing to be written
		return
	case made.Action == ActSkip && !changed:
		d.stored, d.postponed = nil, false
		d.outcome, d.reason = Skipped, "so it was decided ("+made.Where+")"
		return
	case isOwn: // carried out by an earlier run
		return
	case made.Action == ActMerge && !changed && d.stored != nil && d.stored.ID == made.Into:
		return
	case made.Action == ActCreate && !changed:
		if d.stored != nil {
			delete(pl.taken, d.entry)
		}
		d.stored, d.postponed, d.reason = nil, false, "so it was decided ("+made.Where+")"
		return
	}
	var candidates []int32
	if d.stored != nil {
		delete(pl.taken, d.entry)
		candidates = []int32{d.entry}
	}
	d.stored, d.postponed = nil, false
	d.review(candidates, "it no longer matches the contacts that it was decided about")
	switch {
	case changed:
		d.stale(made, "the record has changed since")
	case made.Action == ActMerge:
		d.stale(made, "the contact is not among the candidates any more")
	default:
		d.stale(made, "it is none of create, merge and skip")
	}
}

func (pl *planner) settleMerge(d *decision, made Decision) error {
	for _, entry := range d.candidates {
		c, err := pl.index.get(entry)
		if err != nil {
			return err
		}
		if c.ID == made.Into {
			d.outcome, d.reason, d.stored, d.entry, d.decided = "", "so it was decided ("+made.Where+")", c, entry, true
			return nil
		}
	}
	d.stale(made, "the contact is not among the candidates any more")
	return nil
}

func (d *decision) stale(made Decision, why string) {
	d.reason += fmt.Sprintf("; the decision of %s was not carried out: %s", made.Where, why)
}

// isShared reports whether other records may be joined to the same contact because
// somebody decided so: they are then carried out together, after all others.
func (pl *planner) isShared(d *decision) bool {
	return d.outcome == "" && d.stored != nil && pl.decisions.into[d.stored.ID] && (d.decided || pl.policy != Skip)
}

// joinDecided joins the people of the input that are one contact of the account because
// somebody decided so, the earlier standing against the later.
func (pl *planner) joinDecided(all []*decision) (joined []*decision) {
	first := map[contact.ID]*decision{}
	for _, d := range all {
		f := first[d.stored.ID]
		if f == nil {
			first[d.stored.ID] = d
			joined = append(joined, d)
			continue
		}
		f.members, f.records = append(f.members, d.members...), append(f.records, d.records...)
		f.contact = pl.rules.Merge(f.contact, d.contact, contact.Fill)
		f.photo = cmp.Or(f.photo, d.photo)
		f.decided = f.decided || d.decided
	}
	return joined
}

// reviewCase describes a record that waits, for people.
func (pl *planner) reviewCase(d *decision) (*ReviewCase, error) {
	rc := &ReviewCase{ID: d.contact.Key + "-" + reviewHash(d.contact), Record: d.contact, More: max(0, len(d.candidates)-MaxCandidates)}
	for _, entry := range d.candidates[:len(d.candidates)-rc.More] {
		c, err := pl.index.get(entry)
		if err != nil {
			return nil, err
		}
		rc.Candidates = append(rc.Candidates, Candidate{c, slices.DeleteFunc(contradictions(pl.rules, c, d.contact), isList)})
	}
	return rc, nil
}

// contradictions are the fields in which the record's value would have to overwrite
// the contact's.
func contradictions(rules contact.Rules, stored, record *contact.Contact) (fields []contact.Field) {
	filled := rules.Merge(stored, record, contact.Fill)
	for _, f := range contact.Diff(filled, rules.Merge(filled, record, contact.Update)) {
		if f != "photo" {
			fields = append(fields, f)
		}
	}
	return fields
}

func reviewHash(c *contact.Contact) string { return c.Fingerprint()[:8] }

func splitReviewID(id string) (key, hash string) {
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		return id[:i], id[i+1:]
	}
	return id, ""
}
