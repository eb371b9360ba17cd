package jscontact

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/jsonseq"
)

// object is a JSON object whose members keep their order. Values are strings, numbers and
// other scalars as jsontext.Value, *object, and []any.
type object struct {
	names  []string
	values map[string]any
}

func newObject(pairs ...any) *object {
	o := &object{values: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		o.set(pairs[i].(string), pairs[i+1])
	}
	return o
}

func (o *object) get(name string) (any, bool) {
	v, ok := o.values[name]
	return v, ok
}

// text returns a member that is a text, "" if there is none.
func (o *object) text(name string) string {
	s, _ := o.values[name].(string)
	return s
}

// child returns a member that is an object, nil if there is none.
func (o *object) child(name string) *object {
	c, _ := o.values[name].(*object)
	return c
}

// list returns a member that is an array.
func (o *object) list(name string) []any {
	l, _ := o.values[name].([]any)
	return l
}

func (o *object) set(name string, v any) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = v
}

func (o *object) remove(name string) {
	if _, ok := o.values[name]; ok {
		delete(o.values, name)
		o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
	}
}

// grow returns the object that is a member, made if there is none; nil where the member is
// something else.
func (o *object) grow(name string) *object {
	v, ok := o.get(name)
	if !ok {
		v = newObject()
		o.set(name, v)
	}
	child, _ := v.(*object)
	return child
}

// clone returns a copy that shares no object.
func (o *object) clone() *object {
	c := newObject()
	for _, name := range o.names {
		v := o.values[name]
		if child, ok := v.(*object); ok {
			v = child.clone()
		}
		c.set(name, v)
	}
	return c
}

// maxDepth is how deeply a card may be nested.
const maxDepth = 64

// parseObject reads one JSON object. Of a member that stands twice the last one counts.
func parseObject(text []byte) (*object, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if dec.PeekKind() != jsontext.KindBeginObject {
		return nil, errNoCard
	}
	v, err := parseValue(dec, 0)
	if err != nil {
		return nil, jsonseq.Reason(err)
	}
	return v.(*object), nil
}

func parseValue(dec *jsontext.Decoder, depth int) (any, error) {
	switch kind := dec.PeekKind(); {
	case depth > maxDepth:
		value, err := dec.ReadValue()
		return value.Clone(), err
	case kind == jsontext.KindBeginObject:
		dec.ReadToken()
		o := newObject()
		for dec.PeekKind() == jsontext.KindString {
			name, err := dec.ReadToken()
			if err != nil {
				return nil, err
			}
			member := name.String()
			v, err := parseValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			o.set(member, v)
		}
		_, err := dec.ReadToken()
		return o, err
	case kind == jsontext.KindBeginArray:
		dec.ReadToken()
		list := []any{}
		for k := dec.PeekKind(); k != jsontext.KindEndArray && k != jsontext.KindInvalid; k = dec.PeekKind() {
			v, err := parseValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.ReadToken()
		return list, err
	case kind == jsontext.KindString:
		tok, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		return tok.String(), nil
	}
	value, err := dec.ReadValue()
	return value.Clone(), err
}

// appendJSON appends a value as compact JSON.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case *object:
		b = append(b, '{')
		for i, name := range v.names {
			if i > 0 {
				b = append(b, ',')
			}
			b, _ = jsontext.AppendQuote(b, name)
			b = appendJSON(append(b, ':'), v.values[name])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, v[i])
		}
		return append(b, ']')
	case string:
		b, _ = jsontext.AppendQuote(b, v) // of what is not UTF-8 it makes what is
		return b
	case jsontext.Value:
		return append(b, v...)
	case bool:
		if v {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	}
	return append(b, "null"...)
}

// isTrue reports whether a value of a set is in it.
func isTrue(v any) bool {
	if value, ok := v.(jsontext.Value); ok {
		return string(value) == "true"
	}
	return v == true
}

// pointer joins the names of members to a JSON pointer without the slash before it, as
// JSPTR and patches have it (RFC 9553, 1.4.4).
func pointer(names ...string) string {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	return strings.Join(escaped, "/")
}

// names takes a pointer apart.
func namesOf(ptr string) []string {
	names := strings.Split(ptr, "/")
	for i := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(names[i])
	}
	return names
}

// put sets the value at a pointer, making the objects on the way, and reports whether it
// could: nothing that is there already is overwritten.
func (o *object) put(ptr string, v any) bool {
	names := namesOf(ptr)
	for _, name := range names[:len(names)-1] {
		child, ok := o.get(name)
		if !ok {
			child = newObject()
			o.set(name, child)
		}
		next, ok := child.(*object)
		if !ok {
			return false
		}
		o = next
	}
	last := names[len(names)-1]
	if _, taken := o.get(last); taken || last == "" {
		return false
	}
	o.set(last, v)
	return true
}
