package importer

import (
	"context"
	"errors"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/internal/spool"
)

// change is what a run did to one contact, by its journal: all writes to it joined.
// Its numbers are those of entries, 0 for none.
type change struct {
	at  string     // the record that it was for
	key string     // of the contact; empty when it has none
	id  contact.ID // empty while nobody knows it
	// version and folder are those that it had before; empty for one that was created.
	version string
	folder  contact.FolderPath

	created, deleted bool
	moved            bool   // the contact is there under another id
	open             bool   // nobody knows of one of the creates whether it was carried out
	before           uint64 // the first entry that holds the contact as it was
	want             uint64 // the last one that holds it as it was to be
	photo            string // the hash of the photo that was to be set, "" for none
	oldPhoto         uint64 // the first entry that set a photo, and holds the one before it

	there *spool.Slot // the contact as it is now, nil when it is gone
	again *spool.Slot // the one that an undo which was interrupted created in its place
}

// changes are those of a run.
type changes struct {
	all     []*change
	folders []contact.FolderPath // that were made, in that order
	byID    map[contact.ID]*change
	byKey   map[string]*change // those of contacts that the run created
	updated time.Time          // when the run wrote last
	end     time.Time          // what was created later is not of this run
	held    *spool.Spool
	unread  []*formats.RecordError // of the account
}

// readChanges joins the entries of a journal. Writes that were refused are none.
func readChanges(j *journal.Journal) (*changes, error) {
	cs := &changes{byID: map[contact.ID]*change{}, byKey: map[string]*change{}}
	if j.Written() {
		cs.updated = j.Info().Updated
		cs.end = cs.updated.Add(recent)
	}
	for e, err := range j.Entries() {
		if err != nil {
			return nil, err
		}
		if e.Status == journal.Refused {
			continue
		}
		if e.Kind == journal.MakeFolder {
			cs.folders = append(cs.folders, e.Folder)
			continue
		}
		c := cs.of(e)
		if c.at == "" {
			c.at = e.At
		}
		switch e.Kind {
		case journal.Create:
			c.created, c.want, c.photo = true, e.Number, e.Photo
			c.open = c.open || e.Status == journal.Unknown
		case journal.Update:
			c.want = e.Number
			if c.before == 0 {
				c.before = e.Number
			}
		case journal.Delete:
			c.deleted = true
			if c.before == 0 {
				c.before = e.Number
			}
			if c.oldPhoto == 0 {
				c.oldPhoto = e.Number
			}
		case journal.SetPhoto:
			c.photo = e.Photo
			if c.oldPhoto == 0 {
				c.oldPhoto = e.Number
			}
		}
	}
	return cs, nil
}

// of returns the change that an entry belongs to. A contact that was created without
// an answer is known by its key until a later entry tells its id.
func (cs *changes) of(e *journal.Entry) *change {
	id := e.ID
	if e.Kind == journal.Create {
		id = e.NewID
	}
	if c := cs.byID[id]; c != nil {
		return c
	}
	c := cs.byKey[e.Key]
	if c == nil || c.id != "" {
		c = &change{key: e.Key, version: e.Version, folder: e.Folder}
		cs.all = append(cs.all, c)
		if e.Kind == journal.Create {
			cs.byKey[e.Key] = c
		}
	}
	if id != "" {
		c.id = id
		cs.byID[id] = c
	}
	return c
}

// find reads the account and finds the contacts that were changed, as they are now.
// again tells the key under which one would have been created in the place of a
// contact, "" if it would not. Those that cannot be read are in unread.
func (cs *changes) find(ctx context.Context, r Reader, dir string, again map[string]*change, progress func(int)) (err error) {
	cs.held = spool.New(dir)
	n := 0
	for c, err := range r.Contacts(ctx) {
		if re, ok := errors.AsType[*formats.RecordError](err); ok {
			cs.unread = append(cs.unread, re)
			continue
		}
		if err != nil {
			return err
		}
		n++
		progress(n)
		ch, replaced := cs.changeOf(c, again)
		if ch == nil {
			continue
		}
		slot, err := cs.held.Add(c)
		if err != nil {
			return err
		}
		if replaced {
			ch.again = &slot
		} else {
			ch.there = &slot
		}
	}
	return nil
}

func (cs *changes) changeOf(c *contact.Contact, again map[string]*change) (_ *change, replaced bool) {
	if ch := cs.byID[c.ID]; ch != nil {
		return ch, false
	}
	if c.Key == "" {
		return nil, false
	}
	if ch := cs.byKey[c.Key]; ch != nil && ch.open && !c.Created.After(cs.end) {
		if ch.id != "" { // it was created twice
			twin := *ch
			twin.photo, twin.oldPhoto, twin.there = "", 0, nil
			ch = &twin
			cs.all = append(cs.all, ch)
		}
		ch.id = c.ID
		cs.byID[c.ID] = ch
		return ch, false
	}
	if ch := cs.byKey[c.Key]; ch != nil && ch.id != "" && !c.Created.After(cs.updated) {
		ch.moved = true
	}
	ch := again[c.Key]
	return ch, ch != nil
}

func (cs *changes) close() {
	if cs.held != nil {
		cs.held.Close()
	}
}

// get loads a contact that find kept.
func (cs *changes) get(slot *spool.Slot) (*contact.Contact, error) {
	if slot == nil {
		return nil, nil
	}
	return cs.held.Get(*slot)
}

// photoLeft returns the hash of the photo that the run left, "" for none. One that
// travels within its contact may have been stored in a smaller form, or not at all: then
// the answer, in the entry of the contact, tells.
func (c *change) photoLeft(e *journal.Entry) string {
	switch {
	case e == nil || e.After == nil || c.oldPhoto != 0 || c.photo == "":
		return c.photo
	case e.After.Photo == nil:
		return ""
	case e.After.Photo.SHA256 != "":
		return e.After.Photo.SHA256
	}
	return c.photo
}
