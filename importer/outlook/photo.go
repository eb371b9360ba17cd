package outlook

import (
	"context"
	"fmt"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/jpegphoto"
)

// maxPhoto is the largest photo that is sent: one request takes 4 MB.
const maxPhoto = 4 << 20

// Photo implements importer.PhotoReader.
func (s *Sink) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	return s.client.Photo(ctx, id)
}

// PhotoForm implements importer.PhotoSink. What SetPhoto would refuse is p itself.
func (s *Sink) PhotoForm(p *contact.Photo) *contact.Photo {
	data, err := jpegphoto.Fit(p.Data, maxPhoto)
	if err != nil || len(data) == len(p.Data) && &data[0] == &p.Data[0] {
		return p
	}
	return contact.NewPhoto(data)
}

// SetPhoto implements importer.PhotoSink. The service shows JPEG alone, of at most
// 4 MB: one that is that already is sent as it is, others are made into it. What is
// no image is refused.
func (s *Sink) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	data, err := jpegphoto.Fit(p.Data, maxPhoto)
	if err != nil {
		return nil, importer.Unfit(fmt.Errorf("the photo is %w", err))
	}
	if err := s.client.SetPhoto(ctx, ref.ID, data); err != nil {
		return nil, fmt.Errorf("setting a photo: %w", judge(err))
	}
	return contact.NewPhoto(data), nil
}
