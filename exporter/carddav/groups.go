package carddav

import (
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/dav"
)

// groups are a book's groups: the categories that their members have by them.
type groups struct {
	all     []*dav.Group
	members map[string][]string // by the key of a member's UID
}

func (g *groups) add(group *dav.Group) {
	g.all = append(g.all, group)
	for _, m := range group.Members {
		g.members[m] = append(g.members[m], group.Name)
	}
}

// names returns the names of their resources, for the cursor.
func (g *groups) names(book string) []string {
	var names []string
	for _, group := range g.all {
		names = append(names, nameIn(book, group.Href))
	}
	return names
}

// categorise gives a contact the names of its groups as categories.
func (g *groups) categorise(c *contact.Contact) {
	for _, name := range g.members[formats.MemberKey(c.UID)] {
		if name != "" && !slices.ContainsFunc(c.Categories, func(has string) bool { return strings.EqualFold(has, name) }) {
			c.Categories = append(c.Categories, name)
		}
	}
}
