package outlook

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// random makes contacts of every field, in the values that hurt.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 7))} }

func (r random) chance(n int) bool { return r.IntN(100) < n }

func (r random) word() string {
	words := []string{"Åsa", "O'Neil", "Иванова", "山田", "محمد", "שרה", "J.", "van der \"Berg\"", "a\\b", "x\ty", "Zoë & Co", "😀", "—", "first\nsecond", "no<b>tag", "e\u0301"}
	return words[r.IntN(len(words))]
}

func (r random) maybe(n int) string {
	if r.chance(n) {
		return r.word()
	}
	return ""
}

func (r random) pick(of ...string) string { return of[r.IntN(len(of))] }

func (r random) params() contact.Params {
	if !r.chance(10) {
		return nil
	}
	return contact.Params{"X-P": {r.word(), "2"}}
}

func (r random) date() contact.Date {
	switch r.IntN(6) {
	case 0:
		return contact.Date{Month: 2, Day: 29}
	case 1:
		return contact.Date{Year: 1500 + r.IntN(400), Month: 3, Day: 1}
	case 2:
		return contact.Date{Year: 1974}
	case 3:
		return contact.Date{Year: 1900 + r.IntN(120), Month: 1 + r.IntN(12), Day: 1 + r.IntN(28)}
	}
	return contact.Date{}
}

func (r random) contact() *contact.Contact {
	c := &contact.Contact{
		UID: r.maybe(50), Key: contact.KeyOf(r.word()), Notes: r.maybe(30), Birthday: r.date(), Anniversary: r.date(),
		Gender: r.pick("", "", "male", "female", "other", "non-binary"), Favorite: r.chance(20),
	}
	for _, at := range []*string{&c.Name.Display, &c.Name.Prefix, &c.Name.Given, &c.Name.Middle, &c.Name.Family, &c.Name.Suffix,
		&c.Name.Nickname, &c.Name.Initials, &c.Name.FileAs, &c.Name.PhoneticGiven, &c.Name.PhoneticMiddle, &c.Name.PhoneticFamily,
		&c.Organization.Company, &c.Organization.PhoneticCompany, &c.Organization.Department, &c.Organization.Title,
		&c.Organization.Profession, &c.Organization.Office, &c.Organization.Manager, &c.Organization.Assistant} {
		*at = r.maybe(40)
	}
	r.lists(c)
	if r.chance(30) {
		c.Flag = contact.Flag{Status: r.pick(contact.Flagged, contact.Complete, ""),
			Due: time.Date(2024, 5, 1+r.IntN(20), 8, 0, 0, r.IntN(1e9), time.FixedZone("", 3600)), Completed: time.Date(2024, 5, 1, r.IntN(2), 0, 0, 0, time.UTC)}
	}
	return contact.Normalize(c)
}

func (r random) lists(c *contact.Contact) {
	for i := range r.IntN(6) {
		c.Emails = append(c.Emails, contact.Email{Address: r.pick("", "a b@c.org", "x", "<y@z.org>", fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("Q%d@Example.ORG", i), "same@example.org"),
			Name: r.maybe(50), Type: r.pick("", contact.Home, contact.Work, contact.Other, "main", "Label"), Preferred: r.chance(20), Params: r.params()})
	}
	for i := range r.IntN(8) {
		c.Phones = append(c.Phones, contact.Phone{Number: fmt.Sprintf("+1 555 01%02d", i), Type: r.pick("", contact.Home, contact.Work, contact.Mobile, contact.WorkMobile,
			contact.Other, contact.HomeFax, contact.WorkFax, contact.OtherFax, contact.Pager, contact.Car, contact.Main, contact.TTY, contact.ISDN, contact.Company, "Hotline"),
			Preferred: r.chance(10), Params: r.params()})
	}
	for range r.IntN(5) {
		c.Addresses = append(c.Addresses, contact.Address{Type: r.pick("", contact.Home, contact.Work, contact.Other, "Boat"), POBox: r.maybe(20), Extended: r.maybe(10),
			Street: r.maybe(70), City: r.maybe(70), Region: r.maybe(30), PostalCode: r.maybe(30), Country: r.maybe(50), Label: r.maybe(10), Preferred: r.chance(10), Params: r.params()})
	}
	for i := range r.IntN(4) {
		c.Websites = append(c.Websites, contact.Website{URL: fmt.Sprintf("https://example.org/%d", i), Name: r.maybe(10), Type: r.pick("", contact.Home, contact.Work, contact.Blog, contact.Profile, contact.Other, "Shop"), Params: r.params()})
		c.IMs = append(c.IMs, contact.IM{Address: fmt.Sprintf("sip:%d@example.org", i), Type: r.pick("", "", contact.Work)})
		c.Relations = append(c.Relations, contact.Relation{Name: r.word(), Type: r.pick(contact.Spouse, contact.Child, contact.Child, contact.Friend, "")})
		c.Extra = append(c.Extra, contact.Extra{Origin: r.pick("vcard", "outlook"), Name: "X-THING", Value: fmt.Sprintf(`"%d"`, i)})
		if i == 0 {
			c.Extra = append(c.Extra, contact.Extra{Origin: "outlook", Name: r.pick("Integer 0x36", "String {00062004-0000-0000-C000-000000000046} Id 0x804f"), Value: r.pick(`"1"`, `"2"`)})
		}
		c.Categories = append(c.Categories, r.word())
		c.Organization.Units = append(c.Organization.Units, r.word())
	}
}

// same fails unless the two contacts are equal, bookkeeping that the format
// carries included.
func same(t *testing.T, want, got *contact.Contact) {
	t.Helper()
	for _, f := range contact.Diff(want, got) {
		t.Errorf("%s: want %s, got %s", f, want.Value(f), got.Value(f))
	}
	if want.UID != got.UID || want.Key != got.Key {
		t.Errorf("uid and key: want %q %q, got %q %q", want.UID, want.Key, got.UID, got.Key)
	}
	if len(got.Unread) > 0 {
		t.Errorf("unread: %v", got.Unread)
	}
}

func TestCreateDecodeIsIdentity(t *testing.T) {
	for _, d := range Dialects() {
		t.Run(string(d), func(t *testing.T) {
			for seed := range uint64(300) {
				c := newRandom(seed).contact()
				body, losses, err := Create(c, d)
				if err != nil {
					t.Fatal(err)
				}
				got, err := Decode(body)
				if err != nil {
					t.Fatalf("seed %d: %v\n%s", seed, err, body)
				}
				same(t, c, got)
				for _, l := range losses {
					if l.Kind != contact.Stashed {
						t.Errorf("seed %d: %v", seed, l)
					}
				}
				if t.Failed() {
					t.Fatalf("seed %d\n%s", seed, body)
				}
				if err := noEmptyMembers(body); err != nil {
					t.Fatalf("seed %d: %v\n%s", seed, err, body)
				}
			}
		})
	}
}

// noEmptyMembers checks the rule for bodies that create: no nulls, nothing empty.
func noEmptyMembers(body []byte) error {
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return noEmpty("", v)
}

func noEmpty(at string, v any) error {
	switch v := v.(type) {
	case nil:
		return fmt.Errorf("%s is null", at)
	case string:
		if v == "" {
			return fmt.Errorf("%s is empty", at)
		}
	case []any:
		if len(v) == 0 {
			return fmt.Errorf("%s is empty", at)
		}
		for _, w := range v {
			if err := noEmpty(at, w); err != nil {
				return err
			}
		}
	case map[string]any:
		if len(v) == 0 {
			return fmt.Errorf("%s is empty", at)
		}
		for name, w := range v {
			if err := noEmpty(at+"/"+name, w); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestProjectIsWhatIsReadBack(t *testing.T) {
	for _, d := range Dialects() {
		for seed := range uint64(100) {
			c := newRandom(seed).contact()
			projected, losses := Project(c, d)
			body, created, err := Create(c, d)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			same(t, projected, got)
			if fmt.Sprint(losses) != fmt.Sprint(created) {
				t.Errorf("losses differ: %v and %v", losses, created)
			}
		}
	}
}

// TestUnseen: what a dialect is said not to show it has no member for, and the dialect that
// is said to show it shows everything.
func TestUnseen(t *testing.T) {
	for _, d := range Dialects() {
		what, seen := d.Unseen()
		if shows := strings.Contains(strings.ToLower(Select(d)), "isfavorite"); shows != (what == "") || strings.Contains(what, "favorites") == shows {
			t.Errorf("%s shows favorites: %t, and is said not to show %q", d, shows, what)
		}
		if more, _ := seen.Unseen(); what != "" && (more != "" || seen.Graph() != d.Graph()) {
			t.Errorf("%s leads to %s, which does not show %q", d, seen, more)
		}
	}
}
