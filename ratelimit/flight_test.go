package ratelimit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

// TestSlotIsHeldByTheBody: a request is in flight until its body is closed, or
// read to the end.
func TestSlotIsHeldByTheBody(t *testing.T) {
	ends := map[string]func(io.ReadCloser){
		"closed":       func(b io.ReadCloser) { b.Close() },
		"read":         func(b io.ReadCloser) { io.ReadAll(b) },
		"both, thrice": func(b io.ReadCloser) { io.ReadAll(b); b.Close(); b.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 2}})
				do := func() io.ReadCloser {
					resp, err := c.Do(request(t, t.Context(), http.MethodGet, ""))
					if err != nil {
						t.Error(err)
						return http.NoBody
					}
					return resp.Body
				}
				first, second := do(), do()
				var others []io.ReadCloser
				done := make(chan struct{})
				go func() {
					defer close(done)
					others = append(others, do(), do())
				}()
				time.Sleep(time.Hour)
				synctest.Wait()
				if n := c.Stats().Requests; n != 2 {
					t.Fatalf("%d requests were sent while two bodies are open", n)
				}
				end(first)
				synctest.Wait()
				if n := c.Stats().Requests; n != 3 {
					t.Fatalf("%d requests were sent after one body ended", n)
				}
				end(second)
				<-done
				for _, body := range others {
					body.Close()
				}
				if waited := c.Stats().Waited[ratelimit.InFlight]; waited != time.Hour {
					t.Errorf("stats say that a slot took %v", waited)
				}
			})
		})
	}
}

// TestSlotOfFailures: requests that fail, and those without a body, hold nothing.
func TestSlotOfFailures(t *testing.T) {
	noBody := func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 204}, nil }
	empty := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Body: http.NoBody}, nil
	}
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{fails(io.EOF), noBody, fails(errors.New("no such scheme")), empty, status(200)}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 1}, MaxTries: 1})
		for range 4 {
			c.Do(request(t, t.Context(), http.MethodGet, ""))
		}
		get(t, c)
	})
}

// TestFirstComeFirstServed: the gate keeps the order, and who goes away holds up
// nobody.
func TestFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		s := doer(func(req *http.Request) (*http.Response, error) {
			order = append(order, req.Header.Get("Number"))
			time.Sleep(time.Second)
			return answer(200, ""), nil
		})
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 1}})
		ctx, cancel := context.WithCancel(t.Context())
		var left atomic.Int32
		for i := range 8 {
			req := request(t, t.Context(), http.MethodGet, "")
			if i%3 == 2 {
				req = request(t, ctx, http.MethodGet, "")
			}
			req.Header.Set("Number", string(rune('0'+i)))
			go func() {
				if _, _, err := c.DoRead(req, nil, 1); errors.Is(err, context.Canceled) {
					left.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		cancel()
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"0", "1", "3", "4", "6", "7"}; !slices.Equal(order, want) || left.Load() != 2 {
			t.Errorf("order %v, want %v; %d left", order, want, left.Load())
		}
	})
}

// TestCancelGivesBack: contexts that end while requests are let through cost no
// slot.
func TestCancelGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := ratelimit.Limits{InFlight: 2, Requests: 100, Window: time.Second}
		s := newService(limits, 2*time.Millisecond)
		c := ratelimit.New(s, ratelimit.Options{Limits: limits})
		work(20, 5*time.Second, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			c.DoRead(request(t, ctx, http.MethodGet, ""), nil, 1<<10)
		})
		if s.maxInFlight > 2 || s.throttled > 0 || s.requests < 400 {
			t.Errorf("%d requests, at most %d in flight, %d throttled", s.requests, s.maxInFlight, s.throttled)
		}
		time.Sleep(2 * time.Second)
		start := time.Now()
		for range 50 {
			get(t, c)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("afterwards fifty requests took %v", took)
		}
		if n := c.Stats().Requests; n != s.requests {
			t.Errorf("stats count %d requests, the service %d", n, s.requests)
		}
	})
}

// TestCancelledWhileLetThrough: a slot that is granted at the very moment at which
// the context ends is not lost, whoever comes first.
func TestCancelledWhileLetThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := ratelimit.Limits{InFlight: 1, Requests: 1000, Window: time.Minute, Upload: 1000}
		c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: limits})
		for range 100 {
			holder, err := c.Do(request(t, t.Context(), http.MethodGet, ""))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go c.DoRead(request(t, ctx, http.MethodPut, "x"), nil, 1<<10)
			synctest.Wait()
			holder.Body.Close()
			cancel()
			synctest.Wait()
		}
		start := time.Now()
		get(t, c)
		if took := time.Since(start); took > 0 {
			t.Errorf("the next request took %v", took)
		}
	})
}
