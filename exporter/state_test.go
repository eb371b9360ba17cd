package exporter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/jsonl"
)

// account is a fake that can be made to fail, and counts.
type account struct {
	*exportertest.Fake
	mu         sync.Mutex // guards photos, which are asked for side by side
	forgets    bool       // all cursors
	noPhotos   bool
	bad        int // contacts that cannot be read, in the first page of a folder
	photos     int // that were asked for
	told       int // contacts
	fromCursor int // listings that did not begin anew
}

func (a *account) Pages(ctx context.Context, f contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		if from != "" && a.forgets {
			yield(nil, exporter.ErrCursorExpired)
			return
		}
		if from != "" {
			a.fromCursor++
		}
		bad := a.bad
		for page, err := range a.Fake.Pages(ctx, f, from) {
			for ; page != nil && bad > 0; bad-- {
				page.Bad = append(page.Bad, formats.RecordErrorf(contact.Position{}, "unreadable"))
			}
			if page != nil {
				a.told += len(page.Contacts)
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (a *account) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	a.mu.Lock()
	a.photos++
	a.mu.Unlock()
	if a.noPhotos {
		return nil, errors.New("no answer")
	}
	return a.Fake.Photo(ctx, id)
}

func newAccount(n int) (*account, []contact.ID) {
	a := &account{Fake: exportertest.NewFake(exportertest.Contents{"": nil, "A": nil, "A/B": nil})}
	var ids []contact.ID
	for i := range n {
		ids = append(ids, a.Put([]contact.FolderPath{"", "A", "A/B"}[i%3], personOf(i)))
	}
	return a, ids
}

func personOf(i int) *contact.Contact {
	c := &contact.Contact{Name: contact.Name{Given: "Ana", Family: fmt.Sprint(i)}, Notes: strings.Repeat("x", i%100)}
	if i%2 == 0 {
		c.Photo = contact.NewPhoto([]byte(fmt.Sprint("photo ", i)))
	}
	return c
}

var scope = exporter.Scope{Account: "a", Photos: true, Format: "jsonl"}

// export runs an incremental export with a state in dir. It returns the output, the
// errors of records, and what has changed.
func export(t *testing.T, a *account, dir string) (out string, failed []string, since exporter.Since) {
	t.Helper()
	a.photos, a.told, a.fromCursor = 0, 0, 0
	return exportOf(t, a, dir)
}

func exportOf(t *testing.T, src exporter.Source, dir string) (out string, failed []string, since exporter.Since) {
	t.Helper()
	state, err := exporter.OpenState(filepath.Join(dir, "state"), scope)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	out, failed = encode(t, state.Contacts(t.Context(), src, exporter.Options{Photos: true}))
	if err := state.Commit(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files beside the output", len(left))
	}
	return out, failed, state.Since()
}

func encode(t *testing.T, contacts iter.Seq2[*contact.Contact, error]) (out string, failed []string) {
	t.Helper()
	var b bytes.Buffer
	enc := jsonl.NewEncoder(&b)
	for c, err := range contacts {
		switch {
		case formats.IsRecordError(err):
			failed = append(failed, err.Error())
		case err != nil:
			t.Fatal(err)
		default:
			for _, l := range c.Unread {
				failed = append(failed, l.Reason)
			}
			if _, err := enc.Encode(c); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String(), failed
}

func full(t *testing.T, a *account) string {
	t.Helper()
	out, _, _ := export(t, a, t.TempDir())
	return out
}

func TestState(t *testing.T) {
	a, ids := newAccount(200)
	dir := t.TempDir()
	out, _, since := export(t, a, dir)
	if since != (exporter.Since{Added: 200}) || strings.Count(out, "\n") != 200 || a.photos != 100 {
		t.Fatalf("first run: %+v, %d photos", since, a.photos)
	}
	again, _, since := export(t, a, dir)
	if again != out || since != (exporter.Since{Again: true}) || a.photos != 0 || a.told != 0 {
		t.Errorf("nothing has changed, yet %+v, %d photos, %d contacts told, equal %t", since, a.photos, a.told, again == out)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		added, photos := 0, 0
		touched := map[contact.ID]bool{}
		for range random.IntN(30) {
			i := random.IntN(len(ids))
			if touched[ids[i]] {
				continue
			}
			switch random.IntN(3) {
			case 0:
				a.Delete(ids[i])
				ids = slices.Delete(ids, i, i+1)
			case 1:
				touched[ids[i]] = true
				c := personOf(round*1000 + i)
				if c.ID = ids[i]; c.Photo != nil {
					photos++
				}
				a.Put([]contact.FolderPath{"", "A", "A/B"}[i%3], c)
			default:
				added++
				c := personOf(round*1000 + i)
				if c.Photo != nil {
					photos++
				}
				ids = append(ids, a.Put("A", c))
				touched[ids[len(ids)-1]] = true
			}
		}
		a.forgets = round%5 == 4
		got, failed, since := export(t, a, dir)
		if a.photos > photos || len(failed) > 0 || since.Added < added {
			t.Errorf("round %d: %d photos asked for, want at most %d; %v; %+v", round, a.photos, photos, failed, since)
		}
		if (a.fromCursor == 3) == a.forgets {
			t.Errorf("round %d: %d folders went on where they had been", round, a.fromCursor)
		}
		if want := full(t, a); got != want {
			t.Fatalf("round %d: %d bytes, a full export has %d", round, len(got), len(want))
		}
	}
}

// TestStateOfFolders: a folder that is gone takes its contacts along, a new one is
// read, and one of another name has its contacts under it.
func TestStateOfFolders(t *testing.T) {
	a, _ := newAccount(30)
	dir := t.TempDir()
	export(t, a, dir)
	a.DeleteFolder("A")
	a.Put("New", personOf(4))
	a.Rename("New", "Newer")
	got, _, since := export(t, a, dir)
	if got != full(t, a) || since != (exporter.Since{Again: true, Added: 1, Removed: 20}) {
		t.Errorf("%+v", since)
	}
	a.Rename("Newer", "Zoo")
	got, _, since = export(t, a, dir)
	if got != full(t, a) || !strings.Contains(got, `"folder":"Zoo"`) || since != (exporter.Since{Again: true}) {
		t.Errorf("renamed: %+v", since)
	}
}

// TestStateIsNotAhead: a run that ends before Commit, with its output in place or not,
// leaves a state from which the next one writes what is right.
func TestStateIsNotAhead(t *testing.T) {
	a, ids := newAccount(30)
	dir := t.TempDir()
	export(t, a, dir)
	before, err := os.ReadFile(filepath.Join(dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	a.Delete(ids[0])
	a.Put("A", personOf(100))
	state, err := exporter.OpenState(filepath.Join(dir, "state"), scope)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := encode(t, state.Contacts(t.Context(), a, exporter.Options{Photos: true}))
	state.Close()
	if after, _ := os.ReadFile(filepath.Join(dir, "state")); !bytes.Equal(after, before) {
		t.Error("the state has changed without Commit")
	}
	if got, _, since := export(t, a, dir); got != out || got != full(t, a) || since.Removed != 1 || since.Added != 1 {
		t.Errorf("the next run: %+v", since)
	}
	state, err = exporter.OpenState(filepath.Join(dir, "state"), scope)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	for range state.Contacts(t.Context(), a, exporter.Options{Photos: true}) {
		break
	}
	if err := state.Commit(); err == nil {
		t.Error("half a run was committed")
	}
}

// TestStateOfFailures: what could not be read is named, and asked for again.
func TestStateOfFailures(t *testing.T) {
	a, ids := newAccount(6) // photos: 0, 2, 4
	dir := t.TempDir()
	a.noPhotos, a.bad = true, 1
	_, failed, _ := export(t, a, dir)
	if len(failed) != 3+3 {
		t.Errorf("%d failures named: %q", len(failed), failed)
	}
	_, failed, _ = export(t, a, dir)
	if len(failed) != 3+3 || a.photos != 3 || a.fromCursor != 0 {
		t.Errorf("again: %d failures, %d photos asked for, %d folders not listed anew", len(failed), a.photos, a.fromCursor)
	}
	a.noPhotos, a.bad = false, 0
	got, failed, since := export(t, a, dir)
	if len(failed) != 0 || a.photos != 3 || got != full(t, a) || since.Added+since.Changed != 0 {
		t.Errorf("mended: %q, %d photos, %+v", failed, a.photos, since)
	}
	changed := personOf(8)
	changed.ID = ids[0]
	a.Put("", changed)
	a.noPhotos = true
	got, failed, _ = export(t, a, dir)
	if len(failed) != 1 || !strings.Contains(failed[0], "that of the last run stands") || !strings.Contains(got, `"family":"8"`) || strings.Count(got, `"photo"`) != 3 {
		t.Errorf("%q in %s", failed, got)
	}
	a.noPhotos = false
	if got, _, _ = export(t, a, dir); got != full(t, a) {
		t.Error("the photo is not mended")
	}
}

// referring is an account whose later rounds only refer to contacts, and which does not
// find some of them by their ids for a while.
type referring struct {
	*account
	lag    map[contact.ID]int // how often each is not found
	onRead func()             // what happens when contacts are read, if anything
}

func (r *referring) Tree(ctx context.Context, _ exporter.Cursor) ([]contact.Folder, exporter.Cursor, error) {
	folders, err := r.Folders(ctx)
	return folders, "", err
}

func (r *referring) Track(ctx context.Context, f contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		for page, err := range r.Pages(ctx, f, from) {
			if from != "" && err == nil {
				for _, c := range page.Contacts {
					page.Refs = append(page.Refs, c.Ref())
				}
				page.Contacts = nil
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (r *referring) Contacts(ctx context.Context, ids []contact.ID) ([]*contact.Contact, error) {
	if r.onRead != nil {
		r.onRead()
		r.onRead = nil
	}
	found := map[contact.ID]*contact.Contact{}
	folders, err := r.Folders(ctx)
	for _, f := range folders {
		for page, err := range r.Pages(ctx, f, "") {
			if err != nil {
				return nil, err
			}
			for _, c := range page.Contacts {
				found[c.ID] = c
			}
		}
	}
	read := make([]*contact.Contact, len(ids))
	for i, id := range ids {
		if r.lag[id]--; r.lag[id] < 0 {
			read[i] = found[id]
		}
	}
	return read, err
}

// TestStateOfMissing: a contact that is listed and not found is looked for again; if
// that is in vain it is named, and the next run looks for it.
func TestStateOfMissing(t *testing.T) {
	a, ids := newAccount(30)
	r := &referring{account: a, lag: map[contact.ID]int{}}
	dir := t.TempDir()
	exportOf(t, r, dir)
	change := func(i int) contact.ID {
		c := personOf(100 + i)
		c.ID = ids[i]
		return a.Put([]contact.FolderPath{"", "A", "A/B"}[i%3], c)
	}

	r.lag[a.Put("A", personOf(200))], r.lag[change(3)] = 1, 1
	got, failed, since := exportOf(t, r, dir)
	if got != full(t, a) || len(failed) > 0 || since != (exporter.Since{Again: true, Added: 1, Changed: 1}) {
		t.Errorf("found late: %q, %+v", failed, since)
	}

	a.Put("A", personOf(203))
	gone := change(9)
	r.onRead = func() { a.Delete(gone) }
	r.lag[gone] = 1
	got, failed, since = exportOf(t, r, dir)
	if got != full(t, a) || len(failed) > 0 || since != (exporter.Since{Again: true, Added: 1, Removed: 1}) {
		t.Errorf("gone meanwhile: %q, %+v", failed, since)
	}

	before := got
	r.lag[a.Put("A", personOf(201))], r.lag[change(6)] = 100, 100
	a.Put("A", personOf(202))
	got, failed, since = exportOf(t, r, dir)
	if len(failed) != 2 || !strings.Contains(strings.Join(failed, ""), string(ids[6])) || since != (exporter.Since{Again: true, Added: 1}) {
		t.Errorf("not found: %q, %+v", failed, since)
	}
	if len(got) <= len(before) || strings.Count(got, "\n") != 32 {
		t.Errorf("not found: %d contacts", strings.Count(got, "\n"))
	}

	clear(r.lag)
	got, failed, since = exportOf(t, r, dir)
	if got != full(t, a) || len(failed) > 0 || since != (exporter.Since{Again: true, Added: 1, Changed: 1}) {
		t.Errorf("found by the next run: %q, %+v", failed, since)
	}
}

func TestStateOfAnother(t *testing.T) {
	a, _ := newAccount(30)
	dir := t.TempDir()
	export(t, a, dir)
	path := filepath.Join(dir, "state")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []struct {
		scope exporter.Scope
		why   string
	}{
		{exporter.Scope{Account: "b", Photos: true, Format: "jsonl"}, "another account"},
		{exporter.Scope{Account: "a", Folder: "A", Photos: true, Format: "jsonl"}, "another folder"},
		{exporter.Scope{Account: "a", Format: "jsonl"}, "other options"},
		{exporter.Scope{Account: "a", Photos: true, Format: "csv"}, "another format"},
	} {
		s, err := exporter.OpenState(path, other.scope)
		if err != nil || !strings.Contains(s.Ignored(), other.why) || s.Before() != 0 {
			t.Errorf("%+v: %v, ignored %q", other.scope, err, s.Ignored())
		}
		s.Close()
	}
	damage := map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"cut":       func(b []byte) []byte { return b[:len(b)/2] },
		"a bit":     func(b []byte) []byte { b[len(b)/3] ^= 4; return b },
		"the index": func(b []byte) []byte { b[len(b)-30] ^= 4; return b },
		"the end":   func(b []byte) []byte { b[len(b)-9] ^= 4; return b },
		"nonsense":  func([]byte) []byte { return bytes.Repeat([]byte("x"), 1000) },
		"a version": func(b []byte) []byte { return append([]byte("cardferry state 2\n"), b[18:]...) },
	}
	for name, f := range damage {
		if err := os.WriteFile(path, f(bytes.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := exporter.OpenState(path, scope)
		if err != nil || s.Ignored() == "" {
			t.Errorf("%s: %v, ignored %q", name, err, s.Ignored())
			continue
		}
		s.Close()
		if _, _, since := export(t, a, dir); since != (exporter.Since{Added: 30}) {
			t.Errorf("%s: %+v", name, since)
		}
	}
	if s, err := exporter.OpenState(path, scope); err != nil || s.Ignored() != "" || s.Before() != 30 {
		t.Errorf("the mended state: %v", err)
	} else {
		s.Close()
	}
}

// FuzzState opens files that no run has written.
func FuzzState(f *testing.F) {
	f.Add([]byte("cardferry state 1\n"))
	f.Add([]byte("cardferry state 1\n{}\x00\x00\x00\x00\x00\x00\x00\x12\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "state")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := exporter.OpenState(path, scope)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
}
