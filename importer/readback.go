package importer

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// StageReadBack is the stage of [ReadBack] that compares.
const StageReadBack = "comparing"

// ReadBackOptions says how to read back.
type ReadBackOptions struct {
	Concurrency int // as in Options
	TempDir     string
}

// Difference is a contact that is not what a run meant it to be.
type Difference struct {
	At     string // the record that it was written for
	ID     contact.ID
	Gone   bool            // it is not there
	Fields []contact.Field // that differ; "folder" and "photo" among them
}

// ReadBackReport counts what was compared.
type ReadBackReport struct {
	Contacts  int // that the run wrote
	Photos    int // that it set, and whose hash was compared
	Different int // contacts of which something differs
}

// ReadBack reads the account once more and compares whatever the run of the journal
// wrote with what it was to be: contacts field by field, as far as the account can hold
// them, and photos by their hash. found is called for every difference.
func ReadBack(ctx context.Context, j *journal.Journal, reader Reader, sink Sink, o ReadBackOptions, found func(Difference), progress func(stage string, done, total int)) (*ReadBackReport, error) {
	rb := &readingBack{journal: j, sink: sink, found: found, report: &ReadBackReport{}}
	var err error
	if rb.changes, err = readChanges(j); err != nil || len(rb.changes.all) == 0 {
		return rb.report, err
	}
	defer rb.changes.close()
	if err := rb.changes.find(ctx, reader, o.TempDir, nil, func(n int) { progress(StageIndex, n, 0) }); err != nil {
		return rb.report, fmt.Errorf("reading the account: %w", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(o.Concurrency, 4))
	for _, c := range rb.changes.all {
		g.Go(func() error {
			if gctx.Err() != nil {
				return context.Cause(gctx)
			}
			d, err := rb.compare(gctx, c)
			if err != nil {
				return fmt.Errorf("reading back: %w", err)
			}
			rb.note(c, d)
			rb.mu.Lock()
			defer rb.mu.Unlock()
			progress(StageReadBack, rb.report.Contacts, len(rb.changes.all))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return rb.report, err
	}
	return rb.report, context.Cause(ctx)
}

type readingBack struct {
	journal *journal.Journal
	sink    Sink
	changes *changes
	found   func(Difference)

	mu     sync.Mutex
	report *ReadBackReport
}

func (rb *readingBack) note(c *change, d Difference) {
	rb.mu.Lock()
	defer rb.mu.Unlock()
	rb.report.Contacts++
	if c.photo != "" {
		rb.report.Photos++
	}
	if d.Gone || len(d.Fields) > 0 {
		rb.report.Different++
		rb.found(d)
	}
}

func (rb *readingBack) compare(ctx context.Context, c *change) (Difference, error) {
	d := Difference{At: c.at, ID: c.id}
	now, err := rb.changes.get(c.there)
	switch {
	case err != nil || c.deleted:
		return d, err
	case now == nil:
		d.Gone = true
		return d, nil
	}
	d.ID = now.ID
	var e *journal.Entry
	if c.want != 0 {
		if e, err = rb.journal.Entry(c.want); err != nil {
			return d, err
		}
		want, _ := project(rb.sink, e.Want)
		d.Fields = contact.NewPatch(want, now).Fields
		if folderKey(rb.sink, e.Folder) != folderKey(rb.sink, now.Folder) {
			d.Fields = append(d.Fields, "folder")
		}
	}
	if reader, ok := rb.sink.(PhotoReader); ok && c.photoLeft(e) != "" {
		photo, err := reader.Photo(ctx, now.ID)
		if err != nil {
			return d, err
		}
		if photo == nil || photo.SHA256 != c.photoLeft(e) {
			d.Fields = append(d.Fields, "photo")
		}
	}
	return d, nil
}
