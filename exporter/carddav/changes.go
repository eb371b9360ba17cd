package carddav

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/internal/dav"
)

// changes is what of a book the holder of a cursor has not seen.
type changes struct {
	entries []dav.Entry // new or changed, in the order of exporter.CompareIDs
	deleted []contact.ID
	next    *position // of who has seen it all
}

// everything lists a book. Where the server has tokens the listing comes with one: a
// token that is asked for before or after it would miss, or repeat, what happens between.
func (s *Source) everything(ctx context.Context, book *dav.Book) (*changes, error) {
	if book.Sync {
		ch, err := s.rounds(ctx, book, "")
		switch {
		case err == nil && ch != nil && len(ch.changed) > 0:
			return ch.asListing(book), nil
		case err != nil && !answered(err):
			return nil, err
		}
	}
	listed, err := s.client.List(ctx, book.Href)
	if err != nil {
		return nil, err
	}
	ch := newRound()
	for _, e := range listed {
		ch.changed[e.Href] = e
	}
	return ch.asListing(book), nil
}

// since finds what has changed since a position: by its token where the answer can be
// believed, else by comparison with the whole listing.
func (s *Source) since(ctx context.Context, book *dav.Book, p *position) (*changes, error) {
	if book.Sync && p.Token != "" {
		ch, err := s.rounds(ctx, book, p.Token)
		switch {
		case err == nil && ch != nil && !ch.restarted(book.Href, p):
			return ch.since(book, p), nil
		case err != nil && !answered(err):
			return nil, err
		}
	}
	all, err := s.everything(ctx, book)
	if err != nil {
		return nil, err
	}
	for name := range p.Seen {
		if _, there := all.next.Seen[name]; !there {
			all.deleted = append(all.deleted, contact.ID(book.Href+name))
		}
	}
	slices.Sort(all.deleted)
	all.entries = slices.DeleteFunc(all.entries, func(e dav.Entry) bool { return p.has(book.Href, e) })
	return all, nil
}

// round is what a server says has changed, by address.
type round struct {
	changed map[string]dav.Entry
	deleted map[string]bool
	token   string
}

func newRound() *round { return &round{changed: map[string]dav.Entry{}, deleted: map[string]bool{}} }

// maxRounds bounds how often a server may say that there is more.
const maxRounds = 100_000

// rounds asks what has changed since a token, as often as the server says that there is
// more. It returns nil where that does not come to an end.
func (s *Source) rounds(ctx context.Context, book *dav.Book, token string) (*round, error) {
	r := newRound()
	r.token = token
	for range maxRounds {
		ch, err := s.client.Sync(ctx, book.Href, r.token)
		if err != nil {
			return nil, err
		}
		for _, href := range ch.Deleted {
			delete(r.changed, href)
			r.deleted[href] = true
		}
		for _, e := range ch.Changed {
			delete(r.deleted, e.Href)
			r.changed[e.Href] = e
		}
		before := r.token
		if r.token = ch.Token; !ch.More {
			return r, nil
		}
		if ch.Token == "" || ch.Token == before {
			break
		}
	}
	return nil, nil
}

// restarted reports whether an answer may be that of a server which has forgotten the
// token and does not say so, but lists everything (DAViCal, SOGo): nothing in it would
// tell of deletions. It names cards that have not changed, or most of the book.
func (r *round) restarted(book string, p *position) bool {
	if len(r.changed) > 4 && 2*len(r.changed) > len(p.Seen) {
		return true
	}
	for _, e := range r.changed {
		if p.has(book, e) {
			return true
		}
	}
	return false
}

// entries returns what has changed, in the order in which an incremental export writes it.
func (r *round) entries() []dav.Entry {
	return slices.SortedFunc(maps.Values(r.changed), func(a, b dav.Entry) int { return exporter.CompareIDs(contact.ID(a.Href), contact.ID(b.Href)) })
}

// asListing returns the changes of who has seen nothing.
func (r *round) asListing(book *dav.Book) *changes {
	ch := &changes{entries: r.entries(), next: newPosition()}
	ch.next.Token = r.token
	ch.next.see(book.Href, ch.entries)
	return ch
}

// since returns the changes of who has been at the position.
func (r *round) since(book *dav.Book, p *position) *changes {
	ch := &changes{entries: r.entries(), next: newPosition()}
	ch.next.Token = r.token
	maps.Copy(ch.next.Seen, p.Seen)
	ch.next.see(book.Href, ch.entries)
	for href := range r.deleted {
		name := nameIn(book.Href, href)
		if _, seen := p.Seen[name]; seen {
			ch.deleted = append(ch.deleted, contact.ID(href))
			delete(ch.next.Seen, name)
		}
	}
	slices.Sort(ch.deleted)
	return ch
}

// answered reports whether an error is an answer that says no: another way to ask may be
// understood.
func answered(err error) bool {
	e, ok := errors.AsType[*dav.Error](err)
	return ok && e.Status != 0 && !errors.Is(err, dav.ErrSignIn) && !errors.Is(err, context.Canceled) && e.Status != 429 && e.Status != 503
}
