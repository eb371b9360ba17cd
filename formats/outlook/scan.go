package outlook

import (
	"errors"
	"math/bits"
)

// scanner reads JSON text (RFC 8259) from memory, in one pass and copying nothing.
// Whoever uses it enters arrays and objects, and passes over what it does not want.
// It is strict, but that bytes which are not UTF-8 pass in strings. The first error
// is final: whatever is read after it is empty, and no array goes on.
type scanner struct {
	data  []byte
	pos   int  // behind what was read last
	depth int  // of the arrays and objects around pos
	begun bool // the array or object around pos has just been entered
	plain bool // the string that was read last is ASCII without escapes
	err   error
}

var errSyntax = errors.New("not valid JSON")

// maxDepth is how deep arrays and objects may stand in one another.
const maxDepth = 10000

func (s *scanner) fail() {
	if s.err == nil {
		s.err = errSyntax
	}
}

// peek returns the first byte of what comes next, 0 at the end and after an error.
func (s *scanner) peek() byte {
	for s.err == nil && s.pos < len(s.data) {
		switch b := s.data[s.pos]; b {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return b
		}
	}
	return 0
}

// open enters an array or an object, whose bracket has been seen. Its elements, or
// its members, are what is read while next is true.
func (s *scanner) open() {
	s.pos++
	s.begun = true
	if s.depth++; s.depth > maxDepth {
		s.fail()
	}
}

// next moves to the next element or member, or, with false, behind the closing
// bracket.
func (s *scanner) next(closing byte) bool {
	b := s.peek()
	switch {
	case s.err != nil:
		return false
	case b == closing:
		s.pos++
		s.depth--
		s.begun = false
		return false
	case s.begun:
		s.begun = false
		return true
	case b != ',':
		s.fail()
		return false
	}
	s.pos++
	return true
}

// name reads the name of a member, in its quotes, and the colon. It is nil after an
// error.
func (s *scanner) name() []byte {
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	from := s.pos
	s.string()
	to := s.pos
	if s.peek() != ':' {
		s.fail()
		return nil
	}
	s.pos++
	return s.data[from:to]
}

// value returns the next value as it stands, nil after an error.
func (s *scanner) value() []byte {
	b := s.peek()
	from := s.pos
	switch b {
	case '"':
		s.string()
	case '{':
		for s.open(); s.next('}'); {
			s.name()
			s.value()
		}
	case '[':
		for s.open(); s.next(']'); {
			s.value()
		}
	case 'n':
		s.literal("null")
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	default:
		s.number()
	}
	if s.err != nil {
		return nil
	}
	return s.data[from:s.pos]
}

func (s *scanner) literal(word string) {
	if rest := s.data[s.pos:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		s.fail()
		return
	}
	s.pos += len(word)
}

// number reads an optional minus, digits without a leading zero, and an optional
// fraction and exponent.
func (s *scanner) number() {
	s.oneOf("-")
	if !s.oneOf("0") && !s.digits() {
		s.fail()
	}
	if s.oneOf(".") && !s.digits() {
		s.fail()
	}
	if s.oneOf("eE") {
		s.oneOf("+-")
		if !s.digits() {
			s.fail()
		}
	}
}

// oneOf moves over a byte if it is one of those.
func (s *scanner) oneOf(bytes string) bool {
	for i := 0; i < len(bytes) && s.pos < len(s.data); i++ {
		if s.data[s.pos] == bytes[i] {
			s.pos++
			return true
		}
	}
	return false
}

func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > from
}

// string moves over the string at pos.
func (s *scanner) string() {
	s.plain = true
	s.pos++
	for s.pos < len(s.data) {
		s.pos += plainPrefix(s.data[s.pos:])
		if s.pos == len(s.data) {
			break
		}
		switch b := s.data[s.pos]; {
		case b == '"':
			s.pos++
			return
		case b == '\\':
			s.pos++
			if !s.oneOf(`"\/bfnrt`) && !(s.oneOf("u") && s.hex()) {
				s.fail()
				return
			}
		case b < ' ':
			s.fail()
			return
		default:
			for s.pos++; s.pos < len(s.data) && s.data[s.pos] >= 0x7f; { // such bytes come in rows
				s.pos++
			}
		}
		s.plain = false
	}
	s.fail()
}

// hex moves over the four digits of an escape.
func (s *scanner) hex() bool {
	for range 4 {
		if !s.oneOf("0123456789abcdefABCDEF") {
			return false
		}
	}
	return true
}

// plainPrefix returns how many bytes text begins with that stand for themselves in
// a JSON string and are printable ASCII. It looks at eight bytes at a time: most of
// what is read and written are such bytes.
func plainPrefix[T []byte | string](text T) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(text); n += 8 {
		t := text[n : n+8]
		x := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		// What is subtracted from a byte that is too small borrows from its high bit.
		x |= (x - ' '*ones) | (x ^ '"'*ones - ones) | (x ^ '\\'*ones - ones) | (x ^ 0x7f*ones - ones)
		if x &= high; x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
	}
	for ; n < len(text); n++ {
		if b := text[n]; b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			break
		}
	}
	return n
}
