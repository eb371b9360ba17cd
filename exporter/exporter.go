// Package exporter reads accounts. It holds the contract of an account opened for
// reading ([Source]), the sequence of its contacts with their photos ([Contacts]),
// the engine that carries a sequence to an encoder ([Export]), and what one export leaves to
// the next ([State]). Nothing in this package or below it can write to an account, so an
// export asks for no permission to.
package exporter

import (
	"context"
	"errors"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Cursor says where to go on in a listing. "" is the start. It stands for
// whatever the service has (next links, skip and delta tokens, sync tokens), is
// opaque, and holds no secrets.
type Cursor string

// Page is one answer of a listing.
type Page struct {
	Contacts []*contact.Contact // normalised, with id, version, folder and position
	Deleted  []contact.ID       // gone since the cursor; in a listing from "" only what it has listed before
	// Refs are contacts that have or may have changed, where the service says no
	// more of them than this; a version that it does not say is empty. They are for
	// [Tracker.Contacts], and are never set in a listing from "".
	Refs []contact.Ref
	// All is set on the last page of a listing that has named every contact of the
	// folder although it was not from "": those that it did not name are gone.
	All bool
	// Bad says which contacts of the page could not be read. The others are there.
	Bad []*formats.RecordError
	// Next is where to go on after this page, or "" if the service cannot tell.
	// On the last page of a listing it is where the next run starts.
	Next Cursor
}

// ErrCursorExpired says that a cursor is too old: start again from "" and compare
// ids to find what was deleted.
var ErrCursorExpired = errors.New("the service has forgotten this position")

// A Source is an account opened for reading. To add a provider: implement Source
// (and PhotoSource if it has photos), pass exportertest.TestSource, and add a line
// to the table of providers in cmd.
//
// Methods may be called concurrently. Every wait ends when ctx ends.
type Source interface {
	// Folders returns the whole tree, parents before children, the default
	// folder included and first.
	Folders(ctx context.Context) ([]contact.Folder, error)
	// Pages lists one folder (not the folders below it) from a cursor on: all
	// that the holder of the cursor has not seen. It can be ranged over once. A
	// page may be empty with others to follow; no contact comes twice. An error
	// is the last element and comes with a nil page; [ErrCursorExpired] is one.
	Pages(ctx context.Context, folder contact.Folder, from Cursor) iter.Seq2[*Page, error]
}

// A Tracker is a Source that can follow what changes. Track is Pages for those who
// come again: where Pages need not tell where the next run starts, Track asks the
// service to keep track, which may take more requests. Where that cannot be had, it
// lists as Pages does, and its last page has no Next.
type Tracker interface {
	// Tree returns what Folders does, in the same order, and where the next run goes
	// on; from "" it reads all of it, and so it does from a cursor that has expired.
	Tree(ctx context.Context, from Cursor) ([]contact.Folder, Cursor, error)
	// Track lists one folder from a cursor on, as Pages does, but that a contact
	// comes again if it changes meanwhile: what comes last counts.
	Track(ctx context.Context, folder contact.Folder, from Cursor) iter.Seq2[*Page, error]
	// Contacts reads single contacts, in the order of the ids; one is nil where there
	// is none any more. Their folders and positions are not set.
	Contacts(ctx context.Context, ids []contact.ID) ([]*contact.Contact, error)
}

// A Preparer is a Tracker that can ask about several folders at a time. Prepare tells it
// which cursors Track is called with next. It is a hint, of use in later rounds alone:
// what fails is asked for by Track.
type Preparer interface {
	Prepare(ctx context.Context, from []Cursor)
}

// TrackerOf returns the source as a Tracker. One that is none tracks by its Pages,
// and reads its tree anew each time.
func TrackerOf(src Source) Tracker {
	if t, ok := src.(Tracker); ok {
		return t
	}
	return untracked{src}
}

type untracked struct{ Source }

func (u untracked) Tree(ctx context.Context, _ Cursor) ([]contact.Folder, Cursor, error) {
	folders, err := u.Folders(ctx)
	return folders, "", err
}

func (u untracked) Track(ctx context.Context, folder contact.Folder, from Cursor) iter.Seq2[*Page, error] {
	return u.Pages(ctx, folder, from)
}

// Contacts is not called: pages of a source that is no Tracker hold no references.
func (u untracked) Contacts(context.Context, []contact.ID) ([]*contact.Contact, error) {
	return nil, errors.New("the source reads no single contacts")
}

// A PhotoSource is a Source whose photos are fetched one by one. Its pages set a
// contact's Photo, without data, where there is one. The pages of a Source that is none
// hold the photos themselves.
type PhotoSource interface {
	// Photo returns the photo's bytes. A contact without one, or one that has
	// vanished since, is nil without an error.
	Photo(ctx context.Context, id contact.ID) (*contact.Photo, error)
}

// A Counter is a Source that can count a folder's contacts cheaper than by
// listing them.
type Counter interface {
	Count(ctx context.Context, folder contact.Folder) (int, error)
}
