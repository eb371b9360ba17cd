package contact_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

var policies = []contact.Policy{contact.Fill, contact.Update, contact.Replace}

// crowded returns a contact whose values come from so few that two of them have
// much in common, in part or as a whole, and lists repeat themselves.
func crowded(rng *rand.Rand) *contact.Contact {
	pick := func(choices ...string) string { return choices[rng.IntN(len(choices))] }
	flip := func() bool { return rng.IntN(3) == 0 }
	params := func() contact.Params {
		if !flip() {
			return nil
		}
		return contact.Params{pick("A", "B"): {pick("1", "2")}}
	}
	c := &contact.Contact{
		UID:      pick("", "u1", "u2"),
		Name:     contact.Name{Display: pick("", "Ann Lee", "Bob"), Given: pick("", "Ann", "Bob"), Family: pick("", "Lee"), FileAs: pick("", "Lee, Ann", "Ann")},
		Birthday: contact.Date{Year: rng.IntN(2) * 1974, Month: 7, Day: 22},
		Notes:    pick("", "a", "b"),
		Favorite: flip(),
	}
	c.Organization.Company = pick("", "Acme", "Ann Lee")
	kind := func() string { return pick("", "home", "work", "custom") }
	for range rng.IntN(4) {
		c.Emails = append(c.Emails, contact.Email{Address: pick("", "a@x", "A@x", "b@x"), Name: pick("", "Ann", "Bob"), Type: kind(), Preferred: flip(), Params: params()})
		c.Phones = append(c.Phones, contact.Phone{Number: pick("1 2", "12", "+12"), Type: kind(), Preferred: flip(), Params: params()})
		c.Addresses = append(c.Addresses, contact.Address{Type: kind(), Street: pick("", "S", "s", "T"), City: pick("", "C", "D"), Label: pick("", "", "L", "M"), Preferred: flip()})
		c.Websites = append(c.Websites, contact.Website{URL: pick("u", "v"), Name: pick("", "n", "m"), Type: kind()})
		c.IMs = append(c.IMs, contact.IM{Address: pick("i", "I", "j"), Type: kind()})
		c.Relations = append(c.Relations, contact.Relation{Name: pick("r", "s"), Type: kind(), Params: params()})
		c.Categories = append(c.Categories, pick("x", "y", "z"))
		c.Extra = append(c.Extra, contact.Extra{Origin: pick("vcard", "csv"), Name: pick("X", "Y"), Value: pick("1", "2")})
	}
	if flip() {
		c.Photo = contact.NewPhoto([]byte(pick("p", "q")))
	}
	return contact.Normalize(c)
}

// pairs calls f with pairs of contacts of every kind.
func pairs(f func(rng *rand.Rand, a, b *contact.Contact)) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 400 {
		f(rng, crowded(rng), crowded(rng))
	}
	for range 15 {
		c := contacttest.Random(rng)
		f(rng, c, contacttest.Random(rng))
		f(rng, c, contacttest.Sparse(rng))
		f(rng, contacttest.Sparse(rng), c)
	}
}

func asJSON(t *testing.T, c *contact.Contact) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMergeTwice: what has been merged, merges into nothing new.
func TestMergeTwice(t *testing.T) {
	for _, policy := range policies {
		t.Run(string(policy), func(t *testing.T) {
			pairs(func(_ *rand.Rand, stored, incoming *contact.Contact) {
				before, other := asJSON(t, stored), asJSON(t, incoming)
				once := contact.Merge(stored, incoming, policy)
				if asJSON(t, stored) != before || asJSON(t, incoming) != other {
					t.Fatal("Merge changed its arguments")
				}
				if got := contact.Normalize(once.Clone()); asJSON(t, got) != asJSON(t, once) {
					t.Fatalf("not normalised: %s", asJSON(t, once))
				}
				twice := contact.Merge(once, incoming, policy)
				if asJSON(t, twice) != asJSON(t, once) {
					t.Fatalf("stored   %s\nincoming %s\nonce     %s\ntwice    %s", before, other, asJSON(t, once), asJSON(t, twice))
				}
			})
		})
	}
}

func TestMergeWithItself(t *testing.T) {
	pairs(func(_ *rand.Rand, c, _ *contact.Contact) {
		for _, policy := range policies {
			if got := contact.Merge(c, c, policy); asJSON(t, got) != asJSON(t, c) {
				t.Fatalf("%s: %s\nbecame %s", policy, asJSON(t, c), asJSON(t, got))
			}
		}
	})
}

// TestFillKeepsWhatIsStored: every text, number and item of stored is where it was.
func TestFillKeepsWhatIsStored(t *testing.T) {
	pairs(func(_ *rand.Rand, stored, incoming *contact.Contact) {
		merged := contact.Merge(stored, incoming, contact.Fill)
		if lost := overwritten(reflect.ValueOf(*stored), reflect.ValueOf(*merged), "contact"); lost != "" {
			t.Fatalf("%s\nstored   %s\nincoming %s\nmerged   %s", lost, asJSON(t, stored), asJSON(t, incoming), asJSON(t, merged))
		}
	})
}

// overwritten names a value that is not zero in a and another in b.
func overwritten(a, b reflect.Value, path string) string {
	switch {
	case a.IsZero():
		return ""
	case a.Kind() == reflect.Pointer:
		return overwritten(a.Elem(), b.Elem(), path)
	case a.Kind() == reflect.Struct && a.Type() != reflect.TypeFor[contact.Date]() && a.NumField() > 0 && a.Type().Field(0).IsExported():
		for i := range a.NumField() {
			if lost := overwritten(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name); lost != "" {
				return lost
			}
		}
	case a.Kind() == reflect.Slice && b.Len() >= a.Len():
		for i := range a.Len() {
			if lost := overwritten(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i)); lost != "" {
				return lost
			}
		}
	case a.Kind() == reflect.Map:
		for _, key := range a.MapKeys() {
			if !b.MapIndex(key).IsValid() {
				return path + " has lost a key"
			}
			if lost := overwritten(a.MapIndex(key), b.MapIndex(key), path+"[]"); lost != "" {
				return lost
			}
		}
	case !reflect.DeepEqual(a.Interface(), b.Interface()):
		return path + " was overwritten"
	}
	return ""
}

// TestMergeBringsEverything: of each list, every item of both sides is there in
// some form, and every field that one side had is filled.
func TestMergeBringsEverything(t *testing.T) {
	pairs(func(_ *rand.Rand, stored, incoming *contact.Contact) {
		for _, policy := range []contact.Policy{contact.Fill, contact.Update} {
			merged := contact.Merge(stored, incoming, policy)
			have := identities(merged)
			for _, id := range append(identities(stored), identities(incoming)...) {
				if !slices.Contains(have, id) {
					t.Fatalf("%s lost %s\nstored   %s\nincoming %s\nmerged   %s", policy, id, asJSON(t, stored), asJSON(t, incoming), asJSON(t, merged))
				}
			}
			for _, f := range contact.Fields() {
				if (stored.Has(f) || incoming.Has(f)) != merged.Has(f) {
					t.Fatalf("%s: %s is filled: %v", policy, f, merged.Has(f))
				}
			}
		}
	})
}

// identities returns what tells each item of the contact's lists from others.
func identities(c *contact.Contact) []string {
	var all []string
	for _, v := range c.Emails {
		if v.Address == "" {
			all = append(all, "email of "+v.Name)
		}
		all = append(all, "email "+contact.Rules{}.EmailKey(v.Address))
	}
	for _, v := range c.Phones {
		all = append(all, "phone "+contact.PhoneKey(v.Number))
		if v.Type != "" {
			all = append(all, "phone "+v.Type+" "+contact.PhoneKey(v.Number))
		}
	}
	for _, v := range c.Addresses {
		all = append(all, "label "+v.Label)
	}
	for _, v := range c.Websites {
		all = append(all, "website "+v.URL)
	}
	for _, v := range c.Relations {
		all = append(all, "relation "+v.Name+v.Type)
		all = append(all, "relation "+v.Name)
	}
	for _, v := range c.Categories {
		all = append(all, "category "+v)
	}
	for _, v := range c.Extra {
		all = append(all, "extra "+v.Origin+v.Name+v.Value)
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "label " || s == "email " })
}

func TestMergePolicies(t *testing.T) {
	stored := &contact.Contact{
		UID: "stored", ID: "1", Folder: "A",
		Name:       contact.Name{Given: "Ann"},
		Emails:     []contact.Email{{Address: "Ann@x", Type: "home"}},
		Phones:     []contact.Phone{{Number: "030 12", Type: "home"}, {Number: "99"}},
		Categories: []string{"x"},
		Photo:      contact.NewPhoto([]byte("old")),
		Notes:      "old",
	}
	incoming := &contact.Contact{
		UID: "incoming", ID: "2", Folder: "B",
		Name:       contact.Name{Given: "Anna", Family: "Lee"},
		Emails:     []contact.Email{{Address: "ann@x", Type: "work", Name: "Ann"}, {Address: "b@x"}},
		Phones:     []contact.Phone{{Number: "03012", Type: "home"}, {Number: "99", Type: "work"}},
		Categories: []string{"y", "x"},
	}
	tests := map[contact.Policy]contact.Contact{
		contact.Fill: {
			Name:   contact.Name{Given: "Ann", Family: "Lee"},
			Emails: []contact.Email{{Address: "Ann@x", Type: "home", Name: "Ann"}, {Address: "b@x"}},
			Phones: []contact.Phone{{Number: "030 12", Type: "home"}, {Number: "99", Type: "work"}}, Categories: []string{"x", "y"}, Notes: "old",
		},
		contact.Update: {
			Name:   contact.Name{Given: "Anna", Family: "Lee"},
			Emails: []contact.Email{{Address: "ann@x", Type: "work", Name: "Ann"}, {Address: "b@x"}},
			Phones: []contact.Phone{{Number: "03012", Type: "home"}, {Number: "99", Type: "work"}}, Categories: []string{"x", "y"}, Notes: "old",
		},
		contact.Replace: {
			Name:   contact.Name{Given: "Anna", Family: "Lee"},
			Emails: incoming.Emails, Phones: incoming.Phones, Categories: incoming.Categories,
		},
	}
	for policy, want := range tests {
		want.UID, want.ID, want.Folder, want.Photo = "stored", "1", "A", stored.Photo
		t.Run(string(policy), func(t *testing.T) {
			got := contact.Merge(stored, incoming, policy)
			if asJSON(t, got) != asJSON(t, &want) {
				t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, &want))
			}
		})
	}
	if got := contact.Merge(&contact.Contact{}, incoming, contact.Fill); got.UID != "incoming" || got.ID != "" {
		t.Errorf("uid %q, id %q", got.UID, got.ID)
	}
}
