package csv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// NewDecoder returns a decoder of r. The table's first row must hold names of
// columns of which at least one is known; else the only element is an error. A row
// that cannot be read, for a quote that is never closed or for its size, is a
// [*formats.RecordError] with its line, and the rows after it come through. Rows
// without any value are passed over.
func NewDecoder(r io.Reader) formats.Decoder { return &decoder{r: r} }

type decoder struct{ r io.Reader }

// All implements [formats.Decoder].
func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		r, err := decoded(d.r)
		if err != nil {
			yield(nil, err)
			return
		}
		t, err := openTable(r)
		if err != nil {
			if err != errEmpty {
				yield(nil, err)
			}
			return
		}
		t.rows(yield)
	}
}

// Errors of a table as a whole.
var (
	errEmpty     = errors.New("the table is empty")
	errNoColumns = errors.New(`no column is known: the first row must hold names such as "First Name" or "E-mail Address"`)
)

// table is a stream whose first row has been read.
type table struct {
	scanner *scanner
	layout  *layout
}

// openTable reads the first row: what separates the columns, and what they mean.
func openTable(r *bufio.Reader) (*table, error) {
	head, err := peek(r)
	if err != nil {
		return nil, err
	}
	s := &scanner{r: r, sep: separator(head)}
	if declared(head) != 0 {
		if _, err := s.readLine(); err != nil {
			return nil, fmt.Errorf("reading: %w", err)
		}
	}
	header, line, err := s.nextFilled()
	switch {
	case err == io.EOF:
		return nil, errEmpty
	case err != nil:
		return nil, fmt.Errorf("the row of names, line %d: %w", line, err)
	}
	l := newLayout(header)
	if l.known == 0 {
		return nil, errNoColumns
	}
	if err := l.bind(); err != nil {
		return nil, err
	}
	s.width = len(header)
	return &table{s, l}, nil
}

// nextFilled returns the next row that has a value.
func (s *scanner) nextFilled() ([]string, int, error) {
	for {
		cells, line, err := s.next()
		if err != nil || slices.ContainsFunc(cells, isFilled) {
			return cells, line, err
		}
	}
}

func isFilled(cell string) bool { return !isBlank(cell) }

// declared returns the separator of a first line "sep=;", which Excel understands.
func declared(head []byte) byte {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.Trim(line, "\r\"")
	if len(line) == 5 && strings.EqualFold(string(line[:4]), "sep=") {
		return line[4]
	}
	return 0
}

// separator returns the character that, taken for the separator, makes most sense
// of the first row: it leads to the most known columns, then to the most columns.
func separator(head []byte) byte {
	if sep := declared(head); sep != 0 {
		return sep
	}
	best, bestKnown, bestWidth := byte(','), -1, -1
	for _, sep := range []byte{',', ';', '\t', '|'} {
		s := &scanner{r: bufio.NewReader(bytes.NewReader(head)), sep: sep}
		header, _, err := s.nextFilled()
		if err == errTooWide {
			return sep
		}
		if err != nil {
			continue
		}
		known := newLayout(header).known
		if known > bestKnown || known == bestKnown && len(header) > bestWidth {
			best, bestKnown, bestWidth = sep, known, len(header)
		}
	}
	return best
}

func (t *table) rows(yield func(*contact.Contact, error) bool) {
	for number := 1; ; number++ {
		cells, line, err := t.scanner.nextFilled()
		if err == io.EOF {
			return
		}
		at := contact.Position{Unit: "row", Number: number, Line: line}
		if err != nil && !concernsRow(err) {
			yield(nil, fmt.Errorf("reading line %d: %w", line, err))
			return
		}
		if !yield(t.row(cells, at, err)) {
			return
		}
	}
}

func concernsRow(err error) bool {
	return err == errQuote || err == errStray || err == errTooLong || err == errTooWide
}

func (t *table) row(cells []string, at contact.Position, err error) (*contact.Contact, error) {
	if err != nil {
		return nil, &formats.RecordError{At: at, Err: err}
	}
	c := new(contact.Contact)
	t.layout.read(c, cells)
	c.At = at
	for i := range c.Unread {
		c.Unread[i].Reason += fmt.Sprintf(", line %d", at.Line)
	}
	return contact.Normalize(c), nil
}
