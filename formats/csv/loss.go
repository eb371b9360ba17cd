package csv

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// What a row could not keep is found by reading the row back and comparing, value
// by value: so no loss is forgotten when a layout changes.

// comparison compares contacts with what rows kept of them.
type comparison struct {
	datesNeedYears                             bool
	noColumn, noPlace, filledIn, inUnknownYear string // reasons
	losses                                     []contact.Loss
	before, after                              parts // the items of the list at hand
	match                                      []int
	taken                                      []bool
}

func newComparison(dialect string) *comparison {
	return &comparison{
		datesNeedYears: dialect == "outlook" || dialect == "outlook-com",
		noColumn:       "no column is left for it in the " + dialect + " layout",
		noPlace:        "a part has no place in the " + dialect + " layout",
		filledIn:       "filled in by the " + dialect + " layout",
		inUnknownYear:  fmt.Sprintf("written in the year %d, as no date is without one", unknownYear),
	}
}

// of names every difference between c and back, as it is read from its row. It
// normalises of back what it looks at.
func (cmp *comparison) of(c, back *contact.Contact) []contact.Loss {
	cmp.losses = cmp.losses[:0]
	if d := c.Birthday; cmp.datesNeedYears && d.Year == 0 && d.Day != 0 {
		cmp.add("birthday", contact.Moved, cmp.inUnknownYear)
	}
	if d := c.Anniversary; cmp.datesNeedYears && d.Year == 0 && d.Day != 0 {
		cmp.add("anniversary", contact.Moved, cmp.inUnknownYear)
	}
	for _, f := range contact.NormalizeDiff(c, back) {
		n := len(cmp.losses)
		if cmp.field(f, c, back); len(cmp.losses) == n {
			cmp.add(f, contact.Moved, "reads back in another order or form")
		}
	}
	return slices.Clone(cmp.losses)
}

func (cmp *comparison) add(f contact.Field, kind contact.LossKind, reason string) {
	cmp.losses = append(cmp.losses, contact.Loss{Field: f, Kind: kind, Reason: reason})
}

// field names what of one field that differs is not as it was.
func (cmp *comparison) field(f contact.Field, c, back *contact.Contact) {
	if before, isList := cmp.before.of(c, f); isList {
		after, _ := cmp.after.of(back, f)
		cmp.items(f, before, after, &back.Organization)
		return
	}
	switch {
	case !c.Has(f):
	case !back.Has(f):
		cmp.add(f, contact.Dropped, cmp.noColumn)
	case f == "photo":
		cmp.add(f, contact.Truncated, "a row names one place of a picture")
	default:
		kind, reason := cmp.change(textOf(c, f), textOf(back, f))
		cmp.add(f, kind, reason)
	}
}

// textOf returns the text of a field that is no list.
func textOf(c *contact.Contact, f contact.Field) string {
	if text := texts[string(f)]; text != nil {
		return *text(c)
	}
	switch f {
	case "birthday":
		return c.Birthday.String()
	case "anniversary":
		return c.Anniversary.String()
	}
	return c.Value(f)
}

// change names what became of a value that reads back as another one.
func (cmp *comparison) change(was, is string) (contact.LossKind, string) {
	switch {
	case is == "":
		return contact.Dropped, cmp.noColumn
	case was != "" && strings.Contains(is, was):
		return contact.Moved, "stands together with other text"
	case strings.Contains(was, is):
		return contact.Truncated, cmp.noPlace
	}
	return contact.Moved, "reads back in another form"
}

// items names the items of a list that are gone, and of those that are still there
// the members that are not as they were.
func (cmp *comparison) items(f contact.Field, before, after []part, o *contact.Organization) {
	names := memberNames[f]
	for i, j := range cmp.matches(before, after, names) {
		switch b := before[i]; {
		case j >= 0 && b.equal(after[j]):
		case j >= 0:
			cmp.members(itemField(f, i), b, after[j], names)
		case b.standsIn(after, names, names), f == "relations" && b.standsIn(organization(o), names, nil):
			cmp.add(itemField(f, i), contact.Moved, "stands in another place")
		default:
			cmp.add(itemField(f, i), contact.Dropped, cmp.noColumn)
		}
	}
}

func itemField(f contact.Field, i int) contact.Field {
	return f + "[" + contact.Field(strconv.Itoa(i)) + "]"
}

// matches returns for every item of before the index of what became of it in
// after, -1 if nothing did: first the equal ones, then the most similar.
func (cmp *comparison) matches(before, after []part, names []string) []int {
	cmp.match, cmp.taken = cmp.match[:0], append(cmp.taken[:0], make([]bool, len(after))...)
	for _, b := range before {
		j := slices.IndexFunc(after, b.equal)
		if j >= 0 && cmp.taken[j] {
			j = -1
		}
		if j >= 0 {
			cmp.taken[j] = true
		}
		cmp.match = append(cmp.match, j)
	}
	for i, b := range before {
		if cmp.match[i] >= 0 {
			continue
		}
		best := 0
		for j, a := range after {
			if n := a.likeness(b, names); !cmp.taken[j] && n > best {
				best, cmp.match[i] = n, j
			}
		}
		if j := cmp.match[i]; j >= 0 {
			cmp.taken[j] = true
		}
	}
	return cmp.match
}

// members names the members in which two items differ: those that were there, then
// those that were not.
func (cmp *comparison) members(at contact.Field, before, after part, names []string) {
	for i, name := range names {
		was, is := before.texts[i], after.texts[i]
		switch {
		case name == "params":
			cmp.params(at, before.params, after.params)
		case was == "" || was == is:
		case is == "" && !isRole(name) && hasText([]part{after}, names, was):
			cmp.add(member(at, name), contact.Moved, "stands in another place")
		default:
			kind, reason := cmp.change(was, is)
			cmp.add(member(at, name), kind, reason)
		}
	}
	for i, name := range names {
		if before.texts[i] == "" && after.texts[i] != "" || name == "params" && len(before.params) == 0 && len(after.params) > 0 {
			cmp.add(member(at, name), contact.Moved, cmp.filledIn)
		}
	}
}

func (cmp *comparison) params(at contact.Field, before, after contact.Params) {
	switch {
	case len(before) == 0 || sameParams(before, after):
	case len(after) == 0:
		cmp.add(member(at, "params"), contact.Dropped, cmp.noColumn)
	default:
		cmp.add(member(at, "params"), contact.Moved, "reads back in another form")
	}
}

func member(at contact.Field, name string) contact.Field { return at + "." + contact.Field(name) }
