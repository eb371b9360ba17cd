// Package outlook writes contacts into an account at Microsoft's services, Graph or
// Outlook REST, in any of the four dialects.
package outlook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/odata"
)

// Sink is an account opened for writing. It implements importer.Sink, and with it
// Projector, PhotoSink, PhotoReader, KeyFinder, Deleter,
// FolderRemover and Gatherer.
type Sink struct {
	client  *odata.Client
	folders *folders
}

// New returns the account that the client talks to.
func New(c *odata.Client) *Sink { return &Sink{c, newFolders(c)} }

var (
	_ importer.Sink          = (*Sink)(nil)
	_ importer.Projector     = (*Sink)(nil)
	_ importer.PhotoSink     = (*Sink)(nil)
	_ importer.PhotoReader   = (*Sink)(nil)
	_ importer.KeyFinder     = (*Sink)(nil)
	_ importer.Deleter       = (*Sink)(nil)
	_ importer.FolderRemover = (*Sink)(nil)
	_ importer.Gatherer      = (*Sink)(nil)
)

// AtOnce implements importer.Gatherer.
func (s *Sink) AtOnce() int {
	if !s.client.Gathers() {
		return 0
	}
	return odata.AtOnce
}

// EnsureFolder implements importer.Sink. Concurrent calls create a folder once.
func (s *Sink) EnsureFolder(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	return s.folders.ensure(ctx, path)
}

// Project implements importer.Projector.
func (s *Sink) Project(c *contact.Contact) (*contact.Contact, []contact.Loss) {
	return outlook.Project(c, s.client.Dialect())
}

// Create implements importer.Sink.
func (s *Sink) Create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (importer.Stored, error) {
	link, err := s.client.Link([]string{"contactFolders", string(folder), "contacts"})
	if err != nil {
		return importer.Stored{}, fmt.Errorf("creating a contact: %w", err)
	}
	body, losses, err := outlook.Create(c, s.client.Dialect())
	if err != nil {
		return importer.Stored{}, fmt.Errorf("creating a contact: %w: %w", importer.ErrRejected, err)
	}
	answer, err := s.client.Write(ctx, http.MethodPost, link, body)
	if err != nil {
		if odata.NotFound(err) {
			s.folders.forget(ctx, folder)
		}
		return importer.Stored{}, fmt.Errorf("creating a contact: %w", judge(err))
	}
	return s.stored(ctx, answer, c, losses)
}

// Update implements importer.Sink. A contact that is gone is refused.
func (s *Sink) Update(ctx context.Context, ref contact.Ref, change contact.Patch) (importer.Stored, error) {
	link, err := s.client.Link([]string{"contacts", string(ref.ID)})
	if err != nil {
		return importer.Stored{}, fmt.Errorf("updating a contact: %w", err)
	}
	body, losses, err := outlook.Patch(change, s.client.Dialect())
	if err != nil {
		return importer.Stored{}, fmt.Errorf("updating a contact: %w: %w", importer.ErrRejected, err)
	}
	if body == nil { // what changes is nothing that the service holds
		kept := change.New.Clone()
		kept.ID, kept.Version = ref.ID, ref.Version
		return importer.Stored{Contact: kept, Losses: losses}, nil
	}
	answer, err := s.client.Write(ctx, http.MethodPatch, link, body)
	if err != nil {
		return importer.Stored{}, fmt.Errorf("updating a contact: %w", judge(err))
	}
	stored, unkept, err := outlook.Answer(answer, change.New, s.client.Dialect())
	if err == nil && len(unkept) > 0 && slices.Contains(contact.Diff(change.New, stored), "addresses") {
		if body = outlook.ClearAddresses(change, s.client.Dialect()); body != nil {
			// The service has kept an address that was to go.
			if answer, err = s.client.Send(ctx, http.MethodPatch, link, body); err != nil {
				return importer.Stored{}, fmt.Errorf("updating a contact: %w", judge(err))
			}
		}
	}
	return s.stored(ctx, answer, change.New, losses)
}

// stored reads the service's answer to a write. One that cannot be read leaves open
// what became of it. What the service has kept in another form, such as the name of an
// address that its directory knows by another one, is hidden beside the contact in a
// second request; where that fails it is a loss.
func (s *Sink) stored(ctx context.Context, answer []byte, sent *contact.Contact, losses []contact.Loss) (importer.Stored, error) {
	d := s.client.Dialect()
	c, unkept, err := outlook.Answer(answer, sent, d)
	if err != nil {
		return importer.Stored{}, fmt.Errorf("%w: %w", importer.ErrAmbiguous, err)
	}
	stored := importer.Stored{Contact: c, Losses: append(losses, unkept...)}
	if len(unkept) == 0 {
		return stored, nil
	}
	body, whole, hidden := outlook.Hide(answer, sent, d)
	link, err := s.client.Link([]string{"contacts", string(c.ID)})
	if body == nil || err != nil {
		return stored, nil
	}
	if answer, err = s.client.Write(ctx, http.MethodPatch, link, body); err != nil {
		return stored, nil
	}
	if now, _, err := outlook.Answer(answer, sent, d); err == nil {
		whole.Version, whole.Modified = now.Version, now.Modified
		stored = importer.Stored{Contact: whole, Losses: append(losses, hidden...)}
	}
	return stored, nil
}

// judge says which of the errors of a Sink a failed request is.
func judge(err error) error {
	switch {
	case odata.Ambiguous(err):
		return fmt.Errorf("%w: %w", importer.ErrAmbiguous, err)
	case odata.Rejected(err):
		return fmt.Errorf("%w: %w", importer.ErrRejected, err)
	case odata.Temporary(err):
		return fmt.Errorf("%w: %w", importer.ErrTemporary, err)
	}
	return err
}

// FindKey implements importer.KeyFinder. It looks through every folder, as not all
// dialects can look through the whole mailbox at once.
func (s *Sink) FindKey(ctx context.Context, key string) ([]*contact.Contact, error) {
	tree, err := s.folders.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking a key up: %w", err)
	}
	found, err := s.findEverywhere(ctx, tree, key)
	if err != nil {
		return nil, fmt.Errorf("looking a key up: %w", err)
	}
	slices.SortStableFunc(found, func(a, b *contact.Contact) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

// findEverywhere looks for a key in all folders, in one batch if they have a page or
// less of it each. A folder that is gone has nothing.
func (s *Sink) findEverywhere(ctx context.Context, tree []contact.Folder, key string) ([]*contact.Contact, error) {
	var links []string
	for _, folder := range tree {
		link, err := s.keyLink(folder, key)
		if err != nil {
			return nil, err
		}
		links = append(links, link)
	}
	in := make([][]*contact.Contact, len(tree))
	err := s.client.ReadEach(ctx, links, func(i int, body []byte) error {
		page, next, err := odata.DecodePage(odata.Answer{Body: body, Try: 1})
		if err != nil {
			return err
		}
		if next != "" {
			return errManyPages
		}
		in[i] = withKey(page, key, tree[i])
		return nil
	}, func(i int) (err error) {
		if in[i], err = s.findIn(ctx, tree[i], key); odata.NotFound(err) {
			err = nil
		}
		return err
	})
	return slices.Concat(in...), err
}

var errManyPages = errors.New("more than one page")

// withKey returns the contacts of a page that were created with the key: a filter
// compares without case.
func withKey(page *outlook.Page, key string, in contact.Folder) (found []*contact.Contact) {
	for _, c := range page.Contacts {
		if c.Key == key {
			c.Folder = in.Path
			found = append(found, c)
		}
	}
	return found
}

func (s *Sink) keyLink(folder contact.Folder, key string) (string, error) {
	query := s.client.Query("$filter", outlook.KeyFilter(key, s.client.Dialect()))
	return s.client.Link([]string{"contactFolders", string(folder.ID), "contacts"}, query...)
}

func (s *Sink) findIn(ctx context.Context, folder contact.Folder, key string) ([]*contact.Contact, error) {
	link, err := s.keyLink(folder, key)
	if err != nil {
		return nil, err
	}
	var found []*contact.Contact
	err = odata.Walk(ctx, s.client, odata.Listing{Link: link}, odata.DecodePage, func(page *outlook.Page, _ string) bool {
		for _, c := range withKey(page, key, folder) {
			if !slices.ContainsFunc(found, func(f *contact.Contact) bool { return f.ID == c.ID }) {
				found = append(found, c)
			}
		}
		return true
	})
	return found, err
}
