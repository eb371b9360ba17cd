package carddav

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/dav/davtest"
)

// people returns n contacts with the categories.
func people(n int, categories ...string) []*contact.Contact {
	var all []*contact.Contact
	for i := range n {
		uid := fmt.Sprintf("person-%d", i)
		all = append(all, &contact.Contact{UID: uid, Key: contact.KeyOf(uid), Name: contact.Name{Given: "P", Family: fmt.Sprint(i), Display: fmt.Sprintf("P %d", i)}, Categories: categories})
	}
	return all
}

func groupCard(uid, name string, members ...string) string {
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nNOTE:kept\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n"
	for _, m := range members {
		card += "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + m + "\r\n"
	}
	return card + "END:VCARD\r\n"
}

// membersOf returns the members of the group of that name on a server, and whether it is
// there.
func membersOf(s *davtest.Server, name string) (members []string, there bool) {
	for _, data := range s.Cards("contacts") {
		if !strings.Contains(data, "\r\nFN:"+name+"\r\n") || !strings.Contains(data, "X-ADDRESSBOOKSERVER-KIND:group") {
			continue
		}
		there = true
		for line := range strings.Lines(data) {
			if uid, ok := strings.CutPrefix(strings.TrimSpace(line), "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:"); ok {
				members = append(members, uid)
			}
		}
	}
	return members, there
}

// TestCategoriesAsGroups: where people see categories as groups alone, that is what they
// become; a change of a contact's categories changes its memberships. A group that was
// made here goes with its last member, anybody else's stays.
func TestCategoriesAsGroups(t *testing.T) {
	server := davtest.New(t, davtest.Habits{})
	server.Put("contacts", "theirs.vcf", groupCard("g-theirs", "Theirs", "stranger"))
	s := New(client(t, signedIn(server.URL), dav.Provider{Groups: true}))
	book, err := s.EnsureFolder(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var refs []contact.Ref
	for _, c := range people(3, "Ski, of course; "+strings.Repeat("ä", 60), "Theirs") {
		stored, err := s.Create(t.Context(), book, c)
		if err != nil || len(stored.Losses) > 0 || fmt.Sprint(stored.Contact.Categories) != fmt.Sprint(c.Categories) {
			t.Fatalf("%v, losses %v, categories %v", err, stored.Losses, stored.Contact.Categories)
		}
		refs = append(refs, stored.Contact.Ref())
	}
	for name, data := range server.Cards("contacts") {
		if strings.Contains(data, "CATEGORIES") {
			t.Errorf("%s has a category of its own", name)
		}
	}
	if got, _ := membersOf(server, "Theirs"); len(got) != 4 || got[0] != "stranger" {
		t.Errorf("members %v", got)
	}
	if data := server.Cards("contacts")["theirs.vcf"]; !strings.Contains(data, "NOTE:kept\r\n") {
		t.Errorf("the group is now %s", data)
	}
	_, now, book0, err := s.read(t.Context(), refs[0].ID)
	if err == nil {
		err = s.groups.categorise(t.Context(), book0, now)
	}
	if err != nil || len(now.Categories) != 2 {
		t.Fatalf("categories %v, %v", now.Categories, err)
	}
	next := now.Clone()
	next.Categories = []string{"Chess"}
	stored, err := s.Update(t.Context(), now.Ref(), contact.NewPatch(now, next))
	if err != nil || fmt.Sprint(stored.Contact.Categories) != "[Chess]" {
		t.Errorf("after the update: %v, %v", stored.Contact.Categories, err)
	}
	if got, there := membersOf(server, "Chess"); !there || fmt.Sprint(got) != "[person-0]" {
		t.Errorf("the new group has %v", got)
	}
	server.ResetCount()
	if _, err := s.Update(t.Context(), stored.Contact.Ref(), contact.NewPatch(now, next)); err != nil || server.Count("PUT") > 0 {
		t.Errorf("the same again: %v, %d PUTs", err, server.Count("PUT"))
	}
	for _, ref := range refs {
		if err := s.Delete(t.Context(), contact.Ref{ID: ref.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if got, there := membersOf(server, "Theirs"); !there || fmt.Sprint(got) != "[stranger]" {
		t.Errorf("after the end of all: %v, %v", got, there)
	}
	if n := len(server.Cards("contacts")); n != 1 {
		t.Errorf("%d cards are left: %v", n, server.Cards("contacts"))
	}
}

// TestCategoriesOfGroups: a membership is a category everywhere. Without the preset, what
// is no group yet is a property of the card.
func TestCategoriesOfGroups(t *testing.T) {
	server := davtest.New(t, davtest.Habits{UniqueUIDs: true})
	server.Put("contacts", "ski.vcf", groupCard("g-ski", "Ski", "PERSON-0"))
	s := New(client(t, signedIn(server.URL), dav.Provider{}))
	book, err := s.EnsureFolder(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.Create(t.Context(), book, people(1, "ski", "own")[0])
	if err != nil {
		t.Fatal(err)
	}
	was := stored.Contact
	if fmt.Sprint(was.Categories) != "[own Ski]" {
		t.Errorf("categories %v", was.Categories)
	}
	next := was.Clone()
	next.Categories = []string{"own"}
	stored, err = s.Update(t.Context(), was.Ref(), contact.NewPatch(was, next))
	if got, there := membersOf(server, "Ski"); err != nil || !there || len(got) > 0 || fmt.Sprint(stored.Contact.Categories) != "[own]" {
		t.Errorf("%v, members %v, %v, categories %v", err, got, there, stored.Contact.Categories)
	}
}

// TestGroupIsCreated: a group is a contact that can be created, in the form that the card
// wants; one that was made for a category meanwhile becomes it.
func TestGroupIsCreated(t *testing.T) {
	group := &contact.Contact{UID: "g", Key: contact.KeyOf("g"), Name: contact.Name{Display: "Ski"}, Extra: []contact.Extra{
		{Origin: "vcard", Name: "KIND", Value: "group"}, {Origin: "vcard", Name: "MEMBER", Value: "mailto:list@example.org"}}}
	for _, preset := range []bool{false, true} {
		server := davtest.New(t, davtest.Habits{})
		s := New(client(t, signedIn(server.URL), dav.Provider{Groups: preset}))
		book, err := s.EnsureFolder(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(t.Context(), book, people(1, "Ski")[0]); err != nil {
			t.Fatal(err)
		}
		stored, err := s.Create(t.Context(), book, group.Clone())
		if err != nil || stored.Contact.Key != group.Key || dav.GroupOf(stored.Contact) == nil {
			t.Fatalf("%v: %v", preset, err)
		}
		if n := len(server.Cards("contacts")); n != 2 {
			t.Errorf("%v: %d cards: %v", preset, n, server.Cards("contacts"))
		}
		members := 1
		if preset {
			members = 2
		}
		if g := dav.GroupOf(stored.Contact); len(g.Members) != members {
			t.Errorf("%v: members %v", preset, g.Members)
		}
	}
}
