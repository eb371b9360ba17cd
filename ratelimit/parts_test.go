package ratelimit_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

// TestParts: a batch of ten counts as ten, and leaves room in flight for nothing else.
func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return answer(200, ""), nil
		}}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{Requests: 30, Window: time.Minute, InFlight: 4}})
		batch := func() {
			req := request(t, ratelimit.WithParts(t.Context(), 10), http.MethodPost, "")
			if _, _, err := c.DoRead(req, nil, 1<<10); err != nil {
				t.Error(err)
			}
		}
		start := time.Now()
		var all sync.WaitGroup
		for range 2 {
			all.Go(batch)
		}
		all.Wait()
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("two batches took %v, want one after the other", took)
		}
		for range 10 {
			all.Go(func() { get(t, c) })
		}
		all.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("ten requests after them ended at %v, want four at a time", took)
		}
		batch() // the thirty of a minute are used up
		if took := time.Since(start); took < time.Minute {
			t.Errorf("the third batch ended after %v", took)
		}
		if got := c.Stats().Requests; got != 40 {
			t.Errorf("%d requests, want 40", got)
		}
	})
}
