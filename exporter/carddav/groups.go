package carddav

import (
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/dav"
)

// groups are a book's groups: the categories that their members have by them.
type groups struct {
	names   []string            // of their resources, for the cursor
	members map[string][]string // by the key of a member's UID
}

func (g *groups) add(name string, group *dav.Group) {
	g.names = append(g.names, name)
	for _, m := range group.Members {
		g.members[m] = append(g.members[m], group.Name)
	}
}

// categorise gives a contact the names of its groups as categories.
func (g *groups) categorise(c *contact.Contact) {
	for _, name := range g.members[dav.MemberKey(c.UID)] {
		if name != "" && !slices.Contains(c.Categories, name) {
			c.Categories = append(c.Categories, name)
		}
	}
}
