package cardtext

import (
	"fmt"
	"io"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/internal/jsonseq"
)

// Stream is a format of which each record is one JSON value: how one is read and written.
type Stream struct {
	Unmarshal func(text []byte) (*contact.Contact, error)
	Marshal   func(c *contact.Contact) ([]byte, []contact.Loss, error)
	// IsRecord reports whether a stream that begins with head has an array at its top that
	// is one record, and no list of them. Nil means that no record is an array.
	IsRecord func(head []byte) bool
	// Begins reports whether a line is the first one of a record.
	Begins func(line []byte) bool
}

// NewDecoder returns a decoder of r.
func (s *Stream) NewDecoder(r io.Reader) formats.Decoder { return &decoder{s, r} }

type decoder struct {
	*Stream
	r io.Reader
}

// All implements [formats.Decoder].
func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		in, head := jsonseq.Open(d.r)
		number := 0
		for value, err := range jsonseq.Values(in, d.IsRecord == nil || !d.IsRecord(head), d.Begins) {
			if number++; err != nil {
				if !yield(nil, err) || !formats.IsRecordError(err) {
					return
				}
				continue
			}
			at := contact.Position{Unit: "card", Number: number}
			c, err := d.Unmarshal(value)
			if err != nil {
				c, err = nil, &formats.RecordError{At: at, Err: err}
			} else {
				c.At = at
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// NewEncoder returns an encoder that writes to w.
func (s *Stream) NewEncoder(w io.Writer) formats.Encoder {
	return &encoder{Stream: s, out: jsonseq.NewWriter(w)}
}

type encoder struct {
	*Stream
	out    *jsonseq.Writer
	number int
}

// Encode implements [formats.Encoder].
func (e *encoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	e.number++
	text, losses, err := e.Marshal(c)
	if err == nil && len(text) > formats.MaxRecord {
		err = jsonseq.ErrTooLong
	}
	if err != nil {
		return nil, &formats.RecordError{At: contact.Position{Unit: "contact", Number: e.number}, Err: err}
	}
	if err := e.out.Write(text); err != nil {
		return nil, fmt.Errorf("writing contact %d: %w", e.number, err)
	}
	return losses, nil
}

// Close implements [formats.Encoder].
func (e *encoder) Close() error { return e.out.Close() }
