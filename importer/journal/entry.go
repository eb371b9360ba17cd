package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/jsonl"
)

// Kind says what a write does.
type Kind string

const (
	Create     Kind = "create" // a contact is made
	Update     Kind = "update" // a contact is changed
	Delete     Kind = "delete" // a contact is removed
	SetPhoto   Kind = "photo"  // a contact's photo is set
	MakeFolder Kind = "folder" // a folder is made
)

func (n *Counts) add(k Kind) {
	switch k {
	case Create:
		n.Created++
	case Update:
		n.Updated++
	case Delete:
		n.Deleted++
	case SetPhoto:
		n.Photos++
	case MakeFolder:
		n.Folders++
	}
}

// Entry is one write: its intent, and what became of it.
type Entry struct {
	Kind Kind
	At   string // where the record stands that it is for; no personal data
	// Key is the key of the contact, which finds one that was created even when its
	// answer never came. It is empty for a contact that has none.
	Key string
	// ID and Version are those of the contact before the write; empty for one that is
	// to be created.
	ID      contact.ID
	Version string
	Folder  contact.FolderPath // that the contact is in, or that is made
	// Before is the contact that an update changes or a delete removes, as it was.
	Before *contact.Contact
	// Want is the contact as a create or an update asks for it.
	Want *contact.Contact
	// Photo is the hash of the photo that is set, in the form in which it is sent.
	Photo string
	// OldPhoto is the photo that is replaced, or that goes with a contact that is
	// removed, with its bytes; nil when there was none.
	OldPhoto *contact.Photo

	Outcome
	Number uint64 // of the entry, ascending; given by Intend
}

// Status says whether a write was carried out.
type Status string

const (
	// Unknown: nobody knows. The process died before it did, or the answer never came.
	Unknown Status = ""
	// Done: the service said so, or it was seen to be there.
	Done Status = "done"
	// Refused: it was not carried out.
	Refused Status = "refused"
)

// Outcome is what became of a write.
type Outcome struct {
	Status Status
	// NewID and NewVersion are those of the contact, or the id of the folder, by the
	// service's answer.
	NewID      contact.ID
	NewVersion string
	// After is the contact by the service's answer, nil where it is what was wanted.
	After *contact.Contact
}

// identity is equal for entries of which the later one repeats the earlier one.
func (e *Entry) identity() string {
	what := string(e.ID)
	switch e.Kind {
	case Create:
		what = e.Key
	case MakeFolder:
		what = string(e.Folder)
	}
	return string(e.Kind) + " " + what
}

type outcome struct {
	number uint64
	Outcome
}

// On disk an intent is three lines: itself, the contact as it was, and the contact as it
// is to be, the latter two empty where there is none. An outcome is two: itself, and the
// contact by the answer. All are JSON.
type wireIntent struct {
	Kind     Kind               `json:"kind"`
	At       string             `json:"at,omitzero"`
	Key      string             `json:"key,omitzero"`
	ID       contact.ID         `json:"id,omitzero"`
	Version  string             `json:"version,omitzero"`
	Folder   contact.FolderPath `json:"folder,omitzero"`
	Photo    string             `json:"photo,omitzero"`
	OldPhoto string             `json:"oldPhoto,omitzero"` // its hash
}

type wireOutcome struct {
	Status  Status     `json:"status,omitzero"`
	ID      contact.ID `json:"id,omitzero"`
	Version string     `json:"version,omitzero"`
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// putter writes values. They must stay as they are until the transaction ends, so all of
// them stand in one buffer, which is used again for the next transaction.
type putter struct {
	tx  *bbolt.Tx
	buf *[]byte
}

func (p putter) intent(e *Entry) error {
	w := wireIntent{Kind: e.Kind, At: e.At, Key: e.Key, ID: e.ID, Version: e.Version, Folder: e.Folder, Photo: e.Photo}
	if old := e.OldPhoto; old != nil {
		if len(old.Data) == 0 {
			return errors.New("a photo that is to be replaced was not fetched")
		}
		w.OldPhoto = old.SHA256
		if err := p.tx.Bucket(bucketPhotos).Put([]byte(old.SHA256), old.Data); err != nil {
			return err
		}
	}
	return p.put(bucketIntents, e.Number, &w, e.Before, e.Want)
}

func (p putter) outcomes(outcomes []outcome) error {
	for _, o := range outcomes {
		if err := p.put(bucketOutcomes, o.number, &wireOutcome{o.Status, o.NewID, o.NewVersion}, o.After); err != nil {
			return err
		}
	}
	return nil
}

// put adds a value that comes behind all others, as good as always.
func (p putter) put(bucket []byte, number uint64, head any, contacts ...*contact.Contact) error {
	text, err := json.Marshal(head, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	start := len(*p.buf)
	*p.buf = append(*p.buf, text...)
	for _, c := range contacts {
		*p.buf = append(*p.buf, '\n')
		if c == nil {
			continue
		}
		if *p.buf, err = jsonl.Marshal(*p.buf, withoutPhoto(c)); err != nil {
			return err
		}
	}
	b := p.tx.Bucket(bucket)
	b.FillPercent = 0.95
	return b.Put(numberKey(number), (*p.buf)[start:])
}

// getEntry reads an entry, without its contacts and photos.
func getEntry(number, intent, outcome []byte) (*Entry, error) {
	var w wireIntent
	var o wireOutcome
	if json.Unmarshal(firstLine(intent), &w) != nil || outcome != nil && json.Unmarshal(firstLine(outcome), &o) != nil {
		return nil, ErrFormat
	}
	return &Entry{
		Kind: w.Kind, At: w.At, Key: w.Key, ID: w.ID, Version: w.Version, Folder: w.Folder, Photo: w.Photo,
		Outcome: Outcome{Status: o.Status, NewID: o.ID, NewVersion: o.Version},
		Number:  binary.BigEndian.Uint64(number),
	}, nil
}

func firstLine(value []byte) []byte {
	line, _, _ := bytes.Cut(value, []byte("\n"))
	return line
}

// addContacts adds what getEntry leaves out.
func addContacts(tx *bbolt.Tx, e *Entry, intent, outcome []byte) (err error) {
	parts := bytes.Split(intent, []byte("\n"))
	if len(parts) != 3 {
		return ErrFormat
	}
	if e.Before, err = parse(parts[1]); err != nil {
		return err
	}
	if e.Want, err = parse(parts[2]); err != nil {
		return err
	}
	_, after, _ := bytes.Cut(outcome, []byte("\n"))
	if e.After, err = parse(after); err != nil {
		return err
	}
	var w wireIntent
	if err := json.Unmarshal(parts[0], &w); err != nil {
		return ErrFormat
	}
	if w.OldPhoto == "" {
		return nil
	}
	data := tx.Bucket(bucketPhotos).Get([]byte(w.OldPhoto))
	if data == nil {
		return fmt.Errorf("%w: a photo is missing", ErrFormat)
	}
	e.OldPhoto = contact.NewPhoto(bytes.Clone(data))
	return nil
}

// withoutPhoto returns c without the bytes of its photo, which has entries of its own.
func withoutPhoto(c *contact.Contact) *contact.Contact {
	if c.Photo == nil || len(c.Photo.Data) == 0 {
		return c
	}
	p := *c.Photo
	p.Data = nil
	bare := *c
	bare.Photo = &p
	return &bare
}

func parse(line []byte) (*contact.Contact, error) {
	if len(line) == 0 {
		return nil, nil
	}
	c, err := jsonl.Unmarshal(line)
	if err != nil {
		return nil, ErrFormat
	}
	return c, nil
}
