package compare

import (
	"iter"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

func side(folders bool, contacts ...*contact.Contact) End {
	var seq iter.Seq2[*contact.Contact, error] = func(yield func(*contact.Contact, error) bool) {
		for _, c := range contacts {
			if c == nil {
				if !yield(nil, formats.RecordErrorf(contact.Position{Line: 3}, "broken")) {
					return
				}
				continue
			}
			if !yield(c.Clone(), nil) {
				return
			}
		}
	}
	return End{Contacts: seq, Folders: folders}
}

func person(uid, display, email string, change ...func(*contact.Contact)) *contact.Contact {
	c := &contact.Contact{UID: uid, Name: contact.Name{Display: display}, Emails: []contact.Email{{Address: email}}}
	for _, f := range change {
		f(c)
	}
	return contact.Normalize(c)
}

func TestCompare(t *testing.T) {
	notes := func(c *contact.Contact) { c.Notes = "x" }
	folder := func(c *contact.Contact) { c.Folder = "F" }
	photo := func(text string) func(*contact.Contact) {
		return func(c *contact.Contact) { c.Photo = contact.NewPhoto([]byte(text)) }
	}
	tests := []struct {
		name string
		a, b End
		want string
	}{
		{"nothing", side(false), side(false), ""},
		{"by uid", side(false, person("1", "Ann", "a@x")), side(false, person("1", "Bob", "a@x")), "name.display"},
		{"by address and name", side(false, person("1", "Ann", "a@x", notes)), side(false, person("2", "Ann", "A@X")), "emails notes"},
		{"uid before name", side(false, person("1", "Ann", "a@x"), person("2", "Ann", "b@x")), side(false, person("2", "Ann", "b@x"), person("1", "Ann", "a@x")), ""},
		{"repeated contact", side(false, person("", "Ann", "a@x"), person("", "Ann", "a@x")), side(false, person("", "Ann", "a@x")), "-A"},
		{"one more", side(false), side(false, person("1", "Ann", "a@x")), "-B"},
		{"photo", side(false, person("1", "Ann", "a@x", photo("1"))), side(false, person("1", "Ann", "a@x", photo("2"))), "photo"},
		{"folders of accounts", side(true, person("1", "Ann", "a@x", folder)), side(true, person("1", "Ann", "a@x")), "folder"},
		{"file without folders", side(true, person("1", "Ann", "a@x", folder)), side(false, person("1", "Ann", "a@x")), ""},
		{"unreadable", side(false, nil), side(false), "!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			r, err := Compare(t.Context(), tt.a, tt.b, func(f Finding) {
				switch {
				case f.Err != nil:
					got = append(got, "!")
				case f.B == nil:
					got = append(got, "-A")
				case f.A == nil:
					got = append(got, "-B")
				}
				for _, field := range f.Fields {
					got = append(got, string(field))
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("found %q, want %q", s, tt.want)
			}
			if r.Same() != (tt.want == "") {
				t.Errorf("report %+v", r)
			}
		})
	}
}
