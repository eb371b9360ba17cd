package contact_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

var update = flag.Bool("update", false, "write the tables that are made from the code into docs/policies.md")

const policiesPath = "../docs/policies.md"

// TestPoliciesPage makes the tables of docs/policies.md from what Merge does.
func TestPoliciesPage(t *testing.T) {
	old, err := os.ReadFile(policiesPath)
	if err != nil {
		t.Fatal(err)
	}
	page := string(old)
	for name, table := range map[string]string{"fields": fieldTable(t), "items": itemTable(t)} {
		from, to := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		before, rest, ok := strings.Cut(page, from)
		_, after, ok2 := strings.Cut(rest, to)
		if !ok || !ok2 {
			t.Fatalf("the page has no place for the table of %s", name)
		}
		page = before + from + table + to + after
	}
	if page == string(old) {
		return
	}
	if !*update {
		t.Fatalf("docs/policies.md is not what Merge does; run: go test ./contact -run TestPoliciesPage -update\n%s", page)
	}
	if err := os.WriteFile(policiesPath, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

// two returns contacts that have another value in every field; their lists have no
// item in common.
func two() (stored, record *contact.Contact) {
	fill := func(s string, year int) *contact.Contact {
		return contact.Normalize(&contact.Contact{
			Name: contact.Name{Display: s, Prefix: s, Given: s, Middle: s, Family: s, Suffix: s, Nickname: s, Initials: s, FileAs: s,
				PhoneticGiven: s, PhoneticMiddle: s, PhoneticFamily: s},
			Organization: contact.Organization{Company: s, PhoneticCompany: s, Department: s, Units: []string{s}, Title: s, Profession: s,
				Office: s, Manager: s, Assistant: s},
			Emails:    []contact.Email{{Address: s + "@example.org"}},
			Phones:    []contact.Phone{{Number: fmt.Sprint(year)}},
			Addresses: []contact.Address{{Street: s}},
			Websites:  []contact.Website{{URL: s}},
			IMs:       []contact.IM{{Address: s}},
			Birthday:  contact.Date{Year: year, Month: 1, Day: 1}, Anniversary: contact.Date{Year: year, Month: 2, Day: 2},
			Relations: []contact.Relation{{Name: s}}, Notes: s, Categories: []string{s}, Gender: s,
			Favorite: true,
			Flag:     contact.Flag{Status: contact.Flagged, Due: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)},
			Photo:    contact.NewPhoto([]byte(s)),
			Extra:    []contact.Extra{{Origin: "vcard", Name: "X-" + s}},
		})
	}
	return fill("stored", 1970), fill("record", 1980)
}

func fieldTable(t *testing.T) string {
	stored, record := two()
	var b strings.Builder
	b.WriteString("| field | `fill` | `update` | `replace` |\n|---|---|---|---|\n")
	for _, f := range contact.Fields() {
		fmt.Fprintf(&b, "| %s |", f)
		for _, policy := range policies {
			both := whose(t, f, stored, record, policy)
			alone := whose(t, f, stored, &contact.Contact{}, policy)
			fmt.Fprintf(&b, " %s |", effect(t, f, both, alone))
			if got := whose(t, f, &contact.Contact{}, record, policy); got != "record" {
				t.Errorf("%s, %s: an empty field becomes %s", f, policy, got)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// whose says which of the two contacts' values Merge gives to a field.
func whose(t *testing.T, f contact.Field, stored, record *contact.Contact, policy contact.Policy) string {
	switch got := contact.Merge(stored, record, policy).Value(f); {
	case got == "":
		return "nobody"
	case f == "favorite": // a yes, or nothing
		if record.Has(f) {
			return "record"
		}
		return "stored"
	case got == stored.Value(f):
		return "stored"
	case got == record.Value(f):
		return "record"
	case strings.Contains(got, "stored") == strings.Contains(got, "record"):
		return "both"
	}
	t.Fatalf("%s under %s is nobody's value", f, policy)
	return ""
}

// effect puts into words what a field becomes where both have a value, and where only
// the account's contact has one.
func effect(t *testing.T, f contact.Field, both, alone string) string {
	switch both + " " + alone {
	case "both stored":
		return "united"
	case "stored stored":
		return "filled if empty"
	case "record stored":
		if f == "favorite" {
			return "set, never unset"
		}
		return "the record's, if it has one"
	case "record nobody":
		return "the record's, or empty"
	}
	t.Fatalf("%s: no words for %s, %s", f, both, alone)
	return ""
}

// pairOfItems are two items, each in a contact of its own; one says whether a list
// holds them as one.
type pairOfItems struct {
	list string
	a, b contact.Contact
	show [2]string
	one  bool
}

var sameItems = []pairOfItems{
	email("Ann@Example.org", "mailto:ann@example.org", true),
	email("ann@bücher.example", "ann@xn--bcher-kva.example", true),
	email("ann@example.org", "ann+news@example.org", false),
	phone("+49 (30) 123-456", "+49.30.123456", true),
	phone("030 123 ext. 42", "030 123 x42", true),
	phone("030 123", "030 123 x42", false),
	phone("030 123", "0301234", false),
	website("http://Example.org/", "https://example.org", true),
	website("https://example.org/a/", "example.org/a", true),
	website("https://example.org/a", "https://example.org/A", false),
	website("https://www.example.org", "https://example.org", false),
	address(contact.Address{Street: "Main St. 5", City: "Bern"}, contact.Address{Street: "main st 5", City: "BERN"}, true),
	address(contact.Address{Street: "Main St. 5", City: "Bern"}, contact.Address{Street: "Main St. 5", PostalCode: "3000"}, true),
	address(contact.Address{Street: "Main St. 5", City: "Bern"}, contact.Address{Street: "Main St. 5", City: "Basel"}, false),
	{"ims", contact.Contact{IMs: []contact.IM{{Address: "sip:Ann@example.org"}}}, contact.Contact{IMs: []contact.IM{{Address: "sip:ann@example.org"}}},
		[2]string{"sip:Ann@example.org", "sip:ann@example.org"}, true},
	{"relations", contact.Contact{Relations: []contact.Relation{{Name: "Bob Ray"}}}, contact.Contact{Relations: []contact.Relation{{Name: "bob ray"}}},
		[2]string{"Bob Ray", "bob ray"}, true},
	{"categories", contact.Contact{Categories: []string{"Friends"}}, contact.Contact{Categories: []string{"friends"}}, [2]string{"Friends", "friends"}, true},
}

func email(a, b string, one bool) pairOfItems {
	return pairOfItems{"emails", contact.Contact{Emails: []contact.Email{{Address: a}}}, contact.Contact{Emails: []contact.Email{{Address: b}}}, [2]string{a, b}, one}
}

func phone(a, b string, one bool) pairOfItems {
	return pairOfItems{"phones", contact.Contact{Phones: []contact.Phone{{Number: a}}}, contact.Contact{Phones: []contact.Phone{{Number: b}}}, [2]string{a, b}, one}
}

func website(a, b string, one bool) pairOfItems {
	return pairOfItems{"websites", contact.Contact{Websites: []contact.Website{{URL: a}}}, contact.Contact{Websites: []contact.Website{{URL: b}}}, [2]string{a, b}, one}
}

func address(a, b contact.Address, one bool) pairOfItems {
	line := func(a contact.Address) string { return a.Street + ", " + strings.TrimSpace(a.PostalCode+" "+a.City) }
	return pairOfItems{"addresses", contact.Contact{Addresses: []contact.Address{a}}, contact.Contact{Addresses: []contact.Address{b}}, [2]string{line(a), line(b)}, one}
}

func itemTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| list | one | and the other | |\n|---|---|---|---|\n")
	for _, item := range sameItems {
		for _, policy := range []contact.Policy{contact.Fill, contact.Update} {
			x, y := contact.Normalize(item.a.Clone()), contact.Normalize(item.b.Clone())
			merged := contact.Merge(x, y, policy)
			n := len(merged.Emails) + len(merged.Phones) + len(merged.Addresses) + len(merged.Websites) + len(merged.IMs) + len(merged.Relations) + len(merged.Categories)
			if one := n == 1; one != item.one {
				t.Errorf("%s: %q and %q are one: %v", item.list, item.show[0], item.show[1], one)
			}
			if again := contact.Merge(merged, y, policy); !contact.Equal(again, merged) {
				t.Errorf("%s: %q and %q under %s: merging again changes something", item.list, item.show[0], item.show[1], policy)
			}
		}
		word := "two items"
		if item.one {
			word = "one item"
		}
		fmt.Fprintf(&b, "| %s | `%s` | `%s` | %s |\n", item.list, item.show[0], item.show[1], word)
	}
	return b.String()
}
