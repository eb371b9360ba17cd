package sandbox

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// A view renders contacts of one mailbox for one request.
type view struct {
	d          *dialect
	box        *mailbox
	immutable  bool     // Prefer: IdType="ImmutableId"
	listing    bool     // notes are cut as lists cut them
	fields     []*field // nil: all
	expand     []propID
	extensions []string // those to show; nil: none
	noPicture  bool     // the has-picture property is missing
	odataID    []byte   // `"@odata.id":"https://…/Contacts('`, nil in Graph

	folder     uint64 // whose encoded id folderText holds
	folderText []byte
}

// appendContact renders a contact; context is the @odata.context of a single
// one and "" in a list.
func (v *view) appendContact(dst []byte, it *item, context string) []byte {
	dst = append(dst, '{')
	if context != "" {
		dst = append(dst, `"@odata.context":`...)
		dst = append(appendString(dst, context), ',')
	}
	if v.odataID != nil {
		dst = append(dst, v.odataID...)
		dst = append(v.appendID(dst, it), `')",`...)
	}
	dst = append(dst, `"@odata.etag":"W/\"`...)
	dst = append(appendChangeKey(dst, v.box.key, it.version), `\""`...)
	if v.fields == nil {
		for i := range v.d.fields {
			dst = v.appendField(dst, &v.d.fields[i], it, false)
		}
	}
	for _, f := range v.fields {
		dst = v.appendField(dst, f, it, true)
	}
	dst = v.appendExtended(dst, it, false)
	dst = v.appendExtended(dst, it, true)
	if v.extensions != nil {
		dst = append(append(append(dst, `,"`...), v.d.cased("extensions")...), `":`...)
		dst = appendExtensions(dst, v.d, it, v.extensions)
	}
	return append(dst, '}')
}

func (v *view) appendID(dst []byte, it *item) []byte {
	if v.immutable {
		return v.box.ids.appendImmutable(dst, it.id)
	}
	return v.box.ids.appendItem(dst, it.id, it.folder)
}

// appendField renders one member. WeddingAnniversary is in none of the Outlook
// document's samples, so there it is shown only when it is set or asked for.
func (v *view) appendField(dst []byte, f *field, it *item, selected bool) []byte {
	if f.kind == kindDate && v.d.outlook && !selected && it.slots[f.slot] == nil {
		return dst
	}
	dst = append(dst, f.key...)
	value := it.slots[f.slot]
	switch f.kind {
	case kindText:
		if f.slot == slotNotes && v.listing {
			value = listedNotes(value)
		}
		return appendText(dst, value)
	case kindInstant:
		return appendText(dst, value)
	case kindFileAs:
		return appendString(dst, value)
	case kindBool:
		if value == nil {
			return append(dst, "null"...)
		}
		return append(dst, value...)
	case kindDate:
		if len(value) > len(dateLayout) {
			value = value[:len(dateLayout)]
		}
		return appendText(dst, value)
	case kindGender:
		return appendText(dst, genderText(value))
	case kindList:
		return appendList(dst, value)
	case kindIMs:
		return appendStrings(dst, it.slots[slotIM1:slotIM3+1])
	case kindPhonePair:
		return appendStrings(dst, it.slots[f.slot:f.slot+2])
	}
	return v.appendComposite(dst, f, it)
}

func (v *view) appendComposite(dst []byte, f *field, it *item) []byte {
	switch f.kind {
	case kindID:
		return append(v.appendID(append(dst, '"'), it), '"')
	case kindCreated:
		return appendTime(dst, it.created)
	case kindModified:
		return appendTime(dst, it.modified)
	case kindChangeKey:
		return append(appendChangeKey(append(dst, '"'), v.box.key, it.version), '"')
	case kindFolder:
		if v.folder != it.folder {
			v.folder, v.folderText = it.folder, v.box.ids.appendFolder(v.folderText[:0], it.folder)
		}
		return append(append(append(dst, '"'), v.folderText...), '"')
	case kindEmails:
		return v.appendEmails(dst, it)
	case kindEmail:
		return v.appendEmail(dst, it, f.slot)
	case kindPhones:
		return v.appendPhones(dst, it)
	case kindAddresses:
		return v.appendAddresses(dst, it)
	case kindAddress:
		return v.appendAddress(dst, it, f.slot)
	case kindSites:
		return v.appendSites(dst, it)
	default:
		return v.appendFlag(dst, it)
	}
}

// appendExtended renders the expanded extended properties of one value, or with many
// set those of several; those that are not set are left out, and so is the member if
// none is.
func (v *view) appendExtended(dst []byte, it *item, many bool) []byte {
	name, none := v.d.extendedName(), len(dst)
	if many {
		name = v.d.manyName()
	}
	for _, p := range v.expand {
		if p.many() != many {
			continue
		}
		value, ok := it.extended(p)
		if !ok || v.noPicture && p.slot == slotHasPicture {
			continue
		}
		if len(dst) == none {
			dst = append(append(append(dst, `,"`...), name...), `":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, `{"`...), v.d.idName()...), `":`...)
		dst = appendString(dst, p.canonical)
		dst = append(append(append(dst, `,"`...), v.d.cased("value")...), `":`...)
		if many {
			dst = appendList(dst, value)
		} else {
			dst = appendString(dst, value)
		}
		dst = append(dst, '}')
	}
	if len(dst) == none {
		return dst
	}
	return append(dst, ']')
}

// listedNotes is what lists make of a note that begins with a line break: no
// line breaks, and no more than 256 characters (microsoft-graph-docs 17598).
func listedNotes(note []byte) []byte {
	if len(note) == 0 || note[0] != '\n' && note[0] != '\r' {
		return note
	}
	short := make([]byte, 0, 300)
	for n := 0; len(note) > 0 && n < 256; {
		_, size := utf8.DecodeRune(note)
		if note[0] != '\n' && note[0] != '\r' {
			short = append(short, note[:size]...)
			n++
		}
		note = note[size:]
	}
	return short
}

// genders are the values of PidTagGender.
var genders = [...]string{"Unspecified", "Female", "Male"}

func genderText(value []byte) []byte {
	if len(value) != 1 || value[0] < '0' || value[0] > '2' {
		return nil
	}
	return []byte(genders[value[0]-'0'])
}

func appendTime(dst []byte, seconds int64) []byte {
	dst = append(dst, '"')
	dst = time.Unix(seconds, 0).UTC().AppendFormat(dst, instantLayout)
	return append(dst, '"')
}

// appendText renders a string, or null where it is nil.
func appendText(dst, value []byte) []byte {
	if value == nil {
		return append(dst, "null"...)
	}
	return appendString(dst, value)
}

func appendList(dst, list []byte) []byte {
	dst = append(dst, '[')
	for first := true; len(list) > 0; first = false {
		if !first {
			dst = append(dst, ',')
		}
		var value []byte
		value, list = nextInList(list)
		dst = appendString(dst, value)
	}
	return append(dst, ']')
}

// appendStrings renders the slots that are not empty as an array.
func appendStrings(dst []byte, slots [][]byte) []byte {
	dst = append(dst, '[')
	first := true
	for _, value := range slots {
		if len(value) == 0 {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendString(dst, value)
	}
	return append(dst, ']')
}

// appendString renders valid UTF-8 as a JSON string.
func appendString[T string | []byte](dst []byte, value T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := range len(value) {
		c := value[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, value[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, value[start:]...), '"')
}

func appendMember[T string | []byte](dst []byte, name string, value T) []byte {
	dst = append(append(append(dst, '"'), name...), `":`...)
	return appendString(dst, value)
}

func appendInt(dst []byte, name string, n int) []byte {
	dst = append(append(append(dst, '"'), name...), `":`...)
	return strconv.AppendInt(dst, int64(n), 10)
}
