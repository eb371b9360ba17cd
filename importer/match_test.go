package importer

import (
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spelling"
)

// person builds contacts of the tables below: "Ann Lee; ann@example.org; +1 555 0100;
// uid:1" in any order after the name.
func personOf(text string) *contact.Contact {
	parts := strings.Split(text, "; ")
	c := &contact.Contact{Name: contact.Name{Display: parts[0]}}
	for _, p := range parts[1:] {
		if uid, ok := strings.CutPrefix(p, "uid:"); ok {
			c.UID = uid
		} else if title, ok := strings.CutPrefix(p, "title:"); ok {
			c.Organization.Title = title
		} else if strings.Contains(p, "@") {
			c.Emails = append(c.Emails, contact.Email{Address: p})
		} else {
			c.Phones = append(c.Phones, contact.Phone{Number: p})
		}
	}
	return contact.Normalize(c)
}

// TestMatching: which contact of the account a record is, and which not.
func TestMatching(t *testing.T) {
	tests := []struct {
		name   string
		there  []string
		record string
		want   Outcome
		reason string
	}{
		{"an address", []string{"Ann Lee; ann@example.org"}, "Ann Lee; ann@example.org", Unchanged, ""},
		{"capitals and blanks", []string{"Ann Lee; Ann@Example.ORG"}, "Ann Lee;  ann@example.org ", Unchanged, ""},
		{"mailto", []string{"Ann Lee; ann@example.org"}, "Ann Lee; MAILTO:ann@example.org", Unchanged, ""},
		{"angle brackets", []string{"Ann Lee; ann@example.org"}, "Ann Lee; <ann@example.org>", Unchanged, ""},
		{"a domain in punycode", []string{"Ann Lee; ann@bücher.example"}, "Ann Lee; ann@xn--bcher-kva.example", Unchanged, ""},
		{"an accent is a letter", []string{"Ann Lee; ann@bücher.example"}, "Ann Lee; ann@bucher.example", Created, ""},
		{"an accent of its own", []string{"J\u00f6rg B; j\u00f6rg@example.org"}, "Jo\u0308rg B; jo\u0308rg@example.org", Unchanged, ""},
		{"an accent of its own, in a domain", []string{"Ann Lee; ann@b\u00fccher.example"}, "Ann Lee; ann@bu\u0308cher.example", Unchanged, ""},
		{"an initial with an accent", []string{"E\u0301mile Zola; e@example.org"}, "\u00c9. Zola; e@example.org", Unchanged, ""},
		{"a sharp s in capitals", []string{"Ann Groß; ann@example.org"}, "ANN GROSS; ann@example.org", Unchanged, ""},
		{"letters of double width", []string{"Ann Lee; ann@example.org"}, "\uff21\uff4e\uff4e\u3000\uff2c\uff45\uff45; \uff41\uff4e\uff4e@example.org", Unchanged, ""},
		{"letters of half width", []string{"\u30ab\u30ac; k@example.org"}, "\uff76\uff76\uff9e; k@example.org", Unchanged, ""},
		{"the order of addresses", []string{"Ann Lee; a@example.org; b@example.org"}, "Ann Lee; b@example.org; a@example.org", Unchanged, ""},
		{"one of many addresses", []string{"Ann Lee; a@example.org; b@example.org"}, "Ann Lee; b@example.org", Unchanged, ""},
		{"a part of the name", []string{"Ann Lee; ann@example.org"}, "Lee, A.; ann@example.org", Unchanged, ""},
		{"no name", []string{"Ann Lee; ann@example.org"}, "ann@example.org; ann@example.org", Unchanged, ""},
		{"another name", []string{"Ann Lee; info@example.org"}, "Bob Ray; info@example.org", Review, "an address"},
		{"several contacts", []string{"Ann Lee; a@example.org", "Ann Lee; b@example.org"}, "Ann Lee; a@example.org; b@example.org", Review, "2 contacts"},

		{"a UID", []string{"Ann Lee; uid:77"}, "Ann Lee; uid:77", Unchanged, ""},
		{"a UID, a new address", []string{"Ann Lee; uid:77; old@example.org"}, "Ann Lee; uid:77; new@example.org", Updated, ""},
		{"a UID, another name", []string{"Ann Lee; uid:77"}, "Bob Ray; uid:77", Review, "identity"},
		{"an address before a UID", []string{"Ann Lee; ann@example.org; uid:1", "Ann Lee; uid:2"}, "Ann Lee; ann@example.org; uid:2", Unchanged, ""},

		{"name and number", []string{"Ann Lee; +1 555 201 0100"}, "Ann Lee; +1 (555) 201-0100", Unchanged, ""},
		{"name and number as dialled here", []string{"Ann Lee; +1 555 201 0100"}, "Ann Lee; 555-201-0100", Unchanged, ""},
		{"of a contact with an address", []string{"Ann Lee; ann@example.org; +1 555 201 0100"}, "Ann Lee; +1 555 201 0100", Unchanged, ""},
		{"of a record with an address", []string{"Ann Lee; +1 555 201 0100"}, "Ann Lee; ann@example.org; +1 555 201 0100", Created, ""},
		{"name alone, and so its copy", []string{"Ann Lee"}, "Ann Lee", Unchanged, ""},
		{"two of its copies", []string{"Ann Lee", "Ann Lee; uid:7"}, "Ann Lee", Review, "2 contacts"},
		{"name alone, of one who has a number", []string{"Ann Lee; +1 555 201 0100"}, "Ann Lee", Created, ""},
		{"number alone", []string{"Ann Lee; +1 555 201 0100"}, "Bob Ray; +1 555 201 0100", Created, ""},
		{"name in part and number", []string{"Ann Lee; +1 555 201 0100"}, "A. Lee; +1 555 201 0100", Created, ""},
		{"two of one name and number", []string{"Ann Lee; +1 555 201 0100", "Ann Lee; +1 555 201 0100; x@example.org"}, "Ann Lee; 555 201 0100", Review, "2 contacts"},
		{"a copy of one of them", []string{"Ann Lee; +1 555 201 0100", "Ann Lee; +1 555 201 0100; x@example.org"}, "Ann Lee; +1 555 201 0100", Unchanged, ""},
	}
	rules, err := spelling.Rules("US")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var there []*contact.Contact
			for _, text := range tt.there {
				there = append(there, personOf(text))
			}
			m := newMailbox(there...)
			_, results := do(t, m, Options{Rules: rules}, personOf(tt.record))
			got := results[1]
			if got.Outcome != tt.want || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("%s (%s), want %s (%s)", got.Outcome, got.Reason, tt.want, tt.reason)
			}
			if want := map[Outcome]int{Created: 1, Updated: 1}[tt.want]; m.writes != want {
				t.Errorf("%d writes, want %d", m.writes, want)
			}
		})
	}
}

// TestMatchingWithinTheInput: records of one input are one person by key or address
// under compatible names; who shares an address under another name is created beside,
// and the report says so.
func TestMatchingWithinTheInput(t *testing.T) {
	tests := []struct {
		name    string
		records []string
		want    []Outcome
		shared  bool // something, under different names
	}{
		{"an address", []string{"Ann Lee; ann@example.org", "A. Lee; ANN@example.org; b@example.org"}, []Outcome{Created, United}, false},
		{"a domain in punycode", []string{"Ann Lee; ann@bücher.example", "Ann Lee; ann@xn--bcher-kva.example"}, []Outcome{Created, United}, false},
		{"a chain", []string{"Ann; a@example.org", "Ann; b@example.org; a@example.org", "Ann; b@example.org"}, []Outcome{Created, United, United}, false},
		{"a UID", []string{"Ann Lee; uid:1", "Ann Lee; uid:1; +1 555 201 0100"}, []Outcome{Created, United}, false},
		{"a shared address", []string{"Ann Lee; info@example.org", "Bob Ray; info@example.org", "Cid Poe; info@example.org"}, []Outcome{Created, Created, Created}, true},
		{"a family", []string{"Ann Lee; lee@example.org", "Bob Lee; lee@example.org"}, []Outcome{Created, Created}, true},
		{"a shared UID", []string{"Ann Lee; uid:1", "Bob Ray; uid:1"}, []Outcome{Created, Created}, true},
		{"a chain that closes late", []string{"Ann; a@example.org", "Ann; b@example.org", "Ann; b@example.org; a@example.org"}, []Outcome{Created, United, United}, false},
		{"a chain across a contradiction", []string{"Ann; a@example.org", "Bob; b@example.org", "Ann; b@example.org; a@example.org"}, []Outcome{Created, Created, United}, false},
		{"name and number", []string{"Ann Lee; +1 555 201 0100; uid:1", "Ann Lee; +1 555 201 0100; uid:2"}, []Outcome{Created, United}, false},
		{"name and number, the first has an address", []string{"Ann Lee; +1 555 201 0100; a@example.org", "Ann Lee; +1 (555) 201-0100"}, []Outcome{Created, United}, false},
		{"name and number, the second has an address", []string{"Ann Lee; +1.555.201.0100", "Ann Lee; +1 555 201 0100; a@example.org"}, []Outcome{Created, United}, false},
		{"name and number of colleagues", []string{"Ann Lee; +1 555 201 0100; a@example.org", "Ann Lee; +1 555 201 0100; b@example.org"}, []Outcome{Created, Created}, false},
		{"name and number, and two titles", []string{"Ann Lee; +1 555 201 0100; title:Chemist", "Ann Lee; +1 555 201 0100; title:Broker"}, []Outcome{Created, Created}, false},
		{"name and number of several", []string{"Ann Lee; +1 555 201 0100; a@example.org", "Ann Lee; +1 555 201 0100; b@example.org", "Ann Lee; +1 555 201 0100"}, []Outcome{Created, Created, Created}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var input []*contact.Contact
			for _, text := range tt.records {
				input = append(input, personOf(text))
			}
			m := newMailbox()
			_, results := do(t, m, Options{}, input...)
			for i, want := range tt.want {
				got := results[i+1]
				if got.Outcome != want {
					t.Errorf("record %d: %s (%s), want %s", i+1, got.Outcome, got.Reason, want)
				}
				if shares := i > 0 && want == Created && tt.shared; shares != (got.Reason != "" && want == Created) {
					t.Errorf("record %d: the report says %q", i+1, got.Reason)
				}
			}
			writes := m.writes
			if r, _ := do(t, m, Options{}, input...); m.writes != writes || r.Review+r.Failed > 0 {
				t.Errorf("a second run: %d writes, %+v", m.writes-writes, r.Counts)
			}
		})
	}
}

// TestNoPersonIsDroppedByAccident holds what went wrong in a tool that joined names,
// addresses and numbers without anything between them, and skipped what had the same
// text.
func TestNoPersonIsDroppedByAccident(t *testing.T) {
	split := func(given, family, number string) *contact.Contact {
		c := phoned("", number)
		c.Name = contact.Name{Given: given, Family: family}
		c.UID = given + "/" + family + "/" + number
		return contact.Normalize(c)
	}
	for _, policy := range Policies() {
		for _, pair := range [][2]*contact.Contact{
			{split("ann", "alee", "1"), split("anna", "lee", "1")},
			{split("Ann", "Lee1", "23"), split("Ann", "Lee", "123")},
			{named("Ann", "a@x.example", "b@x.example"), named("Ann", "a@x.exampleb@x.example")},
		} {
			m := newMailbox(pair[0])
			if r, _ := do(t, m, Options{Policy: policy}, pair[1]); r.Created != 1 {
				t.Errorf("%s: %q beside %q: %+v", policy, pair[1].NameKey(), pair[0].NameKey(), r.Counts)
			}
		}
	}
}

// TestForeignIdentity: files of programs that number their cards from 1 have the same
// UIDs for other people.
func TestForeignIdentity(t *testing.T) {
	ann, bob := personOf("Ann Lee; uid:1; ann@example.org"), personOf("Bob Ray; uid:1; bob@example.org")
	for _, policy := range []OnDuplicate{Fill, Update, Replace} {
		m := newMailbox()
		do(t, m, Options{Policy: policy}, ann)
		_, results := do(t, m, Options{Policy: policy}, bob)
		if results[1].Outcome != Review || m.contacts[0].Name.Display != "Ann Lee" {
			t.Errorf("%s: %s: %s", policy, results[1].Outcome, results[1].Reason)
		}
	}
	// Somebody who took another name is still who she was.
	m := newMailbox()
	do(t, m, Options{}, ann)
	married := personOf("Anna Ray; uid:1; ann@example.org")
	if _, results := do(t, m, Options{Policy: Update}, married); results[1].Outcome != Updated || len(m.contacts) != 1 {
		t.Errorf("renamed: %s: %s", results[1].Outcome, results[1].Reason)
	}
}

// TestThereAndBack: what comes back to the account that it is from finds itself, by whatever
// was made of it on the way.
func TestThereAndBack(t *testing.T) {
	m := newMailbox(personOf("Ann Lee"), personOf("Bob Ray; +1 555 201 0100"), personOf("Cid Fox"))
	var back []*contact.Contact
	for c, err := range m.Contacts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		there := c.Clone()
		there.ID, there.Notes = "", "written there"
		if len(back) == 0 { // a file has the identity as a UID
			there.UID = c.DerivedUID()
		} else { // an account has it as the key with which it was created
			there.Key = c.DerivedKey()
		}
		back = append(back, there)
	}
	r, _ := do(t, m, Options{}, back...)
	if r.Created != 0 || r.Updated != 3 {
		t.Errorf("%+v", r)
	}
}
