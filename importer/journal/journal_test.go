package journal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/importer/journal"
)

func path(t *testing.T) string { return filepath.Join(t.TempDir(), "runs", "a.journal") }

func ada() *contact.Contact {
	return contact.Normalize(&contact.Contact{Key: "k", Name: contact.Name{Given: "Ada"}, Emails: []contact.Email{{Address: "ada@example.org"}}})
}

func entries(t *testing.T, j *journal.Journal) (all []*journal.Entry) {
	t.Helper()
	var numbers []uint64
	for e, err := range j.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, e.Number)
	}
	for _, n := range numbers {
		e, err := j.Entry(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// TestNothingWritten: a run that writes nothing leaves nothing.
func TestNothingWritten(t *testing.T) {
	p := path(t)
	j := journal.New(p, journal.Info{ID: "a"})
	if err := errors.Join(j.Intend(), j.Finish(time.Now()), j.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a journal is there: %v", err)
	}
	var none *journal.Journal
	if err := errors.Join(none.Intend(&journal.Entry{}), none.Finish(time.Now()), none.Close()); err != nil {
		t.Error(err)
	}
}

func TestEntriesComeBack(t *testing.T) {
	p := path(t)
	j := journal.New(p, journal.Info{ID: "a", Account: "work", Command: []string{"import", "a.vcf", "work:"}})
	before, want := ada(), ada()
	want.Notes = "changed"
	old := contact.NewPhoto([]byte("\xff\xd8\xffold"))
	all := []*journal.Entry{
		{Kind: journal.MakeFolder, Folder: "A/B"},
		{Kind: journal.Create, At: "a.vcf: card 1", Key: "k", Folder: "A/B", Want: ada()},
		{Kind: journal.Update, Key: "k2", ID: "id2", Version: "v1", Before: before, Want: want},
		{Kind: journal.SetPhoto, ID: "id2", Photo: "hash", OldPhoto: old},
		{Kind: journal.Create, Key: "k3", Want: ada()},
	}
	if err := j.Intend(all[:3]...); err != nil {
		t.Fatal(err)
	}
	j.Note(all[1], journal.Outcome{Status: journal.Done, NewID: "id1", NewVersion: "v2"})
	j.Note(all[2], journal.Outcome{Status: journal.Done, NewID: "id2", After: before})
	if err := j.Intend(all[3:]...); err != nil {
		t.Fatal(err)
	}
	j.Note(all[4], journal.Outcome{}) // says nothing
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	j, err := journal.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := journal.Read(p); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if info := j.Info(); info.State() != journal.Interrupted || info.Counts != (journal.Counts{Created: 1, Updated: 1}) || len(info.Command) != 3 {
		t.Errorf("info %+v", info)
	}
	got := entries(t, j)
	if len(got) != len(all) {
		t.Fatalf("%d entries", len(got))
	}
	if e := got[1]; e.Status != journal.Done || e.NewID != "id1" || e.NewVersion != "v2" || e.After != nil || e.Folder != "A/B" || e.At != "a.vcf: card 1" {
		t.Errorf("%+v", e)
	}
	contacttest.Equal(t, got[2].Before, before)
	contacttest.Equal(t, got[2].Want, want)
	contacttest.Equal(t, got[2].After, before)
	if p := got[3].OldPhoto; p == nil || string(p.Data) != string(old.Data) || got[3].Photo != "hash" {
		t.Errorf("%+v", got[3])
	}
	if one, err := j.Entry(got[2].Number); err != nil || one.ID != "id2" {
		t.Errorf("%+v, %v", one, err)
	}
	open, writes, err := j.Unresolved()
	if err != nil || writes != 3 || len(open) != 1 || !open["k3"] {
		t.Errorf("unresolved %v, %d, %v", open, writes, err)
	}
	next := &journal.Entry{Kind: journal.Create, Key: "of this process"}
	if err := j.Intend(next); err != nil || next.Number <= got[4].Number {
		t.Fatalf("number %d, %v", next.Number, err)
	}
	if open, _, _ = j.Unresolved(); len(open) != 1 {
		t.Errorf("what this process has under way is taken for an earlier one's: %v", open)
	}
	if err := j.Finish(time.Now()); err != nil || j.Info().State() != journal.Finished {
		t.Error(err)
	}
}

func TestForeignFile(t *testing.T) {
	p := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(p, []byte("BEGIN:VCARD\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(p); !errors.Is(err, journal.ErrFormat) {
		t.Errorf("no journal: %v", err)
	}
	if text, _ := os.ReadFile(p); string(text) != "BEGIN:VCARD\r\n" {
		t.Error("the file has changed")
	}
	if _, err := journal.Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestFinish: a run is counted by what it wrote, also by processes that died before they
// knew; and one of which everything was refused leaves nothing.
func TestFinish(t *testing.T) {
	done, refused := journal.Outcome{Status: journal.Done, NewID: "new"}, journal.Outcome{Status: journal.Refused}
	create := func(key string) *journal.Entry { return &journal.Entry{Kind: journal.Create, Key: key, Want: ada()} }
	update := func(id contact.ID) *journal.Entry {
		return &journal.Entry{Kind: journal.Update, ID: id, Before: ada(), Want: ada()}
	}
	type writes map[*journal.Entry]journal.Outcome
	unknown := journal.Outcome{}
	for name, c := range map[string]struct {
		processes []writes
		want      journal.Counts
		gone      bool
		stops     bool // it does not come to its end
	}{
		"done":                       {[]writes{{create("a"): done, create("b"): done, update("c"): refused}}, journal.Counts{Created: 2}, false, false},
		"all refused":                {[]writes{{create("a"): refused, update("b"): refused}}, journal.Counts{}, true, false},
		"died, and was refused":      {[]writes{{create("a"): unknown}, {create("a"): refused}}, journal.Counts{}, true, false},
		"nobody knows":               {[]writes{{create("a"): unknown}}, journal.Counts{}, false, false},
		"died, and was carried out":  {[]writes{{create("a"): unknown, update("b"): unknown, create("c"): done}, {create("d"): done}}, journal.Counts{Created: 3, Updated: 1}, false, false},
		"died, and was sent again":   {[]writes{{create("a"): unknown, update("b"): unknown}, {create("a"): done, update("b"): done}}, journal.Counts{Created: 1, Updated: 1}, false, false},
		"died, and nothing followed": {[]writes{{create("a"): unknown}, {update("b"): refused}}, journal.Counts{Created: 1}, false, false},
		"interrupted, all refused":   {[]writes{{create("a"): refused}}, journal.Counts{}, true, true},
		"interrupted":                {[]writes{{create("a"): done, create("b"): refused}}, journal.Counts{Created: 1}, false, true},
		"interrupted, nobody knows":  {[]writes{{create("a"): unknown}}, journal.Counts{}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := path(t)
			for i, process := range c.processes {
				j := journal.New(p, journal.Info{ID: "a"})
				if i > 0 {
					var err error
					if j, err = journal.Open(p); err != nil {
						t.Fatal(err)
					}
				}
				for e, o := range process {
					if err := j.Intend(e); err != nil {
						t.Fatal(err)
					}
					j.Note(e, o)
				}
				if i == len(c.processes)-1 {
					end := func() error { return j.Finish(time.Now()) }
					if c.stops {
						end = j.Stop
					}
					if err := end(); err != nil {
						t.Fatal(err)
					}
					if j.Written() == c.gone {
						t.Errorf("written: %v", !c.gone)
					}
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
			j, err := journal.Read(p)
			if c.gone {
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("it is there: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			if got := j.Info().Counts; got != c.want || (j.Info().State() == journal.Finished) == c.stops {
				t.Errorf("%+v, %s, want %+v", got, j.Info().State(), c.want)
			}
		})
	}
}
