package csv

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// headLen is how much of a stream is looked at to find its charset and separator.
const headLen = 64 << 10

// decoded returns r as UTF-8 without a byte order mark, with line ends that hold a
// line feed, and the name of the charset that it was in. Where none is named, what is
// neither marked nor UTF-8 is taken for windows-1252, the code page of the programs
// that write no other. A table in UTF-8 may have cells that are not: see validText.
func decoded(r io.Reader, charset string) (*bufio.Reader, string, error) {
	br := bufio.NewReaderSize(r, headLen)
	head, err := peek(br)
	if err != nil {
		return nil, "", err
	}
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		br.Discard(3)
		charset, head = "UTF-8", head[3:]
	case charset == "":
		enc, charset = charsetOf(head)
	default:
		if enc, err = namedCharset(charset); err != nil {
			return nil, "", err
		}
	}
	if enc != nil {
		br = bufio.NewReaderSize(enc.NewDecoder().Reader(br), headLen)
		if head, err = peek(br); err != nil {
			return nil, "", err
		}
	}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		br = bufio.NewReaderSize(carriageReturns{br}, headLen)
		br.Peek(headLen)
	}
	return br, charset, nil
}

// namedCharset returns the encoding of a name that programs use for it, nil for UTF-8.
func namedCharset(name string) (encoding.Encoding, error) {
	plain := strings.ToLower(strings.TrimSpace(name))
	switch plain {
	case "mac", "macroman", "mac roman", "mac-roman", "macosroman":
		plain = "macintosh"
	case "ansi", "latin1", "latin-1":
		plain = "windows-1252"
	}
	enc, err := htmlindex.Get(plain)
	if err != nil {
		if enc, err = ianaindex.MIME.Encoding(plain); err != nil || enc == nil {
			return nil, fmt.Errorf("unknown charset %q: known are utf-8, utf-16, windows-1250 to windows-1258, iso-8859-1 to -16, macintosh, ibm850, shift_jis, gb18030 and others", name)
		}
	}
	if enc == unicode.UTF8 || enc == encoding.Replacement {
		enc = nil
	}
	return enc, nil
}

// ValidCharset reports whether tables in a charset of that name can be read; "" can.
func ValidCharset(name string) error {
	if name == "" {
		return nil
	}
	_, err := namedCharset(name)
	return err
}

func peek(br *bufio.Reader) ([]byte, error) {
	head, err := br.Peek(headLen)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return head, nil
}

// charsetOf returns the encoding to decode from, nil for UTF-8, and its name.
func charsetOf(head []byte) (encoding.Encoding, string) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "UTF-16"
	case zeros(head, 1):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16"
	case zeros(head, 0):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "UTF-16"
	case !mostlyUTF8(head):
		return charmap.Windows1252, "windows-1252"
	}
	return nil, "UTF-8"
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

// mostlyUTF8 reports whether head is ASCII, or has more characters of several bytes in
// UTF-8 than bytes that are none: another charset hardly ever has such characters.
func mostlyUTF8(head []byte) bool {
	good, bad := 0, 0
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		switch {
		case r != utf8.RuneError || n != 1:
			if n > 1 {
				good++
			}
		case utf8.FullRune(head): // else the end of head cuts a character
			bad++
		}
		head = head[n:]
	}
	return bad == 0 || good > bad
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
