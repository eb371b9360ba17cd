package csv

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Google's layouts have groups of columns that are numbered: "E-mail 2 - Label",
// "E-mail 2 - Value". How many there are depends on the contacts of the export.

// groupID names one numbered group of a table.
type groupID struct {
	kind   string // "email", "phone", ...
	number int
}

// group is one numbered group of a table with its cells of the row at hand.
type group struct {
	groupID
	filled       bool
	label, value string
	service      string // of an im
	// of an address
	formatted, street, city, poBox, region, postalCode, country, extended, fax string
	// of an organization
	name, yomiName, title, department, location string
}

var groupPattern = regexp.MustCompile(`(?i)^(e-?mail|phone|address|website|event|relation|custom field|organization|im) (\d{1,3}) - (.+)$`)

// groupParts are the names of a group's columns by kind; "type" is the older word
// for "label".
var groupParts = map[string][]string{
	"email":        {"label", "value"},
	"phone":        {"label", "value"},
	"address":      {"label", "formatted", "street", "city", "po box", "region", "postal code", "country", "extended address", "fax"},
	"website":      {"label", "value"},
	"event":        {"label", "value"},
	"relation":     {"label", "value"},
	"custom field": {"label", "value"},
	"organization": {"name", "yomi name", "title", "department", "location"},
	"im":           {"label", "service", "value"},
}

// cell returns the cell of a part that groupParts has.
func (g *group) cell(part string) *string {
	return map[string]*string{"label": &g.label, "value": &g.value, "formatted": &g.formatted, "street": &g.street, "city": &g.city,
		"po box": &g.poBox, "region": &g.region, "postal code": &g.postalCode, "country": &g.country, "extended address": &g.extended,
		"fax": &g.fax, "name": &g.name, "yomi name": &g.yomiName, "title": &g.title, "department": &g.department,
		"location": &g.location, "service": &g.service}[part]
}

func parseGroup(name string) (id groupID, part string, ok bool) {
	m := groupPattern.FindStringSubmatch(name)
	if m == nil {
		return groupID{}, "", false
	}
	kind, part := strings.ReplaceAll(strings.ToLower(m[1]), "e-mail", "email"), strings.ToLower(strings.TrimSpace(m[3]))
	switch {
	case part == "type" && kind != "organization":
		part = "label"
	case part == "state":
		part = "region"
	}
	number, _ := strconv.Atoi(m[2])
	return groupID{kind, number}, part, slices.Contains(groupParts[kind], part)
}

// read adds what the group's cells hold to c. One cell may hold several values.
func (g *group) read(c *contact.Contact) {
	label, preferred := cutStar(g.label)
	switch g.kind {
	case "email":
		for v := range values(g.value) {
			c.Emails = append(c.Emails, contact.Email{Address: v, Type: typeOf(label), Preferred: preferred})
		}
	case "phone":
		for v := range values(g.value) {
			c.Phones = append(c.Phones, contact.Phone{Number: v, Type: typeOf(label), Preferred: preferred})
		}
	case "website":
		for v := range values(g.value) {
			c.Websites = append(c.Websites, contact.Website{URL: v, Type: typeOf(label), Preferred: preferred})
		}
	case "address":
		g.readAddress(c, typeOf(label), preferred)
	case "relation":
		for v := range values(g.value) {
			addGoogleRelation(c, v, g.label)
		}
	case "event":
		readEvent(c, label, g.value)
	case "custom field":
		addLabelled(c, "Custom Field", g.label, g.value)
	case "organization":
		g.readOrganization(c)
	case "im":
		scheme := serviceScheme(strings.ToLower(g.service))
		for v := range values(g.value) {
			im(scheme, typeOf(label))(c, v)
		}
	}
}

func serviceScheme(service string) string {
	switch service {
	case "":
		return ""
	case "google talk", "jabber", "gtalk":
		return "xmpp:"
	case "msn":
		return "msnim:"
	case "yahoo":
		return "ymsgr:"
	}
	return strings.ReplaceAll(service, " ", "") + ":"
}

func (g *group) readAddress(c *contact.Contact, typ string, preferred bool) {
	a := contact.Address{Type: typ, Preferred: preferred, POBox: g.poBox, Extended: g.extended, Street: g.street, City: g.city,
		Region: g.region, PostalCode: g.postalCode, Country: g.country}
	if !saidBy(&a, g.formatted) {
		a.Label = g.formatted
	}
	c.Addresses = append(c.Addresses, a) // one without any part goes when the contact is normalised
	fax := contact.OtherFax
	if a.Type == contact.Work || a.Type == contact.Home {
		fax = a.Type + "Fax"
	}
	addPhone(c, g.fax, fax)
}

// addGoogleRelation keeps the manager and the assistant where the model has them.
func addGoogleRelation(c *contact.Contact, name, label string) {
	switch typ := typeOf(label); {
	case typ == "manager" && c.Organization.Manager == "":
		c.Organization.Manager = name
	case typ == "assistant" && c.Organization.Assistant == "":
		c.Organization.Assistant = name
	default:
		addRelation(c, name, typ)
	}
}

func readEvent(c *contact.Contact, label, value string) {
	if value == "" {
		return
	}
	if strings.EqualFold(label, "anniversary") && c.Anniversary.IsZero() {
		if d, ok := parseDate(value); ok {
			c.Anniversary = d
			return
		}
	}
	addLabelled(c, "Event", label, value)
}

func addLabelled(c *contact.Contact, name, label, value string) {
	x := contact.Extra{Origin: origin, Name: name, Value: value}
	if label != "" {
		x.Params = contact.Params{"LABEL": {label}}
	}
	if label != "" || value != "" {
		c.Extra = append(c.Extra, x)
	}
}

// readOrganization takes the first one; of others the columns are kept as they are.
func (g *group) readOrganization(c *contact.Contact) {
	o := &c.Organization
	if o.Company == "" && o.Title == "" && o.Department == "" {
		o.Company, o.Title, o.Department = g.name, g.title, g.department
		o.PhoneticCompany = cmp.Or(g.yomiName, o.PhoneticCompany)
		o.Office = cmp.Or(g.location, o.Office)
		return
	}
	for _, part := range groupParts["organization"] {
		if v := *g.cell(part); v != "" {
			addExtra(c, fmt.Sprintf("Organization %d - %s", g.number, strings.ToUpper(part[:1])+part[1:]), v)
		}
	}
}

// cutStar takes the star off that marks the first choice among several.
func cutStar(label string) (string, bool) {
	label = strings.TrimSpace(label)
	rest, starred := strings.CutPrefix(label, "*")
	return strings.TrimSpace(rest), starred
}

// values goes through what a cell holds: one value, or several between colons.
func values(cell string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if strings.Contains(cell, ":::") {
			slices.Values(splitList(cell))(yield)
		} else if !isBlank(cell) {
			yield(cell)
		}
	}
}

// labels are Google's words for types of ours; any other type is its own label.
var labels = map[string]string{
	"home": "Home", "work": "Work", "other": "Other", "mobile": "Mobile", "main": "Main", "pager": "Pager", "homeFax": "Home Fax",
	"workFax": "Work Fax", "otherFax": "Other Fax", "workMobile": "Work Mobile", "assistant": "Assistant", "callback": "Callback",
	"car": "Car", "company": "Company", "radio": "Radio", "telex": "Telex", "isdn": "ISDN", "tty": "TTY",
	"spouse": "Spouse", "partner": "Partner", "child": "Child", "parent": "Parent", "sibling": "Sibling", "friend": "Friend",
	"manager": "Manager",
}

func labelOf(typ string) string {
	if label, ok := labels[typ]; ok {
		return label
	}
	return typ
}

// types leads back from labels.
var types = func() map[string]string {
	m := make(map[string]string, len(labels))
	for typ, label := range labels {
		m[label] = typ
	}
	return m
}()

func typeOf(label string) string {
	if typ, ok := types[label]; ok || label == "" {
		return typ
	}
	for typ, known := range labels {
		if strings.EqualFold(label, known) {
			return typ
		}
	}
	return label
}
