package vcard

import (
	"strings"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// head is what stands before the value of a property. One that is remembered is
// shared by all properties that begin so.
type head struct {
	group   string
	name    string // upper case
	spelled string // as in the file
	params  []param
	quoted  bool   // the value is in quoted-printable
	charset string // of the value, "" if nothing was said
	size    int    // bytes of it, with the ":" that ends it

	text    string // all of it, of one that is remembered
	follows *head  // what stood behind it last: a program writes its properties in one order

	sought bool // whether entry is that of the table of readers
	entry  entry
	known  bool // there is one
	kinds  [kinds]*saying
	scalar *contact.Params // what scalarParams says but for the group
}

// saying is what parameters say of a part of one kind.
type saying struct {
	typ       string
	preferred bool
	rest      contact.Params
}

// param is one value of one parameter; a list is several of them.
type param struct{ name, value string }

const (
	paramEncoding = "ENCODING"
	paramCharset  = "CHARSET"
	paramGroup    = "GROUP" // RFC 7095, 7.1
)

// get returns the first value of a parameter, "" if there is none.
func (h *head) get(name string) string {
	for i := range h.params {
		if h.params[i].name == name {
			return h.params[i].value
		}
	}
	return ""
}

// memory holds heads by their text. A program puts the same few before all its
// values ("TEL;TYPE=WORK,VOICE:"): what each of them says is found once, and neither
// names are looked up nor words compared for every property.
type memory map[string]*head

// A longer head is not remembered, and not more of them: what is so long, or of so
// many kinds, does not come again soon.
const longestHead, mostHeads = 96, 512

// headOf returns the head of a line, nil for what is no property.
func (t *tokenizer) headOf(text string, clean bool) *head {
	if !clean {
		return t.parseHead(text, false)
	}
	last := t.last
	if last != nil && last.follows != nil && strings.HasPrefix(text, last.follows.text) {
		t.last = last.follows
		return t.last
	}
	h := t.lookUp(text)
	if t.last = nil; h != nil && h.text != "" {
		t.last = h
		if last != nil {
			last.follows = h
		}
	}
	return h
}

// lookUp finds the head of a line of clean text in the memory, or reads it.
func (t *tokenizer) lookUp(text string) *head {
	until := text[:strings.IndexByte(text[:min(len(text), longestHead)], ':')+1]
	if h := t.heads[until]; h != nil {
		return h
	}
	if until == "" || strings.ContainsAny(until, "\"^") { // a ":" in quotes, and the escapes of some versions
		return t.parseHead(text, true)
	}
	until = strings.Clone(until) // a head lives longer than its card
	h := t.parseHead(until, true)
	if h == nil || len(t.faults) > 0 {
		return h
	}
	if t.heads == nil || len(t.heads) >= mostHeads {
		t.heads = memory{}
	}
	h.text = until
	t.heads[until] = h
	return h
}

// parseHead reads the head that text begins with, nil if it is none.
func (t *tokenizer) parseHead(text string, clean bool) *head {
	h := &head{}
	i := h.parseName(text)
	if i >= 0 && text[i] == ';' {
		i = t.parseParams(h, text, i)
	}
	if i < 0 {
		return nil
	}
	h.size = i + 1
	t.understand(h, clean)
	return h
}

// parseName reads group and name and returns the index of what ends them, -1 if
// they are none.
func (h *head) parseName(text string) int {
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
	name := text[:end]
	if dot > 0 && isToken(name[:dot]) {
		h.group, name = name[:dot], name[dot+1:]
	}
	if h.name, h.spelled = name, name; usual && name != "" && (dot < 0 || h.group != "") {
		return end
	}
	name = strings.TrimSpace(name)
	if !isName(name) {
		return -1
	}
	h.name, h.spelled = strings.ToUpper(name), name
	return end
}

// parseParams reads parameters from the ";" at i on and returns where the ":" is
// that ends them, -1 if there is none.
func (t *tokenizer) parseParams(h *head, text string, i int) int {
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
				t.add(h, bareName(word), word)
			}
			i = end
			continue
		}
		name := upper(word)
		for i = end; ; {
			v, next := paramValue(text, i+1)
			if next < 0 {
				return -1
			}
			t.add(h, name, v)
			if i = next; text[i] != ',' {
				break
			}
		}
	}
	return i
}

// paramValue reads one value from i on and returns the index of what ends it.
func paramValue(text string, i int) (v string, end int) {
	if i < len(text) && text[i] == '"' {
		if n := strings.IndexByte(text[i+1:], '"'); n >= 0 {
			end = i + n + 2
			if end < len(text) && strings.IndexByte(",;:", text[end]) >= 0 {
				return text[i+1 : end-1], end
			}
		}
	}
	for end = i; end < len(text); end++ {
		if c := text[end]; c == ',' || c == ';' || c == ':' {
			return text[i:end], end
		}
	}
	return "", -1
}

func (t *tokenizer) add(h *head, name, v string) {
	if !isToken(name) {
		t.faults = append(t.faults, "a parameter without a proper name was dropped")
		return
	}
	h.params = append(h.params, param{name, v})
}

// understand removes the parameters that say how the value is written, and brings
// the others into the form that the rest of the package knows.
func (t *tokenizer) understand(h *head, clean bool) {
	kept := make([]param, 0, len(h.params))
	for _, q := range h.params {
		if name, quoted := strings.CutPrefix(q.name, paramQuoted); quoted && name != "" {
			q = param{name, decodeQuotedPrintable(q.value)}
			if !utf8.ValidString(q.value) || !isClean(strings.ReplaceAll(q.value, "\n", "")) {
				t.faults = append(t.faults, "a parameter that is no text was dropped")
				continue
			}
			kept = q.appendTo(kept)
			continue
		}
		switch {
		case q.name == paramCharset:
			if h.charset = q.value; isUnicode(q.value) {
				h.charset = ""
			}
			continue
		case q.name == paramEncoding && strings.EqualFold(q.value, "QUOTED-PRINTABLE"):
			h.quoted = true
			continue
		case q.name == paramEncoding && (strings.EqualFold(q.value, "8BIT") || strings.EqualFold(q.value, "7BIT")):
			continue
		case q.name == paramEncoding && (strings.EqualFold(q.value, "BASE64") || strings.EqualFold(q.value, "B")):
			q.value = "b"
		case q.name == paramGroup && h.group == "" && isToken(q.value): // from jCard
			h.group = q.value
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
		kept = q.appendTo(kept)
	}
	h.params = kept
}

// appendTo appends the parameter, of TYPE each of its values: TYPE="voice,home" and
// TYPE=HOME,TYPE=VOICE are seen, too.
func (q param) appendTo(all []param) []param {
	if q.name != gv.ParamType {
		return append(all, q)
	}
	for item := range strings.SplitSeq(q.value, ",") {
		if item = typeValue(item); item != "" {
			all = append(all, param{q.name, item})
		}
	}
	return all
}

// typeValue returns what is left of a TYPE value without blanks, and without the name
// that some programs repeat before it.
func typeValue(s string) string {
	for {
		s = strings.TrimSpace(s)
		if len(s) <= 5 || !strings.EqualFold(s[:5], "TYPE=") {
			return s
		}
		s = s[5:]
	}
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
