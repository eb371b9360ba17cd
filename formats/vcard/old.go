package vcard

import (
	"strings"
	"unicode/utf8"

	gv "github.com/emersion/go-vcard"
)

// How vCard 2.1 is written. It has no quotes around parameters, no lists in them and
// no escapes but that of the semicolon in structured values; text beyond ASCII and
// line breaks are in quoted-printable. Lines are not folded but there: what one
// program takes for a fold is a blank to another.

// oldTypes writes TYPE values as parameters without a name.
func (w *writer) oldTypes(p part, tokens []string, noise bool) {
	if noise {
		w.oldType("INTERNET")
	}
	if p.kind.roles {
		w.oldParam(gv.ParamType, tokens...)
	} else {
		for _, token := range tokens {
			w.oldType(token)
		}
	}
	for _, token := range p.params[gv.ParamType] {
		w.oldType(token)
	}
	if p.preferred {
		w.oldType("PREF")
	}
}

func (w *writer) oldType(token string) {
	if isToken(token) && bareName(token) == gv.ParamType {
		w.line = append(append(w.line, ';'), token...)
		return
	}
	w.oldParam(gv.ParamType, token)
}

// oldParam writes a parameter, once for each of its values. One that 2.1 cannot carry
// is written in quoted-printable under a name of ours.
func (w *writer) oldParam(name string, values ...string) {
	for _, v := range values {
		w.line = append(w.line, ';')
		if !isOldParam(v) {
			w.line = append(w.line, paramQuoted...)
			v = quoteParam(v)
		} else if name == paramEncoding && v == "b" {
			v = "BASE64"
		}
		w.line = append(append(append(w.line, name...), '='), v...)
	}
}

// paramQuoted stands before the name of a parameter whose value is in
// quoted-printable.
const paramQuoted = "X-CARDFERRY-QP-"

func quoteParam(v string) string {
	const hex = "0123456789ABCDEF"
	var b []byte
	for _, c := range []byte(v) {
		if c < ' ' || c > '~' || strings.IndexByte("\",;:= ", c) >= 0 {
			b = append(b, '=', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// isOldParam reports whether a parameter of 2.1 can have this value.
func isOldParam(v string) bool {
	for i := 0; i < len(v); i++ {
		if c := v[i]; c < ' ' || c > '~' || strings.IndexByte("\",;:", c) >= 0 {
			return false
		}
	}
	return v != "" && strings.TrimSpace(v) == v
}

// appendOld appends text in which the bytes of escaped are escaped. A backslash that
// reading would take for the beginning of an escape is doubled; others are not, for
// most programs read a backslash as one.
func appendOld(b []byte, s, escaped string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (i+1 == len(s) || strings.IndexByte("nN\\,;:\"\n\r", s[i+1]) >= 0):
			b = append(b, '\\', '\\')
		case strings.IndexByte(escaped, c) >= 0:
			b = append(b, '\\', c)
		case c == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case c == '\r':
			b = append(b, '\n')
		case c < ' ' && c != '\n' && c != '\t' || c == 0x7f:
		default:
			b = append(b, c)
		}
	}
	return b
}

// appendOldLine appends a property whose value begins at the index given: as it
// stands, in lines of base64 with the blank line behind them that 2.1 asks for, or in
// quoted-printable.
func appendOldLine(b, line []byte, value int) []byte {
	head, text := string(line[:value-1]), line[value:]
	switch {
	case strings.Contains(head, ";"+paramEncoding+"=BASE64"):
		return append(appendFolded(b, line), "\r\n"...)
	case isOldText(text):
		return append(append(b, line...), "\r\n"...)
	}
	head += ";CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
	return appendQuotedPrintable(append(b, head...), string(text), len(head))
}

// isOldText reports whether a value needs no quoted-printable.
func isOldText(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(text) == 0 || text[0] != ' ' && text[len(text)-1] != ' '
}

// looksLikeFrame reports whether a line that begins so could be taken for the end of
// the card, or for another one.
func looksLikeFrame(s string) bool {
	name, _, found := strings.Cut(s[:min(len(s), 16)], ":")
	name = strings.TrimSpace(name)
	return found && (strings.EqualFold(name, "END") || strings.EqualFold(name, "BEGIN"))
}

// appendQuotedPrintable appends text with its line end (RFC 2045, 6.7), behind so many
// octets of its line. A soft break
// stands every 76 octets at the latest, behind every line of the text, and never
// within a character.
func appendQuotedPrintable(b []byte, s string, column int) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		var code []byte
		switch c := s[i]; {
		case c == '\n':
			code = append(code, "=0D=0A"...)
		case c < ' ' || c > '~' || c == '=' || c == ' ' && (column == 0 || i+1 == len(s) || s[i+1] == '\n'):
			for _, c := range []byte(s[i : i+size]) {
				code = append(code, '=', hex[c>>4], hex[c&15])
			}
		default:
			code = append(code, c)
		}
		if column+len(code) > 75 || i > 0 && s[i-1] == '\n' {
			b, column = append(b, "=\r\n"...), 0
			if len(code) == 1 && (s[i] == ' ' || looksLikeFrame(s[i:])) {
				code = []byte{'=', hex[s[i]>>4], hex[s[i]&15]}
			}
		}
		b, column = append(b, code...), column+len(code)
		i += size
	}
	return append(b, "\r\n"...)
}
