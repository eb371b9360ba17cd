package outlook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/go-json-experiment/json"
)

// folders knows the account's folders by their paths. The first to ask reads the
// tree; whoever creates one holds the turn while it does.
type folders struct {
	client *odata.Client
	turn   chan struct{} // holds one token while somebody is at work
	ids    map[contact.FolderPath]contact.FolderID
	tree   []contact.Folder // that ids was made from
}

func newFolders(c *odata.Client) *folders {
	return &folders{client: c, turn: make(chan struct{}, 1)}
}

func (f *folders) ensure(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	if err := f.begin(ctx); err != nil {
		return "", err
	}
	defer f.end()
	var at contact.FolderPath
	id := f.ids[""]
	for _, name := range path.Names() {
		at = at.Child(name)
		known, ok := f.ids[folded(at)]
		if !ok {
			var err error
			if known, err = f.create(ctx, id, at, name); err != nil {
				return "", fmt.Errorf("creating a folder: %w", err)
			}
		}
		id = known
	}
	return id, nil
}

// all returns the folders that are known, those that were created here among them.
func (f *folders) all(ctx context.Context) ([]contact.Folder, error) {
	if err := f.begin(ctx); err != nil {
		return nil, err
	}
	defer f.end()
	return slices.Clone(f.tree), nil
}

// begin takes the turn, and sees to it that the folders are known. end gives it back.
func (f *folders) begin(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if f.ids != nil {
		return nil
	}
	err := f.read(ctx)
	if err != nil {
		f.end()
	}
	return err
}

func (f *folders) end() { <-f.turn }

// read learns the folders that there are. Of several with one path the first
// counts.
func (f *folders) read(ctx context.Context) error {
	tree, err := f.client.Folders(ctx)
	if err != nil {
		return err
	}
	f.ids, f.tree = make(map[contact.FolderPath]contact.FolderID, len(tree)), tree
	for _, folder := range tree {
		path := folded(folder.Path)
		if _, ok := f.ids[path]; !ok {
			f.ids[path] = folder.ID
		}
	}
	return nil
}

// folded returns the form in which paths are compared: the service tells no
// capitals apart.
func folded(path contact.FolderPath) contact.FolderPath {
	return contact.FolderPath(strings.ToLower(string(path)))
}

// create creates a folder below parent. Where it is there already, or may be after
// an answer that never came, it is looked for; so it is created once.
func (f *folders) create(ctx context.Context, parent contact.FolderID, path contact.FolderPath, name string) (contact.FolderID, error) {
	segments := []string{"contactFolders", string(parent), "childFolders"}
	link, err := f.client.Link(segments)
	if err != nil {
		return "", err
	}
	member := "displayName"
	if !f.client.Dialect().Graph() {
		member = "DisplayName"
	}
	body, err := json.Marshal(map[string]string{member: name})
	if err != nil {
		return "", err
	}
	for try := 0; ; try++ {
		answer, err := f.client.Send(ctx, http.MethodPost, link, body)
		if err == nil {
			var created struct{ ID string }
			if json.Unmarshal(answer, &created, json.MatchCaseInsensitiveNames(true)) == nil && created.ID != "" {
				id := contact.FolderID(created.ID)
				f.ids[folded(path)] = id
				f.tree = append(f.tree, contact.Folder{ID: id, Name: name, Path: path})
				return id, nil
			}
			err = errors.New("the answer is no folder")
		} else if !odata.Conflict(err) && !odata.Ambiguous(err) {
			return "", judge(err)
		}
		if readErr := f.read(ctx); readErr != nil {
			return "", errors.Join(judge(err), readErr)
		}
		if id, ok := f.ids[folded(path)]; ok {
			return id, nil
		}
		if try == 2 {
			return "", judge(err)
		}
	}
}

// forget drops a folder that turned out to be gone.
func (f *folders) forget(ctx context.Context, id contact.FolderID) {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return
	}
	for _, known := range f.ids {
		if known == id {
			f.ids = nil // whatever was below it is gone too
			return
		}
	}
}
