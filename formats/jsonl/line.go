package jsonl

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
)

// origin is the Origin of an Extra that stands for a member of the line.
const origin = "jsonl"

// Marshal appends the contact as one line to dst, without a newline, and returns
// it. Everything that has a JSON name is kept: a photo's bytes beside its path,
// and a photo not fetched yet as an empty object. Bytes that are not UTF-8 become
// U+FFFD; a time beyond the year 9999 is an error.
func Marshal(dst []byte, c *contact.Contact) ([]byte, error) {
	line, _, err := appendLine(dst, c)
	return line, err
}

// Unmarshal reads one line. Members that the model has no name for become Extra
// of origin "jsonl". A value that is not what its member holds (a number for a
// name, a date that is none) is left out and listed in Unread; what is no JSON
// object, or repeats a member, is an error. The contact is not normalised.
func Unmarshal(line []byte) (*contact.Contact, error) {
	if c, err := readLine(line, strict); err == nil {
		return c, nil
	}
	return salvage(line)
}

// document is a contact and the members that the model has no name for.
type document struct {
	*contact.Contact
	Unknown jsontext.Value `json:",embed"`
}

// Options for encoding/json/v2, under its name in Go 1.26.
var (
	// strict refuses unknown members of the parts of a contact; those of the
	// contact itself are kept.
	strict = json.RejectUnknownMembers(true)
	// tolerant replaces bytes that are not UTF-8.
	tolerant = jsontext.AllowInvalidUTF8(true)
)

// appendLine appends the line of c. mangled reports that it holds U+FFFD for bytes that
// are not UTF-8.
func appendLine(dst []byte, c *contact.Contact) (line []byte, mangled bool, err error) {
	var members jsontext.Value
	if indexes := promote(c.Extra); len(indexes) > 0 {
		c, members = withMembers(c, indexes)
	}
	a := appender{b: dst}
	a.contact(c, members)
	if a.badTime {
		return dst, false, errBadTime
	}
	return a.b, a.mangled, nil
}

func readLine(line []byte, opts ...json.Options) (*contact.Contact, error) {
	doc := document{Contact: new(contact.Contact)}
	if err := json.Unmarshal(line, &doc, opts...); err != nil {
		return nil, err
	}
	if doc.Contact == nil { // the line is null
		return nil, errNoObject
	}
	err := addMembers(doc.Contact, doc.Unknown)
	return doc.Contact, err
}

// addMembers keeps the members of object as extras.
func addMembers(c *contact.Contact, object jsontext.Value) error {
	if len(object) == 0 {
		return nil
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(object), tolerant)
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		x := contact.Extra{Origin: origin, Name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		value = value.Clone()
		if err := value.Compact(); err != nil {
			return err
		}
		x.Value = string(value)
		c.Extra = append(c.Extra, x)
	}
	return nil
}

// promote returns the indexes of the extras that go back to where they were read
// from: members of the line itself. One that could not be told apart there, or
// would not come back as it is, stays in the list of extras.
func promote(extras []contact.Extra) []int {
	var indexes []int
	var seen map[string]bool
	for i, x := range extras {
		if x.Origin != origin || len(x.Params) > 0 || members[x.Name] || seen[x.Name] || !survives(x) {
			continue
		}
		if seen == nil {
			seen = map[string]bool{}
		}
		seen[x.Name] = true
		indexes = append(indexes, i)
	}
	return indexes
}

// survives reports whether x read back as a member is x.
func survives(x contact.Extra) bool {
	name, err := jsontext.AppendQuote(nil, x.Name)
	if err != nil || x.Name == "" || !jsontext.Value(name).IsValid() {
		return false
	}
	value := jsontext.Value(x.Value)
	if !value.IsValid() {
		return false
	}
	compact := value.Clone()
	return compact.Compact() == nil && string(compact) == x.Value
}

// withMembers returns c without the extras of those indexes, and these as one
// JSON object.
func withMembers(c *contact.Contact, indexes []int) (*contact.Contact, jsontext.Value) {
	rest := *c
	rest.Extra = nil
	object := []byte{'{'}
	for i, x := range c.Extra {
		if len(indexes) == 0 || indexes[0] != i {
			rest.Extra = append(rest.Extra, x)
			continue
		}
		indexes = indexes[1:]
		if len(object) > 1 {
			object = append(object, ',')
		}
		object, _ = jsontext.AppendQuote(object, x.Name) // survives has tried it
		object = append(object, ':')
		object = append(object, x.Value...)
	}
	return &rest, append(object, '}')
}

// members are the names that the model has for the members of a line, and words
// those that it has at any depth.
var (
	members = namesOf(reflect.TypeFor[contact.Contact](), false, map[string]bool{})
	words   = namesOf(reflect.TypeFor[contact.Contact](), true, map[string]bool{})
)

func namesOf(t reflect.Type, deep bool, names map[string]bool) map[string]bool {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return names
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		names[name] = true
		if deep {
			namesOf(f.Type, true, names)
		}
	}
	return names
}
