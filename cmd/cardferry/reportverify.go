package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/compare"
)

// What a report page says of a comparison.

func (p *reportPage) addDifference(d difference) {
	var values []string
	for _, v := range d.Values {
		if len(v.a)+len(v.b) == 0 {
			continue // a photo
		}
		values = append(values, fieldLabel(v.Field)+": "+strings.Join(v.a, "; ")+" | "+strings.Join(v.b, "; "))
	}
	what := d.Error
	switch {
	case d.Error != "":
	case d.B == "":
		what = "only in the first"
	case d.A == "":
		what = "only in the second"
	default:
		what = "differ in " + labels(d.Fields)
	}
	p.row(listDifferent, d.pos, d.A, d.B, displayName(d.who), what, strings.Join(values, "\n"))
}

func (p *reportPage) describeVerify(d *pageData, s verifySummary) {
	d.Title = "Verify: " + baseName(s.First) + " and " + baseName(s.Second)
	switch different := s.Different + s.OnlyA + s.OnlyB + s.Unreadable; {
	case s.Error != "":
		d.Verdict = verdict{"The comparison stopped", "bad", []string{sentence(s.Error)}}
	case different > 0:
		d.Verdict = verdict{"The two ends differ", "warn", nil}
	default:
		d.Verdict = verdict{"The two ends are equal, field by field", "good", []string{sentence(count(s.A, "contact") + " on each side")}}
	}
	pairs := []tile{{s.Equal, "equal pairs", "created"}, {s.Different, "differ", "review"}}
	d.Tiles = append(append([]tile{{s.A, "in the first", ""}, {s.B, "in the second", ""}}, pairs...),
		tile{s.OnlyA, "only in the first", "failed"}, tile{s.OnlyB, "only in the second", "failed"}, tile{s.Unreadable, "unreadable", "failed"})
	if s.A+s.B > 0 {
		d.Equation = fmt.Sprintf("%d in the first = %d equal + %d different + %d only there; %d in the second = %d equal + %d different + %d only there",
			s.A, s.Equal, s.Different, s.OnlyA, s.B, s.Equal, s.Different, s.OnlyB)
	}
	if len(s.Fields) > 0 {
		l := listView{Title: "Fields that differ", Head: []string{"field", "pairs"}}
		for _, f := range slices.SortedFunc(maps.Keys(s.Fields), func(a, b string) int {
			return cmp.Or(-cmp.Compare(s.Fields[a], s.Fields[b]), cmp.Compare(a, b))
		}) {
			l.Rows = append(l.Rows, row{Cells: []cell{{fieldLabel(contact.Field(f)), ""}, {fmt.Sprint(s.Fields[f]), "num"}}})
		}
		d.Lists = append(d.Lists, l)
	}
	p.list(d, listDifferent, "Differences", "", "in the first", "in the second", "who", "what", "values")
}

// readable is a field's value in words, of the pseudo-field for folders too.
func readable(c *contact.Contact, f contact.Field) []string {
	if f == compare.Folder {
		return []string{string(c.Folder)}
	}
	return fieldValues(c, f)
}
