package jcard

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
)

// How a property stands in a jCard: [name, parameters, type, value, ...] (RFC 7095, 3.3).

// Parameters.
const (
	paramValue   = "VALUE"
	paramGroup   = "group"               // RFC 7095, 7.1
	paramSpelled = "x-cardferry-spelled" // the name as it was, where it was not in capitals
	paramSaid    = "x-cardferry-value"   // VALUE as it was, where the type does not tell
)

// unknown is the type of a value whose syntax nobody knows: it stands as in the vCard.
const unknown = "unknown"

// defaults are the types that properties have where VALUE says nothing (RFC 6350, 6;
// RFC 6474; RFC 9554). Those that are not here are text, or unknown.
var defaults = map[string]string{
	"SOURCE": "uri", "PHOTO": "uri", "IMPP": "uri", "GEO": "uri", "LOGO": "uri", "MEMBER": "uri", "RELATED": "uri", "SOUND": "uri",
	"UID": "uri", "URL": "uri", "KEY": "uri", "FBURL": "uri", "CALADRURI": "uri", "CALURI": "uri", "ORG-DIRECTORY": "uri", "SOCIALPROFILE": "uri",
	"BDAY": "date-and-or-time", "ANNIVERSARY": "date-and-or-time", "DEATHDATE": "date-and-or-time",
	"REV": "timestamp", "CREATED": "timestamp", "LANG": "language-tag", "LANGUAGE": "language-tag",
}

// texts are the properties that are text by default.
var texts = map[string]bool{"KIND": true, "XML": true, "FN": true, "N": true, "NICKNAME": true, "GENDER": true, "ADR": true, "TEL": true,
	"EMAIL": true, "TZ": true, "TITLE": true, "ROLE": true, "ORG": true, "CATEGORIES": true, "NOTE": true, "PRODID": true,
	"CLIENTPIDMAP": true, "BIRTHPLACE": true, "DEATHPLACE": true, "EXPERTISE": true, "HOBBY": true, "INTEREST": true, "GRAMGENDER": true, "PRONOUNS": true}

// structured are the properties whose value has components, and lists those that have
// several values.
var (
	structured = map[string]bool{"N": true, "ADR": true, "ORG": true, "GENDER": true, "CLIENTPIDMAP": true}
	lists      = map[string]bool{"NICKNAME": true, "CATEGORIES": true}
)

func defaultType(name string) string {
	if t, ok := defaults[name]; ok {
		return t
	}
	if texts[name] {
		return "text"
	}
	return unknown
}

// saidBy returns the VALUE that a property of that type has.
func saidBy(typ, name string) string {
	if typ == unknown || typ == defaultType(name) || name == "UID" && typ == "text" {
		return ""
	}
	return typ
}

// AppendProperty appends a property as it stands in a jCard.
func AppendProperty(b []byte, p *cardtext.Property) []byte {
	name := strings.ToUpper(p.Name)
	typ := defaultType(name)
	if v := p.First(paramValue); v != "" && name != "" {
		typ = strings.ToLower(v)
	} else if name == "UID" && !strings.Contains(p.Value, ":") {
		typ = "text"
	}
	values := render(name, typ, p.Value)
	if raw(name, typ, values) != p.Value {
		typ, values = unknown, []any{p.Value}
	}
	b = appendString(append(b, '['), strings.ToLower(name))
	b = append(b, ",{"...)
	first := true
	param := func(name string, values []string) {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendString(b, name), ':')
		if len(values) == 1 {
			b = appendString(b, values[0])
			return
		}
		b = appendValue(b, toAny(values))
	}
	if p.Group != "" {
		param(paramGroup, []string{p.Group})
	}
	if p.Name != name {
		param(paramSpelled, []string{p.Name})
	}
	if said := p.First(paramValue); said != "" && said != saidBy(typ, name) {
		param(paramSaid, []string{said})
	}
	for _, q := range p.Params {
		if q.Name != paramValue {
			param(strings.ToLower(q.Name), q.Values)
		}
	}
	b = appendString(append(b, "},"...), typ)
	for _, v := range values {
		b = appendValue(append(b, ','), v)
	}
	return append(b, ']')
}

func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s) // of what is not UTF-8 it makes what is
	return b
}

// appendValue appends a text, or an array of what it appends.
func appendValue(b []byte, v any) []byte {
	list, ok := v.([]any)
	if !ok {
		text, _ := v.(string)
		return appendString(b, text)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, list[i])
	}
	return append(b, ']')
}

func toAny(all []string) []any {
	list := make([]any, len(all))
	for i, s := range all {
		list[i] = s
	}
	return list
}

// render returns the values of a property as they stand in JSON.
func render(name, typ, value string) []any {
	switch {
	case typ == "text" && structured[name]:
		return []any{renderStructure(value)}
	case typ == "text" && lists[name]:
		var values []any
		for _, v := range cardtext.Split(value, ',') {
			values = append(values, cardtext.Unescape(v))
		}
		return values
	case typ == unknown:
		return []any{value}
	case typ == "date-and-or-time", typ == "date", typ == "date-time", typ == "timestamp":
		return []any{extended(cardtext.Unescape(value))}
	}
	return []any{cardtext.Unescape(value)}
}

// renderStructure returns the components of a value: an array, in which a component of
// several values is one too; a single component is a text.
func renderStructure(value string) any {
	var parts []any
	for _, component := range cardtext.Split(value, ';') {
		items := cardtext.Split(component, ',')
		for i := range items {
			items[i] = cardtext.Unescape(items[i])
		}
		if len(items) == 1 {
			parts = append(parts, items[0])
		} else {
			parts = append(parts, toAny(items))
		}
	}
	if text, ok := parts[0].(string); ok && len(parts) == 1 {
		return text
	}
	return parts
}

// raw returns the value of a property from its JSON form.
func raw(name, typ string, values []any) string {
	var all []string
	for _, v := range values {
		components, ok := v.([]any)
		if !ok {
			all = append(all, rawText(typ, textOf(v)))
			continue
		}
		var parts []string
		for _, c := range components {
			items, ok := c.([]any)
			if !ok {
				items = []any{c}
			}
			var texts []string
			for _, item := range items {
				texts = append(texts, cardtext.Escape(textOf(item)))
			}
			parts = append(parts, strings.Join(texts, ","))
		}
		all = append(all, strings.Join(parts, ";"))
	}
	return strings.Join(all, ",")
}

// textOf returns a JSON value as vCards have it.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case jsontext.Value:
		return string(v)
	}
	return ""
}

func rawText(typ, text string) string {
	switch typ {
	case unknown:
		return text
	case "uri":
		return cardtext.EscapeURI(text)
	case "date-and-or-time", "date", "date-time", "timestamp":
		return cardtext.Escape(basic(text))
	}
	return cardtext.Escape(text)
}

// extended returns a date or time of vCard 4.0's basic form in the extended form that
// jCard has (RFC 7095, 3.5), any other text as it is.
func extended(s string) string {
	date, clock, timed := strings.Cut(s, "T")
	switch {
	case len(date) == 8 && isDigits(date):
		date = date[:4] + "-" + date[4:6] + "-" + date[6:]
	case len(date) == 6 && strings.HasPrefix(date, "--") && isDigits(date[2:]):
		date = date[:4] + "-" + date[4:]
	}
	if !timed {
		return date
	}
	digits := len(clock) - len(strings.TrimLeft(clock, "0123456789"))
	zone := clock[digits:]
	switch clock = clock[:digits]; digits {
	case 4:
		clock = clock[:2] + ":" + clock[2:]
	case 6:
		clock = clock[:2] + ":" + clock[2:4] + ":" + clock[4:]
	}
	if len(zone) == 5 && isDigits(zone[1:]) {
		zone = zone[:3] + ":" + zone[3:]
	}
	return date + "T" + clock + zone
}

// basic undoes extended.
func basic(s string) string {
	date, clock, timed := strings.Cut(s, "T")
	if len(date) == 10 && date[4] == '-' && date[7] == '-' {
		date = date[:4] + date[5:7] + date[8:]
	} else if len(date) == 7 && strings.HasPrefix(date, "--") && date[4] == '-' {
		date = date[:4] + date[5:]
	}
	if !timed {
		return date
	}
	return date + "T" + strings.ReplaceAll(clock, ":", "")
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// What is wrong with a property.
var (
	errNoProperty = errors.New("not an array of a name, parameters, a type and values")
	errNoParam    = errors.New("a parameter is neither a text nor an array of texts")
)

// ParseProperty reads what AppendProperty writes, and other programs do.
func ParseProperty(text jsontext.Value) (p cardtext.Property, err error) {
	var parts []jsontext.Value
	if json.Unmarshal(text, &parts, jsontext.AllowInvalidUTF8(true)) != nil || len(parts) < 4 {
		return p, errNoProperty
	}
	var name, typ string
	if json.Unmarshal(parts[0], &name, jsontext.AllowInvalidUTF8(true)) != nil || json.Unmarshal(parts[2], &typ, jsontext.AllowInvalidUTF8(true)) != nil || name == "" {
		return p, errNoProperty
	}
	p.Name = strings.ToUpper(name)
	if err := parseParams(&p, parts[1]); err != nil {
		return p, err
	}
	name = strings.ToUpper(p.Name)
	typ = strings.ToLower(typ)
	if said := saidBy(typ, name); said != "" && p.Get(paramValue) == nil {
		p.Add(paramValue, said)
	}
	var values []any
	for _, part := range parts[3:] {
		values = append(values, tree(part, 0))
	}
	p.Value = raw(name, typ, values)
	return p, nil
}

// parseParams reads the object of the parameters.
func parseParams(p *cardtext.Property, object jsontext.Value) error {
	dec := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != jsontext.KindBeginObject {
		return errNoProperty
	}
	for dec.PeekKind() == jsontext.KindString {
		tok, err := dec.ReadToken()
		if err != nil {
			return errNoParam
		}
		name := tok.String()
		value, err := dec.ReadValue()
		if err != nil {
			return errNoParam
		}
		var values []string
		for _, v := range flat(tree(value, 0)) {
			values = append(values, textOf(v))
		}
		switch {
		case len(values) == 0:
		case name == paramGroup:
			p.Group = values[0]
		case name == paramSpelled && strings.EqualFold(values[0], p.Name):
			p.Name = values[0]
		case name == paramSaid:
			p.Add(paramValue, values[0])
		default:
			p.Add(strings.ToUpper(name), values...)
		}
	}
	return nil
}

// tree returns a JSON value as texts and arrays of them; numbers and truth values are the
// texts that they are. Objects, and what is nested deeper than any jCard, are empty.
func tree(text jsontext.Value, depth int) any {
	switch text.Kind() {
	case jsontext.KindString:
		b, err := jsontext.AppendUnquote(nil, text)
		if err != nil {
			b = bytes.ToValidUTF8(b, []byte("\uFFFD"))
		}
		return string(b)
	case jsontext.KindBeginArray:
		var parts []jsontext.Value
		if depth > 2 || json.Unmarshal(text, &parts, jsontext.AllowInvalidUTF8(true)) != nil {
			return ""
		}
		list := make([]any, len(parts))
		for i := range parts {
			list[i] = tree(parts[i], depth+1)
		}
		return list
	case jsontext.KindNumber, jsontext.KindTrue, jsontext.KindFalse:
		return string(text)
	}
	return ""
}

func flat(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}
