// Package planfile keeps a plan: the records that an import would bring into an
// account, how it would treat them, what would become of each, and the state of the
// account for which all that was found out.
//
// Planning depends on nothing else, so whoever carries a plan out plans once more,
// with the same code, and refuses when the account is not as it was.
//
// The file is JSON Lines, and self-contained; photos are in it. The first line is of
// the type "plan" (a [Header]); then come a "record" for each record of the input, an
// "outcome" for each of those (a [Outcome], for people), and last of all an "end" (an
// [End]). It holds personal data.
package planfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/jsonl"
)

// Version is that of the files that are written, and the one that can be read.
const Version = 1

// ErrFormat says that a file is no plan, or one of another version, or was changed.
var ErrFormat = errors.New("not a plan that this version can read")

// Header says what a plan is for.
type Header struct {
	Type    string   `json:"type"` // plan
	Version int      `json:"version"`
	Made    string   `json:"made"`    // when, as RFC 3339
	Command []string `json:"command"` // the command line
	From    string   `json:"from"`
	Sink    string   `json:"sink"`
	// Identity says which mailbox the sink is.
	Identity string         `json:"identity"`
	Options  jsontext.Value `json:"options"` // how records are treated; the caller's own
}

// Outcome is what would become of a record.
type Outcome struct {
	Type    string          `json:"type"` // outcome
	At      string          `json:"at,omitzero"`
	Outcome string          `json:"outcome"`
	Reason  string          `json:"reason,omitzero"`
	ID      contact.ID      `json:"id,omitzero"` // of the contact of the account
	Fields  []contact.Field `json:"fields,omitempty"`
}

// End is the last line of a plan. Without it a plan is not whole.
type End struct {
	Type    string `json:"type"` // end
	Records int    `json:"records"`
	// State is what the account was, as a hash; Digest is the SHA-256 of the file up to
	// this line.
	State  string `json:"state"`
	Digest string `json:"digest"`
}

// record is a record of the input, or why it could not be read.
type record struct {
	Type    string           `json:"type"` // record
	At      contact.Position `json:"at,omitzero"`
	Contact jsontext.Value   `json:"contact,omitzero"`
	Unread  []contact.Loss   `json:"unread,omitempty"`
	Error   string           `json:"error,omitzero"`
}

// Writer writes a plan. It is not for concurrent use. Errors are kept until End.
type Writer struct {
	w       io.Writer
	digest  hash.Hash
	records int
	err     error
}

// NewWriter begins a plan. The caller closes w, after End.
func NewWriter(w io.Writer, h Header) *Writer {
	p := &Writer{digest: sha256.New()}
	p.w = io.MultiWriter(w, p.digest)
	h.Type, h.Version, h.Made = "plan", Version, time.Now().UTC().Format(time.RFC3339)
	p.line(h)
	return p
}

func (p *Writer) line(v any) {
	if p.err != nil {
		return
	}
	text, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true))
	if err == nil {
		_, err = p.w.Write(append(text, '\n'))
	}
	p.err = err
}

// Watch returns the sequence of records, and writes what passes.
func (p *Writer) Watch(records iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range records {
			if bad, ok := errors.AsType[*formats.RecordError](err); ok {
				p.records++
				p.line(record{Type: "record", At: bad.At, Error: bad.Err.Error()})
			} else if err == nil {
				p.records++
				p.contact(c)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func (p *Writer) contact(c *contact.Contact) {
	text, err := jsonl.Marshal(nil, c)
	if err != nil && p.err == nil {
		p.err = err
	}
	p.line(record{Type: "record", At: c.At, Contact: text, Unread: c.Unread})
}

// Outcome adds what would become of a record.
func (p *Writer) Outcome(o Outcome) {
	o.Type = "outcome"
	p.line(o)
}

// End completes the plan, and returns the first error of writing it.
func (p *Writer) End(state string) error {
	p.line(End{Type: "end", Records: p.records, State: state, Digest: hex.EncodeToString(p.digest.Sum(nil))})
	return p.err
}

// Reader reads a plan.
type Reader struct {
	Header Header
	End    End
	open   func() (io.ReadCloser, error)
}

// Open reads a plan through, and checks that it is whole. Records reads it once more.
func Open(open func() (io.ReadCloser, error)) (*Reader, error) {
	p := &Reader{open: open}
	digest := sha256.New()
	err := p.lines(func(kind string, line []byte) error {
		switch {
		case p.Header.Type == "" && kind != "plan", p.End.Type != "":
			return ErrFormat
		case kind == "plan":
			if json.Unmarshal(line, &p.Header) != nil || p.Header.Version != Version {
				return ErrFormat
			}
		case kind == "end":
			if json.Unmarshal(line, &p.End) != nil || p.End.Digest != hex.EncodeToString(digest.Sum(nil)) {
				return fmt.Errorf("%w: it was changed after it was made", ErrFormat)
			}
		}
		digest.Write(line)
		return nil
	})
	if err == nil && p.End.Type == "" {
		err = fmt.Errorf("%w: its end is missing", ErrFormat)
	}
	return p, err
}

// lines hands every line, with its newline, to do.
func (p *Reader) lines(do func(kind string, line []byte) error) error {
	file, err := p.open()
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, 64<<10)
	for {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var typed struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(line, &typed) != nil || !bytes.HasSuffix(line, []byte("\n")) {
			return ErrFormat
		}
		if err := do(typed.Type, line); err != nil {
			return err
		}
	}
}

// maxLine is a record with its photo, in base64.
const maxLine = 2 * formats.MaxRecord

func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return nil, fmt.Errorf("%w: a line is too long", ErrFormat)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

var errStop = errors.New("no more records are wanted")

// Records returns the records of the plan, as they were read when it was made.
func (p *Reader) Records() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		err := p.lines(func(kind string, line []byte) error {
			if kind != "record" {
				return nil
			}
			var r record
			if json.Unmarshal(line, &r) != nil {
				return ErrFormat
			}
			goOn := false
			if r.Contact == nil {
				goOn = yield(nil, &formats.RecordError{At: r.At, Err: errors.New(r.Error)})
			} else {
				c, err := jsonl.Unmarshal(r.Contact)
				if err != nil {
					return ErrFormat
				}
				c.At, c.Unread = r.At, r.Unread
				goOn = yield(c, nil)
			}
			if !goOn {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}
