package csv

import (
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// A setter puts the value of one cell, never an empty one, where it belongs.
type setter func(c *contact.Contact, value string)

// setters are the columns that other programs than Outlook's desktop have, by the
// name that aliases lead to.
var setters = map[string]setter{
	folderColumn:   func(c *contact.Contact, v string) { c.Folder = contact.FolderPath(v) },
	"Display Name": func(c *contact.Contact, v string) { c.Name.Display = v },
	"Nickname":     func(c *contact.Contact, v string) { c.Name.Nickname = v },
	"File As":      func(c *contact.Contact, v string) { c.Name.FileAs = v },
	"Given Yomi":   func(c *contact.Contact, v string) { c.Name.PhoneticGiven = v },
	"Middle Yomi":  func(c *contact.Contact, v string) { c.Name.PhoneticMiddle = v },
	"Surname Yomi": func(c *contact.Contact, v string) { c.Name.PhoneticFamily = v },
	"Company Yomi": func(c *contact.Contact, v string) { c.Organization.PhoneticCompany = v },

	"Work E-mail":      email("work"),
	"Home E-mail":      email("home"),
	"Other E-mail":     email("other"),
	"E-mail 4 Address": email(""),
	"E-mail 5 Address": email(""),

	"Phone":          phone(""),
	"Phone 2":        phone(""),
	"Phone 3":        phone(""),
	"Mobile Phone 2": phone("mobile"),
	"Work Mobile":    phone("workMobile"),

	"Business Address": fullAddress("work"),
	"Home Address":     fullAddress("home"),
	"Other Address":    fullAddress("other"),

	"Personal Web Page": func(c *contact.Contact, v string) { addWebsite(c, v, "home") },
	"Child":             func(c *contact.Contact, v string) { addRelation(c, v, contact.Child) },
	"Labels":            func(c *contact.Contact, v string) { addLabels(c, v) },

	"IMAddress":   im("", ""),
	"Work AIM":    im("aim:", "work"),
	"Home AIM":    im("aim:", "home"),
	"AIM":         im("aim:", ""),
	"Work Jabber": im("xmpp:", "work"),
	"Home Jabber": im("xmpp:", "home"),
	"Jabber":      im("xmpp:", ""),
	"Work MSN":    im("msnim:", "work"),
	"Home MSN":    im("msnim:", "home"),
	"MSN":         im("msnim:", ""),
	"Work Yahoo":  im("ymsgr:", "work"),
	"Home Yahoo":  im("ymsgr:", "home"),
	"Yahoo":       im("ymsgr:", ""),
	"Work ICQ":    im("icq:", "work"),
	"Home ICQ":    im("icq:", "home"),
	"ICQ":         im("icq:", ""),
	"Skype":       im("skype:", ""),
	"QQ":          im("qq:", ""),
	"IRC":         im("irc:", ""),
	"Birth Year":  birthPart(func(d *contact.Date) *int { return &d.Year }, 9999),
	"Birth Month": birthPart(func(d *contact.Date) *int { return &d.Month }, 12),
	"Birth Day":   birthPart(func(d *contact.Date) *int { return &d.Day }, 31),
	"UID":         func(c *contact.Contact, v string) { c.UID = v },
}

func email(typ string) setter {
	return func(c *contact.Contact, v string) { c.Emails = append(c.Emails, contact.Email{Address: v, Type: typ}) }
}

func phone(typ string) setter {
	return func(c *contact.Contact, v string) { addPhone(c, v, typ) }
}

// fullAddress reads an address that stands in one cell as on an envelope. Where its
// parts stand in columns of their own they say the same.
func fullAddress(typ string) setter {
	return func(c *contact.Contact, v string) {
		for i := range c.Addresses {
			if a := &c.Addresses[i]; a.Type == typ {
				if !saidBy(a, v) {
					a.Label = v
				}
				return
			}
		}
		c.Addresses = append(c.Addresses, contact.Address{Type: typ, Label: v})
	}
}

// saidBy reports whether every word of an address on an envelope stands in its
// parts.
func saidBy(a *contact.Address, label string) bool {
	if label == "" {
		return true
	}
	parts := strings.Join([]string{a.POBox, a.Extended, a.Street, a.City, a.Region, a.PostalCode, a.Country}, " ")
	known := map[string]bool{}
	for _, word := range strings.FieldsFunc(parts, isBreak) {
		known[word] = true
	}
	for _, word := range strings.FieldsFunc(label, isBreak) {
		if !known[word] {
			return false
		}
	}
	return true
}

func isBreak(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == ',' || r == '\r' }

// im reads a handle of a service; scheme makes a URI of it where it is none.
func im(scheme, typ string) setter {
	return func(c *contact.Contact, v string) {
		if !strings.HasPrefix(strings.ToLower(v), scheme) {
			v = scheme + v
		}
		c.IMs = append(c.IMs, contact.IM{Address: v, Type: typ})
	}
}

// birthPart reads one of the three columns of a birthday.
func birthPart(part func(*contact.Date) *int, most int) setter {
	return func(c *contact.Contact, v string) {
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n > most {
			addExtra(c, "Birthday", v)
			return
		}
		*part(&c.Birthday) = n
	}
}

// checkBirthday keeps a birthday that the calendar does not have as an Extra: of
// columns read one by one, only the whole can be checked.
func checkBirthday(c *contact.Contact) {
	if c.Birthday.IsZero() || inCalendar(c.Birthday) {
		return
	}
	text := c.Birthday.String()
	if _, err := contact.ParseDate(text); err != nil {
		c.Birthday = contact.Date{}
		addExtra(c, "Birthday", text)
	}
}

func addPhone(c *contact.Contact, number, typ string) {
	if number != "" {
		c.Phones = append(c.Phones, contact.Phone{Number: number, Type: typ})
	}
}

func addWebsite(c *contact.Contact, url, typ string) {
	if url != "" {
		c.Websites = append(c.Websites, contact.Website{URL: url, Type: typ})
	}
}

func addRelation(c *contact.Contact, name, typ string) {
	if name != "" {
		c.Relations = append(c.Relations, contact.Relation{Name: name, Type: typ})
	}
}

// addLabels reads Google's labels. A star marks those that Google has itself: the
// one of all contacts says nothing, "starred" is a mark, the others are labels too.
func addLabels(c *contact.Contact, cell string) {
	for _, name := range splitList(cell) {
		system, isSystem := strings.CutPrefix(name, "*")
		system = strings.TrimSpace(system)
		switch {
		case !isSystem:
			c.Categories = append(c.Categories, name)
		case strings.EqualFold(system, "myContacts"), strings.EqualFold(system, "My Contacts"):
		case strings.EqualFold(system, "starred"), strings.EqualFold(system, "Starred in Android"):
			c.Favorite = true
		default:
			c.Categories = append(c.Categories, system)
		}
	}
}

func addExtra(c *contact.Contact, name, value string) {
	c.Extra = append(c.Extra, contact.Extra{Origin: origin, Name: name, Value: value})
}

func readDate(c *contact.Contact, at *contact.Date, column, cell string) {
	if cell == "" {
		return
	}
	d, ok := parseDate(cell)
	if !ok {
		addExtra(c, column, cell)
		return
	}
	*at = d
}

func readPhoto(c *contact.Contact, cell string) {
	p, ok := photo(cell)
	if !ok {
		addExtra(c, "Photo", cell)
		return
	}
	c.Photo = p
}
