package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/dav/davtest"
)

// TestDedupeOnCardDAV: duplicates of a CardDAV account are joined, photos included, once;
// and undo gives the account back as it was.
func TestDedupeOnCardDAV(t *testing.T) {
	for name, habits := range map[string]davtest.Habits{"unique UIDs": {UniqueUIDs: true}, "by the book": {}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := newProgram(t, "CARDFERRY_BOX_PROVIDER=carddav", "CARDFERRY_BOX_URL="+davtest.New(t, habits).URL,
				"CARDFERRY_BOX_USERNAME="+davtest.User, "CARDFERRY_BOX_PASSWORD="+davtest.Password)
			for _, copy := range []string{"one", "two"} {
				var people []*contact.Contact
				for n := range 10 {
					c := &contact.Contact{UID: fmt.Sprint(copy, n), Name: contact.Name{Given: "Ann", Family: fmt.Sprint("Lee", n)},
						Emails: []contact.Email{{Address: fmt.Sprintf("p%d@example.org", n)}}}
					if copy == "two" {
						c.Notes, c.Phones = "more", []contact.Phone{{Number: fmt.Sprintf("+1 555 01%02d", n), Type: contact.Mobile}}
					} else if n%2 == 0 {
						c.Organization.Title = "Chair"
						c.Photo = contact.NewPhoto(jpegOf(t, n, false))
					}
					people = append(people, contact.Normalize(c))
				}
				file := filepath.Join(dir, copy+".jsonl")
				writeLines(t, file, people)
				if s, code := p.run("import", file, "box:", "--on-duplicate", "create"); code != 0 || s.Created != 10 {
					t.Fatalf("%d, %+v", code, s)
				}
			}
			before, after, undone := filepath.Join(dir, "before.jsonl"), filepath.Join(dir, "after.jsonl"), filepath.Join(dir, "undone.jsonl")
			for _, step := range []struct {
				args []string
				code int
			}{
				{[]string{"export", "box:", before}, 0},
				{[]string{"dedupe", "box:"}, 0},
				{[]string{"dedupe", "box:", "--apply"}, 0},
				{[]string{"export", "box:", after}, 0},
				{[]string{"verify", before, after}, exitDifferent},
				{[]string{"undo", "last"}, 0},
				{[]string{"export", "box:", undone}, 0},
				{[]string{"verify", before, undone}, 0},
			} {
				if s, code := p.run(step.args...); code != step.code {
					t.Errorf("%s ended with %d: %+v", step.args, code, s)
				}
			}
			p.run("dedupe", "box:", "--apply")
			if s, _ := p.run("export", "box:", after); s.Read != 10 || s.Photos != 5 {
				t.Errorf("joined: %+v", s)
			}
			for _, copy := range []string{"one", "two"} {
				if s, code := p.run("import", filepath.Join(dir, copy+".jsonl"), "box:"); code != 0 || s.Created+s.Updated+s.Photos > 0 {
					t.Errorf("what was joined is imported again: %d, %+v", code, s)
				}
			}
		})
	}
}
