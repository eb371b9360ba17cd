package importer_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/importertest"
)

// interrupting is an account whose user has enough when so many photos are stored.
type interrupting struct {
	*importertest.Fake
	photos atomic.Int32
	stop   func()
}

func (i *interrupting) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	if i.photos.Add(-1) == 0 {
		i.stop()
	}
	return i.Fake.SetPhoto(context.WithoutCancel(ctx), ref, p)
}

// TestStoppedAmongPhotos: the photos that an import did not come to are counted.
func TestStoppedAmongPhotos(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	f := &interrupting{Fake: importertest.NewFake(), stop: stop}
	f.photos.Store(3)
	var all []*contact.Contact
	for n := range 20 {
		all = append(all, withPhoto(person(fmt.Sprint("Person ", n), "", fmt.Sprintf("p%d@example.org", n)), fmt.Sprint(n)))
	}
	r, err := importer.Import(ctx, sequence(all), f, f, importer.Options{Concurrency: 1}, importer.Observer{})
	if !errors.Is(err, context.Canceled) || r.Created != 20 || r.Photos != 3 || r.PhotosNotReached != 17 {
		t.Errorf("%v, %+v", err, r)
	}
	if r, err = importer.Import(t.Context(), sequence(all), f, f, importer.Options{}, importer.Observer{}); err != nil || r.Unchanged != 20 || r.Photos != 17 || r.PhotosNotReached != 0 {
		t.Errorf("again: %v, %+v", err, r)
	}
}
