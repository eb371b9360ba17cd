// Package spool keeps contacts aside, in memory while they are few and in a
// temporary file beyond that, so that an import or a comparison of a large mailbox
// needs no large memory.
package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/jsonl"
)

// memory is how much a spool holds before it begins a file, and how much it
// gathers for one write to it.
const memory = 4 << 20

// Spool is a growing list of contacts. Create one with [New]. Add must not be
// called concurrently with anything; Get may be called concurrently with Get.
type Spool struct {
	dir  string
	file *os.File // nil while everything fits in tail
	base int64    // bytes in the file
	tail []byte   // what follows the file's bytes
}

// New returns an empty spool whose file, if it comes to that, is made in dir
// ("" is the system's directory for temporary files). It is readable by its owner
// only and has no name where the system allows that, so nothing of it outlives
// the process.
func New(dir string) *Spool { return &Spool{dir: dir} }

// Slot says where a contact is.
type Slot struct {
	offset int64
	length int32
}

// aside is what travels beside the contact's own JSON.
type aside struct {
	At      contact.Position `json:"at,omitzero"`
	Version string           `json:"version,omitzero"`
	Unread  []contact.Loss   `json:"unread,omitempty"`
	Photo   *contact.Photo   `json:"photo,omitempty"` // without its data
}

// Append appends the contact, with its photo, position and version, to dst, in a form
// that [Decode] reads and that says itself where it ends only to who knows its length.
func Append(dst []byte, c *contact.Contact) ([]byte, error) {
	bare := *c
	extra := aside{At: c.At, Version: c.Version, Unread: c.Unread}
	var data []byte
	if c.Photo != nil {
		p := *c.Photo
		data, p.Data = p.Data, nil
		extra.Photo, bare.Photo = &p, nil
	}
	head, err := json.Marshal(extra)
	if err != nil {
		return dst, fmt.Errorf("keeping a contact aside: %w", err)
	}
	start := len(dst)
	dst = binary.AppendUvarint(dst, uint64(len(head)))
	dst = binary.AppendUvarint(dst, uint64(len(data)))
	dst = append(dst, head...)
	dst = append(dst, data...)
	if dst, err = jsonl.Marshal(dst, &bare); err != nil {
		return dst[:start], fmt.Errorf("keeping a contact aside: %w", err)
	}
	return dst, nil
}

// Add keeps the contact, with its photo, position and version.
func (s *Spool) Add(c *contact.Contact) (Slot, error) {
	start := len(s.tail)
	var err error
	if s.tail, err = Append(s.tail, c); err != nil {
		return Slot{}, err
	}
	slot := Slot{s.base + int64(start), int32(len(s.tail) - start)}
	if len(s.tail) >= memory {
		err = s.flush()
	}
	return slot, err
}

func (s *Spool) flush() (err error) {
	if s.file == nil {
		if s.file, err = os.CreateTemp(s.dir, "cardferry-*"); err != nil {
			return fmt.Errorf("keeping contacts aside: %w", err)
		}
		os.Remove(s.file.Name()) // fails on Windows, where Close removes it
	}
	if _, err := s.file.WriteAt(s.tail, s.base); err != nil {
		return fmt.Errorf("keeping contacts aside: %w", err)
	}
	s.base += int64(len(s.tail))
	s.tail = s.tail[:0]
	return nil
}

// Get returns a contact that Add kept.
func (s *Spool) Get(slot Slot) (*contact.Contact, error) {
	record, err := s.bytes(slot)
	if err != nil {
		return nil, fmt.Errorf("reading a contact kept aside: %w", err)
	}
	return Decode(record)
}

// Decode returns the contact that [Append] wrote, whose photo keeps the memory of
// record.
func Decode(record []byte) (*contact.Contact, error) {
	headLen, n := binary.Uvarint(record)
	record = record[max(n, 0):]
	dataLen, m := binary.Uvarint(record)
	record = record[max(m, 0):]
	if n <= 0 || m <= 0 || headLen > uint64(len(record)) || dataLen > uint64(len(record))-headLen {
		return nil, errors.New("reading a contact kept aside: it is damaged")
	}
	var extra aside
	if err := json.Unmarshal(record[:headLen], &extra); err != nil {
		return nil, fmt.Errorf("reading a contact kept aside: %w", err)
	}
	c, err := jsonl.Unmarshal(record[headLen+dataLen:])
	if err != nil {
		return nil, fmt.Errorf("reading a contact kept aside: %w", err)
	}
	c.At, c.Version, c.Unread, c.Photo = extra.At, extra.Version, extra.Unread, extra.Photo
	if dataLen > 0 && c.Photo != nil {
		c.Photo.Data = record[headLen : headLen+dataLen]
	}
	return c, nil
}

func (s *Spool) bytes(slot Slot) ([]byte, error) {
	record := make([]byte, slot.length)
	if slot.offset >= s.base {
		copy(record, s.tail[slot.offset-s.base:])
		return record, nil
	}
	_, err := s.file.ReadAt(record, slot.offset)
	return record, err
}

// Close removes the file. The spool must not be used afterwards.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if rm := os.Remove(s.file.Name()); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	s.file = nil
	return err
}
