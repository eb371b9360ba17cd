// Package exportertest tests whatever claims to be an exporter.Source, and has a
// fake of one that passes.
package exportertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/exporter"
)

// Contents are the folders of an account and the contacts in them, a photo's bytes
// with its contact. The default folder is always there.
type Contents map[contact.FolderPath][]*contact.Contact

// Open returns an account of the given contents. It fails the test if it cannot.
type Open func(t *testing.T, c Contents) exporter.Source

// TestSource checks that what open returns keeps the contract of exporter.Source,
// and of PhotoSource and Counter if it is one. The contacts that it asks for are
// such as every service can hold.
func TestSource(t *testing.T, open Open) {
	tests := []struct {
		name string
		test func(t *testing.T, src exporter.Source, held Contents)
	}{
		{"folders", testFolders},
		{"pages", testPages},
		{"cursors", testCursors},
		{"stopping", testStopping},
		{"cancelling", testCancelling},
		{"unknown folder", testUnknownFolder},
		{"concurrency", testConcurrency},
		{"photos", testPhotos},
		{"counts", testCounts},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			held := sample()
			test.test(t, open(t, held), held)
		})
	}
	t.Run("empty account", func(t *testing.T) {
		src := open(t, Contents{"": nil})
		testFolders(t, src, Contents{"": nil})
		testPages(t, src, Contents{"": nil})
	})
}

// sample returns contents with an empty folder, a folder in a folder, and names
// that are hard to make a path of.
func sample() Contents {
	held := Contents{"": nil, "Customers": nil, "Customers/EMEA": nil, `Sales\/Support 50%`: nil, "Leer é": nil}
	for path, n := range map[contact.FolderPath]int{"": 23, "Customers": 3, "Customers/EMEA": 2, `Sales\/Support 50%`: 1} {
		for i := range n {
			held[path] = append(held[path], person(path, i))
		}
	}
	return held
}

// person returns a contact that every service can hold.
func person(path contact.FolderPath, i int) *contact.Contact {
	family := fmt.Sprintf("Müller-%02d", i)
	c := &contact.Contact{
		Name:         contact.Name{Given: "Ana", Family: family, Display: fmt.Sprintf("Ana %s of %q", family, path)},
		Organization: contact.Organization{Company: "Example & Sons", Title: "Head, \"Research\""},
		Emails:       []contact.Email{{Address: fmt.Sprintf("ana%d@example.org", i)}},
		Phones:       []contact.Phone{{Number: "+49 555 0100", Type: contact.Mobile}},
		Birthday:     contact.Date{Year: 1980, Month: 2, Day: 29},
		Notes:        "first line\nsecond line ☎",
		Categories:   []string{"Friends"},
	}
	if i%3 == 0 {
		c.Photo = contact.NewPhoto(photo(i))
	}
	return contact.Normalize(c)
}

func testFolders(t *testing.T, src exporter.Source, held Contents) {
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[contact.FolderPath]bool{}
	for i, f := range folders {
		if f.Default != (i == 0) || f.Default != (f.Path == "") {
			t.Errorf("folder %d (%q): the default folder must be the first, and no other", i, f.Path)
		}
		if f.ID == "" || f.Name == "" {
			t.Errorf("folder %q has no id or no name", f.Path)
		}
		if _, ok := held[f.Path]; !ok || seen[f.Path] {
			t.Errorf("folder %q is not there, or is there twice", f.Path)
		}
		if parent := parentOf(f.Path); parent != "" && !seen[parent] {
			t.Errorf("folder %q comes before its parent", f.Path)
		}
		seen[f.Path] = true
	}
	for path := range held {
		if !seen[path] {
			t.Errorf("folder %q is missing", path)
		}
	}
}

func parentOf(path contact.FolderPath) contact.FolderPath {
	var parent contact.FolderPath
	names := path.Names()
	for _, name := range names[:max(0, len(names)-1)] {
		parent = parent.Child(name)
	}
	return parent
}

func testPages(t *testing.T, src exporter.Source, held Contents) {
	ids := map[contact.ID]bool{}
	for _, folder := range foldersOf(t, src) {
		got := Contents{}
		for page, err := range src.Pages(t.Context(), folder, "") {
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Deleted) > 0 || len(page.Bad) > 0 {
				t.Errorf("folder %q: a first listing has %d deletions and %d bad contacts", folder.Path, len(page.Deleted), len(page.Bad))
			}
			for _, c := range page.Contacts {
				checkBookkeeping(t, c, folder, ids)
				if _, ok := src.(exporter.PhotoSource); ok && c.Photo != nil && len(c.Photo.Data) > 0 {
					t.Errorf("contact %q: a listing has a photo's bytes", c.ID)
				}
			}
			got[folder.Path] = append(got[folder.Path], page.Contacts...)
		}
		compare(t, folder.Path, got[folder.Path], held[folder.Path])
	}
}

func checkBookkeeping(t *testing.T, c *contact.Contact, folder contact.Folder, ids map[contact.ID]bool) {
	t.Helper()
	if c.ID == "" || ids[c.ID] {
		t.Errorf("the id %q is empty, or comes twice", c.ID)
	}
	ids[c.ID] = true
	if c.Version == "" || c.Folder != folder.Path || c.At.Number == 0 || len(c.Unread) > 0 {
		t.Errorf("contact %q: version %q, folder %q, position %v, unread %v", c.ID, c.Version, c.Folder, c.At, c.Unread)
	}
	if !contact.Equal(c, contact.Normalize(c.Clone())) {
		t.Errorf("contact %q is not normalised", c.ID)
	}
}

// compare fails unless both are the same contacts in any order.
func compare(t *testing.T, path contact.FolderPath, got, want []*contact.Contact) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("folder %q: %d contacts, want %d", path, len(got), len(want))
	}
	byName := map[string]*contact.Contact{}
	for _, c := range got {
		byName[c.Name.Display] = c
	}
	for _, w := range want {
		g := byName[w.Name.Display]
		if g == nil {
			t.Errorf("folder %q: %q is missing", path, w.Name.Display)
			continue
		}
		expected := w.Clone()
		expected.UID, expected.Key, expected.Folder = g.UID, g.Key, path
		if g.Photo != nil && w.Photo != nil && len(g.Photo.Data) == 0 { // testPhotos fetches it
			expected.Photo = g.Photo
		}
		contacttest.Equal(t, g, expected)
	}
}

func foldersOf(t *testing.T, src exporter.Source) []contact.Folder {
	t.Helper()
	folders, err := src.Folders(t.Context())
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d folders, error %v", len(folders), err)
	}
	return folders
}

// testCursors goes on behind every page of the default folder.
func testCursors(t *testing.T, src exporter.Source, held Contents) {
	folder := foldersOf(t, src)[0]
	total, seen := len(held[""]), 0
	for page, err := range src.Pages(t.Context(), folder, "") {
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Contacts)
		if page.Next == "" || seen == total {
			continue // the service cannot tell, or the next run starts there
		}
		rest := 0
		for page, err := range src.Pages(t.Context(), folder, page.Next) {
			if err != nil {
				t.Fatal(err)
			}
			rest += len(page.Contacts)
		}
		if seen+rest != total {
			t.Errorf("behind %d of %d contacts there are %d", seen, total, rest)
		}
	}
}

func testStopping(t *testing.T, src exporter.Source, _ Contents) {
	for _, folder := range foldersOf(t, src) {
		for range src.Pages(t.Context(), folder, "") {
			break
		}
	}
}

func testCancelling(t *testing.T, src exporter.Source, _ Contents) {
	folder := foldersOf(t, src)[0]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Folders(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("folders under a cancelled context: %v", err)
	}
	pages := 0
	for page, err := range src.Pages(ctx, folder, "") {
		pages++
		if page != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("pages under a cancelled context: %v, %v", page, err)
		}
	}
	if pages != 1 {
		t.Errorf("pages under a cancelled context: %d elements, want the error alone", pages)
	}
}

func testUnknownFolder(t *testing.T, src exporter.Source, _ Contents) {
	for _, id := range []contact.FolderID{"", "no such folder"} {
		var last error
		for page, err := range src.Pages(t.Context(), contact.Folder{ID: id, Path: "Nowhere", Name: "Nowhere"}, "") {
			if last = err; page != nil {
				t.Errorf("folder %q has a page", id)
			}
		}
		if last == nil {
			t.Errorf("folder %q, which is not there, is no error", id)
		}
	}
}

func testConcurrency(t *testing.T, src exporter.Source, held Contents) {
	folders := foldersOf(t, src)
	var group sync.WaitGroup
	for range 2 {
		for _, folder := range folders {
			group.Go(func() {
				n := 0
				for page, err := range src.Pages(t.Context(), folder, "") {
					if err != nil {
						t.Error(err)
						return
					}
					n += len(page.Contacts)
				}
				if n != len(held[folder.Path]) {
					t.Errorf("folder %q: %d contacts, want %d", folder.Path, n, len(held[folder.Path]))
				}
			})
		}
	}
	group.Wait()
}

func testPhotos(t *testing.T, src exporter.Source, held Contents) {
	photos, ok := src.(exporter.PhotoSource)
	if !ok {
		t.Skip("not a PhotoSource")
	}
	want := map[string]*contact.Photo{}
	for _, c := range held[""] {
		want[c.Name.Display] = c.Photo
	}
	for page, err := range src.Pages(t.Context(), foldersOf(t, src)[0], "") {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			checkPhoto(t, photos, c, want[c.Name.Display])
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := photos.Photo(ctx, "any"); !errors.Is(err, context.Canceled) {
		t.Errorf("a photo under a cancelled context: %v", err)
	}
}

// checkPhoto compares the photo of a listed contact with the one it is to have.
func checkPhoto(t *testing.T, photos exporter.PhotoSource, c *contact.Contact, want *contact.Photo) {
	t.Helper()
	got, err := photos.Photo(t.Context(), c.ID)
	switch {
	case err != nil:
		t.Error(err)
	case (got == nil) != (want == nil) || (c.Photo == nil) != (want == nil):
		t.Errorf("%q: listed with a photo %t, has one %t, want %t", c.Name.Display, c.Photo != nil, got != nil, want != nil)
	case want != nil && (got.SHA256 != want.SHA256 || len(got.Data) != len(want.Data) || got.MediaType != want.MediaType):
		t.Errorf("%q: another photo (%s, %d bytes)", c.Name.Display, got.MediaType, len(got.Data))
	}
}

func testCounts(t *testing.T, src exporter.Source, held Contents) {
	counter, ok := src.(exporter.Counter)
	if !ok {
		t.Skip("not a Counter")
	}
	for _, folder := range foldersOf(t, src) {
		n, err := counter.Count(t.Context(), folder)
		if err != nil || n != len(held[folder.Path]) {
			t.Errorf("folder %q: counted %d, %v, want %d", folder.Path, n, err, len(held[folder.Path]))
		}
	}
}
