package outlook

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
)

// Sizes of a page. Larger ones gain little, and make the service give up.
const (
	pageSize     = 500
	smallestPage = 10
)

// restarts is how often a listing that the service has forgotten on the way is
// begun again.
const restarts = 3

// Pages implements exporter.Source. The service numbers the rows of a listing, so
// contacts that come or go meanwhile shift it; a contact that is listed twice is
// yielded once. A listing that the service gives up on is begun again with smaller
// pages.
func (s *Source) Pages(ctx context.Context, folder contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		l := s.newListing(folder)
		err := l.persist(s.size, from == "", func(size int) error { return l.plain(ctx, from, size, yield) })
		if from != "" && odata.Gone(err) {
			err = exporter.ErrCursorExpired
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// listing is one folder that is being listed.
type listing struct {
	source *Source
	folder contact.Folder
	number int // of contacts so far
	// listed holds hashes of the ids so far, 16 bytes each, so that two contacts
	// are not taken for one, and of their versions.
	listed map[[2]uint64]uint64
	seed   [2]maphash.Seed
}

func (s *Source) newListing(folder contact.Folder) *listing {
	return &listing{source: s, folder: folder, seed: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, listed: map[[2]uint64]uint64{}}
}

// persist lists again what the service gave up on: with smaller pages where it is
// overloaded, and, where a listing can begin anew, from its start where the service
// has forgotten how far it was, or leads in circles.
func (l *listing) persist(size int, anew bool, list func(size int) error) error {
	for left := restarts; ; {
		err := list(size)
		switch {
		case odata.Overloaded(err) && size > smallestPage:
			size = max(size/2, smallestPage)
		case (odata.Gone(err) || errors.Is(err, odata.ErrCircle)) && anew && left > 0:
			left--
		default:
			return err
		}
	}
}

// plain lists from a cursor on. Nil means that the listing is complete, or was
// stopped.
func (l *listing) plain(ctx context.Context, from exporter.Cursor, size int, yield func(*exporter.Page, error) bool) error {
	client := l.source.client
	link, err := l.source.firstLink(l.folder, size)
	if from != "" {
		link, err = client.Relative(string(from))
	}
	if err != nil {
		return err
	}
	var failed error
	err = odata.Walk(ctx, client, odata.Listing{Link: link}, odata.DecodePage, func(answer *outlook.Page, next string) bool {
		var page *exporter.Page
		if page, failed = l.page(ctx, answer, false); failed != nil {
			return false
		}
		page.Next = exporter.Cursor(next)
		return yield(page, nil)
	})
	return errors.Join(err, failed)
}

// page makes a page of an answer: contacts that have been listed before are left
// out (with again only those of the same version), and those that the answer shows
// in part are read whole.
func (l *listing) page(ctx context.Context, answer *outlook.Page, again bool) (*exporter.Page, error) {
	page := &exporter.Page{Contacts: answer.Contacts[:0]}
	for _, bad := range answer.Bad {
		l.number++
		page.Bad = append(page.Bad, &formats.RecordError{At: l.position(), Err: bad.Err})
	}
	if err := l.complete(ctx, answer); err != nil {
		return nil, err
	}
	for _, c := range answer.Contacts {
		if c.ID != "" && !l.isNew(c, again) {
			continue
		}
		l.number++
		c.Folder, c.At = l.folder.Path, l.position()
		page.Contacts = append(page.Contacts, c)
	}
	return page, nil
}

// complete reads those contacts singly that a listing has cut short. One that is gone
// meanwhile stays as it was listed.
func (l *listing) complete(ctx context.Context, answer *outlook.Page) error {
	if len(answer.Cut) == 0 {
		return nil
	}
	ids := make([]contact.ID, len(answer.Cut))
	for n, i := range answer.Cut {
		ids[n] = answer.Contacts[i].ID
	}
	read, err := l.source.client.Contacts(ctx, ids)
	if err != nil {
		return err
	}
	for n, i := range answer.Cut {
		if c := answer.Contacts[i]; read[n] == nil {
			c.Unread = append(c.Unread, contact.Loss{Field: "notes", Kind: contact.Truncated, Reason: "gone before it could be read whole"})
		} else {
			answer.Contacts[i] = read[n]
		}
	}
	return nil
}

func (l *listing) position() contact.Position {
	return contact.Position{File: l.source.client.Name(), Unit: "contact", Number: l.number}
}

// isNew reports whether a contact has not been listed yet, or with again not in this
// version, and notes that it has.
func (l *listing) isNew(c *contact.Contact, again bool) bool {
	id, version := l.sum(c.ID), maphash.String(l.seed[0], c.Version)
	if last, ok := l.listed[id]; ok && (!again || last == version) {
		return false
	}
	l.listed[id] = version
	return true
}

func (l *listing) sum(id contact.ID) [2]uint64 {
	return [2]uint64{maphash.String(l.seed[0], string(id)), maphash.String(l.seed[1], string(id))}
}
