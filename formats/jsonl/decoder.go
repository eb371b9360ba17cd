package jsonl

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/internal/jsonseq"
)

// NewDecoder returns a decoder of r. A byte order mark and empty lines are passed
// over; a line that cannot be read is a [*formats.RecordError]. A stream that is
// one JSON array, or whose objects are spread over several lines, is read as well,
// but ends where its syntax is broken.
func NewDecoder(r io.Reader) formats.Decoder { return &decoder{r: bufio.NewReaderSize(r, 64<<10)} }

type decoder struct{ r *bufio.Reader }

// All implements [formats.Decoder].
func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		spread, err := d.begin()
		switch {
		case err != nil:
			yield(nil, err)
		case spread:
			d.values(yield)
		default:
			d.lines(yield)
		}
	}
}

// begin passes over what stands before the first contact, and reports whether
// contacts are not one to a line.
func (d *decoder) begin() (spread bool, err error) {
	if bom, _ := d.r.Peek(3); string(bom) == "\xef\xbb\xbf" {
		d.r.Discard(3)
	}
	head, err := d.r.Peek(4 << 10)
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("reading: %w", err)
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(head, []byte("[")) {
		return true, nil
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return string(bytes.TrimSpace(first)) == "{", nil
}

// reasonLine is how a line begins that says why the next one was rejected.
var reasonLine = []byte(`{"` + formats.ReasonField + `":`)

func (d *decoder) lines(yield func(*contact.Contact, error) bool) {
	var buf []byte
	for number := 1; ; number++ {
		at := contact.Position{Unit: "line", Number: number, Line: number}
		line, tooLong, err := d.line(buf[:0])
		if err != nil && err != io.EOF {
			yield(nil, fmt.Errorf("reading line %d: %w", number, err))
			return
		}
		buf = line
		text := bytes.TrimSpace(line)
		switch {
		case tooLong:
			if !yield(nil, formats.RecordErrorf(at, "longer than %d MiB", formats.MaxRecord>>20)) {
				return
			}
		case len(text) > 0 && !bytes.HasPrefix(text, reasonLine):
			if !yield(read(text, at)) {
				return
			}
		}
		if err == io.EOF {
			return
		}
	}
}

// line appends the next line to buf. Of a line that is too long nothing is kept.
func (d *decoder) line(buf []byte) (line []byte, tooLong bool, err error) {
	for {
		part, err := d.r.ReadSlice('\n')
		if tooLong = tooLong || len(buf)+len(part) > formats.MaxRecord; tooLong {
			buf = buf[:0]
		} else {
			buf = append(buf, part...)
		}
		if err != bufio.ErrBufferFull {
			return buf, tooLong, err
		}
	}
}

// values reads objects wherever they begin and end.
func (d *decoder) values(yield func(*contact.Contact, error) bool) {
	number := 0
	for value, err := range jsonseq.Values(d.r, true, func(line []byte) bool { return line[0] == '{' }) {
		if number++; err != nil {
			if !yield(nil, err) || !formats.IsRecordError(err) {
				return
			}
			continue
		}
		if !yield(read(value, contact.Position{Unit: "object", Number: number})) {
			return
		}
	}
}

// read makes a contact of one object.
func read(text []byte, at contact.Position) (*contact.Contact, error) {
	c, err := Unmarshal(text)
	if err == nil && len(c.Extra) > formats.MaxExtra {
		err = fmt.Errorf("more than %d unknown members", formats.MaxExtra)
	}
	if err != nil {
		return nil, &formats.RecordError{At: at, Err: err}
	}
	c.At = at
	completePhoto(c)
	return contact.Normalize(c), nil
}

// completePhoto adds what follows from a photo's bytes.
func completePhoto(c *contact.Contact) {
	p := c.Photo
	switch {
	case p == nil || len(p.Data) == 0:
		return
	case len(p.Data) > formats.MaxPhoto:
		p.Data = nil
		c.Unread = append(c.Unread, contact.Loss{Field: "photo", Kind: contact.Dropped,
			Reason: fmt.Sprintf("larger than %d MiB", formats.MaxPhoto>>20)})
		return
	}
	seen := contact.NewPhoto(p.Data)
	p.SHA256 = seen.SHA256
	if p.MediaType == "" {
		p.MediaType = seen.MediaType
	}
}
