package vcard

import (
	"maps"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// member is something that is in a group: a part, the parameters attached to a
// scalar, or a property that the model has no name for.
type member struct {
	params *contact.Params
	part   bool           // of one of the model's lists
	extra  *contact.Extra // that has the parameters, if it is no part
}

func (m member) group() string { return (*m.params)[paramGroup][0] }

// groupMembers returns all of a contact that is in a group.
func groupMembers(c *contact.Contact) []member {
	var all []member
	add := func(m member) {
		if len(*m.params) > 0 && len((*m.params)[paramGroup]) == 1 {
			all = append(all, m)
		}
	}
	for i := range c.Emails {
		add(member{params: &c.Emails[i].Params, part: true})
	}
	for i := range c.Phones {
		add(member{params: &c.Phones[i].Params, part: true})
	}
	for i := range c.Addresses {
		add(member{params: &c.Addresses[i].Params, part: true})
	}
	for i := range c.Websites {
		add(member{params: &c.Websites[i].Params, part: true})
	}
	for i := range c.IMs {
		add(member{params: &c.IMs[i].Params, part: true})
	}
	for i := range c.Relations {
		add(member{params: &c.Relations[i].Params, part: true})
	}
	for i := range c.Extra {
		if x := &c.Extra[i]; x.Origin == origin {
			add(member{params: &x.Params, extra: x})
		}
	}
	return all
}

// dropLoneGroups forgets the groups "item1" and so on of what shares them with
// nothing: Apple's way to attach a label, which has become the type. A property
// that is kept as it is keeps its group. It reports whether c is to be normalised
// again.
func dropLoneGroups(c *contact.Contact) bool {
	all := groupMembers(c)
	var lone []member
	for _, m := range all {
		same := func(n member) bool { return n.params != m.params && strings.EqualFold(n.group(), m.group()) }
		if isItem(m.group()) && (m.part || isAttachment(m.extra)) && !slices.ContainsFunc(all, same) {
			lone = append(lone, m)
		}
	}
	for _, m := range lone {
		rest := maps.Clone(*m.params) // they are shared
		if delete(rest, paramGroup); len(rest) > 0 {
			*m.params = rest
			continue
		}
		*m.params = nil
		if m.extra != nil {
			*m.extra = contact.Extra{} // its parameters were all that it was
		}
	}
	return len(lone) > 0
}

// isItem reports whether a group is one of those that programs count up.
func isItem(group string) bool {
	return len(group) > 4 && strings.EqualFold(group[:4], "item") && strings.Trim(group[4:], "0123456789") == ""
}
