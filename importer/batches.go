package importer

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/importer/journal"
)

// step is one thing to be written.
type step struct {
	entry *journal.Entry
	// write sends the request, and says what became of it.
	write func(context.Context) error
}

// Batches begin small and grow as long as they are written fast: the intents of a
// batch share one commit of the journal, and those of a batch that was cut off must
// be looked up.
const (
	smallestBatch = 16
	largestBatch  = 512
	fastBatch     = 500 * time.Millisecond
)

// inBatches asks for one batch of steps after the other, of about the given size,
// until there are no more. The intents of a batch are in the journal before its
// first request is sent; while a batch is written, the next one is prepared.
func (im *importing) inBatches(ctx context.Context, next func(ctx context.Context, size int) (steps []step, more bool, err error)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(1) // the batch that is being written
	var size atomic.Int64
	size.Store(smallestBatch)
	for more := true; more && gctx.Err() == nil; {
		var steps []step
		var err error
		steps, more, err = next(gctx, int(size.Load()))
		if err == nil {
			err = im.intend(steps)
		}
		if err != nil {
			stop(err) // nothing more is sent of the batch before it, either
			break
		}
		g.Go(func() error {
			start := time.Now()
			err := im.carryOut(gctx, steps)
			if len(steps) == int(size.Load()) && time.Since(start) < fastBatch {
				size.Store(min(2*size.Load(), largestBatch))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// intend notes the intents of a batch.
func (im *importing) intend(steps []step) error {
	var entries []*journal.Entry
	for _, s := range steps {
		if s.entry != nil {
			entries = append(entries, s.entry)
		}
	}
	return im.o.Journal.Intend(entries...)
}

// carryOut writes a batch, so many requests at a time as are allowed.
func (im *importing) carryOut(ctx context.Context, steps []step) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(im.width())
	for _, s := range steps {
		g.Go(func() error {
			if gctx.Err() != nil {
				return context.Cause(gctx)
			}
			return s.write(gctx)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return im.settle(ctx, mostUnconfirmed)
}

// width is how many writes are under way at a time.
func (im *importing) width() int {
	n := im.o.concurrency()
	if g, ok := im.sink.(Gatherer); ok && n >= usualConcurrency {
		return max(n, g.AtOnce())
	}
	return n
}

// failed returns what the journal is to say of a write that did not succeed.
func failed(err error) journal.Outcome {
	if errors.Is(err, ErrRejected) || errors.Is(err, ErrTemporary) {
		return journal.Outcome{Status: journal.Refused}
	}
	return journal.Outcome{Status: journal.Unknown}
}
