package csv

import (
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// thunderbirdRow is a row of Thunderbird's export.
type thunderbirdRow struct {
	FirstName      string `csv:"First Name"`
	LastName       string `csv:"Last Name"`
	DisplayName    string `csv:"Display Name"`
	Nickname       string `csv:"Nickname"`
	PrimaryEmail   string `csv:"Primary Email"`
	SecondaryEmail string `csv:"Secondary Email"`
	ScreenName     string `csv:"Screen Name"`
	WorkPhone      string `csv:"Work Phone"`
	HomePhone      string `csv:"Home Phone"`
	FaxNumber      string `csv:"Fax Number"`
	PagerNumber    string `csv:"Pager Number"`
	MobileNumber   string `csv:"Mobile Number"`
	HomeAddress    string `csv:"Home Address"`
	HomeAddress2   string `csv:"Home Address 2"`
	HomeCity       string `csv:"Home City"`
	HomeState      string `csv:"Home State"`
	HomeZip        string `csv:"Home ZipCode"`
	HomeCountry    string `csv:"Home Country"`
	WorkAddress    string `csv:"Work Address"`
	WorkAddress2   string `csv:"Work Address 2"`
	WorkCity       string `csv:"Work City"`
	WorkState      string `csv:"Work State"`
	WorkZip        string `csv:"Work ZipCode"`
	WorkCountry    string `csv:"Work Country"`
	JobTitle       string `csv:"Job Title"`
	Department     string `csv:"Department"`
	Organization   string `csv:"Organization"`
	WebPage1       string `csv:"Web Page 1"`
	WebPage2       string `csv:"Web Page 2"`
	BirthYear      string `csv:"Birth Year"`
	BirthMonth     string `csv:"Birth Month"`
	BirthDay       string `csv:"Birth Day"`
	Custom1        string `csv:"Custom 1"`
	Custom2        string `csv:"Custom 2"`
	Custom3        string `csv:"Custom 3"`
	Custom4        string `csv:"Custom 4"`
	Notes          string `csv:"Notes"`
}

// fill makes the row of c. Reading Thunderbird's columns is done by their names, as
// of any other table.
func (r *thunderbirdRow) fill(c *contact.Contact) {
	*r = thunderbirdRow{
		FirstName: c.Name.Given, LastName: c.Name.Family, DisplayName: c.Name.Display, Nickname: c.Name.Nickname,
		JobTitle: c.Organization.Title, Department: c.Organization.Department, Organization: c.Organization.Company, Notes: c.Notes,
		BirthYear: positive(c.Birthday.Year), BirthMonth: positive(c.Birthday.Month), BirthDay: positive(c.Birthday.Day),
	}
	if r.DisplayName == "" { // Thunderbird shows nothing else in its list
		r.DisplayName = c.DerivedDisplay()
	}
	for i, cell := range []*string{&r.PrimaryEmail, &r.SecondaryEmail} {
		if i < len(c.Emails) {
			*cell = c.Emails[i].Address
		}
	}
	if len(c.IMs) > 0 {
		r.ScreenName = c.IMs[0].Address
	}
	r.setPhones(c.Phones)
	r.setAddresses(c.Addresses)
	r.setWebPages(c.Websites)
	r.setCustom(c.Extra)
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// setPhones puts each number into the column of its type, then the others into
// those of the same kind that are free.
func (r *thunderbirdRow) setPhones(phones []contact.Phone) {
	put := func(number, typ string) bool {
		cell := r.phone(typ)
		if cell == nil || *cell != "" {
			return false
		}
		*cell = number
		return true
	}
	var left []contact.Phone
	for _, p := range phones {
		if !put(p.Number, p.Type) {
			left = append(left, p)
		}
	}
	for _, p := range left {
		switch p.Type {
		case contact.HomeFax, contact.OtherFax:
			put(p.Number, contact.WorkFax)
		case contact.WorkMobile:
			put(p.Number, contact.Mobile)
		case "", contact.Main, contact.Other, contact.Company:
			_ = put(p.Number, contact.Work) || put(p.Number, contact.Home) || put(p.Number, contact.Mobile)
		}
	}
}

// phone returns the cell of a type of phone, nil for a type that has none.
func (r *thunderbirdRow) phone(typ string) *string {
	switch typ {
	case contact.Work:
		return &r.WorkPhone
	case contact.Home:
		return &r.HomePhone
	case contact.Mobile:
		return &r.MobileNumber
	case contact.WorkFax:
		return &r.FaxNumber
	case contact.Pager:
		return &r.PagerNumber
	}
	return nil
}

func (r *thunderbirdRow) setAddresses(addresses []contact.Address) {
	home := []*string{&r.HomeAddress, &r.HomeAddress2, &r.HomeCity, &r.HomeState, &r.HomeZip, &r.HomeCountry}
	work := []*string{&r.WorkAddress, &r.WorkAddress2, &r.WorkCity, &r.WorkState, &r.WorkZip, &r.WorkCountry}
	var left []contact.Address
	for _, a := range addresses {
		switch {
		case a.Type == contact.Home && home != nil:
			setAddress(home, a)
			home = nil
		case a.Type == contact.Work && work != nil:
			setAddress(work, a)
			work = nil
		default:
			left = append(left, a)
		}
	}
	for _, a := range left {
		switch {
		case a.Type == contact.Home || a.Type == contact.Work:
		case home != nil:
			setAddress(home, a)
			home = nil
		case work != nil:
			setAddress(work, a)
			work = nil
		}
	}
}

func setAddress(cells []*string, a contact.Address) {
	first, rest, _ := strings.Cut(joinLines(a.Street, a.Extended, a.POBox), "\n")
	for i, v := range []string{first, rest, a.City, a.Region, a.PostalCode, a.Country} {
		*cells[i] = v
	}
}

func (r *thunderbirdRow) setWebPages(pages []contact.Website) {
	var left []contact.Website
	for _, w := range pages {
		switch {
		case w.Type == contact.Work && r.WebPage1 == "":
			r.WebPage1 = w.URL
		case w.Type == contact.Home && r.WebPage2 == "":
			r.WebPage2 = w.URL
		default:
			left = append(left, w)
		}
	}
	for _, w := range left {
		switch {
		case r.WebPage1 == "":
			r.WebPage1 = w.URL
		case r.WebPage2 == "":
			r.WebPage2 = w.URL
		}
	}
}

func (r *thunderbirdRow) setCustom(extras []contact.Extra) {
	for i, cell := range []*string{&r.Custom1, &r.Custom2, &r.Custom3, &r.Custom4} {
		for j := range extras {
			x := &extras[j]
			if x.Origin == origin && x.Name == "Custom "+strconv.Itoa(i+1) && len(x.Params) == 0 && *cell == "" {
				*cell = x.Value
			}
		}
	}
}
