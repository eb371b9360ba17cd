package contact_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// shownOf returns what a poor place would show of a contact: fields cut, texts
// shortened, lists shortened, types changed, parameters gone.
func shownOf(rng *rand.Rand, full *contact.Contact) *contact.Contact {
	shown := full.Clone()
	for _, f := range contact.Fields() {
		if f != "photo" && rng.IntN(3) == 0 {
			shown.Set(f, &contact.Contact{})
		}
	}
	if rng.IntN(2) == 0 {
		shown.UID = ""
	}
	shown.Notes = shown.Notes[:rng.IntN(len(shown.Notes)+1)]
	shown.Emails = shorten(rng, shown.Emails)
	shown.Phones = shorten(rng, shown.Phones)
	shown.Addresses = shorten(rng, shown.Addresses)
	shown.Categories = shorten(rng, shown.Categories)
	shown.Extra = shorten(rng, shown.Extra)
	for i := range shown.Emails {
		shown.Emails[i].Type, shown.Emails[i].Params = "", nil
	}
	for i := range shown.Phones {
		if rng.IntN(2) == 0 {
			shown.Phones[i].Type = contact.Other
		}
	}
	for i := range shown.Addresses {
		shown.Addresses[i].Label = ""
	}
	if rng.IntN(2) == 0 {
		shown.Name.Display = shown.DerivedDisplay() // services fill it in
	}
	return contact.Normalize(shown)
}

// shorten keeps some of a list's items, in their order.
func shorten[T any](rng *rand.Rand, all []T) []T {
	return slices.DeleteFunc(all, func(T) bool { return rng.IntN(3) == 0 })
}

func stash(t *testing.T, full, shown *contact.Contact) string {
	t.Helper()
	text, err := contact.Stash(full, shown)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unstash(t *testing.T, c *contact.Contact, text string) {
	t.Helper()
	if text == "" {
		return
	}
	if err := contact.Unstash(c, text); err != nil {
		t.Fatal(err)
	}
}

// TestUnstashRestores: what was stashed comes back as it was, whatever the place
// showed, and in whatever order it lists things.
func TestUnstashRestores(t *testing.T) {
	pairs(func(rng *rand.Rand, full, _ *contact.Contact) {
		shown := shownOf(rng, full)
		text := stash(t, full, shown)
		c := shown.Clone()
		for _, list := range []func(i, j int){
			func(i, j int) { swap(c.Phones, i, j) },
			func(i, j int) { swap(c.Addresses, i, j) },
			func(i, j int) { swap(c.Categories, i, j) },
		} {
			list(rng.IntN(4), rng.IntN(4))
		}
		unstash(t, c, text)
		if !contact.Equal(c, full) || c.UID != full.UID && shown.UID != full.UID {
			contacttest.Equal(t, c, full)
			t.Fatalf("full  %s\nshown %s\nstash %s\nback  %s", asJSON(t, full), asJSON(t, shown), text, asJSON(t, c))
		}
	})
}

func swap[T any](s []T, i, j int) {
	if i < len(s) && j < len(s) {
		s[i], s[j] = s[j], s[i]
	}
}

// TestUnstashTwice: a contact that is whole again is not changed by its stash.
func TestUnstashTwice(t *testing.T) {
	pairs(func(rng *rand.Rand, full, _ *contact.Contact) {
		shown := shownOf(rng, full)
		text := stash(t, full, shown)
		c := shown.Clone()
		unstash(t, c, text)
		once := asJSON(t, c)
		unstash(t, c, text)
		if got := asJSON(t, c); got != once {
			t.Fatalf("full  %s\nshown %s\nonce  %s\ntwice %s", asJSON(t, full), asJSON(t, shown), once, got)
		}
	})
}

// TestEditsStand changes one field in the place. It stays as it was changed, a
// list gets back what the place never showed, and everything else is restored.
func TestEditsStand(t *testing.T) {
	lists := []contact.Field{"emails", "phones", "addresses", "websites", "ims", "relations", "categories", "organization.units", "extra"}
	pairs(func(rng *rand.Rand, full, edit *contact.Contact) {
		shown := shownOf(rng, full)
		for _, f := range contact.Fields() {
			edited := shown.Clone()
			edited.Set(f, edit)
			if f == "photo" || slices.Contains(lists, f) || !edited.Has(f) || edited.Value(f) == shown.Value(f) {
				continue
			}
			unstash(t, edited, stash(t, full, shown))
			if edited.Value(f) != edit.Value(f) {
				t.Fatalf("%s: edited to %s, back as %s", f, edit.Value(f), edited.Value(f))
			}
			for _, d := range contact.Diff(edited, full) {
				isDerived := d == "name.display" || d == "name.fileAs" // of what was edited
				if d != f && !isDerived {
					t.Fatalf("after an edit of %s, %s is not restored", f, d)
				}
			}
		}
	})
}

func TestEditedListsStand(t *testing.T) {
	full := &contact.Contact{
		Phones: []contact.Phone{
			{Number: "1", Type: "home"}, {Number: "2", Type: "Holiday home"}, {Number: "3", Type: "work"}, {Number: "4", Type: "telex"}, {Number: "1", Type: "work"},
		},
		Emails: []contact.Email{{Address: "a@x"}, {Address: "b@x"}, {Address: "c@x"}, {Address: "d@x", Name: "hidden"}},
	}
	// The place has no telex and a home number of its own kind, and three addresses.
	shown := &contact.Contact{
		Phones: []contact.Phone{{Number: "1", Type: "home"}, {Number: "2", Type: "other"}, {Number: "3", Type: "work"}},
		Emails: []contact.Email{{Address: "a@x"}, {Address: "b@x"}, {Address: "c@x"}},
	}
	text := stash(t, full, shown)
	edited := &contact.Contact{
		Phones: []contact.Phone{{Number: "2", Type: "other"}, {Number: "3 33", Type: "work"}, {Number: "5", Type: "mobile"}}, // one deleted, one edited, one new
		Emails: []contact.Email{{Address: "b@x"}, {Address: "a@x"}},
	}
	unstash(t, edited, text)
	want := &contact.Contact{
		Phones: []contact.Phone{{Number: "2", Type: "other"}, {Number: "3 33", Type: "work"}, {Number: "5", Type: "mobile"}, {Number: "4", Type: "telex"}, {Number: "1", Type: "work"}},
		Emails: []contact.Email{{Address: "b@x"}, {Address: "a@x"}, {Address: "d@x", Name: "hidden"}},
	}
	contacttest.Equal(t, edited, want)
}

// TestDisplayThatIsNotDerived: a display name that only seemed to be derived, from
// what little the place shows, comes back.
func TestDisplayThatIsNotDerived(t *testing.T) {
	full := &contact.Contact{Name: contact.Name{Display: "Acme", Given: "Ann"}, Organization: contact.Organization{Company: "Acme"}}
	shown := &contact.Contact{Organization: full.Organization}
	c := shown.Clone()
	unstash(t, c, stash(t, full, shown))
	contacttest.Equal(t, c, full)
}

func TestStashOfNothing(t *testing.T) {
	pairs(func(_ *rand.Rand, c, _ *contact.Contact) {
		if text := stash(t, c, c.Clone()); text != "" {
			t.Fatalf("stashed %s of a contact that is shown whole", text)
		}
	})
	withPhoto := &contact.Contact{Photo: contact.NewPhoto([]byte("x"))}
	if text := stash(t, withPhoto, &contact.Contact{}); text != "" {
		t.Errorf("stashed a photo: %s", text)
	}
	uid := &contact.Contact{UID: "u"}
	c := &contact.Contact{}
	unstash(t, c, stash(t, uid, c))
	if c.UID != "u" {
		t.Errorf("uid %q", c.UID)
	}
}

func TestUnstashRefuses(t *testing.T) {
	for _, text := range []string{"", "notes of the user", "{}", `{"v":2,"uid":"x"}`, `{"v":1,"uid":7}`, `{"v":1,"full":{"birthday":"1974-02-30"}}`, "null", "[]"} {
		c := &contact.Contact{UID: "mine", Notes: "a"}
		err := contact.Unstash(c, text)
		if err == nil || c.UID != "mine" || c.Notes != "a" {
			t.Errorf("%q: error %v, contact %s", text, err, asJSON(t, c))
		}
		if err != nil && text != "" && strings.Contains(err.Error(), "user") {
			t.Errorf("the error repeats the text: %v", err)
		}
	}
}

// FuzzUnstash: whatever stands in the place, nothing breaks and nothing that is
// there gets lost.
func FuzzUnstash(f *testing.F) {
	full := contacttest.Random(rand.New(rand.NewPCG(8, 8)))
	if text, err := contact.Stash(full, &contact.Contact{}); err == nil {
		f.Add(text)
	}
	f.Add(`{"v":1,"full":{"notes":"b"},"shown":{"notes":"x","phones":""},"hidden":{"phones":[-1,7],"notes":[0]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c := &contact.Contact{Notes: "a", Phones: []contact.Phone{{Number: "1", Type: "home"}}}
		if contact.Unstash(c, text) == nil && (c.Notes == "" || len(c.Phones) == 0) {
			// Only a stash whose hashes fit may replace them, and a fuzzer finds none.
			t.Errorf("%q removed something: %+v", text, c)
		}
	})
}
