package exporter

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// A PhotoMarker is a PhotoSource that depends on a mark which its service may leave out
// of listings, whereupon no contact seems to have a photo.
type PhotoMarker interface {
	// AnyPhoto asks the service itself whether one of the contacts has a photo.
	AnyPhoto(ctx context.Context, ids []contact.ID) (bool, error)
}

const (
	// fewUnmarked is how many contacts may well have no photo at all.
	fewUnmarked = 50
	// askedUnmarked is how many are asked for theirs where none is marked.
	askedUnmarked = 20
)

// marks tells whether any contact of a reading is marked as having a photo.
type marks struct {
	any    bool
	seen   int
	sample []contact.ID // of what is not marked
	off    bool         // nobody wants to know
}

func (m *marks) note(c *contact.Contact) {
	switch m.seen++; {
	case c.Photo != nil:
		m.any = true
	case len(m.sample) < askedUnmarked:
		m.sample = append(m.sample, c.ID)
	default:
		if i := rand.IntN(m.seen); i < askedUnmarked {
			m.sample[i] = c.ID
		}
	}
}

var errUnmarked = errors.New("photos not read: the service marks no contact as having one, and some have one")

// checkMarks names all photos at once as not read where none of many contacts is marked
// as having one, and yet some have.
func (r *reading) checkMarks(ctx context.Context) error {
	src, ok := r.src.(PhotoMarker)
	if !ok || !r.o.Photos || r.marks.off || r.marks.any || r.marks.seen < fewUnmarked {
		return nil
	}
	any, err := src.AnyPhoto(ctx, r.marks.sample)
	if any && err == nil {
		r.batch = append(r.batch, item{err: &formats.RecordError{Err: errUnmarked}})
	}
	return err
}
