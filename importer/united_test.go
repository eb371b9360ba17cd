package importer_test

import (
	"iter"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/importertest"
)

// TestNameAndNumberAtOnceOrLater: two records of one name and number, of which one has
// no address, are one contact, whether they are imported at once or the second later.
func TestNameAndNumberAtOnceOrLater(t *testing.T) {
	person := func(uid string) *contact.Contact {
		return &contact.Contact{UID: uid, Name: contact.Name{Given: "Ann", Family: "Lee"}, Phones: []contact.Phone{{Number: "+49 555 0100"}}}
	}
	first, second := person("u1"), contact.Normalize(person("u2"))
	first.Emails = []contact.Email{{Address: "ann@example.org"}}
	contact.Normalize(first)
	records := func(all []*contact.Contact) iter.Seq2[*contact.Contact, error] {
		return func(yield func(*contact.Contact, error) bool) {
			for _, c := range all {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
	f := importertest.NewFake()
	for _, run := range [][]*contact.Contact{{first}, {second}, {first, second}, {second, first}} {
		r, err := importer.Import(t.Context(), records(run), f, f, importer.Options{}, importer.Observer{})
		if err != nil || r.Review+r.Failed > 0 {
			t.Fatalf("%+v, %v", r.Counts, err)
		}
	}
	n := 0
	for range f.Contacts(t.Context()) {
		n++
	}
	if n != 1 {
		t.Errorf("%d contacts, want 1", n)
	}
}
