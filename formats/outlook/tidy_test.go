package outlook

import (
	"bytes"
	"reflect"
	"regexp"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// TestUntidyTexts puts what normalising takes away into each string of a contact in turn,
// in every dialect: what is read is normalised all the same.
func TestUntidyTexts(t *testing.T) {
	texts := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	for _, d := range Dialects() {
		body, _, err := Create(newRandom(3).contact(), d)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range texts.FindAllIndex(body, -1) {
			for _, piece := range []string{" ", "\\t", "\\n", "\\r\\n", "\\u0000", "\u007f", "\ufeff", "\u00a0", "\u0085", "\xff", "ü", "\\u00fc ", "mailto:"} {
				for _, where := range []int{at[0] + 1, at[1] - 1} {
					page := bytes.Join([][]byte{[]byte(`{"value":[`), body[:where], []byte(piece), body[where:], []byte(`]}`)}, nil)
					p, err := DecodePage(page)
					if err != nil || len(p.Contacts) != 1 {
						continue // it was the name of a member that a contact cannot do without
					}
					c := p.Contacts[0]
					if want := contact.Normalize(c.Clone()); !reflect.DeepEqual(c, want) {
						t.Fatalf("%v: %q in %s: %v", d, piece, body[at[0]:at[1]], contact.Diff(c, want))
					}
				}
			}
		}
	}
}
