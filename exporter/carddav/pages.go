package carddav

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/spool"
)

// pageSize is how many contacts a page has.
const pageSize = 100

// Pages implements exporter.Source. Contacts come in the order of exporter.CompareIDs; the
// last page alone has a cursor. When a group is new, has changed or is gone since the
// cursor, all contacts come: whose categories that changes is not known.
//
// The contacts are kept aside, in a temporary file when they are many, until all cards
// have been read: a group may come last. (To ask for the groups first costs some servers
// longer than all else, and others answer with an error.)
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
	l.begin()
	defer func() { l.aside.Close() }()
	found, err := l.read(ctx, from)
	if err != nil {
		return err
	}
	found.next.Groups = l.groups.names(book.Href)
	l.last.Deleted = found.deleted
	if len(l.seen) == 0 && len(found.entries) == len(found.next.Seen) { // all have been read
		s.client.SetGroups(book.Href, l.groups.all)
	}
	if l.last.Next, err = found.next.cursor(); err != nil {
		return err
	}
	return l.pages(yield)
}

// listing is one folder that is being listed.
type listing struct {
	source *Source
	folder contact.Folder
	reader reader
	number int // of contacts so far
	aside  *spool.Spool
	slots  []spool.Slot
	groups groups
	seen   []string       // addresses of groups that are read for their members alone
	last   *exporter.Page // what is not a contact
}

// begin forgets what has been read.
func (l *listing) begin() {
	if l.aside != nil {
		l.aside.Close()
	}
	l.aside, l.slots, l.number, l.seen = spool.New(""), nil, 0, nil
	l.last, l.groups = &exporter.Page{}, groups{members: map[string][]string{}}
}

// read finds out which cards are to be read, and reads them.
func (l *listing) read(ctx context.Context, from exporter.Cursor) (*changes, error) {
	s, book := l.source, l.reader.book
	var deleted []contact.ID
	if from != "" {
		p, err := parse(from)
		if err != nil {
			return nil, err
		}
		found, err := s.since(ctx, book, p)
		if err != nil {
			return nil, err
		}
		if !p.touches(book.Href, found) {
			entries := found.entries
			for _, name := range p.Groups { // a contact that has changed may be in one
				l.seen = append(l.seen, book.Href+name)
				entries = append(entries, dav.Entry{Href: book.Href + name})
			}
			if err := l.gather(ctx, entries); err != nil {
				return nil, err
			}
			if len(l.groups.all) == len(p.Groups) { // there is no new one
				return found, nil
			}
			l.begin()
		}
		deleted = found.deleted
	}
	found, err := s.everything(ctx, book)
	if err != nil {
		return nil, err
	}
	found.deleted = deleted
	return found, l.gather(ctx, found.entries)
}

// gather reads the cards, a number at a time; the next ones are read while those before
// are decoded.
func (l *listing) gather(ctx context.Context, rest []dav.Entry) error {
	ctx, cancel := context.WithCancel(ctx)
	size := l.source.sizes.first
	ahead := l.start(ctx, &rest, size)
	defer func() {
		cancel()
		<-ahead.done
	}()
	for {
		<-ahead.done
		if ahead.err != nil {
			return ahead.err
		}
		cards, last := ahead.cards, len(rest) == 0
		if size = l.source.sizes.next(cards); !last {
			ahead = l.start(ctx, &rest, size)
		}
		for i := range cards {
			if err := l.take(&cards[i]); err != nil {
				return err
			}
		}
		if last {
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

// take decodes a card and keeps the contact aside, and notes the group that it is.
func (l *listing) take(card *dav.Card) error {
	var c *contact.Contact
	var group *dav.Group
	err := card.Err
	if err == nil {
		if c, group, err = dav.Decode(card); err != nil {
			err = fmt.Errorf("%s cannot be read: %w", nameOf(card.Href), err)
		}
	}
	card.Data = nil
	if group != nil {
		l.groups.add(group)
	}
	if slices.Contains(l.seen, card.Href) || group != nil && group.IsMade(c) {
		return nil
	}
	l.number++
	at := contact.Position{File: l.source.client.Name(), Unit: "contact", Number: l.number}
	if err != nil {
		l.last.Bad = append(l.last.Bad, &formats.RecordError{At: at, Err: err})
		return nil
	}
	c.At, c.Folder = at, l.folder.Path
	slot, err := l.aside.Add(c)
	l.slots = append(l.slots, slot)
	return err
}

// pages yields the contacts with the categories that they have by their groups, and then
// what is not a contact.
func (l *listing) pages(yield func(*exporter.Page, error) bool) error {
	for len(l.slots) > 0 {
		page := l.last
		if len(l.slots) > pageSize {
			page = &exporter.Page{}
		}
		n := min(pageSize, len(l.slots))
		for _, slot := range l.slots[:n] {
			c, err := l.aside.Get(slot)
			if err != nil {
				return err
			}
			l.groups.categorise(c)
			page.Contacts = append(page.Contacts, c)
		}
		l.slots = l.slots[n:]
		if page == l.last {
			break
		}
		if !yield(page, nil) {
			return nil
		}
	}
	yield(l.last, nil)
	return nil
}
