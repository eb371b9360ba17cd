package contact

import (
	"encoding/json"
	"maps"
	"slices"
)

// Field names a value of a contact by its JSON path: "name.given", "emails",
// "birthday". Bookkeeping (uid, id, key, folder, created, modified) is no field:
// it is never merged, diffed or lost.
type Field string

// definition is one row of the table from which merging, diffing, normalising
// and stashing work.
type definition struct {
	field Field
	empty func(c *Contact) bool
	equal func(a, b *Contact) bool
	set   func(dst, src *Contact)           // dst takes the value of src
	unite func(dst, src *Contact, win bool) // dst takes from src what it lacks; win: src overrules
	clean func(c *Contact)
	// missing returns the indexes of the items of src that dst has in no form;
	// nil for a field that is no list.
	missing func(dst, src *Contact) []int
	// keep reduces a list to the items with those indexes; nil for no list.
	keep func(c *Contact, indexes []int)
}

// Fields returns the names of all fields, in the order of the JSON form.
func Fields() []Field {
	names := make([]Field, len(table))
	for i := range table {
		names[i] = table[i].field
	}
	return names
}

// Has reports whether the field holds a value. An unknown field never does.
func (c *Contact) Has(f Field) bool {
	d := find(f)
	return d != nil && !d.empty(c)
}

// Set takes over the value of one field from src; lists are shared with src. An
// unknown field is left alone.
func (c *Contact) Set(f Field, src *Contact) {
	if d := find(f); d != nil {
		d.set(c, src)
	}
}

// Value returns the field's value as JSON text, "" when it is empty. It is
// personal data: show it to the owner, never log it.
func (c *Contact) Value(f Field) string {
	d := find(f)
	if d == nil || d.empty(c) {
		return ""
	}
	var only Contact
	d.set(&only, c)
	if only.Photo != nil && len(only.Photo.Data) > 0 {
		p := *only.Photo
		p.Data, only.Photo = nil, &p
	}
	text, err := json.Marshal(&only)
	if err != nil {
		return ""
	}
	return string(text)
}

func find(f Field) *definition {
	i, ok := index[f]
	if !ok {
		return nil
	}
	return &table[i]
}

var index = func() map[Field]int {
	m := make(map[Field]int, len(table))
	for i, d := range table {
		m[d.field] = i
	}
	return m
}()

var table = []definition{
	text("name.display", func(c *Contact) *string { return &c.Name.Display }, (*Contact).DerivedDisplay),
	text("name.prefix", func(c *Contact) *string { return &c.Name.Prefix }, nil),
	text("name.given", func(c *Contact) *string { return &c.Name.Given }, nil),
	text("name.middle", func(c *Contact) *string { return &c.Name.Middle }, nil),
	text("name.family", func(c *Contact) *string { return &c.Name.Family }, nil),
	text("name.suffix", func(c *Contact) *string { return &c.Name.Suffix }, nil),
	text("name.nickname", func(c *Contact) *string { return &c.Name.Nickname }, nil),
	text("name.initials", func(c *Contact) *string { return &c.Name.Initials }, nil),
	text("name.fileAs", func(c *Contact) *string { return &c.Name.FileAs }, (*Contact).DerivedFileAs),
	text("name.phoneticGiven", func(c *Contact) *string { return &c.Name.PhoneticGiven }, nil),
	text("name.phoneticMiddle", func(c *Contact) *string { return &c.Name.PhoneticMiddle }, nil),
	text("name.phoneticFamily", func(c *Contact) *string { return &c.Name.PhoneticFamily }, nil),
	text("organization.company", func(c *Contact) *string { return &c.Organization.Company }, nil),
	text("organization.phoneticCompany", func(c *Contact) *string { return &c.Organization.PhoneticCompany }, nil),
	text("organization.department", func(c *Contact) *string { return &c.Organization.Department }, nil),
	list("organization.units", func(c *Contact) *[]string { return &c.Organization.Units }, items[string]{
		ordered: true, equal: sameText, same: sameText, empty: isEmpty, clean: cleanInPlace}),
	text("organization.title", func(c *Contact) *string { return &c.Organization.Title }, nil),
	text("organization.profession", func(c *Contact) *string { return &c.Organization.Profession }, nil),
	text("organization.office", func(c *Contact) *string { return &c.Organization.Office }, nil),
	text("organization.manager", func(c *Contact) *string { return &c.Organization.Manager }, nil),
	text("organization.assistant", func(c *Contact) *string { return &c.Organization.Assistant }, nil),
	list("emails", func(c *Contact) *[]Email { return &c.Emails }, items[Email]{
		ordered: true, equal: Email.equal, same: Email.same, empty: Email.isEmpty, clean: (*Email).clean, join: (*Email).join}),
	list("phones", func(c *Contact) *[]Phone { return &c.Phones }, items[Phone]{
		equal: Phone.equal, same: Phone.same, empty: Phone.isEmpty, clean: (*Phone).clean, join: (*Phone).join}),
	list("addresses", func(c *Contact) *[]Address { return &c.Addresses }, items[Address]{
		equal: Address.equal, same: Address.same, empty: Address.isEmpty, clean: (*Address).clean, join: (*Address).join}),
	list("websites", func(c *Contact) *[]Website { return &c.Websites }, items[Website]{
		equal: Website.equal, same: Website.same, empty: Website.isEmpty, clean: (*Website).clean, join: (*Website).join}),
	list("ims", func(c *Contact) *[]IM { return &c.IMs }, items[IM]{
		equal: IM.equal, same: IM.same, empty: IM.isEmpty, clean: (*IM).clean, join: (*IM).join}),
	value("birthday", func(c *Contact) *Date { return &c.Birthday }, sameDate),
	value("anniversary", func(c *Contact) *Date { return &c.Anniversary }, sameDate),
	list("relations", func(c *Contact) *[]Relation { return &c.Relations }, items[Relation]{
		equal: Relation.equal, same: Relation.same, empty: Relation.isEmpty, clean: (*Relation).clean, join: (*Relation).join}),
	notes(),
	list("categories", func(c *Contact) *[]string { return &c.Categories }, items[string]{
		equal: sameText, same: sameText, empty: isEmpty, clean: cleanInPlace}),
	text("gender", func(c *Contact) *string { return &c.Gender }, nil),
	value("favorite", func(c *Contact) *bool { return &c.Favorite }, func(a, b bool) bool { return a == b }),
	value("flag", func(c *Contact) *Flag { return &c.Flag }, Flag.equal),
	value("photo", func(c *Contact) **Photo { return &c.Photo }, samePhoto),
	list("extra", func(c *Contact) *[]Extra { return &c.Extra }, items[Extra]{
		equal: Extra.equal, same: Extra.equal, empty: Extra.isEmpty, clean: func(*Extra) {}}),
}

// text defines a field of one string. derived, where given, is what stands in
// for an empty one: a service that fills it in has changed nothing.
func text(f Field, at func(*Contact) *string, derived func(*Contact) string) definition {
	return definition{
		field: f,
		empty: func(c *Contact) bool { return *at(c) == "" },
		equal: func(a, b *Contact) bool {
			x, y := *at(a), *at(b)
			if derived != nil && x != y {
				if x == "" {
					x = derived(a)
				}
				if y == "" {
					y = derived(b)
				}
			}
			return x == y
		},
		set: func(dst, src *Contact) { *at(dst) = *at(src) },
		unite: func(dst, src *Contact, win bool) {
			if v := *at(src); v != "" && (win || *at(dst) == "") {
				*at(dst) = v
			}
		},
		clean: func(c *Contact) { *at(c) = cleanText(*at(c)) },
	}
}

// notes is text whose blanks belong to it.
func notes() definition {
	d := text("notes", func(c *Contact) *string { return &c.Notes }, nil)
	d.clean = func(c *Contact) { c.Notes = cleanNotes(c.Notes) }
	return d
}

// value defines a field of one comparable value, empty when it is zero.
func value[T comparable](f Field, at func(*Contact) *T, equal func(a, b T) bool) definition {
	var zero T
	return definition{
		field: f,
		empty: func(c *Contact) bool { return *at(c) == zero },
		equal: func(a, b *Contact) bool { return equal(*at(a), *at(b)) },
		set:   func(dst, src *Contact) { *at(dst) = *at(src) },
		unite: func(dst, src *Contact, win bool) {
			if v := *at(src); v != zero && (win || *at(dst) == zero) {
				*at(dst) = v
			}
		},
		clean: func(*Contact) {},
	}
}

// items says how the items of a list behave. same: both mean one thing (one
// number written two ways); equal: they do not differ at all.
type items[T any] struct {
	ordered     bool // the order of the list has a meaning
	equal, same func(a, b T) bool
	empty       func(T) bool
	clean       func(*T)
	join        func(dst *T, src T, win bool) // nil: same items need no joining
}

func list[T any](f Field, at func(*Contact) *[]T, it items[T]) definition {
	return definition{
		field: f,
		empty: func(c *Contact) bool { return len(*at(c)) == 0 },
		equal: func(a, b *Contact) bool {
			if it.ordered {
				return slices.EqualFunc(*at(a), *at(b), it.equal)
			}
			return equalUnordered(*at(a), *at(b), it.equal)
		},
		set:   func(dst, src *Contact) { *at(dst) = *at(src) },
		unite: func(dst, src *Contact, win bool) { *at(dst) = it.unite(*at(dst), *at(src), win) },
		clean: func(c *Contact) { *at(c) = it.cleaned(*at(c)) },
		missing: func(dst, src *Contact) []int {
			var missing []int
			for i, v := range *at(src) {
				if !slices.ContainsFunc(*at(dst), func(w T) bool { return it.same(w, v) }) {
					missing = append(missing, i)
				}
			}
			return missing
		},
		keep: func(c *Contact, indexes []int) {
			all := *at(c)
			var kept []T
			for _, i := range indexes {
				if i >= 0 && i < len(all) {
					kept = append(kept, all[i])
				}
			}
			*at(c) = kept
		},
	}
}

func equalUnordered[T any](a, b []T, equal func(a, b T) bool) bool {
	if len(a) != len(b) {
		return false
	}
	if slices.EqualFunc(a, b, equal) { // the usual case, without bookkeeping
		return true
	}
	taken := make([]bool, len(b))
	for _, v := range a {
		found := false
		for j, w := range b {
			if !taken[j] && equal(v, w) {
				taken[j], found = true, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// unite returns a list that holds dst's items and those of src that dst lacks.
// Neither list is changed.
func (it items[T]) unite(dst, src []T, win bool) []T {
	united := dst
	copied := false
	own := func() {
		if !copied {
			united, copied = append(make([]T, 0, len(dst)+len(src)), dst...), true
		}
	}
	for _, v := range src {
		i := slices.IndexFunc(united, func(w T) bool { return it.equal(w, v) })
		if i >= 0 {
			continue
		}
		i = slices.IndexFunc(united, func(w T) bool { return it.same(w, v) })
		switch {
		case i < 0:
			own()
			united = append(united, v)
		case it.join != nil:
			own()
			it.join(&united[i], v, win)
		}
	}
	return united
}

// cleaned returns the list with its items cleaned, empty items and exact
// repetitions gone.
func (it items[T]) cleaned(all []T) []T {
	kept := all[:0]
	for i := range all {
		it.clean(&all[i])
		if it.empty(all[i]) || slices.ContainsFunc(kept, func(w T) bool { return it.equal(w, all[i]) }) {
			continue
		}
		kept = append(kept, all[i])
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func sameText(a, b string) bool { return a == b }
func isEmpty(s string) bool     { return s == "" }
func cleanInPlace(s *string)    { *s = cleanText(*s) }
func sameDate(a, b Date) bool   { return a == b }

func (f Flag) equal(g Flag) bool {
	return f.Status == g.Status && f.Start.Equal(g.Start) && f.Due.Equal(g.Due) && f.Completed.Equal(g.Completed)
}

func (p Params) equal(q Params) bool { return maps.EqualFunc(p, q, slices.Equal[[]string]) }
