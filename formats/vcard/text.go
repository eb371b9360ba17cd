package vcard

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isClean reports whether s is UTF-8 without what no text may hold: control
// characters (but tabs) and byte order marks.
func isClean(s string) bool {
	var all uint64
	i := 0
	for ; i+32 <= len(s); i += 32 { // 32 bytes at a time
		a, b, c, d := eight(s, i), eight(s, i+8), eight(s, i+16), eight(s, i+24)
		all |= a | b | c | d
		if controls(a)|controls(b)|controls(c)|controls(d) != 0 && !isPlain(s[i:i+32]) {
			return false
		}
	}
	if !isPlain(s[i:]) {
		return false
	}
	for ; i < len(s); i++ {
		all |= uint64(s[i])
	}
	return all&high == 0 || utf8.ValidString(s) && !strings.Contains(s, "\ufeff")
}

const each, high = 0x0101010101010101, 0x8080808080808080

func eight(s string, i int) uint64 {
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// controls returns the high bits of those of eight bytes that are control characters,
// tabs included.
func controls(w uint64) uint64 {
	low := w &^ high
	below := ^(low + (0x80-' ')*each) // the high bit of a byte below the blank
	del := low + each                 // and of DEL
	return (below | del) &^ w & high
}

// isPlain reports whether s has no control characters but tabs.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// oneLine returns valid UTF-8 text as it stands in a raw value: line ends are
// escaped, soft ones (VT, FF) are blanks, other control characters are gone.
func oneLine(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\v', r == '\f':
			return ' '
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f, r == 0xfeff:
			return -1
		}
		return r
	}, s)
	return strings.ReplaceAll(s, "\n", `\n`)
}

// losesControls reports whether oneLine takes anything out of s but byte order marks.
func losesControls(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && !unicode.IsSpace(r) || r == 0x7f })
}

// unescape undoes the backslashes of a text value (RFC 6350, 3.4; RFC 2426, 4),
// and those before ":" and quotes that some programs write. A backslash before
// anything else stands for itself.
func unescape(s string) string {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) - 1)
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch next := s[i+1]; next {
		case 'n', 'N':
			b.WriteByte('\n')
			i++
		case '\\', ',', ';', ':', '"':
			b.WriteByte(next)
			i++
		default:
			b.WriteByte('\\')
		}
	}
	return b.String()
}

// value is the text of a raw value in the model's form.
func value(raw string) string {
	if n := len(raw); n > 0 && isVisible[raw[0]] && isVisible[raw[n-1]] && strings.IndexByte(raw, '\\') < 0 {
		return raw // most are so
	}
	return strings.TrimSpace(unescape(raw))
}

// isVisible has the bytes of ASCII that are no blanks.
var isVisible = func() (t [256]bool) {
	for c := '!'; c <= '~'; c++ {
		t[c] = true
	}
	return t
}()

// cutRaw cuts a raw value around the first separator that is not escaped.
func cutRaw(raw string, sep byte) (before, after string, found bool) {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case sep:
			return raw[:i], raw[i+1:], true
		}
	}
	return raw, "", false
}

// isComponent reports whether raw is one component of a structured value, whatever
// follows it.
func isComponent(raw string) bool {
	before, _, _ := cutRaw(raw+";", ';')
	return before == raw
}

// splitRaw appends the parts of a raw value to dst. There is always one.
func splitRaw(dst []string, raw string, sep byte) []string {
	for {
		part, rest, found := cutRaw(raw, sep)
		dst = append(dst, part)
		if !found {
			return dst
		}
		raw = rest
	}
}

// joined is the text of a raw list within a component, its items joined by glue, and
// whether there are several.
func joined(raw, glue string) (text string, several bool) {
	var b strings.Builder
	for _, item := range splitRaw(nil, raw, ',') {
		if item = value(item); item == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(glue)
			several = true
		}
		b.WriteString(item)
	}
	return b.String(), several
}

// appendEscaped appends s as a text value, safe within a component and a list.
func appendEscaped(b []byte, s string) []byte {
	begin := 0 // of what is to be appended as it stands
	for i := 0; i < len(s); i++ {
		if !mayNeedEscape[s[i]] {
			continue
		}
		b = append(b, s[begin:i]...)
		begin = i + 1
		switch c := s[i]; {
		case c == '\\' || c == ',' || c == ';':
			b = append(b, '\\', c)
		case c == '\n' || c == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			b = append(b, '\\', 'n')
		case c == '\t':
			b = append(b, c)
		}
	}
	return append(b, s[begin:]...)
}

// mayNeedEscape has the bytes that a text value does not hold as they are, and the tab.
var mayNeedEscape = func() (t [256]bool) {
	for c := range ' ' {
		t[c] = true
	}
	t['\\'], t[','], t[';'], t[0x7f] = true, true, true, true
	return t
}()

// appendURI appends s as a URI, in which commas and semicolons stand for
// themselves. Backslashes, which no URI holds, are escaped to be read back.
func appendURI(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ' && c != '\t' || c == 0x7f:
		default:
			b = append(b, c)
		}
	}
	return b
}

// The escapes of parameter values are those of RFC 6868.

func unescapeParam(s string) string {
	if strings.IndexByte(s, '^') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '^' && i+1 < len(s) {
			if c := strings.IndexByte("n^'", s[i+1]); c >= 0 {
				b = append(b, "\n^\""[c])
				i++
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// appendParam appends s as a parameter value, in quotes where it needs them.
func appendParam(b []byte, s string) []byte {
	quoted := strings.ContainsAny(s, ",;: \t")
	if quoted {
		b = append(b, '"')
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '^':
			b = append(b, "^^"...)
		case c == '"':
			b = append(b, "^'"...)
		case c == '\n' || c == '\r' && (i+1 == len(s) || s[i+1] != '\n'):
			b = append(b, "^n"...)
		case c < ' ' && c != '\t' || c == 0x7f:
		default:
			b = append(b, c)
		}
	}
	if quoted {
		b = append(b, '"')
	}
	return b
}

// maxLine is how many octets a line has at most, without its end (RFC 6350, 3.2).
const maxLine = 75

const fold = "\r\n "

// appendFolded appends line with its end, folded between characters.
func appendFolded(b, line []byte) []byte {
	b, _ = appendPieces(b, line)
	return append(b, "\r\n"...)
}

// appendPieces appends line as appendFolded does, without its end, and returns how
// many octets its last piece leaves free.
func appendPieces(b, line []byte) (_ []byte, free int) {
	limit := maxLine
	for len(line) > limit {
		cut := limit
		for cut > limit-utf8.UTFMax && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b = append(append(b, line[:cut]...), fold...)
		line = line[cut:]
		limit = maxLine - 1 // the blank counts
	}
	return append(b, line...), limit - len(line)
}

// appendFoldedBase64 appends a line that begins so and goes on with data in base64,
// with its end, folded. The text is written once, to where its last octet has to be,
// and moved from there piece by piece.
func appendFoldedBase64(b, begin, data []byte) []byte {
	b, free := appendPieces(b, begin)
	size := base64.StdEncoding.EncodedLen(len(data))
	folds := (max(size-free, 0) + maxLine - 2) / (maxLine - 1)
	to := len(b)
	b = slices.Grow(b, size+folds*len(fold)+len("\r\n"))[:to+size+folds*len(fold)]
	text := b[len(b)-size:]
	encodeBase64(text, data)
	for ; len(text) > free; free = maxLine - 1 {
		to += copy(b[to:], text[:free])
		to += copy(b[to:], fold)
		text = text[free:]
	}
	return append(b, "\r\n"...)
}

// pairs has the two digits of base64 for each twelve bits, the first in the low byte.
var pairs = func() (t [1 << 12]uint16) {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range t {
		t[i] = uint16(digits[i>>6]) | uint16(digits[i&63])<<8
	}
	return t
}()

// encodeBase64 is the Encode of base64.StdEncoding, six bytes at a time: photos are
// most of what an export writes.
func encodeBase64(dst, src []byte) {
	for len(src) >= 8 && len(dst) >= 8 {
		v := binary.BigEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst, uint64(pairs[v>>52])|uint64(pairs[v>>40&0xfff])<<16|
			uint64(pairs[v>>28&0xfff])<<32|uint64(pairs[v>>16&0xfff])<<48)
		src, dst = src[6:], dst[8:]
	}
	base64.StdEncoding.Encode(dst, src)
}
