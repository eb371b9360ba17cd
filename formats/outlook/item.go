package outlook

import (
	"slices"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// An item is an Exchange contact: its slots, whatever dialect names them. The zero
// value is an empty one.
type item struct {
	text       [slotCount]string
	emails     []email
	categories []string
	children   []string
	ims        []string
	photo      *contact.Photo // as a file of pages names it

	// What was read beyond the slots: a service that has more of them shows more.
	phones    []contact.Phone
	addresses []contact.Address
	websites  []contact.Website
	extra     []contact.Extra

	// tidy: every text but the notes was read, and found to be such that normalising would
	// change nothing of it.
	tidy    bool
	removed bool // the row says that the contact is gone
	unread  []contact.Loss
}

// reset empties the item, and keeps the memory of its lists.
func (it *item) reset() {
	*it = item{emails: it.emails[:0], categories: it.categories[:0], children: it.children[:0], ims: it.ims[:0]}
}

// email is one address slot. The type is Graph beta's alone.
type email struct {
	address, name, typ string
}

// Limits of an Exchange contact.
const (
	maxEmails = 3
	maxIMs    = 3
)

// contact returns the contact that the item shows, without what is stashed, and
// with or without what not every dialect shows: the types of its emails, the names of its
// web pages, and pages of other types.
func (it *item) contact(typed bool) *contact.Contact {
	c := &contact.Contact{
		ID:          contact.ID(it.text[slotID]),
		Version:     it.text[slotVersion],
		Key:         it.text[slotKey],
		Folder:      contact.FolderPath(it.text[slotFolder]),
		Created:     instantOf(it.text[slotCreated]),
		Modified:    instantOf(it.text[slotModified]),
		Birthday:    dateOf(it.text[slotBirthday]),
		Anniversary: dateOf(it.text[slotAnniversary]),
		Gender:      it.text[slotGender],
		Favorite:    it.text[slotFavorite] != "",
		Photo:       it.photo,
		Unread:      it.unread,
	}
	for i := range textMembers {
		m := &textMembers[i]
		if text := it.text[m.slot]; text != "" {
			*m.at(c) = text
		}
	}
	c.Categories = append(c.Categories, it.categories...)
	c.Emails = it.shownEmails(typed)
	c.Phones = it.shownPhones()
	c.Addresses = it.shownAddresses()
	c.Websites = it.shownWebsites(typed)
	c.Relations = it.shownRelations()
	c.IMs = it.shownIMs()
	c.Extra = append(c.Extra, it.extra...)
	it.addCarried(c)
	if it.text[slotFlagStatus] != "" {
		c.Flag = contact.Flag{
			Status:    it.text[slotFlagStatus],
			Start:     instantOf(it.text[slotFlagStart]),
			Due:       instantOf(it.text[slotFlagDue]),
			Completed: instantOf(it.text[slotFlagCompleted]),
		}
	}
	if c.Photo == nil && it.text[slotPicture] != "" {
		c.Photo = &contact.Photo{}
	}
	if !it.tidy {
		return contact.Normalize(c)
	}
	c.Notes = contact.CleanNotes(c.Notes)
	return contact.Tidy(c)
}

// carried are the extended properties of which the model has no name.
var carried = slices.DeleteFunc(slices.Clone(properties), func(p property) bool { return p.field != "extra" })

// addCarried adds what they hold to the contact.
func (it *item) addCarried(c *contact.Contact) {
	for i := range carried {
		if p := &carried[i]; it.text[p.slot] != "" {
			c.Extra = append(c.Extra, contact.Extra{Origin: origin, Name: p.id, Value: quoted(it.text[p.slot])})
		}
	}
}

func (it *item) shownEmails(typed bool) []contact.Email {
	if len(it.emails) == 0 {
		return nil
	}
	shown := make([]contact.Email, 0, len(it.emails))
	for _, e := range it.emails {
		shown = append(shown, contact.Email{Address: e.address, Name: e.name})
		if typed {
			shown[len(shown)-1].Type = e.typ
		}
	}
	return shown
}

func (it *item) shownPhones() []contact.Phone {
	n := len(it.phones)
	for _, number := range it.text[phoneHome:addressHome] {
		if number != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	shown := make([]contact.Phone, 0, n)
	for i := range phoneTypes {
		t := &phoneTypes[i]
		for s := t.first; s < t.first+t.n; s++ {
			if it.text[s] != "" {
				shown = append(shown, contact.Phone{Number: it.text[s], Type: t.typ})
			}
		}
	}
	return append(shown, it.phones...)
}

func (it *item) shownAddresses() []contact.Address {
	var shown []contact.Address
	for i := range addressTypes {
		t := &addressTypes[i]
		if !it.hasAddress(t.first) {
			continue
		}
		shown = append(shown, contact.Address{Type: t.typ})
		a := &shown[len(shown)-1]
		for i := range addressParts {
			*addressParts[i].at(a) = it.text[int(t.first)+i]
		}
	}
	return append(shown, it.addresses...)
}

func (it *item) hasAddress(first slot) bool {
	return !allEmpty(it.text[first : int(first)+len(addressParts)])
}

func allEmpty(texts []string) bool {
	for i := range texts {
		if texts[i] != "" {
			return false
		}
	}
	return true
}

func (it *item) shownWebsites(typed bool) []contact.Website {
	var shown []contact.Website
	if url := it.text[slotWorkPage]; url != "" {
		shown = append(shown, contact.Website{URL: url, Type: contact.Work})
	}
	if url := it.text[slotHomePage]; url != "" {
		shown = append(shown, contact.Website{URL: url, Type: contact.Home})
	}
	if typed {
		return append(shown, it.websites...)
	}
	for _, w := range it.websites {
		if (w.Type == contact.Work || w.Type == contact.Home) && !hasSite(shown, w.Type) {
			shown = append(shown, contact.Website{URL: w.URL, Type: w.Type})
		}
	}
	return shown
}

func hasSite(all []contact.Website, typ string) bool {
	return slices.ContainsFunc(all, func(w contact.Website) bool { return w.Type == typ })
}

func (it *item) shownIMs() []contact.IM {
	if len(it.ims) == 0 {
		return nil
	}
	shown := make([]contact.IM, 0, len(it.ims))
	for _, im := range it.ims {
		shown = append(shown, contact.IM{Address: im})
	}
	return shown
}

func (it *item) shownRelations() []contact.Relation {
	var shown []contact.Relation
	if name := it.text[slotSpouse]; name != "" {
		shown = append(shown, contact.Relation{Name: name, Type: contact.Spouse})
	}
	for _, name := range it.children {
		shown = append(shown, contact.Relation{Name: name, Type: contact.Child})
	}
	return shown
}

// restore returns the contact that the item stands for: what it shows, and what
// is stashed in it.
func (it *item) restore() *contact.Contact {
	stashed := it.text[slotStash]
	if stashed == "" {
		return it.contact(true)
	}
	c := it.contact(false)
	if err := contact.Unstash(c, stashed); err != nil {
		c.Unread = append(c.Unread, contact.Loss{Field: "stash", Kind: contact.Dropped, Reason: "the hidden fields are not in the expected form"})
	}
	if added := it.addEmailTypes(c); it.addWebsites(c) || added {
		contact.Normalize(c)
	}
	return c
}

// addWebsites sets the pages, and the names of pages, that not every dialect shows, and
// reports whether there are any. Where the stash has another page of such a type, what
// is shown has been edited since.
func (it *item) addWebsites(c *contact.Contact) (added bool) {
	for _, w := range it.websites {
		at := slices.IndexFunc(c.Websites, func(x contact.Website) bool { return x.Type == w.Type && x.URL == w.URL })
		if at < 0 {
			at = slices.IndexFunc(c.Websites, func(x contact.Website) bool {
				return x.Type == w.Type && !slices.ContainsFunc(it.websites, func(y contact.Website) bool { return y.URL == x.URL })
			})
		}
		if at < 0 {
			c.Websites = append(c.Websites, w)
		} else {
			c.Websites[at].URL, c.Websites[at].Name = w.URL, w.Name
		}
		added = true
	}
	return added
}

// addEmailTypes sets the types that Graph beta has, and reports whether there are
// any. They come after the stash, which is made from what every dialect shows.
func (it *item) addEmailTypes(c *contact.Contact) (added bool) {
	for _, e := range it.emails {
		if e.typ == "" {
			continue
		}
		address := strings.TrimSpace(e.address)
		at := -1
		for i := range c.Emails {
			if c.Emails[i].Address != address {
				continue
			}
			if c.Emails[i].Type == e.typ {
				at = -1
				break
			}
			if at < 0 {
				at = i
			}
		}
		if at >= 0 {
			c.Emails[at].Type, added = e.typ, true
		}
	}
	return added
}

// instantOf reads an instant in its canonical form.
func instantOf(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := parseInstant(s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// dateOf reads a day in its canonical form.
func dateOf(s string) contact.Date {
	if s == "" {
		return contact.Date{}
	}
	d, err := contact.ParseDate(s)
	if err != nil {
		return contact.Date{}
	}
	return d
}
