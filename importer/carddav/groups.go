package carddav

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
)

// groups keep the account's cards of groups in step with the categories of contacts. A
// category is a property of its contact; but where the book has a group of that name, or
// people see categories as groups alone (Provider.Groups), it is a membership. No group
// is ever deleted, but one that was made here and has no members any more.
type groups struct {
	client *dav.Client
	turn   chan struct{} // taken by whoever reads a book for its groups

	mu     sync.Mutex
	queues map[string]*queue // by the address of a group
}

// membership is what is to be done about the groups of a contact.
type membership struct {
	join, leave []string // names
}

// known returns the groups of a book. The import's index tells them; where there is
// none, the book is read.
func (g *groups) known(ctx context.Context, book *dav.Book) ([]*dav.Group, error) {
	if all, ok := g.client.Groups(book.Href); ok {
		return all, nil
	}
	select {
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if all, ok := g.client.Groups(book.Href); ok { // somebody else has read them meanwhile
		return all, nil
	}
	entries, err := g.client.List(ctx, book.Href)
	if err != nil {
		return nil, fmt.Errorf("looking for groups: %w", err)
	}
	var all []*dav.Group
	for chunk := range slices.Chunk(entries, 50) {
		cards, err := g.client.Multiget(ctx, book, chunk)
		if err != nil {
			return nil, fmt.Errorf("looking for groups: %w", err)
		}
		for i := range cards {
			if cards[i].Err != nil {
				continue
			}
			if _, group, err := dav.Decode(&cards[i]); err == nil && group != nil {
				all = append(all, group)
			}
		}
	}
	g.client.SetGroups(book.Href, all)
	return all, nil
}

func named(all []*dav.Group, name string) *dav.Group {
	i := slices.IndexFunc(all, func(g *dav.Group) bool { return strings.EqualFold(g.Name, name) })
	if i < 0 {
		return nil
	}
	return all[i]
}

func has(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// categorise adds the names of its groups to the categories of a contact, as a listing
// does.
func (g *groups) categorise(ctx context.Context, book *dav.Book, c *contact.Contact) error {
	all, err := g.known(ctx, book)
	for _, group := range all {
		if group.Has(c.UID) && group.Name != "" && !has(c.Categories, group.Name) {
			c.Categories = append(c.Categories, group.Name)
		}
	}
	return err
}

// split takes those categories out of c that its groups stand for, and returns what is to
// be done about these. there is its card as it is, without its groups; nil for none.
func (g *groups) split(ctx context.Context, book *dav.Book, c, there *contact.Contact) (membership, error) {
	var m membership
	asGroups := g.client.Provider().Groups && dav.GroupOf(c) == nil
	if there == nil && len(c.Categories) == 0 {
		return m, nil
	}
	all, err := g.known(ctx, book)
	if err != nil {
		return m, err
	}
	var own []string
	for _, name := range c.Categories {
		switch {
		case there != nil && has(there.Categories, name):
			own = append(own, name)
		case asGroups || named(all, name) != nil:
			m.join = append(m.join, name)
		default:
			own = append(own, name)
		}
	}
	if there != nil {
		for _, group := range all {
			if group.Has(there.UID) && !has(c.Categories, group.Name) {
				m.leave = append(m.leave, group.Name)
			}
		}
	}
	c.Categories = own
	return m, nil
}

// join makes a contact that has been stored a member of its groups and of no others, and
// gives it their names as categories. What a group refuses is a loss.
func (g *groups) join(ctx context.Context, book *dav.Book, stored *importer.Stored, m membership) error {
	c := stored.Contact
	if group := dav.GroupOf(c); group != nil {
		g.client.SetGroup(book.Href, group.Href, group)
	}
	for _, name := range m.leave {
		if err := g.change(ctx, book, name, &edit{remove: c.UID}); err != nil {
			return fmt.Errorf("removing it from a group: %w", err)
		}
	}
	for _, name := range m.join {
		err := g.change(ctx, book, name, &edit{add: c.UID})
		if err != nil && !dav.Rejected(err) && !errors.Is(err, importer.ErrRejected) {
			return fmt.Errorf("adding it to a group: %w", err)
		}
		if err != nil {
			stored.Losses = append(stored.Losses, contact.Loss{Field: "categories", Kind: contact.Dropped, Reason: "the service does not take it into the group"})
		}
	}
	return g.categorise(ctx, book, c)
}

// forget removes a contact that is gone from the groups of its book; and a group that is
// gone from what is known.
func (g *groups) forget(ctx context.Context, bookHref, href, uid string) error {
	g.client.SetGroup(bookHref, href, nil)
	if uid == "" {
		return nil
	}
	all, _ := g.client.Groups(bookHref)
	for _, group := range all {
		if group.Has(uid) {
			if err := g.change(ctx, &dav.Book{Href: bookHref}, group.Name, &edit{remove: uid}); err != nil {
				return fmt.Errorf("removing it from a group: %w", err)
			}
		}
	}
	return nil
}

// adopt lets a group that is to be created take the place of the one that was made here
// for a category of that name. It reports whether there is one.
func (g *groups) adopt(ctx context.Context, w *writing) (stored importer.Stored, adopted bool, err error) {
	group := dav.GroupOf(w.want)
	if group == nil {
		return stored, false, nil
	}
	all, err := g.known(ctx, w.book)
	there := named(all, group.Name)
	if err != nil || there == nil || there.Href != dav.GroupHref(w.book.Href, group.Name) {
		return stored, false, err
	}
	card, now, _, err := w.sink.read(ctx, contact.ID(there.Href))
	if err != nil || now.Key != "" && now.Key != w.want.Key {
		return stored, false, err
	}
	w.href, w.v4 = there.Href, isV4(card.Data)
	w.want = contact.Merge(dav.AsGroup(w.want, w.v4), dav.AsGroup(now, w.v4), contact.Fill)
	stored, err = w.replace(ctx, card.ETag)
	return stored, true, err
}

// edit is a change of one group's members.
type edit struct {
	add, remove string // UIDs
	done        bool
	err         error
}

// queue holds the edits of one group that wait for those before them. Whoever has the
// turn carries all of them out in one request.
type queue struct {
	turn    chan struct{}
	waiting []*edit // guarded by the groups' mutex
}

// change carries an edit out on the group of that name, which it makes where it has to.
func (g *groups) change(ctx context.Context, book *dav.Book, name string, e *edit) error {
	key := book.Href + "\n" + strings.ToLower(name)
	g.mu.Lock()
	q := g.queues[key]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		g.queues[key] = q
	}
	q.waiting = append(q.waiting, e)
	g.mu.Unlock()
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if e.done {
		return e.err
	}
	g.mu.Lock()
	edits := q.waiting
	q.waiting = nil
	g.mu.Unlock()
	err := g.carryOut(ctx, book, name, edits)
	for _, other := range edits {
		other.done, other.err = true, err
	}
	return err
}

// carryOut edits the card of a group: what is there now, in place of what has been read.
func (g *groups) carryOut(ctx context.Context, book *dav.Book, name string, edits []*edit) error {
	var add, remove []string
	for _, e := range edits {
		if e.add != "" {
			add = append(add, e.add)
		} else {
			remove = append(remove, e.remove)
		}
	}
	all, _ := g.client.Groups(book.Href)
	href := dav.GroupHref(book.Href, name)
	if group := named(all, name); group != nil {
		href = group.Href
	}
	var last error
	for range attempts {
		card, err := readCard(ctx, g.client, book, href)
		missing := dav.NotFound(err)
		switch {
		case missing && len(add) == 0:
			g.client.SetGroup(book.Href, href, nil)
			return nil
		case missing:
			card = &dav.Card{Entry: dav.Entry{Href: href}, Data: dav.NewGroup(name)}
		case err != nil:
			return err
		}
		_, group, err := dav.Decode(card)
		if err != nil || group == nil {
			return fmt.Errorf("%w: something else stands where the group was", importer.ErrRejected)
		}
		data, changed := dav.EditMembers(card.Data, add, remove)
		if !changed {
			g.client.SetGroup(book.Href, href, group)
			return nil
		}
		edited := &dav.Card{Entry: card.Entry, Data: data}
		c, group, err := dav.Decode(edited)
		if err != nil || group == nil {
			return fmt.Errorf("%w: the group cannot be edited", importer.ErrRejected)
		}
		if len(group.Members) == 0 && group.IsMade(c) {
			err, group = g.client.Delete(ctx, href, card.ETag), nil
		} else {
			_, err = g.client.Put(ctx, href, card.ETag, data)
		}
		if err == nil {
			g.client.SetGroup(book.Href, href, group)
			return nil
		}
		if !dav.Changed(err) && !dav.Ambiguous(err) {
			return err
		}
		last = err
	}
	return fmt.Errorf("it changes faster than it can be written: %w", last)
}
