package exportertest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
)

// Editor changes what an account holds, as its owner would by other means.
type Editor interface {
	// Put adds a contact to a folder, which it makes if need be (its parent is
	// there), and returns its id. A contact that has the ID of one is written over
	// that instead.
	Put(path contact.FolderPath, c *contact.Contact) contact.ID
	Delete(contact.ID)
	DeleteFolder(contact.FolderPath)
}

// OpenToEdit returns an account of the given contents, and its editor.
type OpenToEdit func(t *testing.T, c Contents) (exporter.Source, Editor)

// TestTracking checks that what open returns keeps the contract of exporter.Tracker,
// as exporter.TrackerOf makes one of it.
func TestTracking(t *testing.T, open OpenToEdit) {
	tests := []struct {
		name string
		test func(t *testing.T, f *follower, edit Editor)
	}{
		{"nothing changes", testNothingChanges},
		{"everything changes", testEverythingChanges},
		{"from every page", testFromEveryPage},
		{"expired cursors", testExpiredCursors},
		{"folders", testTree},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			src, edit := open(t, sample())
			test.test(t, &follower{t: t, src: src, tracker: exporter.TrackerOf(src)}, edit)
		})
	}
}

// follower is somebody who keeps a copy of an account by following its changes.
type follower struct {
	t       *testing.T
	src     exporter.Source
	tracker exporter.Tracker
}

// copied is what a follower knows of a folder.
type copied struct {
	versions map[contact.ID]string
	cursor   exporter.Cursor
	told     int // contacts and references that the last round has told of
}

// folder returns the default folder.
func (f *follower) folder() contact.Folder { return foldersOf(f.t, f.src)[0] }

// follow brings the copy up to date.
func (f *follower) follow(folder contact.Folder, c *copied) {
	f.t.Helper()
	named, all := map[contact.ID]bool{}, c.cursor == ""
	told := 0
	for page, err := range f.tracker.Track(f.t.Context(), folder, c.cursor) {
		if err != nil {
			f.t.Fatal(err)
		}
		if c.cursor == "" && len(page.Refs) > 0 || len(page.Bad) > 0 {
			f.t.Errorf("%d references, %d bad contacts", len(page.Refs), len(page.Bad))
		}
		for _, id := range page.Deleted {
			delete(c.versions, id)
		}
		for _, got := range page.Contacts {
			named[got.ID] = true
			c.versions[got.ID] = got.Version
		}
		for _, ref := range page.Refs {
			named[ref.ID] = true
			f.read(ref, c)
		}
		told += len(page.Contacts) + len(page.Refs)
		all = all || page.All
		c.cursor, c.told = page.Next, told
	}
	for id := range c.versions {
		if all && !named[id] {
			delete(c.versions, id)
		}
	}
}

// read reads what a page refers to, unless the copy has it.
func (f *follower) read(ref contact.Ref, c *copied) {
	f.t.Helper()
	if ref.Version != "" && c.versions[ref.ID] == ref.Version {
		return
	}
	got, err := f.tracker.Contacts(f.t.Context(), []contact.ID{ref.ID})
	switch {
	case err != nil:
		f.t.Fatal(err)
	case len(got) != 1:
		f.t.Fatalf("%d contacts with one id", len(got))
	case got[0] == nil:
		delete(c.versions, ref.ID)
	default:
		if got[0].ID != ref.ID {
			f.t.Errorf("contact %q was read as %q", ref.ID, got[0].ID)
		}
		c.versions[ref.ID] = got[0].Version
	}
}

// check compares the copy with a new listing.
func (f *follower) check(folder contact.Folder, c *copied) {
	f.t.Helper()
	want := map[contact.ID]string{}
	for page, err := range f.src.Pages(f.t.Context(), folder, "") {
		if err != nil {
			f.t.Fatal(err)
		}
		for _, got := range page.Contacts {
			want[got.ID] = got.Version
		}
	}
	for id, version := range want {
		if got, ok := c.versions[id]; !ok || got != version {
			f.t.Errorf("contact %q: the follower has it %t, in version %q, want %q", id, ok, got, version)
		}
	}
	if len(c.versions) != len(want) {
		f.t.Errorf("the follower has %d contacts, want %d", len(c.versions), len(want))
	}
}

func (f *follower) start() (contact.Folder, *copied) {
	f.t.Helper()
	folder, c := f.folder(), &copied{versions: map[contact.ID]string{}}
	f.follow(folder, c)
	f.check(folder, c)
	return folder, c
}

func testNothingChanges(t *testing.T, f *follower, _ Editor) {
	folder, c := f.start()
	for range 3 {
		f.follow(folder, c)
		f.check(folder, c)
	}
	if contacts, err := f.tracker.Contacts(t.Context(), []contact.ID{"no such contact"}); err == nil && contacts[0] != nil {
		t.Error("there is a contact that is none")
	}
}

func testEverythingChanges(t *testing.T, f *follower, edit Editor) {
	folder, c := f.start()
	kept := contact.ID("")
	for round := range 3 {
		ids := make([]contact.ID, 0, len(c.versions))
		for id := range c.versions {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for i, id := range ids {
			switch i % 3 {
			case 0:
				changed := person(folder.Path, 100*round+i)
				changed.ID = id
				edit.Put(folder.Path, changed)
			case 1:
				edit.Delete(id)
			default:
				kept = id
			}
		}
		edit.Put(folder.Path, person(folder.Path, 1000+round))
		edit.Delete(edit.Put(folder.Path, person(folder.Path, 2000+round)))
		f.follow(folder, c)
		f.check(folder, c)
	}
	if _, ok := c.versions[kept]; !ok {
		t.Error("a contact that nobody touched is gone")
	}
}

// testFromEveryPage goes on behind every page of the first listing.
func testFromEveryPage(t *testing.T, f *follower, edit Editor) {
	folder := f.folder()
	seen := map[contact.ID]string{}
	for page, err := range f.tracker.Track(t.Context(), folder, "") {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			seen[c.ID] = c.Version
		}
		if page.Next == "" {
			continue
		}
		rest := &copied{versions: map[contact.ID]string{}, cursor: page.Next}
		for id, version := range seen {
			rest.versions[id] = version
		}
		f.follow(folder, rest)
		f.check(folder, rest)
	}
	if len(seen) == 0 {
		t.Error("nothing was listed")
	}
}

func testExpiredCursors(t *testing.T, f *follower, _ Editor) {
	folder, c := f.start()
	if c.cursor == "" {
		t.Skip("the service cannot tell where to go on")
	}
	for _, cursor := range []exporter.Cursor{c.cursor + "x", "nonsense"} {
		var last error
		for page, err := range f.tracker.Track(t.Context(), folder, cursor) {
			if last = err; page != nil {
				t.Errorf("cursor %q has a page", cursor)
			}
		}
		if !errors.Is(last, exporter.ErrCursorExpired) {
			t.Errorf("cursor %q: %v", cursor, last)
		}
	}
}

func testTree(t *testing.T, f *follower, edit Editor) {
	list := func(folders []contact.Folder, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(folders)
	}
	var cursor exporter.Cursor
	check := func() {
		t.Helper()
		folders, next, err := f.tracker.Tree(t.Context(), cursor)
		if got, want := list(folders, err), list(f.src.Folders(t.Context())); got != want {
			t.Errorf("folders\n%s, want\n%s", got, want)
		}
		cursor = next
	}
	check()
	check()
	edit.Put("Another", person("Another", 1))
	edit.Put("Another/Below", person("Another/Below", 1))
	check()
	edit.DeleteFolder("Customers")
	check()
	edit.DeleteFolder("Another/Below")
	edit.Put("Zoo", person("Zoo", 1))
	check()
	check()
	cursor = "nonsense"
	check()
}
