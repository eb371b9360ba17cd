package outlook

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// TestSlotsAreNotStashed: what a dialect has no name for and MAPI has travels as a
// MAPI property, where people see it in Outlook, and not in the stash; and so does what
// the model has no name for, such as the private mark. The favourite mark alone has no
// property.
func TestSlotsAreNotStashed(t *testing.T) {
	phone := func(typ string) contact.Phone { return contact.Phone{Number: "+1 555 " + typ, Type: typ} }
	c := contact.Normalize(&contact.Contact{
		Name: contact.Name{Given: "Ada"},
		Phones: []contact.Phone{
			phone(contact.Home), {Number: "+1 555 2", Type: contact.Home}, phone(contact.Work), {Number: "+1 555 3", Type: contact.Work}, phone(contact.Mobile),
			phone(contact.Other), phone(contact.Assistant), phone(contact.HomeFax), phone(contact.WorkFax), phone(contact.OtherFax), phone(contact.Pager),
			phone(contact.Radio), phone(contact.Car), phone(contact.ISDN), phone(contact.Main), phone(contact.TTY), phone(contact.Company),
		},
		Websites:    []contact.Website{{URL: "https://example.org/", Type: contact.Work}, {URL: "https://ada.example.org/", Type: contact.Home}},
		Addresses:   []contact.Address{{Type: contact.Home, POBox: "7", City: "Lund"}, {Type: contact.Work, POBox: "8"}, {Type: contact.Other, POBox: "9"}},
		Anniversary: contact.Date{Year: 1835, Month: 7, Day: 8}, Birthday: contact.Date{Year: 1815, Month: 12, Day: 10}, Gender: "female",
		Extra: []contact.Extra{
			{Origin: "outlook", Name: "Integer 0x36", Value: `"2"`},
			{Origin: "outlook", Name: "Boolean {00062008-0000-0000-C000-000000000046} Id 0x8506", Value: `"true"`},
			{Origin: "outlook", Name: "String {00062004-0000-0000-C000-000000000046} Id 0x8052", Value: `"fourth \"field\""`},
			{Origin: "outlook", Name: "String {00062004-0000-0000-C000-000000000046} Id 0x80d8", Value: `"https://example.org/ada.ifb"`},
		},
		Flag: contact.Flag{Status: contact.Flagged, Start: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Due: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)},
	})
	for _, d := range Dialects() {
		body, losses, err := Create(c, d)
		if err != nil || len(losses) > 0 {
			t.Errorf("%s: losses %v, error %v", d, losses, err)
		}
		got, err := Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, got)
	}
}

// TestWebsitesOfAllTypes: the collections hold a page of each type with its name. Read
// in a dialect that knows two pages, none of them is missing.
func TestWebsitesOfAllTypes(t *testing.T) {
	c := contact.Normalize(&contact.Contact{Name: contact.Name{Given: "W"}, Websites: []contact.Website{
		{URL: "https://w.example/", Type: contact.Work, Name: "W!"}, {URL: "https://h.example/", Type: contact.Home},
		{URL: "https://b.example/", Type: contact.Blog, Name: "Blog"}, {URL: "https://p.example/", Type: contact.Profile}, {URL: "https://o.example/", Type: contact.Other},
	}})
	for _, d := range []Dialect{GraphBeta, OutlookBeta} {
		body, losses, err := Create(c, d)
		if err != nil || len(losses) > 0 {
			t.Errorf("%s: losses %v, error %v", d, losses, err)
		}
		for _, url := range []string{"w", "h", "b", "p", "o"} {
			if !strings.Contains(string(body), `ddress":"https://`+url+".example/") {
				t.Errorf("%s: the page %s is not sent: %s", d, url, body)
			}
		}
		got, err := Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, got)
		var stored map[string]any
		if err := json.Unmarshal(body, &stored); err != nil {
			t.Fatal(err)
		}
		// An edit in a program that knows all types stands.
		edited := strings.Replace(string(body), `ddress":"https://b.example/"`, `ddress":"https://new.example/"`, 1)
		if got, err = Decode([]byte(edited)); err != nil || len(got.Websites) != 5 || !slices.ContainsFunc(got.Websites, func(w contact.Website) bool { return w.URL == "https://new.example/" && w.Type == contact.Blog }) {
			t.Errorf("%s: after an edit: %v, %v", d, got.Websites, err)
		}
		// What Graph v1.0 shows of it.
		for _, name := range []string{"websites", "Websites"} {
			delete(stored, name)
		}
		stored["businessHomePage"] = "https://w.example/"
		flat, err := json.Marshal(stored)
		if err != nil {
			t.Fatal(err)
		}
		flat = []byte(strings.Replace(string(flat), `"singleValueExtendedProperties":[`, `"singleValueExtendedProperties":[{"id":"String 0x3a50","value":"https://h.example/"},`, 1))
		flat = []byte(strings.Replace(string(flat), `"SingleValueExtendedProperties":[`, `"SingleValueExtendedProperties":[{"PropertyId":"String 0x3a50","Value":"https://h.example/"},`, 1))
		if got, err = Decode(flat); err != nil {
			t.Fatal(err)
		}
		same(t, c, got)
	}
}

// TestPatchClearsCarried: of marks and numbers the service takes no null.
func TestPatchClearsCarried(t *testing.T) {
	old := contact.Normalize(&contact.Contact{Extra: []contact.Extra{
		{Origin: "outlook", Name: "Boolean {00062008-0000-0000-C000-000000000046} Id 0x8506", Value: `"true"`},
		{Origin: "outlook", Name: "Integer 0x36", Value: `"2"`},
		{Origin: "outlook", Name: "String {00062004-0000-0000-C000-000000000046} Id 0x804f", Value: `"first"`},
	}})
	body, _, err := Patch(contact.NewPatch(old, &contact.Contact{}), GraphV1)
	want := `{"singleValueExtendedProperties":[{"id":"Integer 0x36","value":"0"},` +
		`{"id":"Boolean {00062008-0000-0000-C000-000000000046} Id 0x8506","value":"false"},{"id":"String {00062004-0000-0000-C000-000000000046} Id 0x804f","value":null}]}`
	if err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
}

// TestLeadingLineBreaks: notes that begin with a line break are sent as they are where a
// reader can tell that a listing shows them in part.
func TestLeadingLineBreaks(t *testing.T) {
	for notes, whole := range map[string]bool{"\nshort": false, "\n" + strings.Repeat("é\n", 255): false, "\n" + strings.Repeat("é\n", 256): true, "\nabc\n" + strings.Repeat("q", 20000): true} {
		c := contact.Normalize(&contact.Contact{Notes: notes})
		body, losses, err := Create(c, GraphV1)
		if err != nil || (len(losses) == 0) != whole {
			t.Errorf("%.10q: losses %v, error %v", notes, losses, err)
		}
		got, err := Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, got)
		if !whole {
			continue
		}
		listed := []rune(strings.ReplaceAll(c.Notes, "\n", ""))[:256]
		page, err := DecodePage([]byte(`{"value":[{"id":"1","personalNotes":"` + string(listed) + `"}]}`))
		if err != nil || len(page.Cut) != 1 {
			t.Errorf("%.10q: a listing of it is taken for whole: %v", notes, err)
		}
	}
}
