// Package outlook reads the contacts of an account at Microsoft's services, Graph
// or Outlook REST, in any of the four dialects. It sends GET requests alone, some of them
// together in a batch.
package outlook

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
)

// Source is an account opened for reading. It implements exporter.Source,
// exporter.Tracker, Preparer, PhotoSource,
// PhotoMarker and Counter.
type Source struct {
	client *odata.Client
	size   int // of a page

	mu       sync.Mutex
	prepared map[string][]byte // the first answers of rounds, by where they begin
}

// New returns the account that the client talks to.
func New(c *odata.Client) *Source { return &Source{client: c, size: pageSize} }

var (
	_ exporter.Source      = (*Source)(nil)
	_ exporter.Tracker     = (*Source)(nil)
	_ exporter.Preparer    = (*Source)(nil)
	_ exporter.PhotoSource = (*Source)(nil)
	_ exporter.PhotoMarker = (*Source)(nil)
	_ exporter.Counter     = (*Source)(nil)
)

// Folders implements exporter.Source.
func (s *Source) Folders(ctx context.Context) ([]contact.Folder, error) {
	return s.client.Folders(ctx)
}

// Room returns an error if the mailbox has no room.
func (s *Source) Room(ctx context.Context) error { return s.client.Room(ctx) }

// Contacts implements exporter.Tracker.
func (s *Source) Contacts(ctx context.Context, ids []contact.ID) ([]*contact.Contact, error) {
	return s.client.Contacts(ctx, ids)
}

// Photo implements exporter.PhotoSource. It is asked for where there should be one, so
// where there is none the service is asked once more what it has.
func (s *Source) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	photo, err := s.client.Photo(ctx, id)
	if photo != nil || err != nil {
		return photo, err
	}
	has, err := s.client.HasPhoto(ctx, id)
	if has {
		err = errors.New("the service describes one, and does not hand it out")
	}
	return nil, err
}

// AnyPhoto implements exporter.PhotoMarker.
func (s *Source) AnyPhoto(ctx context.Context, ids []contact.ID) (bool, error) {
	return s.client.AnyPhoto(ctx, ids)
}

// Count implements exporter.Counter. The service counts contact groups as well,
// which it never lists.
func (s *Source) Count(ctx context.Context, folder contact.Folder) (int, error) {
	id := "id"
	if !s.client.Dialect().Graph() {
		id = "Id"
	}
	link, err := s.client.Link(contactsOf(folder), "$count", "true", "$top", "1", "$select", id)
	if err != nil {
		return 0, err
	}
	count := 0
	err = s.client.Read(ctx, link, func(body []byte) error {
		page, err := outlook.DecodePage(body)
		if err != nil {
			return err
		}
		if count = page.Count; count < 0 {
			return errors.New("the service does not count")
		}
		return nil
	})
	return count, err
}

// contactsOf names the contacts of a folder.
func contactsOf(folder contact.Folder) []string {
	return []string{"contactFolders", string(folder.ID), "contacts"}
}

// firstLink returns the link to the first page of a folder.
func (s *Source) firstLink(folder contact.Folder, size int) (string, error) {
	return s.client.Link(contactsOf(folder), s.client.Query("$top", strconv.Itoa(size))...)
}
