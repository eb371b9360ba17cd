package odata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
}

type folderPage struct {
	Value []wireFolder
	Next  string `json:"@odata.nextLink"`
}

// Folders returns the tree of contact folders, the default folder first and
// parents before children. Paths are relative to the default folder, whether the
// dialect shows the others below it or beside it. Folders that the service keeps
// for its own ends (it names them by a well-known name) are left out.
func (c *Client) Folders(ctx context.Context) ([]contact.Folder, error) {
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
	t := &tree{client: c, seen: map[string]bool{top.ID: true}}
	t.folders = []contact.Folder{{ID: contact.FolderID(top.ID), Name: top.Name, Default: true}}
	// The dialects disagree on what the first listing holds.
	for _, segments := range [][]string{{"contactFolders", DefaultFolder, "childFolders"}, {"contactFolders"}} {
		if err := t.list(ctx, "", segments); err != nil {
			return nil, err
		}
	}
	for i := 1; i < len(t.folders); i++ {
		f := t.folders[i]
		if err := t.list(ctx, f.Path, []string{"contactFolders", string(f.ID), "childFolders"}); err != nil {
			return nil, err
		}
	}
	return t.folders, nil
}

// tree is a tree of folders that is being read.
type tree struct {
	client  *Client
	seen    map[string]bool
	folders []contact.Folder
}

// list adds the folders of one listing, which stand below path. A folder that has
// gone meanwhile has none.
func (t *tree) list(ctx context.Context, path contact.FolderPath, segments []string) error {
	link, err := t.client.Link(segments, "$top", "250")
	if err != nil {
		return err
	}
	err = Walk(ctx, t.client, link, func(body []byte, _ int) (page folderPage, next string, err error) {
		err = unmarshal(body, &page)
		if err == nil && page.Value == nil {
			err = errors.New("not a page of folders")
		}
		return page, page.Next, err
	}, func(page folderPage, _ string) bool {
		for _, f := range page.Value {
			t.add(path, f)
		}
		return true
	})
	if err != nil && !NotFound(err) {
		return fmt.Errorf("listing folders: %w", err)
	}
	return nil
}

func (t *tree) add(path contact.FolderPath, f wireFolder) {
	known := f.WellKnownName != "" && !strings.EqualFold(f.WellKnownName, DefaultFolder)
	if f.ID == "" || t.seen[f.ID] || known {
		return
	}
	t.seen[f.ID] = true
	name := cmp.Or(strings.TrimSpace(f.Name), "unnamed")
	t.folders = append(t.folders, contact.Folder{ID: contact.FolderID(f.ID), Name: name, Path: path.Child(name)})
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
