package odata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/go-json-experiment/json"
)

// DefaultFolder is the name that the default folder has in every mailbox and
// language, in place of its id.
const DefaultFolder = "contacts"

// wireFolder is a folder as all dialects have it.
type wireFolder struct {
	ID            string
	ParentID      string `json:"parentFolderId"`
	Name          string `json:"displayName"`
	WellKnownName string
	Removed       any `json:"@removed"` // in a delta's rows: gone since
}

// isInternal reports whether the service keeps the folder for its own ends: such
// folders have well-known names.
func (f *wireFolder) isInternal() bool {
	return f.WellKnownName != "" && !strings.EqualFold(f.WellKnownName, DefaultFolder)
}

type folderPage struct {
	Value []wireFolder
	Next  string `json:"@odata.nextLink"`
	Delta string `json:"@odata.deltaLink"`
}

// Folders returns the folders of the tree, as [Tree.Folders] does.
func (c *Client) Folders(ctx context.Context) ([]contact.Folder, error) {
	t, err := c.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return t.Folders(), nil
}

// Tree is the tree of contact folders. Folders that the service keeps for its own
// ends are not in it.
type Tree struct {
	// Nodes are the folders in any order, but for the first: the default folder,
	// whether the dialect shows the others below it or beside it.
	Nodes []Node `json:"nodes"`
	// Roots are the ids by which folders of the first level name their parent,
	// beside that of the default folder.
	Roots []string `json:"roots,omitempty"`
}

// Node is a folder, without the path that its place gives it.
type Node struct {
	ID     string `json:"id"`
	Parent string `json:"parent,omitzero"` // a node's id; that of the default folder for the first level
	Name   string `json:"name"`
}

// Tree reads the tree, folder by folder.
func (c *Client) Tree(ctx context.Context) (*Tree, error) {
	link, err := c.Link([]string{"contactFolders", DefaultFolder})
	if err != nil {
		return nil, err
	}
	var top wireFolder
	err = c.Read(ctx, link, func(body []byte) error {
		if err := unmarshal(body, &top); err != nil || top.ID == "" {
			return errors.New("not a folder")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the default folder: %w", err)
	}
	t := &Tree{Nodes: []Node{{ID: top.ID, Name: top.Name}}}
	// The dialects disagree on what the first listing holds.
	for _, segments := range [][]string{{"contactFolders", DefaultFolder, "childFolders"}, {"contactFolders"}} {
		if err := c.listFolders(ctx, t, top.ID, segments); err != nil {
			return nil, err
		}
	}
	for i := 1; i < len(t.Nodes); i++ {
		id := t.Nodes[i].ID
		if err := c.listFolders(ctx, t, id, []string{"contactFolders", id, "childFolders"}); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// listFolders adds the folders of one listing, which stand below parent. A folder
// that has gone meanwhile has none.
func (c *Client) listFolders(ctx context.Context, t *Tree, parent string, segments []string) error {
	link, err := c.Link(segments, "$top", "250")
	if err != nil {
		return err
	}
	err = Walk(ctx, c, Listing{Link: link}, func(a Answer) (page folderPage, next string, err error) {
		page, err = parseFolders(a.Body)
		return page, page.Next, err
	}, func(page folderPage, _ string) bool {
		for i := range page.Value {
			f := &page.Value[i]
			at := t.find(f.ID)
			if f.ID == "" || at > 0 || f.isInternal() {
				continue
			}
			t.addRoot(parent, f.ParentID)
			if at < 0 {
				t.Nodes = append(t.Nodes, Node{f.ID, parent, f.Name})
			}
		}
		return true
	})
	if err != nil && !NotFound(err) {
		return fmt.Errorf("listing folders: %w", err)
	}
	return nil
}

func parseFolders(body []byte) (page folderPage, err error) {
	err = unmarshal(body, &page)
	if err == nil && page.Value == nil {
		err = errors.New("not a page of folders")
	}
	return page, err
}

// addRoot notes by what id a folder of the first level names its parent.
func (t *Tree) addRoot(parent, named string) {
	if top := t.Nodes[0].ID; parent == top && named != top && named != "" && !slices.Contains(t.Roots, named) {
		t.Roots = append(t.Roots, named)
	}
}

func (t *Tree) find(id string) int {
	return slices.IndexFunc(t.Nodes, func(n Node) bool { return n.ID == id })
}

// Folders returns the tree as a list: the default folder first, parents before
// children, folders of one parent by their names. Paths are relative to the default
// folder.
func (t *Tree) Folders() []contact.Folder {
	below := map[string][]Node{}
	for _, n := range t.Nodes[1:] {
		below[n.Parent] = append(below[n.Parent], n)
	}
	top := t.Nodes[0]
	folders := []contact.Folder{{ID: contact.FolderID(top.ID), Name: top.Name, Default: true}}
	for i := 0; i < len(folders); i++ {
		parent := folders[i]
		children := below[string(parent.ID)]
		delete(below, string(parent.ID)) // whatever the service says, it is a tree
		slices.SortFunc(children, func(a, b Node) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
		})
		for _, n := range children {
			name := cmp.Or(strings.TrimSpace(n.Name), "unnamed")
			folders = append(folders, contact.Folder{ID: contact.FolderID(n.ID), Name: name, Path: parent.Path.Child(name)})
		}
	}
	return folders
}

// unmarshal reads JSON in either casing.
func unmarshal(body []byte, v any) error {
	if json.Unmarshal(body, v, json.MatchCaseInsensitiveNames(true)) != nil {
		return errors.New("not valid JSON")
	}
	return nil
}

// Count returns how many items a listing holds, those included of which it shows
// only the number.
func (c *Client) Count(ctx context.Context, segments []string) (int, error) {
	link, err := c.Link(segments, "$top", "1", "$count", "true")
	if err != nil {
		return 0, err
	}
	n := 0
	err = c.Read(ctx, link, func(body []byte) error {
		var page struct {
			Value []struct{}
			Count int    `json:"@odata.count"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := unmarshal(body, &page); err != nil || page.Value == nil {
			return errors.New("not a page")
		}
		n = max(page.Count, len(page.Value)) // some say -1
		if n == 0 && page.Next != "" {
			n = 1 // an empty page with more behind it
		}
		return nil
	})
	return n, err
}
