package jsonl

import (
	"fmt"
	"io"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// NewEncoder returns an encoder that writes every contact with one Write to w. It
// loses nothing but bytes that are not UTF-8. Of a photo that has both a path and
// its bytes the path is written; of one that has nothing yet, nothing.
func NewEncoder(w io.Writer) formats.Encoder { return &encoder{w: w} }

type encoder struct {
	w      io.Writer
	buf    []byte
	number int
}

// Encode implements [formats.Encoder].
func (e *encoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	e.number++
	at := contact.Position{Unit: "contact", Number: e.number}
	c = withPhotoFile(c)
	line, mangled, err := appendLine(e.buf[:0], c)
	if err != nil {
		return nil, &formats.RecordError{At: at, Err: err}
	}
	var losses []contact.Loss
	if mangled {
		losses = unwritable(c)
	}
	if len(line) >= formats.MaxRecord {
		return nil, formats.RecordErrorf(at, "longer than %d MiB", formats.MaxRecord>>20)
	}
	e.buf = append(line, '\n')
	if _, err := e.w.Write(e.buf); err != nil {
		return nil, fmt.Errorf("writing contact %d: %w", e.number, err)
	}
	return losses, nil
}

// Close implements [formats.Encoder]; there is nothing left to write.
func (e *encoder) Close() error { return nil }

// withPhotoFile returns c with a photo as a file beside the output is named.
func withPhotoFile(c *contact.Contact) *contact.Contact {
	p := c.Photo
	if p == nil || len(p.Data) > 0 && p.Path == "" || len(p.Data) == 0 && (p.Path != "" || p.URL != "") {
		return c
	}
	shown := *c
	shown.Photo = nil
	if p.Path != "" {
		named := *p
		named.Data = nil
		shown.Photo = &named
	}
	return &shown
}

// unwritable lists the fields whose bytes are not UTF-8.
func unwritable(c *contact.Contact) []contact.Loss {
	var losses []contact.Loss
	for _, f := range contact.Fields() {
		var only contact.Contact
		only.Set(f, c)
		if _, mangled, _ := appendLine(nil, &only); mangled {
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Truncated, Reason: "bytes that are not UTF-8 were replaced"})
		}
	}
	return losses
}
