package jsonl

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// checker validates values against a JSON Schema, as far as ours uses the language. A word
// that it does not know is an error, so that none is passed over.
type checker struct{ root map[string]any }

var annotations = []string{"$schema", "$id", "$defs", "title", "description"}

func (k checker) check(schema map[string]any, v any, at string) error {
	for word, arg := range schema {
		if slices.Contains(annotations, word) || word == "additionalProperties" {
			continue
		}
		var err error
		switch word {
		case "$ref":
			name := strings.TrimPrefix(arg.(string), "#/$defs/")
			err = k.check(k.root["$defs"].(map[string]any)[name].(map[string]any), v, at)
		case "type":
			err = checkType(arg.(string), v)
		case "enum":
			if !slices.Contains(arg.([]any), v) {
				err = fmt.Errorf("none of %v", arg)
			}
		case "pattern":
			if s, ok := v.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(s) {
				err = fmt.Errorf("does not match")
			}
		case "items":
			list, _ := v.([]any)
			for i := range list {
				if err := k.check(arg.(map[string]any), list[i], fmt.Sprintf("%s[%d]", at, i)); err != nil {
					return err
				}
			}
		case "properties":
			err = k.properties(schema, v, at)
		default:
			err = fmt.Errorf("the checker does not know %q", word)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	if _, named := schema["properties"]; !named && schema["additionalProperties"] != nil {
		return k.properties(schema, v, at)
	}
	return nil
}

func checkType(want string, v any) error {
	got := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Map: "object", reflect.Float64: "number"}[reflect.ValueOf(v).Kind()]
	if got != want {
		return fmt.Errorf("%q is no %s", got, want)
	}
	return nil
}

func (k checker) properties(schema map[string]any, v any, at string) error {
	named, _ := schema["properties"].(map[string]any)
	object, _ := v.(map[string]any)
	for name, value := range object {
		s, ok := named[name].(map[string]any)
		if !ok {
			if schema["additionalProperties"] == false {
				return fmt.Errorf("member %q is not allowed", name)
			}
			if s, ok = schema["additionalProperties"].(map[string]any); !ok {
				continue
			}
		}
		if err := k.check(s, value, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func (k checker) line(line []byte) error {
	var v any
	if err := json.Unmarshal(line, &v); err != nil {
		return err
	}
	return k.check(k.root, v, "contact")
}

// TestSchema holds what is written to the documented schema, and the schema to the members
// of a contact.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema/contact-1.json")
	if err != nil {
		t.Fatal(err)
	}
	k := checker{}
	if err := json.Unmarshal(text, &k.root); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	whole := full()
	whole.Photo = contact.NewPhoto([]byte("x"))
	contacts := []*contact.Contact{whole, {}, {Photo: &contact.Photo{}}}
	for range 200 {
		contacts = append(contacts, contacttest.Random(rng), contacttest.Sparse(rng))
	}
	for _, c := range contacts {
		if c.Photo != nil && len(c.Photo.SHA256) < 64 {
			c.Photo.SHA256 = ""
		}
		line, err := Marshal(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.line(line); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	for _, line := range []string{`[]`, `{"name":"x"}`, `{"name":{"first":"x"}}`, `{"emails":[{"address":1}]}`, `{"birthday":"22.7.1974"}`,
		`{"created":"2026-01-02"}`, `{"flag":{"status":"maybe"}}`, `{"emails":[{"params":{"A":"b"}}]}`, `{"favorite":"yes"}`, `{"photo":{"sha256":"00"}}`} {
		if k.line([]byte(line)) == nil {
			t.Errorf("%s is valid", line)
		}
	}
	sameMembers(t, k.root, k.root, reflect.TypeFor[contact.Contact](), "contact")
}

// sameMembers compares the members of a schema with those of the type that is written.
func sameMembers(t *testing.T, root, schema map[string]any, typ reflect.Type, at string) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if items, ok := schema["items"].(map[string]any); ok {
		schema = items
	}
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	named, ok := schema["properties"].(map[string]any)
	if !ok {
		return
	}
	tags := map[string]bool{}
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		tags[name] = true
		inner, ok := named[name].(map[string]any)
		if !ok {
			t.Errorf("the schema lacks %s.%s", at, name)
			continue
		}
		sameMembers(t, root, inner, typ.Field(i).Type, at+"."+name)
	}
	for name := range named {
		if !tags[name] {
			t.Errorf("the schema has %s.%s, and nothing else does", at, name)
		}
	}
}
