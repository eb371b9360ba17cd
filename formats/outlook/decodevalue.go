package outlook

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/go-json-experiment/json/jsontext"
)

// How values of any form are read: texts, arrays, and the members of objects.

// string reads a string; a number or a boolean is one too, and null is empty.
func (r *reader) string(name string) string {
	s := r.texts.of(r.text(name))
	switch {
	case s == "", r.plain && s[0] != ' ' && s[len(s)-1] != ' ', contact.IsTidy(s):
	default:
		r.it.tidy = false
	}
	return s
}

// text is string as bytes that are valid until the next one is read.
func (r *reader) text(name string) []byte {
	v := r.value()
	if len(v) == 0 {
		return nil
	}
	switch v[0] {
	case '"':
		return r.unquote(v)
	case 'n':
		return nil
	case '{', '[':
		r.unread(name, "not a text")
		return nil
	}
	return v
}

// unquote returns the text of the string that was read last, valid until the next
// one is read.
func (r *reader) unquote(v []byte) []byte {
	if r.plain {
		return v[1 : len(v)-1]
	}
	r.buf = appendUnquote(r.buf[:0], v)
	return r.buf
}

// appendUnquote appends the text of a string. What is not UTF-8 is replaced.
func appendUnquote(b, quoted []byte) []byte {
	before, rest := len(b), quoted[1:len(quoted)-1]
	for valid := utf8.Valid(rest); valid; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return append(b, rest...)
		}
		c := byte(0)
		if i+1 < len(rest) {
			c = escaped(rest[i+1])
		}
		if c == 0 {
			break
		}
		b, rest = append(append(b, rest[:i]...), c), rest[i+2:]
	}
	b, _ = jsontext.AppendUnquote(b[:before], quoted) // the error is that of invalid UTF-8
	return b
}

// escaped returns what a backslash and c stand for, 0 if that is more than a byte.
func escaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

func unquote(quoted []byte) string { return string(appendUnquote(nil, quoted)) }

// array calls f before each element, which f reads. Anything but an array is
// noted, null is an empty one. There is a limit to its length.
func (r *reader) array(name string, f func()) {
	if !r.begin(name, '[') {
		return
	}
	for n := 1; r.next(']'); n++ {
		if n <= formats.MaxExtra {
			f()
			continue
		}
		if r.value(); n == formats.MaxExtra+1 {
			r.unread(name, fmt.Sprintf("more than %d elements", formats.MaxExtra))
		}
	}
}

// fields calls f with the name of each member of an object, in lower case; f reads
// the value, and has no use of the name after that.
func (r *reader) fields(name string, f func(key []byte)) {
	if !r.begin(name, '{') {
		return
	}
	for r.next('}') {
		f(r.lower(r.name()))
	}
}

// begin enters an array or an object.
func (r *reader) begin(name string, bracket byte) bool {
	switch r.peek() {
	case bracket:
		r.open()
		return true
	case 'n':
		r.value()
	default:
		if r.value(); r.err == nil {
			r.unread(name, "not of the expected form")
		}
	}
	return false
}

// name reads the name of a member, without its quotes and escapes. It is valid until
// the next string is read.
func (r *reader) name() []byte {
	v := r.scanner.name()
	switch {
	case v == nil:
		return nil
	case r.plain || bytes.IndexByte(v, '\\') < 0:
		return v[1 : len(v)-1]
	}
	return r.unquote(v)
}

// lower returns a name with its ASCII letters in lower case.
func (r *reader) lower(name []byte) []byte {
	r.key = append(r.key[:0], name...)
	for i, b := range r.key {
		if b >= 'A' && b <= 'Z' {
			r.key[i] = b + ('a' - 'A')
		}
	}
	return r.key
}

// texts makes strings, many out of one piece of memory. Whoever keeps one of them
// keeps a piece with its neighbours, or two, and no more.
type texts struct{ piece strings.Builder }

const pieceSize = 1 << 10

func (t *texts) of(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case len(text) > pieceSize/4:
		return string(text)
	case len(text) > t.piece.Cap()-t.piece.Len():
		t.piece.Reset()
		t.piece.Grow(pieceSize)
	}
	from := t.piece.Len()
	t.piece.Write(text)
	return t.piece.String()[from:]
}
