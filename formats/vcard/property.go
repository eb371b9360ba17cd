package vcard

import (
	"strings"

	gv "github.com/emersion/go-vcard"
)

// property is one content line (RFC 6350, 3.3), its value not yet unescaped, but
// decoded from quoted-printable and its charset.
type property struct {
	group   string
	name    string // upper case
	spelled string // as in the file
	value   string
	params  []param
	line    int
}

// param is one value of one parameter; a list is several of them.
type param struct{ name, value string }

const (
	paramEncoding = "ENCODING"
	paramCharset  = "CHARSET"
	paramGroup    = "GROUP" // RFC 7095, 7.1
)

// get returns the first value of a parameter, "" if there is none.
func (p *property) get(name string) string {
	for i := range p.params {
		if p.params[i].name == name {
			return p.params[i].value
		}
	}
	return ""
}

// tokenizer turns lines into properties. It lives as long as its decoder.
type tokenizer struct {
	charsets  charsets
	converted bool // the stream was UTF-16: CHARSET tells of its past
	modern    bool // the card is 3.0 or 4.0: parameters have the escapes of RFC 6868
	params    []param
	faults    []string // what was lost of the line parsed last
}

// parse takes one unfolded line apart into p. It reports false for what is no
// property. Whatever a line holds, only CR and LF must not be in it.
func (t *tokenizer) parse(p *property, text string, line int, clean bool) bool {
	t.faults = t.faults[:0]
	*p = property{line: line}
	i := p.parseName(text)
	if i < 0 {
		return false
	}
	first := len(t.params)
	if text[i] == ';' {
		if i = t.parseParams(text, i); i < 0 {
			t.params = t.params[:first]
			return false
		}
		p.params = t.params[first:len(t.params):len(t.params)]
	}
	p.value = text[i+1:]
	if len(p.params) > 0 || !clean {
		t.decode(p, first, clean)
	}
	return true
}

// parseName reads group and name and returns the index of what ends them, -1 if
// they are none.
func (p *property) parseName(text string) int {
	end, dot, usual := 0, -1, true
scan:
	for ; end < len(text); end++ {
		switch c := text[end]; {
		case 'A' <= c && c <= 'Z', c == '-':
		case c == ';' || c == ':':
			break scan
		case c == '.' && dot < 0:
			dot = end
		default:
			usual = false
		}
	}
	if end == len(text) {
		return -1
	}
	head := text[:end]
	if dot > 0 && isToken(head[:dot]) {
		p.group, head = head[:dot], head[dot+1:]
	}
	if p.name, p.spelled = head, head; usual && head != "" && (dot < 0 || p.group != "") {
		return end
	}
	head = strings.TrimSpace(head)
	if !isName(head) {
		return -1
	}
	p.name, p.spelled = strings.ToUpper(head), head
	return end
}

// parseParams reads parameters from the ";" at i on and returns where the ":" is
// that ends them, -1 if there is none.
func (t *tokenizer) parseParams(text string, i int) int {
	for text[i] != ':' {
		i++
		end := i
		for ; end < len(text) && text[end] != '=' && text[end] != ';' && text[end] != ':' && text[end] != ','; end++ {
		}
		if end == len(text) {
			return -1
		}
		word := strings.TrimSpace(text[i:end])
		if text[end] != '=' {
			if word != "" {
				t.add(bareName(word), word, false)
			}
			i = end
			continue
		}
		name := upper(word)
		for i = end; ; {
			v, next, quoted := paramValue(text, i+1)
			if next < 0 {
				return -1
			}
			t.add(name, v, quoted)
			if i = next; text[i] != ',' {
				break
			}
		}
	}
	return i
}

// paramValue reads one value from i on and returns the index of what ends it.
func paramValue(text string, i int) (v string, end int, quoted bool) {
	if i < len(text) && text[i] == '"' {
		if n := strings.IndexByte(text[i+1:], '"'); n >= 0 {
			end = i + n + 2
			if end < len(text) && strings.IndexByte(",;:", text[end]) >= 0 {
				return text[i+1 : end-1], end, true
			}
		}
	}
	for end = i; end < len(text); end++ {
		if c := text[end]; c == ',' || c == ';' || c == ':' {
			return text[i:end], end, false
		}
	}
	return "", -1, false
}

func (t *tokenizer) add(name, v string, quoted bool) {
	if !isToken(name) {
		t.faults = append(t.faults, "a parameter without a proper name was dropped")
		return
	}
	if name != gv.ParamType {
		t.params = append(t.params, param{name, v})
		return
	}
	for { // TYPE="voice,home" and TYPE=HOME,TYPE=VOICE are seen too
		item, rest, more := v, "", false
		if quoted {
			item, rest, more = strings.Cut(v, ",")
		}
		if item = strings.TrimSpace(item); len(item) > 5 && strings.EqualFold(item[:5], "TYPE=") {
			item = item[5:]
		}
		if item != "" {
			t.params = append(t.params, param{name, item})
		}
		if !more {
			return
		}
		v = rest
	}
}

// decode brings value and parameters into the form described at property, and
// removes the parameters that said what that took.
func (t *tokenizer) decode(p *property, first int, clean bool) {
	charset, isQP := "", false
	kept := p.params[:0]
	for _, q := range p.params {
		switch {
		case q.name == paramCharset:
			charset = q.value
			continue
		case q.name == paramEncoding && strings.EqualFold(q.value, "QUOTED-PRINTABLE"):
			isQP = true
			continue
		case q.name == paramEncoding && (strings.EqualFold(q.value, "8BIT") || strings.EqualFold(q.value, "7BIT")):
			continue
		case q.name == paramEncoding && (strings.EqualFold(q.value, "BASE64") || strings.EqualFold(q.value, "B")):
			q.value = "b"
		case q.name == paramGroup && p.group == "" && isToken(q.value): // from jCard
			p.group = q.value
			continue
		case q.name == paramGroup:
			t.faults = append(t.faults, "a second group was dropped")
			continue
		}
		if !clean {
			q.value = oneLine(decodeText(q.value, nil))
		}
		if t.modern {
			q.value = unescapeParam(q.value)
		}
		if q.name == gv.ParamType {
			if q.value = strings.TrimSpace(q.value); q.value == "" {
				continue
			}
		}
		kept = append(kept, q)
	}
	p.params = kept
	t.params = t.params[:first+len(kept)]
	if isQP {
		p.value = decodeQuotedPrintable(p.value)
	} else if t.converted {
		charset = ""
	}
	if !isQP && charset == "" && clean {
		return
	}
	enc, known := t.charsets.find(charset)
	if !known {
		t.faults = append(t.faults, "the charset is unknown; what was not UTF-8 was read as windows-1252")
	}
	p.value = oneLine(decodeText(p.value, enc))
}

// bareName returns what a value without a name is a value of: vCard 2.1 has
// TEL;HOME and PHOTO;BASE64.
func bareName(word string) string {
	switch upper(word) {
	case "QUOTED-PRINTABLE", "BASE64", "B", "8BIT", "7BIT":
		return paramEncoding
	case "URL", "URI", "CID", "CONTENT-ID", "INLINE":
		return gv.ParamValue
	}
	return gv.ParamType
}

// upper is strings.ToUpper that does not allocate for the usual names.
func upper(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'a' <= c && c <= 'z' || c >= 0x80 {
			for _, usual := range [...]string{gv.ParamType, gv.ParamValue, gv.ParamPreferred, paramEncoding, paramCharset} {
				if strings.EqualFold(s, usual) {
					return usual
				}
			}
			return strings.ToUpper(s)
		}
	}
	return s
}

// isToken reports whether s can be a group or the name of a parameter.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// isName reports whether s can be the name of a property. Some programs use
// blanks, dots and slashes in theirs ("X-GOOGLE TALK", "X-messaging/irc-All").
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) && (strings.IndexByte(" ./", s[i]) < 0 || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(b byte) bool {
	return 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}
