package outlook

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Decode reads one contact as a service or a file has it, in any dialect and any
// casing, normalised, with what was stashed in it back in its place. Null, empty
// and absent are all the same. What it does not know is kept in Extra; what has
// not the form it should have is left out and noted in Unread. Only text that is
// no JSON object is an error.
func Decode(data []byte) (*contact.Contact, error) {
	var it item
	if err := newReader().item(data, &it); err != nil {
		return nil, err
	}
	return it.restore(), nil
}

// reader reads objects into items. It can be used again and again, by one
// goroutine.
type reader struct {
	scanner
	inFile bool // what is left out is noted with its line
	line   int  // on which data begins, 0 if it is not to be named
	it     *item
	texts  texts
	at     int       // the row of the member that was read last, and one
	after  []*member // by at: the member that came next, last time
	key    []byte    // the name of a member, in lower case
	buf    []byte    // a string without its escapes
}

func newReader() *reader { return &reader{after: make([]*member, len(members)+1)} }

// item reads the members that the object has over those of it. Members that the
// object lacks stay as they are; the lists of it are written over in place.
func (r *reader) item(data []byte, it *item) error {
	r.scanner, r.it, r.at = scanner{data: data}, it, 0
	if r.peek() != '{' {
		return fmt.Errorf("not a JSON object")
	}
	for r.open(); r.next('}'); {
		if m := r.expected(); m != nil {
			r.member(m)
			continue
		}
		name := r.name()
		if m := r.find(name); m != nil {
			r.member(m)
		} else {
			r.unknown(name)
		}
	}
	if r.err == nil && it.removed {
		return errRemoved
	}
	return r.err
}

// newItem is item with an empty one.
func (r *reader) newItem(data []byte, it *item) error {
	it.reset()
	it.tidy = true
	return r.item(data, it)
}

// decode reads the next object into an item, and returns the line on which it
// begins. Its errors are those of seek. An object in an array is read where it
// stands; where that fails, the framer finds out where it ends.
func (f *framer) decode(r *reader, it *item) (int, error) {
	for {
		if err := f.seek(); err != nil {
			return 0, err
		}
		line := f.line
		r.line = 0
		if r.inFile {
			r.line = line
		}
		if len(f.stack) > 0 && r.newItem(f.buf[f.pos:], it) == nil && r.pos <= formats.MaxRecord {
			f.pass(r.pos)
			return line, nil
		}
		raw, line, err := f.object()
		if err != nil {
			return 0, err
		}
		if raw == nil { // a page begins
			continue
		}
		if err := r.tolerant(raw, it); err != nil {
			return 0, &formats.RecordError{At: f.at(line), Err: err}
		}
		return line, nil
	}
}

// tolerant reads an object into an item that it empties first; one with bare control
// characters in its strings, which the service has been seen to send, is read
// without them.
func (r *reader) tolerant(raw []byte, it *item) error {
	err := r.newItem(raw, it)
	if err != errSyntax {
		return err
	}
	clean := bytes.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, raw)
	r.line = 0 // line breaks are blanks now
	return r.newItem(clean, it)
}

// What stands in place of a contact.
var (
	errRemoved = errors.New("the row of a removed contact")
	errRefusal = errors.New("the answer to a failed request")
)

// member reads the value of one member of the contact.
func (r *reader) member(m *member) {
	it := r.it
	switch m.kind {
	case asText:
		tidy := it.tidy
		it.text[m.slot] = r.string(m.name)
		if m.slot == slotNotes { // they are cleaned by themselves
			it.tidy = tidy
		}
	case asTexts:
		clear(it.text[m.slot : m.slot+m.n])
		r.slots(m)
	case asList:
		r.strings(m.name, m.many(it))
	case asEmails:
		it.emails = it.emails[:0]
		r.array(m.name, r.email)
	case asPhones:
		it.clearPhones()
		r.array(m.name, r.phone)
	case asWebsites:
		it.text[slotWorkPage], it.text[slotHomePage], it.websites = "", "", nil
		r.array(m.name, r.website)
	case asAddress:
		clear(it.text[m.slot+1 : int(m.slot)+len(addressParts)])
		r.address(m.name, it.text[m.slot:int(m.slot)+len(addressParts)])
	case asAddresses:
		clear(it.text[addressHome:slotPicture])
		it.addresses = nil
		r.array(m.name, r.typedAddress)
	case asFlag:
		clear(it.text[slotFlagStatus : slotFlagCompleted+1])
		r.flag()
	case asExtended:
		r.array(m.name, r.property)
	case asPhoto:
		r.photo(m.name)
	case asRemoved:
		it.removed = isObject(r.value())
	case asError:
		if isObject(r.value()) {
			r.err = errRefusal
		}
	case asEtag:
		r.etag(m.name)
	case asIgnored:
		r.value()
	default:
		r.convert(m.name, m.kind, m.slot)
	}
}

// expected reads the name of a member, and the colon, and returns its row, if it is
// what came next the last time: the objects of a source have their members in one
// order. Else it is nil, and the name is still to be read.
func (r *reader) expected() *member {
	m := r.after[r.at]
	if m == nil || r.peek() != '"' {
		return nil
	}
	for _, quote := range &m.quote {
		if rest := r.data[r.pos:]; len(rest) >= len(quote) && string(rest[:len(quote)]) == quote {
			r.pos += len(quote)
			r.at = m.row + 1
			return m
		}
	}
	return nil
}

// find returns the row of a member, nil if it has none.
func (r *reader) find(name []byte) *member {
	m := memberByName[string(r.lower(name))]
	if m != nil {
		r.after[r.at], r.at = m, m.row+1
	}
	return m
}

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }

// convert reads a value into a slot in its canonical form.
func (r *reader) convert(name string, k kind, s slot) {
	v, err := readValue(k, r.string(name))
	if err != nil {
		r.unread(name, err.Error())
	}
	r.it.text[s] = v
}

// unknown keeps a member that the mapping has no row for. OData's annotations say
// nothing about the contact.
func (r *reader) unknown(name []byte) {
	v := r.value()
	if r.err == nil && !isAnnotation(name) && !isEmpty(v) {
		r.addExtra(string(name), string(v))
	}
}

func isAnnotation(name []byte) bool { return bytes.Contains(name, []byte("@odata.")) }

func isEmpty(value []byte) bool {
	switch string(value) {
	case "null", `""`, "[]", "{}":
		return true
	}
	return false
}

func (r *reader) addExtra(name, value string) {
	if len(r.it.extra) == formats.MaxExtra {
		r.unread("extra", "more unknown members than a record may have")
		return
	}
	r.it.tidy = false // nobody has looked at it
	r.it.extra = append(r.it.extra, contact.Extra{Origin: origin, Name: name, Value: value})
}

// origin marks the members that come from this format.
const origin = "outlook"

// unread notes what is left out, under the name of its field if it has one.
func (r *reader) unread(name, reason string) {
	field := contact.Field(name)
	if m := memberByName[strings.ToLower(name)]; m != nil && m.field != "" {
		field = m.field
	}
	if len(r.it.unread) == formats.MaxExtra {
		return
	}
	if r.line > 0 {
		reason = fmt.Sprintf("%s (line %d)", reason, r.line+bytes.Count(r.data[:r.pos], []byte{'\n'}))
	}
	r.it.unread = append(r.it.unread, contact.Loss{Field: field, Kind: contact.Dropped, Reason: reason})
}
