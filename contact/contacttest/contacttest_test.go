package contacttest_test

import (
	"bytes"
	"encoding/json"
	"image"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

func TestRandomFillsEveryField(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		c := contacttest.Random(rng)
		for _, f := range contact.Fields() {
			if !c.Has(f) {
				t.Fatalf("%s is empty", f)
			}
		}
		if c.UID == "" || c.ID == "" || c.Version == "" || c.Key == "" || c.Folder == "" || c.Created.IsZero() || c.Modified.IsZero() {
			t.Fatalf("bookkeeping is not filled: %+v", c)
		}
		if _, _, err := image.Decode(bytes.NewReader(c.Photo.Data)); err != nil {
			t.Fatalf("photo of type %s: %v", c.Photo.MediaType, err)
		}
	}
}

func TestRandomIsNormalised(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		c := contacttest.Random(rng)
		again := contact.Normalize(c.Clone())
		if !reflect.DeepEqual(again, c) {
			contacttest.Equal(t, again, c)
			t.Fatal("normalising changed the contact")
		}
	}
}

func TestRandomIsRepeatable(t *testing.T) {
	a, b := contacttest.Random(rand.New(rand.NewPCG(5, 6))), contacttest.Random(rand.New(rand.NewPCG(5, 6)))
	if !reflect.DeepEqual(a, b) {
		t.Error("two contacts of one seed differ")
	}
	if c := contacttest.Random(rand.New(rand.NewPCG(5, 7))); contact.Equal(a, c) {
		t.Error("two contacts of two seeds are equal")
	}
}

func TestRandomDatesAndExtras(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		c := contacttest.Random(rng)
		if got, err := contact.ParseDate(c.Birthday.String()); err != nil || got != c.Birthday {
			t.Errorf("birthday %v: parsed as %v, %v", c.Birthday, got, err)
		}
		for _, x := range c.Extra {
			switch x.Origin {
			case "vcard":
				if strings.ContainsAny(x.Value, "\r\n") {
					t.Errorf("%s: raw line break in %q", x.Name, x.Value)
				}
			case "outlook", "jsonl":
				if !json.Valid([]byte(x.Value)) {
					t.Errorf("%s: not JSON: %q", x.Name, x.Value)
				}
			}
		}
	}
}

func TestSparse(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	filled := 0
	for range 100 {
		c := contacttest.Sparse(rng)
		for _, f := range contact.Fields() {
			if c.Has(f) {
				filled++
			}
		}
	}
	if share := float64(filled) / float64(100*len(contact.Fields())); share < 0.4 || share > 0.6 {
		t.Errorf("%.0f %% of the fields are filled, want about half", 100*share)
	}
}

// recorder counts what a helper reports instead of failing.
type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.errors++ }

func TestEqual(t *testing.T) {
	c := contacttest.Random(rand.New(rand.NewPCG(11, 12)))
	changed := c.Clone()
	changed.UID, changed.Key, changed.Folder = "x", "y", "z"
	changed.Name.Given, changed.Birthday, changed.Emails = "Bob", contact.Date{}, nil
	tests := []struct {
		name      string
		got, want *contact.Contact
		errors    int
	}{
		{"itself", c, c.Clone(), 0},
		{"six changes", changed, c, 6},
		{"nil and contact", nil, c, 1},
		{"nil twice", nil, nil, 0},
	}
	for _, test := range tests {
		r := &recorder{TB: t}
		contacttest.Equal(r, test.got, test.want)
		if r.errors != test.errors {
			t.Errorf("%s: %d errors, want %d", test.name, r.errors, test.errors)
		}
	}
}
