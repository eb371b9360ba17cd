package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// apply carries a decision out and returns the contact as the service has it. In a
// dry run nothing is asked of the sink.
func (im *importing) apply(ctx context.Context, d *decision) (*contact.Contact, error) {
	if im.o.RefuseLosses && (d.outcome == Created || d.outcome == Updated) {
		for _, l := range d.losses {
			if l.Kind != contact.Stashed {
				return nil, fmt.Errorf("not written, as it would lose something: %s", l)
			}
		}
	}
	if im.o.DryRun {
		return nil, nil
	}
	switch d.outcome {
	case Created:
		folder, err := im.sink.EnsureFolder(ctx, im.o.Folder.Join(d.contact.Folder))
		if err != nil {
			return nil, fmt.Errorf("making the folder: %w", err)
		}
		stored, err := im.create(ctx, folder, d.contact)
		if err != nil {
			return nil, err
		}
		d.losses = takeLosses(d.losses, stored.Losses)
		return stored.Contact, nil
	case Updated:
		stored, err := im.sink.Update(ctx, d.stored.Ref(), d.patch)
		if err != nil {
			return nil, err
		}
		d.losses = takeLosses(d.losses, stored.Losses)
		return stored.Contact, nil
	}
	return d.stored, nil
}

// takeLosses prefers what the sink said after the write to what was expected of it,
// but keeps the photo's, which the sink's writes know nothing of.
func takeLosses(expected, said []contact.Loss) []contact.Loss {
	losses := said
	for _, l := range expected {
		if l.Root() == "photo" {
			losses = append(losses, l)
		}
	}
	return losses
}

// lookups is how often a key is looked up after an answer that never came, with a
// growing pause: whether a new contact can be found at once is not promised.
const lookups = 3

// create stores a new contact once. When nobody knows whether it was stored, it is
// looked up by its key before it is sent again.
func (im *importing) create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (Stored, error) {
	for try := 1; ; try++ {
		stored, err := im.sink.Create(ctx, folder, c)
		if !errors.Is(err, ErrAmbiguous) {
			return stored, err
		}
		finder, ok := im.sink.(KeyFinder)
		if !ok || try == lookups {
			return stored, err
		}
		for pause := range lookups {
			if err := sleep(ctx, time.Duration(pause)*im.o.lookupPause()); err != nil {
				return Stored{}, err
			}
			found, err := finder.FindKey(ctx, c.Key)
			if err != nil {
				return Stored{}, fmt.Errorf("looking a contact up whose creation was not confirmed: %w", err)
			}
			if len(found) > 0 {
				_, losses := im.plan.project(c)
				return Stored{Contact: found[0], Losses: losses}, nil
			}
		}
	}
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
