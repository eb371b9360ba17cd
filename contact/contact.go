// Package contact is the vocabulary of cardferry: the Contact that every file
// format and every service is translated to and from, and the questions that can
// be asked of one without knowing where it came from.
//
// Everything in cardferry is a sequence of contacts. A file decodes to one, an
// account reads as one; an encoder or an account consumes one. This package says
// what travels along such a sequence:
//
//   - [Contact] and its parts: the superset of Microsoft's four contact dialects
//     (Outlook REST beta and v2.0, Graph beta and v1.0) and of vCard 4.0
//     (RFC 6350). What has no name in the model travels in [Extra].
//   - [Loss]: what somebody could not keep, as a value that reports can count.
//   - [Normalize], [Diff], [Equal], [Merge]: one canonical form, and what it means
//     for two contacts to be equal or to be joined. They all work from the same
//     table of [Field] names, so a new field is added in one place.
//   - [Contact.DerivedKey], [CompatibleNames], [EmailKey]: is this the same person?
//   - [Stash] and [Unstash]: carrying what a service has no place for.
//
// The package imports the standard library alone, and every other package of
// cardferry speaks in its terms.
package contact

import (
	"log/slog"
	"time"
)

// ID is a provider's name for a contact, compared byte for byte. It means
// nothing to another provider, and may change when a contact is moved.
type ID string

// Ref names one stored contact in one version.
type Ref struct {
	ID      ID
	Version string // change key or ETag; empty means unknown
}

// Contact is one person or organisation. The zero value is an empty contact.
//
// A contact that comes from a decoder or a provider is normalised (see
// [Normalize]). List members keep their order; the order of emails is one of
// preference. The JSON names are those of cardferry's JSON Lines format, and are
// also the names of fields in reports.
type Contact struct {
	// UID is the portable identity (vCard UID). Providers that assign their own
	// ids still carry it where they can.
	UID string `json:"uid,omitzero"`
	// ID is the provider's name for the contact, empty when it comes from a file.
	ID ID `json:"id,omitzero"`
	// Version is the provider's version of it (change key, ETag).
	Version string `json:"-"`
	// Key is the idempotency key under which an import created it.
	Key string `json:"key,omitzero"`
	// Folder is the folder that holds it; empty is the default folder.
	Folder FolderPath `json:"folder,omitzero"`
	// Created and Modified are kept by whoever stores the contact.
	Created  time.Time `json:"created,omitzero"`
	Modified time.Time `json:"modified,omitzero"`

	Name         Name         `json:"name,omitzero"`
	Organization Organization `json:"organization,omitzero"`
	Emails       []Email      `json:"emails,omitempty"`
	Phones       []Phone      `json:"phones,omitempty"`
	Addresses    []Address    `json:"addresses,omitempty"`
	Websites     []Website    `json:"websites,omitempty"`
	IMs          []IM         `json:"ims,omitempty"`
	Birthday     Date         `json:"birthday,omitzero"`
	Anniversary  Date         `json:"anniversary,omitzero"`
	Relations    []Relation   `json:"relations,omitempty"`
	Notes        string       `json:"notes,omitzero"`
	Categories   []string     `json:"categories,omitempty"`
	// Gender is male, female, other, none, unknown, or free text.
	Gender   string `json:"gender,omitzero"`
	Favorite bool   `json:"favorite,omitzero"`
	Flag     Flag   `json:"flag,omitzero"`
	// Photo is nil when there is none. See [Photo] for one not fetched yet.
	Photo *Photo `json:"photo,omitempty"`
	// Extra holds what the model has no name for, in its origin's own terms.
	Extra []Extra `json:"extra,omitempty"`

	// At says where the contact was read.
	At Position `json:"-"`
	// Unread lists what the reader could not make sense of within this record:
	// a broken line, an undecodable photo. The rest of the record is here.
	Unread []Loss `json:"-"`
}

// Ref returns the contact's id and version.
func (c *Contact) Ref() Ref { return Ref{ID: c.ID, Version: c.Version} }

// LogValue keeps personal data out of logs: it shows only where the contact was
// read, and its id.
func (c *Contact) LogValue() slog.Value {
	return slog.GroupValue(slog.String("at", c.At.String()), slog.String("id", string(c.ID)))
}

// Clone returns a copy that shares no list with c. The bytes of a photo, which
// nobody changes in place, are shared.
func (c *Contact) Clone() *Contact {
	d := *c
	d.Organization.Units = cloneSlice(c.Organization.Units)
	d.Emails = cloneSlice(c.Emails)
	d.Phones = cloneSlice(c.Phones)
	d.Addresses = cloneSlice(c.Addresses)
	d.Websites = cloneSlice(c.Websites)
	d.IMs = cloneSlice(c.IMs)
	d.Relations = cloneSlice(c.Relations)
	d.Categories = cloneSlice(c.Categories)
	d.Extra = cloneSlice(c.Extra)
	d.Unread = cloneSlice(c.Unread)
	if c.Photo != nil {
		p := *c.Photo
		d.Photo = &p
	}
	return &d
}

func cloneSlice[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return append(make([]T, 0, len(s)), s...)
}
