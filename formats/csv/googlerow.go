package csv

import (
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Google's layouts: fixed columns, then as many numbered groups as the widest contact of
// an export needs. Contacts are written as they come, so the number of groups is settled
// beforehand.

// googleLayout is one of them.
type googleLayout struct {
	fixed  []string
	groups [groupKinds]googleGroup
	fill   func(r *googleRow, c *contact.Contact) // the fixed cells, and what only this layout has
}

// googleGroup is one kind of group: how many of it are written, in which columns.
type googleGroup struct {
	name  string
	count int
	parts []string
}

// The kinds of groups, in their order. A count of zero is a kind that a layout has not.
const (
	emailGroup = iota
	imGroup
	phoneGroup
	addressGroup
	organizationGroup
	relationGroup
	websiteGroup
	eventGroup
	customGroup
	groupKinds
)

// googleNew is the layout since 2024.
var googleNew = &googleLayout{
	fixed: []string{"First Name", "Middle Name", "Last Name", "Phonetic First Name", "Phonetic Middle Name", "Phonetic Last Name",
		"Name Prefix", "Name Suffix", "Nickname", "File As", "Organization Name", "Organization Title", "Organization Department",
		"Birthday", "Notes", "Photo", "Labels"},
	groups: [groupKinds]googleGroup{
		emailGroup:    {"E-mail", 5, []string{"Label", "Value"}},
		phoneGroup:    {"Phone", 8, []string{"Label", "Value"}},
		addressGroup:  {"Address", 4, []string{"Label", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code", "Country", "Extended Address"}},
		relationGroup: {"Relation", 5, []string{"Label", "Value"}},
		websiteGroup:  {"Website", 3, []string{"Label", "Value"}},
		eventGroup:    {"Event", 4, []string{"Label", "Value"}},
		customGroup:   {"Custom Field", 6, []string{"Label", "Value"}},
	},
	fill: func(r *googleRow, c *contact.Contact) {
		n, o := &c.Name, &c.Organization
		copy(r.cells, []string{shownGiven(n), n.Middle, n.Family, n.PhoneticGiven, n.PhoneticMiddle, n.PhoneticFamily, n.Prefix, n.Suffix,
			n.Nickname, n.FileAs, o.Company, o.Title, o.Department, googleDate(c.Birthday), c.Notes, photoCell(c.Photo), googleLabels(c)})
	},
}

// googleOld is the layout before 2024.
var googleOld = &googleLayout{
	fixed: []string{"Name", "Given Name", "Additional Name", "Family Name", "Yomi Name", "Given Name Yomi", "Additional Name Yomi",
		"Family Name Yomi", "Name Prefix", "Name Suffix", "Initials", "Nickname", "Short Name", "Maiden Name", "Birthday", "Gender",
		"Location", "Billing Information", "Directory Server", "Mileage", "Occupation", "Hobby", "Sensitivity", "Priority", "Subject",
		"Notes", "Language", "Photo", "Group Membership"},
	groups: [groupKinds]googleGroup{
		emailGroup:   {"E-mail", 5, []string{"Type", "Value"}},
		imGroup:      {"IM", 3, []string{"Type", "Service", "Value"}},
		phoneGroup:   {"Phone", 8, []string{"Type", "Value"}},
		addressGroup: {"Address", 4, []string{"Type", "Formatted", "Street", "City", "PO Box", "Region", "Postal Code", "Country", "Extended Address"}},
		organizationGroup: {"Organization", 1, []string{"Type", "Name", "Yomi Name", "Title", "Department", "Symbol", "Location",
			"Job Description"}},
		relationGroup: {"Relation", 5, []string{"Type", "Value"}},
		websiteGroup:  {"Website", 3, []string{"Type", "Value"}},
		eventGroup:    {"Event", 4, []string{"Type", "Value"}},
		customGroup:   {"Custom Field", 6, []string{"Type", "Value"}},
	},
	fill: func(r *googleRow, c *contact.Contact) {
		n, o := &c.Name, &c.Organization
		x := func(name string) string { return extraOf(c, name) }
		copy(r.cells, []string{n.Display, n.Given, n.Middle, n.Family, x("Yomi Name"), n.PhoneticGiven, n.PhoneticMiddle, n.PhoneticFamily,
			n.Prefix, n.Suffix, n.Initials, n.Nickname, x("Short Name"), x("Maiden Name"), googleDate(c.Birthday), c.Gender, x("Location"),
			x("Billing Information"), x("Directory Server"), x("Mileage"), o.Profession, x("Hobby"), x("Sensitivity"), x("Priority"),
			x("Subject"), c.Notes, x("Language"), photoCell(c.Photo), googleLabels(c)})
		for _, m := range c.IMs {
			service, handle := imService(m.Address)
			r.add(imGroup, starred(m.Type, m.Preferred), service, handle)
		}
		if o.Company != "" || o.PhoneticCompany != "" || o.Title != "" || o.Department != "" || o.Office != "" {
			r.add(organizationGroup, x("Organization 1 - Type"), o.Company, o.PhoneticCompany, o.Title, o.Department,
				x("Organization 1 - Symbol"), o.Office, x("Organization 1 - Job Description"))
		}
	},
}

// imService takes the address of a chat service apart into the service's name and the
// handle there.
func imService(address string) (service, handle string) {
	scheme, handle, found := strings.Cut(address, ":")
	switch {
	case !found:
		return "", address
	case scheme == "xmpp":
		return "Jabber", handle
	case scheme == "msnim":
		return "MSN", handle
	case scheme == "ymsgr":
		return "Yahoo", handle
	case serviceScheme(scheme) == scheme+":":
		return scheme, handle
	}
	return "", address
}

func (l *googleLayout) header() []string {
	header := append([]string(nil), l.fixed...)
	for _, g := range l.groups {
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
	*googleLayout
	cells []string
	start [groupKinds]int // where the groups of a kind begin
	used  [groupKinds]int // groups filled, by kind
}

// add fills the next free group of a kind; one too many is left out.
func (r *googleRow) add(kind int, parts ...string) {
	n := r.used[kind]
	r.used[kind]++
	if n < r.groups[kind].count {
		copy(r.cells[r.start[kind]+n*len(parts):], parts)
	}
}

// writer returns what makes a row of a contact, which is valid until the next one is
// made.
func (l *googleLayout) writer() func(*contact.Contact) ([]string, error) {
	r := &googleRow{googleLayout: l, cells: make([]string, len(l.header()))}
	at := len(l.fixed)
	for kind, g := range l.groups {
		r.start[kind] = at
		at += g.count * len(g.parts)
	}
	return func(c *contact.Contact) ([]string, error) {
		r.row(c)
		return r.cells, nil
	}
}

func (r *googleRow) row(c *contact.Contact) {
	clear(r.cells)
	clear(r.used[:])
	r.fill(r, c)
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
