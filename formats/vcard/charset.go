package vcard

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// asUTF8 returns a reader of the stream that converts it if it is UTF-16, which
// a byte order mark tells, or the zero bytes around its first letters. Other
// charsets are those of single values, and converted there.
func asUTF8(r io.Reader) (in io.Reader, converted bool) {
	br := bufio.NewReaderSize(r, readSize)
	head, _ := br.Peek(4)
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), len(head) == 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), len(head) == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	default:
		return br, false
	}
	return transform.NewReader(br, from.NewDecoder()), true
}

// charsets finds encodings by the names that files use for them. It remembers the
// last one: a file is in one charset.
type charsets struct {
	label string
	enc   encoding.Encoding
}

// isUnicode reports whether a charset is what text is in anyway.
func isUnicode(label string) bool {
	return strings.EqualFold(label, "UTF-8") || strings.EqualFold(label, "US-ASCII")
}

// find returns the encoding of that label, nil for UTF-8, ASCII and those unknown.
func (cs *charsets) find(label string) (enc encoding.Encoding, known bool) {
	if label == "" || isUnicode(label) {
		return nil, true
	}
	if cs.label != label {
		cs.label, cs.enc = label, nil
		if enc, err := htmlindex.Get(label); err == nil {
			cs.enc = enc
		} else if enc, err := ianaindex.MIME.Encoding(label); err == nil && enc != nil {
			cs.enc = enc
		}
		if cs.enc == unicode.UTF8 || cs.enc == encoding.Replacement {
			cs.enc = nil
		}
	}
	return cs.enc, cs.enc != nil
}

// decodeText returns s as UTF-8. Text that is declared to be UTF-8 and is not is
// taken for Windows-1252, as is text of an unknown charset. Text that is declared
// to be in a single-byte charset and is UTF-8 was converted by somebody who left
// the declaration alone: Latin letters do not fall into place like that.
func decodeText(s string, enc encoding.Encoding) string {
	_, single := enc.(*charmap.Charmap)
	if (enc == nil || single) && utf8.ValidString(s) {
		return s
	}
	if enc == nil {
		enc = charmap.Windows1252
	}
	text, err := enc.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return text
}

// decodeQuotedPrintable undoes quoted-printable (RFC 2045, 6.7) in a value whose
// lines have been joined. What is no escape stays as it is.
func decodeQuotedPrintable(s string) string {
	if strings.IndexByte(s, '=') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if ok1 && ok2 {
				b = append(b, hi<<4|lo)
				i += 2
				continue
			}
		}
		if s[i] == '=' && strings.TrimRight(s[i+1:], " \t") == "" {
			break // a soft break that nothing follows
		}
		b = append(b, s[i])
	}
	return string(b)
}

func unhex(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10, true
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10, true
	}
	return 0, false
}
