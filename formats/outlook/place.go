package outlook

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
)

// placing puts a contact into an item, and notes what finds no slot.
type placing struct {
	item    *item
	dialect Dialect
	losses  []contact.Loss
}

// place returns the item of a contact in a dialect, without key and stash, and
// what of the contact it has no slot for. In a file (kept) unknown members stand as
// they were read.
func place(c *contact.Contact, d Dialect, kept bool) (*item, []contact.Loss) {
	p := placing{item: &item{}, dialect: d}
	it := p.item
	for i := range members {
		if m := &members[i]; m.at != nil {
			it.text[m.slot] = *m.at(c)
		}
	}
	if it.text[slotDisplay] == "" {
		it.text[slotDisplay] = c.DerivedDisplay()
	}
	if it.text[slotFileAs] == "" {
		it.text[slotFileAs] = c.DerivedFileAs()
	}
	// A listing shows notes that begin with a line break as one line, and cuts them. Only of
	// those that it cuts can a reader tell.
	if short := strings.TrimLeft(c.Notes, "\n"); short != c.Notes && utf8.RuneCountInString(strings.ReplaceAll(short, "\n", "")) <= listedNotes {
		it.text[slotNotes] = short
		p.stashed("notes", -1, "", "the service does not list line breaks before the first line")
	}
	it.categories = c.Categories
	p.emails(c.Emails)
	p.phones(c.Phones)
	p.addresses(c.Addresses)
	p.websites(c.Websites)
	p.ims(c.IMs)
	p.relations(c.Relations)
	p.dates(c)
	p.marks(c)
	p.flag(c.Flag)
	for i, x := range c.Extra {
		if it.carry(x) {
			continue
		}
		if kept && isMember(x) {
			it.extra = append(it.extra, x)
		} else {
			p.stashed("extra", i, "", "the service has no place for it")
		}
	}
	return it, p.losses
}

func (p *placing) stashed(field string, i int, part, reason string) {
	if i >= 0 {
		field = fmt.Sprintf("%s[%d]%s", field, i, part)
	}
	p.losses = append(p.losses, contact.Loss{Field: contact.Field(field), Kind: contact.Stashed, Reason: reason})
}

// details notes the parts that no item of any list has a place for.
func (p *placing) details(field string, i int, preferred bool, params contact.Params) {
	if preferred {
		p.stashed(field, i, ".preferred", "the service has no mark for it")
	}
	if len(params) > 0 {
		p.stashed(field, i, ".params", "the service has no place for them")
	}
}

func (p *placing) emails(all []contact.Email) {
	p.item.emails = make([]email, 0, min(len(all), maxEmails))
	for i, e := range all {
		switch {
		case !deliverable(e.Address):
			p.stashed("emails", i, "", "the service takes no address of this form")
			continue
		case len(p.item.emails) == maxEmails:
			p.stashed("emails", i, "", "a contact holds 3 addresses")
			continue
		}
		p.item.emails = append(p.item.emails, email{e.Address, e.Name, e.Type})
		if e.Type != "" && p.dialect != GraphBeta {
			p.stashed("emails", i, ".type", "addresses have no types here")
		}
		p.details("emails", i, e.Preferred, e.Params)
	}
}

// deliverable reports whether the service keeps an address. One that it takes for
// malformed it loses without a word, so only what is beyond doubt is sent.
func deliverable(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	return ok && local != "" && domain != "" &&
		!strings.ContainsAny(address, " \t\n\u00a0<>()[],;:\\\"") && !strings.Contains(domain, "@") &&
		!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..")
}

// phones gives every phone of a named type its slot first, and then shows those of
// other types where there is room.
func (p *placing) phones(all []contact.Phone) {
	var others []int
	for i, ph := range all {
		t := phoneTypeOf(ph.Type)
		switch {
		case t == nil:
			others = append(others, i)
			continue
		case !p.phone(t, ph.Number):
			p.stashed("phones", i, "", fmt.Sprintf("a contact holds %d of this type", t.n))
			continue
		}
		p.details("phones", i, ph.Preferred, ph.Params)
	}
	for _, i := range others {
		ph := &all[i]
		shown := ph.Type == contact.WorkMobile && p.phone(phoneTypeOf(contact.Mobile), ph.Number) ||
			p.phone(phoneTypeOf(contact.Other), ph.Number)
		if !shown {
			p.stashed("phones", i, "", "the service has no such type of phone")
			continue
		}
		p.stashed("phones", i, ".type", "the service has no such type of phone")
		p.details("phones", i, ph.Preferred, ph.Params)
	}
}

// phone puts a number into a free slot of the type.
func (p *placing) phone(t *phoneType, number string) bool {
	for s := t.first; s < t.first+t.n; s++ {
		if p.item.text[s] == "" {
			p.item.text[s] = number
			return true
		}
	}
	return false
}

func phoneTypeOf(typ string) *phoneType {
	for i := range phoneTypes {
		if phoneTypes[i].typ == typ {
			return &phoneTypes[i]
		}
	}
	return nil
}

// addresses works as phones does. An address of which Exchange has no part cannot
// be shown at all.
func (p *placing) addresses(all []contact.Address) {
	var others []int
	for i := range all {
		first := addressTypeOf(all[i].Type)
		if first == noSlot {
			others = append(others, i)
		} else if !p.address(first, &all[i]) {
			p.stashed("addresses", i, "", "a contact holds one address of each type, with a street, a city and the like")
		} else {
			p.addressDetails(i, &all[i])
		}
	}
	for _, i := range others {
		a := &all[i]
		if !p.address(addressOther, a) {
			p.stashed("addresses", i, "", "a contact holds a home, a business and one other address")
			continue
		}
		p.stashed("addresses", i, ".type", "the service has no such type of address")
		p.addressDetails(i, a)
	}
}

func addressTypeOf(typ string) slot {
	for _, t := range addressTypes {
		if t.typ == typ {
			return t.first
		}
	}
	return noSlot
}

func (p *placing) address(first slot, a *contact.Address) bool {
	if p.item.hasAddress(first) {
		return false
	}
	for i, part := range addressParts {
		p.item.text[int(first)+i] = *part.at(a)
	}
	return p.item.hasAddress(first)
}

func (p *placing) addressDetails(i int, a *contact.Address) {
	if a.Extended != "" {
		p.stashed("addresses", i, ".extended", "the service has no place for it")
	}
	if a.Label != "" {
		p.stashed("addresses", i, ".label", "the service has no place for it")
	}
	p.details("addresses", i, a.Preferred, a.Params)
}

// websites works as phones does. The collections hold a page of each type, with its name.
func (p *placing) websites(all []contact.Website) {
	typed := p.dialect.bit()&collections != 0
	var others []int
	for i, w := range all {
		s := noSlot
		switch w.Type {
		case contact.Work:
			s = slotWorkPage
		case contact.Home:
			s = slotHomePage
		case contact.Blog, contact.Profile, contact.Other:
			if typed {
				break
			}
			fallthrough
		default:
			others = append(others, i)
			continue
		}
		switch {
		case s != noSlot && p.item.text[s] != "" || hasSite(p.item.websites, w.Type):
			p.stashed("websites", i, "", "a contact holds one page of each type")
		case typed && (s == noSlot || w.Name != ""):
			p.item.websites = append(p.item.websites, contact.Website{URL: w.URL, Name: w.Name, Type: w.Type})
			p.details("websites", i, w.Preferred, w.Params)
		default:
			p.website(s, i, w)
		}
	}
	for _, i := range others {
		switch {
		case p.item.text[slotWorkPage] == "" && !hasSite(p.item.websites, contact.Work):
			p.website(slotWorkPage, i, all[i])
		case p.item.text[slotHomePage] == "" && !hasSite(p.item.websites, contact.Home):
			p.website(slotHomePage, i, all[i])
		default:
			p.stashed("websites", i, "", "a contact holds a business page and a personal one")
			continue
		}
		p.stashed("websites", i, ".type", "the service has no such type of page")
	}
}

func (p *placing) website(s slot, i int, w contact.Website) {
	p.item.text[s] = w.URL
	if w.Name != "" {
		p.stashed("websites", i, ".name", "the service has no place for it")
	}
	p.details("websites", i, w.Preferred, w.Params)
}

func (p *placing) ims(all []contact.IM) {
	for i, im := range all {
		if len(p.item.ims) == maxIMs {
			p.stashed("ims", i, "", "a contact holds 3 chat addresses")
			continue
		}
		p.item.ims = append(p.item.ims, im.Address)
		if im.Type != "" {
			p.stashed("ims", i, ".type", "chat addresses have no types here")
		}
		p.details("ims", i, im.Preferred, im.Params)
	}
}

func (p *placing) relations(all []contact.Relation) {
	for i, r := range all {
		switch {
		case r.Type == contact.Child:
			p.item.children = append(p.item.children, r.Name)
		case r.Type != contact.Spouse:
			p.stashed("relations", i, "", "the service knows a spouse and children")
			continue
		case p.item.text[slotSpouse] != "":
			p.stashed("relations", i, "", "a contact holds one spouse")
			continue
		default:
			p.item.text[slotSpouse] = r.Name
		}
		p.details("relations", i, false, r.Params)
	}
}

// dates places full dates within the years that Exchange counts.
func (p *placing) dates(c *contact.Contact) {
	for _, d := range []struct {
		field string
		date  contact.Date
		slot  slot
	}{{"birthday", c.Birthday, slotBirthday}, {"anniversary", c.Anniversary, slotAnniversary}} {
		switch {
		case d.date.IsZero():
		case !d.date.Full():
			p.stashed(d.field, -1, "", "the service knows full dates alone")
		case d.date.Year <= firstYear || d.date.Year >= noDateYear:
			p.stashed(d.field, -1, "", "the service has no such year")
		default:
			p.item.text[d.slot] = d.date.String()
		}
	}
}

// Exchange counts time from the year 1601, and stands the year 4501 for no date
// (MS-OXOCAL, MS-OXOTASK).
const (
	firstYear  = 1601
	noDateYear = 4501
)

func (p *placing) marks(c *contact.Contact) {
	switch c.Gender {
	case "":
	case "male", "female":
		p.item.text[slotGender] = c.Gender
	default:
		p.stashed("gender", -1, "", "the service knows male and female alone")
	}
	switch {
	case !c.Favorite:
	case p.dialect.bit()&collections != 0:
		p.item.text[slotFavorite] = "true"
	default:
		p.stashed("favorite", -1, "", "this version of the service has no such mark")
	}
}

// flag follows the service's rules: a flagged contact has no day of completion, a
// completed one nothing but that.
func (p *placing) flag(f contact.Flag) {
	set := func(s slot, t time.Time) {
		if y := t.UTC().Year(); !t.IsZero() && y > firstYear && y < noDateYear {
			p.item.text[s] = formatInstant(t)
		}
	}
	switch f.Status {
	case contact.Flagged:
		set(slotFlagStart, f.Start)
		set(slotFlagDue, f.Due)
	case contact.Complete:
		set(slotFlagCompleted, f.Completed.UTC().Truncate(24*time.Hour))
	default:
		return
	}
	p.item.text[slotFlagStatus] = f.Status
}

// formatInstant returns the canonical form, to Exchange's tenths of microseconds.
func formatInstant(t time.Time) string {
	return t.UTC().Truncate(100 * time.Nanosecond).Format(time.RFC3339Nano)
}
