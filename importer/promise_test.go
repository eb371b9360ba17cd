package importer

import (
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func fieldsOf(losses []contact.Loss) (fields []contact.Field) {
	for _, l := range losses {
		fields = append(fields, l.Field)
	}
	return fields
}

// TestUnitedRecordsLoseNothingInSilence: where two records are one person, what of the
// later one found the place taken is named as lost.
func TestUnitedRecordsLoseNothingInSilence(t *testing.T) {
	first := &contact.Contact{Name: contact.Name{Given: "Ann"}, Emails: []contact.Email{{Address: "ann@x.example"}}, Folder: "A",
		Notes: "one", Birthday: contact.Date{Year: 1980, Month: 1, Day: 1}, Photo: contact.NewPhoto([]byte("one"))}
	second := &contact.Contact{Name: contact.Name{Given: "Ann"}, Emails: []contact.Email{{Address: "ann@x.example"}, {Address: "b@x.example"}}, Folder: "B",
		Notes: "two", Birthday: contact.Date{Year: 1990, Month: 9, Day: 9}, Photo: contact.NewPhoto([]byte("two"))}
	want := []contact.Field{"birthday", "notes", "photo", "folder"}

	m := newMailbox()
	r, results := do(t, m, Options{}, first, second, second.Clone())
	for _, n := range []int{2, 3} {
		if got := fieldsOf(results[n].Losses); results[n].Outcome != United || !slices.Equal(got, want) {
			t.Errorf("record %d: %s, lost %v, want %v", n, results[n].Outcome, got, want)
		}
	}
	if r.Losses.Total() != 8 || len(m.contacts[0].Emails) != 2 {
		t.Errorf("%d losses, addresses %v", r.Losses.Total(), m.contacts[0].Emails)
	}
	if _, results = do(t, newMailbox(), Options{}, first, first.Clone()); len(results[2].Losses) != 0 {
		t.Errorf("the same twice: %v", results[2].Losses)
	}
	if r, _ := do(t, newMailbox(), Options{RefuseLosses: true}, first, second); r.Failed != 2 {
		t.Errorf("refusing losses: %+v", r.Counts)
	}
	if _, results = do(t, m, Options{Policy: Skip}, first, second); len(results[2].Losses) != 0 {
		t.Errorf("skipped: %v", results[2].Losses)
	}
}

// TestFolderThatStays: no contact is moved, and the report says so.
func TestFolderThatStays(t *testing.T) {
	in := func(folder contact.FolderPath) *contact.Contact {
		c := named("Ann", "ann@x.example")
		c.Folder = folder
		return c
	}
	for _, policy := range []OnDuplicate{Fill, Update, Replace} {
		m := newMailbox()
		do(t, m, Options{Policy: policy}, in("A"))
		for folder, kept := range map[contact.FolderPath]bool{"A": false, "a": false, "": false, "B": true} {
			if _, results := do(t, m, Options{Policy: policy}, in(folder)); slices.Contains(results[1].Kept, "folder") != kept {
				t.Errorf("%s, folder %q: kept %v", policy, folder, results[1].Kept)
			}
		}
		if _, results := do(t, m, Options{Policy: policy, Folder: "Deep"}, in("A")); !slices.Contains(results[1].Kept, "folder") {
			t.Errorf("%s, below a folder: kept %v", policy, results[1].Kept)
		}
	}
}

// TestPhotoThatStays: a photo that does not take the place of the contact's own is
// named, unless it is the same.
func TestPhotoThatStays(t *testing.T) {
	with := func(photo string) *contact.Contact {
		c := named("Ann", "ann@x.example")
		c.Photo = contact.NewPhoto([]byte(photo))
		return c
	}
	m := newMailbox()
	do(t, m, Options{}, with("one"))
	for photo, kept := range map[string]int{"one": 0, "two": 1} {
		told := 0
		r, err := Import(t.Context(), records(with(photo)), m, m, Options{TempDir: t.TempDir()}, Observer{Photo: func(r PhotoResult) {
			if r.Kept {
				told++
			}
		}})
		if err != nil || r.Kept != kept || told != kept || r.Photos != 0 || r.PhotosFailed != 0 {
			t.Errorf("photo %s: %v, kept %d, told %d, %d stored", photo, err, r.Kept, told, r.Photos)
		}
	}
	if p := m.photos[m.contacts[0].ID]; string(p.Data) != "one" {
		t.Errorf("the photo is now %s", p.Data)
	}
}
