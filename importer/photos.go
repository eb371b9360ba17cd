package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/internal/spool"
)

// photoJob is one photo of the second pass, to be stored or to be compared.
type photoJob struct {
	at      contact.Position
	ref     contact.Ref
	key     string
	folder  contact.FolderPath
	slot    spool.Slot // the record that holds it
	compare bool       // the contact has one already: store it only if it is another
	keep    bool       // the contact has one, which stands: say so if it is another

	photo, form, there *contact.Photo // the record's, as it is to be sent, and the contact's own
}

// PhotoResult is a photo that was not stored, or was stored in another form.
type PhotoResult struct {
	At   contact.Position
	ID   contact.ID
	Loss *contact.Loss // it was sent in another form
	Kept bool          // the contact's own stood, because the policy overwrites nothing
	Err  error         // it could not be stored
}

// photoPass stores the photos, after all contacts. A photo that fails is named,
// and fails nothing else.
func (im *importing) photoPass(ctx context.Context) error {
	if len(im.jobs) == 0 {
		return nil
	}
	jobs, sink := im.jobs, im.sink.(PhotoSink)
	if im.o.DryRun {
		return im.foreseePhotos(ctx, sink)
	}
	return im.inBatches(ctx, func(ctx context.Context, size int) (steps []step, more bool, err error) {
		batch := jobs[:min(size, photosAtOnce, len(jobs))]
		jobs = jobs[len(batch):]
		if err := im.loadPhotos(ctx, sink, batch); err != nil {
			return nil, false, err
		}
		for i, job := range batch {
			batch[i] = photoJob{} // its photos are held no longer than they must be
			if job.form == nil {  // finished
				continue
			}
			entry := &journal.Entry{Kind: journal.SetPhoto, At: job.at.String(), Key: job.key, ID: job.ref.ID, Version: job.ref.Version,
				Folder: job.folder, Photo: job.form.SHA256, OldPhoto: job.there}
			steps = append(steps, step{entry, func(ctx context.Context) error { return im.setPhoto(ctx, sink, job, entry) }})
		}
		return steps, len(jobs) > 0, nil
	})
}

// foreseePhotos counts the photos that would be stored, and names those that would be kept.
// Where the contact has one it takes the same look at it.
func (im *importing) foreseePhotos(ctx context.Context, sink PhotoSink) error {
	var there []photoJob
	for _, job := range im.jobs {
		if job.keep || job.compare {
			there = append(there, job)
		} else {
			im.report.Photos++
		}
	}
	for batch := range slices.Chunk(there, photosAtOnce) {
		if err := im.loadPhotos(ctx, sink, batch); err != nil {
			return err
		}
		for i := range batch {
			if batch[i].form != nil {
				im.report.Photos++
			}
			batch[i] = photoJob{}
		}
	}
	return nil
}

// embeds reports whether a decision's photo travels in the request that creates its
// contact.
func (im *importing) embeds(d *decision) (PhotoEmbedder, bool) {
	sink, ok := im.sink.(PhotoEmbedder)
	p := d.contact.Photo
	return sink, ok && d.outcome == Created && d.setPhoto && p != nil && (len(p.Data) > 0 || p.URL != "")
}

// toCreate returns the contact as it is created: without a photo that has a pass of its
// own, or is not wanted.
func (im *importing) toCreate(d *decision) *contact.Contact {
	if _, ok := im.embeds(d); ok || d.contact.Photo == nil {
		return d.contact
	}
	bare := *d.contact
	bare.Photo = nil
	return &bare
}

// embedded counts the photo of a contact that was created along with it.
func (im *importing) embedded(d *decision, now *contact.Contact) {
	r := PhotoResult{At: d.records[0].At, ID: now.ID}
	switch {
	case now.Photo == nil:
		im.report.PhotosFailed++
		r.Err = fmt.Errorf("%w: the contact was stored without it", ErrRejected)
	case now.Photo.SHA256 != d.contact.Photo.SHA256:
		im.report.Photos++
		r.Loss = &contact.Loss{Field: "photo", Kind: contact.Moved, Reason: "it was made into a photo that the account accepts"}
		im.report.Losses.Add(*r.Loss)
	default:
		im.report.Photos++
		return
	}
	if im.ob.Photo != nil {
		im.ob.Photo(r)
	}
}

// photosAtOnce bounds how many photos are held in memory.
const photosAtOnce = 16

// loadPhotos prepares a batch of photos, and finishes those that are there already.
func (im *importing) loadPhotos(ctx context.Context, sink PhotoSink, batch []photoJob) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(im.o.concurrency())
	for i := range batch {
		job := &batch[i]
		g.Go(func() error {
			if gctx.Err() != nil {
				return context.Cause(gctx)
			}
			c, err := im.in.spool.Get(job.slot)
			if err != nil {
				return err
			}
			job.photo = c.Photo
			form := sink.PhotoForm(c.Photo)
			if reader, ok := im.sink.(PhotoReader); ok && (job.compare || job.keep) {
				if job.there, err = reader.Photo(gctx, job.ref.ID); err != nil {
					return im.photoDone(gctx, job, false, err)
				}
				same := job.there != nil && job.there.SHA256 == form.SHA256
				if job.keep && job.there != nil && !same {
					im.photoKept(job)
				}
				if same || job.keep && job.there != nil {
					return im.photoDone(gctx, job, false, nil)
				}
			}
			job.form = form
			return nil
		})
	}
	return g.Wait()
}

// photoKept counts a photo that did not take the place of the contact's own.
func (im *importing) photoKept(job *photoJob) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.report.Kept++
	if im.ob.Photo != nil {
		im.ob.Photo(PhotoResult{At: job.at, ID: job.ref.ID, Kept: true})
	}
}

func (im *importing) setPhoto(ctx context.Context, sink PhotoSink, job photoJob, entry *journal.Entry) error {
	_, err := sink.SetPhoto(ctx, job.ref, job.form)
	if err != nil {
		im.o.Journal.Note(entry, failed(err))
		return im.photoDone(ctx, &job, false, err)
	}
	im.o.Journal.Note(entry, journal.Outcome{Status: journal.Done, NewID: job.ref.ID})
	return im.photoDone(ctx, &job, true, nil)
}

// photoDone counts a photo, and ends the import on trouble that is more than the
// refusal of one photo.
func (im *importing) photoDone(ctx context.Context, job *photoJob, stored bool, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, ErrRejected) && !im.tolerate(err) {
		return fmt.Errorf("storing a photo: %w", err)
	}
	var loss *contact.Loss
	if stored && job.form.SHA256 != job.photo.SHA256 {
		loss = &contact.Loss{Field: "photo", Kind: contact.Moved, Reason: "it was converted to a JPEG that the account accepts"}
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.photosDone++
	switch {
	case err != nil:
		im.report.PhotosFailed++
	case stored:
		im.troubles = 0
		im.report.Photos++
	}
	if loss != nil {
		im.report.Losses.Add(*loss)
	}
	if im.ob.Photo != nil && (err != nil || loss != nil) {
		im.ob.Photo(PhotoResult{At: job.at, ID: job.ref.ID, Loss: loss, Err: err})
	}
	im.progress(StagePhotos, im.photosDone, len(im.jobs))
	return nil
}
