package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/internal/spool"
)

// Options says how to import. The zero value fills, four requests at a time, with
// photos.
type Options struct {
	Policy OnDuplicate // "" is Fill
	// Rules say which numbers are one, in matching and in uniting lists.
	Rules contact.Rules
	// Concurrency is how many requests the service works on at a time; 0 is 4, which is
	// what Microsoft allows for one mailbox. A [Gatherer] is given more at a time, but
	// not if fewer than 4 are asked for.
	Concurrency int
	NoPhotos    bool
	// Decisions are what people decided about records that waited for review.
	Decisions []Decision
	// Folder is the folder below which the records' own folders are made.
	Folder contact.FolderPath
	DryRun bool
	// RefuseLosses makes a record fail, and not be written, of which the account would keep
	// something neither in its fields nor in a stash.
	RefuseLosses bool
	// TempDir is where large inputs are kept aside; "" is the system's directory.
	TempDir string
	// LookupPause is the pause before a second look for a contact whose creation
	// was not confirmed; 0 is two seconds.
	LookupPause time.Duration
	// Journal is where the writes are noted: a new one, or that of the run to go on
	// with. Import does not finish or close it. nil is none: what a run that dies had
	// under way can then be created twice, and nothing can be undone.
	Journal *journal.Journal
	// Expect is the Report.State of a plan that is to be carried out; "" is none. If
	// the sink is in another, not counting what the run of the journal did to it, Import
	// writes nothing and returns ErrAccountChanged.
	Expect string
	// Settle is how long a run that died may still have writes under way at the
	// service; 0 is ten seconds. See [Import].
	Settle time.Duration
}

const usualConcurrency = 4

func (o *Options) concurrency() int           { return cmp.Or(o.Concurrency, usualConcurrency) }
func (o *Options) lookupPause() time.Duration { return cmp.Or(o.LookupPause, 2*time.Second) }
func (o *Options) settle() time.Duration      { return cmp.Or(o.Settle, 10*time.Second) }

// Stages of an import, for Observer.Progress.
const (
	StageSettle   = "waiting for the writes of an interrupted run" // the total is not known
	StageIndex    = "reading the account"                          // the total is not known
	StageRead     = "reading the records"                          // the total is not known
	StageContacts = "writing contacts"
	StagePhotos   = "storing photos"
)

// Observer is told what happens. Its members are called by one goroutine at a
// time, in no particular order of the records; nil members are not called.
type Observer struct {
	Record func(Result) // once for every record
	// Unrecognised is called for every contact of the sink that cannot be read. It is
	// never written to; a record that is the same person is not recognised in it.
	Unrecognised func(*formats.RecordError)
	Photo        func(PhotoResult) // for every photo that failed or was converted
	Progress     func(stage string, done, total int)
}

// Import brings records into a sink: it indexes the sink (through reader) as a
// whole, reads the records, finds out which are one person and which the sink
// already has, writes what the policy asks for, and then the photos.
//
// Every record has exactly one outcome. A record that cannot be read or that the
// service refuses is Failed, and the others go through. An error means that the
// import stopped; the report then says how far it came, and the same import can
// be run again, which continues it.
//
// If the journal shows that a run which died a short time ago had writes under way,
// Import waits for them before it reads the sink; and what it does not find there
// of what that run meant to create, it looks up by its key before it sends it again.
func Import(ctx context.Context, records iter.Seq2[*contact.Contact, error], reader Reader, sink Sink, o Options, ob Observer) (*Report, error) {
	im := &importing{sink: sink, reader: reader, writer: writer{sink: sink, pause: o.lookupPause()}, o: o, ob: ob, report: &Report{}}
	if err := im.resume(ctx); err != nil {
		return im.report, err
	}
	before, err := newEarlier(o.Journal)
	if err != nil {
		return im.report, err
	}
	x, err := buildIndex(ctx, reader, o.Rules, o.TempDir, func(c *contact.Contact, n int) {
		before.add(c)
		im.progress(StageIndex, n, 0)
	}, im.unrecognised)
	if err != nil {
		return im.report, err
	}
	defer x.spool.Close()
	im.report.State = before.state.String()
	if o.Expect != "" && o.Expect != im.report.State {
		return im.report, ErrAccountChanged
	}
	im.report.Existing = len(x.slots)

	if err := im.completeWrites(ctx, x); err != nil {
		return im.report, err
	}
	in, err := readInput(ctx, im.counted(records), o, im.unreadable)
	if err != nil {
		return im.report, err
	}
	defer in.spool.Close()
	if err := in.claim(x); err != nil {
		return im.report, err
	}
	im.in, im.ended, im.kept = in, make([]bool, len(in.slots)), spool.New(o.TempDir)
	defer im.kept.Close()
	im.plan = &planner{in: in, index: x, earlier: before, policy: cmp.Or(o.Policy, Fill), rules: o.Rules, sink: sink, photos: !o.NoPhotos, foresee: o.DryRun || o.RefuseLosses, folder: o.Folder, taken: map[int32]bool{}, decisions: newDecisions(o.Decisions)}
	if err = im.contactPass(ctx); err != nil {
		im.giveUp(err)
	} else {
		err = im.photoPass(ctx)
	}
	if err != nil {
		im.report.PhotosNotReached = len(im.jobs) - im.photosDone
	}
	return im.report, err
}

// importing is one run.
type importing struct {
	sink   Sink
	reader Reader
	writer writer
	o      Options
	ob     Observer
	in     *input
	plan   *planner
	open   map[string]bool // keys that a run which died may have created
	// unresolved counts the writes of any kind that it left open.
	unresolved int
	// folders are the account's paths, by their folded forms; nil while they are not known.
	folders map[contact.FolderPath]contact.FolderPath

	mu         sync.Mutex // guards what follows
	report     *Report
	wrote      []wrote
	kept       *spool.Spool // what the service said of them
	jobs       []photoJob
	done       int    // records with an outcome, of those that could be read
	ended      []bool // which they are
	photosDone int
	troubles   int // errors of the account in a row
	// unconfirmed are the creates of which nobody knows whether they were carried out.
	// unfound are those of them that were looked for often enough.
	unconfirmed, unfound []*unconfirmed
}

func (im *importing) progress(stage string, done, total int) {
	if im.ob.Progress != nil {
		im.ob.Progress(stage, done, total)
	}
}

func (im *importing) counted(records iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		n := 0
		for c, err := range records {
			n++
			im.progress(StageRead, n, 0)
			if !yield(c, err) {
				return
			}
		}
	}
}

func (im *importing) unreadable(e *formats.RecordError) {
	im.note(Result{At: e.At, Outcome: Failed, Err: e.Err})
}

func (im *importing) unrecognised(e *formats.RecordError) {
	im.report.Unrecognised++
	if im.ob.Unrecognised != nil {
		im.ob.Unrecognised(e)
	}
}

// resume learns from the journal what a run that died left open, and waits until
// the service has done with it.
func (im *importing) resume(ctx context.Context) error {
	open, writes, err := im.o.Journal.Unresolved()
	if err != nil || writes == 0 {
		return err
	}
	im.open, im.unresolved = open, writes
	return settle(ctx, im.o.Journal, im.o.settle(), func() { im.progress(StageSettle, 0, 0) })
}

// completeWrites has the sink complete the writes that a run which died left in
// between, as far as their contacts are there.
func (im *importing) completeWrites(ctx context.Context, x *index) error {
	sink, ok := im.sink.(Resumer)
	if !ok || im.o.DryRun || im.unresolved == 0 {
		return nil
	}
	for e, err := range im.o.Journal.Entries() {
		if err != nil {
			return err
		}
		if e.Status != journal.Unknown || e.Kind != journal.Create && e.Kind != journal.Update || e.Key == "" {
			continue
		}
		if e, err = im.o.Journal.Entry(e.Number); err != nil {
			return err
		}
		for _, i := range x.withKey(e.Key) {
			there, err := x.get(i)
			if err != nil {
				return err
			}
			now, err := sink.Resume(ctx, there.Ref(), e.Want)
			if errors.Is(err, ErrRejected) {
				continue
			}
			if err != nil {
				return fmt.Errorf("completing the writes of an interrupted run: %w", err)
			}
			if now.Photo != nil { // the index has no need of it
				photo := *now.Photo
				photo.Data, now.Photo = nil, &photo
			}
			if x.slots[i], err = x.spool.Add(now); err != nil {
				return err
			}
		}
	}
	return nil
}

// recent is how long after its last sign of life nothing of a run that died is
// under way any more: longer than anybody waits for an answer.
const recent = 5 * time.Minute

// settle waits until the service has done with what a run that died has sent, unless
// that is long ago.
func settle(ctx context.Context, j *journal.Journal, pause time.Duration, waiting func()) error {
	if time.Since(j.Info().Updated) > recent {
		return nil
	}
	waiting()
	return sleep(ctx, pause)
}

// decide completes a batch of decisions. Those that write nothing are finished at
// once; the others become steps.
func (im *importing) decide(ctx context.Context, batch []*decision) ([]step, error) {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, d := range batch {
		g.Go(func() error {
			im.plan.decide(d)
			return nil
		})
	}
	g.Wait()
	var steps []step
	for _, d := range batch {
		if err := im.refused(d); err != nil {
			im.finish(d, nil, err)
			continue
		}
		entry := im.entry(d)
		if entry == nil {
			im.finish(d, im.unwritten(d), nil)
			continue
		}
		if d.outcome == Created {
			folders, err := im.folderSteps(ctx, im.o.Folder.Join(d.contact.Folder))
			if err != nil {
				return nil, err
			}
			steps = append(steps, folders...)
			im.noteSpelling(d)
		}
		steps = append(steps, step{entry, func(ctx context.Context) error { return im.apply(ctx, d, entry) }})
	}
	return steps, nil
}

// refused returns why a decision must not be carried out under RefuseLosses.
func (im *importing) refused(d *decision) error {
	if !im.o.RefuseLosses || d.outcome != Created && d.outcome != Updated {
		return nil
	}
	losses := d.losses
	for _, record := range d.records[1:] {
		losses = slices.Concat(losses, im.in.overruled(d.person, record))
	}
	for _, l := range losses {
		if l.Kind != contact.Stashed {
			return fmt.Errorf("not written, as it would lose something: %s", l)
		}
	}
	return nil
}

// unwritten returns the contact as the service has it when nothing is written.
func (im *importing) unwritten(d *decision) *contact.Contact {
	if im.o.DryRun {
		return nil
	}
	return d.stored
}

// maxTroubles is how many errors in a row that are no refusal of a contact end an
// import: the account is then out of reach, and going on would only fail the rest.
const maxTroubles = 3

// tolerate reports whether an import can go on after an error that concerns more
// than one contact.
func (im *importing) tolerate(err error) bool {
	if !errors.Is(err, ErrAmbiguous) && !errors.Is(err, ErrTemporary) {
		return false
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.troubles++
	return im.troubles < maxTroubles
}

func (im *importing) finish(d *decision, now *contact.Contact, err error) {
	leader := Result{At: d.records[0].At, Record: d.records[0], Outcome: d.outcome, Reason: d.reason, Kept: d.kept, Losses: d.losses, Unread: d.records[0].Unread, Err: err}
	if d.outcome == Updated {
		leader.Fields = d.patch.Fields
	}
	if d.stored != nil {
		leader.ID = d.stored.ID
	}
	if now != nil {
		leader.ID = now.ID
	}
	if d.outcome == Review {
		leader.Review, err = im.plan.reviewCase(d)
	}
	again := Unchanged
	if err != nil {
		leader.Outcome, leader.Losses, leader.Kept = Failed, nil, nil
	} else if now != nil && (d.outcome == Created || d.outcome == Updated) {
		again = im.plan.again(d, now)
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	if err == nil {
		im.troubles = 0
		im.addPhotoJob(d, leader.ID, now)
		im.noteWrote(d, now)
	}
	switch again {
	case Created:
		im.report.Again.Create++
	case Updated:
		im.report.Again.Update++
	}
	im.noteLocked(leader)
	for _, c := range d.records[1:] {
		r := Result{At: c.At, Record: c, Outcome: United, ID: leader.ID, Unread: c.Unread, Reason: "it is the same person as an earlier record" + inParentheses(leader.At)}
		switch leader.Outcome {
		case Failed, Review:
			r.Outcome, r.Err = leader.Outcome, leader.Err
		case Skipped:
		default:
			r.Losses = im.in.overruled(d.person, c)
		}
		im.noteLocked(r)
	}
	for _, i := range d.members {
		im.ended[i] = true
	}
	im.done += len(d.records)
	im.progress(StageContacts, im.done, len(im.in.slots))
}

func inParentheses(at contact.Position) string {
	if s := at.String(); s != "" {
		return " (" + s + ")"
	}
	return ""
}

func (im *importing) addPhotoJob(d *decision, id contact.ID, now *contact.Contact) {
	if !d.setPhoto && !d.keepPhoto {
		return
	}
	if _, ok := im.embeds(d); ok && now != nil {
		im.embedded(d, now)
		return
	}
	job := photoJob{at: d.records[0].At, ref: contact.Ref{ID: id}, slot: *d.photo, compare: d.comparePhoto, keep: d.keepPhoto}
	if now != nil {
		job.ref, job.key, job.folder = now.Ref(), now.Key, now.Folder
	}
	im.jobs = append(im.jobs, job)
}

func (im *importing) note(r Result) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.noteLocked(r)
}

func (im *importing) noteLocked(r Result) {
	im.report.add(r.Outcome)
	im.report.Unread += len(r.Unread)
	im.report.Kept += len(r.Kept)
	im.report.Losses.Add(r.Losses...)
	if im.ob.Record != nil {
		im.ob.Record(r)
	}
}

// ErrNotReached is why a record failed that the import, when it stopped, had not done
// with. The same import again comes to it.
var ErrNotReached = errors.New("the run stopped before it had done with it")

// giveUp notes that the records which the import had not done with have failed, each of
// them, so that the counts add up.
func (im *importing) giveUp(err error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	err = fmt.Errorf("%w: %w", ErrNotReached, err)
	for i, slot := range im.in.slots {
		if im.ended[i] {
			continue
		}
		r := Result{Outcome: Failed, Err: err}
		if c, gerr := im.in.spool.Get(slot); gerr == nil {
			r.At, r.Record, r.Unread = c.At, c, c.Unread
		}
		im.report.NotReached++
		im.noteLocked(r)
	}
}
