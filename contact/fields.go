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
	set   func(dst, src *Contact)                    // dst takes the value of src
	unite func(dst, src *Contact, win bool, r Rules) // dst takes from src what it lacks; win: src overrules
	clean func(c *Contact)
	tidy  func(c *Contact) // clean, for one whose texts are clean; nil: nothing is left to do
	// derived says that an empty value stands for one that follows from other fields.
	derived bool
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

// Empty reports whether the contact has no field at all.
func (c *Contact) Empty() bool {
	for i := range table {
		if !table[i].empty(c) {
			return false
		}
	}
	return true
}

// Set takes over the value of one field from src, or the UID; lists are shared with
// src. An unknown field is left alone.
func (c *Contact) Set(f Field, src *Contact) {
	if f == FieldUID {
		c.UID = src.UID
	} else if d := find(f); d != nil {
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
		ordered: true, equal: sameText, alike: exactly(sameText), empty: isEmpty, clean: cleanInPlace}),
	text("organization.title", func(c *Contact) *string { return &c.Organization.Title }, nil),
	text("organization.profession", func(c *Contact) *string { return &c.Organization.Profession }, nil),
	text("organization.office", func(c *Contact) *string { return &c.Organization.Office }, nil),
	text("organization.manager", func(c *Contact) *string { return &c.Organization.Manager }, nil),
	text("organization.assistant", func(c *Contact) *string { return &c.Organization.Assistant }, nil),
	list("emails", func(c *Contact) *[]Email { return &c.Emails }, items[Email]{
		ordered: true, equal: Email.equal, alike: Rules.sameEmail, empty: Email.isEmpty, clean: (*Email).clean, settle: (*Email).settle, join: (*Email).join, kind: (*Email).kind}),
	list("phones", func(c *Contact) *[]Phone { return &c.Phones }, items[Phone]{
		equal: Phone.equal, alike: Rules.samePhone, empty: Phone.isEmpty, clean: (*Phone).clean, join: (*Phone).join, kind: (*Phone).kind}),
	list("addresses", func(c *Contact) *[]Address { return &c.Addresses }, items[Address]{
		equal: Address.equal, alike: Rules.sameAddress, empty: Address.isEmpty, clean: (*Address).clean, join: (*Address).join, kind: (*Address).kind}),
	list("websites", func(c *Contact) *[]Website { return &c.Websites }, items[Website]{
		equal: Website.equal, alike: Rules.sameWebsite, empty: Website.isEmpty, clean: (*Website).clean, join: (*Website).join, kind: (*Website).kind}),
	list("ims", func(c *Contact) *[]IM { return &c.IMs }, items[IM]{
		equal: IM.equal, alike: Rules.sameIM, empty: IM.isEmpty, clean: (*IM).clean, join: (*IM).join, kind: (*IM).kind}),
	value("birthday", func(c *Contact) *Date { return &c.Birthday }, sameDate),
	value("anniversary", func(c *Contact) *Date { return &c.Anniversary }, sameDate),
	list("relations", func(c *Contact) *[]Relation { return &c.Relations }, items[Relation]{
		equal: Relation.equal, alike: Rules.sameRelation, empty: Relation.isEmpty, clean: (*Relation).clean, join: (*Relation).join, kind: (*Relation).kind}),
	notes(),
	list("categories", func(c *Contact) *[]string { return &c.Categories }, items[string]{
		equal: sameText, alike: Rules.sameFold, empty: isEmpty, clean: cleanInPlace}),
	text("gender", func(c *Contact) *string { return &c.Gender }, nil),
	value("favorite", func(c *Contact) *bool { return &c.Favorite }, func(a, b bool) bool { return a == b }),
	value("flag", func(c *Contact) *Flag { return &c.Flag }, Flag.equal),
	value("photo", func(c *Contact) **Photo { return &c.Photo }, samePhoto),
	list("extra", func(c *Contact) *[]Extra { return &c.Extra }, items[Extra]{
		equal: Extra.equal, alike: exactly(Extra.equal), empty: Extra.isEmpty, clean: (*Extra).clean}),
}

// text defines a field of one string. derived, where given, is what stands in
// for an empty one: a service that fills it in has changed nothing.
func text(f Field, at func(*Contact) *string, derived func(*Contact) string) definition {
	return definition{
		field:   f,
		derived: derived != nil,
		empty:   func(c *Contact) bool { return *at(c) == "" },
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
		unite: func(dst, src *Contact, win bool, _ Rules) {
			if v := *at(src); v != "" && (win || *at(dst) == "") {
				*at(dst) = v
			}
		},
		clean: func(c *Contact) { cleanInPlace(at(c)) },
	}
}

// notes is text whose blanks belong to it.
func notes() definition {
	d := text("notes", func(c *Contact) *string { return &c.Notes }, nil)
	d.clean = func(c *Contact) { c.Notes = CleanNotes(c.Notes) }
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
		unite: func(dst, src *Contact, win bool, _ Rules) {
			if v := *at(src); v != zero && (win || *at(dst) == zero) {
				*at(dst) = v
			}
		},
		clean: func(*Contact) {},
	}
}

func sameText(a, b string) bool { return a == b }

// exactly is for items that are one thing only where they are equal.
func exactly[T any](equal func(a, b T) bool) func(Rules, T, T) bool {
	return func(_ Rules, a, b T) bool { return equal(a, b) }
}

func isEmpty(s string) bool   { return s == "" }
func sameDate(a, b Date) bool { return a == b }

func (f Flag) equal(g Flag) bool {
	return f.Status == g.Status && f.Start.Equal(g.Start) && f.Due.Equal(g.Due) && f.Completed.Equal(g.Completed)
}

func (p Params) equal(q Params) bool {
	return len(p) == len(q) && (len(p) == 0 || maps.EqualFunc(p, q, slices.Equal[[]string]))
}
