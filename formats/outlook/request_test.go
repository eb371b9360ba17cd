package outlook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// service is an account that takes bodies as the real one does: members are
// replaced one by one, null and empty arrays clear, extended properties are merged
// by their ids. It knows nothing of the mapping.
type service map[string]any

func (s service) apply(t *testing.T, body []byte) {
	t.Helper()
	var change map[string]any
	if err := json.Unmarshal(body, &change); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	for name, value := range change {
		if strings.EqualFold(name, "singleValueExtendedProperties") {
			s.properties(name, value.([]any))
			continue
		}
		s[name] = value
	}
}

func (s service) properties(name string, changed []any) {
	all, _ := s[name].([]any)
	for _, p := range changed {
		id := idOf(p)
		all = slices.DeleteFunc(all, func(q any) bool { return idOf(q) == id })
		if v := p.(map[string]any); v["value"] != nil || v["Value"] != nil {
			all = append(all, p)
		}
	}
	s[name] = all
}

func idOf(p any) string {
	m := p.(map[string]any)
	if id, ok := m["id"].(string); ok {
		return id
	}
	return m["PropertyId"].(string)
}

func (s service) contact(t *testing.T) *contact.Contact {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPatchMakesOldIntoNew turns random contacts into one another, with the help
// of nothing but the bodies.
func TestPatchMakesOldIntoNew(t *testing.T) {
	for _, d := range Dialects() {
		t.Run(string(d), func(t *testing.T) {
			body, _, err := Create(newRandom(1000).contact(), d)
			if err != nil {
				t.Fatal(err)
			}
			s := service{}
			s.apply(t, body)
			old := s.contact(t)
			for seed := range uint64(300) {
				next := newRandom(seed).contact()
				if seed%3 == 0 { // change a few fields alone
					next = contact.Merge(old, next, contact.Fill)
				}
				next.Key = old.Key
				body, _, err := Patch(contact.NewPatch(old, next), d)
				if err != nil {
					t.Fatal(err)
				}
				if body == nil {
					continue
				}
				s.apply(t, body)
				got := s.contact(t)
				same(t, next, got)
				if t.Failed() {
					t.Fatalf("seed %d\n%s", seed, body)
				}
				old = got
			}
		})
	}
}

func TestPatchHoldsOnlyWhatChanges(t *testing.T) {
	old := typical()
	tests := []struct {
		name   string
		change func(c *contact.Contact)
		want   map[Dialect]string
	}{
		{"a scalar", func(c *contact.Contact) { c.Organization.Title = "Boss" }, map[Dialect]string{
			GraphV1: `{"jobTitle":"Boss"}`, OutlookBeta: `{"JobTitle":"Boss"}`}},
		{"a scalar goes", func(c *contact.Contact) { c.Notes = "" }, map[Dialect]string{
			GraphBeta: `{"personalNotes":null}`, OutlookV2: `{"PersonalNotes":null}`}},
		{"a birthday goes", func(c *contact.Contact) { c.Birthday = contact.Date{} }, map[Dialect]string{
			GraphV1: `{"birthday":null}`}},
		{"a collection goes", func(c *contact.Contact) { c.Emails, c.Categories = nil, nil }, map[Dialect]string{
			GraphV1: `{"categories":[],"emailAddresses":[]}`}},
		{"the display name goes along", func(c *contact.Contact) { c.Name.Given = "Ann" }, map[Dialect]string{
			GraphV1: `{"displayName":"Dr. Garth Fort","givenName":"Ann"}`}},
		{"one phone", func(c *contact.Contact) { c.Phones[1].Number = "1" }, map[Dialect]string{
			GraphV1: `{"mobilePhone":"1"}`, OutlookV2: `{"MobilePhone1":"1"}`,
			OutlookBeta: `{"Phones":[{"Type":"Business","Number":"+1 918 555 0101"},{"Type":"Mobile","Number":"1"},{"Type":"BusinessFax","Number":"+1 918 555 0103"}]}`}},
		{"a phone without a name", func(c *contact.Contact) { c.Phones = c.Phones[:2] }, map[Dialect]string{
			GraphV1: `{"singleValueExtendedProperties":[{"id":"String 0x3a24","value":null}]}`}},
		{"an address changes", func(c *contact.Contact) { c.Addresses[0].Street, c.Addresses[0].POBox = "", "" }, map[Dialect]string{
			GraphV1:   `{"businessAddress":{"city":"Seattle","state":"WA","postalCode":"98121","countryOrRegion":"USA","street":null},"singleValueExtendedProperties":[{"id":"String {00062004-0000-0000-C000-000000000046} Id 0x804a","value":null}]}`,
			GraphBeta: `{"postalAddresses":[{"type":"business","city":"Seattle","state":"WA","postalCode":"98121","countryOrRegion":"USA"}]}`}},
		{"an address goes", func(c *contact.Contact) { c.Addresses = nil }, map[Dialect]string{
			OutlookV2:   `{"BusinessAddress":null,"SingleValueExtendedProperties":[{"PropertyId":"String {00062004-0000-0000-C000-000000000046} Id 0x804a","Value":null}]}`,
			OutlookBeta: `{"PostalAddresses":[]}`}},
		{"a flag", func(c *contact.Contact) { c.Flag = contact.Flag{Status: contact.Flagged} }, map[Dialect]string{
			GraphBeta: `{"flag":{"flagStatus":"flagged"}}`, OutlookBeta: `{"Flag":{"FlagStatus":"Flagged"}}`,
			GraphV1: `{"singleValueExtendedProperties":[{"id":"Integer 0x1090","value":"2"}]}`}},
		{"nothing", func(*contact.Contact) {}, map[Dialect]string{GraphV1: ``, OutlookBeta: ``}},
	}
	for _, test := range tests {
		for d, want := range test.want {
			t.Run(test.name+" "+string(d), func(t *testing.T) {
				next := old.Clone()
				test.change(next)
				body, losses, err := Patch(contact.NewPatch(old, next), d)
				if err != nil || len(losses) > 0 {
					t.Errorf("losses %v, error %v", losses, err)
				}
				if string(body) != want {
					t.Errorf("got  %s\nwant %s", body, want)
				}
			})
		}
	}
}

func TestPatchUpdatesTheStash(t *testing.T) {
	old := typical()
	next := old.Clone()
	next.Emails = append(next.Emails, contact.Email{Address: "3@example.org"}, contact.Email{Address: "4@example.org"})
	body, losses, err := Patch(contact.NewPatch(old, next), GraphV1)
	if err != nil {
		t.Fatal(err)
	}
	if want := "[emails[3] stashed: a contact holds 3 addresses]"; fmt.Sprint(losses) != want {
		t.Errorf("losses %v, want %s", losses, want)
	}
	if strings.Count(string(body), "4@example.org") != 1 || !strings.Contains(string(body), "CardferryStash") {
		t.Errorf("the fourth address is not in the stash: %s", body)
	}
	next.UID, old.UID = "", ""
	back, _, err := Patch(contact.NewPatch(next, old), GraphV1)
	if err != nil || !strings.Contains(string(back), `CardferryStash","value":null}`) {
		t.Errorf("the stash stays: %s, %v", back, err)
	}
}

func TestLossesNameWhatIsStashed(t *testing.T) {
	c := contact.Normalize(&contact.Contact{
		UID: "bookkeeping", Name: contact.Name{Given: "A", PhoneticMiddle: "x"}, Organization: contact.Organization{Units: []string{"U"}},
		Emails:    []contact.Email{{Address: "a@example.org", Type: contact.Work, Preferred: true}, {Address: "no at sign"}, {Address: "<b@example.org>"}, {Name: "Name alone"}},
		Phones:    []contact.Phone{{Number: "1", Type: contact.Work}, {Number: "2", Type: contact.Work}, {Number: "3", Type: contact.Work}, {Number: "4", Type: "Hotline"}, {Number: "5", Type: contact.WorkMobile}},
		Addresses: []contact.Address{{Type: contact.Home, City: "A", Extended: "Apt"}, {Type: contact.Home, City: "B"}, {Type: "Boat", City: "C"}},
		Birthday:  contact.Date{Month: 7, Day: 4}, Gender: "other", Favorite: true, Notes: "\nx",
		Relations: []contact.Relation{{Name: "F", Type: contact.Friend}}, Extra: []contact.Extra{{Origin: "vcard", Name: "X", Value: "1"}},
	})
	_, losses := Project(c, GraphV1)
	var fields []string
	for _, l := range losses {
		fields = append(fields, string(l.Field))
		if l.Kind != contact.Stashed {
			t.Errorf("%v", l)
		}
	}
	slices.Sort(fields)
	want := "[addresses[0].extended addresses[1] addresses[2].type birthday emails[0].preferred emails[0].type emails[1] emails[2] emails[3] " +
		"extra[0] favorite gender name.phoneticMiddle notes organization.units phones[2] phones[3].type phones[4].type relations[0]]"
	if got := fmt.Sprint(fields); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLargeStash checks that what cannot even be hidden is named, the largest
// first, and that the rest survives.
func TestLargeStash(t *testing.T) {
	c := typical()
	for i := range 6 {
		c.Emails = append(c.Emails, contact.Email{Address: fmt.Sprintf("more%d@example.org", i)})
	}
	c.Extra = []contact.Extra{{Origin: "vcard", Name: "X-SMALL", Value: "1"}, {Origin: "vcard", Name: "KEY", Value: strings.Repeat("A", 9000)}, {Origin: "vcard", Name: "X-OTHER", Value: "2"}}
	body, losses, err := Create(c, GraphV1)
	if err != nil {
		t.Fatal(err)
	}
	var dropped []contact.Loss
	for _, l := range losses {
		if l.Kind == contact.Dropped {
			dropped = append(dropped, l)
		}
	}
	if len(dropped) != 1 || dropped[0].Field != "extra[1]" {
		t.Errorf("dropped %v, want extra[1]", dropped)
	}
	got, err := Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	want := c.Clone()
	want.Extra = slices.Delete(want.Extra, 1, 2)
	same(t, want, got)
	projected, _ := Project(c, GraphV1)
	same(t, want, projected)

	c.Extra, c.UID = nil, strings.Repeat("u", 9000)
	if _, losses := Project(c, GraphV1); !slices.ContainsFunc(losses, func(l contact.Loss) bool { return l.Field == "uid" && l.Kind == contact.Dropped }) {
		t.Errorf("a uid that is too large is not named: %v", losses)
	}
}

// TestEditsStand checks that what a person changed between writing and reading is
// not overruled by what is hidden.
func TestEditsStand(t *testing.T) {
	c := typical()
	c.Emails = append(c.Emails, contact.Email{Address: "3@example.org"}, contact.Email{Address: "4@example.org"})
	c.Birthday = contact.Date{Month: 7, Day: 4}
	body, _, err := Create(c, GraphV1)
	if err != nil {
		t.Fatal(err)
	}
	s := service{}
	s.apply(t, body)
	s.apply(t, []byte(`{"birthday":"1980-01-01T11:59:00Z","emailAddresses":[{"address":"new@example.org","name":"new@example.org"}]}`))
	got := s.contact(t)
	if got.Birthday != (contact.Date{Year: 1980, Month: 1, Day: 1}) {
		t.Errorf("birthday %v", got.Birthday)
	}
	if len(got.Emails) != 2 || got.Emails[0].Address != "new@example.org" || got.Emails[1].Address != "4@example.org" {
		t.Errorf("emails %v", got.Emails)
	}
}

func TestAnswer(t *testing.T) {
	sent := typical()
	sent.Birthday = contact.Date{Month: 7, Day: 4}
	for _, d := range Dialects() {
		body, _, err := Create(sent, d)
		if err != nil {
			t.Fatal(err)
		}
		// An answer shows no extended properties, and what the service made of the rest.
		s := service{}
		s.apply(t, body)
		delete(s, "singleValueExtendedProperties")
		delete(s, "SingleValueExtendedProperties")
		s["id"], s["changeKey"] = "I1", "V1"
		answer, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got, losses, err := Answer(answer, sent, d)
		if err != nil || len(losses) > 0 {
			t.Fatalf("%s: losses %v, error %v", d, losses, err)
		}
		same(t, sent, got)
		if got.ID != "I1" || got.Version != "V1" {
			t.Errorf("%s: %v", d, got.Ref())
		}
		before := sent.Clone()
		_, losses, err = Answer([]byte(`{"id":"I1","emailAddresses":[{"name":"Garth"},{"address":"gf@example.org"}],"JobTitle":null}`), sent, d)
		if err != nil || fmt.Sprint(losses) != "[organization.title dropped: not kept by the service emails truncated: not kept by the service as it was sent]" {
			t.Errorf("%s: losses %v, error %v", d, losses, err)
		}
		if _, _, err := Answer([]byte(`{"id":"I1","categories":["Other"],"imAddresses":["x"],"children":["y"]}`), sent, d); err != nil {
			t.Error(err)
		}
		same(t, before, sent)
	}
	for _, bad := range []string{`{}`, `[]`, `{"id":"x"`, ``} {
		if _, _, err := Answer([]byte(bad), sent, GraphV1); err == nil {
			t.Errorf("the answer %q is no error", bad)
		}
	}
}

func TestQueries(t *testing.T) {
	for _, d := range Dialects() {
		names := strings.Split(Select(d), ",")
		if len(names) < 30 || strings.Contains(Select(d), "@") || strings.Contains(Select(d), "ingleValue") {
			t.Errorf("%s: $select is %s", d, Select(d))
		}
		for _, id := range []string{KeyID, stashID, "0x8015"} {
			if !strings.Contains(Expand(d), id) {
				t.Errorf("%s: $expand lacks %s", d, id)
			}
		}
	}
	if got := KeyFilter("it's", OutlookBeta); got != "SingleValueExtendedProperties/Any(ep: ep/PropertyId eq '"+KeyID+"' and ep/Value eq 'it''s')" {
		t.Errorf("$filter is %s", got)
	}
}
