package outlook

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/odata"
)

// Delete implements importer.Deleter. The service keeps deleted contacts for a while
// among its deleted items.
func (s *Sink) Delete(ctx context.Context, ref contact.Ref) error {
	link, err := s.client.Link([]string{"contacts", string(ref.ID)})
	if err != nil {
		return fmt.Errorf("deleting a contact: %w", err)
	}
	if _, err := s.client.Send(ctx, http.MethodDelete, link, nil); err != nil && !odata.NotFound(err) {
		return fmt.Errorf("deleting a contact: %w", judge(err))
	}
	return nil
}

// Folders implements importer.FolderRemover.
func (s *Sink) Folders(ctx context.Context) ([]contact.Folder, error) {
	return s.client.Folders(ctx)
}

var errNotEmpty = errors.New("the folder is not empty")

// RemoveFolder implements importer.FolderRemover. The service would remove a folder
// with all that is in it, so it is asked for that first; groups of contacts, which
// it lists nowhere, are in its count.
func (s *Sink) RemoveFolder(ctx context.Context, id contact.FolderID) error {
	for _, what := range []string{"contacts", "childFolders"} {
		n, err := s.client.Count(ctx, []string{"contactFolders", string(id), what})
		switch {
		case odata.NotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("removing a folder: %w", judge(err))
		case n > 0:
			return fmt.Errorf("removing a folder: %w: %w", importer.ErrRejected, errNotEmpty)
		}
	}
	link, err := s.client.Link([]string{"contactFolders", string(id)})
	if err != nil {
		return fmt.Errorf("removing a folder: %w", err)
	}
	if _, err := s.client.Send(ctx, http.MethodDelete, link, nil); err != nil && !odata.NotFound(err) {
		if odata.Forbidden(err) { // the default folder, and those that the service needs
			err = fmt.Errorf("%w: %w", importer.ErrRejected, err)
		}
		return fmt.Errorf("removing a folder: %w", judge(err))
	}
	s.folders.forget(ctx, id)
	return nil
}
