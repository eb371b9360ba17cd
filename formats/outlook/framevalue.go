package outlook

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/cardferry/cardferry/formats"
)

// peek skips blanks and returns the next byte.
func (f *framer) peek() (byte, bool) {
	for {
		for f.pos < len(f.buf) {
			switch b := f.buf[f.pos]; b {
			case '\n':
				f.newline()
			case ' ', '\t', '\r':
			default:
				return b, true
			}
			f.pos++
		}
		if !f.fill() {
			return 0, false
		}
	}
}

// newline counts the line break at pos.
func (f *framer) newline() { f.line, f.begin = f.line+1, f.pos+1 }

// chunk is how much is read at a time.
const chunk = 64 << 10

// fill reads more into the buffer, and moves what is still needed to its front.
func (f *framer) fill() bool {
	if f.r == nil {
		return false
	}
	from := f.pos
	if f.keep >= 0 {
		from, f.keep = f.keep, 0
	}
	n := copy(f.buf, f.buf[from:])
	f.buf, f.pos, f.begin = f.buf[:n], f.pos-from, f.begin-from
	if cap(f.buf)-n < chunk {
		f.buf = append(make([]byte, 0, 2*cap(f.buf)+chunk), f.buf...)
	}
	for range 100 {
		m, err := f.r.Read(f.buf[n:min(cap(f.buf), n+chunk)])
		f.buf = f.buf[:n+m]
		if err != nil {
			f.r, f.failure = nil, err
		}
		if m > 0 || err != nil {
			return m > 0
		}
	}
	f.r, f.failure = nil, io.ErrNoProgress
	return false
}

// value reads the value at pos, which keep is set to, and returns its text.
func (f *framer) value() ([]byte, error) {
	f.keep = f.pos
	if err := f.skipValue(); err != nil {
		return nil, err
	}
	raw := f.buf[f.keep:f.pos]
	f.keep = -1 // raw is the caller's until the next fill
	return raw, nil
}

// skipValue moves over one value. Where the brackets do not match, or an object
// stands where none can, the value is broken and pos is at that place.
func (f *framer) skipValue() error {
	var nested []byte
	before := byte(':') // the last byte of the structure
	for {
		b, ok := f.peek()
		if !ok {
			return f.unfinished()
		}
		if f.tooLong() {
			return errTooLong
		}
		switch b {
		case '{', '[':
			within := len(nested) > 0 && nested[len(nested)-1] == '{'
			if before != ':' && before != '[' && (before != ',' || within) {
				return errBroken
			}
			nested = append(nested, b)
			f.pos++
		case '}', ']':
			if len(nested) == 0 || nested[len(nested)-1] != b-2 { // each closes two after it opens
				return errBroken
			}
			nested = nested[:len(nested)-1]
			f.pos++
		case '"':
			if err := f.string(); err != nil {
				return err
			}
		default:
			f.pos++
			if len(nested) == 0 {
				f.scalar()
			}
		}
		if before = b; len(nested) == 0 {
			return nil
		}
	}
}

// scalar moves over a number or a literal.
func (f *framer) scalar() {
	for {
		for f.pos < len(f.buf) {
			switch f.buf[f.pos] {
			case ' ', '\t', '\r', '\n', ',', ']', '}', '[', '{', '"':
				return
			}
			f.pos++
		}
		if !f.fill() {
			return
		}
	}
}

// string moves over the string at pos. A line break in it is no JSON, but some
// write it; where another object begins on the next line, the string has no end.
func (f *framer) string() error {
	f.pos++
	for {
		for f.pos < len(f.buf) {
			switch f.buf[f.pos] {
			case '"':
				f.pos++
				return nil
			case '\\':
				if f.pos+1 == len(f.buf) && !f.fill() {
					return f.unfinished()
				}
				f.pos++
			case '\n':
				f.newline()
				f.pos++
				if b, _ := f.peek(); b == '{' {
					return errBroken
				}
				continue
			}
			f.pos++
		}
		if f.tooLong() {
			return errTooLong
		}
		if !f.fill() {
			return f.unfinished()
		}
	}
}

func (f *framer) tooLong() bool { return f.keep >= 0 && f.pos-f.keep > formats.MaxRecord }

func (f *framer) unfinished() error {
	if f.failure != nil && f.failure != io.EOF {
		return f.failure
	}
	return errUnfinished
}

// resume moves pos behind a broken record that began at keep: to the next object
// that begins as the record did, with as much before it on its line. It reports
// whether there is one.
func (f *framer) resume(line int) bool {
	f.pos, f.line, f.keep = f.keep+1, line, -1
	for f.skipLine() {
		if b, ok := f.peekLine(); ok && b == '{' && f.pos-f.begin == f.column {
			return true
		}
	}
	return false
}

// skipLine moves to the start of the next line, if there is one.
func (f *framer) skipLine() bool {
	for {
		if i := bytes.IndexByte(f.buf[f.pos:], '\n'); i >= 0 {
			f.pos += i
			f.newline()
			f.pos++
			return true
		}
		f.pos = len(f.buf)
		if !f.fill() {
			return false
		}
	}
}

// peekLine is peek within one line.
func (f *framer) peekLine() (byte, bool) {
	for f.pos < len(f.buf) || f.fill() {
		switch b := f.buf[f.pos]; b {
		case ' ', '\t':
			f.pos++
		default:
			return b, true
		}
	}
	return 0, false
}

// linkOf returns the text of a link, "" if it is none.
func linkOf(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	return unquote(raw)
}

// countOf returns a number, -1 if it is none.
func countOf(raw []byte) int {
	n, err := strconv.Atoi(string(raw))
	if errors.Is(err, strconv.ErrSyntax) || n < 0 {
		return -1
	}
	return n
}
