package main

import (
	"iter"

	"github.com/cardferry/cardferry/contact"
)

// readAhead returns contacts that are read on a goroutine of their own, some ahead of
// whoever ranges over them and in the same order: where one end decodes and the other
// encodes, each has a core. When the loop ends, so has the reading.
//
// Few contacts are under way, and photos bound them further: memory does not grow with
// the input.
func readAhead(contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		batches := make(chan []readResult, 1)
		stop := make(chan struct{})
		go readBatches(contacts, batches, stop)
		defer func() {
			close(stop)
			for range batches { // until the reading has ended
			}
		}()
		for batch := range batches {
			for _, r := range batch {
				if !yield(r.c, r.err) {
					return
				}
			}
		}
	}
}

// A batch ends with so many contacts, or with so many bytes of photos.
const batchContacts, batchPhotos = 64, 256 << 10

type readResult struct {
	c   *contact.Contact
	err error
}

func readBatches(contacts iter.Seq2[*contact.Contact, error], batches chan<- []readResult, stop <-chan struct{}) {
	defer close(batches)
	batch, photos := make([]readResult, 0, batchContacts), 0
	send := func() bool {
		select {
		case batches <- batch:
			batch, photos = make([]readResult, 0, batchContacts), 0
			return true
		case <-stop:
			return false
		}
	}
	for c, err := range contacts {
		batch = append(batch, readResult{c, err})
		if c != nil && c.Photo != nil {
			photos += len(c.Photo.Data)
		}
		if (len(batch) == batchContacts || photos >= batchPhotos) && !send() {
			return
		}
	}
	if len(batch) > 0 {
		send()
	}
}
