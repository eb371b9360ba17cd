package importer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// cardbox is a mailbox whose folders want UIDs to be unique.
type cardbox struct{ *mailbox }

func (cardbox) UniqueUIDs() {}

func withUID(uid, name, email string, folder contact.FolderPath) *contact.Contact {
	return contact.Normalize(&contact.Contact{UID: uid, Folder: folder, Name: contact.Name{Display: name, Given: name}, Emails: []contact.Email{{Address: email}}})
}

// TestUIDsAreUnique: no two contacts of a folder are created with one UID where the
// account wants that; in other folders, and other accounts, they keep theirs. The same
// import again changes nothing.
func TestUIDsAreUnique(t *testing.T) {
	people := []*contact.Contact{
		withUID("su", "Ida", "ida@x.org", ""), withUID("su", "Jon", "jon@x.org", ""),
		withUID("su", "Kim", "kim@x.org", "Friends"), withUID("there", "Lea", "lea@x.org", ""),
	}
	for _, unique := range []bool{true, false} {
		m := newMailbox(withUID("there", "Max", "max@x.org", ""))
		var sink Sink = m
		if unique {
			sink = cardbox{m}
		}
		for run := range 2 {
			var moved []string
			r, err := Import(t.Context(), records(people...), m, sink, Options{Policy: Create}, Observer{Record: func(r Result) {
				for _, l := range r.Losses {
					moved = append(moved, fmt.Sprint(r.Record.Name.Given, " ", l.Field, " ", l.Kind))
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(moved)
			var uids []string
			for _, c := range m.contacts {
				uids = append(uids, c.Name.Given+":"+c.UID)
			}
			slices.Sort(uids)
			want, wantMoved := "Ida:su Jon:su Kim:su Lea:there Max:there", ""
			if unique {
				want, wantMoved = "Ida:su Jon: Kim:su Lea: Max:there", "Jon uid moved,Lea uid moved"
			}
			if run > 0 {
				wantMoved = ""
			}
			if got := strings.Join(uids, " "); got != want || strings.Join(moved, ",") != wantMoved {
				t.Errorf("unique %t, run %d: %s, moved %v, want %s", unique, run, got, moved, want)
			}
			if created := []int{4, 0}[run]; r.Created != created || r.Again.Create != 0 {
				t.Errorf("unique %t, run %d: %+v", unique, run, r)
			}
		}
	}
}
