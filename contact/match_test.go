package contact_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

func displayed(name string) *contact.Contact {
	return &contact.Contact{Name: contact.Name{Display: name}}
}

func named(given, middle, family string) *contact.Contact {
	return &contact.Contact{Name: contact.Name{Given: given, Middle: middle, Family: family}}
}

func TestCompatibleNames(t *testing.T) {
	prefixed := named("John", "", "Smith")
	prefixed.Name.Prefix, prefixed.Name.Suffix = "Dr.", "M.D."
	address := displayed("john@example.org")
	address.Emails = []contact.Email{{Address: "John@example.org"}}
	company := &contact.Contact{Organization: contact.Organization{Company: "Acme Ltd."}}
	nick := &contact.Contact{Name: contact.Name{Nickname: "Johnny"}}
	father, son := named("John", "", "Smith"), named("John", "", "Smith")
	father.Name.Suffix, son.Name.Suffix = "Sr.", "Jr."
	tests := []struct {
		a, b *contact.Contact
		want bool
	}{
		{father, son, false},
		{father, named("John", "", "Smith"), true},
		{displayed("山田太郎"), named("太郎", "", "山田"), false},
		{displayed("山田太郎"), displayed("山田 太郎"), true},
		{displayed("John Smith"), displayed("John Smith"), true},
		{displayed("John Smith"), displayed("JOHN SMITH"), true},
		{displayed("Smith, John"), named("John", "", "Smith"), true},
		{displayed("J. Smith"), displayed("John Smith"), true},
		{displayed("J Smith"), displayed("Smith, Jane"), true},
		{displayed("J. R. R. Tolkien"), named("John", "Ronald Reuel", "Tolkien"), true},
		{displayed("J. John"), displayed("John Jim"), true},
		{displayed("John J."), displayed("Jim John"), true},
		{displayed("J. J. Smith"), displayed("John Smith"), true},
		{displayed("Smith"), displayed("John Smith"), true},
		{displayed("John"), displayed("John Smith"), true},
		{named("", "", "Smith"), named("John", "Q.", "Smith"), true},
		{prefixed, displayed("John Smith"), true},
		{prefixed, displayed("Dr. John Smith"), true},
		{displayed("Dr. John Smith"), displayed("Mr John Smith"), true},
		{displayed("Frau Prof. Dr. Müller"), displayed("Müller"), true},
		{displayed("O'Hara, Ann-Marie"), displayed("ann marie o hara"), true},
		{displayed(""), displayed("John Smith"), true},
		{&contact.Contact{}, &contact.Contact{}, true},
		{address, displayed("Jane Doe"), true},
		{displayed("山田 太郎"), named("太郎", "", "山田"), true},
		{displayed("Дмитрий Иванов"), displayed("Д. Иванов"), true},
		{displayed("ΣΩΚΡΑΤΗΣ"), displayed("σωκρατησ"), true},
		{displayed("محمد علي"), displayed("علي محمد"), true},
		{nick, displayed("Johnny Cash"), true},
		{company, displayed("ACME Ltd"), true},

		{displayed("Jane Smith"), displayed("John Smith"), false},
		{displayed("John Smith"), displayed("John Miller"), false},
		{displayed("J. Smith"), displayed("Kate Smith"), false},
		{displayed("Jo Smith"), displayed("John Smith"), false},
		{displayed("John John"), displayed("John Smith"), false},
		{displayed("Dr. Smith"), displayed("Dr. Jones"), false},
		{displayed("John Smith Jr."), displayed("John Smith Sr."), false},
		{displayed("王小明"), displayed("王大明"), false},
		{displayed("王 小"), displayed("王 小明"), false}, // one character is a name, no initial
		{displayed("Иван"), displayed("Ivan"), false},
		{company, displayed("John Smith"), false},
	}
	for _, test := range tests {
		if got := (contact.Rules{}).CompatibleNames(test.a, test.b); got != test.want {
			t.Errorf("%+v and %+v: %v", test.a.Name, test.b.Name, got)
		}
		if got := (contact.Rules{}).CompatibleNames(test.b, test.a); got != test.want {
			t.Errorf("%+v and %+v: %v the other way round", test.a.Name, test.b.Name, got)
		}
	}
}

func TestCompatibleWithItself(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		c, d := contacttest.Sparse(rng), contacttest.Sparse(rng)
		if !(contact.Rules{}).CompatibleNames(c, c) {
			t.Errorf("%+v is not compatible with itself", c.Name)
		}
		if (contact.Rules{}).CompatibleNames(c, d) != (contact.Rules{}).CompatibleNames(d, c) {
			t.Errorf("%+v and %+v: it depends on the order", c.Name, d.Name)
		}
	}
}

func TestNameKey(t *testing.T) {
	if got := named("Ann-Marie", "", "O'Hara").NameKey(); got != "ann marie o hara" {
		t.Errorf("NameKey = %q", got)
	}
	if got := (&contact.Contact{}).NameKey(); got != "" {
		t.Errorf("NameKey of nobody = %q", got)
	}
}

func TestEmailKey(t *testing.T) {
	tests := []struct{ address, want string }{
		{"Ann@Example.ORG", "ann@example.org"},
		{" ann@example.org ", "ann@example.org"},
		{"mailto:Ann@example.org", "ann@example.org"},
		{"MAILTO:ann@example.org", "ann@example.org"},
		{"<ann@example.org>", "ann@example.org"},
		{"ann+tag@example.org", "ann+tag@example.org"},
		{"ΑΝΝ@BÜCHER.example", "ανν@bücher.example"},
		{"", ""}, {"<>", ""}, {"<", "<"},
	}
	for _, test := range tests {
		if got := (contact.Rules{}).EmailKey(test.address); got != test.want {
			t.Errorf("EmailKey(%q) = %q, want %q", test.address, got, test.want)
		}
	}
	c := &contact.Contact{Emails: []contact.Email{{Address: "B@x"}, {Name: "none"}, {Address: "a@x"}, {Address: "b@X"}}}
	if got := c.EmailKeys(); !slices.Equal(got, []string{"b@x", "a@x"}) {
		t.Errorf("EmailKeys = %q", got)
	}
}

func TestPhoneKey(t *testing.T) {
	same := [][]string{
		{"+49 (30) 123-456", "+4930123456", "+49.30.123/456", "+49\u00a030\u00a0123456"},
		{"030 123 x 42", "030123x42", "030-123 ext. 42", "030123 EXT 42"},
		{"1-800-FLOWERS", "1800flowers"},
		{"*21#", "* 21 #"},
	}
	for _, group := range same {
		for _, number := range group {
			if got, want := contact.PhoneKey(number), contact.PhoneKey(group[0]); got != want {
				t.Errorf("PhoneKey(%q) = %q, but %q of %q", number, got, want, group[0])
			}
		}
	}
	different := []string{"+4930123456", "4930123456", "030 123", "030 123 x42", "030 123 x43", "030 123,42", "030 123;42", "030 123#",
		"1-800-FLOWERS", "1-800-CONTACTS", "1-800-MATTRESS", "٠٥٠ 123", "٠٥١ 123", "０３-1234", "０４-1234", "ask Ann", "ask Bob", ""}
	seen := map[string]string{}
	for _, number := range different {
		key := contact.PhoneKey(number)
		if other, ok := seen[key]; ok {
			t.Errorf("%q and %q have the key %q", number, other, key)
		}
		seen[key] = number
	}
}

func TestDerivedNames(t *testing.T) {
	full := contact.Contact{
		Name:         contact.Name{Prefix: "Dr.", Given: "Ann", Middle: "B.", Family: "Lee", Suffix: "Jr.", Nickname: "Annie"},
		Organization: contact.Organization{Company: "Acme"},
		Emails:       []contact.Email{{Address: "ann@example.org"}},
		Phones:       []contact.Phone{{Number: "123"}},
	}
	steps := []struct {
		cut             func(*contact.Contact)
		display, fileAs string
	}{
		{func(c *contact.Contact) {}, "Dr. Ann B. Lee Jr.", "Lee, Ann B."},
		{func(c *contact.Contact) { c.Name.Family = "" }, "Dr. Ann B. Jr.", "Ann B."},
		{func(c *contact.Contact) { c.Name = contact.Name{Nickname: "Annie", Display: "Shown"} }, "Annie", "Shown"},
		{func(c *contact.Contact) { c.Name.Display = "" }, "Annie", "Annie"},
		{func(c *contact.Contact) { c.Name.Nickname = "" }, "Acme", "Acme"},
		{func(c *contact.Contact) { c.Organization.Company = "" }, "ann@example.org", "ann@example.org"},
		{func(c *contact.Contact) { c.Emails[0].Name = "Ann by mail" }, "Ann by mail", "Ann by mail"},
		{func(c *contact.Contact) { c.Emails = nil }, "123", "123"},
		{func(c *contact.Contact) { c.Phones = nil }, "", ""},
	}
	c := full.Clone()
	for i, step := range steps {
		step.cut(c)
		if display, fileAs := c.DerivedDisplay(), c.DerivedFileAs(); display != step.display || fileAs != step.fileAs {
			t.Errorf("step %d: %q and %q, want %q and %q", i, display, fileAs, step.display, step.fileAs)
		}
	}
}

// TestIdentityIsStable holds golden values: they stand in files and accounts of
// users, and must never change.
func TestIdentityIsStable(t *testing.T) {
	byContent := &contact.Contact{
		Name:     contact.Name{Display: "Ann Lee", Given: "Ann", Family: "Lee"},
		Emails:   []contact.Email{{Address: "ann@example.org", Type: contact.Work, Preferred: true, Params: contact.Params{"B": {"2"}, "A": {"1", "x"}}}},
		Phones:   []contact.Phone{{Number: "+49 30 123", Type: contact.Mobile}},
		Birthday: contact.Date{Month: 2, Day: 29},
		Notes:    "two\nlines",
		Flag:     contact.Flag{Status: contact.Flagged, Due: time.Date(2026, 7, 22, 9, 0, 0, 0, time.UTC)},
		Photo:    contact.NewPhoto([]byte("\x89PNG\r\n\x1a\n")),
		Extra:    []contact.Extra{{Origin: "vcard", Name: "X-A", Value: "1"}},
	}
	tests := []struct {
		name     string
		c        *contact.Contact
		uid, key string
	}{
		{"uid", &contact.Contact{UID: "urn:uuid:1", ID: "x"}, "urn:uuid:1", "208ef591062cf844e7be35fca5181cef"},
		{"id", &contact.Contact{ID: "AAMk=", Name: contact.Name{Given: "Ann"}}, "f9c00c92-6339-5514-9ac0-b3c59feae93d", "8d307d94729829bb91e9f67fb1c6ce81"},
		{"content", byContent, "eb00b6dd-c200-50bd-8a80-e60dea4eb2b5", "e66daee415936e20ae3306efa8b5e7d8"},
		{"empty", &contact.Contact{}, "e90dc071-dacd-52cf-84b8-1c7f6eee4eff", "462691c85aba6d5477f882d2b0a5d9c3"},
		{"key", &contact.Contact{UID: "urn:uuid:1", Key: "abc"}, "urn:uuid:1", "abc"},
	}
	for _, test := range tests {
		if uid, key := test.c.DerivedUID(), test.c.DerivedKey(); uid != test.uid || key != test.key {
			t.Errorf("%s: uid %q, key %q, want %q, %q", test.name, uid, key, test.uid, test.key)
		}
	}
}

// TestContentIdentity: where and when a contact was read makes no other person of
// it, any change of a field does.
func TestContentIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for range 50 {
		c := contacttest.Random(rng)
		c.UID, c.ID, c.Key = "", "", ""
		uid := c.DerivedUID()
		if !uuid.MatchString(uid) {
			t.Errorf("%q is no version 5 UUID", uid)
		}
		moved := c.Clone()
		moved.Folder, moved.Created, moved.Modified, moved.Version = "elsewhere", time.Now(), time.Now(), "2"
		moved.At, moved.Unread = contact.Position{Line: 7}, []contact.Loss{{Field: "notes"}}
		moved.Photo.Path, moved.Photo.Data = "photos/1.jpg", nil
		if moved.DerivedUID() != uid {
			t.Error("the identity depends on bookkeeping")
		}
		for _, f := range contact.Fields() {
			changed := c.Clone()
			changed.Set(f, &contact.Contact{})
			if changed.DerivedUID() == uid {
				t.Errorf("%s has no part in the identity", f)
			}
		}
	}
}

// TestFingerprintOfFarTimes: a time that JSON cannot write does no harm.
func TestFingerprintOfFarTimes(t *testing.T) {
	far := func(year int) *contact.Contact {
		return &contact.Contact{
			Photo: contact.NewPhoto([]byte("x")),
			Flag:  contact.Flag{Status: contact.Flagged, Due: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)},
		}
	}
	if a, b := far(20_000).Fingerprint(), far(20_000).Fingerprint(); a != b {
		t.Error("equal contacts have different fingerprints")
	}
	if far(20_000).Fingerprint() == far(20_001).Fingerprint() {
		t.Error("different contacts have one fingerprint")
	}
}
