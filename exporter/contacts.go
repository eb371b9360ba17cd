package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
)

// Options says what of an account to read. The zero value is all of it without
// photos.
type Options struct {
	// Folder, where set, is the one folder to read, without those below it.
	Folder *contact.FolderPath
	// Photos asks for the photos, embedded in their contacts. Without it a contact
	// whose photo came along all the same has what tells it from others, not its data.
	Photos bool
	// PhotoRequests is how many photos are fetched at a time; 0 means 3, which
	// leaves one of the four requests that Microsoft allows for the next page.
	PhotoRequests int
	// Tree, where set, is called with all folders before any contact is read. Its error is
	// that of the sequence.
	Tree func([]contact.Folder) error
}

const (
	pagesAhead  = 2  // pages read ahead of whoever ranges over their contacts
	photosAhead = 12 // photos in memory at a time, whatever their contacts
)

// ErrNoFolder says that the folder asked for does not exist.
var ErrNoFolder = errors.New("no such folder")

// Contacts returns the contacts of a source, folder by folder in the order of its
// tree. Pages and photos are fetched ahead while the caller works, within bounds
// that do not depend on the size of the mailbox. The order is always the same.
//
// A *formats.RecordError concerns one contact and the sequence goes on; any other
// error is the last element. A photo that could not be fetched is named in the
// Unread of its contact, which comes without it. The sequence can be ranged over
// once; when the loop is left, all requests end before it returns.
func Contacts(ctx context.Context, src Source, o Options) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		r := newReading(src, o)
		for it := range r.items(ctx, r.list) {
			if !yield(it.contact, it.err) {
				return
			}
		}
	}
}

// reading is one pass over a source. A goroutine lists; each photo is fetched by
// one of a bounded group; the caller's goroutine takes the items in order. Items
// travel in batches, for one costs the goroutines little to hand over.
type reading struct {
	src     Source
	o       Options
	batch   []item // what the lister has gathered
	batches chan []item
	photos  errgroup.Group
	marks   marks
	slots   chan struct{} // one for each photo from before its request until it is delivered
}

// item is one element of the sequence.
type item struct {
	contact *contact.Contact
	err     error
	photo   *arrival // nil when there is none to be fetched

	// For incremental exports alone.
	folder   int            // its number in the tree
	raw      []byte         // the record of the last run that it is, nil if it is new
	previous *contact.Photo // the photo that the last run has seen
}

// arrival is a photo on its way.
type arrival struct {
	done   chan struct{} // closed when it has come, or has not
	failed bool          // valid then
}

func newReading(src Source, o Options) *reading {
	r := &reading{src: src, o: o, batches: make(chan []item, pagesAhead), slots: make(chan struct{}, photosAhead)}
	r.photos.SetLimit(cmp.Or(o.PhotoRequests, 3))
	return r
}

// items returns what list adds, each with its photo. An error that is no
// *formats.RecordError is the last element.
func (r *reading) items(ctx context.Context, list func(context.Context) error) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var lister errgroup.Group
		lister.Go(func() error {
			defer close(r.batches)
			err := list(ctx)
			if err == nil {
				err = r.checkMarks(ctx)
			}
			if err != nil {
				return err
			}
			return r.flush(ctx)
		})
		defer func() {
			cancel()
			for range r.batches { // let the lister run into the cancelled context
			}
			lister.Wait()
			r.photos.Wait()
		}()
		for batch := range r.batches {
			for i := range batch {
				if !r.deliver(ctx, &batch[i], yield) {
					return
				}
			}
		}
		if err := lister.Wait(); err != nil {
			yield(&item{err: err})
		}
	}
}

func (r *reading) deliver(ctx context.Context, it *item, yield func(*item) bool) bool {
	if it.photo != nil {
		select {
		case <-it.photo.done:
			defer func() { <-r.slots }()
		case <-ctx.Done():
			yield(&item{err: context.Cause(ctx)})
			return false
		}
	}
	return yield(it)
}

func (r *reading) list(ctx context.Context) error {
	folders, err := r.src.Folders(ctx)
	if err != nil {
		return fmt.Errorf("listing folders: %w", err)
	}
	if r.o.Tree != nil {
		if err := r.o.Tree(folders); err != nil {
			return err
		}
	}
	if folders, err = r.o.choose(folders); err != nil {
		return err
	}
	for _, folder := range folders {
		for page, err := range r.src.Pages(ctx, folder, "") {
			if err != nil {
				return fmt.Errorf("listing the contacts of a folder: %w", err)
			}
			if err := r.page(ctx, page); err != nil {
				return err
			}
		}
	}
	return nil
}

// choose returns the folders to be read.
func (o *Options) choose(folders []contact.Folder) ([]contact.Folder, error) {
	if o.Folder == nil {
		return folders, nil
	}
	folder, ok := FindFolder(folders, *o.Folder)
	if !ok {
		return nil, ErrNoFolder
	}
	return []contact.Folder{folder}, nil
}

// FindFolder returns the folder of that path; where there is none, one whose path
// differs in capitals alone.
func FindFolder(folders []contact.Folder, path contact.FolderPath) (contact.Folder, bool) {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, f := range folders {
			if same(string(f.Path), string(path)) {
				return f, true
			}
		}
	}
	return contact.Folder{}, false
}

func (r *reading) page(ctx context.Context, page *Page) error {
	r.batch = make([]item, 0, len(page.Bad)+len(page.Contacts))
	for _, bad := range page.Bad {
		r.batch = append(r.batch, item{err: bad})
	}
	for _, c := range page.Contacts {
		if err := r.add(ctx, item{contact: c}); err != nil {
			return err
		}
	}
	return r.flush(ctx)
}

// add adds an item to the batch, and begins to fetch its photo if it has one.
func (r *reading) add(ctx context.Context, it item) error {
	if it.contact != nil {
		r.marks.note(it.contact)
	}
	if c := it.contact; !r.o.Photos && c != nil && c.Photo != nil {
		c.Photo.Data = nil
	}
	if src, ok := r.wantsPhoto(it.contact); ok {
		if err := r.slot(ctx); err != nil {
			return err
		}
		it.photo = r.fetch(ctx, src, it.contact, it.previous)
	}
	r.batch = append(r.batch, it)
	return nil
}

// flush hands the batch over.
func (r *reading) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	select {
	case r.batches <- r.batch:
		r.batch = nil
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wantsPhoto reports whether the contact has a photo to be fetched.
func (r *reading) wantsPhoto(c *contact.Contact) (PhotoSource, bool) {
	src, ok := r.src.(PhotoSource)
	return src, ok && r.o.Photos && c != nil && !fetched(c.Photo)
}

// fetched reports whether nothing is left to fetch of a photo.
func fetched(p *contact.Photo) bool { return p == nil || p.Data != nil || p.URL != "" }

// slot waits for a slot for one more photo. It becomes free when an earlier photo
// is delivered, so what has been gathered so far is handed over first.
func (r *reading) slot(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	default:
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// fetch begins to fetch a photo. What does not come is named in the contact's Unread;
// the previous photo, if there is one, then stands.
func (r *reading) fetch(ctx context.Context, src PhotoSource, c *contact.Contact, previous *contact.Photo) *arrival {
	a := &arrival{done: make(chan struct{})}
	r.photos.Go(func() error {
		defer close(a.done)
		photo, err := src.Photo(ctx, c.ID)
		c.Photo = photo
		if photo != nil || err == nil && r.vanished(ctx, c) || ctx.Err() != nil {
			return nil
		}
		a.failed = true
		reason := "the service lists one, and has none"
		if err != nil {
			reason = "it could not be fetched: " + err.Error()
		}
		if c.Photo = previous; previous != nil {
			reason += "; that of the last run stands"
		}
		c.Unread = append(c.Unread, contact.Loss{Field: "photo", Kind: contact.Dropped, Reason: reason})
		return nil
	})
	return a
}

// vanished reports whether a contact is no longer there, as far as the source can
// tell.
func (r *reading) vanished(ctx context.Context, c *contact.Contact) bool {
	t, ok := r.src.(Tracker)
	if !ok {
		return false
	}
	now, err := t.Contacts(ctx, []contact.ID{c.ID})
	return err == nil && now[0] == nil
}
