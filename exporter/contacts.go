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
	// Photos asks for the photos of a [PhotoSource], embedded in their contacts.
	Photos bool
	// PhotoRequests is how many photos are fetched at a time; 0 means 3, which
	// leaves one of the four requests that Microsoft allows for the next page.
	PhotoRequests int
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
		ctx, cancel := context.WithCancel(ctx)
		r := &reading{src: src, o: o, batches: make(chan []item, pagesAhead), slots: make(chan struct{}, photosAhead)}
		r.photos.SetLimit(cmp.Or(o.PhotoRequests, 3))
		var lister errgroup.Group
		lister.Go(func() error {
			defer close(r.batches)
			return r.list(ctx)
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
			yield(nil, err)
		}
	}
}

// reading is one pass over a source. A goroutine lists; each photo is fetched by
// one of a bounded group; the caller's goroutine takes the items in order. Items
// travel by the page, for a page costs the goroutines little to hand over.
type reading struct {
	src     Source
	o       Options
	batches chan []item
	photos  errgroup.Group
	slots   chan struct{} // one for each photo from before its request until it is delivered
}

// item is one element of the sequence.
type item struct {
	contact *contact.Contact
	err     error
	photo   chan struct{} // closed when the photo has come; nil when there is none
}

func (r *reading) deliver(ctx context.Context, it *item, yield func(*contact.Contact, error) bool) bool {
	if it.photo != nil {
		select {
		case <-it.photo:
			defer func() { <-r.slots }()
		case <-ctx.Done():
			yield(nil, context.Cause(ctx))
			return false
		}
	}
	return yield(it.contact, it.err)
}

func (r *reading) list(ctx context.Context) error {
	folders, err := r.src.Folders(ctx)
	if err != nil {
		return fmt.Errorf("listing folders: %w", err)
	}
	if r.o.Folder != nil {
		folder, ok := FindFolder(folders, *r.o.Folder)
		if !ok {
			return ErrNoFolder
		}
		folders = []contact.Folder{folder}
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
	batch := make([]item, 0, len(page.Bad)+len(page.Contacts))
	for _, bad := range page.Bad {
		batch = append(batch, item{err: bad})
	}
	for _, c := range page.Contacts {
		it := item{contact: c}
		if src, ok := r.wantsPhoto(c); ok {
			var err error
			if batch, err = r.slot(ctx, batch); err != nil {
				return err
			}
			it.photo = r.fetch(ctx, src, c)
		}
		batch = append(batch, it)
	}
	return r.send(ctx, batch)
}

func (r *reading) send(ctx context.Context, batch []item) error {
	select {
	case r.batches <- batch:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wantsPhoto reports whether the contact has a photo to be fetched.
func (r *reading) wantsPhoto(c *contact.Contact) (PhotoSource, bool) {
	src, ok := r.src.(PhotoSource)
	p := c.Photo
	return src, ok && r.o.Photos && p != nil && p.Data == nil && p.URL == ""
}

// slot waits for a slot for one more photo. It becomes free when an earlier photo
// is delivered, so what has been gathered so far is sent first; what is left to
// gather into is returned.
func (r *reading) slot(ctx context.Context, batch []item) ([]item, error) {
	select {
	case r.slots <- struct{}{}:
		return batch, nil
	default:
	}
	if err := r.send(ctx, batch); err != nil {
		return nil, err
	}
	select {
	case r.slots <- struct{}{}:
		return nil, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// fetch begins to fetch a photo, and returns what is closed when it has come.
func (r *reading) fetch(ctx context.Context, src PhotoSource, c *contact.Contact) chan struct{} {
	done := make(chan struct{})
	r.photos.Go(func() error {
		defer close(done)
		photo, err := src.Photo(ctx, c.ID)
		c.Photo = photo
		if err != nil && ctx.Err() == nil {
			c.Unread = append(c.Unread, contact.Loss{
				Field: "photo", Kind: contact.Dropped, Reason: "it could not be fetched: " + err.Error()})
		}
		return nil
	})
	return done
}
