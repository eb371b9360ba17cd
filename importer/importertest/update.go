package importertest

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/importer"
)

func testUpdate(t *testing.T, a Account) {
	old := create(t, a, folder(t, a, ""), person(1)).Contact
	changes := []struct {
		name   string
		change func(c *contact.Contact)
	}{
		{"one scalar", func(c *contact.Contact) { c.Organization.Title = "Boss" }},
		{"a part of the name", func(c *contact.Contact) { c.Name.Given = "Anna" }},
		{"the notes go", func(c *contact.Contact) { c.Notes = "" }},
		{"lists grow", func(c *contact.Contact) {
			c.Emails = append(c.Emails, contact.Email{Address: "second@example.org"})
			c.Phones = append(c.Phones, contact.Phone{Number: "55", Type: contact.WorkFax})
			c.Categories = append(c.Categories, "New")
		}},
		{"an address loses a part", func(c *contact.Contact) { c.Addresses[0].Street = "" }},
		{"an address moves", func(c *contact.Contact) { c.Addresses[0].Type = contact.Work }},
		{"lists go", func(c *contact.Contact) { c.Emails, c.Phones, c.Addresses, c.Categories = nil, nil, nil, nil }},
		{"a date changes", func(c *contact.Contact) { c.Birthday = contact.Date{Year: 1999, Month: 12, Day: 31} }},
		{"a date goes", func(c *contact.Contact) { c.Birthday = contact.Date{} }},
		{"nothing", func(*contact.Contact) {}},
	}
	for _, test := range changes {
		t.Run(test.name, func(t *testing.T) {
			next := old.Clone()
			test.change(next)
			old = update(t, a, old, next)
			kept(t, a, held(t, a)[old.ID], next, "")
		})
	}
}

// update makes the change, twice, and returns what is stored.
func update(t *testing.T, a Account, old, next *contact.Contact) *contact.Contact {
	t.Helper()
	var stored importer.Stored
	for range 2 {
		var err error
		if stored, err = a.Sink.Update(t.Context(), old.Ref(), contact.NewPatch(old, next)); err != nil {
			t.Fatal(err)
		}
		if stored.Contact.ID != old.ID || stored.Contact.Key != old.Key {
			t.Fatalf("the update changed the id or the key")
		}
	}
	return stored.Contact
}

// testUpdateAtRandom turns one contact into another, and that into the next.
func testUpdateAtRandom(t *testing.T, a Account) {
	in := folder(t, a, "")
	first := contacttest.Sparse(rand.New(rand.NewPCG(100, 1)))
	first.Photo = nil
	old := held(t, a)[create(t, a, in, first).Contact.ID]
	if old == nil {
		old = create(t, a, in, first).Contact
		old = held(t, a)[old.ID]
	}
	for seed := range uint64(25) {
		next := contacttest.Sparse(rand.New(rand.NewPCG(seed, 2)))
		next.UID, next.ID, next.Version, next.Key, next.Folder, next.Photo = old.UID, old.ID, old.Version, old.Key, "", nil
		update(t, a, old, next)
		got := held(t, a)[old.ID]
		kept(t, a, got, next, "")
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		old = got
	}
}

// testUpdateUID adds a UID to a contact that has none, and takes it away again.
func testUpdateUID(t *testing.T, a Account) {
	stored := create(t, a, folder(t, a, ""), person(1)).Contact
	if stored.UID != "" {
		t.Skip("the account gives every contact a UID")
	}
	next := stored.Clone()
	next.UID = "urn:example:added"
	for _, want := range []*contact.Contact{next, stored} {
		now := update(t, a, held(t, a)[stored.ID], want)
		kept(t, a, held(t, a)[stored.ID], want, "")
		if p := contact.NewPatch(now, want); now.UID != want.UID || !p.Empty() {
			t.Errorf("UID %q, want %q; %v would be written again", now.UID, want.UID, p.Fields)
		}
	}
}

func testUpdateGone(t *testing.T, a Account) {
	stored := create(t, a, folder(t, a, ""), person(1)).Contact
	next := stored.Clone()
	next.Notes = "changed"
	for _, id := range []contact.ID{"", "no such contact"} {
		if _, err := a.Sink.Update(t.Context(), contact.Ref{ID: id}, contact.NewPatch(stored, next)); err == nil {
			t.Errorf("updating %q is no error", id)
		} else if id != "" && !errors.Is(err, importer.ErrRejected) {
			t.Errorf("updating %q: %v, want ErrRejected", id, err)
		}
	}
}
