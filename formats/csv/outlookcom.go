package csv

import (
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// outlookComColumns are those of the export of outlook.com and the new Outlook, and as
// the last one Photo, which they pass over.
var outlookComColumns = []string{
	"First Name", "Middle Name", "Last Name", "Title", "Suffix", "Nickname", "Given Yomi", "Surname Yomi", "E-mail Address",
	"E-mail 2 Address", "E-mail 3 Address", "Home Phone", "Home Phone 2", "Business Phone", "Business Phone 2", "Mobile Phone",
	"Car Phone", "Other Phone", "Primary Phone", "Pager", "Business Fax", "Home Fax", "Other Fax", "Company Main Phone", "Callback",
	"Radio Phone", "Telex", "TTY/TDD Phone", "IMAddress", "Job Title", "Department", "Company", "Office Location", "Manager's Name",
	"Assistant's Name", "Assistant's Phone", "Company Yomi", "Business Street", "Business City", "Business State",
	"Business Postal Code", "Business Country/Region", "Home Street", "Home City", "Home State", "Home Postal Code",
	"Home Country/Region", "Other Street", "Other City", "Other State", "Other Postal Code", "Other Country/Region",
	"Personal Web Page", "Spouse", "Schools", "Hobby", "Location", "Web Page", "Birthday", "Anniversary", "Notes", "Photo",
}

// outlookCom makes rows of outlook.com's columns: those of the desktop's that it has, and
// a few of its own.
type outlookCom struct {
	sheet                                                        *outlookSheet
	nickname, given, surname, company, im, personalPage, schools string
}

// outlookComWriter returns what makes the cells of a row.
func outlookComWriter() (func(*contact.Contact) ([]string, error), error) {
	r := &outlookCom{sheet: newOutlookSheet()}
	own := map[string]*string{"Nickname": &r.nickname, "Given Yomi": &r.given, "Surname Yomi": &r.surname, "Company Yomi": &r.company,
		"IMAddress": &r.im, "Personal Web Page": &r.personalPage, "Schools": &r.schools}
	members, err := bind(&r.sheet.row, outlookComColumns)
	if err != nil {
		return nil, err
	}
	for i, name := range outlookComColumns {
		if members[i] == nil {
			members[i] = own[name]
		}
	}
	r.sheet.phones = slices.DeleteFunc(r.sheet.phones, func(p phoneCell) bool { return !slices.Contains(members, p.cell) })
	cells := make([]string, len(members))
	return func(c *contact.Contact) ([]string, error) {
		r.fill(c)
		for i, member := range members {
			cells[i] = *member
		}
		return cells, nil
	}, nil
}

func (r *outlookCom) fill(c *contact.Contact) {
	r.sheet.fill(c)
	row := &r.sheet.row
	for _, street := range [][3]*string{{&row.BusinessStreet, &row.BusinessStreet2, &row.BusinessStreet3},
		{&row.HomeStreet, &row.HomeStreet2, &row.HomeStreet3}, {&row.OtherStreet, &row.OtherStreet2, &row.OtherStreet3}} {
		*street[0] = joinLines(*street[0], *street[1], *street[2])
	}
	n := &c.Name
	r.nickname, r.given, r.surname, r.company = n.Nickname, n.PhoneticGiven, n.PhoneticFamily, c.Organization.PhoneticCompany
	r.im, r.personalPage, r.schools = "", "", extraOf(c, "Schools")
	if len(c.IMs) > 0 {
		r.im = c.IMs[0].Address
	}
	for _, w := range c.Websites {
		if w.URL != row.WebPage && (r.personalPage == "" || w.Type == contact.Home) {
			r.personalPage = w.URL
		}
	}
}

// extraOf returns the value of an unknown column of that name, "" if c has none.
func extraOf(c *contact.Contact, name string) string {
	for i := range c.Extra {
		if x := &c.Extra[i]; x.Origin == origin && x.Name == name && len(x.Params) == 0 {
			return x.Value
		}
	}
	return ""
}
