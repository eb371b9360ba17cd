package ratelimit_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

// work lets that many workers do something until the time is over.
func work(workers int, span time.Duration, do func()) {
	var all sync.WaitGroup
	end := time.Now().Add(span)
	for range workers {
		all.Go(func() {
			for time.Now().Before(end) {
				do()
			}
		})
	}
	all.Wait()
}

// TestOutlookBudget works for half an hour as fast as it may. The service must
// never have to throttle, and the budget must be used.
func TestOutlookBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(ratelimit.Outlook(), 100*time.Millisecond)
		s.limits.UploadWindow, s.limits.Upload = 0, 0
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Outlook()})
		start := time.Now()
		work(6, 30*time.Minute, func() { get(t, c) })
		if s.throttled > 0 || s.maxInWindow > 10_000 || s.maxInFlight > 4 {
			t.Errorf("%d of %d throttled, at most %d in a window and %d in flight", s.throttled, s.requests, s.maxInWindow, s.maxInFlight)
		}
		steady := 0
		for _, a := range s.arrivals {
			if since := a.at.Sub(start); since >= 10*time.Minute && since < 30*time.Minute {
				steady++
			}
		}
		if steady < 2*9700 {
			t.Errorf("%d requests in two windows, want 97 %% of 20000", steady)
		}
		if s.maxInWindow < 9700 {
			t.Errorf("at most %d requests in a window", s.maxInWindow)
		}
		stats := c.Stats()
		if stats.Requests != s.requests || stats.Throttled != 0 || stats.Retries != 0 || stats.Waited[ratelimit.Requests] < time.Minute {
			t.Errorf("stats %+v after %d requests", stats, s.requests)
		}
	})
}

// TestSlowRequests has requests that travel for a good part of the window: what was
// sent early may arrive late, and still counts.
func TestSlowRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := ratelimit.Limits{Requests: 50, Window: time.Minute}
		s := newService(limits, 25*time.Second)
		c := ratelimit.New(s, ratelimit.Options{Limits: limits})
		work(40, 20*time.Minute, func() { get(t, c) })
		if s.throttled > 0 || s.requests < 500 {
			t.Errorf("%d of %d throttled, at most %d in a window", s.throttled, s.requests, s.maxInWindow)
		}
	})
}

func TestBurstIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: ratelimit.Outlook()})
		start := time.Now()
		for range 9900 {
			get(t, c)
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the burst took %v", took)
		}
		get(t, c)
		if took := time.Since(start); took < 10*time.Minute || took > 10*time.Minute+2*time.Second {
			t.Errorf("one more came after %v, want a window", took)
		}
	})
}

// TestUploadBudget uploads photos for twenty minutes.
func TestUploadBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := ratelimit.Limits{Upload: 150_000, UploadWindow: 5 * time.Minute}
		s := newService(limits, 200*time.Millisecond)
		c := ratelimit.New(s, ratelimit.Options{Limits: limits})
		photo := strings.Repeat("x", 4_000)
		work(4, 20*time.Minute, func() {
			if _, _, err := c.DoRead(request(t, t.Context(), http.MethodPut, photo), nil, 1<<10); err != nil {
				t.Error(err)
			}
		})
		if s.throttled > 0 || s.maxUploaded > limits.Upload || s.maxUploaded < limits.Upload*95/100 {
			t.Errorf("%d throttled, at most %d bytes in a window", s.throttled, s.maxUploaded)
		}
		if c.Stats().Waited[ratelimit.Upload] < 10*time.Minute {
			t.Errorf("stats %+v", c.Stats())
		}
	})
}

// TestHugeUpload sends more at once than the budget has: it goes when nothing else
// is counted.
func TestHugeUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: ratelimit.Limits{Upload: 100}})
		start := time.Now()
		for range 3 {
			if _, _, err := c.DoRead(request(t, t.Context(), http.MethodPost, strings.Repeat("x", 500)), nil, 1<<10); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < 10*time.Minute || took > 10*time.Minute+2*time.Second {
			t.Errorf("three took %v, want two windows of 5 minutes", took)
		}
	})
}

// TestReadsDoNotUpload: only writes take of the upload budget.
func TestReadsDoNotUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: ratelimit.Limits{Upload: 100}})
		start := time.Now()
		for range 1000 {
			get(t, c)
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("reading took %v", took)
		}
	})
}

// TestOnWait is told about the budget, once, and not about short waits.
func TestOnWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []ratelimit.Wait
		var c *ratelimit.Client
		c = ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{
			Limits: ratelimit.Limits{Requests: 10, Window: time.Minute, InFlight: 1},
			OnWait: func(w ratelimit.Wait) {
				c.Stats() // must be allowed
				waits = append(waits, w)
			},
		})
		start := time.Now()
		for range 11 {
			get(t, c)
		}
		if len(waits) != 1 || waits[0].Reason != ratelimit.Requests {
			t.Fatalf("told %v", waits)
		}
		if d := waits[0].Until.Sub(start); d < time.Minute || d > time.Minute+time.Second {
			t.Errorf("told to wait for %v", d)
		}
		if waited := c.Stats().Waited[ratelimit.Requests]; waited != waits[0].Until.Sub(start) {
			t.Errorf("stats say %v", waited)
		}
	})
}

// TestSharedMailbox has another program take half of the budget: few requests may
// be throttled all the same, and both must get on.
func TestSharedMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := ratelimit.Limits{Requests: 1000, Window: 10 * time.Minute}
		s := newService(limits, 100*time.Millisecond)
		c := ratelimit.New(s, ratelimit.Options{Limits: limits})
		ctx, stop := context.WithCancel(t.Context())
		var other sync.WaitGroup
		other.Go(func() {
			for ctx.Err() == nil {
				s.arrive(0)
				s.leave()
				time.Sleep(1200 * time.Millisecond) // 500 in 10 minutes
			}
		})
		work(4, 2*time.Hour, func() { get(t, c) })
		stop()
		other.Wait()
		stats := c.Stats()
		if done := stats.Requests - stats.Throttled; done < 12*400 {
			t.Errorf("%d requests done in two hours, want most of 6000", done)
		}
		if share := float64(stats.Throttled) / float64(stats.Requests); share > 0.05 {
			t.Errorf("%.1f %% of our requests were throttled", 100*share)
		}
		if stats.Waited[ratelimit.Pace] == 0 {
			t.Errorf("never paced: %+v", stats)
		}
	})
}
