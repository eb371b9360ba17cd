// Package jsonl reads and writes cardferry's own format: JSON Lines, one contact
// per line with the JSON names of [contact.Contact], UTF-8 (RFC 8259).
//
// It keeps everything that the model has a name for. Members of a line that the
// model has none for are kept as [contact.Extra] of origin "jsonl" and written
// back as members. [Marshal] and [Unmarshal] are the same for one line alone, for
// those who keep contacts in files of their own.
package jsonl

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats"
)

// Format returns the format's row for a [formats.Table].
func Format() formats.Format {
	return formats.Format{
		Name:         "jsonl",
		Extensions:   []string{".jsonl", ".ndjson"},
		Sniff:        sniff,
		NewDecoder:   NewDecoder,
		NewEncoder:   NewEncoder,
		EmbedsPhotos: false,
	}
}

// sniff reports whether head begins with an object, or an array of objects, that
// has a member of the model's and none of those by which Microsoft's JSON and
// JSContact are known.
func sniff(head []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(head), tolerant)
	if dec.PeekKind() == jsontext.KindBeginArray {
		dec.ReadToken()
	}
	if open, err := dec.ReadToken(); err != nil || open.Kind() != jsontext.KindBeginObject {
		return false
	}
	ours := false
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil || isForeign(name.String()) {
			return false
		}
		ours = ours || members[name.String()] || name.String() == formats.ReasonField
		if dec.SkipValue() != nil { // the head ends within this value
			break
		}
	}
	return ours
}

// isForeign reports whether a member's name tells that the object is an answer
// of Graph or Outlook REST, or a contact of theirs, or of JSContact.
func isForeign(name string) bool {
	switch strings.ToLower(name) {
	case "value", "error", "displayname", "givenname", "surname", "fileas", "companyname", "emailaddresses",
		"businessphones", "homephones", "mobilephone", "mobilephone1", "personalnotes", "parentfolderid",
		"changekey", "createddatetime", "lastmodifieddatetime", "imaddresses", "jobtitle":
		return true
	}
	return name == "@type" || strings.Contains(name, "@odata.")
}
