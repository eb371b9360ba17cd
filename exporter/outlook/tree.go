package outlook

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/internal/odata"
)

// treeCursor is what a cursor of the tree holds: the tree itself, which costs a request
// for every folder to read, and the link that tells what has become of it.
type treeCursor struct {
	*odata.Tree
	Link string `json:"link"`
}

// Tree implements exporter.Tracker. Graph tells what folders have changed; elsewhere,
// and where it does not, the tree is read anew.
func (s *Source) Tree(ctx context.Context, from exporter.Cursor) ([]contact.Folder, exporter.Cursor, error) {
	var known treeCursor
	if from != "" && json.Unmarshal([]byte(from), &known) == nil && known.Tree != nil && len(known.Nodes) > 0 {
		changes, err := s.client.TreeChanges(ctx, known.Link)
		if err == nil {
			known.Apply(changes)
			known.Link = changes.Next
			return known.list()
		}
		if !refused(err) {
			return nil, "", fmt.Errorf("asking for changed folders: %w", err)
		}
	}
	var link string
	if s.client.Dialect().Graph() { // first the mark, so that nothing slips between
		changes, err := s.client.TreeChanges(ctx, "")
		if err != nil && !refused(err) {
			return nil, "", fmt.Errorf("asking for changed folders: %w", err)
		}
		if err == nil {
			link = changes.Next
		}
	}
	tree, err := s.client.Tree(ctx)
	if err != nil {
		return nil, "", err
	}
	return treeCursor{tree, link}.list()
}

func (t treeCursor) list() ([]contact.Folder, exporter.Cursor, error) {
	if t.Link == "" {
		return t.Folders(), "", nil
	}
	text, err := json.Marshal(t)
	return t.Folders(), exporter.Cursor(text), err
}
