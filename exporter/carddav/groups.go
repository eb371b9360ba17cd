package carddav

import (
	"context"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/dav"
)

// groups are a book's groups: the categories that their members have by them.
type groups struct {
	names   []string            // of their resources, for the cursor
	members map[string][]string // by the key of a member's UID
}

// groupsOf reads a book's groups, before its contacts. known is false where the server
// cannot tell which cards are groups; there are none then yet.
func (s *Source) groupsOf(ctx context.Context, r *reader, entries int) (g *groups, known bool, err error) {
	g = &groups{members: map[string][]string{}}
	found, err := s.client.GroupEntries(ctx, r.book.Href)
	switch {
	case err != nil && answered(err):
		return g, false, nil
	case err != nil:
		return nil, false, err
	case !plausible(found, entries):
		return g, false, nil
	case len(found) == 0:
		return g, true, nil
	}
	cards, err := r.read(ctx, found)
	if err != nil {
		return nil, false, err
	}
	for i := range cards {
		if cards[i].Err != nil {
			continue // it is named when the listing comes to it
		}
		if _, group, err := dav.Decode(&cards[i]); err == nil && group != nil {
			g.add(nameIn(r.book.Href, cards[i].Href), group)
		}
	}
	return g, true, nil
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
