// Package carddav reads the contacts of a CardDAV account (RFC 6352), any server's. It
// sends PROPFIND, REPORT and GET requests alone.
package carddav

import (
	"context"
	"errors"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/internal/dav"
)

// Source is an account opened for reading. It implements exporter.Source and
// exporter.Counter. Photos are within the contacts of its pages.
//
// A card that stands for a group is a contact as any other, so that nothing in it is lost;
// and its name is a category of its members. Only groups that cardferry has made for
// categories, and that say nothing else, are none.
type Source struct {
	client *dav.Client
	sizes  sizes
}

// New returns the account that the client talks to.
func New(c *dav.Client) *Source { return &Source{client: c, sizes: usualSizes} }

var (
	_ exporter.Source  = (*Source)(nil)
	_ exporter.Counter = (*Source)(nil)
)

// Folders implements exporter.Source: a folder is an address book.
func (s *Source) Folders(ctx context.Context) ([]contact.Folder, error) {
	return s.client.Folders(ctx)
}

// Count implements exporter.Counter. It counts groups that were made for categories too.
func (s *Source) Count(ctx context.Context, folder contact.Folder) (int, error) {
	book, err := s.book(ctx, folder)
	if err != nil || book.Missing {
		return 0, err
	}
	entries, err := s.client.List(ctx, book.Href)
	return len(entries), err
}

// book asks for a folder's address book.
func (s *Source) book(ctx context.Context, folder contact.Folder) (*dav.Book, error) {
	book, err := s.client.Book(ctx, string(folder.ID))
	if err == nil || !dav.NotFound(err) {
		return book, err
	}
	books, listErr := s.client.Books(ctx)
	if listErr != nil {
		return nil, errors.Join(err, listErr)
	}
	if books[0].Missing && books[0].Href == string(folder.ID) {
		return &books[0], nil
	}
	return nil, err
}
