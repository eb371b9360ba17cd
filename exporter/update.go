package exporter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/spool"
)

// maxSingly is how many contacts of a folder are read one by one. Beyond that,
// listing the folder takes fewer requests.
const maxSingly = 500

// update reads an account by what has changed since the last export: folder by
// folder, it gathers the changes in the order of their ids and merges them with what
// the state has.
type update struct {
	*reading
	state   *State
	tracker Tracker
	index   stateIndex
	since   Since
}

func (u *update) list(ctx context.Context) error {
	u.index.Scope, u.since.Again = u.state.scope, u.state.old != nil
	folders, cursor, err := u.tracker.Tree(ctx, u.state.old.tree())
	if err != nil {
		return fmt.Errorf("listing folders: %w", err)
	}
	u.index.Tree = cursor
	if folders, err = u.o.choose(folders); err != nil {
		return err
	}
	known := 0
	for i, f := range folders {
		old := u.state.old.folder(f.ID)
		known += old.Contacts
		if err := u.folder(ctx, i, f, old); err != nil {
			return fmt.Errorf("listing the contacts of a folder: %w", err)
		}
	}
	u.since.Removed += u.state.Before() - known // with their folders
	return nil
}

func (u *update) folder(ctx context.Context, number int, f contact.Folder, old stateFolder) error {
	g, err := u.gather(ctx, f, old)
	if err != nil {
		return err
	}
	defer g.spool.Close()
	for _, bad := range g.bad {
		u.batch = append(u.batch, item{err: bad})
	}
	u.index.Folders = append(u.index.Folders, stateFolder{ID: f.ID, Cursor: g.next})
	m := &merger{update: u, gathered: g, folder: f, number: number}
	return m.merge(ctx, old)
}

// gathered is what has become of a folder.
type gathered struct {
	spool   *spool.Spool
	changes []change // in the order of their ids, one of each, when complete
	refs    []contact.Ref
	bad     []*formats.RecordError
	all     bool // what is not among the changes is gone
	next    Cursor
}

// change is what has become of a contact.
type change struct {
	id   contact.ID
	what changeKind
	slot spool.Slot // if it is written
}

type changeKind byte

const (
	written changeKind = iota // new, or changed, or both or neither: the spool has it
	deleted
	same // it is there, and as it was
)

// gather asks what has changed in a folder. Where the service has forgotten the
// cursor, or what it tells would have to be read one by one, that is everything.
func (u *update) gather(ctx context.Context, f contact.Folder, old stateFolder) (*gathered, error) {
	for from := old.Cursor; ; from = "" {
		g := &gathered{spool: spool.New(filepath.Dir(u.state.path)), all: from == ""}
		err := u.track(ctx, f, from, g)
		if err == nil {
			err = u.resolve(ctx, f, old, g)
		}
		if err == nil {
			g.sort()
			return g, nil
		}
		g.spool.Close()
		if from == "" || !errors.Is(err, ErrCursorExpired) {
			return nil, err
		}
	}
}

func (u *update) track(ctx context.Context, f contact.Folder, from Cursor, g *gathered) error {
	for page, err := range u.tracker.Track(ctx, f, from) {
		if err != nil {
			return err
		}
		for _, id := range page.Deleted {
			g.changes = append(g.changes, change{id: id, what: deleted})
		}
		for _, c := range page.Contacts {
			if err := g.write(c); err != nil {
				return err
			}
		}
		g.refs = append(g.refs, page.Refs...)
		g.bad = append(g.bad, page.Bad...)
		g.next, g.all = page.Next, g.all || page.All
	}
	if len(g.bad) > 0 {
		g.next = "" // so that the next run meets them again
	}
	return nil
}

func (g *gathered) write(c *contact.Contact) error {
	slot, err := g.spool.Add(c)
	g.changes = append(g.changes, change{id: c.ID, slot: slot})
	return err
}

// resolve reads the contacts that the service only refers to, but for those that the
// state has in the same version.
func (u *update) resolve(ctx context.Context, f contact.Folder, old stateFolder, g *gathered) error {
	if len(g.refs) == 0 {
		return nil
	}
	slices.SortStableFunc(g.refs, func(a, b contact.Ref) int { return compareIDs(a.ID, b.ID) })
	unread := g.refs[:0]
	next := g.refs
	for rec, err := range u.state.old.records(old) {
		if err != nil {
			return err
		}
		for len(next) > 0 && compareIDs(next[0].ID, rec.id) < 0 {
			unread, next = append(unread, next[0]), next[1:]
		}
		for len(next) > 0 && next[0].ID == rec.id {
			if next[0].Version != "" && next[0].Version == rec.version {
				g.changes = append(g.changes, change{id: rec.id, what: same})
			} else {
				unread = append(unread, next[0])
			}
			next = next[1:]
		}
	}
	unread = append(unread, next...)
	if len(unread) > maxSingly {
		return ErrCursorExpired
	}
	read := make([]*contact.Contact, len(unread))
	var group errgroup.Group
	group.SetLimit(3)
	for i, ref := range unread {
		group.Go(func() (err error) {
			read[i], err = u.tracker.Contact(ctx, f, ref.ID)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, c := range read {
		if c == nil {
			g.changes = append(g.changes, change{id: unread[i].ID, what: deleted})
		} else if err := g.write(c); err != nil {
			return err
		}
	}
	return nil
}

// sort orders the changes by ids, and keeps the last one of each.
func (g *gathered) sort() {
	slices.SortStableFunc(g.changes, func(a, b change) int { return compareIDs(a.id, b.id) })
	kept := g.changes[:0]
	for i, ch := range g.changes {
		if i+1 == len(g.changes) || g.changes[i+1].id != ch.id {
			kept = append(kept, ch)
		}
	}
	g.changes = kept
}

// merger joins what the state has of a folder with the changes.
type merger struct {
	*update
	*gathered
	folder contact.Folder
	number int
}

func (m *merger) merge(ctx context.Context, old stateFolder) error {
	rest := m.changes
	for rec, err := range m.state.old.records(old) {
		if err != nil {
			return err
		}
		for len(rest) > 0 && compareIDs(rest[0].id, rec.id) < 0 {
			if err := m.added(ctx, rest[0]); err != nil {
				return err
			}
			rest = rest[1:]
		}
		ch := change{what: same}
		if len(rest) > 0 && rest[0].id == rec.id {
			ch, rest = rest[0], rest[1:]
		} else if m.all {
			ch.what = deleted
		}
		if err := m.known(ctx, rec, ch); err != nil {
			return err
		}
	}
	for _, ch := range rest {
		if err := m.added(ctx, ch); err != nil {
			return err
		}
	}
	return nil
}

// added takes a change of a contact that the state has not.
func (m *merger) added(ctx context.Context, ch change) error {
	if ch.what != written {
		return nil // come and gone
	}
	c, err := m.spool.Get(ch.slot)
	if err != nil {
		return err
	}
	m.since.Added++
	return m.emit(ctx, item{contact: c})
}

// known takes a change of a contact that the state has.
func (m *merger) known(ctx context.Context, rec stateRecord, ch change) error {
	if ch.what == deleted {
		m.since.Removed++
		return nil
	}
	was, err := rec.contact()
	if err != nil {
		return err
	}
	if ch.what == same {
		it := item{contact: was, raw: rec.raw}
		if rec.pending {
			it.retry()
		}
		return m.emit(ctx, it)
	}
	it := item{previous: photoOf(was)}
	if it.contact, err = m.spool.Get(ch.slot); err != nil {
		return err
	}
	switch {
	case it.contact.Version == "" || it.contact.Version != rec.version:
		m.since.Changed++
	case !rec.pending && it.contact.Photo != nil && it.previous != nil: // told once more
		it.contact.Photo = it.previous
	}
	return m.emit(ctx, it)
}

// retry makes a contact one whose photo is to be fetched.
func (it *item) retry() {
	it.previous = photoOf(it.contact)
	it.contact.Photo = &contact.Photo{}
}

// photoOf returns the photo of a contact if it has been fetched.
func photoOf(c *contact.Contact) *contact.Photo {
	if c.Photo != nil && c.Photo.Data != nil {
		return c.Photo
	}
	return nil
}

// batchSize is how many items are handed over at a time.
const batchSize = 64

func (m *merger) emit(ctx context.Context, it item) error {
	it.folder, it.contact.Folder = m.number, m.folder.Path
	if err := m.add(ctx, it); err != nil {
		return err
	}
	if len(m.batch) < batchSize {
		return nil
	}
	return m.flush(ctx)
}

// compareIDs orders ids as if the letters of base64 (RFC 4648, sections 4 and 5) were
// digits. Those of Exchange, which are numbers that count up, so come in the order in
// which it made the contacts.
func compareIDs(a, b contact.ID) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int(digits[a[i]]) - int(digits[b[i]])
		}
	}
	return len(a) - len(b)
}

var digits = func() (rank [256]uint16) {
	const order = "=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-+_/"
	for b := range rank {
		rank[b] = 256 + uint16(b)
	}
	for i := range order {
		rank[order[i]] = uint16(i)
	}
	return rank
}()
