package files

import (
	"bufio"
	"bytes"
	"io"
)

// rawLines cuts a stream into lines as the decoders count them, without a change to any
// byte. It knows UTF-16 by its byte order mark.
type rawLines struct {
	r      *bufio.Reader
	number int    // of the line that next returned last, from 1
	mid    bool   // there is more of that line
	cr     bool   // a carriage return alone ends a line too
	mark   string // the byte order mark, "" for none
	width  int    // bytes of a character
	big    bool   // the more significant byte stands first
	sep    rune   // what separates cells
}

// maxPart is the size from which on a line is returned in parts.
const maxPart = 1 << 20

func newRawLines(in io.Reader, cr bool) *rawLines {
	l := &rawLines{r: bufio.NewReaderSize(in, 64<<10), cr: cr, width: 1, sep: ','}
	head, _ := l.r.Peek(3)
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		l.width, l.mark = 2, "\xff\xfe"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		l.width, l.big, l.mark = 2, true, "\xfe\xff"
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		l.mark = "\xef\xbb\xbf"
	}
	l.r.Discard(len(l.mark))
	return l
}

// before reports whether what next returns is of a line before number.
func (l *rawLines) before(number int) bool { return l.mid || l.number+1 < number }

// next returns the next line with its end, a long one in several parts. The error is
// io.EOF after the last line, or that of the stream.
func (l *rawLines) next() ([]byte, error) {
	var line []byte
	for len(line) < maxPart {
		b, err := l.r.Peek(l.width)
		if len(b) < l.width { // the end; half a character belongs to it
			line = append(line, b...)
			l.r.Discard(len(b))
			if len(line) == 0 {
				return nil, err
			}
			l.begun(false)
			return line, nil
		}
		unit := l.unit(b)
		line = append(line, b...)
		l.r.Discard(l.width)
		if unit == '\n' || unit == '\r' && l.cr {
			if unit == '\r' {
				line = l.withLineFeed(line)
			}
			l.begun(false)
			return line, nil
		}
	}
	l.begun(true)
	return line, nil
}

// begun counts a line once, in whatever parts it comes.
func (l *rawLines) begun(more bool) {
	if !l.mid {
		l.number++
	}
	l.mid = more
}

// withLineFeed adds the line feed that follows a carriage return, also after several.
func (l *rawLines) withLineFeed(line []byte) []byte {
	for n := 1; ; n++ {
		ahead, _ := l.r.Peek(n * l.width)
		if len(ahead) < n*l.width {
			return line
		}
		switch l.unit(ahead[len(ahead)-l.width:]) {
		case '\r':
		case '\n':
			line = append(line, ahead...)
			l.r.Discard(len(ahead))
			return line
		default:
			return line
		}
	}
}

func (l *rawLines) unit(b []byte) rune {
	switch {
	case l.width == 1:
		return rune(b[0])
	case l.big:
		return rune(b[0])<<8 | rune(b[1])
	}
	return rune(b[1])<<8 | rune(b[0])
}

// encode returns text that is ASCII as the stream has it. Other characters become "?".
func (l *rawLines) encode(text string) []byte {
	var out []byte
	for _, r := range text {
		if r > '~' {
			r = '?'
		}
		switch {
		case l.width == 1:
			out = append(out, byte(r))
		case l.big:
			out = append(out, 0, byte(r))
		default:
			out = append(out, byte(r), 0)
		}
	}
	return out
}

// ascii returns the characters of a line that are ASCII.
func (l *rawLines) ascii(line []byte) []byte {
	var out []byte
	for ; len(line) >= l.width; line = line[l.width:] {
		if r := l.unit(line); r < 0x80 {
			out = append(out, byte(r))
		}
	}
	return out
}

// findSeparator takes the one that the names of the columns have most of.
func (l *rawLines) findSeparator(names []byte) {
	text, most := l.ascii(names), 0
	for _, sep := range ",;\t|" {
		if n := bytes.Count(text, []byte(string(sep))); n > most {
			l.sep, most = sep, n
		}
	}
}
