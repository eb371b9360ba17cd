// Package carddav writes contacts into a CardDAV account (RFC 6352), any server's.
//
// What is created has an address that follows from its key, so that it is created once
// however often it is sent. What is changed is read first, changed where the patch says,
// and stored only in place of what was read; all else in the card stays. What was
// written is read back: servers rewrite cards, and what they do not keep is hidden in
// the card, or named.
package carddav

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
)

// Sink is an account opened for writing. It implements importer.Sink, and with it
// Guarded, UIDSink, CaseSink, Projector, PhotoEmbedder, PhotoRemover, PhotoReader, KeyFinder, Resumer, Deleter and
// FolderRemover.
type Sink struct {
	client  *dav.Client
	folders *folders
	groups  *groups
	guard   guard
	// only3: the service takes vCard 4.0, and shows less of it to those who do not ask for
	// that version.
	only3 atomic.Bool
	// doubtful are creates of which nobody knows whether they were carried out: their
	// *writing, by address.
	doubtful sync.Map
}

// New returns the account that the client talks to.
func New(c *dav.Client) *Sink {
	return &Sink{client: c, folders: newFolders(c), groups: &groups{client: c, turn: make(chan struct{}, 1), queues: map[string]*queue{}}}
}

var (
	_ importer.Sink          = (*Sink)(nil)
	_ importer.Guarded       = (*Sink)(nil)
	_ importer.UIDSink       = (*Sink)(nil)
	_ importer.CaseSink      = (*Sink)(nil)
	_ importer.Projector     = (*Sink)(nil)
	_ importer.PhotoEmbedder = (*Sink)(nil)
	_ importer.PhotoRemover  = (*Sink)(nil)
	_ importer.PhotoReader   = (*Sink)(nil)
	_ importer.KeyFinder     = (*Sink)(nil)
	_ importer.Resumer       = (*Sink)(nil)
	_ importer.Deleter       = (*Sink)(nil)
	_ importer.FolderRemover = (*Sink)(nil)
)

// Create implements importer.Sink. The photo is stored along with the contact, as small
// as the account wants it.
func (s *Sink) Create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (importer.Stored, error) {
	book, path, err := s.folders.book(ctx, folder)
	if err != nil {
		return importer.Stored{}, fmt.Errorf("creating a contact: %w", judge(err))
	}
	w := &writing{sink: s, book: book, href: dav.CardHref(book.Href, c.Key), want: prepared(c)}
	in, err := s.groups.split(ctx, book, w.want, nil)
	if err != nil {
		return importer.Stored{}, fmt.Errorf("creating a contact: %w", judge(err))
	}
	stored, adopted, err := s.groups.adopt(ctx, w)
	if err == nil && !adopted {
		stored, err = w.create(ctx)
	}
	if dav.Ambiguous(err) {
		s.doubtful.Store(w.href, w)
	}
	if err == nil {
		err = s.groups.join(ctx, book, &stored, in)
	}
	if err != nil {
		return importer.Stored{}, fmt.Errorf("creating a contact: %w", judge(err))
	}
	stored.Contact.Folder = path
	return stored, nil
}

// Resume implements importer.Resumer.
func (s *Sink) Resume(ctx context.Context, ref contact.Ref, want *contact.Contact) (*contact.Contact, error) {
	card, now, book, err := s.read(ctx, ref.ID)
	if err != nil {
		return nil, fmt.Errorf("completing a contact: %w", judge(err))
	}
	w := &writing{sink: s, book: book, href: string(ref.ID), want: prepared(want)}
	in, err := s.groups.split(ctx, book, w.want, now)
	if err != nil {
		return nil, fmt.Errorf("completing a contact: %w", judge(err))
	}
	stored, err := w.complete(ctx, card, now)
	if err == nil {
		err = s.groups.join(ctx, book, &stored, in)
	}
	if err != nil {
		return nil, fmt.Errorf("completing a contact: %w", judge(err))
	}
	stored.Contact.Folder = s.folders.pathOf(book.Href)
	return stored.Contact, nil
}

// prepared returns the contact as it is to be stored: its folder is the book, and its
// UID follows from its key where it has none.
func prepared(c *contact.Contact) *contact.Contact {
	p := c.Clone()
	p.ID, p.Version, p.Folder = "", "", ""
	if p.UID == "" {
		p.UID = dav.UIDOf(cmpKey(p))
	}
	return p
}

// cmpKey returns the key that names are made of.
func cmpKey(c *contact.Contact) string {
	if c.Key != "" {
		return c.Key
	}
	return c.DerivedKey()
}

// CaseSensitive implements importer.CaseSink: a folder is known by its book's name.
func (s *Sink) CaseSensitive() {}

// UniqueUIDs implements importer.UIDSink. Few servers see to it themselves.
func (s *Sink) UniqueUIDs() {}

// attempts is how often a change is begun anew because somebody else changed the same
// contact meanwhile.
const attempts = 4

// Update implements importer.Sink. Where somebody has changed the contact since the
// change was planned, the plan is made again for what is there now: a value that the
// other has set stands, lists are united, and what does not come about is named.
func (s *Sink) Update(ctx context.Context, ref contact.Ref, change contact.Patch) (importer.Stored, error) {
	stored, err := s.change(ctx, ref.ID, func(now *contact.Contact) (*contact.Contact, []contact.Loss) {
		return rebased(now, change)
	})
	if err != nil {
		return importer.Stored{}, fmt.Errorf("updating a contact: %w", judge(err))
	}
	return stored, nil
}

// rebased applies a patch to what is there now.
func rebased(now *contact.Contact, change contact.Patch) (*contact.Contact, []contact.Loss) {
	next := now.Clone()
	var losses []contact.Loss
	for _, f := range change.Fields {
		switch {
		case f == contact.FieldUID:
			if now.UID == "" { // a card has one, and keeps it
				next.UID = change.New.UID
			}
		case !differs(now, change.New, f):
		case !differs(now, change.Old, f):
			next.Set(f, change.New.Clone())
		default: // somebody else was here
			only := &contact.Contact{}
			only.Set(f, change.New)
			next = contact.Merge(next, only, contact.Fill)
			if differs(next, change.New, f) {
				losses = append(losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "it was changed on the server meanwhile: that value stands"})
			}
		}
	}
	return next, losses
}

func differs(a, b *contact.Contact, f contact.Field) bool {
	return slices.Contains(contact.Diff(a, b), f)
}

var errGone = errors.New("no such contact")

// errUnread: rewriting a card would lose what of it cannot be read.
var errUnread = errors.New("the stored card has parts that cannot be read, and that rewriting it would lose")

// change reads a contact, makes it what edit says, and stores it in place of what was
// read.
func (s *Sink) change(ctx context.Context, id contact.ID, edit func(now *contact.Contact) (*contact.Contact, []contact.Loss)) (importer.Stored, error) {
	var last error
	for range attempts {
		card, alone, book, err := s.read(ctx, id)
		if err != nil {
			return importer.Stored{}, err
		}
		now := alone.Clone()
		if err := s.groups.categorise(ctx, book, now); err != nil {
			return importer.Stored{}, err
		}
		next, losses := edit(now)
		in, err := s.groups.split(ctx, book, next, alone)
		if err != nil {
			return importer.Stored{}, err
		}
		stored := importer.Stored{Contact: alone}
		if addsUID := now.UID != next.UID; addsUID || !contact.Equal(alone, next) {
			if len(now.Unread) > 0 {
				return importer.Stored{}, fmt.Errorf("%w: %w", importer.ErrRejected, errUnread)
			}
			w := &writing{sink: s, book: book, href: string(id), want: next, v4: isV4(card.Data), addsUID: addsUID}
			stored, err = w.replace(ctx, card.ETag)
		}
		if err == nil {
			err = s.groups.join(ctx, book, &stored, in)
		}
		if err == nil {
			stored.Losses = append(stored.Losses, losses...)
			stored.Contact.Folder = s.folders.pathOf(book.Href)
			return stored, nil
		}
		if !dav.Changed(err) {
			return importer.Stored{}, err
		}
		last = err
	}
	return importer.Stored{}, fmt.Errorf("it changes faster than it can be written: %w", last)
}

// read reads the card of an id.
func (s *Sink) read(ctx context.Context, id contact.ID) (*dav.Card, *contact.Contact, *dav.Book, error) {
	slash := strings.LastIndexByte(string(id), '/')
	if slash <= 0 {
		if ctx.Err() != nil {
			return nil, nil, nil, context.Cause(ctx)
		}
		return nil, nil, nil, fmt.Errorf("%w: %w", importer.ErrRejected, errGone)
	}
	book, _, err := s.folders.book(ctx, contact.FolderID(id[:slash+1]))
	if err != nil {
		return nil, nil, nil, err
	}
	card, err := readCard(ctx, s.client, book, string(id))
	if err != nil {
		return nil, nil, nil, err
	}
	c, _, err := dav.Decode(card)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%w: the card cannot be read: %w", importer.ErrRejected, err)
	}
	return card, c, book, nil
}

// readCard reads a card as listings have it. Servers that cannot multiget are asked for
// the resource.
func readCard(ctx context.Context, client *dav.Client, book *dav.Book, href string) (*dav.Card, error) {
	cards, err := client.Multiget(ctx, book, []dav.Entry{{Href: href}})
	if err == nil && cards[0].Err == nil && cards[0].ETag != "" {
		return &cards[0], nil
	}
	if ctx.Err() != nil {
		return nil, err
	}
	return client.Get(ctx, href, false)
}

// FindKey implements importer.KeyFinder: the address of what was created under a key is
// known.
func (s *Sink) FindKey(ctx context.Context, key string) ([]*contact.Contact, error) {
	tree, err := s.client.Folders(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking a key up: %w", judge(err))
	}
	var found []*contact.Contact
	for _, folder := range tree {
		href := dav.CardHref(string(folder.ID), key)
		card, c, book, err := s.read(ctx, contact.ID(href))
		if w, ok := s.doubtful.LoadAndDelete(href); ok && err == nil && c.Key == key {
			var stored importer.Stored
			if stored, err = w.(*writing).complete(ctx, card, c); err == nil {
				c = stored.Contact
			}
		}
		if err == nil {
			err = s.groups.categorise(ctx, book, c)
		}
		switch {
		case dav.NotFound(err):
		case err != nil && errors.Is(err, importer.ErrRejected):
		case err != nil:
			return nil, fmt.Errorf("looking a key up: %w", judge(err))
		case c.Key == key:
			c.Folder = folder.Path
			found = append(found, c)
		}
	}
	return found, nil
}

// Delete implements importer.Deleter. A contact that was changed since is refused.
func (s *Sink) Delete(ctx context.Context, ref contact.Ref) error {
	if !strings.Contains(string(ref.ID), "/") || strings.HasSuffix(string(ref.ID), "/") {
		return fmt.Errorf("deleting a contact: %w: %w", importer.ErrRejected, errGone)
	}
	uid, err := s.memberUID(ctx, ref.ID)
	if err == nil {
		err = s.client.Delete(ctx, string(ref.ID), ref.Version)
	}
	if err == nil {
		err = s.groups.forget(ctx, bookOf(ref.ID), string(ref.ID), uid)
	}
	if err != nil {
		return fmt.Errorf("deleting a contact: %w", judge(err))
	}
	return nil
}

// bookOf returns the address of the book that an id is in.
func bookOf(id contact.ID) string { return string(id[:strings.LastIndexByte(string(id), '/')+1]) }

// memberUID returns the UID of a contact whose book has groups, which it may be a member
// of; "" where there is none.
func (s *Sink) memberUID(ctx context.Context, id contact.ID) (string, error) {
	if known, _ := s.client.Groups(bookOf(id)); len(known) == 0 {
		return "", nil
	}
	_, c, _, err := s.read(ctx, id)
	if dav.NotFound(err) || errors.Is(err, importer.ErrRejected) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return c.UID, nil
}

// judge says which of the errors of a Sink a failed request is.
func judge(err error) error {
	switch {
	case errors.Is(err, importer.ErrRejected):
		return err
	case errors.Is(err, dav.ErrOneBook):
		return fmt.Errorf("%w: %w", importer.ErrRejected, err)
	case dav.Ambiguous(err):
		return fmt.Errorf("%w: %w", importer.ErrAmbiguous, err)
	case dav.Rejected(err):
		return fmt.Errorf("%w: %w", importer.ErrRejected, err)
	case dav.Temporary(err):
		return fmt.Errorf("%w: %w", importer.ErrTemporary, err)
	}
	return err
}
