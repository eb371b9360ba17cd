package vcard

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// What go-vcard does to real files, and what we do, side by side: docs/library-defects.md.
// Where it says that the library is right now, the way around it can go.
func TestLibraryDefects(t *testing.T) {
	tests := []struct {
		name, version, lines string
		theirs               func(gv.Card) string
		ours                 func(*contact.Contact) string
		want                 string
	}{
		{"quoted-printable", "2.1", "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg",
			func(c gv.Card) string { return c.Value("FN") }, func(c *contact.Contact) string { return c.Name.Display }, "Jörg"},
		{"soft breaks", "2.1", "NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\ntwo",
			func(c gv.Card) string { return c.Value("NOTE") }, func(c *contact.Contact) string { return c.Notes }, "one\ntwo"},
		{"bare parameters", "2.1", "TEL;HOME;VOICE:+49 30 1",
			func(c gv.Card) string { return c.Value("TEL") }, func(c *contact.Contact) string { return c.Phones[0].Number }, "+49 30 1"},
		{"an address with a bare parameter", "2.1", "ADR;WORK:;;Main St 1;Berlin;;;",
			func(c gv.Card) string {
				if a := c.Address(); a != nil {
					return a.Locality
				}
				return ""
			}, func(c *contact.Contact) string { return c.Addresses[0].City }, "Berlin"},
		{"base64 not indented", "2.1", "PHOTO;ENCODING=BASE64;JPEG:/9j/\n4AAQ",
			func(c gv.Card) string { return c.Value("PHOTO") }, func(c *contact.Contact) string { return string(c.Photo.Data) }, "\xff\xd8\xff\xe0\x00\x10"},
		{"a card within AGENT", "2.1", "FN:Boss\nAGENT:\nBEGIN:VCARD\nTEL:2\nEND:VCARD\nTEL:1",
			func(c gv.Card) string { return c.Value("TEL") }, func(c *contact.Contact) string { return c.Phones[0].Number }, "1"},
		{"escaped semicolons", "3.0", `N:Doe\;Smith;John;;;`,
			func(c gv.Card) string { return c.Name().FamilyName }, func(c *contact.Contact) string { return c.Name.Family }, "Doe;Smith"},
		{"escaped commas in a list", "3.0", `CATEGORIES:Friends,Work\, old`,
			func(c gv.Card) string { return strings.Join(c.Categories(), "|") }, func(c *contact.Contact) string { return strings.Join(c.Categories, "|") }, "Friends|Work, old"},
		{"two lists", "3.0", "CATEGORIES:a\nCATEGORIES:b",
			func(c gv.Card) string { return strings.Join(c.Categories(), "|") }, func(c *contact.Contact) string { return strings.Join(c.Categories, "|") }, "a|b"},
		{`\N`, "3.0", `NOTE:a\Nb`,
			func(c gv.Card) string { return c.Value("NOTE") }, func(c *contact.Contact) string { return c.Notes }, "a\nb"},
		{"quoted parameters", "4.0", `ADR;LABEL="12 Main\, NY":;;12 Main;NY;;;`,
			func(c gv.Card) string {
				if a := c.Address(); a != nil {
					return a.Locality
				}
				return ""
			}, func(c *contact.Contact) string { return c.Addresses[0].City }, "NY"},
		{"a list of quoted types", "4.0", `TEL;TYPE="cell","home":1`,
			func(c gv.Card) string { return c.Value("TEL") }, func(c *contact.Contact) string { return c.Phones[0].Number }, "1"},
		{"RFC 6868", "4.0", `ADR;LABEL="a^nb":;;s;c;;;`,
			func(c gv.Card) string { return c.Get("ADR").Params.Get("LABEL") }, func(c *contact.Contact) string { return c.Addresses[0].Label }, "a\nb"},
		{"dates", "3.0", "REV:2008-04-24T19:52:43Z",
			func(c gv.Card) string { r, _ := c.Revision(); return r.UTC().Format("2006") }, func(c *contact.Contact) string { return c.Modified.Format("2006") }, "2008"},
	}
	for _, tt := range tests {
		text := strings.ReplaceAll(strings.ReplaceAll(card(tt.version, tt.lines), "\r\n", "\n"), "\n", "\r\n")
		c, err := Unmarshal([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := tt.ours(c); got != tt.want {
			t.Errorf("%s: we read %q, want %q", tt.name, got, tt.want)
		}
		theirs, _ := gv.NewDecoder(strings.NewReader(text)).Decode()
		if theirs != nil && tt.theirs(theirs) == tt.want {
			t.Errorf("%s: go-vcard reads it right now", tt.name)
		}
	}
	// Two people become one where an END is missing.
	text := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nTEL:1\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\r\nTEL:2\r\nEND:VCARD\r\n"
	n := 0
	for range NewDecoder(strings.NewReader(text)).All() {
		n++
	}
	both, _ := gv.NewDecoder(strings.NewReader(text)).Decode()
	if n != 2 || len(both["TEL"]) != 2 {
		t.Errorf("we read %d people; go-vcard has %d numbers in the first of them", n, len(both["TEL"]))
	}
	// What is read and written again is another card.
	var b bytes.Buffer
	in, err := gv.NewDecoder(strings.NewReader(card("3.0", "FN:x", "CATEGORIES:a,b", "N:Doe;John;Quincy,Adams;;", "URL:http://x/?q=a,b"))).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if err := gv.NewEncoder(&b).Encode(in); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []string{`CATEGORIES:a\,b`, `Quincy\,Adams`, `q=a\,b`} {
		if !strings.Contains(b.String(), damage) {
			t.Errorf("go-vcard does not write %s any more:\n%s", damage, &b)
		}
	}
}
