package importer

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// died returns the journal of a run that died while it created the contacts.
func died(t *testing.T, contacts ...*contact.Contact) *journal.Journal {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.journal")
	j := journal.New(path, journal.Info{ID: "a"})
	for _, c := range contacts {
		if err := j.Intend(&journal.Entry{Kind: journal.Create, Key: c.DerivedKey(), Want: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func withKey(c *contact.Contact) *contact.Contact {
	c = c.Clone()
	c.Key = c.DerivedKey()
	return c
}

// TestLateWritesSettle: a write of a run that died arrives while the next run waits
// for it.
func TestLateWritesSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann, bob := named("Ann", "ann@example.org"), named("Bob", "bob@example.org")
		m := newMailbox()
		j := died(t, ann, bob)
		go func() {
			time.Sleep(9 * time.Second)
			m.Create(t.Context(), "", withKey(ann))
		}()
		start := time.Now()
		r, _ := do(t, m, Options{Journal: j}, ann, bob)
		if r.Created != 1 || r.Unchanged != 1 || len(m.contacts) != 2 {
			t.Errorf("report %+v, %d contacts", r.Counts, len(m.contacts))
		}
		if waited := time.Since(start); waited != 10*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestLaterWritesAreLookedUp: a write of a run that died arrives even later, when
// the next run has read its index.
func TestLaterWritesAreLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann := named("Ann", "ann@example.org")
		late := &lateMailbox{mailbox: newMailbox(), late: withKey(ann)}
		r, err := Import(t.Context(), records(ann), late, late, Options{Journal: died(t, ann)}, Observer{})
		if err != nil || r.Created != 1 || len(late.contacts) != 1 {
			t.Errorf("report %+v, %d contacts, error %v", r.Counts, len(late.contacts), err)
		}
	})
}

// lateMailbox gets a contact when the first folder is asked for.
type lateMailbox struct {
	*mailbox
	late *contact.Contact
}

func (l *lateMailbox) EnsureFolder(ctx context.Context, path contact.FolderPath) (contact.FolderID, error) {
	if l.late != nil {
		l.Create(ctx, "", l.late)
		l.late = nil
	}
	return l.mailbox.EnsureFolder(ctx, path)
}

// TestNoWaitForNothing: neither a run that left nothing open, nor one that died
// long ago, is waited for.
func TestNoWaitForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann := named("Ann", "ann@example.org")
		old := died(t, ann)
		time.Sleep(time.Hour)
		for _, j := range []*journal.Journal{old, nil} {
			start := time.Now()
			do(t, newMailbox(), Options{Journal: j}, ann)
			if waited := time.Since(start); waited != 0 {
				t.Errorf("waited %v", waited)
			}
		}
	})
}

// TestJournalSaysWhatWasWritten: what was overwritten, and what became of it.
func TestJournalSaysWhatWasWritten(t *testing.T) {
	old, photo, other := named("Ann Lee", "ann@example.org"), contact.NewPhoto([]byte("\xff\xd8\xff old")), contact.NewPhoto([]byte("\xff\xd8\xff new"))
	m := newMailbox(old)
	m.photos[m.contacts[0].ID] = photo
	fuller := named("A. Lee", "ann@example.org", "lee@example.org")
	fuller.Photo = other
	m.refuse = func(c *contact.Contact) error {
		if c.Name.Display == "Cid" {
			return ErrRejected
		}
		return nil
	}
	j := journal.New(filepath.Join(t.TempDir(), "a.journal"), journal.Info{})
	if _, _, err := try(t, m, Options{Journal: j, Policy: Update}, fuller, named("Bob"), named("Cid")); err != nil {
		t.Fatal(err)
	}
	if err := j.Finish(time.Now()); err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var kinds []journal.Kind
	for e, err := range j.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		if e, err = j.Entry(e.Number); err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.Kind)
		if e.Before != nil {
			if e.Before.Photo == nil {
				t.Error("it had a photo")
			}
			e.Before.Photo = nil
		}
		switch {
		case e.Kind == journal.Update && (!contact.Equal(e.Before, old) || len(e.Want.Emails) != 2 || e.Status != journal.Done):
			t.Errorf("update: %+v", e)
		case e.Kind == journal.Create && (e.Want.Name.Display == "Bob") != (e.Status == journal.Done):
			t.Errorf("create: %+v", e)
		case e.Kind == journal.SetPhoto && (e.OldPhoto.SHA256 != photo.SHA256 || e.Photo != other.SHA256 || e.Status != journal.Done):
			t.Errorf("photo: %+v", e)
		}
	}
	if !slices.Equal(kinds, []journal.Kind{journal.Update, journal.Create, journal.Create, journal.SetPhoto}) {
		t.Errorf("kinds %v", kinds)
	}
	if n := j.Info().Counts; n != (journal.Counts{Created: 1, Updated: 1, Photos: 1}) {
		t.Errorf("counts %+v", n)
	}
}

// TestJournalThatCannotBeWritten stops the import before a request is sent.
func TestJournalThatCannotBeWritten(t *testing.T) {
	m := newMailbox()
	j := journal.New(filepath.Join(t.TempDir(), "\x00", "a.journal"), journal.Info{})
	r, _, err := try(t, m, Options{Journal: j}, named("Ann"), named("Bob"))
	if err == nil || errors.Is(err, ErrTemporary) || m.writes != 0 || r.Failed != 2 {
		t.Errorf("error %v, %d writes, %+v", err, m.writes, r.Counts)
	}
}
