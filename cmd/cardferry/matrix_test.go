package main

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/files"
	"github.com/cardferry/cardferry/internal/roundtrip"
)

// variant is a format in one of its variants.
type variant struct {
	flags formatFlags
	whole bool // it keeps everything
}

func (v variant) String() string {
	f := v.flags
	return fmt.Sprint(f.format, f.vcardVersion, f.csvDialect, f.jsonDialect, f.jsonForm, f.forWhom)
}

// variants lists every variant of every format.
func variants() []variant {
	var all []variant
	for _, version := range vcardVersions {
		all = append(all, variant{formatFlags{format: "vcard", vcardVersion: version}, true})
	}
	for _, dialect := range csvDialects {
		all = append(all, variant{formatFlags{format: "csv", csvDialect: dialect}, dialect == "generic"})
	}
	for _, dialect := range jsonDialects {
		for _, form := range jsonForms {
			all = append(all, variant{formatFlags{format: "outlook-json", jsonDialect: dialect, jsonForm: form}, false})
		}
	}
	for _, name := range []string{"jsonl", "jcard", "jscontact"} {
		all = append(all, variant{formatFlags{format: name}, true})
	}
	return append(all, variant{formatFlags{format: "csv", forWhom: forExcel}, false})
}

// through sends contacts through a variant and fails for every difference that no loss
// names.
func through(t *testing.T, v variant, contacts iter.Seq2[*contact.Contact, error]) *roundtrip.Report {
	t.Helper()
	format, err := v.flags.table().ByName(v.flags.format)
	if err != nil {
		t.Fatal(err)
	}
	r, err := roundtrip.Through(t.Context(), contacts, format, t.TempDir(), func(r roundtrip.Result) {
		if len(r.Unnamed) > 0 || v.whole && len(r.Differ) > 0 {
			t.Errorf("%s: differs in %v, not named are %v, losses %v", r.At, r.Differ, r.Unnamed, r.Losses)
		}
	})
	if err != nil || r.Read != r.Whole+r.Differing+r.Failed {
		t.Fatalf("%+v, %v", r, err)
	}
	return r
}

// TestMatrixRandom sends random contacts, with every field and with few, through every
// variant of every format.
func TestMatrixRandom(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 7))
			through(t, v, func(yield func(*contact.Contact, error) bool) {
				for i := range 120 {
					c := contacttest.Sparse(rng)
					if i%2 == 0 {
						c = contacttest.Random(rng)
					}
					c.At = contact.Position{Unit: "random contact", Number: i + 1}
					if !yield(c, nil) {
						return
					}
				}
			})
		})
	}
}

// TestMatrixCorpus sends every contact of every file of the collection through every
// variant of every format.
func TestMatrixCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus of real files is not here")
	}
	if testing.Short() {
		t.Skip("takes a while")
	}
	plain := formatFlags{}
	reader := files.Reader{Table: plain.table()}
	var all []*contact.Contact
	bad := 0
	for c, err := range reader.Contacts(corpus) {
		switch {
		case formats.IsRecordError(err):
			bad++
		case err != nil:
			t.Fatal(err)
		default:
			all = append(all, c)
		}
	}
	if len(all) < 2500 || bad > 5 {
		t.Fatalf("%d contacts, %d bad records", len(all), bad)
	}
	for _, v := range variants() {
		t.Run(v.String(), func(t *testing.T) {
			r := through(t, v, func(yield func(*contact.Contact, error) bool) {
				for c := range slices.Values(all) {
					if !yield(c, nil) {
						return
					}
				}
			})
			t.Logf("%d contacts: %d came back whole, %d differ as named", r.Read, r.Whole, r.Differing)
		})
	}
}
