package csv

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
)

// random makes contacts of odd but possible values.
type random struct{ *rand.Rand }

var words = []string{"Ana", "Ruiz", "Müller", "李", "O'Neil", "a,b", "x;y", "two\nlines", "a\n\nb", "say \"hi\"", "=1+1", "+49 30 1", "* star",
	"A ::: B", "true", "0", "0/0/00", "1604", "Normal", "SMTP", "False", "home", "Work", "ann@example.org", "  ", "null", "{}", "sep=;", "-"}

func (r random) word() string { return words[r.IntN(len(words))] }

func (r random) text() string {
	switch r.IntN(4) {
	case 0:
		return r.word()
	case 1:
		return r.word() + " " + r.word()
	}
	return ""
}

func (r random) pick(all ...string) string { return all[r.IntN(len(all))] }

func (r random) typ() string {
	return r.pick("", "home", "work", "other", "mobile", "main", "workFax", "homeFax", "otherFax", "pager", "assistant", "Holiday home", "WORK", "workMobile", "* odd")
}

func (r random) params() contact.Params {
	if r.IntN(6) > 0 {
		return nil
	}
	return contact.Params{"X-A": {r.word(), ""}, "B": nil}
}

func (r random) date() contact.Date {
	dates := []contact.Date{{}, {}, {Year: 1974, Month: 7, Day: 22}, {Month: 2, Day: 29}, {Year: 1974}, {Year: 1974, Month: 7}, {Month: 7},
		{Day: 5}, {Year: 1604, Month: 1, Day: 1}, {Year: 13, Month: 12, Day: 13}}
	return dates[r.IntN(len(dates))]
}

func (r random) flip() bool { return r.IntN(4) == 0 }

func (r random) contact() *contact.Contact {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	c := &contact.Contact{UID: r.text(), ID: contact.ID(r.text()), Key: r.text(), Folder: contact.FolderPath(r.text())}
	for _, s := range []*string{&c.Name.Display, &c.Name.Prefix, &c.Name.Given, &c.Name.Middle, &c.Name.Family, &c.Name.Suffix, &c.Name.Nickname,
		&c.Name.Initials, &c.Name.FileAs, &c.Name.PhoneticGiven, &c.Name.PhoneticMiddle, &c.Name.PhoneticFamily, &c.Organization.Company,
		&c.Organization.PhoneticCompany, &c.Organization.Department, &c.Organization.Title, &c.Organization.Profession, &c.Organization.Office,
		&c.Organization.Manager, &c.Organization.Assistant, &c.Notes, &c.Gender} {
		*s = r.text()
	}
	c.Gender = r.pick("", c.Gender, "male", "female", "none")
	c.Favorite, c.Birthday, c.Anniversary = r.flip(), r.date(), r.date()
	for range r.IntN(4) {
		c.Organization.Units = append(c.Organization.Units, r.text())
		c.Categories = append(c.Categories, r.text())
		c.Relations = append(c.Relations, contact.Relation{Name: r.text(), Type: r.pick("", "spouse", "child", "partner", "manager", "Boss"), Params: r.params()})
		c.IMs = append(c.IMs, contact.IM{Address: r.text(), Type: r.typ(), Preferred: r.flip(), Params: r.params()})
		c.Websites = append(c.Websites, contact.Website{URL: r.text(), Name: r.text(), Type: r.typ(), Preferred: r.flip(), Params: r.params()})
		c.Extra = append(c.Extra, contact.Extra{Origin: r.pick("csv", "vcard"), Name: r.pick("Hobby", "Custom 2", "Event", "Custom Field", "X-A", "Priority"), Params: r.params(), Value: r.text()})
	}
	for range r.IntN(7) {
		c.Emails = append(c.Emails, contact.Email{Address: r.text(), Name: r.text(), Type: r.typ(), Preferred: r.flip(), Params: r.params()})
		c.Phones = append(c.Phones, contact.Phone{Number: r.text(), Type: r.typ(), Preferred: r.flip(), Params: r.params()})
	}
	for range r.IntN(5) {
		c.Addresses = append(c.Addresses, contact.Address{Type: r.typ(), POBox: r.text(), Extended: r.text(), Street: r.text(), City: r.text(),
			Region: r.text(), PostalCode: r.text(), Country: r.text(), Label: r.text(), Preferred: r.flip(), Params: r.params()})
	}
	if r.flip() {
		c.Flag = contact.Flag{Status: "flagged", Start: day, Due: day.Add(time.Hour)}
	}
	switch r.IntN(6) {
	case 0:
		c.Photo = contact.NewPhoto([]byte("picture"))
	case 1:
		c.Photo = &contact.Photo{Path: r.pick("photos/a.jpg", "/etc/x", "a b.png", "../up.jpg"), SHA256: "00"}
	case 2:
		c.Photo = &contact.Photo{URL: "https://example.org/" + r.word(), Path: r.pick("", "p.jpg")}
	case 3:
		c.Photo = &contact.Photo{}
	}
	return contact.Normalize(c)
}

// roundTrip writes the contacts and reads the table back, with the losses of each.
func roundTrip(t *testing.T, dialect string, contacts []*contact.Contact) ([]*contact.Contact, [][]contact.Loss) {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEncoder(&out, Options{Dialect: dialect})
	if err != nil {
		t.Fatal(err)
	}
	var losses [][]contact.Loss
	for _, c := range contacts {
		lost, err := e.Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, lost)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	back, bad, final := decode(t, &out)
	if len(bad) > 0 || final != nil {
		t.Fatalf("own table cannot be read: %v, %v", bad, final)
	}
	return back, losses
}

// checkLosses fails for every difference that is not named and every loss that is
// none.
func checkLosses(t *testing.T, dialect string, c, back *contact.Contact, losses []contact.Loss) {
	t.Helper()
	c = withPhotoFile(c)
	named := map[contact.Field]bool{}
	for _, l := range losses {
		named[l.Root()] = true
		if l.Reason == "" || l.Kind == "" {
			t.Errorf("%s: a loss without a reason or kind: %v", dialect, l)
		}
	}
	for _, f := range contact.Diff(c, back) {
		if !named[f] {
			t.Errorf("%s: %s differs and no loss names it: %s became %s", dialect, f, c.Value(f), back.Value(f))
		}
		delete(named, f)
	}
	delete(named, "birthday") // the year 1604 is named, and reads back right
	delete(named, "anniversary")
	delete(named, "folder") // no field
	for f := range named {
		t.Errorf("%s: a loss of %s, which came back as it was: %s", dialect, f, c.Value(f))
	}
}

func TestLossesAreNamed(t *testing.T) {
	r := random{rand.New(rand.NewPCG(1, 2))}
	for _, dialect := range Dialects() {
		for i := range 120 {
			c := [...]func() *contact.Contact{r.contact, func() *contact.Contact { return contacttest.Random(r.Rand) },
				func() *contact.Contact { return contacttest.Sparse(r.Rand) }}[i%3]()
			back, losses := roundTrip(t, dialect, []*contact.Contact{c})
			if len(back) == 0 { // nothing of it fits
				back = []*contact.Contact{{}}
			}
			checkLosses(t, dialect, c, back[0], losses[0])
			if t.Failed() {
				return
			}
		}
	}
}

func TestGenericIsTheIdentity(t *testing.T) {
	r := random{rand.New(rand.NewPCG(3, 4))}
	contacts := []*contact.Contact{{}, {Photo: contact.NewPhoto([]byte("x"))}, {Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}}
	for range 120 {
		contacts = append(contacts, r.contact())
	}
	back, losses := roundTrip(t, "generic", contacts)
	if len(back) != len(contacts) {
		t.Fatalf("%d contacts came back of %d", len(back), len(contacts))
	}
	for i, c := range contacts {
		c = withPhotoFile(c)
		if diff := contact.Diff(c, back[i]); len(diff) > 0 || len(losses[i]) > 0 || len(back[i].Unread) > 0 {
			t.Errorf("contact %d differs in %v, losses %v, unread %v", i, diff, losses[i], back[i].Unread)
		}
		if b := back[i]; c.UID != b.UID || c.ID != b.ID || c.Key != b.Key || c.Folder != b.Folder || !c.Created.Equal(b.Created) {
			t.Errorf("contact %d: bookkeeping differs", i)
		}
		if c.Photo != nil && !bytes.Equal(c.Photo.Data, back[i].Photo.Data) {
			t.Errorf("contact %d: the picture's bytes differ", i)
		}
	}
}

// TestRowsDoNotTouch: what an encoder and a decoder make of a contact does not
// depend on those before it, whose memory they use again.
func TestRowsDoNotTouch(t *testing.T) {
	r := random{rand.New(rand.NewPCG(8, 9))}
	var contacts []*contact.Contact
	for range 30 {
		contacts = append(contacts, contacttest.Random(r.Rand), typical(), contacttest.Sparse(r.Rand), r.contact())
	}
	for _, dialect := range Dialects() {
		back, losses := roundTrip(t, dialect, contacts)
		for i, c := range contacts {
			alone, lost := roundTrip(t, dialect, []*contact.Contact{c})
			if !slices.Equal(lost[0], losses[i]) {
				t.Errorf("%s, contact %d: losses %v, alone %v", dialect, i, losses[i], lost[0])
			}
			alone[0].At, alone[0].Unread = back[i].At, back[i].Unread // they name lines
			if !reflect.DeepEqual(back[i], alone[0]) {
				t.Errorf("%s, contact %d: read back as another one than alone", dialect, i)
			}
		}
	}
}

// TestSecondRoundTripChangesNothing: what a layout makes of a contact, it keeps.
func TestSecondRoundTripChangesNothing(t *testing.T) {
	for _, dialect := range Dialects() {
		once, _ := roundTrip(t, dialect, []*contact.Contact{ordinary()})
		twice, losses := roundTrip(t, dialect, once)
		if diff := contact.Diff(once[0], twice[0]); len(diff) > 0 {
			t.Errorf("%s: differs in %v, losses %v", dialect, diff, losses)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, dialect := range Dialects() {
		var out bytes.Buffer
		e, _ := NewEncoder(&out, Options{Dialect: dialect})
		e.Encode(random{rand.New(rand.NewPCG(7, 8))}.contact())
		e.Close()
		f.Add(out.Bytes())
	}
	f.Add([]byte("sep=;\r\nFirst Name;E-mail;E-mail\r\n\"a\nb\";c;d;e\r\n\"x;y\r\n"))
	f.Add([]byte("name.given,cardferry\nA,\"{\"\"emails\"\":[{\"\"address\"\":\"\"a\"\"}]}\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for c, err := range NewDecoder(bytes.NewReader(data), Options{}).All() {
			if err != nil && c != nil {
				t.Fatal("a contact together with an error")
			}
			if n++; c == nil || n > 2 {
				continue
			}
			fuzzRoundTrip(t, Dialects()[len(data)%len(Dialects())], c) // one at a time, for speed
		}
	})
}

func fuzzRoundTrip(t *testing.T, dialect string, c *contact.Contact) {
	var out bytes.Buffer
	e, _ := NewEncoder(&out, Options{Dialect: dialect})
	losses, err := e.Encode(c)
	if err != nil {
		if !formats.IsRecordError(err) {
			t.Fatal(err)
		}
		return
	}
	e.Close()
	back, bad, final := decode(t, strings.NewReader(out.String()))
	if len(bad) > 0 || final != nil || len(back) > 1 {
		t.Fatalf("%s: own table cannot be read: %v, %v, %d rows\n%s", dialect, bad, final, len(back), out.String())
	}
	if len(back) == 0 {
		back = []*contact.Contact{{}}
	}
	checkLosses(t, dialect, c, back[0], losses)
}
