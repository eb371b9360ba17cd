// Package exporter reads accounts. It holds the contract of an account opened for
// reading ([Source]), the sequence of its contacts with their photos ([Contacts]),
// and the engine that carries a sequence to an encoder ([Export]). Nothing in this package or below it can write to an account, so an
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
	Deleted  []contact.ID       // gone since the cursor; never set in a listing from ""
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

// A PhotoSource is a Source whose photos are fetched one by one. Its pages set a
// contact's Photo, without data, where there is one.
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
