package contact_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

func TestNormalizeText(t *testing.T) {
	tests := []struct{ in, line, notes string }{
		{"Ann", "Ann", "Ann"},
		{"  Ann\t", "Ann", "  Ann\t"},
		{"a\r\nb\rc\nd", "a\nb\nc\nd", "a\nb\nc\nd"},
		{"a\x00b\x1bc\x7f", "abc", "abc"},
		{"\uFEFFAnn", "Ann", "Ann"},
		{"a\xffb", "a\uFFFDb", "a\uFFFDb"},
		{"Cafe\u0301", "Cafe\u0301", "Cafe\u0301"},
		{"\u200fعلي\u200f", "\u200fعلي\u200f", "\u200fعلي\u200f"},
		{" \n\t\u00a0 ", "", ""},
		{"\x01\x02", "", ""},
		{"a\tb", "a\tb", "a\tb"},
		{"\n two\n\n", "two", "\n two\n\n"},
	}
	for _, test := range tests {
		c := contact.Normalize(&contact.Contact{Name: contact.Name{Given: test.in}, Notes: test.in})
		if c.Name.Given != test.line || c.Notes != test.notes {
			t.Errorf("%q became %q, and as notes %q", test.in, c.Name.Given, c.Notes)
		}
	}
}

func TestNormalizeLists(t *testing.T) {
	c := contact.Normalize(&contact.Contact{
		UID:    " urn:uuid:1 ",
		Folder: " A//B\x00 /",
		Emails: []contact.Email{
			{Address: " MAILTO:Ann@example.org", Name: "Ann@example.org"}, {Address: ""}, {Type: "work"},
			{Address: "Ann@example.org"}, {Address: "ann@example.org", Name: "Ann"}, {Name: "only a name"},
			{Address: "mailto: mailto:bob@example.org"},
		},
		Phones:     []contact.Phone{{Number: " "}, {Number: "1", Type: " home "}, {Number: "1", Type: "home"}, {Number: "1", Type: "work"}},
		Addresses:  []contact.Address{{Type: "home"}, {Label: "on the envelope"}, {City: " Bern "}},
		Websites:   []contact.Website{{Name: "nothing"}, {URL: "https://example.org "}},
		IMs:        []contact.IM{{}, {Address: "sip:a"}},
		Relations:  []contact.Relation{{Type: "spouse"}},
		Categories: []string{"a", "", " a", "b"},
		Extra:      []contact.Extra{{Origin: "vcard", Value: "no name"}, {Name: "X", Value: " kept "}, {Name: "Y", Value: "\xff"}},
	})
	want := &contact.Contact{
		UID:        "urn:uuid:1",
		Folder:     "A/B",
		Emails:     []contact.Email{{Address: "Ann@example.org"}, {Address: "ann@example.org", Name: "Ann"}, {Name: "only a name"}, {Address: "bob@example.org"}},
		Phones:     []contact.Phone{{Number: "1", Type: "home"}, {Number: "1", Type: "work"}},
		Addresses:  []contact.Address{{Label: "on the envelope"}, {City: "Bern"}},
		Websites:   []contact.Website{{URL: "https://example.org"}},
		IMs:        []contact.IM{{Address: "sip:a"}},
		Categories: []string{"a", "b"},
		Extra:      []contact.Extra{{Name: "X", Value: " kept "}, {Name: "Y", Value: "\uFFFD"}},
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v\nwant %+v", c, want)
	}
}

// TestNormalizeIsIdempotent spoils every text of a random contact.
func TestNormalizeIsIdempotent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	spoilers := []string{"", "", "\x00", " ", "\r", "\r\n", "\xfe", "\uFEFF", "mailto:", "\u0085", "\t", "<"}
	spoil := func(s string) string {
		i := rng.IntN(len(s) + 1)
		return spoilers[rng.IntN(len(spoilers))] + s[:i] + spoilers[rng.IntN(len(spoilers))] + s[i:] + spoilers[rng.IntN(len(spoilers))]
	}
	for range 300 {
		c := contacttest.Random(rng)
		eachString(reflect.ValueOf(c).Elem(), spoil)
		contact.Normalize(c)
		once := c.Clone()
		if contact.Normalize(c); !reflect.DeepEqual(c, once) {
			contacttest.Equal(t, c, once)
			t.Fatalf("normalising again changed %+v\nto %+v", once, c)
		}
	}
}

// eachString replaces every string within a value that can be set.
func eachString(v reflect.Value, replace func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(replace(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				eachString(v.Field(i), replace)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				eachString(v.Index(i), replace)
			}
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add("Ann", "mailto:ann@example.org", "+1", "A/B")
	f.Add("\xff\r\n", "MAILTO: mailto:a", " \x00", `\`)
	f.Add("\uFEFF \u2028", "mailto:\x00mailto:x", "\u0085", "/ /")
	f.Fuzz(func(t *testing.T, text, email, number, folder string) {
		c := contact.Normalize(&contact.Contact{
			UID: text, Folder: contact.FolderPath(folder),
			Name: contact.Name{Given: text}, Notes: text, Gender: text, Categories: []string{text, email},
			Emails:    []contact.Email{{Address: email, Name: text, Type: number}, {Address: text, Name: email}},
			Phones:    []contact.Phone{{Number: number, Type: text}},
			Addresses: []contact.Address{{Street: text, Label: email}},
			Extra:     []contact.Extra{{Name: text, Value: email}},
		})
		once := c.Clone()
		if contact.Normalize(c); !reflect.DeepEqual(c, once) {
			t.Errorf("normalising again changed %+v to %+v", once, c)
		}
		eachString(reflect.ValueOf(c).Elem(), func(s string) string {
			if !utf8.ValidString(s) {
				t.Errorf("not UTF-8: %q", s)
			}
			return s
		})
		if strings.ContainsAny(c.Name.Given+c.Notes+string(c.Folder), "\r\x00\x7f\uFEFF") {
			t.Errorf("control characters in %q, %q, %q", c.Name.Given, c.Notes, c.Folder)
		}
		contacttest.Equal(t, c, once)
	})
}

// TestNormalizeEveryByte puts every byte at every place of a text of several words.
func TestNormalizeEveryByte(t *testing.T) {
	for b := range 256 {
		for at := range 20 {
			text := []byte("0123456789abcdefghij")
			text[at] = byte(b)
			want := string(text)
			switch {
			case b >= 0x80:
				want = strings.ToValidUTF8(want, "\uFFFD")
			case b == '\r':
				want = strings.ReplaceAll(want, "\r", "\n")
			case b == '\v', b == '\f':
				want = want[:at] + " " + want[at+1:]
			case b < ' ' && b != '\n' && b != '\t', b == 0x7f:
				want = want[:at] + want[at+1:]
			}
			want = strings.TrimSpace(want)
			c := contact.Normalize(&contact.Contact{UID: string(text), Name: contact.Name{Given: string(text)}})
			if c.Name.Given != want || c.UID != want {
				t.Errorf("%q became %q and %q, want %q", text, c.Name.Given, c.UID, want)
			}
		}
	}
}
