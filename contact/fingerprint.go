package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Fingerprint returns a hash of the contact's fields, without its bookkeeping.
func (c *Contact) Fingerprint() string {
	hash := c.fingerprint()
	return string(hash[:])
}

// fingerprint returns the hex digits of [Contact.Fingerprint].
func (c *Contact) fingerprint() (digits [2 * sha256.Size]byte) {
	j := texts.Get().(*jsonText)
	defer j.release()
	text, ok := j.contact(c)
	if !ok {
		text = c.slowText()
	}
	sum := sha256.Sum256(text)
	hex.Encode(digits[:], sum[:])
	return digits
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

// texts are there to be used again.
var texts = sync.Pool{New: func() any { return &jsonText{make([]byte, 0, 2048)} }}

// release puts j back; one huge text does not cost memory for ever.
func (j *jsonText) release() {
	if cap(j.b) <= 64<<10 {
		j.b = j.b[:0]
		texts.Put(j)
	}
}

// contact returns the text, and whether it could be made.
func (j *jsonText) contact(c *Contact) ([]byte, bool) {
	if c.Flag != (Flag{}) || c.Organization.Units != nil {
		return nil, false
	}
	j.open('{')
	j.personal(&c.Name)
	j.organization(&c.Organization)
	array(j, "emails", c.Emails, func(e *Email) {
		j.field("address", e.Address)
		j.field("name", e.Name)
		j.field("type", e.Type)
		j.rest(e.Preferred, e.Params)
	})
	array(j, "phones", c.Phones, func(p *Phone) {
		j.field("number", p.Number)
		j.field("type", p.Type)
		j.rest(p.Preferred, p.Params)
	})
	array(j, "addresses", c.Addresses, j.address)
	array(j, "websites", c.Websites, func(w *Website) {
		j.field("url", w.URL)
		j.field("name", w.Name)
		j.field("type", w.Type)
		j.rest(w.Preferred, w.Params)
	})
	array(j, "ims", c.IMs, func(m *IM) {
		j.field("address", m.Address)
		j.field("type", m.Type)
		j.rest(m.Preferred, m.Params)
	})
	j.date("birthday", c.Birthday)
	j.date("anniversary", c.Anniversary)
	array(j, "relations", c.Relations, func(r *Relation) {
		j.field("name", r.Name)
		j.field("type", r.Type)
		j.rest(false, r.Params)
	})
	j.field("notes", c.Notes)
	if len(c.Categories) > 0 {
		j.name("categories")
		j.texts(c.Categories)
	}
	j.field("gender", c.Gender)
	if c.Favorite {
		j.name("favorite")
		j.b = append(j.b, "true"...)
	}
	if p := c.Photo; p != nil {
		j.name("photo")
		j.open('{')
		j.field("url", p.URL)
		j.field("sha256", p.SHA256)
		j.close('}')
	}
	array(j, "extra", c.Extra, func(x *Extra) {
		j.field("origin", x.Origin)
		j.field("name", x.Name)
		j.rest(false, x.Params)
		j.field("value", x.Value)
	})
	j.close('}')
	return j.b, true
}

func (j *jsonText) personal(n *Name) {
	before := j.group("name")
	j.field("display", n.Display)
	j.field("prefix", n.Prefix)
	j.field("given", n.Given)
	j.field("middle", n.Middle)
	j.field("family", n.Family)
	j.field("suffix", n.Suffix)
	j.field("nickname", n.Nickname)
	j.field("initials", n.Initials)
	j.field("fileAs", n.FileAs)
	j.field("phoneticGiven", n.PhoneticGiven)
	j.field("phoneticMiddle", n.PhoneticMiddle)
	j.field("phoneticFamily", n.PhoneticFamily)
	j.endGroup(before)
}

func (j *jsonText) organization(o *Organization) {
	before := j.group("organization")
	j.field("company", o.Company)
	j.field("phoneticCompany", o.PhoneticCompany)
	j.field("department", o.Department)
	j.field("title", o.Title)
	j.field("profession", o.Profession)
	j.field("office", o.Office)
	j.field("manager", o.Manager)
	j.field("assistant", o.Assistant)
	j.endGroup(before)
}

func (j *jsonText) address(a *Address) {
	j.field("type", a.Type)
	j.field("poBox", a.POBox)
	j.field("extended", a.Extended)
	j.field("street", a.Street)
	j.field("city", a.City)
	j.field("region", a.Region)
	j.field("postalCode", a.PostalCode)
	j.field("country", a.Country)
	j.field("label", a.Label)
	j.rest(a.Preferred, a.Params)
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

// field appends a name and its value, unless that is empty.
func (j *jsonText) field(name, v string) {
	if v != "" {
		j.name(name)
		j.text(v)
	}
}

func (j *jsonText) date(name string, d Date) {
	if !d.IsZero() {
		j.name(name)
		j.b = append(d.append(append(j.b, '"')), '"')
	}
}

// group begins an object; endGroup, which is given what it returns, takes an empty one
// back.
func (j *jsonText) group(name string) (before int) {
	before = len(j.b)
	j.name(name)
	j.open('{')
	return before
}

func (j *jsonText) endGroup(before int) {
	if j.b[len(j.b)-1] == '{' {
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
		j.params(params)
	}
}

func (j *jsonText) params(params Params) {
	var room [8]string
	names := room[:0]
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	j.open('{')
	for _, name := range names {
		j.comma()
		j.text(name)
		j.b = append(j.b, ':')
		if params[name] == nil {
			j.b = append(j.b, "null"...)
			continue
		}
		j.texts(params[name])
	}
	j.close('}')
}

// texts appends an array of strings.
func (j *jsonText) texts(all []string) {
	j.open('[')
	for _, s := range all {
		j.comma()
		j.text(s)
	}
	j.close(']')
}

// text appends a string as encoding/json does, which does itself what is not UTF-8 or
// has the line separators of JavaScript.
func (j *jsonText) text(s string) {
	before, begin := len(j.b), 0 // begin: of what is to be appended as it stands
	var all byte
	j.b = append(j.b, '"')
	for i := range len(s) {
		c := s[i]
		all |= c
		switch e := escapes[c]; e {
		case 0:
			continue
		case 'u':
			j.b = append(append(j.b, s[begin:i]...), '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			j.b = append(append(j.b, s[begin:i]...), '\\', e)
		}
		begin = i + 1
	}
	j.b = append(append(j.b, s[begin:]...), '"')
	if all >= utf8.RuneSelf && (!utf8.ValidString(s) || strings.Contains(s, "\u2028") || strings.Contains(s, "\u2029")) {
		text, err := json.Marshal(s)
		if err != nil {
			panic("contact: text that is no JSON: " + err.Error()) // every string is
		}
		j.b = append(j.b[:before], text...)
	}
}

const hexDigits = "0123456789abcdef"

// escapes has what encoding/json writes behind a backslash for a byte; u stands for its
// four hex digits, 0 for a byte that is written as it is.
var escapes = func() (t [256]byte) {
	for c := range ' ' {
		t[c] = 'u'
	}
	t['<'], t['>'], t['&'] = 'u', 'u', 'u'
	t['"'], t['\\'], t['\b'], t['\f'], t['\n'], t['\r'], t['\t'] = '"', '\\', 'b', 'f', 'n', 'r', 't'
	return t
}()
