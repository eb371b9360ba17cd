package importer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// TestReadBack finds nothing after an import, and what somebody changed behind its back.
func TestReadBack(t *testing.T) {
	f := account(t, before...)
	j := newJournal(t)
	if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: importer.Update, Journal: j}, importer.Observer{}); err != nil {
		t.Fatal(err)
	}
	if err := j.Finish(time.Now()); err != nil {
		t.Fatal(err)
	}
	readBack := func() (*importer.ReadBackReport, map[string]importer.Difference) {
		t.Helper()
		found := map[string]importer.Difference{}
		r, err := importer.ReadBack(t.Context(), j, f, f, importer.ReadBackOptions{}, func(d importer.Difference) { found[d.At] = d }, func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		return r, found
	}
	if r, found := readBack(); r.Contacts != 5 || r.Photos != 3 || r.Different != 0 || len(found) != 0 {
		t.Errorf("report %+v, found %v", r, found)
	}
	for c := range f.Contacts(t.Context()) {
		switch c.Name.Given {
		case "Ann":
			next := c.Clone()
			next.Emails = next.Emails[:1]
			f.Update(t.Context(), c.Ref(), contact.NewPatch(c, next))
		case "Eve":
			f.SetPhoto(t.Context(), c.Ref(), contact.NewPhoto([]byte("\xff\xd8\xffother")))
		case "Fay":
			f.Delete(t.Context(), c.Ref())
		}
	}
	r, found := readBack()
	if r.Different != 3 || !slices.Equal(found["card 1"].Fields, []contact.Field{"emails"}) || !slices.Equal(found["card 5"].Fields, []contact.Field{"photo"}) || !found["card 6"].Gone {
		t.Errorf("report %+v, found %+v", r, found)
	}
}
