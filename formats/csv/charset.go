package csv

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// headLen is how much of a stream is looked at to find its charset and separator.
const headLen = 64 << 10

// decoded returns r as UTF-8 without a byte order mark, with line ends that hold a
// line feed. What is neither marked nor valid UTF-8 is taken for windows-1252, the
// code page of the programs that write no other.
func decoded(r io.Reader) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, headLen)
	head, err := peek(br)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		br.Discard(3)
		head = head[3:]
	}
	if enc := charsetOf(head); enc != nil {
		br = bufio.NewReaderSize(enc.NewDecoder().Reader(br), headLen)
		if head, err = peek(br); err != nil {
			return nil, err
		}
	}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		br = bufio.NewReaderSize(carriageReturns{br}, headLen)
	}
	return br, nil
}

func peek(br *bufio.Reader) ([]byte, error) {
	head, err := br.Peek(headLen)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return head, nil
}

// charsetOf returns the encoding to decode from, nil for UTF-8.
func charsetOf(head []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case zeros(head, 1):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros(head, 0):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case !validHead(head):
		return charmap.Windows1252
	}
	return nil
}

// zeros reports whether most bytes at odd (first 1) or even (first 0) places are
// zero, as in UTF-16 of a European language.
func zeros(head []byte, first int) bool {
	n := 0
	for i := first; i < len(head); i += 2 {
		if head[i] == 0 {
			n++
		}
	}
	return n > 1 && n > len(head)/4
}

// validHead reports whether head is UTF-8, but for a character that it cuts.
func validHead(head []byte) bool {
	if len(head) == headLen {
		for i := 1; i < utf8.UTFMax; i++ {
			if utf8.RuneStart(head[len(head)-i]) {
				head = head[:len(head)-i]
				break
			}
		}
	}
	return utf8.Valid(head)
}

// validCells makes the cells of a row UTF-8.
func validCells(cells []string, row []byte) {
	if utf8.Valid(row) {
		return
	}
	for i := range cells {
		cells[i] = validText(cells[i])
	}
}

// validText returns a cell that is not UTF-8, in a table that otherwise is, as
// windows-1252.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	text, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return s
	}
	return text
}

// carriageReturns makes line feeds of the line ends of old Macs.
type carriageReturns struct{ r io.Reader }

func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
