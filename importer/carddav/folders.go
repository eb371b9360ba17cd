package carddav

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
)

// folders knows the account's address books by their paths. The first to ask reads them;
// whoever creates one holds the turn while it does.
type folders struct {
	client *dav.Client
	turn   chan struct{} // holds one token while somebody is at work
	ids    map[contact.FolderPath]contact.FolderID
	paths  map[string]contact.FolderPath // by address
	books  map[string]*dav.Book          // by address, as they are asked for
}

func newFolders(c *dav.Client) *folders {
	return &folders{client: c, turn: make(chan struct{}, 1), books: map[string]*dav.Book{}}
}

func (f *folders) take(ctx context.Context) (done func(), err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case f.turn <- struct{}{}:
		return func() { <-f.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// EnsureFolder implements importer.Sink: a folder is an address book. Concurrent calls
// create it once.
func (s *Sink) EnsureFolder(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	id, err := s.folders.ensure(ctx, path.Clean())
	if err != nil {
		return "", fmt.Errorf("creating an address book: %w", judge(err))
	}
	return id, nil
}

func (f *folders) ensure(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	done, err := f.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	if f.ids == nil {
		if err := f.read(ctx); err != nil {
			return "", err
		}
	}
	if _, ok := f.ids[""]; !ok {
		if err := f.create(ctx, ""); err != nil {
			return "", err
		}
	}
	var at contact.FolderPath
	for _, name := range path.Names() {
		at = at.Child(name)
		if _, ok := f.ids[at]; !ok {
			if err := f.create(ctx, at); err != nil {
				return "", err
			}
		}
	}
	return f.ids[at], nil
}

// read learns the books that there are.
func (f *folders) read(ctx context.Context) error {
	books, err := f.client.Books(ctx)
	if err != nil {
		return err
	}
	tree, err := f.client.Folders(ctx)
	if err != nil {
		return err
	}
	f.ids, f.paths = map[contact.FolderPath]contact.FolderID{}, map[string]contact.FolderPath{}
	for _, folder := range tree {
		f.paths[string(folder.ID)] = folder.Path
		if !(folder.Default && books[0].Missing) {
			f.ids[folder.Path] = folder.ID
		}
	}
	return nil
}

func (f *folders) create(ctx context.Context, path contact.FolderPath) error {
	book, err := f.client.MakeBook(ctx, path)
	if err != nil {
		return err
	}
	f.ids[path], f.paths[book.Href], f.books[book.Href] = contact.FolderID(book.Href), path, book
	return nil
}

// book returns the address book of a folder, with its path.
func (f *folders) book(ctx context.Context, id contact.FolderID) (*dav.Book, contact.FolderPath, error) {
	done, err := f.take(ctx)
	if err != nil {
		return nil, "", err
	}
	defer done()
	if f.ids == nil {
		if err := f.read(ctx); err != nil {
			return nil, "", err
		}
	}
	href := string(id)
	if f.books[href] == nil {
		book, err := f.client.Book(ctx, href)
		if err != nil {
			return nil, "", err
		}
		f.books[href] = book
	}
	return f.books[href], f.paths[href], nil
}

// pathOf returns the path of a book that has been asked for.
func (f *folders) pathOf(href string) contact.FolderPath {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	return f.paths[href]
}

// ReadOnly implements importer.Guarded.
func (s *Sink) ReadOnly(ctx context.Context, path contact.FolderPath) (bool, error) {
	books, err := s.client.Books(ctx)
	if err != nil {
		return false, fmt.Errorf("listing the address books: %w", judge(err))
	}
	if path == "" {
		return !slices.ContainsFunc(books, func(b dav.Book) bool { return !b.ReadOnly }), nil
	}
	tree, err := s.client.Folders(ctx)
	if err != nil {
		return false, fmt.Errorf("listing the address books: %w", judge(err))
	}
	for _, folder := range tree {
		if folder.Path == path.Clean() {
			return slices.ContainsFunc(books, func(b dav.Book) bool { return b.Href == string(folder.ID) && b.ReadOnly }), nil
		}
	}
	return false, nil
}

// Folders implements importer.FolderRemover.
func (s *Sink) Folders(ctx context.Context) ([]contact.Folder, error) {
	return s.client.Folders(ctx)
}

// RemoveFolder implements importer.FolderRemover. No server promises to remove a book
// only if it is empty: it is looked into right before.
func (s *Sink) RemoveFolder(ctx context.Context, id contact.FolderID) error {
	f := s.folders
	done, err := f.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	tree, err := s.client.Folders(ctx)
	if err != nil {
		return fmt.Errorf("removing an address book: %w", judge(err))
	}
	var path contact.FolderPath
	there := false
	for _, folder := range tree {
		if folder.ID == id {
			path, there = folder.Path, true
		}
	}
	if !there {
		return nil
	}
	for _, folder := range tree {
		if path == "" || strings.HasPrefix(string(folder.Path), string(path)+"/") {
			return fmt.Errorf("removing an address book: %w: it is the default one, or holds others", importer.ErrRejected)
		}
	}
	entries, err := s.client.List(ctx, string(id))
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%w: it is not empty", importer.ErrRejected)
	}
	if err == nil {
		err = s.client.Delete(ctx, string(id), "")
	}
	if err != nil && !dav.NotFound(err) {
		return fmt.Errorf("removing an address book: %w", judge(err))
	}
	f.ids = nil
	delete(f.books, string(id))
	return nil
}
