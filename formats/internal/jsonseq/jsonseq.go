// Package jsonseq reads and writes sequences of JSON values as files hold them: one
// value, an array of them, or one after another, each on a line or over several.
package jsonseq

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// ErrTooLong says that a value is longer than [formats.MaxRecord].
var ErrTooLong = fmt.Errorf("longer than %d MiB", formats.MaxRecord>>20)

// Values goes through the values of a stream. With elements set, an array at its top is a
// list of values; else it is one. A value is valid until the next one is asked for.
//
// Broken syntax is a [*formats.RecordError] where the next value can be told: it is on a
// line of its own that begins as begins says, and is not indented more than the broken one
// was. Any other error is the last element.
func Values(r io.Reader, elements bool, begins func(line []byte) bool) iter.Seq2[jsontext.Value, error] {
	return func(yield func(jsontext.Value, error) bool) {
		in := &source{r: r, limit: formats.MaxRecord}
		dec := newDecoder(in)
		array := elements && dec.PeekKind() == jsontext.KindBeginArray
		if array {
			dec.ReadToken()
		}
		from := int64(0) // where in the stream dec has begun
		for number := 1; ; number++ {
			in.limit = from + dec.InputOffset() + formats.MaxRecord
			if array && dec.PeekKind() == jsontext.KindEndArray {
				return
			}
			value, err := dec.ReadValue()
			switch {
			case err == io.EOF && !array:
				return
			case err == nil:
				if !yield(value, nil) {
					return
				}
				continue
			}
			at := contact.Position{Unit: "object", Number: number}
			reason := reasonAt(err, from)
			in.unread(dec.UnreadBuffer())
			if !in.skip(begins) {
				yield(nil, fmt.Errorf("%v: %w", at, reason))
				return
			}
			if !yield(nil, &formats.RecordError{At: at, Err: reason}) {
				return
			}
			if from = in.at; array {
				in.unread([]byte("["))
				from = in.at
			}
			if dec = newDecoder(in); array {
				dec.ReadToken()
			}
		}
	}
}

func newDecoder(r io.Reader) *jsontext.Decoder {
	return jsontext.NewDecoder(r, jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// Reason returns an error of the JSON package without what it quotes of the text.
func Reason(err error) error { return reasonAt(err, 0) }

// reasonAt is Reason for text that begins at that byte of a stream.
func reasonAt(err error, from int64) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case errors.Is(err, ErrTooLong):
		return ErrTooLong
	case !ok:
		return errors.New("invalid JSON")
	case errors.Is(syntax, jsontext.ErrDuplicateName):
		return fmt.Errorf("a member stands twice, at byte %d", from+syntax.ByteOffset+1)
	}
	return fmt.Errorf("invalid JSON at byte %d", from+syntax.ByteOffset+1)
}

// Writer writes values as an array with one on each line; a single one stands alone.
type Writer struct {
	w     io.Writer
	first []byte // held back until it is known whether it is the only one
	n     int
}

// NewWriter returns a Writer to w. It must be closed.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one value, which is not retained.
func (w *Writer) Write(value []byte) error {
	w.n++
	if w.n == 1 {
		w.first = append(w.first, value...)
		return nil
	}
	text := make([]byte, 0, len(w.first)+len(value)+3)
	if w.n == 2 {
		text = append(append(text, "[\n"...), w.first...)
		w.first = nil
	}
	_, err := w.w.Write(append(append(text, ",\n"...), value...))
	return err
}

// Close writes what is left; it does not close the underlying writer.
func (w *Writer) Close() (err error) {
	switch w.n {
	case 0:
		_, err = io.WriteString(w.w, "[]\n")
	case 1:
		_, err = w.w.Write(append(w.first, '\n'))
	default:
		_, err = io.WriteString(w.w, "\n]\n")
	}
	return err
}

// Open returns a reader of r without its byte order mark, and the first bytes of it.
func Open(r io.Reader) (in io.Reader, head []byte) {
	br := bufio.NewReaderSize(r, 64<<10)
	if bom, _ := br.Peek(3); string(bom) == "\xef\xbb\xbf" {
		br.Discard(3)
	}
	head, _ = br.Peek(1 << 10) // what is wrong with the reader shows when it is read
	return br, head
}
