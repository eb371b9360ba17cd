package outlook

import (
	"bytes"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// The parts of a contact that are more than one string.

func (r *reader) strings(name string, all *[]string) {
	*all = (*all)[:0]
	r.array(name, func() {
		if s := r.string(name); s != "" {
			*all = append(*all, s)
		}
	})
}

// slots reads an array into the slots of a member; the service has no more
// elements than slots, a file may.
func (r *reader) slots(m *member) {
	typ := contact.Home
	if m.slot == phoneWork {
		typ = contact.Work
	}
	n := slot(0)
	r.array(m.name, func() {
		s := r.string(m.name)
		switch {
		case s == "":
		case n < m.n:
			r.it.text[m.slot+n] = s
			n++
		default:
			r.it.phones = append(r.it.phones, contact.Phone{Number: s, Type: typ})
		}
	})
}

func (r *reader) email() {
	var e email
	var typ, label string
	r.fields("emailAddresses", func(key []byte) {
		switch string(key) {
		case "address":
			e.address = r.string("emailAddresses")
		case "name":
			e.name = r.string("emailAddresses")
		case "type":
			typ = r.string("emailAddresses")
		case "otherlabel":
			label = r.string("emailAddresses")
		default:
			r.lost("emailAddresses", key)
		}
	})
	if e.address == "" && e.name == "" {
		return
	}
	switch strings.ToLower(typ) {
	case "", "unknown":
	case "personal":
		e.typ = contact.Home
	case "work", "main":
		e.typ = strings.ToLower(typ)
	case "other":
		e.typ = contact.Other
		if label != "" {
			e.typ = label
		}
	default:
		e.typ = typ
	}
	r.it.emails = append(r.it.emails, e)
}

// lost notes a member within a part that nothing here knows. Annotations and
// empty values are no loss.
func (r *reader) lost(part string, key []byte) {
	known := isAnnotation(key)
	if v := r.value(); r.err == nil && !known && !isEmpty(v) {
		r.unread(part, "a member that is unknown here")
	}
}

func (r *reader) phone() {
	var typ, number string
	r.fields("phones", func(key []byte) {
		switch string(key) {
		case "type":
			typ = r.string("phones")
		case "number":
			number = r.string("phones")
		case "region", "language": // of the number's notation, never set by the service
			r.value()
		default:
			r.lost("phones", key)
		}
	})
	if number == "" { // the service shows empty ones
		return
	}
	for i := range phoneTypes {
		t := &phoneTypes[i]
		if !strings.EqualFold(t.wire, typ) {
			continue
		}
		for s := t.first; s < t.first+t.n; s++ {
			if r.it.text[s] == "" {
				r.it.text[s] = number
				return
			}
		}
		typ = t.typ
	}
	if strings.EqualFold(typ, "unknown") {
		typ = ""
	}
	r.it.phones = append(r.it.phones, contact.Phone{Number: number, Type: typ})
}

// clearPhones empties the slots of the phones collection.
func (it *item) clearPhones() {
	for i := range phoneTypes {
		if t := &phoneTypes[i]; t.named {
			clear(it.text[t.first : t.first+t.n])
		}
	}
	it.phones = nil
}

func (r *reader) website() {
	var w contact.Website
	r.fields("websites", func(key []byte) {
		switch string(key) {
		case "type":
			w.Type = strings.ToLower(r.string("websites"))
		case "address":
			w.URL = r.string("websites")
		case "displayname", "name":
			w.Name = r.string("websites")
		default:
			r.lost("websites", key)
		}
	})
	it := r.it
	switch {
	case w.URL == "":
	case w.Type == contact.Work && w.Name == "" && it.text[slotWorkPage] == "":
		it.text[slotWorkPage] = w.URL
	case w.Type == contact.Home && w.Name == "" && it.text[slotHomePage] == "":
		it.text[slotHomePage] = w.URL
	default:
		it.websites = append(it.websites, w)
	}
}

// address reads an address object into its six slots, and returns its type.
func (r *reader) address(part string, slots []string) (typ string) {
	r.fields(part, func(key []byte) {
		if string(key) == "type" {
			typ = r.string(part)
			return
		}
		for i := range addressParts {
			if string(key) == lowerParts[i] {
				slots[i] = r.string(part)
				return
			}
		}
		r.lost(part, key)
	})
	return typ
}

var lowerParts = func() (names [len(addressParts)]string) {
	for i := range addressParts {
		names[i] = strings.ToLower(addressParts[i].name)
	}
	return names
}()

func (r *reader) typedAddress() {
	var parts [len(addressParts)]string
	typ := r.address("postalAddresses", parts[:])
	for _, t := range addressTypes {
		if strings.EqualFold(t.wire, typ) {
			if !r.it.hasAddress(t.first) {
				copy(r.it.text[t.first:], parts[:])
				return
			}
			typ = t.typ
		}
	}
	a := contact.Address{Type: typ}
	if strings.EqualFold(typ, "unknown") {
		a.Type = ""
	}
	for i := range addressParts {
		*addressParts[i].at(&a) = parts[i]
	}
	r.it.addresses = append(r.it.addresses, a) // an empty one goes when the contact is normalised
}

// flag reads the follow-up flag.
func (r *reader) flag() {
	r.fields("flag", func(key []byte) {
		switch string(key) {
		case "flagstatus":
			r.it.text[slotFlagStatus] = readStatus(r.string("flag"))
		case "startdatetime":
			r.zoned(slotFlagStart)
		case "duedatetime":
			r.zoned(slotFlagDue)
		case "completeddatetime":
			r.zoned(slotFlagCompleted)
		default:
			r.lost("flag", key)
		}
	})
}

// zoned reads a date-time with its zone into a slot.
func (r *reader) zoned(s slot) {
	var local, zone string
	r.fields("flag", func(key []byte) {
		switch string(key) {
		case "datetime":
			local = r.string("flag")
		case "timezone":
			zone = r.string("flag")
		default:
			r.lost("flag", key)
		}
	})
	if local == "" || r.err != nil {
		return
	}
	v, err := readZoned(local, zone)
	if err != nil {
		r.unread("flag", err.Error())
		return
	}
	r.it.text[s] = v
}

// property reads one extended property. Outlook's name of the id is PropertyId.
func (r *reader) property() {
	const part = "singleValueExtendedProperties"
	var id, value string
	var raw []byte
	var p *property
	r.fields(part, func(key []byte) {
		switch string(key) {
		case "id", "propertyid":
			id, p = propertyOf(r.text(part))
		case "value":
			raw, value = r.value(), ""
			switch {
			case r.err != nil:
			case raw[0] == '"':
				value = r.texts.of(r.unquote(raw))
			case string(raw) != "null":
				value = r.texts.of(raw)
			}
		default:
			r.lost(part, key)
		}
	})
	switch {
	case r.err != nil || id == "":
	case p != nil:
		v, err := readValue(p.kind, value)
		if err != nil {
			r.unread(id, err.Error())
		}
		r.it.tidy = r.it.tidy && contact.IsTidy(v)
		r.it.text[p.slot] = v
	case value != "":
		r.addExtra(id, string(raw))
	}
}

// photo reads the annotation by which a file of pages names a photo's file.
func (r *reader) photo(part string) {
	p := &contact.Photo{}
	r.fields(part, func(key []byte) {
		switch string(key) {
		case "path":
			p.Path = r.string(part)
		case "url":
			p.URL = r.string(part)
		case "mediatype":
			p.MediaType = r.string(part)
		case "sha256":
			p.SHA256 = r.string(part)
		default:
			r.lost(part, key)
		}
	})
	if p.Path != "" || p.URL != "" {
		r.it.photo = p
	}
}

// etag takes the version from the annotation where the object has no change key.
func (r *reader) etag(part string) {
	tag := bytes.Trim(bytes.TrimPrefix(r.text(part), []byte("W/")), `"`)
	if r.it.text[slotVersion] == "" {
		r.it.text[slotVersion] = r.texts.of(tag)
	}
}
