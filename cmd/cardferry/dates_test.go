//go:build !race

// The time zone of the process is moved here, which goroutines of earlier tests may read.

package main

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/csv"
	"github.com/cardferry/cardferry/formats/vcard"
)

// A birthday is a day: it goes through every format and variant, with its year and
// without, in every zone that a computer can be in. What a format has no place for is a
// loss; it is never another day.
func TestDatesAreDates(t *testing.T) {
	defer func(local *time.Location) { time.Local = local }(time.Local)
	var variants []formatFlags
	for _, version := range vcardVersions {
		variants = append(variants, formatFlags{format: "vcard", vcardVersion: version})
	}
	for _, name := range vcard.Destinations() {
		variants = append(variants, formatFlags{format: "vcard", forWhom: name})
	}
	for _, dialect := range csv.Dialects() {
		variants = append(variants, formatFlags{format: "csv", csvDialect: dialect})
	}
	for _, dialect := range jsonDialects {
		variants = append(variants, formatFlags{format: "outlook-json", jsonDialect: dialect})
	}
	for _, name := range formatNames {
		if name != "vcard" && name != "csv" && name != "outlook-json" {
			variants = append(variants, formatFlags{format: name})
		}
	}
	dates := []contact.Date{{Year: 1974, Month: 7, Day: 22}, {Year: 2000, Month: 2, Day: 29}, {Year: 1969, Month: 12, Day: 31}, {Year: 1970, Month: 1, Day: 1},
		{Year: 1899, Month: 12, Day: 30}, {Year: 2024, Month: 3, Day: 31}, {Month: 2, Day: 29}, {Month: 12, Day: 31}, {Month: 1, Day: 1}}
	kept := map[string]int{}
	for hours := -12; hours <= 14; hours++ {
		time.Local = time.FixedZone(fmt.Sprintf("UTC%+d", hours), hours*3600)
		for _, variant := range variants {
			for _, d := range dates {
				name := fmt.Sprintf("%s%s%s%s%s", variant.format, variant.vcardVersion, variant.csvDialect, variant.jsonDialect, variant.forWhom)
				if throughFormat(t, name, variant, d) {
					kept[name]++
				}
			}
		}
	}
	for name, n := range kept {
		t.Logf("%-30s keeps %d of %d", name, n, 27*len(dates))
	}
}

// throughFormat reports whether the date came back, and fails if it is another one or
// is gone without a word.
func throughFormat(t *testing.T, name string, variant formatFlags, d contact.Date) bool {
	t.Helper()
	format, err := variant.table().ByName(variant.format)
	if err != nil {
		t.Fatal(err)
	}
	c := contact.Normalize(&contact.Contact{UID: "u", Name: contact.Name{Given: "Ann", Family: "Lee"}, Birthday: d, Anniversary: d})
	var text bytes.Buffer
	enc := format.NewEncoder(&text)
	losses, err := enc.Encode(c)
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	lost := func(f contact.Field) bool {
		return slices.ContainsFunc(losses, func(l contact.Loss) bool { return l.Root() == f })
	}
	n := 0
	for back, err := range format.NewDecoder(&text).All() {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n++
		for f, got := range map[contact.Field]contact.Date{"birthday": back.Birthday, "anniversary": back.Anniversary} {
			if got != d && (!got.IsZero() || !lost(f)) {
				t.Errorf("%s in %v: %s %v comes back as %v (losses %v)", name, time.Local, f, d, got, losses)
			}
		}
		if back.Birthday != d {
			return false
		}
	}
	if n != 1 {
		t.Errorf("%s: %d contacts", name, n)
	}
	return true
}
