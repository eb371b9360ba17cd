package contact_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

func TestDiffWithItself(t *testing.T) {
	pairs(func(rng *rand.Rand, a, b *contact.Contact) {
		if d := contact.Diff(a, a.Clone()); len(d) > 0 || !contact.Equal(a, a.Clone()) {
			t.Fatalf("a contact differs from itself in %v", d)
		}
		ab, ba := contact.Diff(a, b), contact.Diff(b, a)
		if !slices.Equal(ab, ba) {
			t.Fatalf("the difference depends on the order: %v and %v", ab, ba)
		}
		if contact.Equal(a, b) != (len(ab) == 0) {
			t.Fatalf("Equal contradicts Diff %v", ab)
		}
	})
}

// TestDiffFindsEachField empties one field at a time.
func TestDiffFindsEachField(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 50 {
		c := contacttest.Random(rng)
		for _, f := range contact.Fields() {
			cut := c.Clone()
			cut.Set(f, &contact.Contact{})
			if cut.Has(f) || !c.Has(f) {
				t.Fatalf("%s is not empty after it was emptied", f)
			}
			if d := contact.Diff(c, cut); !slices.Equal(d, []contact.Field{f}) {
				t.Fatalf("emptying %s made a difference in %v", f, d)
			}
			cut.Set(f, c)
			if d := contact.Diff(c, cut); len(d) > 0 {
				t.Fatalf("setting %s left a difference in %v", f, d)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	ann := contact.Name{Given: "Ann", Family: "Lee"}
	withDisplay, withOther := ann, ann
	withDisplay.Display, withDisplay.FileAs = "Ann Lee", "Lee, Ann"
	withOther.Display = "A. Lee"
	at := time.Date(2026, 7, 22, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		a, b contact.Contact
		want string
	}{
		{"bookkeeping", contact.Contact{UID: "1", ID: "2", Key: "3", Folder: "4", Created: at}, contact.Contact{}, ""},
		{"derived display", contact.Contact{Name: ann}, contact.Contact{Name: withDisplay}, ""},
		{"other display", contact.Contact{Name: ann}, contact.Contact{Name: withOther}, "name.display"},
		{"order of emails", contact.Contact{Emails: []contact.Email{{Address: "a"}, {Address: "b"}}},
			contact.Contact{Emails: []contact.Email{{Address: "b"}, {Address: "a"}}}, "emails"},
		{"order of phones", contact.Contact{Phones: []contact.Phone{{Number: "1"}, {Number: "2"}, {Number: "2"}}},
			contact.Contact{Phones: []contact.Phone{{Number: "2"}, {Number: "1"}, {Number: "2"}}}, ""},
		{"count of phones", contact.Contact{Phones: []contact.Phone{{Number: "1"}, {Number: "2"}, {Number: "2"}}},
			contact.Contact{Phones: []contact.Phone{{Number: "1"}, {Number: "1"}, {Number: "2"}}}, "phones"},
		{"type of a phone", contact.Contact{Phones: []contact.Phone{{Number: "1"}}}, contact.Contact{Phones: []contact.Phone{{Number: "1", Type: "home"}}}, "phones"},
		{"order of units", contact.Contact{Organization: contact.Organization{Units: []string{"a", "b"}}},
			contact.Contact{Organization: contact.Organization{Units: []string{"b", "a"}}}, "organization.units"},
		{"zone of a flag", contact.Contact{Flag: contact.Flag{Due: at}}, contact.Contact{Flag: contact.Flag{Due: at.In(time.FixedZone("", 3600))}}, ""},
		{"photos", contact.Contact{Photo: contact.NewPhoto([]byte("a"))}, contact.Contact{Photo: contact.NewPhoto([]byte("b"))}, "photo"},
		{"photo not fetched", contact.Contact{Photo: contact.NewPhoto([]byte("a"))}, contact.Contact{Photo: &contact.Photo{}}, ""},
		{"photo and none", contact.Contact{Photo: &contact.Photo{}}, contact.Contact{}, "photo"},
		{"photos on the web", contact.Contact{Photo: &contact.Photo{URL: "a"}}, contact.Contact{Photo: &contact.Photo{URL: "b"}}, "photo"},
		{"empty params", contact.Contact{Emails: []contact.Email{{Address: "a", Params: contact.Params{}}}}, contact.Contact{Emails: []contact.Email{{Address: "a"}}}, ""},
	}
	for _, test := range tests {
		var names []string
		for _, f := range contact.Diff(&test.a, &test.b) {
			names = append(names, string(f))
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: differ in %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPatch(t *testing.T) {
	old := &contact.Contact{Notes: "a", Gender: "female", Photo: contact.NewPhoto([]byte("a"))}
	changed := &contact.Contact{Notes: "b", Gender: "female", Favorite: true}
	p := contact.NewPatch(old, changed)
	if !slices.Equal(p.Fields, []contact.Field{"notes", "favorite"}) || p.Empty() || p.Old != old || p.New != changed {
		t.Errorf("patch of %v", p.Fields)
	}
	if p := contact.NewPatch(old, &contact.Contact{Notes: "a", Gender: "female"}); !p.Empty() {
		t.Errorf("a photo alone makes a patch of %v", p.Fields)
	}
}

// TestFieldsAreJSONPaths: a field's name is the path of its value in the JSON form.
func TestFieldsAreJSONPaths(t *testing.T) {
	c := contacttest.Random(rand.New(rand.NewPCG(6, 6)))
	for _, f := range contact.Fields() {
		var value any
		if err := json.Unmarshal([]byte(c.Value(f)), &value); err != nil {
			t.Errorf("%s: %v in %q", f, err, c.Value(f))
			continue
		}
		for _, name := range strings.Split(string(f), ".") {
			object, _ := value.(map[string]any)
			if len(object) != 1 {
				t.Errorf("%s: its value has %d members", f, len(object))
			}
			value = object[name]
		}
		if value == nil {
			t.Errorf("%s: not there in %q", f, c.Value(f))
		}
	}
	if strings.Contains(c.Value("photo"), `"data"`) || c.Photo.Data == nil {
		t.Error("the value of a photo is to go without its bytes, which stay where they are")
	}
}

func TestUnknownField(t *testing.T) {
	c := contacttest.Random(rand.New(rand.NewPCG(7, 7)))
	if c.Has("shoeSize") || c.Value("shoeSize") != "" || c.Value("emails[0]") != "" {
		t.Error("an unknown field has a value")
	}
	before := asJSON(t, c)
	if c.Set("shoeSize", &contact.Contact{}); asJSON(t, c) != before {
		t.Error("setting an unknown field changed something")
	}
	if (&contact.Contact{}).Value("notes") != "" {
		t.Error("an empty field has a value")
	}
}
