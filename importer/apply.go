package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// entry returns the intent of a decision; nil if it writes nothing, as in a dry run.
func (im *importing) entry(d *decision) *journal.Entry {
	if im.o.DryRun {
		return nil
	}
	switch at := d.records[0].At.String(); d.outcome {
	case Created:
		e := &journal.Entry{Kind: journal.Create, At: at, Key: d.contact.Key, Folder: im.o.Folder.Join(d.contact.Folder), Want: d.contact}
		if sink, ok := im.embeds(d); ok {
			e.Photo = sink.PhotoForm(d.contact.Photo).SHA256
		}
		return e
	case Updated:
		return &journal.Entry{Kind: journal.Update, At: at, Key: d.stored.Key, ID: d.stored.ID, Version: d.stored.Version,
			Folder: d.stored.Folder, Before: d.stored, Want: d.patch.New}
	}
	return nil
}

// apply carries a decision out. What becomes of a create that nobody confirms shows
// later: then there is nothing to finish yet.
func (im *importing) apply(ctx context.Context, d *decision, entry *journal.Entry) error {
	if d.outcome == Updated {
		stored, err := im.sink.Update(ctx, d.stored.Ref(), d.patch)
		return im.applied(ctx, d, entry, stored, err)
	}
	folder, err := im.sink.EnsureFolder(ctx, entry.Folder)
	if err != nil {
		return im.applied(ctx, d, entry, Stored{}, fmt.Errorf("making the folder: %w", err))
	}
	if im.open[d.contact.Key] {
		if stored, err := im.writer.lookUp(ctx, d.contact); stored.Contact != nil || err != nil {
			return im.applied(ctx, d, entry, stored, err)
		}
	}
	return im.create(ctx, &unconfirmed{decision: d, entry: entry, folder: folder})
}

// applied notes what became of a write and finishes it. It ends the import on trouble
// that is more than the refusal of one contact. The
// journal learns the outcome even when the run has been asked to stop.
func (im *importing) applied(ctx context.Context, d *decision, entry *journal.Entry, stored Stored, err error) error {
	if err != nil {
		im.o.Journal.Note(entry, failed(err))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !errors.Is(err, ErrRejected) && !im.tolerate(err) {
			return fmt.Errorf("writing contacts: %w", err)
		}
		im.finish(d, nil, err)
		return nil
	}
	d.losses = takeLosses(d.losses, stored.Losses)
	now := stored.Contact
	im.o.Journal.Note(entry, stored.outcome(entry.Want))
	im.finish(d, now, nil)
	return nil
}

// outcome returns what the journal is to say of a write that succeeded. What the service
// has stored is in it where that is not what it was sent.
func (s Stored) outcome(sent *contact.Contact) journal.Outcome {
	o := journal.Outcome{Status: journal.Done, NewID: s.Contact.ID, NewVersion: s.Contact.Version}
	if s.Contact.UID == "" && sent.UID != "" || !contact.Equal(s.Contact, sent) {
		o.After = s.Contact
	}
	return o
}

// takeLosses prefers what the sink said after the write to what was expected of it,
// but keeps those of the photo, the folder and the UID, which the sink's writes know
// nothing of.
func takeLosses(expected, said []contact.Loss) []contact.Loss {
	losses := said
	for _, l := range expected {
		if l.Root() == "photo" || l.Root() == "folder" || l.Root() == "uid" && l.Kind == contact.Moved {
			losses = append(losses, l)
		}
	}
	return losses
}

// writer creates contacts one by one, each of them once.
type writer struct {
	sink  Sink
	pause time.Duration // before the second look
	// except is a contact that has the key too, and is not meant.
	except contact.ID
}

// create stores a new contact. When nobody knows whether it was stored, it is looked
// up by its key before it is sent again.
func (w writer) create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (Stored, error) {
	for try := 1; ; try++ {
		stored, err := w.sink.Create(ctx, folder, c)
		if !errors.Is(err, ErrAmbiguous) {
			return stored, err
		}
		if _, ok := w.sink.(KeyFinder); !ok || try == mostTries {
			return stored, err
		}
		for pause := range mostLooks {
			if err := sleep(ctx, time.Duration(pause)*w.pause); err != nil {
				return Stored{}, fmt.Errorf("%w: %w", ErrAmbiguous, err)
			}
			if stored, err := w.lookUp(ctx, c); stored.Contact != nil || err != nil {
				return stored, err
			}
		}
	}
}

// lookUp finds a contact by its key, of which nobody knows whether it was created. It
// returns nothing where there is none.
func (w writer) lookUp(ctx context.Context, c *contact.Contact) (Stored, error) {
	finder, ok := w.sink.(KeyFinder)
	if !ok {
		return Stored{}, nil
	}
	found, err := finder.FindKey(ctx, c.Key)
	if err != nil {
		return Stored{}, fmt.Errorf("looking a contact up whose creation was not confirmed: %w", err)
	}
	for _, there := range found {
		if there.ID != w.except {
			_, losses := project(w.sink, c)
			return Stored{Contact: there, Losses: losses}, nil
		}
	}
	return Stored{}, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
