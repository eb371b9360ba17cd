package ratelimit_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

// TestRetryAfter shows how long each form of the header makes a request wait.
func TestRetryAfter(t *testing.T) {
	now := "Tue, 14 Jul 2026 12:00:00 GMT"
	tests := []struct {
		name, value, date string
		least, most       time.Duration
	}{
		{"seconds", "60", "", 60 * time.Second, 66 * time.Second},
		{"a minute, jitter bounded", "300", "", 300 * time.Second, 305 * time.Second},
		{"fraction", "2.128", "", 2128 * time.Millisecond, 2341 * time.Millisecond},
		{"small fraction", "0.020", "", 20 * time.Millisecond, 22 * time.Millisecond},
		{"blanks", " 7 ", "", 7 * time.Second, 7700 * time.Millisecond},
		{"date by the service's clock", "Tue, 14 Jul 2026 12:01:30 GMT", now, 90 * time.Second, 95 * time.Second},
		{"date by our clock", "Sat, 01 Jan 2000 00:00:20 GMT", "", 20 * time.Second, 22 * time.Second}, // synctest begins there
		{"old form of a date", "Tuesday, 14-Jul-26 12:00:10 GMT", now, 10 * time.Second, 11 * time.Second},
		{"past date", "Tue, 14 Jul 2026 11:00:00 GMT", now, 500 * time.Millisecond, 625 * time.Millisecond},
		{"zero", "0", "", 500 * time.Millisecond, 625 * time.Millisecond},
		{"negative", "-5", "", 500 * time.Millisecond, 625 * time.Millisecond},
		{"garbage", "soon", "", 500 * time.Millisecond, 625 * time.Millisecond},
		{"dots", "1.2.3", "", 500 * time.Millisecond, 625 * time.Millisecond},
		{"exponent", "1e3", "", 500 * time.Millisecond, 625 * time.Millisecond},
		{"missing", "", "", 500 * time.Millisecond, 625 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: []doer{status(429, "Retry-After", test.value, "Date", test.date), status(200)}}
				c := ratelimit.New(s, ratelimit.Options{})
				start := time.Now()
				get(t, c)
				if took := time.Since(start); took < test.least || took > test.most {
					t.Errorf("waited %v, want %v to %v", took, test.least, test.most)
				}
				if stats := c.Stats(); stats.Requests != 2 || stats.Throttled != 1 || stats.Retries != 1 {
					t.Errorf("stats %+v", stats)
				}
			})
		})
	}
}

func TestTooLong(t *testing.T) {
	for _, value := range []string{"3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []doer{status(429, "Retry-After", value)}}
			c := ratelimit.New(s, ratelimit.Options{})
			start := time.Now()
			for range 2 { // the second is not even sent
				body := &closeCounter{Reader: strings.NewReader("x")}
				req := request(t, t.Context(), http.MethodPost, "")
				req.Body = body
				_, err := c.Do(req)
				tooLong, ok := errors.AsType[*ratelimit.TooLongError](err)
				if !errors.Is(err, ratelimit.ErrTooLong) || !ok || tooLong.Wait < time.Hour {
					t.Errorf("%s: error %v", value, err)
				}
				if body.closed != 1 {
					t.Errorf("the request's body was closed %d times", body.closed)
				}
			}
			if s.calls != 1 || time.Since(start) > 0 {
				t.Errorf("%d calls in %v", s.calls, time.Since(start))
			}
		})
	}
}

type closeCounter struct {
	*strings.Reader
	closed int
}

func (c *closeCounter) Close() error { c.closed++; return nil }

// TestTooLongPasses: when enough of the long wait is over, requests wait again.
func TestTooLongPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{status(429, "Retry-After", "3600"), status(200)}}
		c := ratelimit.New(s, ratelimit.Options{})
		start := time.Now()
		if _, err := c.Do(request(t, t.Context(), http.MethodGet, "")); !errors.Is(err, ratelimit.ErrTooLong) {
			t.Fatal(err)
		}
		time.Sleep(55 * time.Minute)
		get(t, c)
		if took := time.Since(start); took < time.Hour || took > time.Hour+5*time.Second {
			t.Errorf("the next request came after %v", took)
		}
	})
}

// TestFence: one throttled request holds up all, and the longest wait counts, once.
func TestFence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		delayed := func(d time.Duration, next doer) doer {
			return func(req *http.Request) (*http.Response, error) { time.Sleep(d); return next(req) }
		}
		s := &script{steps: []doer{
			delayed(time.Second, status(429, "Retry-After", "60")),
			delayed(2*time.Second, status(429, "Retry-After", "20")),
			delayed(3*time.Second, status(429, "Retry-After", "100")),
			status(200),
		}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 3}})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { get(t, c) })
		}
		all.Wait()
		for i, at := range s.at {
			after := at.Sub(start)
			if i < 3 && after > 0 || i >= 3 && (after < 103*time.Second || after > 108*time.Second) {
				t.Errorf("request %d was sent after %v", i, after)
			}
		}
		if len(s.at) != 23 {
			t.Errorf("%d requests, want 20 and 3 repeated", len(s.at))
		}
		if waited := c.Stats().Waited[ratelimit.Throttled]; waited < 99*time.Second || waited > 107*time.Second {
			t.Errorf("stats say that throttling took %v", waited)
		}
	})
}

// TestBareThrottlingGrows: without Retry-After each wait is about double the last,
// whatever is in flight at the same time, until a success.
func TestBareThrottlingGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bare := status(429)
		s := &script{steps: []doer{bare, bare, bare, bare, bare, bare, bare, bare, bare, bare, status(200), bare, status(200)}}
		c := ratelimit.New(s, ratelimit.Options{})
		get(t, c)
		want := 500 * time.Millisecond
		for i := range 10 {
			if gap := s.at[i+1].Sub(s.at[i]); gap < want || gap > want+want/4 {
				t.Errorf("wait %d is %v, want about %v", i, gap, want)
			}
			want = min(2*want, 2*time.Minute)
		}
		get(t, c)
		if gap := s.at[12].Sub(s.at[11]); gap > time.Second {
			t.Errorf("after a success the wait is %v", gap)
		}
	})
}

// TestLoneThrottling: a 429 that names no time holds up nobody else as long as others
// get through.
func TestLoneThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := &script{steps: []doer{status(429), status(200)}}
		c := ratelimit.New(s, ratelimit.Options{})
		var all sync.WaitGroup
		all.Go(func() { get(t, c) })
		synctest.Wait()
		for range 100 {
			get(t, c)
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the others took %v", took)
		}
		all.Wait()
		if took := time.Since(start); took < 500*time.Millisecond || took > 625*time.Millisecond {
			t.Errorf("the throttled one took %v", took)
		}
	})
}

// TestThrottlingAtRandom: one answer in twenty is 429, for no reason, with a short wait
// or without one. The budget is used nonetheless.
func TestThrottlingAtRandom(t *testing.T) {
	for _, name := range []string{"Retry-After", "X-None"} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(ratelimit.Limits{Window: time.Minute}, 20*time.Millisecond)
			flaky := func(req *http.Request) (*http.Response, error) {
				resp, err := s.Do(req)
				s.mu.Lock()
				defer s.mu.Unlock()
				if s.rng.IntN(20) == 0 {
					resp.StatusCode = http.StatusTooManyRequests
					resp.Header.Set(name, "1")
				}
				return resp, err
			}
			c := ratelimit.New(doer(flaky), ratelimit.Options{Limits: ratelimit.Outlook()})
			work(4, time.Hour, func() { get(t, c) })
			if stats := c.Stats(); stats.Requests < 6*7500 {
				t.Errorf("%s: %d requests in an hour, want three quarters of 60000 at least; %+v", name, stats.Requests, stats)
			}
		})
	}
}

func TestBareThrottlingCountsOncePerIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		slow := func(req *http.Request) (*http.Response, error) {
			if time.Since(start) < time.Second {
				time.Sleep(100 * time.Millisecond)
				return answer(429, ""), nil
			}
			return answer(200, ""), nil
		}
		c := ratelimit.New(doer(slow), ratelimit.Options{})
		work(20, time.Millisecond, func() { get(t, c) })
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("twenty at a time made it %v, want the wait of one", took)
		}
	})
}

// TestThrottledTriesDoNotCount, but not for ever: then the answer is the caller's.
func TestThrottledTriesDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{status(429, "Retry-After", "60")}}
		c := ratelimit.New(s, ratelimit.Options{MaxTries: 2, MaxWait: 5 * time.Minute})
		start := time.Now()
		resp, err := c.Do(request(t, t.Context(), http.MethodPost, "body"))
		if err != nil || resp.StatusCode != http.StatusTooManyRequests {
			t.Fatalf("%v, %v", resp, err)
		}
		if took := time.Since(start); took < 15*time.Minute || took > 18*time.Minute {
			t.Errorf("gave up after %v", took)
		}
		for i, body := range s.bodies {
			if body != "body" {
				t.Errorf("try %d sent %q", i, body)
			}
		}
	})
}

// TestThrottledBurstShrinks: after an incident of the budget half of it is free, and the
// rest comes evenly; after a window everything is as before.
func TestThrottledBurstShrinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{status(429, "Retry-After", "7"), status(200)}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{Requests: 1000, Window: 10 * time.Minute}})
		start := time.Now()
		for range 490 {
			get(t, c)
		}
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("half of the budget took %v", took)
		}
		for range 40 {
			get(t, c)
		}
		if took := time.Since(start); took < 20*time.Second || took > 60*time.Second {
			t.Errorf("forty beyond the half took until %v", took)
		}
		time.Sleep(21 * time.Minute)
		again := time.Now()
		for range 990 {
			get(t, c)
		}
		if took := time.Since(again); took > 0 {
			t.Errorf("two windows later the whole budget took %v", took)
		}
	})
}

func TestCancelledWhileWaiting(t *testing.T) {
	enough := errors.New("enough")
	tests := []struct {
		name  string
		steps []doer
		o     ratelimit.Options
	}{
		{"throttled", []doer{status(429, "Retry-After", "60")}, ratelimit.Options{}},
		{"backoff", []doer{status(503)}, ratelimit.Options{MaxTries: 100}},
		{"named 503", []doer{status(503, "Retry-After", "60")}, ratelimit.Options{MaxTries: 100}},
		{"budget", []doer{status(500)}, ratelimit.Options{Limits: ratelimit.Limits{Requests: 1}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() { cancel(enough) })
				start := time.Now()
				c := ratelimit.New(&script{steps: test.steps}, test.o)
				_, err := c.Do(request(t, ctx, http.MethodGet, ""))
				if !errors.Is(err, enough) || time.Since(start) != 10*time.Second {
					t.Errorf("error %v after %v", err, time.Since(start))
				}
				if _, err := c.Do(request(t, ctx, http.MethodGet, "")); !errors.Is(err, enough) {
					t.Errorf("sent with a context that is over: %v", err)
				}
			})
		})
	}
}

// TestUnavailable: a 503 that names a time holds up the mailbox as well, and is told.
func TestUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []ratelimit.Wait
		s := &script{steps: []doer{status(503, "Retry-After", "60"), status(200)}}
		c := ratelimit.New(s, ratelimit.Options{
			Limits: ratelimit.Limits{InFlight: 1},
			OnWait: func(w ratelimit.Wait) { told = append(told, w) },
		})
		start := time.Now()
		work(3, time.Second, func() { get(t, c); time.Sleep(time.Second) })
		if took := time.Since(start); took < 60*time.Second || took > 67*time.Second {
			t.Errorf("took %v", took)
		}
		if len(told) != 1 || told[0].Reason != ratelimit.Throttled || told[0].Until.Sub(start) < time.Minute {
			t.Errorf("told %v", told)
		}
		if stats := c.Stats(); stats.Throttled != 0 || stats.Retries != 1 || stats.Requests != 4 {
			t.Errorf("stats %+v", stats)
		}
	})
}
