package vcard

import (
	"bytes"
	"errors"
	"io"
)

// errLongLine says that a line was longer than the reader's limit. It has been
// passed over, and the next call of next goes on behind it.
var errLongLine = errors.New("a line is too long")

// lineReader cuts a stream into physical lines, whatever ends them: LF, CRLF, CR,
// or the CRCRLF of programs that converted twice. It keeps one line in memory.
type lineReader struct {
	src     io.Reader
	limit   int     // bytes of one line
	number  int     // of the line returned last, from 1
	skipped [5]byte // how the line that was too long begins

	buf        []byte
	start, end int   // what is read and not yet returned
	noLF, noCR int   // bytes from start on known to hold none
	err        error // from src, io.EOF included
}

const readSize = 64 << 10

// next returns the next line without its end. The bytes are valid until the next
// call. After the last line it returns what src ended with.
func (l *lineReader) next() ([]byte, error) {
	// The usual end first: LF or CRLF, and no other CR before it.
	if lf := indexFrom(l.buf[l.start:l.end], '\n', &l.noLF); lf >= 0 {
		line := l.buf[l.start : l.start+lf]
		if lf > 0 && line[lf-1] == '\r' {
			line = line[:lf-1]
		}
		if bytes.IndexByte(line, '\r') < 0 {
			l.consume(lf + 1)
			l.number++
			return line, nil
		}
	}
	for {
		if line, size := l.cut(); size > 0 {
			l.consume(size)
			l.number++
			return line, nil
		}
		if l.err != nil {
			return l.last()
		}
		if l.end-l.start > l.limit {
			return nil, l.skip()
		}
		l.fill()
	}
}

// cut returns the first complete line, and its size with its end, or 0.
func (l *lineReader) cut() (line []byte, size int) {
	w := l.buf[l.start:l.end]
	lf := indexFrom(w, '\n', &l.noLF)
	head := w
	if lf >= 0 {
		head = w[:lf]
	}
	cr := indexFrom(head, '\r', &l.noCR)
	if cr < 0 {
		return head, lf + 1
	}
	run := cr
	for run < len(w) && w[run] == '\r' {
		run++
	}
	if run < len(w) && w[run] == '\n' {
		return w[:cr], run + 1
	}
	if run == len(w) && l.err == nil {
		return nil, 0 // an LF may follow
	}
	return w[:cr], cr + 1
}

// indexFrom is bytes.IndexByte that remembers how far it has looked, so that a
// long line is looked at once.
func indexFrom(w []byte, b byte, seen *int) int {
	from := min(*seen, len(w))
	i := bytes.IndexByte(w[from:], b)
	if i < 0 {
		*seen = len(w)
		return -1
	}
	*seen = from + i
	return *seen
}

func (l *lineReader) consume(size int) {
	l.start += size
	l.noLF = max(0, l.noLF-size)
	l.noCR = max(0, l.noCR-size)
}

// last returns the line that the stream ends in without a line end.
func (l *lineReader) last() ([]byte, error) {
	line := l.buf[l.start:l.end]
	if len(line) == 0 {
		return nil, l.err
	}
	l.consume(len(line))
	l.number++
	return line, nil
}

// skip passes over the rest of a line that is too long.
func (l *lineReader) skip() error {
	copy(l.skipped[:], l.buf[l.start:l.end])
	for {
		l.start, l.end, l.noLF, l.noCR = 0, 0, 0, 0
		l.fill()
		_, size := l.cut()
		if size == 0 && l.err == nil {
			continue
		}
		if size == 0 {
			size = l.end
		}
		l.consume(size)
		l.number++
		return errLongLine
	}
}

// fill reads once, making room first.
func (l *lineReader) fill() {
	if l.end == len(l.buf) {
		used := l.end - l.start
		if used > len(l.buf)/2 || len(l.buf) == 0 {
			grown := make([]byte, max(readSize, 2*len(l.buf)))
			copy(grown, l.buf[l.start:l.end])
			l.buf = grown
		} else {
			copy(l.buf, l.buf[l.start:l.end])
		}
		l.start, l.end = 0, used
	}
	for range 100 {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}
