package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer/journal"
)

// unconfirmed is a create whose answer never came, and whose contact was not found
// by its key either: nobody knows whether it was stored. Whether a new contact can be
// found at once is not promised, so it is looked for again after a while, and after a
// longer while; and it is not sent once more before the whole account was listed without
// it, as indexes of keys may lag longer than that. Meanwhile the import goes on.
type unconfirmed struct {
	*decision
	entry  *journal.Entry
	folder contact.FolderID
	sent   time.Time // the latest time
	tries  int       // how often it was sent
	looks  int       // how often it was looked for since then
	err    error     // why nobody knows
}

const (
	mostTries = 6 // of one create
	mostLooks = 3 // after each
	// mostUnconfirmed is how many may be open before they are settled, and mostUnfound how
	// many that no look has found before the account is listed for them.
	mostUnconfirmed = 128
	mostUnfound     = 256
)

// create sends a create, and looks for the contact if no answer comes.
func (im *importing) create(ctx context.Context, u *unconfirmed) error {
	stored, err := im.sink.Create(ctx, u.folder, im.toCreate(u.decision))
	u.sent, u.looks, u.err = time.Now(), 0, err
	u.tries++
	if _, ok := im.sink.(KeyFinder); !ok || !errors.Is(err, ErrAmbiguous) {
		return im.applied(ctx, u.decision, u.entry, stored, err)
	}
	return im.lookAgain(ctx, u)
}

// lookAgain looks for a create's contact; one that is not there is kept for later.
func (im *importing) lookAgain(ctx context.Context, u *unconfirmed) error {
	stored, err := im.writer.lookUp(ctx, u.contact)
	u.looks++
	switch {
	case stored.Contact != nil || err != nil:
		return im.applied(ctx, u.decision, u.entry, stored, err)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if u.looks < mostLooks {
		im.unconfirmed = append(im.unconfirmed, u)
	} else {
		im.unfound = append(im.unfound, u)
	}
	return nil
}

// sendAgain lists the account, and sends the creates once more that are not in it.
func (im *importing) sendAgain(ctx context.Context) error {
	im.mu.Lock()
	all := im.unfound
	im.unfound = nil
	im.mu.Unlock()
	found := map[string]*contact.Contact{}
	for _, u := range all {
		found[u.contact.Key] = nil
	}
	for c, err := range im.reader.Contacts(ctx) {
		if _, ok := errors.AsType[*formats.RecordError](err); ok {
			continue // it is none of those that we made
		}
		if err != nil {
			for _, u := range all {
				im.o.Journal.Note(u.entry, failed(ErrAmbiguous))
			}
			return fmt.Errorf("looking in the account for contacts whose creation was not confirmed: %w", err)
		}
		if there, ok := found[c.Key]; ok && there == nil {
			found[c.Key] = c
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(im.o.concurrency())
	for _, u := range all {
		g.Go(func() error {
			switch there := found[u.contact.Key]; {
			case there != nil:
				_, losses := project(im.sink, u.contact)
				return im.applied(gctx, u.decision, u.entry, Stored{Contact: there, Losses: losses}, nil)
			case gctx.Err() != nil:
				im.o.Journal.Note(u.entry, failed(ErrAmbiguous))
				return context.Cause(gctx)
			case u.tries < mostTries:
				return im.create(gctx, u)
			}
			return im.applied(gctx, u.decision, u.entry, Stored{}, u.err)
		})
	}
	return g.Wait()
}

// due is when to look next: a pause after the create was sent, then two more.
func (u *unconfirmed) due(pause time.Duration) time.Time {
	return u.sent.Add(time.Duration(2*u.looks-1) * pause)
}

// settle finds out about all that is open, if that is more than most. What it cannot
// find out about when the run is asked to stop, the journal knows as unknown.
func (im *importing) settle(ctx context.Context, most int) error {
	for {
		im.mu.Lock()
		open, unfound := im.unconfirmed, len(im.unfound)
		if len(open) <= most {
			im.mu.Unlock()
			if unfound == 0 || most > 0 && unfound <= mostUnfound {
				return nil
			}
			if err := im.sendAgain(ctx); err != nil {
				return err
			}
			continue
		}
		im.unconfirmed = nil
		im.mu.Unlock()
		var due time.Time
		for _, u := range open {
			if at := u.due(im.o.lookupPause()); at.After(due) {
				due = at
			}
		}
		err := sleep(ctx, time.Until(due))
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(im.o.concurrency())
		for _, u := range open {
			g.Go(func() error {
				switch {
				case err != nil:
					return im.applied(gctx, u.decision, u.entry, Stored{}, fmt.Errorf("%w: %w", ErrAmbiguous, err))
				case gctx.Err() != nil:
					im.o.Journal.Note(u.entry, failed(ErrAmbiguous))
					return context.Cause(gctx)
				}
				return im.lookAgain(gctx, u)
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
}
