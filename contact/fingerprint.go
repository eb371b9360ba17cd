package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Fingerprint returns a hash of the contact's fields, without its bookkeeping.
func (c *Contact) Fingerprint() string {
	var room [2048]byte
	b := jsonText{room[:0]}
	text, ok := b.contact(c)
	if !ok {
		text = c.slowText()
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// slowText is what Fingerprint hashes: the JSON of the fields.
func (c *Contact) slowText() []byte {
	bare := *c
	bare.UID, bare.ID, bare.Key, bare.Folder = "", "", "", ""
	bare.Created, bare.Modified = time.Time{}, time.Time{}
	if c.Photo != nil {
		bare.Photo = &Photo{SHA256: c.Photo.SHA256, URL: c.Photo.URL}
	}
	text, err := json.Marshal(&bare)
	if err != nil { // the flag has a time beyond the year 9999
		bare.Flag = Flag{}
		text, _ = json.Marshal(&bare)
		text = fmt.Appendf(text, "%v", c.Flag)
	}
	return text
}

// jsonText composes the bytes of slowText for usual contacts: a UID is made of them for
// every contact that has none, and reflection takes longer than the rest of writing it.
type jsonText struct{ b []byte }

// contact returns the text, and whether it could be made.
func (j *jsonText) contact(c *Contact) ([]byte, bool) {
	if c.Flag != (Flag{}) || c.Organization.Units != nil {
		return nil, false
	}
	n, o := &c.Name, &c.Organization
	j.open('{')
	j.group("name", func() {
		j.fields("display", n.Display, "prefix", n.Prefix, "given", n.Given, "middle", n.Middle, "family", n.Family, "suffix", n.Suffix, "nickname", n.Nickname,
			"initials", n.Initials, "fileAs", n.FileAs, "phoneticGiven", n.PhoneticGiven, "phoneticMiddle", n.PhoneticMiddle, "phoneticFamily", n.PhoneticFamily)
	})
	j.group("organization", func() {
		j.fields("company", o.Company, "phoneticCompany", o.PhoneticCompany, "department", o.Department, "title", o.Title, "profession", o.Profession,
			"office", o.Office, "manager", o.Manager, "assistant", o.Assistant)
	})
	array(j, "emails", c.Emails, func(e *Email) {
		j.fields("address", e.Address, "name", e.Name, "type", e.Type)
		j.rest(e.Preferred, e.Params)
	})
	array(j, "phones", c.Phones, func(p *Phone) {
		j.fields("number", p.Number, "type", p.Type)
		j.rest(p.Preferred, p.Params)
	})
	array(j, "addresses", c.Addresses, func(a *Address) {
		j.fields("type", a.Type, "poBox", a.POBox, "extended", a.Extended, "street", a.Street, "city", a.City, "region", a.Region,
			"postalCode", a.PostalCode, "country", a.Country, "label", a.Label)
		j.rest(a.Preferred, a.Params)
	})
	array(j, "websites", c.Websites, func(w *Website) {
		j.fields("url", w.URL, "name", w.Name, "type", w.Type)
		j.rest(w.Preferred, w.Params)
	})
	array(j, "ims", c.IMs, func(m *IM) {
		j.fields("address", m.Address, "type", m.Type)
		j.rest(m.Preferred, m.Params)
	})
	j.fields("birthday", c.Birthday.String(), "anniversary", c.Anniversary.String())
	array(j, "relations", c.Relations, func(r *Relation) {
		j.fields("name", r.Name, "type", r.Type)
		j.rest(false, r.Params)
	})
	j.fields("notes", c.Notes)
	if len(c.Categories) > 0 {
		j.name("categories")
		j.open('[')
		for _, s := range c.Categories {
			j.comma()
			j.text(s)
		}
		j.close(']')
	}
	j.fields("gender", c.Gender)
	if c.Favorite {
		j.name("favorite")
		j.b = append(j.b, "true"...)
	}
	if p := c.Photo; p != nil {
		j.name("photo")
		j.open('{')
		j.fields("url", p.URL, "sha256", p.SHA256)
		j.close('}')
	}
	array(j, "extra", c.Extra, func(x *Extra) {
		j.fields("origin", x.Origin, "name", x.Name)
		j.rest(false, x.Params)
		j.fields("value", x.Value)
	})
	j.close('}')
	return j.b, true
}

func (j *jsonText) open(bracket byte)  { j.b = append(j.b, bracket) }
func (j *jsonText) close(bracket byte) { j.b = append(j.b, bracket) }

// comma stands before all but the first of an object or array.
func (j *jsonText) comma() {
	if last := j.b[len(j.b)-1]; last != '{' && last != '[' {
		j.b = append(j.b, ',')
	}
}

func (j *jsonText) name(name string) {
	j.comma()
	j.b = append(append(append(j.b, '"'), name...), '"', ':')
}

// fields appends names and their values in turn, but for empty ones.
func (j *jsonText) fields(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			j.name(pairs[i])
			j.text(pairs[i+1])
		}
	}
}

// group appends an object, unless it is empty.
func (j *jsonText) group(name string, members func()) {
	before := len(j.b)
	j.name(name)
	j.open('{')
	if members(); j.b[len(j.b)-1] == '{' {
		j.b = j.b[:before]
		return
	}
	j.close('}')
}

func array[T any](j *jsonText, name string, all []T, members func(*T)) {
	if len(all) == 0 {
		return
	}
	j.name(name)
	j.open('[')
	for i := range all {
		j.comma()
		j.open('{')
		members(&all[i])
		j.close('}')
	}
	j.close(']')
}

func (j *jsonText) rest(preferred bool, params Params) {
	if preferred {
		j.name("preferred")
		j.b = append(j.b, "true"...)
	}
	if len(params) > 0 {
		j.name("params")
		j.value(params)
	}
}

// text appends a string; encoding/json does those with anything to escape.
func (j *jsonText) text(s string) {
	ascii := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			j.value(s)
			return
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if !ascii && (!utf8.ValidString(s) || strings.Contains(s, "\u2028") || strings.Contains(s, "\u2029")) {
		j.value(s)
		return
	}
	j.b = append(append(append(j.b, '"'), s...), '"')
}

func (j *jsonText) value(v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic("contact: text that is no JSON: " + err.Error()) // strings and lists of them always are
	}
	j.b = append(j.b, text...)
}
