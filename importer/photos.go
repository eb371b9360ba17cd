package importer

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spool"
)

// photoJob is one photo to be stored in the second pass.
type photoJob struct {
	at      contact.Position
	ref     contact.Ref
	slot    spool.Slot // the record that holds it
	compare bool       // the contact has one already: store it only if it is another
}

// PhotoResult is a photo that could not be stored, or was stored in another form.
type PhotoResult struct {
	At   contact.Position
	ID   contact.ID
	Loss *contact.Loss // it was sent in another form
	Err  error         // it was not stored
}

// photoPass stores the photos, after all contacts. A photo that fails is named,
// and fails nothing else.
func (im *importing) photoPass(ctx context.Context) error {
	if len(im.jobs) == 0 || im.o.DryRun {
		im.report.Photos = len(im.jobs)
		return nil
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(im.o.concurrency())
	done := 0
	for _, job := range im.jobs {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error {
			stored, loss, err := im.setPhoto(gctx, job)
			if err != nil && (gctx.Err() != nil || !errors.Is(err, ErrRejected)) {
				if gctx.Err() != nil {
					return context.Cause(gctx)
				}
				if !im.tolerate(err) {
					return fmt.Errorf("storing a photo: %w", err)
				}
			}
			im.mu.Lock()
			defer im.mu.Unlock()
			done++
			switch {
			case err != nil:
				im.report.PhotosFailed++
			case stored:
				im.report.Photos++
			}
			if loss != nil {
				im.report.Losses.Add(*loss)
			}
			if im.ob.Photo != nil && (err != nil || loss != nil) {
				im.ob.Photo(PhotoResult{At: job.at, ID: job.ref.ID, Loss: loss, Err: err})
			}
			im.progress(StagePhotos, done, len(im.jobs))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (im *importing) setPhoto(ctx context.Context, job photoJob) (stored bool, loss *contact.Loss, err error) {
	c, err := im.in.spool.Get(job.slot)
	if err != nil {
		return false, nil, err
	}
	sink := im.sink.(PhotoSink)
	if reader, ok := im.sink.(PhotoReader); ok && job.compare {
		there, err := reader.Photo(ctx, job.ref.ID)
		if err != nil {
			return false, nil, err
		}
		if there != nil && there.SHA256 == sink.PhotoForm(c.Photo).SHA256 {
			return false, nil, nil
		}
	}
	sent, err := sink.SetPhoto(ctx, job.ref, c.Photo)
	if err != nil {
		return false, nil, err
	}
	if sent.SHA256 != c.Photo.SHA256 {
		loss = &contact.Loss{Field: "photo", Kind: contact.Moved, Reason: "it was converted to a JPEG that the account accepts"}
	}
	return true, loss, nil
}
