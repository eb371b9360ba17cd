package exporter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// account is a source of folders with pages of contacts, held in memory.
type account struct {
	folders []contact.FolderPath
	pages   int // per folder
	size    int // contacts per page
	delay   time.Duration
	broken  bool // the listing ends with an error

	inFlight, most, served atomic.Int32 // photos
}

func (a *account) Folders(context.Context) ([]contact.Folder, error) {
	var list []contact.Folder
	for i, p := range a.folders {
		list = append(list, contact.Folder{ID: contact.FolderID(fmt.Sprint(i)), Path: p, Default: p == ""})
	}
	return list, nil
}

func (a *account) Pages(ctx context.Context, f contact.Folder, _ Cursor) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		for p := range a.pages {
			page := &Page{Bad: []*formats.RecordError{formats.RecordErrorf(contact.Position{}, "unreadable")}}
			for i := range a.size {
				c := &contact.Contact{ID: contact.ID(fmt.Sprintf("%s/%d/%d", f.Path, p, i)), Folder: f.Path}
				if i%2 == 0 {
					c.Photo = &contact.Photo{}
				}
				page.Contacts = append(page.Contacts, c)
			}
			if !yield(page, nil) {
				return
			}
		}
		if a.broken {
			yield(nil, errors.New("broken"))
		}
	}
}

func (a *account) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	n := a.inFlight.Add(1)
	defer a.inFlight.Add(-1)
	for {
		most := a.most.Load()
		if n <= most || a.most.CompareAndSwap(most, n) {
			break
		}
	}
	select {
	case <-time.After(a.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch a.served.Add(1) % 5 {
	case 0:
		return nil, nil // listed, and not there
	case 1:
		return nil, errors.New("no answer")
	}
	return contact.NewPhoto([]byte(id)), nil
}

func TestContacts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{folders: []contact.FolderPath{"", "A", "A/B"}, pages: 4, size: 50, delay: time.Second}
		var order []contact.ID
		photos, unread, bad := 0, 0, 0
		for c, err := range Contacts(t.Context(), a, Options{Photos: true}) {
			if err != nil {
				if !formats.IsRecordError(err) {
					t.Fatal(err)
				}
				bad++
				continue
			}
			order = append(order, c.ID)
			if c.Photo != nil {
				photos++
				if string(c.Photo.Data) != string(c.ID) {
					t.Fatalf("contact %s has the photo of another", c.ID)
				}
			}
			unread += len(c.Unread)
		}
		if len(order) != 600 || order[0] != "/0/0" || order[599] != "A/B/3/49" {
			t.Errorf("%d contacts, from %s to %s", len(order), order[0], order[len(order)-1])
		}
		if photos != 180 || unread != 120 || bad != 12 {
			t.Errorf("%d photos, %d not fetched, %d bad, want 180, 120, 12", photos, unread, bad)
		}
		if most := a.most.Load(); most != 3 {
			t.Errorf("%d photos at a time, want 3", most)
		}
	})
}

func TestContactsOfOneFolder(t *testing.T) {
	a := &account{folders: []contact.FolderPath{"", "A", "A/B"}, pages: 1, size: 3}
	folder := contact.FolderPath("A")
	n := 0
	for c, err := range Contacts(t.Context(), a, Options{Folder: &folder}) {
		if err == nil {
			n++
			if c.Folder != "A" || c.ID == "" {
				t.Errorf("got a contact of folder %q", c.Folder)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d contacts, want 3", n)
	}
	folder = "Nowhere"
	for _, err := range Contacts(t.Context(), a, Options{Folder: &folder}) {
		if !errors.Is(err, ErrNoFolder) {
			t.Errorf("got %v", err)
		}
	}
}

// TestContactsLeft: a loop that is left, a listing that breaks and a context that
// ends leave no goroutine behind (synctest fails if one is).
func TestContactsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &account{folders: []contact.FolderPath{""}, pages: 100, size: 50, delay: time.Second}
		for range Contacts(t.Context(), a, Options{Photos: true}) {
			break
		}
		if n := a.inFlight.Load(); n != 0 {
			t.Errorf("%d requests still under way", n)
		}

		a = &account{folders: []contact.FolderPath{""}, pages: 1, size: 2, broken: true}
		var last error
		n := 0
		for c, err := range Contacts(t.Context(), a, Options{}) {
			last = err
			if c != nil {
				n++
			}
		}
		if last == nil || formats.IsRecordError(last) || n != 2 {
			t.Errorf("a listing that broke: %d contacts, last error %v", n, last)
		}

		ctx, cancel := context.WithCancel(t.Context())
		a = &account{folders: []contact.FolderPath{""}, pages: 100, size: 50, delay: time.Hour}
		time.AfterFunc(time.Minute, cancel)
		last = nil
		for _, err := range Contacts(ctx, a, Options{Photos: true}) {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("cancelled: last error %v", last)
		}
	})
}

// lossy is an encoder that refuses every third contact and loses a field of every
// fifth.
type lossy struct{ n, encoded int }

func (e *lossy) Encode(c *contact.Contact) ([]contact.Loss, error) {
	e.n++
	if e.n%3 == 0 {
		return nil, formats.RecordErrorf(c.At, "too odd")
	}
	e.encoded++
	if e.n%5 == 0 {
		return []contact.Loss{{Field: "notes", Kind: contact.Dropped, Reason: "no column"}}, nil
	}
	return nil, nil
}

func TestExport(t *testing.T) {
	a := &account{folders: []contact.FolderPath{""}, pages: 2, size: 10}
	enc := &lossy{}
	var results []Result
	r, err := Export(t.Context(), Contacts(t.Context(), a, Options{}), enc.Encode, Observer{Record: func(r Result) { results = append(results, r) }})
	if err != nil {
		t.Fatal(err)
	}
	if r.Read != 22 || r.Written != 14 || r.Failed != 8 || r.Read != r.Written+r.Failed || enc.encoded != 14 {
		t.Errorf("report %+v", r)
	}
	if r.Losses.Total() != 3 || len(results) != 8+3 {
		t.Errorf("%d losses, %d results", r.Losses.Total(), len(results))
	}
}

type full struct{}

func (full) Encode(*contact.Contact) ([]contact.Loss, error) { return nil, errors.New("disk full") }

func TestExportStopsWhenTheOutputFails(t *testing.T) {
	a := &account{folders: []contact.FolderPath{""}, pages: 50, size: 10}
	if _, err := Export(t.Context(), Contacts(t.Context(), a, Options{}), full{}.Encode, Observer{}); err == nil {
		t.Error("no error")
	}
}
