package carddav

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/spool"
)

// Pages implements exporter.Source. A page is the answer to one multiget; the next one
// is read meanwhile. Contacts come in the order of their addresses. Only the last page
// has a cursor. When a group has changed since the cursor, all contacts come: whose
// categories it changes is not known.
//
// On a server that cannot tell which cards are groups the contacts are kept aside, in a
// temporary file when they are many, until all cards have been read.
func (s *Source) Pages(ctx context.Context, folder contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		if err := s.list(ctx, folder, from, yield); err != nil {
			yield(nil, err)
		}
	}
}

// list yields the pages. An error has not been yielded; nil means that the listing is
// complete, or was stopped.
func (s *Source) list(ctx context.Context, folder contact.Folder, from exporter.Cursor, yield func(*exporter.Page, error) bool) error {
	book, err := s.book(ctx, folder)
	if err != nil {
		return err
	}
	if book.Missing {
		yield(&exporter.Page{}, nil)
		return nil
	}
	l := &listing{source: s, folder: folder, reader: reader{client: s.client, book: book}}
	if err := l.find(ctx, from); err != nil {
		return err
	}
	if l.late {
		return l.keptAside(ctx, yield)
	}
	return l.pages(ctx, func(page *exporter.Page) bool { return yield(page, nil) })
}

// listing is one folder that is being listed.
type listing struct {
	source *Source
	folder contact.Folder
	reader reader
	found  *changes
	groups *groups
	late   bool // the groups are known when all cards have been read
	number int  // of contacts so far
}

// find finds out what is to be listed, and the groups.
func (l *listing) find(ctx context.Context, from exporter.Cursor) error {
	s, book := l.source, l.reader.book
	var err error
	if from == "" {
		l.found, err = s.everything(ctx, book)
	} else {
		var p *position
		if p, err = parse(from); err != nil {
			return err
		}
		l.found, err = s.since(ctx, book, p)
		if err == nil && p.touches(book.Href, l.found) {
			deleted := l.found.deleted
			l.found, err = s.everything(ctx, book)
			if err == nil {
				l.found.deleted = slices.DeleteFunc(deleted, func(id contact.ID) bool { return slices.Contains(p.Groups, nameIn(book.Href, string(id))) })
			}
		}
	}
	if err != nil {
		return err
	}
	var known bool
	l.groups, known, err = s.groupsOf(ctx, &l.reader, len(l.found.next.Seen))
	l.late = !known
	return err
}

// pages reads the cards, page by page; take returns false to stop.
func (l *listing) pages(ctx context.Context, take func(*exporter.Page) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	rest, size := l.found.entries, l.source.sizes.first
	ahead := l.start(ctx, &rest, size)
	defer func() {
		cancel()
		<-ahead.done
	}()
	deleted := l.found.deleted
	for {
		<-ahead.done
		if ahead.err != nil {
			return ahead.err
		}
		cards, last := ahead.cards, len(rest) == 0
		if size = l.source.sizes.next(cards); !last {
			ahead = l.start(ctx, &rest, size)
		}
		page := l.page(cards)
		page.Deleted, deleted = deleted, nil
		if last {
			l.found.next.Groups = l.groups.names
			var err error
			if page.Next, err = l.found.next.cursor(); err != nil {
				return err
			}
		}
		if !take(page) || last {
			return nil
		}
	}
}

// chunk is a number of cards on their way. What it holds is valid when done is closed.
type chunk struct {
	cards []dav.Card
	err   error
	done  chan struct{}
}

// start begins to read the next cards.
func (l *listing) start(ctx context.Context, rest *[]dav.Entry, size int) *chunk {
	n := min(size, len(*rest))
	entries := (*rest)[:n]
	*rest = (*rest)[n:]
	c := &chunk{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		if len(entries) > 0 {
			c.cards, c.err = l.reader.read(ctx, entries)
		}
	}()
	return c
}

// page makes a page of cards. Groups are left out.
func (l *listing) page(cards []dav.Card) *exporter.Page {
	page := &exporter.Page{Contacts: make([]*contact.Contact, 0, len(cards))}
	for i := range cards {
		card := &cards[i]
		var c *contact.Contact
		var group *dav.Group
		err := card.Err
		if err == nil {
			if c, group, err = dav.Decode(card); err != nil {
				err = fmt.Errorf("%s cannot be read: %w", nameOf(card.Href), err)
			}
		}
		card.Data = nil
		if name := nameIn(l.reader.book.Href, card.Href); group != nil {
			if err = l.meet(name, group); err == nil {
				continue
			}
		}
		l.number++
		at := contact.Position{File: l.source.client.Name(), Unit: "contact", Number: l.number}
		if err != nil {
			page.Bad = append(page.Bad, &formats.RecordError{At: at, Err: err})
			continue
		}
		c.At, c.Folder = at, l.folder.Path
		if !l.late {
			l.groups.categorise(c)
		}
		page.Contacts = append(page.Contacts, c)
	}
	return page
}

// meet takes a group that the listing comes to. One that the server did not name when it
// was asked for them comes too late for the contacts before it.
func (l *listing) meet(name string, group *dav.Group) error {
	switch {
	case slices.Contains(l.groups.names, name):
		return nil
	case l.late:
		l.groups.add(name, group)
		return nil
	}
	return fmt.Errorf("%s is a group that the service did not name when asked for them: its %d memberships are not shown as a category", nameOf(name), len(group.Members))
}

// keptAside lists a book whose groups are known only at its end.
func (l *listing) keptAside(ctx context.Context, yield func(*exporter.Page, error) bool) error {
	aside := spool.New("")
	defer aside.Close()
	var slots []spool.Slot
	var final exporter.Page
	var failed error
	err := l.pages(ctx, func(page *exporter.Page) bool {
		for _, c := range page.Contacts {
			slot, err := aside.Add(c)
			if err != nil {
				failed = err
				return false
			}
			slots = append(slots, slot)
		}
		final.Bad = append(final.Bad, page.Bad...)
		final.Deleted = append(final.Deleted, page.Deleted...)
		final.Next = page.Next
		return true
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	const size = 100
	for part := range slices.Chunk(slots, size) {
		page := &exporter.Page{}
		for _, slot := range part {
			c, err := aside.Get(slot)
			if err != nil {
				return err
			}
			l.groups.categorise(c)
			page.Contacts = append(page.Contacts, c)
		}
		if !yield(page, nil) {
			return nil
		}
	}
	yield(&final, nil)
	return nil
}
