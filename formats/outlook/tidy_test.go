package outlook

import (
	"bytes"
	"reflect"
	"regexp"
	"testing"
	"time"

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

// TestParseInstant: an instant is read as the standard library reads it.
func TestParseInstant(t *testing.T) {
	const usual = "2019-06-02T20:09:30Z"
	texts := []string{usual, "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2024-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2019-06-02T20:09:30.5Z",
		"2019-06-02T20:09:30+02:00", "2019-06-02 20:09:30Z", "2019-06-02T24:00:00Z", "2019-06-02T20:60:30Z", "2019-06-02T20:09:60Z", "2019-00-02T20:09:30Z", "2019-06-00T20:09:30Z", ""}
	for i := range usual {
		for _, c := range "/0159:TZ" {
			texts = append(texts, usual[:i]+string(c)+usual[i+1:])
		}
	}
	for _, text := range texts {
		want, wantErr := time.Parse(time.RFC3339Nano, text)
		got, err := parseInstant(text)
		if !got.Equal(want) || got.Location().String() != want.Location().String() || (err == nil) != (wantErr == nil) {
			t.Errorf("%q: %v, %v, want %v, %v", text, got, err, want, wantErr)
		}
	}
}
