package spool

import (
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// TestSpool keeps more than fits in memory, and gets everything back, from several
// goroutines, bookkeeping included; nothing is left in the directory.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := New(dir)
	rng := rand.New(rand.NewPCG(1, 1))
	var all []*contact.Contact
	var slots []Slot
	for i := range 300 {
		c := contacttest.Random(rng)
		c.Version = "v1"
		c.At = contact.Position{File: "f", Unit: "card", Number: i}
		c.Unread = []contact.Loss{{Field: "photo", Kind: contact.Dropped, Reason: "broken"}}
		switch i % 3 {
		case 0:
			c.Photo = contact.NewPhoto(make([]byte, 60<<10))
		case 1:
			c.Photo = &contact.Photo{}
		}
		slot, err := s.Add(c)
		if err != nil {
			t.Fatal(err)
		}
		all, slots = append(all, c), append(slots, slot)
	}
	if s.file == nil {
		t.Fatal("everything is in memory: the test is too small")
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < len(all); i += 4 {
				got, err := s.Get(slots[i])
				if err != nil {
					t.Error(err)
					return
				}
				want := all[i]
				if d := contact.Diff(want, got); len(d) > 0 {
					t.Errorf("contact %d differs in %v", i, d)
				}
				if got.Version != want.Version || got.At != want.At || len(got.Unread) != 1 || got.UID != want.UID || got.ID != want.ID || got.Key != want.Key || got.Folder != want.Folder {
					t.Errorf("contact %d: the bookkeeping differs", i)
				}
				if want.Photo != nil && len(got.Photo.Data) != len(want.Photo.Data) {
					t.Errorf("contact %d: the photo has %d bytes", i, len(got.Photo.Data))
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}
