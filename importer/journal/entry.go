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

type outcome struct {
	number uint64
	Outcome
}

// wireIntent and wireOutcome are their forms on disk. Contacts stand in members of
// their own, which most readers pass over.
type wireIntent struct {
	shortIntent
	Before   jsontext.Value `json:"before,omitzero"`
	Want     jsontext.Value `json:"want,omitzero"`
	OldPhoto string         `json:"oldPhoto,omitzero"`
}

type shortIntent struct {
	Kind    Kind               `json:"kind"`
	At      string             `json:"at,omitzero"`
	Key     string             `json:"key,omitzero"`
	ID      contact.ID         `json:"id,omitzero"`
	Version string             `json:"version,omitzero"`
	Folder  contact.FolderPath `json:"folder,omitzero"`
	Photo   string             `json:"photo,omitzero"`
}

type wireOutcome struct {
	shortOutcome
	After jsontext.Value `json:"after,omitzero"`
}

type shortOutcome struct {
	Status  Status     `json:"status,omitzero"`
	ID      contact.ID `json:"id,omitzero"`
	Version string     `json:"version,omitzero"`
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func putIntent(tx *bbolt.Tx, e *Entry) error {
	w := wireIntent{shortIntent: shortIntent{Kind: e.Kind, At: e.At, Key: e.Key, ID: e.ID, Version: e.Version, Folder: e.Folder, Photo: e.Photo}}
	var err error
	if w.Before, err = text(e.Before); err != nil {
		return err
	}
	if w.Want, err = text(e.Want); err != nil {
		return err
	}
	if p := e.OldPhoto; p != nil {
		if len(p.Data) == 0 {
			return errors.New("a photo that is to be replaced was not fetched")
		}
		w.OldPhoto = p.SHA256
		if err := tx.Bucket(bucketPhotos).Put([]byte(p.SHA256), p.Data); err != nil {
			return err
		}
	}
	return putLast(tx.Bucket(bucketIntents), e.Number, &w)
}

func putOutcomes(tx *bbolt.Tx, outcomes []outcome) error {
	for _, o := range outcomes {
		after, err := text(o.After)
		if err != nil {
			return err
		}
		w := wireOutcome{shortOutcome{o.Status, o.NewID, o.NewVersion}, after}
		if err := putLast(tx.Bucket(bucketOutcomes), o.number, &w); err != nil {
			return err
		}
	}
	return nil
}

// putLast adds a value that comes behind all others, as good as always.
func putLast(b *bbolt.Bucket, number uint64, v any) error {
	value, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	b.FillPercent = 0.95
	return b.Put(numberKey(number), value)
}

// getEntry reads an entry, without its contacts and photos.
func getEntry(number, intent, outcome []byte) (*Entry, error) {
	var w shortIntent
	if err := json.Unmarshal(intent, &w); err != nil {
		return nil, ErrFormat
	}
	e := &Entry{Kind: w.Kind, At: w.At, Key: w.Key, ID: w.ID, Version: w.Version, Folder: w.Folder, Photo: w.Photo, Number: binary.BigEndian.Uint64(number)}
	if outcome != nil {
		var o shortOutcome
		if err := json.Unmarshal(outcome, &o); err != nil {
			return nil, ErrFormat
		}
		e.Outcome = Outcome{Status: o.Status, NewID: o.ID, NewVersion: o.Version}
	}
	return e, nil
}

func addContacts(tx *bbolt.Tx, e *Entry, intent, outcome []byte) (err error) {
	var w wireIntent
	var o wireOutcome
	if json.Unmarshal(intent, &w) != nil || outcome != nil && json.Unmarshal(outcome, &o) != nil {
		return ErrFormat
	}
	if e.Before, err = parse(w.Before); err != nil {
		return err
	}
	if e.Want, err = parse(w.Want); err != nil {
		return err
	}
	if e.After, err = parse(o.After); err != nil {
		return err
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

// text returns a contact as JSON, without the bytes of its photo, which has entries
// of its own.
func text(c *contact.Contact) (jsontext.Value, error) {
	if c == nil {
		return nil, nil
	}
	if c.Photo != nil && len(c.Photo.Data) > 0 {
		p := *c.Photo
		p.Data = nil
		bare := *c
		bare.Photo = &p
		c = &bare
	}
	return jsonl.Marshal(nil, c)
}

func parse(text jsontext.Value) (*contact.Contact, error) {
	if text == nil {
		return nil, nil
	}
	c, err := jsonl.Unmarshal(text)
	if err != nil {
		return nil, ErrFormat
	}
	return c, nil
}
