// Package formats holds what all file formats have in common: the contracts of a
// [Decoder] and an [Encoder], the [RecordError] that names one bad record, and
// the [Table] by which a format is found from a file's name or its first bytes.
//
// A mapping is a format whether it arrives by file or by HTTP: the packages below
// this one (vcard, csv, jsonl, outlook) hold every translation between foreign
// bytes and a contact, so every possible loss sits in one tree.
package formats

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// A Decoder reads the contacts of one stream.
//
// All returns them in order, each normalised and with its position, and can be
// ranged over once. An error that is a [*RecordError] concerns one record, comes
// with a nil contact, and the sequence goes on; any other error is the last
// element. What was unreadable within a record that otherwise came through stands
// in its Unread. A decoder reads on demand, keeps no more than a record in memory
// (a stream may have millions), and does not close its reader.
type Decoder interface {
	All() iter.Seq2[*contact.Contact, error]
}

// An Encoder writes contacts to one stream.
//
// Encode writes one contact whole, or nothing of it when it returns a
// [*RecordError] (the next may still be encoded); any other error is final. It
// returns what the format could not keep, and neither changes nor retains the
// contact. Close completes the stream (a trailer, buffered bytes); it does not
// close the file, and must be called for the output to be valid even when nothing
// was encoded.
type Encoder interface {
	Encode(*contact.Contact) ([]contact.Loss, error)
	Close() error
}

// RecordError says that one record could not be read or written, where it stands
// and why. Its text holds no personal data.
type RecordError struct {
	At  contact.Position
	Err error
}

func (e *RecordError) Error() string {
	at := e.At.String()
	if at == "" {
		return e.Err.Error()
	}
	return at + ": " + e.Err.Error()
}

func (e *RecordError) Unwrap() error { return e.Err }

// RecordErrorf returns a RecordError with a formatted reason.
func RecordErrorf(at contact.Position, format string, args ...any) *RecordError {
	return &RecordError{At: at, Err: fmt.Errorf(format, args...)}
}

// MemberKey returns a UID as members of groups are compared: without urn:uuid: and in
// lower case.
func MemberKey(uid string) string {
	uid = strings.ToLower(strings.TrimSpace(uid))
	return strings.TrimPrefix(uid, "urn:uuid:")
}

// IsRecordError reports whether err concerns one record only.
func IsRecordError(err error) bool {
	_, ok := errors.AsType[*RecordError](err)
	return ok
}

// Limits on what a decoder accepts, so that no input can eat the memory.
const (
	MaxRecord = 32 << 20 // bytes of one record, its photo included
	MaxPhoto  = 16 << 20 // bytes of one decoded photo
	MaxExtra  = 1 << 10  // properties, columns or members of one record
)

// ReasonField names the property, the column or the member in which a file of rejected
// records says why. Decoders pass over it, so that such a file can be read again.
const ReasonField = "X-CARDFERRY-REASON"

// A Format is one row of the [Table].
type Format struct {
	Name       string   // as --format takes it: vcard, csv, jsonl, outlook-json
	Extensions []string // with the dot, lower case; the first one is used for new files
	// Sniff reports whether a stream that begins with head (up to 64 KiB of it,
	// a byte order mark removed) is in this format. At most one format says yes.
	Sniff func(head []byte) bool
	// NewDecoder returns a decoder that reads from r.
	NewDecoder func(r io.Reader) Decoder
	// NewEncoder returns an encoder that writes to w; nil for a format that is
	// only read.
	NewEncoder func(w io.Writer) Encoder
	// Groups returns the categories that records of a file give to others, by the
	// UID of these as [MemberKey] spells it; nil for a format that has none. It
	// reads the file from where it stands.
	Groups func(file io.ReadSeeker) (map[string][]string, error)
	// EmbedsPhotos reports whether a photo's bytes stand in the record. Where
	// they do not, the photo is a file of its own and the record names it.
	EmbedsPhotos bool
}
