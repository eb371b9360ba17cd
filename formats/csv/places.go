package csv

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// place is what a JSON path, the name of a column of our own, stands for.
type place struct {
	name string
	// take cuts the value out of c, "" where there is none. A text that a cell cannot
	// hold unchanged stays.
	take func(c *contact.Contact) string
	// put sets the value, making the items of lists on the way, and reports whether
	// the cell holds such a value.
	put func(c *contact.Contact, cell string) bool
}

// parsePath returns the place that a column of our own stands for; ok is false for
// any other name.
func parsePath(name string) (p *place, ok bool) {
	start, end := strings.IndexByte(name, '['), strings.IndexByte(name, ']')
	if start < 0 || end < start {
		if text := texts[name]; text != nil {
			return textPlace(name, func(c *contact.Contact, _ bool) *string { return text(c) }), true
		}
		p = oddPlaces[name]
		return p, p != nil
	}
	item := items[name[:start+1]+name[end:]]
	i, err := strconv.Atoi(name[start+1 : end])
	if item == nil || err != nil || i < 0 || i >= formats.MaxExtra {
		return nil, false
	}
	name = name[:start+1] + strconv.Itoa(i) + name[end:]
	return textPlace(name, func(c *contact.Contact, grow bool) *string { return item(c, i, grow) }), true
}

// textPlace is the place of a text, nil where there is no item that could have it.
func textPlace(name string, at func(c *contact.Contact, grow bool) *string) *place {
	take := func(c *contact.Contact) string {
		text := at(c, false)
		if text == nil || isBlank(*text) || strings.Contains(*text, "\r") || !utf8.ValidString(*text) {
			return ""
		}
		cell := *text
		*text = ""
		return cell
	}
	put := func(c *contact.Contact, cell string) bool {
		*at(c, true) = cell
		return true
	}
	return &place{name, take, put}
}

// texts are the places of texts that are no items of lists.
var texts = map[string]func(*contact.Contact) *string{
	"uid":                          func(c *contact.Contact) *string { return &c.UID },
	"id":                           func(c *contact.Contact) *string { return (*string)(&c.ID) },
	"key":                          func(c *contact.Contact) *string { return &c.Key },
	"folder":                       func(c *contact.Contact) *string { return (*string)(&c.Folder) },
	"name.display":                 func(c *contact.Contact) *string { return &c.Name.Display },
	"name.prefix":                  func(c *contact.Contact) *string { return &c.Name.Prefix },
	"name.given":                   func(c *contact.Contact) *string { return &c.Name.Given },
	"name.middle":                  func(c *contact.Contact) *string { return &c.Name.Middle },
	"name.family":                  func(c *contact.Contact) *string { return &c.Name.Family },
	"name.suffix":                  func(c *contact.Contact) *string { return &c.Name.Suffix },
	"name.nickname":                func(c *contact.Contact) *string { return &c.Name.Nickname },
	"name.initials":                func(c *contact.Contact) *string { return &c.Name.Initials },
	"name.fileAs":                  func(c *contact.Contact) *string { return &c.Name.FileAs },
	"name.phoneticGiven":           func(c *contact.Contact) *string { return &c.Name.PhoneticGiven },
	"name.phoneticMiddle":          func(c *contact.Contact) *string { return &c.Name.PhoneticMiddle },
	"name.phoneticFamily":          func(c *contact.Contact) *string { return &c.Name.PhoneticFamily },
	"organization.company":         func(c *contact.Contact) *string { return &c.Organization.Company },
	"organization.phoneticCompany": func(c *contact.Contact) *string { return &c.Organization.PhoneticCompany },
	"organization.department":      func(c *contact.Contact) *string { return &c.Organization.Department },
	"organization.title":           func(c *contact.Contact) *string { return &c.Organization.Title },
	"organization.profession":      func(c *contact.Contact) *string { return &c.Organization.Profession },
	"organization.office":          func(c *contact.Contact) *string { return &c.Organization.Office },
	"organization.manager":         func(c *contact.Contact) *string { return &c.Organization.Manager },
	"organization.assistant":       func(c *contact.Contact) *string { return &c.Organization.Assistant },
	"notes":                        func(c *contact.Contact) *string { return &c.Notes },
	"gender":                       func(c *contact.Contact) *string { return &c.Gender },
}

// An itemText returns a text of the i-th item of a list, nil for an item that
// there is not, or with grow makes it.
type itemText func(c *contact.Contact, i int, grow bool) *string

// items are the places of texts in items of lists, by their paths without indexes.
var items = map[string]itemText{
	"emails[].address":       inItem(emailsOf, func(e *contact.Email) *string { return &e.Address }),
	"emails[].name":          inItem(emailsOf, func(e *contact.Email) *string { return &e.Name }),
	"emails[].type":          inItem(emailsOf, func(e *contact.Email) *string { return &e.Type }),
	"phones[].number":        inItem(phonesOf, func(p *contact.Phone) *string { return &p.Number }),
	"phones[].type":          inItem(phonesOf, func(p *contact.Phone) *string { return &p.Type }),
	"addresses[].type":       inItem(addressesOf, func(a *contact.Address) *string { return &a.Type }),
	"addresses[].poBox":      inItem(addressesOf, func(a *contact.Address) *string { return &a.POBox }),
	"addresses[].extended":   inItem(addressesOf, func(a *contact.Address) *string { return &a.Extended }),
	"addresses[].street":     inItem(addressesOf, func(a *contact.Address) *string { return &a.Street }),
	"addresses[].city":       inItem(addressesOf, func(a *contact.Address) *string { return &a.City }),
	"addresses[].region":     inItem(addressesOf, func(a *contact.Address) *string { return &a.Region }),
	"addresses[].postalCode": inItem(addressesOf, func(a *contact.Address) *string { return &a.PostalCode }),
	"addresses[].country":    inItem(addressesOf, func(a *contact.Address) *string { return &a.Country }),
	"websites[].url":         inItem(websitesOf, func(w *contact.Website) *string { return &w.URL }),
	"websites[].type":        inItem(websitesOf, func(w *contact.Website) *string { return &w.Type }),
	"ims[].address":          inItem(imsOf, func(m *contact.IM) *string { return &m.Address }),
	"ims[].type":             inItem(imsOf, func(m *contact.IM) *string { return &m.Type }),
	"relations[].name":       inItem(relationsOf, func(r *contact.Relation) *string { return &r.Name }),
	"relations[].type":       inItem(relationsOf, func(r *contact.Relation) *string { return &r.Type }),
	"categories[]":           inItem(categoriesOf, func(s *string) *string { return s }),
}

func emailsOf(c *contact.Contact) *[]contact.Email       { return &c.Emails }
func phonesOf(c *contact.Contact) *[]contact.Phone       { return &c.Phones }
func addressesOf(c *contact.Contact) *[]contact.Address  { return &c.Addresses }
func websitesOf(c *contact.Contact) *[]contact.Website   { return &c.Websites }
func imsOf(c *contact.Contact) *[]contact.IM             { return &c.IMs }
func relationsOf(c *contact.Contact) *[]contact.Relation { return &c.Relations }
func categoriesOf(c *contact.Contact) *[]string          { return &c.Categories }

func inItem[T any](list func(*contact.Contact) *[]T, text func(*T) *string) itemText {
	return func(c *contact.Contact, i int, grow bool) *string {
		all := list(c)
		for grow && len(*all) <= i {
			var empty T
			*all = append(*all, empty)
		}
		if i >= len(*all) {
			return nil
		}
		return text(&(*all)[i])
	}
}

// oddPlaces are the places of what is no text, or not always there.
var oddPlaces = map[string]*place{
	"birthday":        datePlace("birthday", func(c *contact.Contact) *contact.Date { return &c.Birthday }),
	"anniversary":     datePlace("anniversary", func(c *contact.Contact) *contact.Date { return &c.Anniversary }),
	"created":         timePlace("created", func(c *contact.Contact) *time.Time { return &c.Created }),
	"modified":        timePlace("modified", func(c *contact.Contact) *time.Time { return &c.Modified }),
	"favorite":        {"favorite", takeFavorite, putFavorite},
	"photo.path":      photoPlace("photo.path", func(p *contact.Photo) *string { return &p.Path }),
	"photo.url":       photoPlace("photo.url", func(p *contact.Photo) *string { return &p.URL }),
	"photo.mediaType": photoPlace("photo.mediaType", func(p *contact.Photo) *string { return &p.MediaType }),
	"photo.sha256":    photoPlace("photo.sha256", func(p *contact.Photo) *string { return &p.SHA256 }),
}

func datePlace(name string, at func(*contact.Contact) *contact.Date) *place {
	take := func(c *contact.Contact) string {
		cell := at(c).String()
		*at(c) = contact.Date{}
		return cell
	}
	put := func(c *contact.Contact, cell string) bool {
		d, ok := parseDate(cell)
		if ok {
			*at(c) = d
		}
		return ok
	}
	return &place{name, take, put}
}

func timePlace(name string, at func(*contact.Contact) *time.Time) *place {
	take := func(c *contact.Contact) string {
		t := at(c)
		if t.IsZero() {
			return ""
		}
		text, err := t.MarshalText()
		if err != nil { // of a year that JSON cannot express either, which is an error
			return ""
		}
		*t = time.Time{}
		return string(text)
	}
	put := func(c *contact.Contact, cell string) bool {
		var t time.Time
		if t.UnmarshalText([]byte(cell)) != nil {
			return false
		}
		*at(c) = t
		return true
	}
	return &place{name, take, put}
}

func takeFavorite(c *contact.Contact) string {
	if !c.Favorite {
		return ""
	}
	c.Favorite = false
	return "true"
}

func putFavorite(c *contact.Contact, cell string) bool {
	value, ok := truth(cell)
	if ok {
		c.Favorite = value
	}
	return ok
}

func photoPlace(name string, text func(*contact.Photo) *string) *place {
	return textPlace(name, func(c *contact.Contact, grow bool) *string {
		if c.Photo == nil && !grow {
			return nil
		}
		if c.Photo == nil {
			c.Photo = new(contact.Photo)
		}
		return text(c.Photo)
	})
}
