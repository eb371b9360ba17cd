package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// StageUndo is the stage of [Undo] that writes.
const StageUndo = "taking back"

// UndoOptions says how to take a run back.
type UndoOptions struct {
	Concurrency int // as in Options
	DryRun      bool
	TempDir     string
	LookupPause time.Duration // as in Options
	Settle      time.Duration // as in Options
}

// UndoOutcome is what became of one change of a run.
type UndoOutcome string

const (
	Deleted   UndoOutcome = "deleted"   // the run had created it
	Restored  UndoOutcome = "restored"  // it is as it was before the run
	Recreated UndoOutcome = "recreated" // it is as it was, under a new id: created anew, and the old one deleted
	AsBefore  UndoOutcome = "as before" // there is nothing to take back
	Left      UndoOutcome = "left"      // it is not as the run left it, and was not touched
	NotUndone UndoOutcome = "failed"    // the service refused
	NoFolder  UndoOutcome = "removed"   // a folder that the run had made, and that is empty
)

// UndoResult is what became of one change.
type UndoResult struct {
	At      string // the record that the change was for
	Folder  contact.FolderPath
	ID      contact.ID
	Outcome UndoOutcome
	Reason  string
	Err     error
}

// UndoReport counts what became of the changes. Those of contacts add up to Changes.
type UndoReport struct {
	Changes, Deleted, Restored, Recreated, AsBefore, Left, Failed int
	Folders, FoldersLeft                                          int // removed, and not empty
}

// Open is how many changes were not taken back.
func (r *UndoReport) Open() int { return r.Left + r.Failed + r.FoldersLeft }

func (r *UndoReport) add(o UndoOutcome) {
	r.Changes++
	switch o {
	case Deleted:
		r.Deleted++
	case Restored:
		r.Restored++
	case Recreated:
		r.Recreated++
	case AsBefore:
		r.AsBefore++
	case Left:
		r.Left++
	default:
		r.Failed++
	}
}

// UndoObserver is told what happens, as Observer is.
type UndoObserver struct {
	Result   func(UndoResult)
	Progress func(stage string, done, total int)
}

// ErrCannotDelete says that an account has no way to delete contacts.
var ErrCannotDelete = errors.New("the account has no way to delete contacts")

// Undo takes back what a run wrote, by its journal: it deletes what the run created,
// restores what it changed, creates anew what it removed, and removes the folders
// that it made, if nothing is in them. A contact that is not as the run left it is
// left alone, and named; so is a folder in which there is something else.
//
// A photo cannot be removed from a contact everywhere. Where it cannot, one that had none
// before the run is created anew without it, and then the old one is deleted.
//
// Undo can be interrupted and run again: what is done already is as before.
func Undo(ctx context.Context, j *journal.Journal, reader Reader, sink Sink, o UndoOptions, ob UndoObserver) (*UndoReport, error) {
	deleter, ok := sink.(Deleter)
	if !ok {
		return &UndoReport{}, ErrCannotDelete
	}
	pause := (&Options{LookupPause: o.LookupPause}).lookupPause()
	u := &undoing{journal: j, run: j.Info(), sink: sink, deleter: deleter, o: o, ob: ob, report: &UndoReport{},
		writer: writer{sink: sink, pause: pause}}
	return u.report, u.undo(ctx, reader)
}

type undoing struct {
	journal *journal.Journal
	run     journal.Info
	sink    Sink
	deleter Deleter
	writer  writer
	o       UndoOptions
	ob      UndoObserver
	changes *changes

	mu     sync.Mutex
	report *UndoReport
}

func (u *undoing) progress(stage string, done, total int) {
	if u.ob.Progress != nil {
		u.ob.Progress(stage, done, total)
	}
}

func (u *undoing) undo(ctx context.Context, reader Reader) error {
	if err := u.settle(ctx); err != nil {
		return err
	}
	var err error
	if u.changes, err = readChanges(u.journal); err != nil {
		return err
	}
	defer u.changes.close()
	again := map[string]*change{}
	if u.run.Undo != nil { // an earlier undo may have created contacts anew
		for _, c := range u.changes.all {
			key, err := u.newKey(c)
			if err != nil {
				return err
			}
			if key != "" {
				again[key] = c
			}
		}
	}
	if err := u.changes.find(ctx, reader, u.o.TempDir, again, func(n int) { u.progress(StageIndex, n, 0) }); err != nil {
		return fmt.Errorf("reading the account: %w", err)
	}
	for _, re := range u.changes.unread { // it may be one of the run's
		u.note(UndoResult{At: re.At.String(), Outcome: Left, Reason: "a contact of the account that cannot be read: " + re.Err.Error()})
	}
	if !u.o.DryRun {
		if err := u.journal.BeginUndo(time.Now().UTC().Round(0)); err != nil {
			return err
		}
	}
	if err := u.contacts(ctx); err != nil {
		return err
	}
	if err := u.folders(ctx); err != nil {
		return err
	}
	if u.o.DryRun {
		return nil
	}
	return u.journal.EndUndo(time.Now().UTC().Round(0), u.report.Open())
}

// settle waits for what the run, or an undo of it, may still have under way.
func (u *undoing) settle(ctx context.Context) error {
	_, open, err := u.journal.Unresolved()
	interrupted := u.run.Undo != nil && u.run.Undo.Finished.IsZero()
	pause, waiting := (&Options{Settle: u.o.Settle}).settle(), func() { u.progress(StageSettle, 0, 0) }
	switch {
	case err != nil:
		return err
	case interrupted: // when it was last alive is not known
		waiting()
		return sleep(ctx, pause)
	case open > 0:
		return settle(ctx, u.journal, pause, waiting)
	}
	return nil
}

// contacts takes back the changes of contacts.
func (u *undoing) contacts(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(u.o.Concurrency, 4))
	for _, c := range u.changes.all {
		g.Go(func() error {
			if gctx.Err() != nil {
				return context.Cause(gctx)
			}
			r := UndoResult{At: c.at, ID: c.id}
			err := u.contact(gctx, c, &r)
			if err != nil {
				if gctx.Err() != nil {
					return context.Cause(gctx)
				}
				if !errors.Is(err, ErrRejected) && !errors.Is(err, ErrAmbiguous) {
					return fmt.Errorf("taking back: %w", err)
				}
				r.Outcome, r.Err = NotUndone, err
			}
			u.note(r)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (u *undoing) note(r UndoResult) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case r.Folder == "":
		u.report.add(r.Outcome)
	case r.Outcome == NoFolder:
		u.report.Folders++
	default:
		u.report.FoldersLeft++
	}
	if u.ob.Result != nil {
		u.ob.Result(r)
	}
	u.progress(StageUndo, u.report.Changes, len(u.changes.all))
}

// contact takes the changes of one contact back.
func (u *undoing) contact(ctx context.Context, c *change, r *UndoResult) error {
	now, err := u.changes.get(c.there)
	if err != nil {
		return err
	}
	if c.deleted {
		return u.undelete(ctx, c, now, r)
	}
	if now == nil {
		u.gone(c, r)
		return nil
	}
	r.ID = now.ID
	fields, err := u.fields(c, now)
	if err != nil {
		return err
	}
	photo, err := u.photo(ctx, c, fields.entry, now)
	if err != nil {
		return err
	}
	switch {
	case fields.changed != "" || photo.changed != "":
		r.Outcome, r.Reason = Left, strings.Trim(fields.changed+"; "+photo.changed, "; ")
		return nil
	case c.created:
		r.Outcome = Deleted
		return u.delete(ctx, now.Ref())
	case photo.remove && u.canRemove():
		r.Outcome = Restored
		return u.restore(ctx, now, fields.restore, nil, true)
	case photo.remove:
		r.Outcome, r.Reason = Recreated, "it had no photo, and the account has no way to take one away"
		return u.recreate(ctx, c, cmp.Or(fields.restore, now), nil)
	case fields.restore == nil && photo.restore == nil:
		r.Outcome = AsBefore
		return nil
	}
	r.Outcome = Restored
	return u.restore(ctx, now, fields.restore, photo.restore, false)
}

// gone says what it means that a contact is not there any more.
func (u *undoing) gone(c *change, r *UndoResult) {
	switch {
	case c.created && c.moved:
		r.Outcome, r.Reason = Left, "it was moved since"
	case c.created:
		r.Outcome = AsBefore
	case c.again != nil: // by an undo that was interrupted
		r.Outcome = Recreated
	default:
		r.Outcome, r.Reason = Left, "it was deleted since"
	}
}

// fieldState says how the fields of a contact compare to what the run left.
type fieldState struct {
	entry   *journal.Entry   // the last that wrote them; nil for none
	changed string           // not as the run left them: why
	restore *contact.Contact // what they were before; nil: they need not be restored
}

func (u *undoing) fields(c *change, now *contact.Contact) (s fieldState, err error) {
	if c.want == 0 {
		return s, nil // the run set the photo alone
	}
	e, err := u.journal.Entry(c.want)
	if err != nil {
		return s, err
	}
	s.entry = e
	if c.before != 0 {
		first, err := u.journal.Entry(c.before)
		if err != nil {
			return s, err
		}
		if contact.NewPatch(now, first.Before).Empty() {
			return s, nil // an undo has restored them, or the write was never carried out
		}
		s.restore = first.Before
	}
	switch {
	case folderKey(u.sink, e.Folder) != folderKey(u.sink, now.Folder):
		s.changed = "it was moved since"
		return s, nil
	case e.NewVersion != "" && e.NewVersion == now.Version:
		return s, nil
	}
	differs := contact.NewPatch(cmp.Or(e.After, e.Want), now).Fields
	if len(differs) > 0 { // the answer never came, or told not all
		projected, _ := project(u.sink, e.Want)
		if again := contact.NewPatch(projected, now).Fields; len(again) < len(differs) {
			differs = again
		}
	}
	if len(differs) > 0 {
		words := make([]string, len(differs))
		for i, f := range differs {
			words[i] = string(f)
		}
		s.changed = "it was changed since: " + strings.Join(words, ", ")
	}
	return s, nil
}

// photoState says the same of the photo.
type photoState struct {
	changed string
	restore *contact.Photo // to be set again
	remove  bool           // there was none
}

func (u *undoing) photo(ctx context.Context, c *change, e *journal.Entry, now *contact.Contact) (s photoState, err error) {
	left := c.photoLeft(e)
	if left == "" && (!c.created || now.Photo == nil) {
		return s, nil
	}
	var there *contact.Photo
	if now.Photo != nil {
		reader, ok := u.sink.(PhotoReader)
		if !ok {
			return photoState{changed: "its photo cannot be compared"}, nil
		}
		if there, err = reader.Photo(ctx, now.ID); err != nil {
			return s, fmt.Errorf("reading a photo: %w", err)
		}
	}
	var old *contact.Photo
	if c.oldPhoto != 0 {
		e, err := u.journal.Entry(c.oldPhoto)
		if err != nil {
			return s, err
		}
		old = e.OldPhoto
	}
	switch {
	case there == nil && old == nil: // it was never set
		return s, nil
	case there != nil && old != nil && there.SHA256 == old.SHA256:
		return s, nil
	case there == nil || there.SHA256 != left:
		return photoState{changed: "its photo was changed since"}, nil
	}
	return photoState{restore: old, remove: old == nil}, nil
}

func (u *undoing) delete(ctx context.Context, ref contact.Ref) error {
	if u.o.DryRun {
		return nil
	}
	return u.deleter.Delete(ctx, ref)
}

func (u *undoing) canRemove() bool {
	_, ok := u.sink.(PhotoRemover)
	return ok
}

// restore writes back what a contact was before: its fields unless before is nil, and
// its photo if there is one, or none.
func (u *undoing) restore(ctx context.Context, now, before *contact.Contact, photo *contact.Photo, noPhoto bool) error {
	if u.o.DryRun {
		return nil
	}
	ref := now.Ref()
	if before != nil {
		stored, err := u.sink.Update(ctx, ref, contact.NewPatch(now, before))
		if err != nil {
			return err
		}
		ref = stored.Contact.Ref()
	}
	switch {
	case noPhoto:
		return u.sink.(PhotoRemover).RemovePhoto(ctx, ref)
	case photo != nil:
		return u.setPhoto(ctx, ref, photo)
	}
	return nil
}

func (u *undoing) setPhoto(ctx context.Context, ref contact.Ref, photo *contact.Photo) error {
	sink, ok := u.sink.(PhotoSink)
	if !ok {
		return fmt.Errorf("%w: the account stores no photos", ErrRejected)
	}
	_, err := sink.SetPhoto(ctx, ref, photo)
	return err
}

// undelete creates a contact anew that the run removed.
func (u *undoing) undelete(ctx context.Context, c *change, now *contact.Contact, r *UndoResult) error {
	if now != nil { // the run meant to, and did not
		r.Outcome = AsBefore
		return nil
	}
	e, err := u.journal.Entry(c.before)
	if err != nil {
		return err
	}
	r.Outcome = Recreated
	return u.recreate(ctx, c, e.Before, e.OldPhoto)
}

// recreate creates a contact as it was in the place of the one that is there, if it
// still is, and deletes that one. An undo that was interrupted may have begun.
func (u *undoing) recreate(ctx context.Context, c *change, as *contact.Contact, photo *contact.Photo) error {
	if u.o.DryRun {
		return nil
	}
	anew, err := u.changes.get(c.again)
	if err != nil {
		return err
	}
	if anew == nil || !contact.NewPatch(anew, as).Empty() || anew.Created.Before(u.run.Undo.Started.Add(-clockSkew)) {
		want := as.Clone()
		if want.Key, err = u.newKey(c); err != nil {
			return err
		}
		want.ID, want.Version, want.Photo = "", "", nil
		folder, err := u.sink.EnsureFolder(ctx, as.Folder)
		if err != nil {
			return fmt.Errorf("making the folder: %w", err)
		}
		w := u.writer
		w.except = c.id
		stored, err := w.create(ctx, folder, want)
		if err != nil {
			return err
		}
		anew = stored.Contact
	}
	if photo != nil {
		if err := u.setPhoto(ctx, anew.Ref(), photo); err != nil {
			return err
		}
	}
	if c.there == nil {
		return nil
	}
	return u.deleter.Delete(ctx, contact.Ref{ID: c.id})
}

// clockSkew is how far the service's clock may be behind ours.
const clockSkew = 2 * time.Minute

// newKey returns the key under which a contact that had its like before the run is
// created anew: the one that it had, or one of its own; "" if it need not be.
func (u *undoing) newKey(c *change) (string, error) {
	if c.created || !c.deleted && c.oldPhoto == 0 {
		return "", nil
	}
	if c.key != "" {
		return c.key, nil
	}
	return contact.KeyOf("undo:" + u.run.ID + ":" + string(c.id)), nil
}

// folders removes the folders that the run made, the deepest first.
func (u *undoing) folders(ctx context.Context) error {
	remover, ok := u.sink.(FolderRemover)
	if !ok || len(u.changes.folders) == 0 {
		return nil
	}
	tree, err := remover.Folders(ctx)
	if err != nil {
		return fmt.Errorf("reading the folders: %w", err)
	}
	for _, path := range slices.Backward(u.changes.folders) {
		i := slices.IndexFunc(tree, func(f contact.Folder) bool { return folderKey(u.sink, f.Path) == folderKey(u.sink, path) && !f.Default })
		if i < 0 {
			continue
		}
		if u.o.DryRun {
			u.note(UndoResult{Folder: path, Outcome: NoFolder, Reason: "if nothing else is in it by then"})
			continue
		}
		switch err := remover.RemoveFolder(ctx, tree[i].ID); {
		case err == nil:
			u.note(UndoResult{Folder: path, Outcome: NoFolder})
		case errors.Is(err, ErrRejected): // something else is in it, so it stays
			u.note(UndoResult{Folder: path, Outcome: Left, Err: err})
		default:
			return err
		}
	}
	return nil
}
