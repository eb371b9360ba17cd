package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

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
	contactsAhead = 400 // contacts read ahead of whoever ranges over them
	photosAhead   = 12  // photos in memory at a time, whatever their contacts
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
		r := &reading{src: src, o: o, items: make(chan *item, contactsAhead), slots: make(chan struct{}, photosAhead)}
		r.photos.SetLimit(cmp.Or(o.PhotoRequests, 3))
		var lister errgroup.Group
		lister.Go(func() error {
			defer close(r.items)
			return r.list(ctx)
		})
		defer func() {
			cancel()
			for range r.items { // let the lister run into the cancelled context
			}
			lister.Wait()
			r.photos.Wait()
		}()
		for it := range r.items {
			if !r.deliver(ctx, it, yield) {
				return
			}
		}
		if err := lister.Wait(); err != nil {
			yield(nil, err)
		}
	}
}

// reading is one pass over a source. A goroutine lists; each photo is fetched by
// one of a bounded group; the caller's goroutine takes the items in order.
type reading struct {
	src    Source
	o      Options
	items  chan *item
	photos errgroup.Group
	slots  chan struct{} // one for each photo from before its request until it is delivered
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
	found := r.o.Folder == nil
	for _, folder := range folders {
		if r.o.Folder != nil && folder.Path != *r.o.Folder {
			continue
		}
		found = true
		for page, err := range r.src.Pages(ctx, folder, "") {
			if err != nil {
				return fmt.Errorf("listing the contacts of a folder: %w", err)
			}
			if err := r.page(ctx, page); err != nil {
				return err
			}
		}
	}
	if !found {
		return ErrNoFolder
	}
	return nil
}

func (r *reading) page(ctx context.Context, page *Page) error {
	for _, bad := range page.Bad {
		if err := r.send(ctx, &item{err: bad}); err != nil {
			return err
		}
	}
	for _, c := range page.Contacts {
		it := &item{contact: c}
		if err := r.startPhoto(ctx, it); err != nil {
			return err
		}
		if err := r.send(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) send(ctx context.Context, it *item) error {
	select {
	case r.items <- it:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// startPhoto begins to fetch the photo of the item, if it has one to be fetched.
// It waits for a slot, which is free again when an earlier photo is delivered.
func (r *reading) startPhoto(ctx context.Context, it *item) error {
	src, ok := r.src.(PhotoSource)
	p := it.contact.Photo
	if !ok || !r.o.Photos || p == nil || p.Data != nil || p.URL != "" {
		return nil
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	it.photo = make(chan struct{})
	r.photos.Go(func() error {
		defer close(it.photo)
		photo, err := src.Photo(ctx, it.contact.ID)
		it.contact.Photo = photo
		if err != nil && ctx.Err() == nil {
			it.contact.Unread = append(it.contact.Unread, contact.Loss{
				Field: "photo", Kind: contact.Dropped, Reason: "it could not be fetched: " + err.Error()})
		}
		return nil
	})
	return nil
}
