package csv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cardferry/cardferry/formats"
)

// What is wrong with a row.
var (
	errQuote   = errors.New("a quote is opened and not closed, or stands where none belongs")
	errStray   = errors.New("a line of the broken row before it")
	errTooLong = fmt.Errorf("longer than %d MiB", formats.MaxRecord>>20)
	errTooWide = fmt.Errorf("more than %d columns", formats.MaxExtra)
)

// scanner splits a stream into rows of cells, as RFC 4180 has them, and with every
// separator. Where encoding/csv would give up, or read on to the end of the file
// in search of a lost quote, it names the line and goes on with the next one.
type scanner struct {
	r    *bufio.Reader
	sep  byte
	line int    // lines read
	back []byte // lines to be read again, from off on
	off  int
	held []byte // the lines of the row at hand
	row  parser // of the row at hand
	// width is the number of cells that a whole row has, and broken is set from a
	// row that could not be read until the next one that can.
	width  int
	broken bool
	// guarded: what begins as a formula has an apostrophe before it, which is taken off.
	guarded bool
}

// next returns the cells of the next row, in a slice that is valid until the next
// call, and the line on which it begins. An error of this package concerns that row
// alone; any other is final.
func (s *scanner) next() (cells []string, line int, err error) {
	s.held = s.held[:0]
	p := &s.row
	*p = parser{sep: s.sep, cells: p.cells[:0], cell: p.cell[:0]}
	for first := true; ; first = false {
		text, err := s.readLine()
		if err == io.EOF && !first {
			return nil, line, s.giveUp(line, errQuote)
		}
		if first {
			line = s.line
		}
		switch {
		case err == errTooLong && !first:
			s.held = append(s.held, '\n') // keeps the count of lines when they are read again
			return nil, line, s.giveUp(line, err)
		case err != nil:
			return nil, line, err
		}
		start := len(s.held)
		s.held = append(s.held, text...)
		switch p.feed(s.held[start:]) {
		case rowDone:
			return s.checked(p.cells, line)
		case rowTooWide:
			s.broken = true
			return nil, line, errTooWide
		case rowStray:
			if lazy := (parser{sep: s.sep, lazy: true}); first && lazy.feed(s.held) == rowDone {
				return s.checked(lazy.cells, line)
			}
			return nil, line, s.giveUp(line, errQuote)
		}
		if len(s.held) > formats.MaxRecord {
			return nil, line, s.giveUp(line, errTooLong)
		}
	}
}

// checked makes the cells UTF-8. It refuses what follows a broken row and has too few
// cells for a row: the lines of a cell that was cut open.
func (s *scanner) checked(cells []string, line int) ([]string, int, error) {
	validCells(cells, s.held)
	if s.guarded {
		unguard(cells)
	}
	if s.broken && len(cells)*4 < s.width*3 {
		return nil, line, errStray
	}
	s.broken = false
	return cells, line, nil
}

// giveUp drops the row's first line and has the others read again.
func (s *scanner) giveUp(line int, err error) error {
	s.broken = true
	s.line = line
	_, rest, _ := bytes.Cut(s.held, []byte("\n"))
	if s.off < len(s.back) { // the whole row came from there
		s.off -= len(rest)
		return err
	}
	s.back, s.off = bytes.Clone(rest), 0
	return err
}

// readLine returns the next line with its end. It is valid until the next call.
func (s *scanner) readLine() ([]byte, error) {
	if text := s.back[s.off:]; len(text) > 0 {
		if end := bytes.IndexByte(text, '\n') + 1; end > 0 {
			text = text[:end]
		}
		s.line++
		s.off += len(text)
		return text, nil
	}
	text, err := s.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		text, err = s.readLong(bytes.Clone(text))
	}
	if len(text) == 0 && err != nil {
		return nil, err
	}
	s.line++
	if err == io.EOF {
		err = nil
	}
	return text, err
}

// readLong reads the rest of a line that is longer than the reader's buffer.
func (s *scanner) readLong(text []byte) ([]byte, error) {
	tooLong := false
	for {
		part, err := s.r.ReadSlice('\n')
		if tooLong = tooLong || len(text)+len(part) > formats.MaxRecord; !tooLong {
			text = append(text, part...)
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if tooLong && (err == nil || err == io.EOF) {
			s.line++
			return nil, errTooLong
		}
		return text, err
	}
}

type rowState int

const (
	rowMore    rowState = iota // a quoted cell goes on in the next line
	rowDone                    // the row is complete
	rowStray                   // a quote stands within a quoted cell
	rowTooWide                 // there are too many cells
)

// parser collects the cells of one row, a line at a time. A lazy one takes a quote
// that neither ends a cell nor is doubled for a character like others.
type parser struct {
	sep    byte
	lazy   bool
	cells  []string
	cell   []byte // what was read of a quoted one
	quoted bool   // within a quoted cell
}

func (p *parser) feed(line []byte) rowState {
	line, ended := cutLineEnd(line)
	for {
		if len(p.cells) > formats.MaxExtra {
			return rowTooWide
		}
		if !p.quoted {
			if opened := p.opening(line); opened > 0 {
				p.quoted = true
				line = line[opened:]
			}
		}
		if !p.quoted {
			end := bytes.IndexByte(line, p.sep)
			if end < 0 {
				p.cells = append(p.cells, string(line))
				return rowDone
			}
			p.cells = append(p.cells, string(line[:end]))
			line = line[end+1:]
			continue
		}
		rest, state := p.quotedCell(line)
		if state == rowMore && ended {
			p.cell = append(p.cell, '\n')
		}
		if state != rowDone {
			return state
		}
		p.cells = append(p.cells, string(p.cell))
		p.cell = p.cell[:0]
		p.quoted = false
		if len(rest) == 0 {
			return rowDone
		}
		line = rest[1:]
	}
}

// opening returns how many bytes of line open a quoted cell, zero if it is none.
func (p *parser) opening(line []byte) int {
	i := p.blanks(line)
	if i < len(line) && line[i] == '"' {
		return i + 1
	}
	return 0
}

func (p *parser) blanks(line []byte) int {
	i := 0
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') && line[i] != p.sep {
		i++
	}
	return i
}

// quotedCell reads up to the quote that ends the cell and returns what follows: a
// separator and the rest, or nothing.
func (p *parser) quotedCell(line []byte) ([]byte, rowState) {
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			p.cell = append(p.cell, line...)
			return nil, rowMore
		}
		p.cell = append(p.cell, line[:i]...)
		line = line[i+1:]
		after := line[p.blanks(line):]
		switch {
		case len(line) > 0 && line[0] == '"':
			line = line[1:]
			p.cell = append(p.cell, '"')
		case len(after) == 0 || after[0] == p.sep:
			return after, rowDone
		case p.lazy:
			p.cell = append(p.cell, '"')
		default:
			return nil, rowStray
		}
	}
}

// cutLineEnd returns the line without its end, of which there may be more than one
// carriage return, and whether it had one.
func cutLineEnd(line []byte) ([]byte, bool) {
	line, ended := bytes.CutSuffix(line, []byte("\n"))
	for len(line) > 0 && line[len(line)-1] == '\r' {
		line = line[:len(line)-1]
	}
	return line, ended
}
