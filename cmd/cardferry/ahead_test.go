package main

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func numbered(n int, ended *bool, fail map[int]error) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		defer func() { *ended = true }()
		for i := range n {
			if err := fail[i]; err != nil {
				if !yield(nil, err) {
					return
				}
				continue
			}
			c := &contact.Contact{UID: fmt.Sprint(i)}
			if i%100 == 0 {
				c.Photo = &contact.Photo{Data: make([]byte, batchPhotos)}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func TestReadAhead(t *testing.T) {
	bad := errors.New("bad")
	for _, n := range []int{0, 1, batchContacts, 1000} {
		ended, i := false, 0
		for c, err := range readAhead(numbered(n, &ended, map[int]error{17: bad})) {
			if i == 17 && err != bad || i != 17 && c.UID != fmt.Sprint(i) {
				t.Fatalf("%d: %v, %v", i, c, err)
			}
			i++
		}
		if i != n || !ended {
			t.Errorf("%d of %d, ended: %v", i, n, ended)
		}
	}
	for _, until := range []int{1, 64, 65, 500} { // the reading ends with the loop
		ended, i := false, 0
		for range readAhead(numbered(1e9, &ended, nil)) {
			if i++; i == until {
				break
			}
		}
		if !ended {
			t.Errorf("after %d the reading goes on", until)
		}
	}
}
