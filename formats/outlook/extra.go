package outlook

import (
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/go-json-experiment/json/jsontext"
)

// Members and extended properties that the mapping does not know are Extra of the
// origin "outlook": the name is that of the member, or the id of the property, and
// the value is the JSON text.

// isProperty reports whether x is an extended property, whose id is a type and a
// name with blanks between.
func isProperty(x contact.Extra) bool { return x.Origin == origin && strings.Contains(x.Name, " ") }

// isMember reports whether x can stand in an object as it is.
func isMember(x contact.Extra) bool {
	return x.Origin == origin && len(x.Params) == 0 && memberByName[strings.ToLower(x.Name)] == nil &&
		propertyByID[strings.ToLower(x.Name)] == nil && jsontext.Value(x.Value).IsValid()
}

// carry puts an extra property that MAPI has a place for there, in the form in which it
// is read. It reports whether it did.
func (it *item) carry(x contact.Extra) bool {
	p := propertyByID[strings.ToLower(x.Name)]
	if x.Origin != origin || len(x.Params) > 0 || p == nil || p.field != "extra" || it.text[p.slot] != "" {
		return false
	}
	text, err := readValue(p.kind, unquoteExtra(x))
	if err != nil || text == "" || quoted(text) != x.Value || p.id != x.Name {
		return false
	}
	it.text[p.slot] = text
	return true
}

// quoted returns text as a JSON string.
func quoted(text string) string {
	b, _ := jsontext.AppendQuote(nil, text) // it replaces what is no UTF-8
	return string(b)
}

// unquoteExtra returns the text of a property's value.
func unquoteExtra(x contact.Extra) string {
	if strings.HasPrefix(x.Value, `"`) {
		return unquote([]byte(x.Value))
	}
	return x.Value
}
