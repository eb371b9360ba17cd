package carddav

import (
	"context"
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/jpegphoto"
)

// EmbedsPhotos implements importer.PhotoEmbedder.
func (s *Sink) EmbedsPhotos() {}

// roomForText is what of a card's size limit is left to all that is no photo.
const roomForText = 16 << 10

// limit returns how many bytes a photo may have in a card of the account: in base64 it
// takes a third more. It is one for all of the account's books, so that a photo has the
// same form whichever it is for.
func (s *Sink) limit() int {
	p := s.client.Provider()
	limit := formats.MaxPhoto
	if p.MaxPhoto > 0 {
		limit = min(limit, p.MaxPhoto)
	}
	for _, card := range []int64{s.client.MaxCard(), int64(p.MaxCard)} {
		if card > 0 {
			limit = min(limit, int(max(card-roomForText, card/2)*73/100))
		}
	}
	return limit
}

// photoLimits returns the sizes that are tried in turn where a card is refused for its
// size; the last one is no photo.
func (w *writing) photoLimits() []int {
	if w.want.Photo == nil {
		return []int{0}
	}
	limit := w.sink.limit()
	return []int{limit, min(limit, 100<<10), min(limit, 30<<10), 0}
}

// photoWithin returns a photo that has at most limit bytes, nil for none, and says what
// became of p.
func (w *writing) photoWithin(p *contact.Photo, limit int) (*contact.Photo, []contact.Loss) {
	if p == nil {
		return nil, nil
	}
	if limit == 0 {
		return nil, []contact.Loss{{Field: "photo", Kind: contact.Dropped, Reason: "the service takes no card of this size"}}
	}
	form, err := w.sink.form(p, limit)
	if err != nil {
		return nil, []contact.Loss{{Field: "photo", Kind: contact.Dropped, Reason: err.Error()}}
	}
	return form, nil
}

// form returns the photo as it is sent: as it is, where it is an image that is small
// enough and of a kind that people will see.
func (s *Sink) form(p *contact.Photo, limit int) (*contact.Photo, error) {
	switch {
	case len(p.Data) == 0 && p.URL != "":
		return p, nil
	case !strings.HasPrefix(contact.NewPhoto(p.Data).MediaType, "image/"):
		return nil, jpegphoto.ErrNotAnImage
	case len(p.Data) <= limit && !(s.client.Provider().JPEG && p.MediaType != "image/jpeg"):
		return p, nil
	}
	data, err := jpegphoto.Fit(p.Data, limit)
	if err != nil {
		return nil, err
	}
	return contact.NewPhoto(data), nil
}

// PhotoForm implements importer.PhotoSink. What SetPhoto would refuse is p itself.
func (s *Sink) PhotoForm(p *contact.Photo) *contact.Photo {
	form, err := s.form(p, s.limit())
	if err != nil {
		return p
	}
	return form
}

// SetPhoto implements importer.PhotoSink.
func (s *Sink) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	form, err := s.form(p, s.limit())
	if err != nil {
		return nil, fmt.Errorf("setting a photo: %w: %w", importer.ErrRejected, err)
	}
	stored, err := s.change(ctx, ref.ID, func(now *contact.Contact) (*contact.Contact, []contact.Loss) {
		next := now.Clone()
		next.Photo = form
		return next, nil
	})
	if err != nil {
		return nil, fmt.Errorf("setting a photo: %w", judge(err))
	}
	if stored.Contact.Photo == nil {
		return nil, fmt.Errorf("setting a photo: %w: the service does not keep it", importer.ErrRejected)
	}
	return stored.Contact.Photo, nil
}

// RemovePhoto implements importer.PhotoRemover.
func (s *Sink) RemovePhoto(ctx context.Context, ref contact.Ref) error {
	_, err := s.change(ctx, ref.ID, func(now *contact.Contact) (*contact.Contact, []contact.Loss) {
		next := now.Clone()
		next.Photo = nil
		return next, nil
	})
	if err != nil {
		return fmt.Errorf("removing a photo: %w", judge(err))
	}
	return nil
}

// Photo implements importer.PhotoReader.
func (s *Sink) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	_, c, _, err := s.read(ctx, id)
	switch {
	case dav.NotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading a photo: %w", judge(err))
	case c.Photo == nil || len(c.Photo.Data) == 0:
		return nil, nil
	}
	return c.Photo, nil
}
