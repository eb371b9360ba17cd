package csv

import (
	"maps"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// A part is an item of a list in the form in which losses are found: its members
// as texts, in the order of their names.
type part struct {
	texts  []string // "" for a member that is empty, and for params
	params contact.Params
}

// memberNames are the JSON names of the members of a list's items; an item of any
// other list is a single text.
var memberNames = map[contact.Field][]string{
	"emails":    {"address", "name", "params", "preferred", "type"},
	"phones":    {"number", "params", "preferred", "type"},
	"addresses": {"city", "country", "extended", "label", "params", "poBox", "postalCode", "preferred", "region", "street", "type"},
	"websites":  {"name", "params", "preferred", "type", "url"},
	"ims":       {"address", "params", "preferred", "type"},
	"relations": {"name", "params", "type"},
	"extra":     {"name", "origin", "params", "value"},
}

// isRole reports whether a member says what an item is for, not what it is.
func isRole(member string) bool {
	return member == "type" || member == "preferred" || member == "params" || member == "origin"
}

// parts holds the items of one list, in memory that is used again for the next.
type parts struct {
	all   []part
	texts []string
}

func (p *parts) add(params contact.Params, texts ...string) {
	start := len(p.texts)
	p.texts = append(p.texts, texts...)
	p.all = append(p.all, part{p.texts[start:len(p.texts):len(p.texts)], params})
}

// of sets p to the items of a list of c and returns them; isList is false for a
// field that is no list.
func (p *parts) of(c *contact.Contact, f contact.Field) (all []part, isList bool) {
	p.all, p.texts = p.all[:0], p.texts[:0]
	switch f {
	case "emails":
		for _, e := range c.Emails {
			p.add(e.Params, e.Address, e.Name, "", mark(e.Preferred), e.Type)
		}
	case "phones":
		for _, n := range c.Phones {
			p.add(n.Params, n.Number, "", mark(n.Preferred), n.Type)
		}
	case "addresses":
		for _, a := range c.Addresses {
			p.add(a.Params, a.City, a.Country, a.Extended, a.Label, "", a.POBox, a.PostalCode, mark(a.Preferred), a.Region, a.Street, a.Type)
		}
	case "websites":
		for _, w := range c.Websites {
			p.add(w.Params, w.Name, "", mark(w.Preferred), w.Type, w.URL)
		}
	case "ims":
		for _, m := range c.IMs {
			p.add(m.Params, m.Address, "", mark(m.Preferred), m.Type)
		}
	case "relations":
		for _, r := range c.Relations {
			p.add(r.Params, r.Name, "", r.Type)
		}
	case "extra":
		for _, x := range c.Extra {
			p.add(x.Params, x.Name, x.Origin, "", x.Value)
		}
	case "categories":
		p.addTexts(c.Categories)
	case "organization.units":
		p.addTexts(c.Organization.Units)
	default:
		return nil, false
	}
	return p.all, true
}

func (p *parts) addTexts(texts []string) {
	for _, text := range texts {
		p.add(nil, text)
	}
}

// organization returns the texts of an organization.
func organization(o *contact.Organization) []part {
	texts := []string{o.Company, o.PhoneticCompany, o.Department, o.Title, o.Profession, o.Office, o.Manager, o.Assistant}
	return []part{{texts: append(texts, o.Units...)}}
}

func mark(set bool) string {
	if set {
		return "true"
	}
	return ""
}

func (p part) equal(q part) bool {
	return slices.Equal(p.texts, q.texts) && sameParams(p.params, q.params)
}

func sameParams(p, q contact.Params) bool {
	return len(p) == len(q) && (len(p) == 0 || maps.EqualFunc(p, q, slices.Equal))
}

// likeness counts the members by which two items of a list can be one.
func (p part) likeness(q part, names []string) int {
	n := 0
	for i, name := range names {
		if p.texts[i] != "" && p.texts[i] == q.texts[i] && !isRole(name) {
			n++
		}
	}
	return n
}

// standsIn reports whether every text of p is a text, or whole lines of one, of
// others, whose members have otherNames; nil names are those of no roles.
func (p part) standsIn(others []part, names, otherNames []string) bool {
	for i, text := range p.texts {
		if text != "" && (names == nil || !isRole(names[i])) && !hasText(others, otherNames, text) {
			return false
		}
	}
	return true
}

func hasText(all []part, names []string, text string) bool {
	for _, p := range all {
		for i, t := range p.texts {
			if (names == nil || !isRole(names[i])) && hasLines(t, text) {
				return true
			}
		}
	}
	return false
}

// hasLines reports whether lines are whole lines of text.
func hasLines(text, lines string) bool {
	if text == lines {
		return true
	}
	return len(text) > len(lines) && strings.Contains("\n"+text+"\n", "\n"+lines+"\n")
}
