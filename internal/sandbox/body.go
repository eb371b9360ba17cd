package sandbox

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBody is the ceiling of one REST request, and so of a photo.
const maxBody = 4 << 20

// readBody reads a body, which may be compressed as Microsoft's own SDKs do it.
func readBody(r *http.Request) ([]byte, error) {
	reader := io.Reader(r.Body)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, badRequest("RequestBodyRead", "The request payload is not valid gzip.")
		}
		reader = unzipped
	default:
		return nil, errEncoding
	}
	body, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil {
		return nil, badRequest("RequestBodyRead", "IO error during request payload read.")
	}
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	return body, nil
}

// A member is one name and value of a JSON object.
type member struct {
	name  string
	value jsontext.Value
}

// members splits an object; anything else is not ok.
func members(raw []byte) ([]member, bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(raw))
	if dec.PeekKind() != '{' {
		return nil, false
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	var all []member
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, false
		}
		text := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return nil, false
		}
		all = append(all, member{text, value.Clone()})
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	_, err := dec.ReadToken()
	return all, err == io.EOF
}

// elements splits an array; anything else is not ok.
func elements(raw jsontext.Value) ([]jsontext.Value, bool) {
	dec := jsontext.NewDecoder(bytes.NewReader(raw))
	if dec.PeekKind() != '[' {
		return nil, false
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	var all []jsontext.Value
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, false
		}
		all = append(all, value.Clone())
	}
	return all, true
}

// A change applies the members of a POST or PATCH body to an item.
type change struct {
	d         *dialect
	it        *item
	q         *quirks // never nil
	create    bool
	named     bool // a part of the name was sent
	displayed bool // the display name was sent
	folder    string
}

// apply reads a body. Names that the dialect does not have are refused with
// 400, as are annotations and members that belong to the server: sending a
// fetched contact back does not work.
func (c *change) apply(body []byte) error {
	all, ok := members(body)
	if !ok {
		return errBadJSON
	}
	for _, m := range all {
		if err := c.member(m); err != nil {
			return err
		}
	}
	if c.named && !c.displayed || c.create && c.it.slots[slotDisplayName] == nil {
		c.buildDisplayName()
	}
	return nil
}

func (c *change) member(m member) error {
	switch m.name {
	case c.d.extendedName():
		return c.extended(m.value, false)
	case c.d.manyName():
		return c.extended(m.value, true)
	case c.d.cased("extensions"):
		return c.extensions(m.value)
	case "@odata.type":
		return nil
	}
	i, ok := c.d.byName[m.name]
	if !ok && c.q.dropUnknown {
		return nil
	}
	if !ok {
		return unreadable("The property '%s' does not exist on type 'microsoft.graph.contact'. Make sure to only use property names that are defined by the type.", m.name)
	}
	f := &c.d.fields[i]
	if f.kind.readOnly() {
		return unreadable("The property '%s' is read-only and cannot be set.", m.name)
	}
	if m.value.Kind() == 'n' {
		return c.null(f)
	}
	c.note(f.slot)
	return c.value(f, m.value)
}

// null clears a scalar or an address. In a POST the service fails over nulls
// in the place of arrays and objects.
func (c *change) null(f *field) error {
	switch {
	case f.kind.complex() && c.create:
		return errInternal
	case f.kind == kindAddress && c.q.addressKept:
	case f.kind == kindAddress:
		c.it.clear(f.slot, addressSlots)
	case f.kind == kindEmail:
		c.it.clear(f.slot, emailSlots)
	case f.kind == kindFlag:
		c.it.clear(slotFlagStatus, 4)
	case f.kind.complex() || f.kind == kindFolder:
		return unreadable("A null value was found for the property named '%s', which has the expected type that does not allow null values.", f.name)
	default:
		c.note(f.slot)
		c.it.slots[f.slot] = nil
	}
	return nil
}

// note remembers what the display name depends on.
func (c *change) note(s slot) {
	switch s {
	case slotTitle, slotGivenName, slotMiddleName, slotSurname, slotGeneration:
		c.named = true
	case slotDisplayName:
		c.displayed = true
	}
}

func (c *change) value(f *field, raw jsontext.Value) error {
	switch f.kind {
	case kindText, kindFileAs:
		return c.textValue(f, raw)
	case kindInstant, kindDate:
		return c.timeValue(f, raw)
	case kindGender:
		return c.genderValue(f, raw)
	case kindBool:
		if k := raw.Kind(); k != 't' && k != 'f' {
			return wrongType(f, "Edm.Boolean")
		}
		c.it.setText(f.slot, string(raw))
		return nil
	case kindFolder:
		text, ok := stringValue(raw)
		if !ok {
			return wrongType(f, "Edm.String")
		}
		c.folder = text
		return nil
	case kindList:
		values, ok := stringValues(raw)
		if !ok {
			return wrongType(f, "Collection(Edm.String)")
		}
		c.it.setList(f.slot, values)
		return nil
	case kindIMs:
		return c.slotValues(f, raw, 3)
	case kindPhonePair:
		return c.slotValues(f, raw, 2)
	}
	return c.composite(f, raw)
}

func wrongType(f *field, want string) *failure {
	return unreadable("Cannot convert the value of the property '%s' to the expected type '%s'.", f.name, want)
}

func (c *change) textValue(f *field, raw jsontext.Value) error {
	text, ok := stringValue(raw)
	if !ok {
		return wrongType(f, "Edm.String")
	}
	c.it.setText(f.slot, text)
	return nil
}

func (c *change) timeValue(f *field, raw jsontext.Value) error {
	text, ok := stringValue(raw)
	if ok {
		text, ok = normalInstant(text)
	}
	if !ok {
		return wrongType(f, "Edm.DateTimeOffset")
	}
	c.it.setText(f.slot, text)
	return nil
}

func (c *change) genderValue(f *field, raw jsontext.Value) error {
	text, _ := stringValue(raw)
	for n, name := range genders {
		if strings.EqualFold(text, name) {
			c.it.setText(f.slot, strconv.Itoa(n))
			return nil
		}
	}
	return badRequest("ErrorInvalidArgument", "The value of the property '%s' is not valid.", f.name)
}

// slotValues spreads an array of strings over consecutive slots.
func (c *change) slotValues(f *field, raw jsontext.Value, limit int) error {
	values, ok := stringValues(raw)
	if !ok {
		return wrongType(f, "Collection(Edm.String)")
	}
	if len(values) > limit {
		return tooMany(pascal(f.name), len(values), limit)
	}
	c.it.clear(f.slot, slot(limit))
	for i, v := range values {
		c.it.setText(f.slot+slot(i), v)
	}
	return nil
}

// pascal is how the service's messages spell a property in every dialect.
func pascal(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

func stringValue(raw jsontext.Value) (string, bool) {
	if raw.Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	return string(text), err == nil
}

func stringValues(raw jsontext.Value) ([]string, bool) {
	all, ok := elements(raw)
	if !ok {
		return nil, false
	}
	values := make([]string, len(all))
	for i, e := range all {
		if values[i], ok = stringValue(e); !ok {
			return nil, false
		}
	}
	return values, true
}

// buildDisplayName joins the parts of the name. The service does so when no
// display name is sent, on creation and whenever a PATCH touches a part.
func (c *change) buildDisplayName() {
	var parts []string
	for _, s := range [...]slot{slotTitle, slotGivenName, slotMiddleName, slotSurname, slotGeneration} {
		if text := c.it.text(s); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		if c.named {
			c.it.slots[slotDisplayName] = nil
		}
		return
	}
	c.it.setText(slotDisplayName, strings.Join(parts, " "))
}
