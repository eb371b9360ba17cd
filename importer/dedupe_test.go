package importer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/importertest"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/internal/spelling"
)

// contactOf makes a contact of "Ann Lee; ann@example.org; +1 555 0100; title:Chair;
// note:…; uid:1; photo:x", in any order after the name.
func contactOf(text string) *contact.Contact {
	parts := strings.Split(text, "; ")
	c := &contact.Contact{Name: contact.Name{Display: parts[0]}}
	for _, p := range parts[1:] {
		kind, value, _ := strings.Cut(p, ":")
		switch {
		case kind == "uid":
			c.UID = value
		case kind == "title":
			c.Organization.Title = value
		case kind == "note":
			c.Notes = value
		case kind == "photo":
			c.Photo = contact.NewPhoto([]byte("\xff\xd8\xff " + value))
		case strings.Contains(p, "@"):
			c.Emails = append(c.Emails, contact.Email{Address: p})
		default:
			c.Phones = append(c.Phones, contact.Phone{Number: p})
		}
	}
	return contact.Normalize(c)
}

func fill(t *testing.T, f *importertest.Fake, contacts ...*contact.Contact) {
	t.Helper()
	for _, c := range contacts {
		folder, err := f.EnsureFolder(t.Context(), c.Folder)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := f.Create(t.Context(), folder, c)
		if err == nil && c.Photo != nil {
			_, err = f.SetPhoto(t.Context(), stored.Contact.Ref(), c.Photo)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func there(t *testing.T, f *importertest.Fake) (all []*contact.Contact) {
	t.Helper()
	for c, err := range f.Contacts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func dedupe(t *testing.T, f importer.Sink, contacts iter.Seq2[*contact.Contact, error], o importer.DedupeOptions, keep bool) (*importer.DedupeReport, []importer.GroupResult, error) {
	t.Helper()
	rules, err := spelling.Rules("US")
	if err != nil {
		t.Fatal(err)
	}
	d, err := importer.FindDuplicates(t.Context(), contacts, importer.DuplicatesOptions{Rules: rules, KeepFirst: keep, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var results []importer.GroupResult
	r, err := importer.Dedupe(t.Context(), d, f, o, func(r importer.GroupResult) { results = append(results, r) }, nil)
	if r.Merged+r.Review+r.Failed != r.Groups || r.Groups != len(results) {
		t.Errorf("the counts do not add up: %+v", r)
	}
	return r, results, err
}

func TestDuplicates(t *testing.T) {
	tests := []struct {
		name     string
		contacts []string
		want     string // what is left, in the same notation, by name
		review   int
	}{
		{"an address", []string{"Ann Lee; ann@example.org", "A. Lee; ANN@example.org; +1 555 201 0100"}, "Ann Lee; ann@example.org; +1 555 201 0100", 0},
		{"a number written two ways", []string{"Ann Lee; a@x.example; +1 555 201 0100", "Ann Lee; a@x.example; (555) 201-0100"}, "Ann Lee; a@x.example; +1 555 201 0100", 0},
		{"a chain", []string{"Ann; a@x.example", "Ann; b@x.example", "Ann; a@x.example; b@x.example"}, "Ann; a@x.example; b@x.example", 0},
		{"name and number", []string{"Ann Lee; +1 555 201 0100; note:x", "ann lee; 555-201-0100"}, "Ann Lee; +1 555 201 0100; note:x", 0},
		{"colleagues with addresses", []string{"Ann Lee; a@x.example; +1 555 201 0100", "Ann Lee; b@x.example; +1 555 201 0100"},
			"Ann Lee; a@x.example; +1 555 201 0100 | Ann Lee; b@x.example; +1 555 201 0100", 0},
		{"everything", []string{"Ann Lee; note:x", "Ann Lee; note:x"}, "Ann Lee; note:x", 0},
		{"everything, under two UIDs", []string{"Ann Lee; uid:1", "Ann Lee; uid:2"}, "Ann Lee; uid:1", 0},
		{"a name alone", []string{"Ann Lee; note:x", "Ann Lee"}, "Ann Lee | Ann Lee; note:x", 0},
		{"a family", []string{"Ann Lee; lee@x.example", "Bob Lee; lee@x.example"}, "Ann Lee; lee@x.example | Bob Lee; lee@x.example", 0},
		{"the fullest stays", []string{"Lee; a@x.example", "Ann B. Lee; a@x.example"}, "Ann B. Lee; a@x.example", 0},
		{"notes", []string{"Ann; a@x.example; note:one", "Ann; a@x.example; note:two", "Ann; a@x.example; note:one"}, "Ann; a@x.example; note:one\n\ntwo", 0},
		{"a contradiction", []string{"Ann; a@x.example; title:Chair", "Ann; a@x.example; title:Boss"}, "Ann; a@x.example; title:Boss | Ann; a@x.example; title:Chair", 1},
		{"who may be either", []string{"John Lee; lee@x.example", "Jane Lee; lee@x.example", "J. Lee; lee@x.example"},
			"J. Lee; lee@x.example | Jane Lee; lee@x.example | John Lee; lee@x.example", 1},
		{"who may be either, first", []string{"J. Lee; lee@x.example", "John Lee; lee@x.example", "Jane Lee; lee@x.example"},
			"J. Lee; lee@x.example | Jane Lee; lee@x.example | John Lee; lee@x.example", 1},
		{"photos", []string{"Ann; a@x.example", "Ann; a@x.example; photo:1"}, "Ann; a@x.example; photo:1", 0},
		{"one photo twice", []string{"Ann; a@x.example; photo:1", "Ann; a@x.example; photo:1; note:x"}, "Ann; a@x.example; note:x; photo:1", 0},
		{"two photos", []string{"Ann; a@x.example; photo:1", "Ann; a@x.example; photo:2"}, "Ann; a@x.example; photo:1 | Ann; a@x.example; photo:2", 1},
		{"one UID", []string{"Ann; uid:1; a@x.example", "Ann; uid:1; b@x.example"}, "Ann; uid:1; a@x.example; b@x.example", 0},
		{"a UID that the fuller one lacks", []string{"Ann; uid:1; a@x.example", "Ann Lee; a@x.example; b@x.example"}, "Ann Lee; uid:1; a@x.example; b@x.example", 0},
		{"a UID alone", []string{"Ann; a@x.example; note:x", "Ann; uid:1; a@x.example"}, "Ann; uid:1; a@x.example; note:x", 0},
		{"two UIDs", []string{"Ann; uid:1; a@x.example; note:x", "Ann; uid:2; a@x.example"}, "Ann; uid:1; a@x.example; note:x", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := importertest.NewFake()
			for _, text := range tt.contacts {
				fill(t, f, contactOf(text))
			}
			before := describe(there(t, f))
			if _, _, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{DryRun: true}, false); err != nil || describe(there(t, f)) != before {
				t.Fatalf("a dry run changed something, or failed: %v", err)
			}
			r, results, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{}, false)
			if err != nil || r.Review != tt.review || r.Failed > 0 {
				t.Errorf("error %v, %+v", err, r)
			}
			if got := describe(there(t, f)); got != tt.want {
				t.Errorf("left %q, want %q; %+v", got, tt.want, results)
			}
			again, _, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{}, false)
			if err != nil || again.Merged+again.Removed > 0 {
				t.Errorf("a second run: error %v, %+v", err, again)
			}
		})
	}
}

// describe tells contacts in the notation of contactOf, in the order of their names.
func describe(all []*contact.Contact) string {
	var texts []string
	for _, c := range all {
		text := c.Name.Display
		if c.UID != "" {
			text += "; uid:" + c.UID
		}
		for _, e := range c.Emails {
			text += "; " + e.Address
		}
		for _, p := range c.Phones {
			text += "; " + p.Number
		}
		for kind, value := range map[string]string{"note:": c.Notes, "title:": c.Organization.Title} {
			if value != "" {
				text += "; " + kind + value
			}
		}
		if c.Photo != nil {
			text += "; photo:" + strings.TrimPrefix(string(c.Photo.Data), "\xff\xd8\xff ")
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return strings.Join(texts, " | ")
}

// TestDedupeUnread: nothing goes of which something could not be read.
func TestDedupeUnread(t *testing.T) {
	for kind, want := range map[contact.LossKind]string{contact.Dropped: "Ann; uid:1 | Ann; uid:1; a@x.example", contact.Moved: "Ann; uid:1; a@x.example"} {
		f := importertest.NewFake()
		fill(t, f, contactOf("Ann; a@x.example"), contactOf("Ann; uid:1"))
		for _, c := range there(t, f) {
			c.UID = "1"
			f.Update(t.Context(), c.Ref(), contact.Patch{Fields: []contact.Field{contact.FieldUID}, New: c})
		}
		unread := func(yield func(*contact.Contact, error) bool) {
			for c, err := range f.Contacts(t.Context()) {
				if len(c.Emails) == 0 {
					c.Unread = []contact.Loss{{Field: "birthday", Kind: kind, Reason: "no date"}}
				}
				if !yield(c, err) {
					return
				}
			}
		}
		r, _, err := dedupe(t, f, unread, importer.DedupeOptions{}, false)
		if got := describe(there(t, f)); err != nil || got != want {
			t.Errorf("%s: left %q, %+v, %v", kind, got, r, err)
		}
	}
}

func TestDedupeKeepsFirst(t *testing.T) {
	f := importertest.NewFake()
	fill(t, f, contactOf("Ann; a@x.example; title:Chair"), contactOf("Ann; a@x.example; title:Boss; +1 555 201 0100"))
	_, results, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{}, true)
	if got := describe(there(t, f)); err != nil || got != "Ann; a@x.example; +1 555 201 0100; title:Boss" {
		t.Errorf("error %v, left %q", err, got)
	}
	if len(results) != 1 || len(results[0].Conflicts[1]) != 1 {
		t.Errorf("what was given up is not named: %+v", results)
	}
}

// stopping is an account whose n-th write fails, as if the process had died there.
type stopping struct {
	*importertest.Fake
	left int
	lost bool // it is carried out, and its answer lost
}

var errStopped = errors.New("stopped")

func (s *stopping) write(do func() error) error {
	s.left--
	if s.left < 0 || s.left == 0 && !s.lost {
		return errStopped
	}
	err := do()
	if s.left == 0 {
		return errStopped
	}
	return err
}

func (s *stopping) Update(ctx context.Context, ref contact.Ref, change contact.Patch) (stored importer.Stored, err error) {
	err = s.write(func() (err error) { stored, err = s.Fake.Update(ctx, ref, change); return err })
	return stored, err
}

func (s *stopping) SetPhoto(ctx context.Context, ref contact.Ref, p *contact.Photo) (sent *contact.Photo, err error) {
	err = s.write(func() (err error) { sent, err = s.Fake.SetPhoto(ctx, ref, p); return err })
	return sent, err
}

func (s *stopping) Delete(ctx context.Context, ref contact.Ref) error {
	return s.write(func() error { return s.Fake.Delete(ctx, ref) })
}

// TestDedupeLosesNothing: wherever it stops, everything that was there is still there
// in some contact, the same run again ends as if it had never stopped, and undo gives
// the account back as it was.
func TestDedupeLosesNothing(t *testing.T) {
	begin := func(t *testing.T) *importertest.Fake {
		f := importertest.NewFake()
		for i := range 3 {
			text := fmt.Sprintf("Ann %c; a%d@x.example", 'A'+i, i)
			fill(t, f, contactOf(text), contactOf(text+"; +1 555 201 0100; photo:p"), contactOf(text+"; note:n"))
		}
		fill(t, f, contactOf("Bob; bob@x.example"))
		return f
	}
	whole := begin(t)
	before := describe(there(t, whole))
	if r, _, err := dedupe(t, whole, whole.Contacts(t.Context()), importer.DedupeOptions{}, false); err != nil || r.Removed != 6 || r.Photos > 3 {
		t.Fatalf("error %v, %+v", err, r)
	}
	want := describe(there(t, whole))
	for n := 1; n <= 14; n++ {
		for _, lost := range []bool{false, true} {
			f := begin(t)
			path := filepath.Join(t.TempDir(), "run.journal")
			j := journal.New(path, journal.Info{ID: "run", Started: time.Now()})
			s := &stopping{Fake: f, left: n, lost: lost}
			o := importer.DedupeOptions{Journal: j, Concurrency: 1}
			_, _, err := dedupe(t, s, f.Contacts(t.Context()), o, false)
			if s.left <= 0 && !errors.Is(err, errStopped) {
				t.Fatalf("stopped at write %d: %v", n, err)
			}
			for i := range 3 {
				name, held := fmt.Sprintf("Ann %c", 'A'+i), ""
				for _, c := range there(t, f) {
					if c.Name.Display == name {
						held += describe([]*contact.Contact{c})
					}
				}
				for _, part := range []string{fmt.Sprintf("a%d@x.example", i), "note:n", "+1 555 201 0100", "photo:p"} {
					if !strings.Contains(held, part) {
						t.Fatalf("stopped at write %d: %q of %s is lost", n, part, name)
					}
				}
			}
			if _, _, err := dedupe(t, f, f.Contacts(t.Context()), o, false); err != nil || describe(there(t, f)) != want {
				t.Errorf("stopped at write %d, lost answer %v, and run again: %v\ngot  %s\nwant %s", n, lost, err, describe(there(t, f)), want)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if j, err = journal.Open(path); err != nil {
				t.Fatal(err)
			}
			r, err := importer.Undo(t.Context(), j, f, f, importer.UndoOptions{TempDir: t.TempDir(), Settle: time.Millisecond}, importer.UndoObserver{})
			if err != nil || r.Left+r.Failed > 0 || describe(there(t, f)) != before {
				t.Errorf("stopped at write %d, lost answer %v: undo: %v, %+v\ngot  %s\nwant %s", n, lost, err, r, describe(there(t, f)), before)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDedupeAtRandom: whatever the contacts are, every value that was there is there
// afterwards, and a second run finds nothing to join.
func TestDedupeAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 20 {
		f := importertest.NewFake()
		var all []*contact.Contact
		for n := range 6 {
			c := contacttest.Sparse(rng)
			c.Folder, c.Key, c.Photo = "", "", nil
			c.Emails = append([]contact.Email{{Address: fmt.Sprintf("p%d@x.example", n%3)}}, c.Emails...)
			if n >= 3 {
				c.Name = all[n-3].Name
			}
			all = append(all, contact.Normalize(c))
		}
		fill(t, f, all...)
		if _, _, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{}, false); err != nil {
			t.Fatal(err)
		}
		left := there(t, f)
		for _, c := range all {
			if !slices.ContainsFunc(left, func(l *contact.Contact) bool {
				merged := contact.Merge(l, c, contact.Fill)
				merged.Notes = l.Notes
				return strings.Contains(l.Notes, c.Notes) && contact.NewPatch(l, merged).Empty()
			}) {
				t.Errorf("a contact is in none of the %d that are left", len(left))
			}
		}
		if r, _, err := dedupe(t, f, f.Contacts(t.Context()), importer.DedupeOptions{}, false); err != nil || r.Merged > 0 {
			t.Errorf("a second run: %v, %+v", err, r)
		}
	}
}

// TestGroupDecisions: a group that somebody wants left is left, one that somebody wants
// joined is joined though it contradicts itself, and a decision about no group is named.
func TestGroupDecisions(t *testing.T) {
	begin := func() *importertest.Fake {
		f := importertest.NewFake()
		fill(t, f, contactOf("Ann; a@x.example"), contactOf("Ann; a@x.example; note:n"), contactOf("Bob; b@x.example; title:Chair"), contactOf("Bob; b@x.example; title:Boss"))
		return f
	}
	run := func(f *importertest.Fake, decisions ...importer.GroupDecision) (*importer.DedupeReport, []importer.GroupResult) {
		d, err := importer.FindDuplicates(t.Context(), f.Contacts(t.Context()), importer.DuplicatesOptions{Decisions: decisions, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var results []importer.GroupResult
		r, err := importer.Dedupe(t.Context(), d, f, importer.DedupeOptions{DryRun: decisions == nil}, func(r importer.GroupResult) { results = append(results, r) }, nil)
		if err != nil || r.Merged+r.Skipped+r.Review+r.Failed != r.Groups {
			t.Fatalf("%+v, %v", r, err)
		}
		return r, results
	}
	f := begin()
	_, results := run(f)
	var decisions []importer.GroupDecision
	for _, r := range results {
		action := importer.GroupSkip
		if r.Outcome == importer.GroupReview {
			action = importer.GroupJoin
		}
		decisions = append(decisions, importer.GroupDecision{Group: r.ID, Action: action, Where: "row 2"})
	}
	decisions = append(decisions, importer.GroupDecision{Group: "none", Action: importer.GroupJoin, Where: "row 9"})
	r, _ := run(f, decisions...)
	if got := describe(there(t, f)); r.Skipped != 1 || r.Merged != 1 || got != "Ann; a@x.example | Ann; a@x.example; note:n | Bob; b@x.example; title:Chair" {
		t.Errorf("%+v, left %s", r, got)
	}
	if len(r.Undecided) != 1 || r.Undecided[0].Where != "row 9" {
		t.Errorf("about nobody: %+v", r.Undecided)
	}
	decisions[0].Action, decisions[1].Action = "perhaps", "perhaps"
	if r, results := run(begin(), decisions...); r.Merged > 0 || r.Review != 2 || !strings.Contains(results[0].Reason, "none of join and skip") {
		t.Errorf("not understood: %+v", r)
	}
}
