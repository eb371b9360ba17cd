package importer

import (
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// waiting imports and returns the cases that wait for review, by record number.
func waiting(t *testing.T, m *mailbox, o Options, input ...*contact.Contact) map[int]*ReviewCase {
	t.Helper()
	_, results := do(t, m, o, input...)
	cases := map[int]*ReviewCase{}
	for n, r := range results {
		if r.Outcome == Review && r.Review != nil {
			cases[n] = r.Review
		}
	}
	return cases
}

func TestReviewCase(t *testing.T) {
	ann := named("Ann Lee", "ann@example.org", "Info@example.org") // in another spelling, which is no difference
	ann.Organization.Title = "Chair"
	m := newMailbox(ann, named("Cid Poe", "cid@example.org"))
	bob := named("Bob Ray", "info@example.org", "cid@example.org")
	bob.Organization.Title = "Boss"
	rc := waiting(t, m, Options{}, bob)[1]
	if rc == nil || len(rc.Candidates) != 2 || rc.Record.Name.Display != "Bob Ray" {
		t.Fatalf("case %+v", rc)
	}
	if c := rc.Candidates[0]; c.Contact.ID != m.contacts[0].ID || len(c.Differs) != 2 || c.Differs[1] != "organization.title" {
		t.Errorf("candidate %+v", c.Differs)
	}
}

// TestDecisions: what was decided is carried out, and the same run again changes
// nothing.
func TestDecisions(t *testing.T) {
	two := []*contact.Contact{named("Ann Lee", "ann@example.org"), named("Ann B. Lee", "lee@example.org")}
	both := titled(named("Ann Lee", "ann@example.org", "lee@example.org"))
	tests := []struct {
		name    string
		policy  OnDuplicate
		action  Action
		into    int // of the candidates
		want    Outcome
		outcome Outcome // of a second run
	}{
		{"merge into the first", Fill, ActMerge, 0, Updated, Unchanged},
		{"merge into the second", Fill, ActMerge, 1, Updated, Unchanged},
		{"merge under update", Update, ActMerge, 1, Updated, Unchanged},
		{"merge under replace", Replace, ActMerge, 0, Updated, Unchanged},
		{"merge under skip", Skip, ActMerge, 0, Updated, Unchanged},
		{"create", Fill, ActCreate, 0, Created, Unchanged},
		{"skip", Fill, ActSkip, 0, Skipped, Skipped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox(two...)
			o := Options{Policy: tt.policy}
			rc := waiting(t, m, o, both)[1]
			into := rc.Candidates[tt.into].Contact.ID
			o.Decisions = []Decision{{Record: rc.ID, Action: tt.action, Into: into, Where: "row 2"}}
			r, results := do(t, m, o, both)
			if results[1].Outcome != tt.want || len(r.Undecided) > 0 {
				t.Fatalf("%s: %s", results[1].Outcome, results[1].Reason)
			}
			if tt.action == ActMerge && results[1].ID != into {
				t.Errorf("merged into %s, want %s", results[1].ID, into)
			}
			writes := m.writes
			if _, results = do(t, m, o, both); m.writes != writes || tt.policy != Skip && results[1].Outcome != tt.outcome {
				t.Errorf("a second run: %d writes, %s: %s", m.writes-writes, results[1].Outcome, results[1].Reason)
			}
			if tt.policy == Replace {
				return // what was replaced is no candidate any more: nor is it asked for
			}
			o.Decisions = nil
			if _, results = do(t, m, o, both); m.writes != writes {
				t.Errorf("a run without the decision: %d writes, %s", m.writes-writes, results[1].Outcome)
			}
		})
	}
}

// TestDecisionsAboutOneContact: several records that are to be joined to one contact
// are joined to each other first, so that the order of writes decides nothing.
func TestDecisionsAboutOneContact(t *testing.T) {
	x := named("Lee", "lee@example.org")
	ann, bob, cid := named("Ann Lee", "lee@example.org"), named("Bob Lee", "lee@example.org"), named("Cid Lee", "lee@example.org")
	ann.Organization.Title, bob.Organization.Title, cid.Notes = "Chair", "Boss", "cid"
	for _, policy := range []OnDuplicate{Fill, Update, Replace} {
		m := newMailbox(x)
		o := Options{Policy: policy}
		for _, rc := range waiting(t, m, o, ann, bob, cid) {
			o.Decisions = append(o.Decisions, Decision{Record: rc.ID, Action: ActMerge, Into: rc.Candidates[0].Contact.ID, Where: "row"})
		}
		if len(o.Decisions) != 2 {
			t.Fatalf("%s: %d wait", policy, len(o.Decisions))
		}
		r, _ := do(t, m, o, ann, bob, cid)
		if r.United != 2 || len(m.contacts) != 1 || m.contacts[0].Notes != "cid" || m.contacts[0].Organization.Title != "Chair" {
			t.Errorf("%s: %+v", policy, r.Counts)
		}
		writes := m.writes
		if r, _ := do(t, m, o, ann, bob, cid); m.writes != writes {
			t.Errorf("%s: a second run wrote: %+v", policy, r.Counts)
		}
	}
}

func TestDecisionsThatDoNotFit(t *testing.T) {
	two := []*contact.Contact{named("Ann Lee", "ann@example.org"), named("Ann B. Lee", "lee@example.org")}
	both := named("Ann Lee", "ann@example.org", "lee@example.org")
	m := newMailbox(two...)
	rc := waiting(t, m, Options{}, both)[1]
	for name, d := range map[string]Decision{
		"the record has changed": {Record: rc.ID[:len(rc.ID)-8] + "00000000", Action: ActCreate},
		"not among":              {Record: rc.ID, Action: ActMerge, Into: "gone"},
		"none of":                {Record: rc.ID, Action: "perhaps"},
	} {
		d.Where = "row 3"
		r, results := do(t, m, Options{Decisions: []Decision{d}}, both)
		if got := results[1]; got.Outcome != Review || !strings.Contains(got.Reason, name) || !strings.Contains(got.Reason, "row 3") || len(r.Undecided) > 0 {
			t.Errorf("%s: %s: %s", name, got.Outcome, got.Reason)
		}
	}
	r, _ := do(t, m, Options{Decisions: []Decision{{Record: "somebody-else", Action: ActCreate, Where: "row 9"}}}, both)
	if len(r.Undecided) != 1 || r.Undecided[0].Where != "row 9" {
		t.Errorf("about nobody: %+v", r.Undecided)
	}
}

// TestDecisionAboutAForeignIdentity: a record whose identity somebody else has can
// become a contact of its own, and is found again.
func TestDecisionAboutAForeignIdentity(t *testing.T) {
	ann, bob := personOf("Ann Lee; uid:1; ann@example.org"), personOf("Bob Ray; uid:1; bob@example.org")
	m := newMailbox()
	do(t, m, Options{}, ann)
	rc := waiting(t, m, Options{}, bob)[1]
	o := Options{Decisions: []Decision{{Record: rc.ID, Action: ActCreate, Where: "row 2"}}}
	do(t, m, o, bob)
	for _, o := range []Options{o, {}} {
		for _, input := range [][]*contact.Contact{{bob}, {ann}, {ann, bob}, {bob, ann}} {
			if r, _ := do(t, m, o, input...); len(m.contacts) != 2 || r.Unchanged != len(input) {
				t.Errorf("%d contacts, %+v", len(m.contacts), r.Counts)
			}
		}
	}
}

// TestDecisionWhoseCandidatesAreGone: what somebody decided about a record holds, or is
// named, also when the record would not wait any more.
func TestDecisionWhoseCandidatesAreGone(t *testing.T) {
	for _, tt := range []struct {
		action  Action
		there   []*contact.Contact // when the decision is handed in
		outcome Outcome
		reason  string
	}{
		{ActSkip, nil, Skipped, "so it was decided"},
		{ActCreate, nil, Created, "so it was decided"},
		{ActMerge, nil, Review, "not among the candidates"},
		{ActSkip, []*contact.Contact{named("Bob Ray", "info@x.example")}, Skipped, "so it was decided"},
		{ActCreate, []*contact.Contact{named("Bob Ray", "info@x.example")}, Created, "so it was decided"},
		{ActMerge, []*contact.Contact{named("Bob Ray", "info@x.example")}, Review, "not among the candidates"},
		{"perhaps", nil, Review, "none of"},
	} {
		record := named("Bob Ray", "info@x.example")
		record.UID, record.Notes = "another", "new"
		rc := waiting(t, newMailbox(named("Ann Ray", "info@x.example")), Options{}, record)[1]
		m := newMailbox(tt.there...)
		o := Options{Decisions: []Decision{{Record: rc.ID, Action: tt.action, Into: "gone", Where: "row 2"}}}
		for n := range 2 {
			writes := m.writes
			_, results := do(t, m, o, record)
			if got := results[1]; n == 0 && (got.Outcome != tt.outcome || !strings.Contains(got.Reason, tt.reason) || !strings.Contains(got.Reason, "row 2")) {
				t.Errorf("%s, %d there: %s: %s", tt.action, len(tt.there), got.Outcome, got.Reason)
			} else if n == 1 && m.writes != writes {
				t.Errorf("%s, %d there: a second run writes: %s: %s", tt.action, len(tt.there), got.Outcome, got.Reason)
			}
		}
	}
}
