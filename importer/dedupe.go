package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// StageDedupe is the stage of [Dedupe] that writes.
const StageDedupe = "joining duplicates"

// DedupeOptions says how to join duplicates.
type DedupeOptions struct {
	Concurrency int // as in Options
	DryRun      bool
	LookupPause time.Duration    // as in Options
	Journal     *journal.Journal // as in Options
}

// GroupOutcome is what became of a group of duplicates.
type GroupOutcome string

const (
	Merged       GroupOutcome = "merged"  // one contact is left
	GroupSkipped GroupOutcome = "skipped" // somebody decided so
	GroupReview  GroupOutcome = "review"  // only a person can tell; nothing was written
	GroupFailed  GroupOutcome = "failed"  // none was deleted that had not been joined before
)

// GroupResult is what became of one group.
type GroupResult struct {
	*Group
	Outcome GroupOutcome
	Reason  string
	Losses  []contact.Loss // of the contact that stays
	Photo   bool           // the one that stays got the photo of another
	Err     error
}

// DedupeReport counts them.
type DedupeReport struct {
	Contacts int // read
	Groups   int // the next four add up to it
	Merged   int
	Skipped  int
	Review   int
	Failed   int
	Removed  int // contacts
	Photos   int // that the contacts that stay got
	Losses   contact.Ledger
	// Undecided are the decisions about groups that are not there, or not any more.
	Undecided []GroupDecision
}

// Dedupe joins the duplicates of an account: what the others add is written to the
// contact that stays, and only when the service has answered that it holds all of it,
// the others are deleted. A run that dies leaves duplicates and loses nothing; the same
// run again finishes it. Everything that is overwritten or deleted is in the journal.
//
// A group in which contacts contradict each other, or of which the account could not
// keep everything in one contact, is left as it is. found is called for every group, by
// one goroutine at a time.
func Dedupe(ctx context.Context, d *Duplicates, sink Sink, o DedupeOptions, found func(GroupResult), progress func(stage string, done, total int)) (*DedupeReport, error) {
	x := &deduping{Duplicates: d, sink: sink, o: o, found: found, progress: progress, report: &DedupeReport{Contacts: len(d.slots)}}
	var ok bool
	if x.deleter, ok = sink.(Deleter); !ok && !o.DryRun {
		return x.report, ErrCannotDelete
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit((&Options{Concurrency: o.Concurrency}).concurrency())
	open := maps.Clone(d.decided)
	for group, err := range d.Groups() {
		if err == nil {
			delete(open, group.ID)
		}
		if err != nil {
			g.Go(func() error { return err })
			break
		}
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return x.group(gctx, group) })
	}
	if err := g.Wait(); err != nil {
		return x.report, err
	}
	x.report.Undecided = slices.SortedFunc(maps.Values(open), func(a, b GroupDecision) int { return strings.Compare(a.Where, b.Where) })
	return x.report, context.Cause(ctx)
}

type deduping struct {
	*Duplicates
	sink     Sink
	deleter  Deleter
	o        DedupeOptions
	found    func(GroupResult)
	progress func(stage string, done, total int)

	mu     sync.Mutex
	report *DedupeReport
}

func (x *deduping) group(ctx context.Context, g *Group) error {
	r := GroupResult{Group: g, Outcome: Merged}
	removed, err := x.join(ctx, g, &r)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !errors.Is(err, ErrRejected) && !errors.Is(err, ErrAmbiguous) {
			return fmt.Errorf("joining duplicates: %w", err)
		}
		r.Outcome, r.Err = GroupFailed, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.report.Groups++
	x.report.Removed += removed
	x.report.Losses.Add(r.Losses...)
	switch r.Outcome {
	case Merged:
		x.report.Merged++
		if r.Photo {
			x.report.Photos++
		}
	case GroupSkipped:
		x.report.Skipped++
	case GroupReview:
		x.report.Review++
	default:
		x.report.Failed++
	}
	if x.found != nil {
		x.found(r)
	}
	if x.progress != nil {
		x.progress(StageDedupe, x.report.Groups, len(x.groups))
	}
	return nil
}

// join joins the contacts of a group to one, and returns how many it has deleted.
func (x *deduping) join(ctx context.Context, g *Group, r *GroupResult) (removed int, err error) {
	if err := x.loadPhotos(ctx, g); err != nil {
		return 0, err
	}
	x.merge(g)
	if r.Outcome, r.Reason = x.settled(g); r.Outcome != Merged {
		return 0, nil
	}
	stays, others := g.Contacts[0], g.Contacts[1:]
	for _, c := range others {
		if c.Photo != nil && c.Photo.Data == nil {
			r.Outcome, r.Reason = GroupReview, "a photo cannot be read"
			return 0, nil
		}
	}
	projected, losses := project(x.sink, g.Merged)
	r.Losses = losses
	for _, l := range losses {
		if l.Kind != contact.Stashed && l.Kind != contact.Moved {
			r.Outcome, r.Reason, r.Losses = GroupReview, fmt.Sprintf("one contact cannot hold all of it: %s", l), nil
			return 0, nil
		}
	}
	patch := contact.NewPatch(stays, projected)
	patch.New = g.Merged
	photo := x.newPhoto(g)
	r.Photo = photo != nil
	if x.o.DryRun {
		return len(others), nil
	}
	return x.write(ctx, stays, others, patch, photo, r)
}

// loadPhotos fetches the photos of contacts that have one: they are compared, and those
// of contacts that go are kept.
func (x *deduping) loadPhotos(ctx context.Context, g *Group) error {
	reader, ok := x.sink.(PhotoReader)
	if !ok {
		return nil
	}
	for _, c := range g.Contacts {
		if c.Photo == nil || c.Photo.Data != nil {
			continue
		}
		photo, err := reader.Photo(ctx, c.ID)
		if err != nil {
			return fmt.Errorf("reading a photo: %w", err)
		}
		c.Photo = photo
	}
	return nil
}

// newPhoto is the photo that the contact that stays is to get.
func (x *deduping) newPhoto(g *Group) *contact.Photo {
	if g.Contacts[0].Photo == nil && g.Merged.Photo != nil && g.Merged.Photo.Data != nil {
		return g.Merged.Photo
	}
	return nil
}

// write joins first and deletes afterwards.
func (x *deduping) write(ctx context.Context, stays *contact.Contact, others []*contact.Contact, patch contact.Patch, photo *contact.Photo, r *GroupResult) (removed int, err error) {
	var entries []*journal.Entry
	at := stays.At.String()
	if !patch.Empty() {
		entries = append(entries, &journal.Entry{Kind: journal.Update, At: at, Key: stays.Key, ID: stays.ID, Version: stays.Version, Folder: stays.Folder,
			Before: stays, Want: patch.New})
	}
	var form *contact.Photo
	photos, ok := x.sink.(PhotoSink)
	if photo != nil && ok {
		form = photos.PhotoForm(photo)
		entries = append(entries, &journal.Entry{Kind: journal.SetPhoto, At: at, Key: stays.Key, ID: stays.ID, Version: stays.Version, Folder: stays.Folder, Photo: form.SHA256})
	} else if photo != nil {
		return 0, fmt.Errorf("%w: the account stores no photos, and a contact that is to go has one", ErrRejected)
	}
	for _, c := range others {
		entries = append(entries, &journal.Entry{Kind: journal.Delete, At: c.At.String(), Key: c.Key, ID: c.ID, Version: c.Version, Folder: c.Folder, Before: c, OldPhoto: c.Photo})
	}
	if err := x.o.Journal.Intend(entries...); err != nil {
		return 0, err
	}
	next := 0
	defer func() { // what was not come to was not carried out
		for ; err != nil && next < len(entries); next++ {
			x.o.Journal.Note(entries[next], journal.Outcome{Status: journal.Refused})
		}
	}()
	done := func(o journal.Outcome) { x.o.Journal.Note(entries[next], o); next++ }
	ref := stays.Ref()
	if !patch.Empty() {
		stored, err := x.sink.Update(ctx, ref, patch)
		if err != nil {
			done(failed(err))
			return 0, err
		}
		now := stored.Contact
		done(stored.outcome(patch.New))
		ref = now.Ref()
		for _, f := range contact.NewPatch(now, x.rules.Merge(now, patch.New, contact.Fill)).Fields {
			if f == contact.FieldUID { // of one that goes: it may be free only then
				r.Losses = append(r.Losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "the service did not take it"})
				continue
			}
			return 0, fmt.Errorf("%w: the service has answered without %s, so nothing was deleted", ErrRejected, f)
		}
	}
	if form != nil {
		if _, err := photos.SetPhoto(ctx, ref, form); err != nil {
			done(failed(err))
			return 0, err
		}
		done(journal.Outcome{Status: journal.Done, NewID: ref.ID})
	}
	for _, c := range others {
		if err := x.deleter.Delete(ctx, c.Ref()); err != nil {
			done(failed(err))
			return removed, err
		}
		done(journal.Outcome{Status: journal.Done})
		removed++
	}
	return removed, nil
}
