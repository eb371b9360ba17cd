package jcard

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/vcard"
)

// sample is a jCard as other programs write them.
const sample = `["vcard", [
  ["version", {}, "text", "4.0"],
  ["fn", {}, "text", "Ana Ruiz"],
  ["n", {}, "text", ["Ruiz", "Ana", ["María", "Eva"], "Dr.", ["Jr.", "M.Sc."]]],
  ["bday", {}, "date-and-or-time", "--07-22"],
  ["anniversary", {}, "date-and-or-time", "2009-08-08"],
  ["gender", {}, "text", "F"],
  ["org", {}, "text", ["Acme", "R&D"]],
  ["adr", {"type": "work", "label": "Calle 1\nSoria"}, "text", ["", "", ["Calle 1", "bajo"], "Soria", "", "42001", "Spain"]],
  ["tel", {"type": ["work", "cell"], "pref": "1"}, "uri", "tel:+34-600-123-456"],
  ["email", {"type": "work"}, "text", "ana@example.org"],
  ["categories", {}, "text", "friends, old", "work"],
  ["note", {}, "text", "a;b,c\nd"],
  ["url", {"group": "item1"}, "uri", "https://example.org/?a=1,2;3"],
  ["x-ablabel", {"group": "item1"}, "unknown", "Shop"],
  ["rev", {}, "timestamp", "2013-02-14T12:30:00Z"],
  ["x-mood", {}, "integer", 7],
  ["x-what", {"a": {"b": 1}}, "unknown", "raw\\,value"]
]]`

func TestReading(t *testing.T) {
	c, err := Unmarshal([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	want := &contact.Contact{
		Name:         contact.Name{Display: "Ana Ruiz", Family: "Ruiz", Given: "Ana", Middle: "María Eva", Prefix: "Dr.", Suffix: "Jr., M.Sc."},
		Organization: contact.Organization{Company: "Acme", Department: "R&D"},
		Emails:       []contact.Email{{Address: "ana@example.org", Type: "work"}},
		Phones:       []contact.Phone{{Number: "+34-600-123-456", Type: "workMobile", Preferred: true}},
		Addresses:    []contact.Address{{Type: "work", Street: "Calle 1,bajo", City: "Soria", PostalCode: "42001", Country: "Spain", Label: "Calle 1\nSoria"}},
		Websites:     []contact.Website{{URL: "https://example.org/?a=1,2;3", Type: "Shop"}},
		Birthday:     contact.Date{Month: 7, Day: 22}, Anniversary: contact.Date{Year: 2009, Month: 8, Day: 8},
		Categories: []string{"friends, old", "work"}, Notes: "a;b,c\nd", Gender: "female",
		Extra: []contact.Extra{{Origin: "vcard", Name: "N", Params: contact.Params{"X-CARDFERRY-LISTS": {"", "", "María,Eva", "", "Jr.,M.Sc."}}},
			{Origin: "vcard", Name: "X-MOOD", Params: contact.Params{"VALUE": {"integer"}}, Value: "7"},
			{Origin: "vcard", Name: "X-WHAT", Params: contact.Params{"A": {""}}, Value: `raw\,value`}},
	}
	if diff := contact.Diff(want, c); len(diff) > 0 || len(c.Unread) > 0 || c.Modified.Year() != 2013 {
		for _, f := range diff {
			t.Errorf("%s: %s, want %s", f, c.Value(f), want.Value(f))
		}
		t.Errorf("unread %v", c.Unread)
	}
}

func TestWriting(t *testing.T) {
	c := &contact.Contact{UID: "urn:uuid:1", Name: contact.Name{Display: "Ana", Family: "Ruiz, Jr", Given: "Ana"},
		Organization: contact.Organization{Company: "Acme; Sons"}, Birthday: contact.Date{Year: 1974, Month: 7, Day: 22},
		Phones: []contact.Phone{{Number: "+1", Type: "homeFax"}}, Categories: []string{"a,b", "c"},
		Extra: []contact.Extra{{Origin: "vcard", Name: "X-MixedCase", Value: `a\;b`}, {Origin: "vcard", Name: "GEO", Value: "geo:1,2"}}}
	text, losses, err := Marshal(c)
	want := `["vcard",[["version",{},"text","4.0"],["uid",{},"uri","urn:uuid:1"],["fn",{},"text","Ana"],` +
		`["n",{},"text",["Ruiz, Jr","Ana","","",""]],["org",{},"text","Acme; Sons"],["tel",{"type":["home","fax"]},"text","+1"],` +
		`["bday",{},"date-and-or-time","1974-07-22"],["categories",{},"text","a,b","c"],` +
		`["x-mixedcase",{"x-cardferry-spelled":"X-MixedCase"},"unknown","a\\;b"],["geo",{},"uri","geo:1,2"]]]`
	if err != nil || len(losses) > 0 || string(text) != want {
		t.Errorf("%v, %v\n got %s\nwant %s", losses, err, text, want)
	}
}

// TestNothingIsLost: what comes back is what was written, and as one vCard would be.
func TestNothingIsLost(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for i := range 400 {
		c := contacttest.Random(rng)
		if i%3 == 0 {
			c = contacttest.Sparse(rng)
		}
		text, losses, err := Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unmarshal(text)
		if err != nil {
			t.Fatal(err)
		}
		contacttest.Equal(t, c, back)
		if _, of, _ := vcard.Marshal(c, vcard.Options{Version: "4.0"}); len(losses) != len(of) {
			t.Errorf("losses %v; of the vCard %v", losses, of)
		}
	}
}

func decodeAll(t *testing.T, in string) (contacts []*contact.Contact, bad []error, final error) {
	t.Helper()
	for c, err := range NewDecoder(strings.NewReader(in)).All() {
		switch {
		case err == nil:
			contacts = append(contacts, c)
		case formats.IsRecordError(err):
			bad = append(bad, err)
		default:
			final = err
		}
	}
	return contacts, bad, final
}

func TestSequences(t *testing.T) {
	card := func(name string) string { return `["vcard",[["fn",{},"text","` + name + `"]]]` }
	tests := []struct {
		name, in  string
		good, bad int
		final     string
	}{
		{"one", card("a"), 1, 0, ""},
		{"an array", "[" + card("a") + ",\n" + card("b") + "]", 2, 0, ""},
		{"lines", card("a") + "\n" + card("b") + "\n", 2, 0, ""},
		{"a mark before it", "\xef\xbb\xbf[" + card("a") + "]", 1, 0, ""},
		{"none", "[]", 0, 0, ""},
		{"nothing", "", 0, 0, ""},
		{"one is no card", "[" + card("a") + `,["vcalendar",[]],7,` + card("b") + "]", 2, 2, ""},
		{"broken", "[" + card("a") + `,["vcard",[["fn"`, 1, 0, "object 2: invalid JSON"},
	}
	for _, test := range tests {
		contacts, bad, final := decodeAll(t, test.in)
		if len(contacts) != test.good || len(bad) != test.bad || (final == nil) != (test.final == "") || final != nil && !strings.HasPrefix(final.Error(), test.final) {
			t.Errorf("%s: %d contacts, bad %v, final %v", test.name, len(contacts), bad, final)
		}
		for i, c := range contacts {
			if c.At.Number == 0 || c.At.Unit != "card" {
				t.Errorf("%s: contact %d is at %s", test.name, i, c.At)
			}
		}
	}
	if _, bad, _ := decodeAll(t, "["+card("a")+",7]"); len(bad) != 1 || bad[0].Error() != "card 2: "+errNoCard.Error() {
		t.Error(bad)
	}
	c, _, _ := decodeAll(t, `["vcard",[["fn",{},"text","a"],["tel"],["x y!",{},"text","v"],[7,{},"text","v"]]]`)
	if len(c) != 1 || len(c[0].Unread) != 3 || !strings.HasPrefix(c[0].Unread[0].Reason, "property 2: ") {
		t.Errorf("%v", c[0].Unread)
	}
}

func TestEncoder(t *testing.T) {
	for n, want := range []string{"[]\n", `["vcard",`, "[\n[\"vcard\","} {
		var out bytes.Buffer
		e := NewEncoder(&out)
		for range n {
			if _, err := e.Encode(&contact.Contact{Name: contact.Name{Display: "a"}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil || !strings.HasPrefix(out.String(), want) || n > 0 && !sniff(out.Bytes()) {
			t.Errorf("%d: %v %s", n, err, out.String())
		}
		if back, bad, final := decodeAll(t, out.String()); len(back) != n || len(bad) > 0 || final != nil {
			t.Errorf("%d: %d came back, %v, %v", n, len(back), bad, final)
		}
	}
	e := NewEncoder(failing{})
	e.Encode(&contact.Contact{})
	if _, err := e.Encode(&contact.Contact{}); err == nil || formats.IsRecordError(err) {
		t.Errorf("a writer that fails: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// TestCorpus reads the jCards of other programs, where a collection of them lies beside
// the project.
func TestCorpus(t *testing.T) {
	for file, check := range map[string]func(*contact.Contact) bool{
		"json/ez-vcard/jcard-example.json": func(c *contact.Contact) bool {
			return c.Name.Family == "Perreault" && c.Birthday == contact.Date{Month: 2, Day: 3} && len(c.Phones) == 2 && len(c.Emails) == 1 && c.Organization.Company == "Viagenie"
		},
		"json/ical.js/vcard.json": func(c *contact.Contact) bool {
			return c.Name.Display == "J. Doe" && c.Addresses[0].Street == "street" && c.Addresses[0].Extended == "apt" && c.Anniversary.Year == 1996 && len(c.IMs) == 1
		},
	} {
		text, err := os.ReadFile(filepath.Join("../../../shared/corpus", file))
		if err != nil {
			t.Skip("no corpus of foreign files beside the project")
		}
		if !sniff(text) {
			t.Errorf("%s is not recognised", file)
		}
		contacts, bad, final := decodeAll(t, string(text))
		if len(contacts) != 1 || len(bad) > 0 || final != nil || len(contacts[0].Unread) > 0 {
			t.Fatalf("%s: %d contacts, %v, %v", file, len(contacts), bad, final)
		}
		if c := contacts[0]; !check(c) {
			t.Errorf("%s: read as %s", file, c.Value("name.display"))
		}
		again, losses, err := Marshal(contacts[0])
		if err != nil || len(losses) > 0 {
			t.Errorf("%s: %v, %v", file, losses, err)
		}
		if back, err := Unmarshal(again); err != nil || !contact.Equal(contacts[0], back) {
			t.Errorf("%s: differs in %v", file, contact.Diff(contacts[0], back))
		}
	}
}

// FuzzCard: whatever is read is written, and reads back as it was or is named.
func FuzzCard(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`[["vcard",[["fn",{"x":["a",1,null]},"text","a",["b",["c"]]]]],["vcard",[]]]`))
	text, _, _ := Marshal(contacttest.Random(rand.New(rand.NewPCG(2, 2))))
	f.Add(text)
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for c, err := range NewDecoder(bytes.NewReader(data)).All() {
			if err != nil && c != nil {
				t.Fatal("a contact together with an error")
			}
			if n++; c == nil || n > 3 {
				continue
			}
			text, losses, err := Marshal(c)
			if err != nil {
				continue
			}
			back, err := Unmarshal(text)
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			named := map[contact.Field]bool{}
			for _, l := range losses {
				named[l.Root()] = true
			}
			for _, field := range contact.Diff(c, back) {
				if !named[field] {
					t.Fatalf("%s differs and no loss names it: %s became %s", field, c.Value(field), back.Value(field))
				}
			}
		}
	})
}

// A broken card costs itself where the next one begins on its own line.
func TestBrokenCards(t *testing.T) {
	card := func(name string) string {
		return "[\"vcard\",\n[[\"version\",{},\"text\",\"4.0\"],\n[\"fn\",{},\"text\",\"" + name + "\"]]]"
	}
	text := "[" + card("a") + ",\n" + strings.Replace(card("x"), "{}", "{", 1) + ",\n" + card("b") + "]"
	var got []string
	for c, err := range NewDecoder(strings.NewReader(text)).All() {
		switch {
		case err == nil:
			got = append(got, fmt.Sprint(c.At.Number, c.Name.Display))
		case formats.IsRecordError(err):
			got = append(got, err.Error())
		default:
			t.Fatal(err)
		}
	}
	if want := []string{"1a", fmt.Sprintf("object 2: invalid JSON at byte %d", strings.Index(text, "{,")+2), "3b"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if c, err := Unmarshal([]byte(`["vcard",[["fn",{},"text","a"]],["vcard",[["fn",{},"text","b"]]]]`)); err != nil || len(c.Unread) != 1 {
		t.Errorf("%v, %v", c, err)
	}
}
