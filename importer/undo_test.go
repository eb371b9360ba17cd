package importer_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/importertest"
	"github.com/cardferry/cardferry/importer/journal"
)

func person(given, folder string, emails ...string) *contact.Contact {
	c := &contact.Contact{Name: contact.Name{Given: given}, Folder: contact.FolderPath(folder)}
	for _, e := range emails {
		c.Emails = append(c.Emails, contact.Email{Address: e})
	}
	return contact.Normalize(c)
}

func withPhoto(c *contact.Contact, text string) *contact.Contact {
	c = c.Clone()
	c.Photo = contact.NewPhoto([]byte("\xff\xd8\xff" + text))
	return c
}

func sequence(all []*contact.Contact) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for i, c := range all {
			c = c.Clone()
			c.At = contact.Position{Unit: "card", Number: i + 1}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// account is a fake with contacts that were there before, added without a journal.
func account(t *testing.T, all ...*contact.Contact) *importertest.Fake {
	t.Helper()
	f := importertest.NewFake()
	if _, err := importer.Import(t.Context(), sequence(all), f, f, importer.Options{}, importer.Observer{}); err != nil {
		t.Fatal(err)
	}
	return f
}

// snapshot is the account as text, but for ids, times and keys.
func snapshot(t *testing.T, f *importertest.Fake) string {
	t.Helper()
	var lines []string
	for c, err := range f.Contacts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		c.ID, c.Key, c.Created = "", "", time.Time{}
		line, err := jsonl.Marshal(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	folders, err := f.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		lines = append(lines, "folder "+string(folder.Path))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func newJournal(t *testing.T) *journal.Journal {
	t.Helper()
	j := journal.New(filepath.Join(t.TempDir(), "run.journal"), journal.Info{ID: "run"})
	t.Cleanup(func() { j.Close() })
	return j
}

func undo(t *testing.T, j *journal.Journal, f *importertest.Fake, dryRun bool) (*importer.UndoReport, []importer.UndoResult) {
	t.Helper()
	var results []importer.UndoResult
	r, err := importer.Undo(t.Context(), j, f, f, importer.UndoOptions{DryRun: dryRun, Settle: time.Nanosecond}, importer.UndoObserver{Result: func(r importer.UndoResult) { results = append(results, r) }})
	if err != nil {
		t.Fatal(err)
	}
	if sum := r.Deleted + r.Restored + r.Recreated + r.AsBefore + r.Left + r.Failed; sum != r.Changes {
		t.Errorf("the counts do not add up: %+v", r)
	}
	return r, results
}

var (
	before = []*contact.Contact{
		person("Ann", "", "ann@example.org"),
		withPhoto(person("Bob", "Friends", "bob@example.org"), "old"),
		person("Cid", "Friends", "cid@example.org"),
		person("Dee", "", "dee@example.org"),
	}
	input = []*contact.Contact{
		person("Ann", "", "ann@example.org", "ann@example.com"),        // updated
		withPhoto(person("Bob", "", "bob@example.org"), "new"),         // photo replaced
		withPhoto(person("Cid", "", "cid@example.org"), "first"),       // photo where there was none
		person("Dee", "", "dee@example.org"),                           // unchanged
		withPhoto(person("Eve", "New/Deep", "eve@example.org"), "eve"), // created
		person("Fay", "Friends", "fay@example.org"),                    // created
	}
)

// TestUndo: what was there before is there again, whatever the policy.
func TestUndo(t *testing.T) {
	for _, policy := range importer.Policies() {
		t.Run(string(policy), func(t *testing.T) {
			f := account(t, before...)
			was := snapshot(t, f)
			j := newJournal(t)
			if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: policy, Journal: j}, importer.Observer{}); err != nil {
				t.Fatal(err)
			}
			if err := j.Finish(time.Now()); err != nil {
				t.Fatal(err)
			}
			after := snapshot(t, f)
			if dry, _ := undo(t, j, f, true); snapshot(t, f) != after || dry.Left > 0 || j.Info().State() != journal.Finished {
				t.Errorf("a dry run changed something: %+v", dry)
			}
			r, results := undo(t, j, f, false)
			if r.Left+r.Failed+r.AsBefore > 0 || r.Folders != 2 && policy != importer.Skip {
				t.Errorf("report %+v\n%v", r, results)
			}
			if got := snapshot(t, f); got != was {
				t.Errorf("got\n%s\nwant\n%s", got, was)
			}
			if j.Info().State() != journal.Undone {
				t.Errorf("state %s", j.Info().State())
			}
			r, _ = undo(t, j, f, false)
			if r.Deleted+r.Restored+r.Left+r.Failed > 0 || snapshot(t, f) != was {
				t.Errorf("a second undo changed something: %+v", r)
			}
		})
	}
}

// TestUndoLeavesWhatWasMoved: a contact that stands in another folder now is left, also
// where it has another id there.
func TestUndoLeavesWhatWasMoved(t *testing.T) {
	for _, newID := range []bool{false, true} {
		f := account(t, before...)
		j := newJournal(t)
		if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: importer.Update, Journal: j}, importer.Observer{}); err != nil {
			t.Fatal(err)
		}
		moved, wasThere := 0, account(t, before...)
		for c := range f.Contacts(t.Context()) {
			isNew := true
			for old := range wasThere.Contacts(t.Context()) {
				isNew = isNew && old.Name.Given != c.Name.Given
			}
			if newID && !isNew { // what was there before can then not be told from what was deleted
				continue
			}
			var id contact.ID
			if newID {
				id = "moved " + c.ID
			}
			if err := f.Move(t.Context(), c.Ref(), "Elsewhere", id); err != nil {
				t.Fatal(err)
			}
			moved++
		}
		snap := snapshot(t, f)
		r, results := undo(t, j, f, false)
		left := 0
		for _, res := range results {
			if res.Outcome == importer.Left && strings.Contains(res.Reason, "moved since") {
				left++
			}
		}
		if left == 0 || r.Deleted > 0 || newID && left != moved {
			t.Errorf("new ids %v: %d moved, %d left, %+v", newID, moved, left, r)
		}
		if text := snapshot(t, f); strings.Count(text, "Elsewhere") < moved || !newID && strings.Count(text, "\n") > strings.Count(snap, "\n") {
			t.Errorf("new ids %v: it was\n%s\nand is\n%s", newID, snap, text)
		}
	}
}

// TestUndoLeavesWhatChangedSince.
func TestUndoLeavesWhatChangedSince(t *testing.T) {
	f := account(t, before...)
	j := newJournal(t)
	if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: importer.Update, Journal: j}, importer.Observer{}); err != nil {
		t.Fatal(err)
	}
	edit := map[string]bool{"Ann": true, "Eve": true}
	for c := range f.Contacts(t.Context()) {
		switch {
		case edit[c.Name.Given]:
			next := c.Clone()
			next.Notes = "by hand"
			f.Update(t.Context(), c.Ref(), contact.NewPatch(c, next))
		case c.Name.Given == "Bob":
			f.SetPhoto(t.Context(), c.Ref(), contact.NewPhoto([]byte("\xff\xd8\xffby hand")))
		case c.Name.Given == "Fay":
			f.Delete(t.Context(), c.Ref())
		}
	}
	r, results := undo(t, j, f, false)
	if r.Left != 3 || r.AsBefore != 1 || r.Recreated != 1 || r.Folders != 0 || r.FoldersLeft != 2 {
		t.Errorf("report %+v", r)
	}
	var folders []contact.FolderPath
	for _, res := range results {
		switch {
		case res.Folder != "":
			folders = append(folders, res.Folder)
			if res.Outcome != importer.Left || res.Err == nil {
				t.Errorf("%+v", res)
			}
		case res.Outcome == importer.Left && !strings.Contains(res.Reason, "changed since") || res.At == "":
			t.Errorf("%+v", res)
		}
	}
	if !slices.Equal(folders, []contact.FolderPath{"New/Deep", "New"}) {
		t.Errorf("folders %q", folders)
	}
	text := snapshot(t, f)
	if strings.Count(text, "by hand") != 2 || !strings.Contains(text, "Eve") {
		t.Errorf("what was changed by hand is gone:\n%s", text)
	}
	if j.Info().State() != journal.PartlyDone {
		t.Errorf("state %s", j.Info().State())
	}
}

// remover is a fake that can remove photos.
type remover struct{ *importertest.Fake }

func (r remover) RemovePhoto(ctx context.Context, ref contact.Ref) error {
	return r.TakePhoto(ctx, ref)
}

// TestUndoRemovesPhotos where the account can: no contact is created anew then.
func TestUndoRemovesPhotos(t *testing.T) {
	f := account(t, before...)
	was := snapshot(t, f)
	j := newJournal(t)
	if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: importer.Update, Journal: j}, importer.Observer{}); err != nil {
		t.Fatal(err)
	}
	r, err := importer.Undo(t.Context(), j, f, remover{f}, importer.UndoOptions{Settle: time.Nanosecond}, importer.UndoObserver{})
	if err != nil || r.Recreated != 0 || r.Restored != 3 || snapshot(t, f) != was {
		t.Errorf("report %+v, error %v\n%s", r, err, snapshot(t, f))
	}
}

// TestUndoInterrupted cuts undo off at every write, and runs it again.
func TestUndoInterrupted(t *testing.T) {
	for cut := 1; ; cut++ {
		f := account(t, before...)
		was := snapshot(t, f)
		j := newJournal(t)
		if _, err := importer.Import(t.Context(), sequence(input), f, f, importer.Options{Policy: importer.Update, Journal: j}, importer.Observer{}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c := &cutter{Fake: f, left: cut, cancel: cancel}
		_, err := importer.Undo(ctx, j, f, c, importer.UndoOptions{Concurrency: 1, Settle: time.Nanosecond}, importer.UndoObserver{})
		cancel()
		undo(t, j, f, false)
		if got := snapshot(t, f); got != was {
			t.Fatalf("cut at write %d: got\n%s\nwant\n%s", cut, got, was)
		}
		if err == nil {
			if cut < 6 {
				t.Errorf("only %d writes", cut)
			}
			return
		}
	}
}

// cutter applies a number of writes and loses the answer of the last.
type cutter struct {
	*importertest.Fake
	left   int
	cancel func()
}

func (c *cutter) cut(err error) error {
	if c.left--; c.left == 0 {
		c.cancel()
		return fmt.Errorf("%w: %w", importer.ErrAmbiguous, context.Canceled)
	}
	return err
}

func (c *cutter) Create(ctx context.Context, in contact.FolderID, x *contact.Contact) (importer.Stored, error) {
	s, err := c.Fake.Create(ctx, in, x)
	return s, c.cut(err)
}

func (c *cutter) Update(ctx context.Context, ref contact.Ref, p contact.Patch) (importer.Stored, error) {
	s, err := c.Fake.Update(ctx, ref, p)
	return s, c.cut(err)
}

func (c *cutter) Delete(ctx context.Context, ref contact.Ref) error {
	return c.cut(c.Fake.Delete(ctx, ref))
}

func (c *cutter) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	p, err := c.Fake.SetPhoto(ctx, ref, p)
	return p, c.cut(err)
}

// TestUndoOfARunThatDied finds what it created by the key.
func TestUndoOfARunThatDied(t *testing.T) {
	f := account(t, before...)
	was := snapshot(t, f)
	j := newJournal(t)
	eve := person("Eve", "", "eve@example.org")
	eve.Key = eve.DerivedKey()
	if err := j.Intend(&journal.Entry{Kind: journal.Create, Key: eve.Key, Want: eve}, &journal.Entry{Kind: journal.Create, Key: "never sent", Want: eve}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(t.Context(), "f0", eve); err != nil {
		t.Fatal(err)
	}
	if r, _ := undo(t, j, f, false); r.Deleted != 1 || r.AsBefore != 1 || snapshot(t, f) != was {
		t.Errorf("report %+v", r)
	}
}

// TestUndoOfARemoval creates anew what a run deleted.
func TestUndoOfARemoval(t *testing.T) {
	f := account(t, before...)
	was := snapshot(t, f)
	j := newJournal(t)
	for c := range f.Contacts(t.Context()) {
		if err := j.Intend(&journal.Entry{Kind: journal.Delete, Key: c.Key, ID: c.ID, Folder: c.Folder, Before: c, OldPhoto: c.Photo}); err != nil {
			t.Fatal(err)
		}
		if c.Name.Given != "Dee" { // the run died before
			f.Delete(t.Context(), c.Ref())
		}
	}
	if r, _ := undo(t, j, f, false); r.Recreated != 3 || r.AsBefore != 1 || snapshot(t, f) != was {
		t.Errorf("report %+v\n%s", r, snapshot(t, f))
	}
}

// TestUndoKeepsToItsRun: a contact that another run created under the same key, after the
// first one's was deleted, is none of its business.
func TestUndoKeepsToItsRun(t *testing.T) {
	f := account(t)
	eve := person("Eve", "", "eve@example.org")
	first, second := newJournal(t), newJournal(t)
	for _, j := range []*journal.Journal{first, second} {
		for c := range f.Contacts(t.Context()) {
			f.Delete(t.Context(), c.Ref())
		}
		if _, err := importer.Import(t.Context(), sequence([]*contact.Contact{eve}), f, f, importer.Options{Journal: j}, importer.Observer{}); err != nil {
			t.Fatal(err)
		}
		if err := j.Finish(time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if r, _ := undo(t, first, f, false); r.AsBefore != 1 || !strings.Contains(snapshot(t, f), "Eve") {
		t.Errorf("the first: %+v", r)
	}
	if r, _ := undo(t, second, f, false); r.Deleted != 1 || strings.Contains(snapshot(t, f), "Eve") {
		t.Errorf("the second: %+v", r)
	}
}
