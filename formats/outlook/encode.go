package outlook

import (
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/go-json-experiment/json/jsontext"
)

// writer appends items in one dialect to bytes.
type writer struct {
	b       []byte
	dialect Dialect
	bit     dialects
	casing  int // 0 Graph's, 1 Outlook's
	comma   bool
}

func newWriter(b []byte, d Dialect) *writer {
	w := &writer{b: b, dialect: d, bit: d.bit()}
	if !d.Graph() {
		w.casing = 1
	}
	return w
}

func (w *writer) open(bracket byte) {
	w.b = append(w.b, bracket)
	w.comma = false
}

func (w *writer) close(bracket byte) {
	w.b = append(w.b, bracket)
	w.comma = true
}

// next begins another member or element.
func (w *writer) next() {
	if w.comma {
		w.b = append(w.b, ',')
	}
	w.comma = true
}

// name begins a member of the mapping.
func (w *writer) name(m *member) {
	w.next()
	w.b = append(w.b, m.quote[w.casing]...)
}

// key begins a member by Graph's spelling of its name.
func (w *writer) key(name string) {
	w.next()
	w.word(name)
	w.b = append(w.b, ':')
}

// word appends a string that is a name of a member, or of an enumeration's value,
// in the dialect's casing.
func (w *writer) word(name string) {
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	if first := len(w.b) - len(name); w.casing == 1 && len(name) > 0 {
		w.b[first] -= 'a' - 'A'
	}
	w.b = append(w.b, '"')
}

// spell returns the name of a member in the dialect's casing.
func (w *writer) spell(name string) string {
	if w.casing == 1 {
		return outlookName(name)
	}
	return name
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// string appends a JSON string without the control characters on which the
// service chokes. AppendQuote's error is that of invalid UTF-8, which it replaces.
func (w *writer) string(s string) {
	if plainPrefix(s) == len(s) {
		w.b = append(append(append(w.b, '"'), s...), '"')
		return
	}
	w.b, _ = jsontext.AppendQuote(w.b, strip(s))
}

// strip returns s without control characters other than line feeds and tabs.
func strip(s string) string {
	for i := 0; i < len(s); i++ {
		if isControl(rune(s[i])) {
			return strings.Map(func(r rune) rune {
				if isControl(r) {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }

// field appends a member whose value is a string, unless it is empty.
func (w *writer) field(name, s string) {
	if s != "" {
		w.key(name)
		w.string(s)
	}
}

// option appends a member whose value is one of an enumeration.
func (w *writer) option(name, value string) {
	w.key(name)
	w.word(value)
}

func (w *writer) strings(all []string) {
	w.open('[')
	for _, s := range all {
		if s != "" {
			w.next()
			w.string(s)
		}
	}
	w.close(']')
}

// member appends a member with its value. An empty value clears it: null, an empty
// array, an unset flag.
func (w *writer) member(m *member, it *item) {
	w.name(m)
	switch m.kind {
	case asTexts:
		w.strings(it.text[m.slot : m.slot+m.n])
	case asList:
		w.strings(*m.many(it))
	case asEmails:
		w.emails(it.emails)
	case asPhones:
		w.phones(it)
	case asWebsites:
		w.websites(it)
	case asAddress:
		if !it.hasFlatAddress(m.slot) {
			w.raw("null")
			return
		}
		w.open('{')
		w.addressParts(it.text[int(m.slot):int(m.slot)+len(addressParts)], 1)
		w.close('}')
	case asAddresses:
		w.addresses(it)
	case asFlag:
		w.flag(it)
	case asMark:
		w.b = strconv.AppendBool(w.b, it.text[m.slot] != "")
	default:
		w.scalar(m, it.text[m.slot])
	}
}

func (w *writer) scalar(m *member, s string) {
	switch {
	case s == "":
		w.raw("null")
	case m.kind == asDayInstant:
		w.string(s + "T00:00:00Z")
	default:
		w.string(s)
	}
}

func (w *writer) emails(all []email) {
	w.open('[')
	for _, e := range all {
		w.next()
		w.open('{')
		w.field("address", e.address)
		w.field("name", e.name)
		if w.dialect == GraphBeta {
			w.emailType(e.typ)
		}
		w.close('}')
	}
	w.close(']')
}

func (w *writer) emailType(typ string) {
	switch typ {
	case "":
	case contact.Home:
		w.field("type", "personal")
	case contact.Work, contact.Main, contact.Other:
		w.field("type", typ)
	default:
		w.field("type", "other")
		w.field("otherLabel", typ)
	}
}

func (w *writer) phones(it *item) {
	w.open('[')
	for i := range phoneTypes {
		t := &phoneTypes[i]
		for s := t.first; t.named && s < t.first+t.n; s++ {
			if it.text[s] != "" {
				w.next()
				w.open('{')
				w.option("type", t.wire)
				w.field("number", it.text[s])
				w.close('}')
			}
		}
	}
	w.close(']')
}

func (w *writer) websites(it *item) {
	w.open('[')
	for _, site := range it.shownWebsites(true) {
		w.next()
		w.open('{')
		w.option("type", site.Type)
		w.field("address", site.URL)
		w.field("displayName", site.Name)
		w.close('}')
	}
	w.close(']')
}

func (w *writer) addresses(it *item) {
	w.open('[')
	for _, t := range addressTypes {
		if it.hasAddress(t.first) {
			w.next()
			w.open('{')
			w.option("type", t.wire)
			w.addressParts(it.text[t.first:int(t.first)+len(addressParts)], 0)
			w.close('}')
		}
	}
	w.close(']')
}

// addressParts appends the parts of an address that are not empty, from the given
// one on.
func (w *writer) addressParts(slots []string, from int) {
	for i := from; i < len(addressParts); i++ {
		w.field(addressParts[i].name, slots[i])
	}
}

// hasFlatAddress reports whether the address has a part that a flat dialect names:
// any but the PO box.
func (it *item) hasFlatAddress(first slot) bool {
	return !allEmpty(it.text[first+1 : int(first)+len(addressParts)])
}

func (w *writer) flag(it *item) {
	w.open('{')
	status := it.text[slotFlagStatus]
	if status == "" {
		status = "notFlagged"
	}
	w.option("flagStatus", status)
	w.zoned("startDateTime", it.text[slotFlagStart])
	w.zoned("dueDateTime", it.text[slotFlagDue])
	w.zoned("completedDateTime", it.text[slotFlagCompleted])
	w.close('}')
}

func (w *writer) zoned(name, instant string) {
	if instant == "" {
		return
	}
	w.key(name)
	w.open('{')
	w.field("dateTime", instantOf(instant).Format("2006-01-02T15:04:05.0000000"))
	w.field("timeZone", "UTC")
	w.close('}')
}

// property appends one element of the extended properties. An empty value is null,
// which removes the property.
func (w *writer) property(id, value string) {
	w.next()
	w.open('{')
	w.key(idName(w.dialect))
	w.string(id)
	w.key("value")
	if value == "" {
		w.raw("null")
	} else {
		w.string(value)
	}
	w.close('}')
}

// idName returns Graph's spelling of the name that an extended property's id has
// in the dialect.
func idName(d Dialect) string {
	if d.Graph() {
		return "id"
	}
	return "propertyId"
}

// emptyMember reports whether the item has nothing for the member.
func (it *item) emptyMember(m *member) bool {
	switch m.kind {
	case asTexts:
		return allEmpty(it.text[m.slot : m.slot+m.n])
	case asList:
		return len(*m.many(it)) == 0
	case asEmails:
		return len(it.emails) == 0
	case asPhones:
		for i := range phoneTypes {
			t := &phoneTypes[i]
			if t.named && !allEmpty(it.text[t.first:t.first+t.n]) {
				return false
			}
		}
		return true
	case asWebsites:
		return len(it.websites) == 0 && it.text[slotWorkPage] == "" && it.text[slotHomePage] == ""
	case asAddress:
		return !it.hasFlatAddress(m.slot)
	case asAddresses:
		return !it.hasAddress(addressHome) && !it.hasAddress(addressWork) && !it.hasAddress(addressOther)
	case asFlag:
		return it.text[slotFlagStatus] == ""
	}
	return it.text[m.slot] == ""
}
