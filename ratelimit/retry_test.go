package ratelimit_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

var (
	safe   = []string{"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "MKCOL", "PROPPATCH"}
	unsafe = []string{"POST", "LOCK"}
)

// TestWhatIsRepeated is the table of answers and methods.
func TestWhatIsRepeated(t *testing.T) {
	reset := &url.Error{Op: "Get", URL: "https://service.example", Err: &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}}
	tests := []struct {
		name         string
		step         doer
		safe, unsafe int // how often it is sent
		fresh        bool
	}{
		{"200", status(200), 1, 1, false},
		{"400", status(400), 1, 1, false},
		{"401", status(401), 1, 1, false},
		{"404", status(404), 1, 1, false},
		{"409", status(409), 1, 1, false},
		{"507", status(507), 1, 1, false},
		{"429", status(429, "Retry-After", "1"), 3, 3, false},
		{"500", status(500), 3, 1, false},
		{"502", status(502), 3, 1, false},
		{"503", status(503), 3, 1, true},
		{"503 with Retry-After", status(503, "Retry-After", "1"), 3, 3, true},
		{"503 with Retry-After of zero", status(503, "Retry-After", "0"), 3, 3, true},
		{"503 with garbage", status(503, "Retry-After", "soon"), 3, 1, true},
		{"504", status(504), 3, 1, true},
		{"504 with Retry-After", status(504, "Retry-After", "1"), 3, 1, true},
		{"500 with a long Retry-After", status(500, "Retry-After", "7200"), 1, 1, false},
		{"reset", fails(reset), 3, 1, true},
		{"refused", fails(&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), 3, 1, true},
		{"end", fails(fmt.Errorf("reading: %w", io.EOF)), 3, 1, true},
		{"unexpected end", fails(io.ErrUnexpectedEOF), 3, 1, true},
		{"timeout", fails(&url.Error{Op: "Get", Err: os.ErrDeadlineExceeded}), 3, 1, true},
		{"closed idle connection", fails(errors.New("http: server closed idle connection")), 3, 1, true},
		{"HTTP/2", fails(errors.New("http2: server sent GOAWAY and closed the connection")), 3, 1, true},
		{"name server in trouble", fails(&net.OpError{Op: "dial", Err: &net.DNSError{IsTemporary: true}}), 3, 1, true},
		{"no such name", fails(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}), 1, 1, false},
		{"TLS alert", fails(&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}), 1, 1, false},
		{"signing in", fails(errors.New("sign-in needed")), 1, 1, false},
	}
	for _, test := range tests {
		for _, method := range append(append([]string{}, safe...), unsafe...) {
			t.Run(test.name+" "+method, func(t *testing.T) {
				want := test.unsafe
				for _, m := range safe {
					if m == method {
						want = test.safe
					}
				}
				synctest.Test(t, func(t *testing.T) {
					steps := []doer{test.step, test.step, status(200)}
					s := &script{steps: steps}
					c := ratelimit.New(s, ratelimit.Options{})
					start := time.Now()
					_, err := c.Do(request(t, t.Context(), method, "the body"))
					if s.calls != want {
						t.Errorf("sent %d times, want %d (%v)", s.calls, want, err)
					}
					for i, body := range s.bodies {
						if body != "the body" {
							t.Errorf("try %d sent the body %q", i, body)
						}
					}
					if isFresh := s.closed > 0; isFresh != (test.fresh && want > 1) {
						t.Errorf("idle connections were closed: %v", isFresh)
					}
					if took := time.Since(start); want > 1 && took < time.Second {
						t.Errorf("three tries within %v", took)
					}
				})
			})
		}
	}
}

// TestLastAnswerIsTheCallers: after the last try the answer or error comes as it is.
func TestLastAnswerIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{status(503)}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 1}})
		resp, err := c.Do(request(t, t.Context(), "GET", ""))
		if err != nil || resp.StatusCode != 503 || s.calls != 5 {
			t.Fatalf("%v, %v after %d tries", resp, err, s.calls)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != "body" || err != nil {
			t.Errorf("body %q, %v", body, err)
		}
		stats := c.Stats()
		if stats.Retries != 4 || stats.Waited[ratelimit.Backoff] < 7*time.Second || stats.Waited[ratelimit.Backoff] > 12*time.Second {
			t.Errorf("stats %+v", stats)
		}

		broken := errors.New("http2: broken")
		s = &script{steps: []doer{fails(broken)}}
		c = ratelimit.New(s, ratelimit.Options{MaxTries: 3})
		if _, err := c.Do(request(t, t.Context(), "DELETE", "")); err != broken || s.calls != 3 {
			t.Errorf("%v after %d tries", err, s.calls)
		}
	})
}

func TestBodyThatCannotBeRewound(t *testing.T) {
	for _, step := range []doer{status(429, "Retry-After", "1"), status(503), status(503, "Retry-After", "1"), fails(io.EOF)} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []doer{step, status(200)}}
			c := ratelimit.New(s, ratelimit.Options{})
			req := request(t, t.Context(), "PUT", "")
			req.Body = io.NopCloser(strings.NewReader("once"))
			if c.Do(req); s.calls != 1 {
				t.Errorf("sent %d times", s.calls)
			}
		})
	}
}

func TestRewindingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{steps: []doer{status(503), status(200)}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 1}})
		req := request(t, t.Context(), "PUT", "x")
		gone := errors.New("the file is gone")
		req.GetBody = func() (io.ReadCloser, error) { return nil, gone }
		if _, err := c.Do(req); !errors.Is(err, gone) {
			t.Errorf("error %v", err)
		}
		get(t, c) // the slot is free
	})
}

// TestRetryAfterOfOtherAnswers is obeyed where they are repeated.
func TestRetryAfterOfOtherAnswers(t *testing.T) {
	for _, code := range []int{500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{steps: []doer{status(code, "Retry-After", "30"), status(200)}}
			start := time.Now()
			get(t, ratelimit.New(s, ratelimit.Options{}))
			if took := time.Since(start); took < 30*time.Second || took > 35*time.Second {
				t.Errorf("%d: repeated after %v", code, took)
			}
		})
	}
}

// breaking is a body that ends with an error.
func breaking(err error) doer {
	return func(*http.Request) (*http.Response, error) {
		resp := answer(200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("half of"), &errReader{err}))
		return resp, nil
	}
}

type errReader struct{ err error }

func (r *errReader) Read([]byte) (int, error) { return 0, r.err }

func TestDoRead(t *testing.T) {
	tests := []struct {
		name, method string
		steps        []doer
		limit        int64
		calls        int
		body         string
		err          error
		answered     bool
	}{
		{"whole", "GET", []doer{status(200)}, 4, 1, "body", nil, true},
		{"error status", "GET", []doer{status(404)}, 100, 1, "body", nil, true},
		{"too large", "GET", []doer{status(200)}, 3, 1, "", ratelimit.ErrTooLarge, true},
		{"limit of zero", "GET", []doer{status(200)}, 0, 1, "", ratelimit.ErrTooLarge, true},
		{"truncated", "GET", []doer{breaking(io.ErrUnexpectedEOF), breaking(syscall.ECONNRESET), status(200)}, 100, 3, "body", nil, true},
		{"truncated each time", "GET", []doer{breaking(io.ErrUnexpectedEOF)}, 100, 4, "", io.ErrUnexpectedEOF, true},
		{"truncated, after a PATCH", "PATCH", []doer{breaking(io.ErrUnexpectedEOF), status(200)}, 100, 2, "body", nil, true},
		{"truncated, after a POST", "POST", []doer{breaking(io.ErrUnexpectedEOF), status(200)}, 100, 1, "", io.ErrUnexpectedEOF, true},
		{"throttled, then truncated", "GET", []doer{status(429), breaking(io.ErrUnexpectedEOF), status(200)}, 100, 3, "body", nil, true},
		{"no answer", "POST", []doer{fails(io.ErrUnexpectedEOF)}, 100, 1, "", io.ErrUnexpectedEOF, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: test.steps}
				c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Limits{InFlight: 1}, MaxTries: 4})
				for range 2 { // the second time the slot must be free
					s.calls = 0
					resp, body, err := c.DoRead(request(t, t.Context(), test.method, "x"), nil, test.limit)
					if string(body) != test.body || !errors.Is(err, test.err) || (resp != nil) != test.answered || s.calls != test.calls {
						t.Errorf("%v, %q, %v after %d calls", resp, body, err, s.calls)
					}
				}
			})
		})
	}
}

// TestRealServer goes through net/http: the rules hold for its errors and bodies.
func TestRealServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip("cannot listen here: ", err)
	}
	n := 0
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n++
		if body, _ := io.ReadAll(r.Body); string(body) != "photo" {
			t.Errorf("request %d has the body %q", n, body)
		}
		switch n {
		case 1: // no answer
			panic(http.ErrAbortHandler)
		case 2: // half an answer
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("half"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		w.Write([]byte("whole"))
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := ratelimit.New(&http.Client{Transport: transport}, ratelimit.Options{Limits: ratelimit.Outlook()})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+listener.Addr().String()+"/photo", strings.NewReader("photo"))
	if err != nil {
		t.Fatal(err)
	}
	resp, body, err := c.DoRead(req, nil, 1<<10)
	if err != nil || resp.StatusCode != 200 || string(body) != "whole" || n != 3 {
		t.Errorf("%v, %q, %v after %d requests", resp, body, err, n)
	}
}
