package outlook

import (
	"bytes"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Create returns the body of the request that creates the contact: its members
// that are not empty, its key, and the stash. It returns what of the contact is
// stashed or dropped. c is to be normalised; its ID, version, folder and photo are
// not part of the body.
func Create(c *contact.Contact, d Dialect) ([]byte, []contact.Loss, error) {
	p := prepare(c, d, false)
	w := newWriter(make([]byte, 0, 2048), d)
	w.open('{')
	w.contact(p.item, apiMembers)
	w.close('}')
	return w.b, p.losses, nil
}

// apiMembers selects what a request may carry: not what the service keeps itself.
func apiMembers(m *member) bool { return m.field != "" }

// contact appends the members that the item has something for, and its extended
// properties.
func (w *writer) contact(it *item, selected func(*member) bool) {
	for i := range members {
		if m := &members[i]; m.in&w.bit != 0 && selected(m) && !it.emptyMember(m) {
			w.member(m, it)
		}
	}
	w.properties(func(yield func(id, value string)) {
		for i := range properties {
			if p := &properties[i]; p.in&w.bit != 0 && it.text[p.slot] != "" {
				yield(p.id, wireValue(p.kind, it.text[p.slot]))
			}
		}
		for _, x := range it.extra {
			if isProperty(x) {
				yield(x.Name, unquoteExtra(x))
			}
		}
	})
}

// properties appends the member of extended properties, if there is any.
func (w *writer) properties(each func(yield func(id, value string))) {
	first := true
	each(func(id, value string) {
		if first {
			w.key("singleValueExtendedProperties")
			w.open('[')
			first = false
		}
		w.property(id, value)
	})
	if !first {
		w.close(']')
	}
}

// Patch returns the body of the request that makes the change: the members of the
// fields that change, and the stash where it does. A scalar or an extended property
// is cleared with null, a collection with an empty array. The display name is sent again with every
// part of the name, as the service would make it up anew, and web pages with a stash that
// holds them. The body is nil where the
// service holds nothing that changes. It returns what of the new contact is stashed
// or dropped.
func Patch(change contact.Patch, d Dialect) ([]byte, []contact.Loss, error) {
	before, after := prepare(change.Old, d, false), prepare(change.New, d, false)
	fields := change.Fields
	if renames(fields) && !slices.Contains(fields, "name.display") {
		fields = append(slices.Clone(fields), "name.display")
	}
	// Another dialect may have shown other pages when the stash was made. A new stash is
	// made from what this one shows.
	pages := before.item.text[slotStash] != after.item.text[slotStash] &&
		slices.Contains(contact.Diff(change.New, after.item.contact(false)), "websites")
	if pages && !slices.Contains(fields, "websites") {
		fields = append(slices.Clone(fields), "websites")
	}
	again := func(f contact.Field) bool { return f == "name.display" || f == "websites" && pages }
	w := newWriter(make([]byte, 0, 512), d)
	w.open('{')
	for i := range members {
		m := &members[i]
		if m.in&w.bit == 0 || !slices.Contains(fields, m.field) {
			continue
		}
		if again(m.field) && !after.item.emptyMember(m) || !sameMember(m, before.item, after.item, d) {
			w.replace(m, before.item, after.item)
		}
	}
	w.properties(func(yield func(id, value string)) {
		for i := range properties {
			p := &properties[i]
			old, value := before.item.text[p.slot], after.item.text[p.slot]
			if p.in&w.bit != 0 && (old != value || value != "" && pages && p.field == "websites") && (p.slot == slotStash || slices.Contains(fields, p.field)) {
				if value != "" {
					yield(p.id, wireValue(p.kind, value))
				} else {
					yield(p.id, noValue(p.kind))
				}
			}
		}
	})
	w.close('}')
	if len(w.b) == len("{}") {
		return nil, after.losses, nil
	}
	return w.b, after.losses, nil
}

// renames reports whether one of the fields is a part of the name.
func renames(fields []contact.Field) bool {
	return slices.ContainsFunc(fields, func(f contact.Field) bool {
		switch f {
		case "name.prefix", "name.given", "name.middle", "name.family", "name.suffix":
			return true
		}
		return false
	})
}

// replace appends a member that changes. An address names the parts that go, so
// that they go whether the service replaces the object or merges it.
func (w *writer) replace(m *member, before, after *item) {
	if m.kind != asAddress || !after.hasFlatAddress(m.slot) {
		w.member(m, after)
		return
	}
	w.name(m)
	w.open('{')
	w.addressParts(after.text[int(m.slot):int(m.slot)+len(addressParts)], 1)
	for i := 1; i < len(addressParts); i++ {
		at := int(m.slot) + i
		if before.text[at] != "" && after.text[at] == "" {
			w.key(addressParts[i].name)
			w.raw("null")
		}
	}
	w.close('}')
}

// ClearAddresses returns the body of a request that takes away the addresses that
// the change removes, in the other way that there is to say so: where Patch says null
// for the whole address, it says null for each of its parts. Which of the two the
// service understands is not documented. The body is nil where no address of one
// member goes.
func ClearAddresses(change contact.Patch, d Dialect) []byte {
	before, after := prepare(change.Old, d, false), prepare(change.New, d, false)
	w := newWriter(nil, d)
	w.open('{')
	for i := range members {
		m := &members[i]
		if m.kind != asAddress || m.in&w.bit == 0 || !before.item.hasFlatAddress(m.slot) || after.item.hasFlatAddress(m.slot) {
			continue
		}
		w.name(m)
		w.open('{')
		for i := 1; i < len(addressParts); i++ {
			if before.item.text[int(m.slot)+i] != "" {
				w.key(addressParts[i].name)
				w.raw("null")
			}
		}
		w.close('}')
	}
	w.close('}')
	if len(w.b) == len("{}") {
		return nil
	}
	return w.b
}

// sameMember reports whether two items have the same for a member.
func sameMember(m *member, a, b *item, d Dialect) bool {
	switch m.kind {
	case asText, asInstant, asDay, asDayInstant, asGender, asMark:
		return a.text[m.slot] == b.text[m.slot]
	}
	x, y := newWriter(nil, d), newWriter(nil, d)
	x.member(m, a)
	y.member(m, b)
	return bytes.Equal(x.b, y.b)
}

// Select returns the value of $select for the dialect: every member that the
// mapping reads.
func Select(d Dialect) string {
	w := newWriter(nil, d)
	var names []string
	for i := range members {
		if m := &members[i]; m.in&w.bit != 0 {
			names = append(names, w.spell(m.name))
		}
	}
	return strings.Join(names, ",")
}

// Expand returns the value of $expand for the dialect: the extended properties
// that the mapping reads, among them the mark that says whether a contact has a
// photo.
func Expand(d Dialect) string { return expand(d) }

// Tracked is [Expand] for a service that may leave extended properties out: with the
// message class, by which [Page] tells.
func Tracked(d Dialect) string { return expand(d, classID) }

func expand(d Dialect, more ...string) string {
	w := newWriter(nil, d)
	var terms []string
	for i := range properties {
		if p := &properties[i]; p.in&w.bit != 0 {
			terms = append(terms, w.spell(idName(d))+" eq '"+p.id+"'")
		}
	}
	for _, id := range more {
		terms = append(terms, w.spell(idName(d))+" eq '"+id+"'")
	}
	return w.spell("singleValueExtendedProperties") + "($filter=" + strings.Join(terms, " or ") + ")"
}

// KeyFilter returns the value of $filter that finds the contacts created with a
// key.
func KeyFilter(key string, d Dialect) string {
	w := newWriter(nil, d)
	return w.spell("singleValueExtendedProperties") + "/Any(ep: ep/" + w.spell(idName(d)) + " eq '" + KeyID +
		"' and ep/" + w.spell("value") + " eq '" + strings.ReplaceAll(key, "'", "''") + "')"
}
