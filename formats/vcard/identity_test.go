package vcard

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// Contact -> card -> Contact is the identity, whatever the contact holds.
func TestIdentityRandom(t *testing.T) {
	for seed := range uint64(3000) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		c := contact.Normalize(g.contact())
		before := c.Clone()
		for _, o := range everyForm() {
			if faults := identityFaults(c, o); len(faults) > 0 {
				t.Fatalf("seed %d, %s:\n%s", seed, o, strings.Join(faults, "\n"))
			}
		}
		if !contact.Equal(before, c) {
			t.Fatalf("seed %d: encoding has changed the contact", seed)
		}
	}
}

// Ends of values that the model has no place for come back from every form, whatever
// they look like and whatever stands before them.
func TestIdentityRemainders(t *testing.T) {
	var lines []string
	for _, date := range []string{"20010203", "2001-02-03", "2001-02", "200102", "200102\x01", "2001", "--0203", "--02-03", "---03", "1604-02-03", "$001-02-03"} {
		for _, clock := range []string{"T10", "t1030", " 10:30", "T231000Z", "T00", "T", "T10+01:00", "T-", "T\x0110", "TT10", "T1T2"} {
			lines = append(lines, "BDAY:"+date+clock, "ANNIVERSARY;X-FOO=a:"+date+clock, "X-APPLE-OMIT-YEAR=1604;BDAY:"+date+clock,
				"item1.X-ABDATE:"+date+clock+"\r\nitem1.X-ABLabel:_$!<Anniversary>!$_",
				"item1.X-ABDATE:$001-02-03\r\nitem1.X-ABLabel:_$!<Anniversary>!$_\r\nX-ANNIVERSARY:"+date+clock)
		}
	}
	for _, tail := range []string{"x", ";x", "x;", " x", "x ", "\\", "x\\", "\\;", "\\n", "ü", "\u00a0", "\u00a0x", "=", "END:VCARD", "\x01", "a,b", ":", "\""} {
		lines = append(lines, "N:a;b;c;d;e;"+tail, "N:;;;;;"+tail, "N;X-FOO=a:a;;;;;"+tail, "GENDER:M;"+tail, "GENDER:;"+tail, "GENDER:Z;"+tail,
			"GENDER:O;"+tail+"\r\nX-GENDER:male", "ADR:;;a;;;;;"+tail, "item1.ADR;TYPE=home:;;;;;;;"+tail+"\r\nitem1.X-ABLabel:x")
	}
	for _, list := range []string{"a,b", "a,,b", ",a,b", "a , b", "a\\,b,c", ",", "a,", "a,\\", "\\;,a", "\u00a0,a,b", "ü,\\nb", "a,b\x01"} {
		lines = append(lines, "N:"+list, "N:x;"+list+";"+list, "N;X-FOO=a:;;;;"+list+";more", "N:a;b;c;d;"+list+"\r\nN:second;"+list)
	}
	for _, line := range lines {
		for _, version := range []string{"2.1", "3.0", "4.0"} {
			text := "BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + line + "\r\nEND:VCARD\r\n"
			c, err := Unmarshal([]byte(text))
			if err != nil {
				t.Fatalf("%v of\n%s", err, text)
			}
			for _, o := range everyForm() {
				if faults := identityFaults(c, o); len(faults) > 0 {
					t.Errorf("%s:\n%s\n\tof\n%s", o, strings.Join(faults, "\n"), text)
				}
			}
		}
	}
}

func (o Options) String() string { return strings.TrimSpace(o.Version + " " + o.For) }

// everyForm returns all versions, and all destinations.
func everyForm() []Options {
	all := []Options{{Version: "3.0"}, {Version: "4.0"}, {Version: "2.1"}}
	for _, name := range Destinations() {
		all = append(all, Options{For: name})
	}
	return all
}

// identityFaults writes c and reads it, and says what has not come back without being
// a loss, or not in a form that every reader understands. No version has losses, unless
// a program that has no place for something is its destination.
func identityFaults(c *contact.Contact, o Options) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	card, losses, err := Marshal(c, o)
	if err != nil {
		return []string{err.Error()}
	}
	back, err := Unmarshal(card)
	if err != nil {
		return []string{err.Error(), string(card)}
	}
	for _, f := range contact.Diff(c, back) {
		if slices.ContainsFunc(losses, func(l contact.Loss) bool { return l.Root() == f }) {
			continue
		}
		fault("%s is %s\n\twas %s", f, back.Value(f), c.Value(f))
	}
	switch {
	case len(losses) > 0 && o.For == "":
		fault("losses %v", losses)
	case back.UID != c.DerivedUID(), back.Key != c.Key, back.Folder != c.Folder:
		fault("uid, key or folder differ")
	case !back.Created.Equal(c.Created), !back.Modified.Equal(c.Modified):
		fault("times differ: %v %v, want %v %v", back.Created, back.Modified, c.Created, c.Modified)
	case len(back.Unread) > 0:
		fault("unread %v", back.Unread)
	}
	if faults = append(faults, formFaults(card, o)...); len(faults) > 0 {
		fault("%s", card)
	}
	return faults
}

var required = regexp.MustCompile(`(?m)^(?:[A-Za-z0-9_-]+\.)?(FN|N|UID|REV)[;:]`)

// formFaults checks what every reader relies on.
func formFaults(card []byte, o Options) (faults []string) {
	version, _ := o.resolved()
	text := string(card)
	if !strings.HasPrefix(text, "BEGIN:VCARD\r\nVERSION:") || !strings.HasSuffix(text, "\r\nEND:VCARD\r\n") {
		faults = append(faults, "the card is not framed")
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 && version != "2.1" || strings.ContainsAny(line, "\r\n") || !isClean(line) {
			faults = append(faults, fmt.Sprintf("bad line %q", line))
		}
	}
	names := map[string]bool{}
	for _, m := range required.FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	if len(names) != 4 {
		faults = append(faults, fmt.Sprintf("of FN, N, UID and REV the card has only %v", names))
	}
	return faults
}

type generator struct{ *rand.Rand }

var nasty = []string{"Ann", "Smith", "O'Neil", "Müller", "李", "小龍", "محمد", "עדה", "👩‍👩‍👧‍👦", "é", "e\u0301", ",", ";", "\\", "\\n", "\\N", "\\,", ":", "\"",
	"\n", "\n\n", "\t", " ", "  ", "^", "^n", "^^", "^'", "=", "=0A", "=\n", "%20", "http://", "BEGIN:VCARD", "END:VCARD", "_$!<Home>!$_", "TYPE=home",
	"a.b", "item1.", "+49 30 1234", "ann@example.org", "<>", "&", "'", "\u2028", "\u00a0", strings.Repeat("long ", 30), strings.Repeat("ü", 80), "{}", "null", "T0", "-"}

func (g generator) one(of ...string) string { return of[g.IntN(len(of))] }
func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g generator) text() string {
	if g.chance(40) {
		return ""
	}
	return g.some()
}

func (g generator) some() string {
	var b strings.Builder
	for range 1 + g.IntN(4) {
		b.WriteString(g.one(nasty...))
	}
	return strings.TrimSpace(b.String())
}

func (g generator) params() contact.Params {
	if g.chance(70) {
		return nil
	}
	p := contact.Params{}
	for range 1 + g.IntN(3) {
		name := g.one("X-FOO", "LANGUAGE", "ALTID", "PID", "PREF", "X_BAR", "MEDIATYPE")
		if name == "PREF" {
			p[name] = []string{g.one("2", "50")}
			continue
		}
		for range 1 + g.IntN(2) {
			p[name] = append(p[name], g.some())
		}
	}
	if g.chance(20) {
		p["TYPE"] = []string{g.one("msg", "x-own", "My phone", "dom")}
	}
	if g.chance(20) {
		p["GROUP"] = []string{g.one("g1", "home", "WORK")}
	}
	return p
}

func (g generator) addressParams() contact.Params {
	p := g.params()
	if g.chance(10) {
		return with(p, paramMore, g.one("a;b", "x", "\\", "ü", "a\\;b"))
	}
	return p
}

func (g generator) typ(types ...string) string {
	if g.chance(20) {
		return g.one("Holiday home", "HOME", "_$!<Work>!$_", "Mother", "mother", "manager", "agent", "x;y,z:\"q\"", "ferien\nhaus", "school", "homePage", "mobile", "cell", "fax", "^n", "pref", "spouse", "a^b")
	}
	return g.one(append(types, "")...)
}

func (g generator) date() contact.Date {
	switch g.IntN(8) {
	case 0:
		return contact.Date{Year: 1974, Month: 7, Day: 22}
	case 1:
		return contact.Date{Month: 2, Day: 29}
	case 2:
		return contact.Date{Year: 1960}
	case 3:
		return contact.Date{Year: 1961, Month: 5}
	case 4:
		return contact.Date{Month: 5}
	case 5:
		return contact.Date{Day: 5}
	}
	return contact.Date{}
}

func (g generator) time() time.Time {
	if g.chance(50) {
		return time.Time{}
	}
	return time.Unix(1_500_000_000+g.Int64N(1e8), 0).UTC()
}

func (g generator) contact() *contact.Contact {
	c := &contact.Contact{
		UID: g.one("", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "a,b;c\\d"), ID: contact.ID(g.one("", "AAMk")), Key: g.text(),
		Folder: contact.FolderPath(g.one("", "Customers/EMEA", `a\/b/c\\d`, "x;y,z")), Created: g.time(), Modified: g.time(),
		Name: contact.Name{Display: g.text(), Prefix: g.text(), Given: g.text(), Middle: g.text(), Family: g.text(), Suffix: g.text(),
			Nickname: g.text(), Initials: g.text(), FileAs: g.text(), PhoneticGiven: g.text(), PhoneticMiddle: g.text(), PhoneticFamily: g.text()},
		Organization: contact.Organization{Company: g.text(), PhoneticCompany: g.text(), Department: g.text(), Title: g.text(),
			Profession: g.text(), Office: g.text(), Manager: g.text(), Assistant: g.text()},
		Birthday: g.date(), Anniversary: g.date(), Notes: g.text() + g.one("", " ", "\n"), Gender: g.one("", "male", "female", "other", "none", "unknown", "it's, complicated; \\o/"),
		Favorite: g.chance(30),
	}
	for range g.IntN(3) {
		c.Organization.Units = append(c.Organization.Units, g.text())
		c.Categories = append(c.Categories, g.text())
	}
	g.lists(c)
	g.extras(c)
	if g.chance(30) {
		c.Flag = contact.Flag{Status: g.one("flagged", "complete", ""), Start: g.time(), Due: g.time(), Completed: g.time()}
	}
	switch g.IntN(4) {
	case 0:
		c.Photo = contact.NewPhoto(append([]byte("\xff\xd8\xff\xe0"), g.some()...))
	case 1:
		c.Photo = &contact.Photo{URL: g.one("https://example.org/a,b;c.jpg", "photos/x.jpg"), MediaType: g.one("", "image/png")}
	case 2:
		c.Photo = contact.NewPhoto([]byte("?" + g.some()))
	}
	return c
}

func (g generator) lists(c *contact.Contact) {
	for i := range g.IntN(4) {
		c.Emails = append(c.Emails, contact.Email{Address: g.some(), Name: g.text(), Type: g.typ("home", "work", "other"), Preferred: g.chance(20), Params: g.params()})
		c.Phones = append(c.Phones, contact.Phone{Number: g.some(), Preferred: g.chance(20), Params: g.params(),
			Type: g.typ("home", "work", "other", "mobile", "workMobile", "homeFax", "workFax", "otherFax", "pager", "assistant", "callback", "car", "company", "isdn", "main", "radio", "telex", "tty")})
		c.Addresses = append(c.Addresses, contact.Address{Type: g.typ("home", "work", "other"), POBox: g.text(), Extended: g.text(), Street: g.text(), City: g.text(),
			Region: g.text(), PostalCode: g.text(), Country: g.text(), Label: g.text(), Preferred: g.chance(20), Params: g.addressParams()})
		c.Websites = append(c.Websites, contact.Website{URL: g.some(), Name: g.text(), Type: g.typ("home", "work", "other", "blog", "profile"), Preferred: g.chance(20), Params: g.params()})
		c.IMs = append(c.IMs, contact.IM{Address: g.one("", "sip:", "aim:", "xmpp:") + g.some(), Type: g.typ("home", "work", "other"), Preferred: g.chance(20), Params: g.params()})
		r := contact.Relation{Name: fmt.Sprint(i, g.some()), Type: g.typ("spouse", "partner", "child", "parent", "sibling", "friend"), Params: g.params()}
		if r.Type == "" {
			delete(r.Params, "TYPE") // a relation's TYPE is its type
		}
		c.Relations = append(c.Relations, r)
	}
}

func (g generator) extras(c *contact.Contact) {
	for range g.IntN(4) {
		x := contact.Extra{Origin: g.one("vcard", "vcard", "csv", "outlook", ""), Value: g.one(g.text(), "raw\\,value;x", " led by a blank", "circa 1800", "M;x"), Params: g.params(),
			Name: g.one("X-FOO", "x-Lower", "KEY", "TITLE", "FN", "N", "ORG", "TEL", "BDAY", "ANNIVERSARY", "GENDER", "NOTE", "CATEGORIES", "PHOTO", "END", "BEGIN", "VERSION", "bad name!", "X-ABLabel",
				"UID", "REV", "LABEL", "SOUND", "AGENT", "RELATED", "X-ABDATE", "X-MANAGER", "X-CARDFERRY-EXTRA", "X-CARDFERRY-FLAG", "extensions/com.example", "IMPP", "X-AIM", "SORT-STRING")}
		if g.chance(30) {
			x.Value = ""
			if g.chance(30) {
				x.Params = contact.Params{paramMore: {g.one("T10", "T00", "T231000Z", "T", "a;b", ";", " a", "\\", "ü")}}
			}
		}
		c.Extra = append(c.Extra, x)
	}
}
