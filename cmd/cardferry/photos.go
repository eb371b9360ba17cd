package main

import (
	"context"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/webphoto"
)

// withPhotos returns contacts with the photos that the flags ask for.
func (f *runFlags) withPhotos(ctx context.Context, contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	if f.photos && f.fetch {
		return webphoto.New().Fill(ctx, contacts)
	}
	return withoutPhotos(f.photos, contacts)
}
