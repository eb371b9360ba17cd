package roundtrip

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// lossy is a format of lines that holds the display name and, only in capitals, the notes.
// It names no loss of the notes, refuses the name "bad", and passes over empty lines.
func lossy() *formats.Format {
	return &formats.Format{Name: "lossy", Extensions: []string{".lossy"}, EmbedsPhotos: true,
		NewEncoder: func(w io.Writer) formats.Encoder { return lossyEncoder{w} },
		NewDecoder: func(r io.Reader) formats.Decoder { return lossyDecoder{r} }}
}

type lossyEncoder struct{ w io.Writer }

func (e lossyEncoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	if c.Name.Display == "bad" {
		return nil, formats.RecordErrorf(c.At, "refused")
	}
	line := c.Name.Display
	if c.Notes != "" {
		line += "|" + strings.ToUpper(c.Notes)
	}
	_, err := io.WriteString(e.w, line+"\n")
	var losses []contact.Loss
	if c.Gender != "" {
		losses = append(losses, contact.Loss{Field: "gender", Kind: contact.Dropped, Reason: "no place"})
	}
	return losses, err
}
func (e lossyEncoder) Close() error { return nil }

type lossyDecoder struct{ r io.Reader }

func (d lossyDecoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		text, _ := io.ReadAll(d.r)
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			name, notes, _ := strings.Cut(line, "|")
			if !yield(&contact.Contact{Name: contact.Name{Display: name}, Notes: notes}, nil) {
				return
			}
		}
	}
}

func TestThrough(t *testing.T) {
	contacts := func(yield func(*contact.Contact, error) bool) {
		for i := range 2 * chunkLen {
			c := &contact.Contact{Name: contact.Name{Display: "a"}, At: contact.Position{Unit: "n", Number: i}}
			switch i {
			case 3:
				c.Notes = "lower"
			case 5:
				c.Name.Display = "bad"
			case 7: // nothing of it is written: the file has a line less
				c.Name.Display, c.Gender = "", "female"
			case 9:
				c.Gender = "female"
			}
			if !yield(c, nil) || i == 11 && !yield(nil, formats.RecordErrorf(contact.Position{Number: 11}, "unreadable")) {
				return
			}
		}
	}
	var seen []string
	r, err := Through(t.Context(), contacts, lossy(), t.TempDir(), func(r Result) {
		what := "differs"
		if r.Err != nil {
			what = r.Err.Error()
		}
		seen = append(seen, strings.TrimSpace(r.At.String()+" "+what))
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Read != 401 || r.Whole != 396 || r.Differing != 3 || r.Failed != 2 || r.Unnamed != 1 {
		t.Errorf("%+v", r)
	}
	if n := *r.Fields["notes"]; n != (Count{Had: 1, Unnamed: 1}) {
		t.Errorf("notes %+v", n)
	}
	if n := *r.Fields["gender"]; n != (Count{Had: 2, Named: 2}) {
		t.Errorf("gender %+v", n)
	}
	if got := strings.Join(seen, ", "); !strings.Contains(got, "n 3 differs, n 5 refused, n 7 differs, n 9 differs") || !strings.Contains(got, "unreadable") {
		t.Error(got)
	}
	broken := func(yield func(*contact.Contact, error) bool) { yield(nil, errors.New("disk gone")) }
	if _, err := Through(t.Context(), broken, lossy(), t.TempDir(), nil); err == nil {
		t.Error("an error that ends the input is not returned")
	}
}
