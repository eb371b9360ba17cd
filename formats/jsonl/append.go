package jsonl

import (
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
)

// appender writes JSON, member by member and without reflection, which would cost an
// export several times as much. TestAppenderWritesWhatTheTagsSay holds it to the
// struct tags of a contact. What is empty is left out.
type appender struct {
	b       []byte
	mangled bool // a text was not UTF-8: what is not became U+FFFD
	badTime bool // a time is not in the years 0 to 9999
}

var errBadTime = errors.New("holds a time that is not in the years 0 to 9999")

// name begins a member: every value that has one is written after it.
func (a *appender) name(name string) {
	if last := a.b[len(a.b)-1]; last != '{' && last != '[' {
		a.b = append(a.b, ',')
	}
	a.b = append(append(append(a.b, '"'), name...), '"', ':')
}

func (a *appender) quote(s string) {
	plain, ascii := true, true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\':
			plain = false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if plain && (ascii || utf8.ValidString(s)) {
		a.b = append(append(append(a.b, '"'), s...), '"')
		return
	}
	var err error
	a.b, err = jsontext.AppendQuote(a.b, s)
	a.mangled = a.mangled || err != nil
}

func (a *appender) text(name, s string) {
	if s != "" {
		a.name(name)
		a.quote(s)
	}
}

func (a *appender) mark(name string, set bool) {
	if set {
		a.name(name)
		a.b = append(a.b, "true"...)
	}
}

func (a *appender) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	if y := t.Year(); y < 0 || y > 9999 {
		a.badTime = true
	}
	a.name(name)
	a.b = append(t.AppendFormat(append(a.b, '"'), time.RFC3339Nano), '"')
}

// object writes an object of whatever members fill writes, unless that is none.
func (a *appender) object(name string, fill func(*appender)) {
	before := len(a.b)
	a.name(name)
	a.b = append(a.b, '{')
	open := len(a.b)
	if fill(a); len(a.b) == open {
		a.b = a.b[:before]
		return
	}
	a.b = append(a.b, '}')
}

func (a *appender) texts(name string, all []string) {
	if len(all) == 0 {
		return
	}
	a.name(name)
	a.b = append(a.b, '[')
	for i, s := range all {
		if i > 0 {
			a.b = append(a.b, ',')
		}
		a.quote(s)
	}
	a.b = append(a.b, ']')
}

// appendList writes an array of an object for each item.
func appendList[T any](a *appender, name string, all []T, fill func(*appender, *T)) {
	if len(all) == 0 {
		return
	}
	a.name(name)
	a.b = append(a.b, '[')
	for i := range all {
		if i > 0 {
			a.b = append(a.b, ',')
		}
		a.b = append(a.b, '{')
		fill(a, &all[i])
		a.b = append(a.b, '}')
	}
	a.b = append(a.b, ']')
}

func (a *appender) params(p contact.Params) {
	if len(p) == 0 {
		return
	}
	a.object("params", func(a *appender) {
		for _, name := range slices.Sorted(maps.Keys(p)) {
			if len(a.b) > 0 && a.b[len(a.b)-1] != '{' {
				a.b = append(a.b, ',')
			}
			a.quote(name)
			a.b = append(a.b, ':', '[')
			for i, v := range p[name] {
				if i > 0 {
					a.b = append(a.b, ',')
				}
				a.quote(v)
			}
			a.b = append(a.b, ']')
		}
	})
}

// contact writes the members of c, and before the end of the object those of more, an
// object of its own.
func (a *appender) contact(c *contact.Contact, more jsontext.Value) {
	a.b = append(a.b, '{')
	a.text("uid", c.UID)
	a.text("id", string(c.ID))
	a.text("key", c.Key)
	a.text("folder", string(c.Folder))
	a.time("created", c.Created)
	a.time("modified", c.Modified)
	n, o := &c.Name, &c.Organization
	a.object("name", func(a *appender) { a.nameParts(n) })
	a.object("organization", func(a *appender) { a.organization(o) })
	appendList(a, "emails", c.Emails, (*appender).email)
	appendList(a, "phones", c.Phones, (*appender).phone)
	appendList(a, "addresses", c.Addresses, (*appender).address)
	appendList(a, "websites", c.Websites, (*appender).website)
	appendList(a, "ims", c.IMs, (*appender).im)
	a.text("birthday", c.Birthday.String())
	a.text("anniversary", c.Anniversary.String())
	appendList(a, "relations", c.Relations, (*appender).relation)
	a.text("notes", c.Notes)
	a.texts("categories", c.Categories)
	a.text("gender", c.Gender)
	a.mark("favorite", c.Favorite)
	a.object("flag", func(a *appender) {
		a.text("status", c.Flag.Status)
		a.time("start", c.Flag.Start)
		a.time("due", c.Flag.Due)
		a.time("completed", c.Flag.Completed)
	})
	a.photo(c.Photo)
	appendList(a, "extra", c.Extra, (*appender).extra)
	if len(more) > 2 {
		if a.b[len(a.b)-1] != '{' {
			a.b = append(a.b, ',')
		}
		a.b = append(a.b, more[1:len(more)-1]...)
	}
	a.b = append(a.b, '}')
}

func (a *appender) nameParts(n *contact.Name) {
	a.text("display", n.Display)
	a.text("prefix", n.Prefix)
	a.text("given", n.Given)
	a.text("middle", n.Middle)
	a.text("family", n.Family)
	a.text("suffix", n.Suffix)
	a.text("nickname", n.Nickname)
	a.text("initials", n.Initials)
	a.text("fileAs", n.FileAs)
	a.text("phoneticGiven", n.PhoneticGiven)
	a.text("phoneticMiddle", n.PhoneticMiddle)
	a.text("phoneticFamily", n.PhoneticFamily)
}

func (a *appender) organization(o *contact.Organization) {
	a.text("company", o.Company)
	a.text("phoneticCompany", o.PhoneticCompany)
	a.text("department", o.Department)
	a.texts("units", o.Units)
	a.text("title", o.Title)
	a.text("profession", o.Profession)
	a.text("office", o.Office)
	a.text("manager", o.Manager)
	a.text("assistant", o.Assistant)
}

func (a *appender) email(e *contact.Email) {
	a.text("address", e.Address)
	a.text("name", e.Name)
	a.text("type", e.Type)
	a.mark("preferred", e.Preferred)
	a.params(e.Params)
}

func (a *appender) phone(p *contact.Phone) {
	a.text("number", p.Number)
	a.text("type", p.Type)
	a.mark("preferred", p.Preferred)
	a.params(p.Params)
}

func (a *appender) address(d *contact.Address) {
	a.text("type", d.Type)
	a.text("poBox", d.POBox)
	a.text("extended", d.Extended)
	a.text("street", d.Street)
	a.text("city", d.City)
	a.text("region", d.Region)
	a.text("postalCode", d.PostalCode)
	a.text("country", d.Country)
	a.text("label", d.Label)
	a.mark("preferred", d.Preferred)
	a.params(d.Params)
}

func (a *appender) website(w *contact.Website) {
	a.text("url", w.URL)
	a.text("name", w.Name)
	a.text("type", w.Type)
	a.mark("preferred", w.Preferred)
	a.params(w.Params)
}

func (a *appender) im(m *contact.IM) {
	a.text("address", m.Address)
	a.text("type", m.Type)
	a.mark("preferred", m.Preferred)
	a.params(m.Params)
}

func (a *appender) relation(r *contact.Relation) {
	a.text("name", r.Name)
	a.text("type", r.Type)
	a.params(r.Params)
}

func (a *appender) extra(x *contact.Extra) {
	a.text("origin", x.Origin)
	a.text("name", x.Name)
	a.params(x.Params)
	a.text("value", x.Value)
}

// photo writes an empty object for a photo that is nowhere yet.
func (a *appender) photo(p *contact.Photo) {
	if p == nil {
		return
	}
	a.name("photo")
	a.b = append(a.b, '{')
	if len(p.Data) > 0 {
		a.name("data")
		a.b = append(base64.StdEncoding.AppendEncode(append(a.b, '"'), p.Data), '"')
	}
	a.text("path", p.Path)
	a.text("url", p.URL)
	a.text("mediaType", p.MediaType)
	a.text("sha256", p.SHA256)
	a.b = append(a.b, '}')
}
