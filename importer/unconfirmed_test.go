package importer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// unsure is a mailbox that leaves some creates open, half of them carried out, and
// finds new contacts late.
type unsure struct {
	*mailbox
	creates, every int64 // every so many creates one is left open; 1 is all
	done           bool  // carry out none of those
	lag            int   // looks that do not find a new contact
	late           map[string]int
}

func (u *unsure) Create(ctx context.Context, folder contact.FolderID, c *contact.Contact) (Stored, error) {
	n := atomic.AddInt64(&u.creates, 1)
	if n%u.every != 0 {
		return u.mailbox.Create(ctx, folder, c)
	}
	if n/u.every%2 == 0 && !u.done {
		u.mailbox.Create(ctx, folder, c)
		u.mu.Lock()
		u.late[c.Key] = u.lag
		u.mu.Unlock()
	}
	return Stored{}, ErrAmbiguous
}

func (u *unsure) FindKey(ctx context.Context, key string) ([]*contact.Contact, error) {
	u.mu.Lock()
	late := u.late[key]
	u.late[key]--
	u.mu.Unlock()
	if late > 0 {
		return nil, nil
	}
	return u.mailbox.FindKey(ctx, key)
}

// TestUnconfirmedCreates loses every twentieth answer: the import ends with every
// contact once, and waits for what is open altogether and not for one after the other.
func TestUnconfirmedCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &unsure{mailbox: newMailbox(), every: 20, lag: 2, late: map[string]int{}}
		var people []*contact.Contact
		for i := range 2000 {
			people = append(people, &contact.Contact{UID: fmt.Sprint(i), Name: contact.Name{Given: fmt.Sprint("n", i)}})
		}
		start := time.Now()
		r, err := Import(t.Context(), records(people...), u, u, Options{}, Observer{})
		if err != nil || r.Created != 2000 || r.Failed != 0 || len(u.contacts) != 2000 {
			t.Errorf("%d contacts, report %+v, error %v", len(u.contacts), r, err)
		}
		if took := time.Since(start); took > 40*time.Second {
			t.Errorf("it took %v, want what a few rounds of looking take", took)
		}
	})
}

// TestLookupsThatLag: a contact that no look finds is in the listing of the account, and is
// not created a second time.
func TestLookupsThatLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &unsure{mailbox: newMailbox(), every: 3, lag: 1000, late: map[string]int{}}
		var people []*contact.Contact
		for i := range 2000 {
			people = append(people, &contact.Contact{UID: fmt.Sprint(i), Name: contact.Name{Given: fmt.Sprint("n", i)}})
		}
		r, err := Import(t.Context(), records(people...), u, u, Options{}, Observer{})
		if err != nil || r.Created != 2000 || len(u.contacts) != 2000 {
			t.Errorf("%d contacts, report %+v, error %v", len(u.contacts), r, err)
		}
	})
}

// TestServiceConfirmsNothing: an import gives up soon when no create is ever confirmed.
func TestServiceConfirmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := &unsure{mailbox: newMailbox(), every: 1, done: true, late: map[string]int{}}
		var people []*contact.Contact
		for i := range 2000 {
			people = append(people, &contact.Contact{UID: fmt.Sprint(i), Name: contact.Name{Given: fmt.Sprint("n", i)}})
		}
		r, err := Import(t.Context(), records(people...), u, u, Options{}, Observer{})
		if !errors.Is(err, ErrAmbiguous) || r.Read != 2000 || r.Failed != 2000 {
			t.Errorf("report %+v, error %v", r, err)
		}
		if u.creates > 4000 {
			t.Errorf("%d creates were sent", u.creates)
		}
	})
}
