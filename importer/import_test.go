package importer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
)

// mailbox is a sink that holds its contacts in memory, and fails as it is told.
type mailbox struct {
	mu       sync.Mutex
	contacts []*contact.Contact
	photos   map[contact.ID]*contact.Photo
	folders  map[contact.FolderPath]bool
	writes   int

	refuse    func(*contact.Contact) error // asked before every create
	loseReply int                          // the n-th create is applied and its answer lost
	cut       int                          // listing breaks after n contacts
	noPhoto   bool                         // photos are refused
}

func newMailbox(contacts ...*contact.Contact) *mailbox {
	m := &mailbox{photos: map[contact.ID]*contact.Photo{}, folders: map[contact.FolderPath]bool{"": true}}
	for _, c := range contacts {
		m.store("", c)
	}
	m.writes = 0
	return m
}

func (m *mailbox) store(folder contact.FolderPath, c *contact.Contact) *contact.Contact {
	m.writes++
	c = c.Clone()
	c.ID, c.Version, c.Folder, c.Photo = contact.ID(fmt.Sprintf("id-%d", len(m.contacts)+1)), "1", folder, nil
	m.contacts = append(m.contacts, c)
	return c.Clone()
}

func (m *mailbox) Contacts(context.Context) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i, c := range m.contacts {
			if m.cut > 0 && i == m.cut {
				yield(nil, errors.New("the listing broke off"))
				return
			}
			c = c.Clone()
			if m.photos[c.ID] != nil {
				c.Photo = &contact.Photo{}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (m *mailbox) EnsureFolder(_ context.Context, path contact.FolderPath) (contact.FolderID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.folders[path] = true
	return contact.FolderID(path), nil
}

func (m *mailbox) Create(_ context.Context, folder contact.FolderID, c *contact.Contact) (Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		if err := m.refuse(c); err != nil {
			return Stored{}, err
		}
	}
	stored := m.store(contact.FolderPath(folder), c)
	if m.loseReply > 0 && m.writes == m.loseReply {
		return Stored{}, ErrAmbiguous
	}
	return Stored{Contact: stored}, nil
}

func (m *mailbox) Update(_ context.Context, ref contact.Ref, change contact.Patch) (Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	for _, c := range m.contacts {
		if c.ID == ref.ID {
			for _, f := range change.Fields {
				c.Set(f, change.New)
			}
			return Stored{Contact: c.Clone()}, nil
		}
	}
	return Stored{}, ErrRejected
}

func (m *mailbox) FindKey(_ context.Context, key string) (found []*contact.Contact, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.contacts {
		if c.Key == key {
			found = append(found, c.Clone())
		}
	}
	return found, nil
}

func (m *mailbox) PhotoForm(p *contact.Photo) *contact.Photo { return p }

func (m *mailbox) SetPhoto(_ context.Context, ref contact.Ref, p *contact.Photo) (*contact.Photo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.noPhoto {
		return nil, ErrRejected
	}
	m.writes++
	m.photos[ref.ID] = p
	return p, nil
}

func (m *mailbox) Photo(_ context.Context, id contact.ID) (*contact.Photo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.photos[id], nil
}

func named(display string, emails ...string) *contact.Contact {
	c := &contact.Contact{UID: display + strings.Join(emails, ","), Name: contact.Name{Display: display}}
	for _, e := range emails {
		c.Emails = append(c.Emails, contact.Email{Address: e})
	}
	return contact.Normalize(c)
}

func phoned(display, number string) *contact.Contact {
	c := named(display)
	c.UID += number
	c.Phones = []contact.Phone{{Number: number}}
	return c
}

func titled(c *contact.Contact) *contact.Contact {
	c.UID += "titled"
	c.Organization.Title = "Chair"
	return c
}

func records(contacts ...*contact.Contact) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for i, c := range contacts {
			if c == nil {
				if !yield(nil, formats.RecordErrorf(contact.Position{Unit: "card", Number: i + 1}, "broken")) {
					return
				}
				continue
			}
			c = c.Clone()
			c.At = contact.Position{Unit: "card", Number: i + 1}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// do runs an import and checks what must hold of every one.
func do(t *testing.T, m *mailbox, o Options, contacts ...*contact.Contact) (*Report, map[int]Result) {
	t.Helper()
	r, results, err := try(t, m, o, contacts...)
	if err != nil {
		t.Fatal(err)
	}
	if r.Again.Create+r.Again.Update != 0 {
		t.Errorf("a second run would write: %+v", r.Again)
	}
	return r, results
}

func try(t *testing.T, m *mailbox, o Options, contacts ...*contact.Contact) (*Report, map[int]Result, error) {
	t.Helper()
	results := map[int]Result{}
	o.TempDir = t.TempDir()
	r, err := Import(t.Context(), records(contacts...), m, m, o, Observer{Record: func(r Result) { results[r.At.Number] = r }})
	if sum := r.Created + r.Updated + r.Unchanged + r.United + r.Skipped + r.Review + r.Failed; sum != r.Read {
		t.Errorf("the counts do not add up: %+v", r.Counts)
	}
	return r, results, err
}

func TestOutcomes(t *testing.T) {
	ann := named("Ann Lee", "ann@example.org")
	tests := []struct {
		name   string
		there  []*contact.Contact
		policy OnDuplicate
		input  []*contact.Contact
		want   []Outcome
		writes int
	}{
		{"new", nil, Fill, []*contact.Contact{ann}, []Outcome{Created}, 1},
		{"no address", nil, Fill, []*contact.Contact{named("Ann"), named("Bob")}, []Outcome{Created, Created}, 2},
		{"there already", []*contact.Contact{ann}, Fill, []*contact.Contact{ann}, []Outcome{Unchanged}, 0},
		{"there, by another spelling", []*contact.Contact{ann}, Fill, []*contact.Contact{named("Ann Lee", "MAILTO:ANN@example.org")}, []Outcome{Unchanged}, 0},
		{"fill adds", []*contact.Contact{ann}, Fill, []*contact.Contact{named("Ann Lee", "ann@example.org", "lee@example.com")}, []Outcome{Updated}, 1},
		{"fill overwrites nothing", []*contact.Contact{ann}, Fill, []*contact.Contact{named("A. Lee", "ann@example.org")}, []Outcome{Unchanged}, 0},
		{"update overwrites", []*contact.Contact{ann}, Update, []*contact.Contact{named("A. Lee", "ann@example.org")}, []Outcome{Updated}, 1},
		{"skip", []*contact.Contact{ann}, Skip, []*contact.Contact{named("A. Lee", "ann@example.org")}, []Outcome{Skipped}, 0},
		{"create", []*contact.Contact{ann}, Create, []*contact.Contact{named("A. Lee", "ann@example.org")}, []Outcome{Created}, 1},
		{"another name", []*contact.Contact{ann}, Fill, []*contact.Contact{named("Bob Ray", "ann@example.org")}, []Outcome{Review}, 0},
		{"several matches", []*contact.Contact{ann, named("Ann B. Lee", "lee@example.org")}, Fill,
			[]*contact.Contact{named("Ann Lee", "ann@example.org", "lee@example.org")}, []Outcome{Review}, 0},
		{"one person twice", nil, Fill, []*contact.Contact{ann, named("A. Lee", "ann@example.org", "a@example.com")}, []Outcome{Created, United}, 1},
		{"one address, two people", nil, Fill, []*contact.Contact{named("Sales Desk", "info@example.org"), named("Ops Team", "info@example.org")}, []Outcome{Created, Created}, 2},
		{"two records for one contact", []*contact.Contact{named("Lee", "ann@example.org")}, Fill,
			[]*contact.Contact{named("Ann Lee", "ann@example.org"), named("Bob Lee", "ann@example.org")}, []Outcome{Unchanged, Review}, 0},
		{"no address, same name and number", []*contact.Contact{phoned("Ann Lee", "+1 555 0100")}, Fill,
			[]*contact.Contact{phoned("ann LEE", "+1 (555) 0100"), phoned("Ann Lee", "+1 555 0199")}, []Outcome{Unchanged, Created}, 1},
		{"no address, twice in the input", nil, Fill, []*contact.Contact{phoned("Ann Lee", "+1 555 0100"), titled(phoned("Ann Lee", "+1 555 0100"))},
			[]Outcome{Created, United}, 1},
		{"empty", nil, Fill, []*contact.Contact{{UID: "1"}}, []Outcome{Skipped}, 0},
		{"unreadable", nil, Fill, []*contact.Contact{ann, nil, named("Bob", "bob@example.org")}, []Outcome{Created, Failed, Created}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox(tt.there...)
			_, results := do(t, m, Options{Policy: tt.policy}, tt.input...)
			for i, want := range tt.want {
				if got := results[i+1]; got.Outcome != want {
					t.Errorf("record %d: %s (%s), want %s", i+1, got.Outcome, got.Reason, want)
				}
			}
			if m.writes != tt.writes {
				t.Errorf("%d writes, want %d", m.writes, tt.writes)
			}
		})
	}
}

// TestKeyBeatsAddress: after an import of two people who share an address, each
// finds its own contact again, and a third one is new.
func TestKeyBeatsAddress(t *testing.T) {
	sales, ops := named("Sales Desk", "info@example.org"), named("Ops Team", "info@example.org")
	m := newMailbox()
	do(t, m, Options{}, sales, ops)
	r, _ := do(t, m, Options{}, sales, ops, named("Night Watch", "info@example.org"))
	if r.Unchanged != 2 || r.Created != 1 {
		t.Errorf("second run: %+v", r.Counts)
	}
}

// TestResumeIsTheWholeRun: an import that stopped after its first contacts and is
// run again ends as if it had never stopped.
func TestResumeIsTheWholeRun(t *testing.T) {
	input := []*contact.Contact{named("Sales Desk", "info@example.org"), named("Ops Team", "info@example.org"), named("Ann", "ann@example.org")}
	for stopped := range input {
		m := newMailbox()
		do(t, m, Options{}, input[:stopped]...)
		do(t, m, Options{}, input...)
		if len(m.contacts) != len(input) {
			t.Errorf("stopped after %d: %d contacts, want %d", stopped, len(m.contacts), len(input))
		}
	}
}

func TestSameUIDUnderAnotherName(t *testing.T) {
	a, b := named("Ann Lee", "ann@example.org"), named("Bob Ray", "bob@example.org")
	b.UID = a.UID
	m := newMailbox()
	for run := range 2 {
		do(t, m, Options{}, a, b)
		if len(m.contacts) != 2 {
			t.Fatalf("run %d: %d contacts, want 2", run, len(m.contacts))
		}
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	ann := named("Ann Lee", "ann@example.org")
	m := newMailbox(ann)
	fuller := named("Ann Lee", "ann@example.org", "lee@example.org")
	fuller.Photo = contact.NewPhoto([]byte("\xff\xd8\xff photo"))
	fuller.Folder = "New"
	r, results := do(t, m, Options{DryRun: true}, fuller, named("Bob"))
	if m.writes != 0 || len(m.folders) != 1 {
		t.Fatalf("%d writes, %d folders", m.writes, len(m.folders))
	}
	if r.Updated != 1 || r.Created != 1 || r.Photos != 1 || !slices.Equal(results[1].Fields, []contact.Field{"emails"}) {
		t.Errorf("report %+v, first record %+v", r, results[1])
	}
}

func TestNoImportWithoutACompleteIndex(t *testing.T) {
	m := newMailbox(named("Ann"), named("Bob"))
	m.cut = 1
	if _, _, err := try(t, m, Options{}, named("Cid")); err == nil || m.writes != 0 {
		t.Errorf("error %v, %d writes", err, m.writes)
	}
}

func TestRefusedContactFailsAlone(t *testing.T) {
	m := newMailbox()
	m.refuse = func(c *contact.Contact) error {
		if c.Name.Display == "Bob" {
			return fmt.Errorf("%w: too odd", ErrRejected)
		}
		return nil
	}
	r, results, err := try(t, m, Options{}, named("Ann"), named("Bob"), named("Cid"))
	if err != nil || r.Created != 2 || r.Failed != 1 || results[2].Outcome != Failed {
		t.Errorf("error %v, report %+v", err, r.Counts)
	}
}

func TestBrokenAccountStopsTheImport(t *testing.T) {
	m := newMailbox()
	m.refuse = func(*contact.Contact) error { return errors.New("signed out") }
	r, _, err := try(t, m, Options{Concurrency: 1}, named("Ann"), named("Bob"), named("Cid"))
	if err == nil || r.Failed != 3 || m.writes != 0 {
		t.Errorf("error %v, report %+v", err, r.Counts)
	}
}

// TestLostAnswer: a create whose answer never came is looked up, not repeated.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMailbox()
		m.loseReply = 1
		r, _ := do(t, m, Options{}, named("Ann"), named("Bob"))
		if r.Created != 2 || len(m.contacts) != 2 {
			t.Errorf("%d contacts, report %+v", len(m.contacts), r.Counts)
		}
	})
}

func TestPhotos(t *testing.T) {
	withPhoto := func(name, photo string) *contact.Contact {
		c := named(name, name+"@example.org")
		c.Photo = contact.NewPhoto([]byte("\xff\xd8\xff" + photo))
		return c
	}
	ann, bob := withPhoto("ann", "1"), withPhoto("bob", "2")
	m := newMailbox()
	do(t, m, Options{NoPhotos: true}, ann)
	if r, _ := do(t, m, Options{}, ann, bob); r.Photos != 2 {
		t.Fatalf("first run: %d photos", r.Photos)
	}
	for _, policy := range Policies() {
		if r, _ := do(t, m, Options{Policy: policy}, ann, bob); r.Photos != 0 {
			t.Errorf("%s: a second run stored %d photos", policy, r.Photos)
		}
	}
	other := withPhoto("ann", "3")
	for policy, want := range map[OnDuplicate][2]int{Fill: {0, 1}, Update: {1, 0}} { // a dry run says the same
		if r, _ := do(t, m, Options{Policy: policy, DryRun: true}, other, bob); r.Photos != want[0] || r.Kept != want[1] {
			t.Errorf("dry run, %s: %d photos, %d kept", policy, r.Photos, r.Kept)
		}
	}
	if r, _ := do(t, m, Options{Policy: Fill}, other); r.Photos != 0 {
		t.Errorf("fill overwrote a photo")
	}
	if r, _ := do(t, m, Options{Policy: Update}, other); r.Photos != 1 {
		t.Errorf("update did not store another photo")
	}
	m.noPhoto = true
	r, results, err := try(t, m, Options{}, withPhoto("cid", "4"))
	if err != nil || r.PhotosFailed != 1 || results[1].Outcome != Created {
		t.Errorf("a refused photo: error %v, report %+v", err, r)
	}
}

// TestRandomImportsTwice: whatever the records are, the account ends up with each
// of them, and the same import again writes nothing.
func TestRandomImportsTwice(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var input []*contact.Contact
	for range 60 {
		c := contacttest.Random(rng)
		if rng.IntN(3) == 0 {
			c.UID = ""
		}
		c.ID, c.Key = "", ""
		input = append(input, c)
	}
	for _, policy := range Policies() {
		m := newMailbox()
		first, _ := do(t, m, Options{Policy: policy}, input...)
		writes := m.writes
		second, _ := do(t, m, Options{Policy: policy}, input...)
		if m.writes != writes || second.Created+second.Updated+second.Photos != 0 {
			t.Errorf("%s: the second run wrote %d times: %+v after %+v", policy, m.writes-writes, second.Counts, first.Counts)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	m := newMailbox()
	n := 0
	m.refuse = func(*contact.Contact) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	}
	var input []*contact.Contact
	for i := range 20 {
		input = append(input, named(fmt.Sprintf("Person %c", 'a'+i)))
	}
	named, reached := map[string]int{}, 0
	r, err := Import(ctx, records(input...), m, m, Options{TempDir: t.TempDir(), Concurrency: 1}, Observer{Record: func(r Result) {
		named[r.At.String()]++
		if !errors.Is(r.Err, ErrNotReached) {
			reached++
		}
	}})
	if !errors.Is(err, context.Canceled) || len(m.contacts) > 4 {
		t.Errorf("error %v, %d contacts, %+v", err, len(m.contacts), r.Counts)
	}
	if len(named) != 20 || r.Read != 20 || r.Failed != r.NotReached || reached != r.Created || r.Created+r.NotReached != 20 {
		t.Errorf("%d records named, %d reached, %+v", len(named), reached, r)
	}
}
