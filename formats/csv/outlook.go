package csv

import (
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// How a contact and a row of Outlook's columns are made of each other.

// read adds what the row holds to c. Of a cell that is not what its column holds,
// an Extra is kept.
func (s *outlookSheet) read(c *contact.Contact) {
	r := &s.row
	c.Name.Prefix, c.Name.Given, c.Name.Middle = r.Title, r.FirstName, r.MiddleName
	c.Name.Family, c.Name.Suffix, c.Name.Initials = r.LastName, r.Suffix, r.Initials
	c.Organization = contact.Organization{Company: r.Company, Department: r.Department, Title: r.JobTitle, Profession: r.Profession,
		Office: r.OfficeLocation, Manager: r.ManagerName, Assistant: r.AssistantName}
	c.Notes, c.Gender = r.Notes, gender(r.Gender)
	s.readPhones(c)
	s.readEmails(c)
	for i := range s.addresses {
		if a := &s.addresses[i]; s.envelopes || !a.empty() {
			c.Addresses = append(c.Addresses, a.read())
		}
	}
	addWebsite(c, r.WebPage, "work")
	c.Categories = appendList(c.Categories, r.Categories)
	addRelation(c, r.Spouse, contact.Spouse)
	for _, name := range childNames(r.Children) {
		addRelation(c, name, contact.Child)
	}
	readDate(c, &c.Birthday, "Birthday", r.Birthday)
	readDate(c, &c.Anniversary, "Anniversary", r.Anniversary)
	readPhoto(c, r.Photo)
	for i := range s.extras {
		if x := &s.extras[i]; !x.isPlaceholder() {
			addExtra(c, x.name, *x.cell)
		}
	}
}

func (s *outlookSheet) readPhones(c *contact.Contact) {
	n := 0
	for _, p := range s.phones {
		if *p.cell != "" {
			n++
		}
	}
	c.Phones = slices.Grow(c.Phones, n)
	for _, p := range s.phones {
		addPhone(c, *p.cell, p.typ)
	}
}

// readEmails reads addresses and their names. Outlook makes the name up where
// there is none, as "Display Name (address)".
func (s *outlookSheet) readEmails(c *contact.Contact) {
	n := 0
	for _, e := range s.emails {
		if *e.address != "" || *e.name != "" {
			n++
		}
	}
	c.Emails = slices.Grow(c.Emails, n)
	for _, e := range s.emails {
		name := *e.name
		if plain, made := cutAddress(name, *e.address); made {
			name = plain
			derived := contact.Contact{Name: c.Name, Organization: c.Organization}
			if name == derived.DerivedDisplay() || name == *e.address {
				name = ""
			}
		}
		if *e.address != "" || name != "" {
			c.Emails = append(c.Emails, contact.Email{Address: *e.address, Name: name})
		}
		if t := *e.typ; t != "" && t != "SMTP" && t != "EX" {
			addExtra(c, e.typeColumn, t)
		}
	}
}

// cutAddress takes " (address)" off the end of a name.
func cutAddress(name, address string) (string, bool) {
	rest, ok := strings.CutSuffix(name, ")")
	if ok {
		rest, ok = strings.CutSuffix(rest, address)
	}
	if ok {
		rest, ok = strings.CutSuffix(rest, " (")
	}
	if !ok {
		return name, false
	}
	return rest, true
}

func (cells *addressCells) empty() bool {
	return *cells.street[0] == "" && *cells.street[1] == "" && *cells.street[2] == "" && *cells.city == "" && *cells.region == "" &&
		*cells.postalCode == "" && *cells.country == "" && *cells.pobox == ""
}

func (cells *addressCells) read() contact.Address {
	return contact.Address{Type: cells.typ, Street: joinLines(*cells.street[0], *cells.street[1], *cells.street[2]), City: *cells.city,
		Region: *cells.region, PostalCode: *cells.postalCode, Country: *cells.country, POBox: *cells.pobox}
}

// isPlaceholder reports whether a cell holds what an English or a German Outlook
// writes into it where the user has said nothing.
func (x *extraCell) isPlaceholder() bool {
	return *x.cell == "" || *x.cell == x.placeholder || x.placeholder == "False" && *x.cell == "Aus"
}

// childNames takes the names of children apart, at semicolons, else at commas.
func childNames(s string) []string {
	if s == "" {
		return nil
	}
	if !strings.ContainsRune(s, ';') {
		s = strings.ReplaceAll(s, ",", ";")
	}
	return splitList(s)
}

// fill makes the row of c.
func (s *outlookSheet) fill(c *contact.Contact) {
	s.row = outlookRow{
		Title: c.Name.Prefix, FirstName: shownGiven(&c.Name), MiddleName: c.Name.Middle, LastName: c.Name.Family, Suffix: c.Name.Suffix,
		Initials: c.Name.Initials, Company: c.Organization.Company, Department: c.Organization.Department, JobTitle: c.Organization.Title,
		Profession: c.Organization.Profession, OfficeLocation: c.Organization.Office, ManagerName: c.Organization.Manager,
		AssistantName: c.Organization.Assistant, Notes: c.Notes, Photo: photoCell(c.Photo), Gender: unsaid,
		Birthday: slashDate(c.Birthday), Anniversary: slashDate(c.Anniversary), Categories: strings.Join(c.Categories, ";"),
	}
	switch c.Gender {
	case "male":
		s.row.Gender = "Male"
	case "female":
		s.row.Gender = "Female"
	}
	for i, e := range s.emails {
		if i < len(c.Emails) {
			*e.address, *e.name, *e.typ = c.Emails[i].Address, c.Emails[i].Name, emailType(c.Emails[i].Address)
		}
	}
	s.setPhones(c.Phones)
	s.setAddresses(c.Addresses)
	s.row.setWebPage(c.Websites)
	s.row.setRelations(c.Relations)
	s.setExtras(c.Extra)
}

// shownGiven returns the given name for a layout without display names, which would show
// nobody where there is no other name: the display name stands for it.
func shownGiven(n *contact.Name) string {
	if n.Display != "" && n.Prefix == "" && n.Given == "" && n.Middle == "" && n.Family == "" && n.Suffix == "" {
		return n.Display
	}
	return n.Given
}

// emailType is EX for the X500 names of an Exchange organisation.
func emailType(address string) string {
	if len(address) > 2 && strings.EqualFold(address[:3], "/o=") {
		return "EX"
	}
	return "SMTP"
}

// setPhones puts each number into a column of its type, then those that found none
// into what is free of the columns that say little.
func (s *outlookSheet) setPhones(phones []contact.Phone) {
	var left []contact.Phone
	for _, p := range phones {
		if !s.putPhone(p.Number, p.Type) {
			left = append(left, p)
		}
	}
	for _, p := range left {
		switch p.Type {
		case contact.WorkFax, contact.HomeFax, contact.OtherFax:
			s.putPhone(p.Number, contact.OtherFax)
		case contact.WorkMobile:
			_ = s.putPhone(p.Number, contact.Mobile) || s.putPhone(p.Number, contact.Other) || s.putPhone(p.Number, contact.Main)
		default:
			_ = s.putPhone(p.Number, contact.Other) || s.putPhone(p.Number, contact.Main)
		}
	}
}

func (s *outlookSheet) putPhone(number, typ string) bool {
	for _, p := range s.phones {
		if p.typ == typ && *p.cell == "" {
			*p.cell = number
			return true
		}
	}
	return false
}

// setAddresses puts the first address of each type into its columns, and one that
// finds none there into the columns of other addresses.
func (s *outlookSheet) setAddresses(addresses []contact.Address) {
	var taken [3]bool
	put := func(a *contact.Address, typ string) bool {
		for i := range s.addresses {
			if s.addresses[i].typ == typ && !taken[i] {
				taken[i] = true
				s.addresses[i].set(a)
				return true
			}
		}
		return false
	}
	var left []*contact.Address
	for i := range addresses {
		if a := &addresses[i]; !put(a, a.Type) {
			left = append(left, a)
		}
	}
	for _, a := range left {
		put(a, contact.Other)
	}
}

func (cells *addressCells) set(a *contact.Address) {
	*cells.city, *cells.region, *cells.postalCode, *cells.country, *cells.pobox = a.City, a.Region, a.PostalCode, a.Country, a.POBox
	street := joinLines(a.Street, a.Extended)
	if street == "" && a.City == "" && a.PostalCode == "" {
		street = a.Label // all there is of such an address
	}
	*cells.street[0] = street
	if !isThreeLines(street) {
		return
	}
	rest, i := street, 0
	for found := true; found; i++ {
		*cells.street[i], rest, found = strings.Cut(rest, "\n")
	}
}

// isThreeLines reports whether a street has at most three lines, and none of them
// empty, so that it can stand in three columns.
func isThreeLines(street string) bool {
	return strings.Count(street, "\n") < 3 && !strings.HasPrefix(street, "\n") && !strings.HasSuffix(street, "\n") &&
		!strings.Contains(street, "\n\n")
}

// setWebPage takes the page of the work, else the first one.
func (r *outlookRow) setWebPage(pages []contact.Website) {
	for _, w := range pages {
		if w.Type == contact.Work {
			r.WebPage = w.URL
			return
		}
	}
	if len(pages) > 0 {
		r.WebPage = pages[0].URL
	}
}

func (r *outlookRow) setRelations(relations []contact.Relation) {
	var children []string
	for _, typ := range []string{contact.Spouse, contact.Partner} {
		for _, rel := range relations {
			if rel.Type == typ && r.Spouse == "" {
				r.Spouse = rel.Name
			}
		}
	}
	for _, rel := range relations {
		if rel.Type == contact.Child {
			children = append(children, rel.Name)
		}
	}
	r.Children = strings.Join(children, "; ")
}

// setExtras gives back what Outlook's columns held that the model has no place for,
// and fills in what Outlook writes where nothing was said.
func (s *outlookSheet) setExtras(extras []contact.Extra) {
	for i := range s.extras {
		s.extras[i].set(extras)
	}
	r := &s.row
	for _, x := range []extraCell{{&r.Birthday, "Birthday", ""}, {&r.Anniversary, "Anniversary", ""}, {&r.Photo, "Photo", ""}} {
		x.set(extras)
	}
	for _, e := range s.emails {
		if *e.address != "" {
			x := extraCell{e.typ, e.typeColumn, "SMTP"}
			x.set(extras)
		}
	}
}

func (x *extraCell) set(extras []contact.Extra) {
	for i := range extras {
		e := &extras[i]
		empty := *x.cell == "" || *x.cell == x.placeholder
		if empty && e.Origin == origin && e.Name == x.name && len(e.Params) == 0 {
			*x.cell = e.Value
		}
	}
	if *x.cell == "" {
		*x.cell = x.placeholder
	}
}
