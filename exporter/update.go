package exporter

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/spool"
)

// maxSingly is how many contacts of a folder are read singly. Beyond that, listing the
// folder takes fewer requests.
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
	u.marks.off = u.since.Again
	folders, cursor, err := u.tracker.Tree(ctx, u.state.old.tree())
	if err != nil {
		return fmt.Errorf("listing folders: %w", err)
	}
	u.index.Tree = cursor
	if folders, err = u.o.choose(folders); err != nil {
		return err
	}
	known := 0
	for i := 0; i < len(folders); {
		some := folders[i : i+u.joint(folders[i:])]
		if err := u.several(ctx, i, some); err != nil {
			return fmt.Errorf("listing the contacts of a folder: %w", err)
		}
		for _, f := range some {
			known += u.state.old.folder(f.ID).Contacts
		}
		i += len(some)
	}
	u.since.Removed += u.state.Before() - known // with their folders
	return nil
}

// mostJoint is how many folders are asked about at a time.
const mostJoint = 20

// joint returns of how many of the first folders the changes are asked for at a time:
// several of those that have been listed before, as there is little to tell of them.
func (u *update) joint(folders []contact.Folder) int {
	for n, f := range folders[:min(len(folders), mostJoint)] {
		if u.state.old.folder(f.ID).Cursor == "" {
			return max(n, 1)
		}
	}
	return min(len(folders), mostJoint)
}

// several takes some folders, of which the first has that number.
func (u *update) several(ctx context.Context, number int, folders []contact.Folder) error {
	all, err := u.gather(ctx, folders)
	defer func() {
		for _, g := range all {
			g.spool.Close()
		}
	}()
	if err != nil {
		return err
	}
	for i, f := range folders {
		g := all[i]
		for _, bad := range g.bad {
			u.batch = append(u.batch, item{err: bad})
		}
		if g.incomplete() {
			g.next = u.state.old.folder(f.ID).Cursor // so that the next run is told of them again
		}
		u.index.Folders = append(u.index.Folders, stateFolder{ID: f.ID, Cursor: g.next})
		m := &merger{update: u, gathered: g, folder: f, number: number + i}
		if err := m.merge(ctx, u.state.old.folder(f.ID)); err != nil {
			return err
		}
	}
	return nil
}

// gathered is what has become of a folder.
type gathered struct {
	spool   *spool.Spool
	changes []change // in the order of their ids, one of each
	bad     []*formats.RecordError
	all     bool // what is not among the changes is gone
	next    Cursor
}

// change is what has become of a contact.
type change struct {
	id      contact.ID
	what    changeKind
	slot    spool.Slot // if it is written
	version string     // if it is referred to; "" where the service does not say it
}

type changeKind byte

const (
	written changeKind = iota // new, or changed, or both or neither: the spool has it
	deleted
	referred // there is one, which the service has not told
	missing  // the service refers to it, and does not find it
	same     // it is there, and as it was
)

// gather asks what has changed in some folders. What the service only refers to is
// read for all of them together. It returns what it has with an error as well.
func (u *update) gather(ctx context.Context, folders []contact.Folder) (all []*gathered, err error) {
	if p, ok := u.tracker.(Preparer); ok && len(folders) > 1 {
		var from []Cursor
		for _, f := range folders {
			from = append(from, u.state.old.folder(f.ID).Cursor)
		}
		p.Prepare(ctx, from)
	}
	for _, f := range folders {
		g, err := u.changesOf(ctx, f)
		if err != nil {
			return all, err
		}
		all = append(all, g)
	}
	err = u.resolve(ctx, all)
	if err == nil && slices.ContainsFunc(all, (*gathered).incomplete) {
		err = u.gatherAgain(ctx, folders, all)
	}
	return all, err
}

// gatherAgain asks once more about the folders of which something was not found: it may be
// gone, and the service then says so.
func (u *update) gatherAgain(ctx context.Context, folders []contact.Folder, all []*gathered) error {
	var again []*gathered
	for i, g := range all {
		if !g.incomplete() {
			continue
		}
		now, err := u.changesOf(ctx, folders[i])
		if err != nil {
			return err
		}
		g.spool.Close()
		all[i] = now
		again = append(again, now)
	}
	return u.resolve(ctx, again)
}

// changesOf asks what has changed in a folder. Where the service has forgotten the
// cursor, or refers to so much that listing is cheaper, that is everything.
func (u *update) changesOf(ctx context.Context, f contact.Folder) (*gathered, error) {
	old := u.state.old.folder(f.ID)
	for from := old.Cursor; ; from = "" {
		g := &gathered{spool: spool.New(filepath.Dir(u.state.path)), all: from == ""}
		err := u.track(ctx, f, from, g)
		if err == nil {
			g.sort()
			err = u.compare(old, g)
		}
		if err == nil && (g.count(referred) <= maxSingly || from == "") {
			return g, nil
		}
		g.spool.Close()
		if err != nil && (from == "" || !errors.Is(err, ErrCursorExpired)) {
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
			slot, err := g.spool.Add(c)
			if err != nil {
				return err
			}
			g.changes = append(g.changes, change{id: c.ID, slot: slot})
		}
		for _, ref := range page.Refs {
			g.changes = append(g.changes, change{id: ref.ID, what: referred, version: ref.Version})
		}
		g.bad = append(g.bad, page.Bad...)
		g.next, g.all = page.Next, g.all || page.All
	}
	if len(g.bad) > 0 {
		g.next = "" // so that the next run meets them again
	}
	return nil
}

// compare marks what is referred to in the version that the state has.
func (u *update) compare(old stateFolder, g *gathered) error {
	if g.count(referred) == 0 {
		return nil
	}
	rest := g.changes
	for rec, err := range u.state.old.records(old) {
		if err != nil {
			return err
		}
		for len(rest) > 0 && CompareIDs(rest[0].id, rec.id) < 0 {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			break
		}
		if ch := &rest[0]; ch.id == rec.id && ch.what == referred && ch.version != "" && ch.version == rec.version {
			ch.what = same
		}
	}
	return nil
}

func (g *gathered) count(what changeKind) (n int) {
	for _, ch := range g.changes {
		if ch.what == what {
			n++
		}
	}
	return n
}

// incomplete reports whether something that the service refers to was not found.
func (g *gathered) incomplete() bool { return g.count(missing) > 0 }

// resolve reads what is still only referred to.
func (u *update) resolve(ctx context.Context, all []*gathered) error {
	var ids []contact.ID
	for _, g := range all {
		for _, ch := range g.changes {
			if ch.what == referred {
				ids = append(ids, ch.id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	read, err := u.tracker.Contacts(ctx, ids)
	if err != nil {
		return err
	}
	for _, g := range all {
		for i := range g.changes {
			ch := &g.changes[i]
			if ch.what != referred {
				continue
			}
			var c *contact.Contact
			c, read = read[0], read[1:]
			if ch.what = missing; c == nil {
				continue
			}
			ch.what = written
			if ch.slot, err = g.spool.Add(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// sort orders the changes by ids, and keeps the last one of each.
func (g *gathered) sort() {
	slices.SortStableFunc(g.changes, func(a, b change) int { return CompareIDs(a.id, b.id) })
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
		for len(rest) > 0 && CompareIDs(rest[0].id, rec.id) < 0 {
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
	switch ch.what {
	case written:
	case missing:
		return m.name(ctx, ch, "it is left out")
	default:
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
	if ch.what == missing {
		if err := m.name(ctx, ch, "it stands as the last run has read it"); err != nil {
			return err
		}
	}
	if ch.what == same || ch.what == missing {
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

// name says that a contact is missing, and what becomes of it.
func (m *merger) name(ctx context.Context, ch change, so string) error {
	return m.add(ctx, item{err: formats.RecordErrorf(contact.Position{}, "contact %s: the service lists it, and does not find it by its id; %s", ch.id, so)})
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

// CompareIDs orders ids as incremental exports write their contacts: as if the letters of
// base64 (RFC 4648, sections 4 and 5) were digits. Those of Exchange, which are numbers that count up, so come in the order in
// which it made the contacts.
func CompareIDs(a, b contact.ID) int {
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
