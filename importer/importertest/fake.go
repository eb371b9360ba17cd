package importertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// Fake is an account in memory that keeps the contract of importer.Sink, Reader,
// PhotoSink, PhotoReader, KeyFinder, Deleter and FolderRemover. It keeps everything of a contact but what
// is not in the fields that a patch names. It is safe for concurrent use.
type Fake struct {
	mu       sync.Mutex
	folders  []contact.FolderPath // the id of a folder is its index; removed is what a removed one is
	contacts []*contact.Contact
	created  int
	version  int
}

const removed contact.FolderPath = "\x00"

// NewFake returns an empty account.
func NewFake() *Fake { return &Fake{folders: []contact.FolderPath{""}} }

// EnsureFolder implements importer.Sink.
func (f *Fake) EnsureFolder(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	path = path.Clean()
	i := slices.Index(f.folders, path)
	if i < 0 {
		i, f.folders = len(f.folders), append(f.folders, path)
	}
	return contact.FolderID(fmt.Sprintf("f%d", i)), nil
}

// Create implements importer.Sink.
func (f *Fake) Create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (importer.Stored, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return importer.Stored{}, fmt.Errorf("%w: %w", importer.ErrAmbiguous, err)
	}
	i, err := strconv.Atoi(strings.TrimPrefix(string(folder), "f"))
	if err != nil || i < 0 || i >= len(f.folders) || f.folders[i] == removed {
		return importer.Stored{}, fmt.Errorf("%w: no such folder", importer.ErrRejected)
	}
	held := c.Clone()
	held.ID = contact.ID(fmt.Sprintf("fake-contact-%06d", f.created))
	held.Folder, held.Photo, held.Unread, held.Created = f.folders[i], nil, nil, time.Now()
	f.contacts = append(f.contacts, held)
	f.created++
	return f.stored(held), nil
}

// stored gives a contact that has changed its next version.
func (f *Fake) stored(held *contact.Contact) importer.Stored {
	f.version++
	held.Version = strconv.Itoa(f.version)
	return importer.Stored{Contact: held.Clone()}
}

var errGone = errors.New("no such contact")

func (f *Fake) find(ctx context.Context, id contact.ID) (*contact.Contact, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	for _, c := range f.contacts {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", importer.ErrRejected, errGone)
}

// Update implements importer.Sink.
func (f *Fake) Update(ctx context.Context, ref contact.Ref, change contact.Patch) (importer.Stored, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.find(ctx, ref.ID)
	if err != nil {
		return importer.Stored{}, err
	}
	from := change.New.Clone()
	for _, field := range change.Fields {
		held.Set(field, from)
	}
	return f.stored(held), nil
}

// Contacts implements importer.Reader.
func (f *Fake) Contacts(ctx context.Context) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		f.mu.Lock()
		all := slices.Clone(f.contacts)
		for i := range all {
			all[i] = all[i].Clone()
		}
		f.mu.Unlock()
		for _, c := range all {
			if err := context.Cause(ctx); err != nil {
				yield(nil, err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// PhotoForm implements importer.PhotoSink: photos are taken as they are.
func (f *Fake) PhotoForm(p *contact.Photo) *contact.Photo { return p }

// SetPhoto implements importer.PhotoSink.
func (f *Fake) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.find(ctx, ref.ID)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(contact.NewPhoto(p.Data).MediaType, "image/") {
		return nil, fmt.Errorf("%w: not an image", importer.ErrRejected)
	}
	held.Photo = contact.NewPhoto(p.Data)
	f.stored(held)
	return held.Photo, nil
}

// TakePhoto removes a contact's photo, as people can in services whose clients cannot.
func (f *Fake) TakePhoto(ctx context.Context, ref contact.Ref) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.find(ctx, ref.ID)
	if err == nil {
		held.Photo = nil
		f.stored(held)
	}
	return err
}

// Move moves a contact to another folder, as people can. The services of Microsoft give it
// another id then, unless they were asked for ids that stay; id is that, "" for the same.
func (f *Fake) Move(ctx context.Context, ref contact.Ref, to contact.FolderPath, id contact.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.find(ctx, ref.ID)
	if err == nil {
		held.Folder, held.ID = to, cmp.Or(id, held.ID)
		f.stored(held)
	}
	return err
}

// Photo implements importer.PhotoReader.
func (f *Fake) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held, err := f.find(ctx, id)
	if errors.Is(err, errGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return held.Photo, nil
}

// FindKey implements importer.KeyFinder.
func (f *Fake) FindKey(ctx context.Context, key string) ([]*contact.Contact, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []*contact.Contact
	for _, c := range f.contacts {
		if c.Key == key {
			found = append(found, c.Clone())
		}
	}
	return found, context.Cause(ctx)
}

// Delete implements importer.Deleter.
func (f *Fake) Delete(ctx context.Context, ref contact.Ref) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ref.ID == "" {
		return errGone
	}
	held, err := f.find(ctx, ref.ID)
	if errors.Is(err, errGone) {
		return nil
	}
	if err == nil {
		f.contacts = slices.DeleteFunc(f.contacts, func(c *contact.Contact) bool { return c == held })
	}
	return err
}

// Folders implements importer.FolderRemover.
func (f *Fake) Folders(ctx context.Context) ([]contact.Folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var tree []contact.Folder
	for i, path := range f.folders {
		if path != removed {
			tree = append(tree, contact.Folder{ID: contact.FolderID(fmt.Sprintf("f%d", i)), Path: path, Default: path == ""})
		}
	}
	return tree, context.Cause(ctx)
}

// RemoveFolder implements importer.FolderRemover.
func (f *Fake) RemoveFolder(ctx context.Context, id contact.FolderID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	i, err := strconv.Atoi(strings.TrimPrefix(string(id), "f"))
	if err != nil || i < 0 || i >= len(f.folders) || f.folders[i] == removed {
		return nil
	}
	path := f.folders[i]
	for _, c := range f.contacts {
		if c.Folder == path {
			return fmt.Errorf("%w: the folder is not empty", importer.ErrRejected)
		}
	}
	for _, other := range f.folders {
		if path == "" || strings.HasPrefix(string(other), string(path)+"/") {
			return fmt.Errorf("%w: the folder holds others", importer.ErrRejected)
		}
	}
	f.folders[i] = removed
	return nil
}
