package csv

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// NewDecoder returns a decoder of r. Where no column of the table is understood, by its
// name or by what stands in it, the only element is an error. A row that cannot be read,
// for a quote that is never closed or for its size, is a [*formats.RecordError] with its
// line, and the rows after it come through. Rows without any value are passed over.
func NewDecoder(r io.Reader, o Options) formats.Decoder { return &decoder{r, o} }

type decoder struct {
	r io.Reader
	o Options
}

// All implements [formats.Decoder].
func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		t, err := openTable(d.r, d.o)
		if err != nil {
			if err != errEmpty {
				yield(nil, err)
			}
			return
		}
		if d.o.Explain != nil {
			d.o.Explain(t.explanation())
		}
		t.rows(yield)
	}
}

// Errors of a table as a whole.
var (
	errEmpty     = errors.New("the table is empty")
	errNoColumns = errors.New(`no column is understood: the first row must hold names such as "First Name" or "E-mail Address", or a column email addresses or phone numbers`)
)

// table is a stream whose first row has been read.
type table struct {
	scanner *scanner
	layout  *layout
	charset string
	line    int      // of the names; 0 where there are none
	first   []string // in a table without names: its first row
}

// openTable finds out what separates the columns, and what they mean.
func openTable(in io.Reader, o Options) (*table, error) {
	r, charset, err := decoded(in, o.Charset)
	if err != nil {
		return nil, err
	}
	t, header, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	t.charset = charset
	s := t.scanner
	l := newLayout(header, o.Mapping)
	if s.guarded = slices.Contains(header, guardColumn); s.guarded {
		unguard(header)
	}
	sample := s.sample()
	if l.known == l.mapped && isData(header) {
		t.first, t.line = slices.Clone(header), 0
		sample = append([][]string{t.first}, sample...)
		for _, cells := range sample[:min(len(sample), sampleLen)] {
			s.width = max(s.width, len(cells))
		}
		l = newLayout(make([]string, s.width), o.Mapping)
	}
	l.understand(sample)
	if l.known == 0 {
		return nil, errNoColumns
	}
	if err := l.bind(); err != nil {
		return nil, err
	}
	ours := header
	if ours[0] == formats.ReasonField {
		ours = ours[1:]
	}
	if l.order = o.Dates; l.order == 0 && (beginsWith(ours, outlookColumns) || beginsWith(ours, outlookComColumns)) {
		l.order = MonthFirst // written by us
	}
	if l.order == 0 {
		l.order = l.orderOf(sample)
	}
	if l.order == 0 && l.asked {
		l.order = l.orderOf(s.farSample())
	}
	t.layout = l
	return t, nil
}

func beginsWith(header, columns []string) bool {
	return len(header) >= len(columns) && slices.Equal(header[:len(columns)], columns)
}

// readHeader reads up to the names of the columns.
func readHeader(r *bufio.Reader) (*table, []string, error) {
	head, err := peek(r)
	if err != nil {
		return nil, nil, err
	}
	s := &scanner{r: r, sep: separator(head)}
	if declared(head) != 0 {
		if _, err := s.readLine(); err != nil {
			return nil, nil, fmt.Errorf("reading: %w", err)
		}
	}
	header, line, err := s.nextFilled()
	switch {
	case err == io.EOF:
		return nil, nil, errEmpty
	case err != nil:
		return nil, nil, fmt.Errorf("the row of names, line %d: %w", line, err)
	}
	s.width = len(header)
	return &table{scanner: s, line: line}, slices.Clone(header), nil
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

// separator returns the character that, taken for the separator, makes most sense of the
// beginning: it leads to the most known columns, then to the most rows that are as wide as
// the first one and wider than one cell, then to the most columns.
func separator(head []byte) byte {
	if sep := declared(head); sep != 0 {
		return sep
	}
	best, bestKnown, bestAlike, bestWidth := byte(','), -1, -1, -1
	for _, sep := range []byte{',', ';', '\t', '|'} {
		s := &scanner{r: bufio.NewReader(bytes.NewReader(head)), sep: sep}
		header, _, err := s.nextFilled()
		if err == errTooWide {
			return sep
		}
		if err != nil {
			continue
		}
		known, width, alike := newLayout(header, nil).known, len(header), 0
		if known == 0 { // names do not tell
			alike = s.alike()
		}
		if cmp.Or(cmp.Compare(known, bestKnown), cmp.Compare(alike, bestAlike), cmp.Compare(width, bestWidth)) > 0 {
			best, bestKnown, bestAlike, bestWidth = sep, known, alike, width
		}
	}
	return best
}

// alike returns how many of the next rows are as wide as their neighbour and wider than
// one cell.
func (s *scanner) alike() int {
	n, width := 0, 0
	for range sampleLen {
		cells, _, err := s.nextFilled()
		if err != nil {
			return n
		}
		if len(cells) > 1 && len(cells) == width {
			n++
		}
		width = len(cells)
	}
	return n
}

// sampleLen is how many rows show what stands in a column.
const sampleLen = 200

// sample returns rows that come next, as far as they have been read ahead, and reads
// none of them.
func (s *scanner) sample() [][]string {
	ahead, _ := s.r.Peek(s.r.Buffered())
	return s.rowsOf(ahead, sampleLen)
}

// farLen is how far ahead of the rows the table is looked at where it must be.
const farLen = 4 << 20

// farSample reads ahead and returns all rows that it has seen.
func (s *scanner) farSample() [][]string {
	ahead, err := io.ReadAll(io.LimitReader(s.r, farLen))
	var rest io.Reader = s.r
	if err != nil {
		rest = failing{err}
	}
	s.r = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(ahead), rest), headLen)
	return s.rowsOf(ahead, len(ahead))
}

// failing is a reader that has failed.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// rowsOf returns up to n rows of a text that may end within one.
func (s *scanner) rowsOf(text []byte, n int) [][]string {
	s = &scanner{r: bufio.NewReader(bytes.NewReader(text)), sep: s.sep, guarded: s.guarded}
	var rows [][]string
	for len(rows) < n {
		cells, _, err := s.nextFilled()
		switch {
		case err == nil:
			rows = append(rows, slices.Clone(cells))
		case !concernsRow(err):
			return rows
		}
	}
	return rows
}

func (t *table) rows(yield func(*contact.Contact, error) bool) {
	number := 1
	if t.first != nil {
		if !yield(t.row(t.first, contact.Position{Unit: "row", Number: number, Line: 1}), nil) {
			return
		}
		number++
	}
	var broken brokenRow
	for ; ; number++ {
		cells, line, err := t.scanner.nextFilled()
		if err == errStray {
			broken.lines++
			number--
			continue
		}
		if !broken.settle(yield) || err == io.EOF {
			return
		}
		at := contact.Position{Unit: "row", Number: number, Line: line}
		switch {
		case err != nil && concernsRow(err):
			broken = brokenRow{&formats.RecordError{At: at, Err: err}, 0}
		case err != nil:
			yield(nil, fmt.Errorf("reading line %d: %w", line, err))
			return
		case !yield(t.row(cells, at), nil):
			return
		}
	}
}

// brokenRow is a row that could not be read, until it is known how many lines behind it
// are no rows but parts of it.
type brokenRow struct {
	err   *formats.RecordError
	lines int
}

// settle names the row, if there is one.
func (b *brokenRow) settle(yield func(*contact.Contact, error) bool) bool {
	e := b.err
	if e == nil {
		return true
	}
	switch b.err = nil; {
	case b.lines == 1:
		e.Err = fmt.Errorf("%w; the line after it has too few cells and belongs to it", e.Err)
	case b.lines > 1:
		e.Err = fmt.Errorf("%w; %d lines after it have too few cells and belong to it", e.Err, b.lines)
	}
	return yield(nil, e)
}

func concernsRow(err error) bool {
	return err == errQuote || err == errStray || err == errTooLong || err == errTooWide
}

func (t *table) row(cells []string, at contact.Position) *contact.Contact {
	c := new(contact.Contact)
	t.layout.settleDates(c, cells)
	t.layout.read(c, cells)
	c.At = at
	for i := range c.Unread {
		c.Unread[i].Reason += fmt.Sprintf(", line %d", at.Line)
	}
	return contact.Normalize(c)
}
