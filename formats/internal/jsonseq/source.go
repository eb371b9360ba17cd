package jsonseq

import (
	"bytes"
	"io"
	"math"
)

// source is a stream that fails at a limit, which its user moves on, and takes back what
// was read too much.
type source struct {
	r         io.Reader
	at, limit int64  // bytes of the stream handed out, and how many may be
	ahead     []byte // read from r, or taken back, and to be handed out next
}

func (s *source) Read(p []byte) (n int, err error) {
	switch {
	case s.at >= s.limit:
		return 0, ErrTooLong
	case len(s.ahead) > 0:
		n = copy(p, s.ahead)
		s.ahead = s.ahead[n:]
	default:
		n, err = s.r.Read(p[:min(int64(len(p)), s.limit-s.at)])
	}
	s.at += int64(n)
	return n, err
}

// unread takes back what was handed out last.
func (s *source) unread(text []byte) {
	s.ahead = append(bytes.Clone(text), s.ahead...)
	s.at -= int64(len(text))
}

// skip passes over the value that comes next, which is broken, up to the line that the
// next one begins on; false if there is none.
func (s *source) skip(begins func(line []byte) bool) bool {
	s.limit = math.MaxInt64
	most := 0 // the broken one's indentation
	for text := s.peek(1); len(text) > 0 && bytes.IndexByte([]byte(" \t\r\n,"), text[0]) >= 0; text = s.peek(1) {
		switch text[0] {
		case '\n':
			most = 0
		case ' ', '\t':
			most++
		}
		s.discard(1)
	}
	for {
		end := bytes.IndexByte(s.ahead, '\n')
		for ; end < 0; end = bytes.IndexByte(s.ahead, '\n') {
			s.discard(len(s.ahead))
			if len(s.peek(1)) == 0 {
				return false
			}
		}
		s.discard(end + 1)
		line := s.peek(256)
		indentation := len(line) - len(bytes.TrimLeft(line, " \t"))
		text := bytes.TrimLeft(line, ", \t")
		if indentation <= most && len(text) > 0 && begins(text) {
			s.discard(len(line) - len(text))
			return true
		}
	}
}

// peek returns the next n bytes, less at the end of the stream.
func (s *source) peek(n int) []byte {
	for len(s.ahead) < n {
		chunk := make([]byte, 4<<10)
		got, err := s.r.Read(chunk)
		s.ahead = append(s.ahead, chunk[:got]...)
		if err != nil {
			break
		}
	}
	return s.ahead[:min(n, len(s.ahead))]
}

func (s *source) discard(n int) {
	s.ahead = s.ahead[n:]
	s.at += int64(n)
}
