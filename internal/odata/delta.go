package odata

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// HasToken reports whether a link goes on where an earlier answer of change tracking
// ended. One without a token begins anew.
func HasToken(link string) bool {
	return HasSkipToken(link) || strings.Contains(strings.ToLower(link), "deltatoken=")
}

// HasSkipToken reports whether a link goes on in the same round.
func HasSkipToken(link string) bool {
	_, query, _ := strings.Cut(strings.ToLower(link), "?")
	return strings.Contains(query, "skiptoken=")
}

// errNoToken says that a round of change tracking leads nowhere.
var errNoToken = errors.New("the answer names neither the next page nor where changes are followed from")

// Onward returns where a page of Graph's delta leads: next to the following page, or
// delta to the next round. Both are as [Client.Link] has them.
func (c *Client) Onward(nextLink, deltaLink string) (next, delta string, err error) {
	link := nextLink
	if link == "" {
		link = deltaLink
	}
	if link == "" {
		return "", "", errNoToken
	}
	if link, err = c.Relative(link); err != nil {
		return "", "", err
	}
	switch {
	case !HasToken(link):
		return "", "", ErrCircle // to the start
	case nextLink != "":
		return link, "", nil
	}
	return "", link, nil
}

// Room returns the service's error, [Full], if the mailbox has no room: it can then be
// read, but the service cannot even keep the state of a round, by which it is asked. What
// else goes wrong says nothing about that.
func (c *Client) Room(ctx context.Context) error {
	segments, what := []string{"contactFolders", DefaultFolder, "contacts", "delta"}, "id"
	prefer := "odata.maxpagesize=1"
	if !c.Dialect().Graph() {
		segments, what, prefer = segments[:3], "Id", "odata.track-changes, "+prefer
	}
	link, err := c.Link(segments, "$select", what)
	if err == nil {
		_, _, err = c.send(ctx, http.MethodGet, link, content{prefer: prefer})
	}
	if Full(err) {
		return err
	}
	return nil
}

// TreeChanges is what has become of folders since a round of their delta.
type TreeChanges struct {
	rows []wireFolder
	Next string // where the next round starts
}

// TreeChanges asks Graph which folders have changed; from "" it tells of all, and is
// good for its Next alone.
func (c *Client) TreeChanges(ctx context.Context, from string) (*TreeChanges, error) {
	link, err := c.Link([]string{"contactFolders", "delta"})
	if from != "" {
		link, err = c.Relative(from)
	}
	if err != nil {
		return nil, err
	}
	changes := &TreeChanges{}
	err = Walk(ctx, c, Listing{Link: link, Prefer: "odata.maxpagesize=200"}, func(a Answer) (page folderPage, next string, err error) {
		if page, err = parseFolders(a.Body); err == nil {
			next, page.Delta, err = c.Onward(page.Next, page.Delta)
		}
		return page, next, err
	}, func(page folderPage, _ string) bool {
		changes.rows = append(changes.rows, page.Value...)
		changes.Next = page.Delta
		return true
	})
	return changes, err
}

// Apply brings the tree up to date. Folders that stand below none of the tree, such
// as those that the service keeps for its own ends, stay out of it.
func (t *Tree) Apply(changes *TreeChanges) {
	top := t.Nodes[0].ID
	last := map[string]*wireFolder{} // of several rows the last one counts
	var order []string
	for i := range changes.rows {
		f := &changes.rows[i]
		if last[f.ID] == nil {
			order = append(order, f.ID)
		}
		last[f.ID] = f
	}
	for _, id := range order {
		f, at := last[id], t.find(id)
		parent := f.ParentID
		if slices.Contains(t.Roots, parent) {
			parent = top
		}
		switch {
		case id == top && f.Removed == nil:
			t.Nodes[0].Name = f.Name
		case id == top || id == "":
		case f.Removed != nil || f.isInternal():
			if at > 0 {
				t.Nodes = slices.Delete(t.Nodes, at, at+1)
			}
		case at > 0:
			t.Nodes[at] = Node{id, parent, f.Name}
		default:
			t.Nodes = append(t.Nodes, Node{id, parent, f.Name})
		}
	}
	t.prune()
}

// prune removes what does not hang together with the default folder.
func (t *Tree) prune() {
	reached := map[string]bool{}
	for _, f := range t.Folders() {
		reached[string(f.ID)] = true
	}
	t.Nodes = slices.DeleteFunc(t.Nodes, func(n Node) bool { return !reached[n.ID] })
}
