package csv

import (
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// The layout that Google has written since 2024: the fixed columns, then as many
// numbered groups as the widest contact of an export needs. Contacts are written
// as they come, so the number of groups is settled beforehand.

var googleFixed = []string{
	"First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name", "Name Prefix",
	"Name Suffix", "Nickname", "File As", "Organization Name", "Organization Title", "Organization Department", "Birthday", "Notes",
	"Photo", "Labels",
}

// googleGroups are the groups in their order, and how many of each are written.
var googleGroups = [...]struct {
	name  string
	count int
	parts []string
}{
	emailGroup:    {"E-mail", 5, []string{"Label", "Value"}},
	phoneGroup:    {"Phone", 8, []string{"Label", "Value"}},
	addressGroup:  {"Address", 4, []string{"Label", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code", "Country", "Extended Address"}},
	relationGroup: {"Relation", 5, []string{"Label", "Value"}},
	websiteGroup:  {"Website", 3, []string{"Label", "Value"}},
	eventGroup:    {"Event", 4, []string{"Label", "Value"}},
	customGroup:   {"Custom Field", 6, []string{"Label", "Value"}},
}

const (
	emailGroup = iota
	phoneGroup
	addressGroup
	relationGroup
	websiteGroup
	eventGroup
	customGroup
)

func googleHeader() []string {
	header := append([]string(nil), googleFixed...)
	for _, g := range googleGroups {
		for n := 1; n <= g.count; n++ {
			for _, part := range g.parts {
				header = append(header, fmt.Sprintf("%s %d - %s", g.name, n, part))
			}
		}
	}
	return header
}

// googleRow is a row that is filled over and over.
type googleRow struct {
	cells []string
	used  [len(googleGroups)]int // groups filled, by kind
}

// add fills the next free group of a kind; one too many is left out.
func (r *googleRow) add(kind int, parts ...string) {
	n := r.used[kind]
	r.used[kind]++
	if n >= googleGroups[kind].count {
		return
	}
	at := len(googleFixed) + n*len(parts)
	for _, g := range googleGroups[:kind] {
		at += g.count * len(g.parts)
	}
	copy(r.cells[at:], parts)
}

// googleWriter returns what makes a row of a contact, which is valid until the
// next one is made.
func googleWriter() func(*contact.Contact) ([]string, error) {
	r := &googleRow{cells: make([]string, len(googleHeader()))}
	return func(c *contact.Contact) ([]string, error) {
		r.fill(c)
		return r.cells, nil
	}
}

func (r *googleRow) fill(c *contact.Contact) {
	clear(r.cells)
	clear(r.used[:])
	n, o := &c.Name, &c.Organization
	copy(r.cells, []string{n.Given, n.Middle, n.Family, n.PhoneticGiven, n.PhoneticMiddle, n.PhoneticFamily, n.Prefix, n.Suffix,
		n.Nickname, n.FileAs, o.Company, o.Title, o.Department, googleDate(c.Birthday), c.Notes, photoCell(c.Photo), googleLabels(c)})
	for _, e := range c.Emails {
		r.add(emailGroup, starred(e.Type, e.Preferred), e.Address)
	}
	for _, p := range c.Phones {
		r.add(phoneGroup, starred(p.Type, p.Preferred), p.Number)
	}
	for _, a := range c.Addresses {
		r.add(addressGroup, starred(a.Type, a.Preferred), a.Label, a.Street, a.City, a.POBox, a.Region, a.PostalCode, a.Country, a.Extended)
	}
	for _, w := range c.Websites {
		r.add(websiteGroup, starred(w.Type, w.Preferred), w.URL)
	}
	r.addRelations(c)
	if date := googleDate(c.Anniversary); date != "" {
		r.add(eventGroup, "Anniversary", date)
	}
	for _, x := range c.Extra {
		if label, ok := labelled(x); ok && x.Name == "Event" {
			r.add(eventGroup, label, x.Value)
		} else if ok {
			r.add(customGroup, label, x.Value)
		}
	}
}

func (r *googleRow) addRelations(c *contact.Contact) {
	for _, role := range []struct{ label, name string }{{"Manager", c.Organization.Manager}, {"Assistant", c.Organization.Assistant}} {
		if role.name != "" {
			r.add(relationGroup, role.label, role.name)
		}
	}
	for _, rel := range c.Relations {
		r.add(relationGroup, labelOf(rel.Type), rel.Name)
	}
}

// labelled reports whether x is a value that readEvent or a custom field left.
func labelled(x contact.Extra) (label string, ok bool) {
	if x.Origin != origin || x.Name != "Event" && x.Name != "Custom Field" || len(x.Params) > 1 || len(x.Params["LABEL"]) > 1 {
		return "", false
	}
	for _, value := range x.Params["LABEL"] {
		label = value
	}
	return label, true
}

func starred(typ string, preferred bool) string {
	if preferred {
		return strings.TrimSpace("* " + labelOf(typ))
	}
	return labelOf(typ)
}

// googleDate writes a day with or without its year; Google has no other dates.
func googleDate(d contact.Date) string {
	if d.Month == 0 || d.Day == 0 {
		return ""
	}
	return d.String()
}

// googleLabels writes the categories and the two labels that Google has itself:
// the one that makes the contact visible, and the star.
func googleLabels(c *contact.Contact) string {
	cell := ""
	if len(c.Categories) > 0 {
		cell = strings.Join(c.Categories, " ::: ") + " ::: "
	}
	cell += "* myContacts"
	if c.Favorite {
		cell += " ::: * starred"
	}
	return cell
}
