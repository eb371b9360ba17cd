// Package importertest tests whatever claims to be an importer.Sink, and has a fake
// of one that passes.
package importertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/importer"
)

// Account is an account opened for writing, and for looking at what was written.
type Account struct {
	Sink   importer.Sink
	Reader importer.Reader
}

// Open returns an empty account. It fails the test if it cannot.
type Open func(t *testing.T) Account

// TestSink checks that what open returns keeps the contract of importer.Sink, and
// of the capabilities that it has.
func TestSink(t *testing.T, open Open) {
	tests := []struct {
		name string
		test func(t *testing.T, a Account)
	}{
		{"folders", testFolders},
		{"folders created once", testFoldersOnce},
		{"create", testCreate},
		{"create what no service has a place for", testCreateAll},
		{"update", testUpdate},
		{"update at random", testUpdateAtRandom},
		{"update what is gone", testUpdateGone},
		{"a UID is added", testUpdateUID},
		{"cancelling", testCancelling},
		{"concurrency", testConcurrency},
		{"projection", testProjection},
		{"photos", testPhotos},
		{"keys", testKeys},
		{"deleting", testDelete},
		{"removing folders", testRemoveFolder},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.test(t, open(t)) })
	}
}

// person returns a contact that every service can hold.
func person(i int) *contact.Contact {
	c := &contact.Contact{
		Name:         contact.Name{Given: "Ana", Family: fmt.Sprintf("Müller-%02d", i), Display: fmt.Sprintf("Ana Müller-%02d", i)},
		Organization: contact.Organization{Company: "Example & Sons", Title: "Head, \"Research\""},
		Emails:       []contact.Email{{Address: fmt.Sprintf("ana%d@example.org", i), Name: "Ana"}},
		Phones:       []contact.Phone{{Number: "+49 555 0100", Type: contact.Mobile}, {Number: "0123", Type: contact.Work}},
		Addresses:    []contact.Address{{Type: contact.Home, Street: "Weg 1\nHaus 2", City: "Bern", PostalCode: "3000", Country: "CH"}},
		Birthday:     contact.Date{Year: 1980, Month: 2, Day: 29},
		Notes:        "first line\nsecond line ☎",
		Categories:   []string{"Friends", "Ski"},
	}
	c.Key = contact.KeyOf(fmt.Sprint("person ", i))
	return contact.Normalize(c)
}

func folder(t *testing.T, a Account, path contact.FolderPath) contact.FolderID {
	t.Helper()
	id, err := a.Sink.EnsureFolder(t.Context(), path)
	if err != nil || id == "" {
		t.Fatalf("folder %q: id %q, error %v", path, id, err)
	}
	return id
}

func create(t *testing.T, a Account, in contact.FolderID, c *contact.Contact) importer.Stored {
	t.Helper()
	stored, err := a.Sink.Create(t.Context(), in, c)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Contact == nil || stored.Contact.ID == "" || stored.Contact.Key != c.Key {
		t.Fatalf("stored without an id, or under another key: %+v", stored.Contact.Ref())
	}
	return stored
}

// held reads the account by the contacts' ids.
func held(t *testing.T, a Account) map[contact.ID]*contact.Contact {
	t.Helper()
	all := map[contact.ID]*contact.Contact{}
	for c, err := range a.Reader.Contacts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.ID == "" || all[c.ID] != nil {
			t.Fatalf("the id %q is empty, or comes twice", c.ID)
		}
		all[c.ID] = c
	}
	return all
}

// kept fails unless got is what the sink is to keep of sent.
func kept(t *testing.T, a Account, got, sent *contact.Contact, path contact.FolderPath) {
	t.Helper()
	want := sent
	if p, ok := a.Sink.(importer.Projector); ok {
		want, _ = p.Project(sent)
	}
	if got == nil {
		t.Error("a contact is not there")
		return
	}
	expected := want.Clone()
	expected.Photo, expected.Folder = got.Photo, path
	contacttest.Equal(t, got, expected)
}

func testFolders(t *testing.T, a Account) {
	ids := map[contact.FolderID]contact.FolderPath{}
	for _, path := range []contact.FolderPath{"", "Customers", "Customers/EMEA", "Customers/EMEA/North", "EMEA", `Sales\/Support 50% #1`, "Contacts", "Leer é"} {
		id := folder(t, a, path)
		if other, ok := ids[id]; ok {
			t.Errorf("folders %q and %q are one", path, other)
		}
		ids[id] = path
	}
	for id, path := range ids {
		if again := folder(t, a, path); again != id {
			t.Errorf("folder %q is %q now, was %q", path, again, id)
		}
		create(t, a, id, person(len(path)))
	}
	got := map[contact.FolderPath]int{}
	for _, c := range held(t, a) {
		got[c.Folder]++
	}
	for _, path := range ids {
		if got[path] != 1 {
			t.Errorf("folder %q holds %d contacts, want 1", path, got[path])
		}
	}
}

func testFoldersOnce(t *testing.T, a Account) {
	ids := make([]contact.FolderID, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			var err error
			if ids[i], err = a.Sink.EnsureFolder(t.Context(), "One/Two/Three"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if ids = slices.Compact(ids); len(ids) != 1 {
		t.Errorf("created %d times", len(ids))
	}
}

func testCreate(t *testing.T, a Account) {
	in := folder(t, a, "Friends")
	sent := person(1)
	before := sent.Clone()
	stored := create(t, a, in, sent)
	contacttest.Equal(t, sent, before)
	if len(stored.Losses) > 0 {
		t.Errorf("losses: %v", stored.Losses)
	}
	all := held(t, a)
	if len(all) != 1 {
		t.Fatalf("%d contacts, want 1", len(all))
	}
	kept(t, a, all[stored.Contact.ID], sent, "Friends")
	kept(t, a, stored.Contact, sent, stored.Contact.Folder)
	if all[stored.Contact.ID].Version != stored.Contact.Version {
		t.Errorf("version %q, the answer said %q", all[stored.Contact.ID].Version, stored.Contact.Version)
	}
}

// testCreateAll stores contacts with values in every field: what comes back is
// what was to be kept, and whatever is not is named.
func testCreateAll(t *testing.T, a Account) {
	in := folder(t, a, "")
	for seed := range uint64(20) {
		sent := contacttest.Random(rand.New(rand.NewPCG(seed, 1)))
		sent.Key = contact.KeyOf(fmt.Sprint(seed))
		stored := create(t, a, in, sent)
		got := held(t, a)[stored.Contact.ID]
		kept(t, a, got, sent, "")
		if got == nil {
			continue
		}
		for _, f := range contact.Diff(sent, got) {
			named := slices.ContainsFunc(stored.Losses, func(l contact.Loss) bool { return l.Root() == f })
			if !named && f != "photo" {
				t.Errorf("%s is not kept, and not named", f)
			}
		}
	}
}

func testCancelling(t *testing.T, a Account) {
	in := folder(t, a, "")
	stored := create(t, a, in, person(1)).Contact
	next := stored.Clone()
	next.Notes = "changed"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Sink.EnsureFolder(ctx, "New"); !errors.Is(err, context.Canceled) {
		t.Errorf("EnsureFolder: %v", err)
	}
	if _, err := a.Sink.Create(ctx, in, person(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("Create: %v", err)
	}
	if _, err := a.Sink.Update(ctx, stored.Ref(), contact.NewPatch(stored, next)); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
}

func testConcurrency(t *testing.T, a Account) {
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() {
			in, err := a.Sink.EnsureFolder(t.Context(), contact.FolderPath([]string{"", "A", "A/B"}[i%3]))
			if err != nil {
				t.Error(err)
				return
			}
			stored, err := a.Sink.Create(t.Context(), in, person(i))
			if err != nil {
				t.Error(err)
				return
			}
			next := stored.Contact.Clone()
			next.Notes = "changed"
			if _, err := a.Sink.Update(t.Context(), stored.Contact.Ref(), contact.NewPatch(stored.Contact, next)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	all := held(t, a)
	for _, c := range all {
		if c.Notes != "changed" {
			t.Errorf("an update is lost")
		}
	}
	if len(all) != 24 {
		t.Errorf("%d contacts, want 24", len(all))
	}
}

// testProjection checks that a plan can rely on it: what is stored projects to
// itself.
func testProjection(t *testing.T, a Account) {
	p, ok := a.Sink.(importer.Projector)
	if !ok {
		t.Skip("not a Projector")
	}
	for seed := range uint64(50) {
		sent := contacttest.Random(rand.New(rand.NewPCG(seed, 3)))
		before := sent.Clone()
		once, losses := p.Project(sent)
		contacttest.Equal(t, sent, before)
		for _, f := range contact.Diff(sent, once) {
			if !slices.ContainsFunc(losses, func(l contact.Loss) bool { return l.Root() == f }) {
				t.Errorf("%s is not kept, and not named", f)
			}
		}
		twice, _ := p.Project(once)
		contacttest.Equal(t, twice, once)
	}
}

func testKeys(t *testing.T, a Account) {
	finder, ok := a.Sink.(importer.KeyFinder)
	if !ok {
		t.Skip("not a KeyFinder")
	}
	nested := create(t, a, folder(t, a, "A/B"), person(1)).Contact
	create(t, a, folder(t, a, ""), person(2))
	for key, want := range map[string]contact.ID{person(1).Key: nested.ID, "no such key": "", "it's a 'quoted' key": ""} {
		found, err := finder.FindKey(t.Context(), key)
		if err != nil {
			t.Errorf("key %q: %v", key, err)
		}
		if want == "" && len(found) > 0 || want != "" && (len(found) != 1 || found[0].ID != want) {
			t.Errorf("key %q: found %d contacts", key, len(found))
		}
		for _, c := range found {
			kept(t, a, c, person(1), "A/B")
		}
	}
	create(t, a, folder(t, a, ""), person(1))
	if found, err := finder.FindKey(t.Context(), person(1).Key); err != nil || len(found) != 2 {
		t.Errorf("two contacts of one key: found %d, %v", len(found), err)
	}
}
