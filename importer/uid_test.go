package importer

import (
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// TestUIDIsAdded: a UID is added where there is none, in whatever else the record and
// the contact are alike, and never exchanged for another.
func TestUIDIsAdded(t *testing.T) {
	with := func(uid string) *contact.Contact {
		c := named("Ann Lee", "ann@example.org")
		c.UID = uid
		return c
	}
	tests := []struct {
		name          string
		there, record string
		policy        OnDuplicate
		want          string
		outcome       Outcome
	}{
		{"fill", "", "u1", Fill, "u1", Updated},
		{"update", "", "u1", Update, "u1", Updated},
		{"replace", "", "u1", Replace, "u1", Updated},
		{"skip", "", "u1", Skip, "", Skipped},
		{"create", "", "u1", Create, "", Created},
		{"fill, another", "u0", "u1", Fill, "u0", Unchanged},
		{"update, another", "u0", "u1", Update, "u0", Unchanged},
		{"replace, another", "u0", "u1", Replace, "u0", Unchanged},
		{"replace, none", "u0", "", Replace, "u0", Unchanged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox(with(tt.there))
			_, results := do(t, m, Options{Policy: tt.policy}, with(tt.record))
			if got := results[1]; got.Outcome != tt.outcome || m.contacts[0].UID != tt.want {
				t.Errorf("%s, UID %q; want %s, %q", got.Outcome, m.contacts[0].UID, tt.outcome, tt.want)
			}
			writes := m.writes
			if do(t, m, Options{Policy: tt.policy}, with(tt.record)); m.writes != writes {
				t.Errorf("a second run writes %d times", m.writes-writes)
			}
		})
	}
}

// TestUIDOfAnotherContact is not added: it names that one.
func TestUIDOfAnotherContact(t *testing.T) {
	ann, other := named("Ann Lee", "ann@example.org"), named("Ann Lee", "other@example.org")
	ann.UID, other.UID = "", "u1"
	record := ann.Clone()
	record.UID = "u1"
	m := newMailbox(ann, other)
	if r, _ := do(t, m, Options{}, record); m.writes > 0 || r.Unchanged != 1 {
		t.Errorf("%d writes, %+v", m.writes, r.Counts)
	}
}

// TestUIDOfTheID: an export gives a contact without a UID one that is made of its id.
// Read in again, it is that contact, and nothing is written.
func TestUIDOfTheID(t *testing.T) {
	bare := named("Ann Lee")
	bare.UID = ""
	m := newMailbox(bare)
	record := m.contacts[0].Clone()
	record.UID, record.ID = record.DerivedUID(), ""
	for _, record := range []*contact.Contact{record, m.contacts[0]} {
		if r, _ := do(t, m, Options{}, record); m.writes > 0 || r.Unchanged != 1 {
			t.Errorf("%d writes, %+v", m.writes, r.Counts)
		}
	}
}
