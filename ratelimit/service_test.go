package ratelimit_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

// service is a mailbox that counts as Microsoft documents it: requests in any
// window, throttled ones included, uploads, and requests at one time. Requests take
// a random while to arrive and to be answered.
type service struct {
	limits  ratelimit.Limits
	latency time.Duration // of each of the two ways, at most

	mu          sync.Mutex
	rng         *rand.Rand
	arrivals    []arrival
	old         int // arrivals that no window holds any longer
	uploaded    int64
	inFlight    int
	requests    int
	throttled   int
	maxInWindow int
	maxUploaded int64
	maxInFlight int
}

type arrival struct {
	at     time.Time
	upload int64
}

func newService(limits ratelimit.Limits, latency time.Duration) *service {
	return &service{limits: limits, latency: latency, rng: rand.New(rand.NewPCG(1, 2))}
}

func (s *service) Do(req *http.Request) (*http.Response, error) {
	time.Sleep(s.delay())
	if req.Body != nil {
		defer req.Body.Close()
	}
	tooMany := s.arrive(req.ContentLength)
	time.Sleep(s.delay())
	resp := answer(http.StatusOK, "text")
	if tooMany {
		resp = answer(http.StatusTooManyRequests, "")
		resp.Header.Set("Retry-After", "30")
	}
	resp.Body = &endedBody{Reader: resp.Body, end: sync.OnceFunc(s.leave)}
	return resp, nil
}

func (s *service) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latency == 0 {
		return 0
	}
	return time.Duration(s.rng.Int64N(int64(s.latency)))
}

// arrive counts a request, and reports whether it is one too many.
func (s *service) arrive(upload int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.requests++
	s.inFlight++
	s.uploaded += upload
	s.arrivals = append(s.arrivals, arrival{now, upload})
	for window := max(s.limits.Window, s.limits.UploadWindow); now.Sub(s.arrivals[s.old].at) >= window; s.old++ {
		s.uploaded -= s.arrivals[s.old].upload
	}
	s.maxInWindow = max(s.maxInWindow, len(s.arrivals)-s.old)
	s.maxUploaded = max(s.maxUploaded, s.uploaded)
	s.maxInFlight = max(s.maxInFlight, s.inFlight)
	if s.limits.Requests > 0 && len(s.arrivals)-s.old > s.limits.Requests || s.limits.InFlight > 0 && s.inFlight > s.limits.InFlight ||
		s.limits.Upload > 0 && s.uploaded > s.limits.Upload {
		s.throttled++
		return true
	}
	return false
}

func (s *service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// endedBody tells when it has been read or closed.
type endedBody struct {
	io.Reader
	end func()
}

func (b *endedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *endedBody) Close() error { b.end(); return nil }

// doer is a function as a Doer.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// script answers with one step after the other, the last one again and again, and
// counts.
type script struct {
	mu     sync.Mutex
	steps  []doer
	calls  int
	bodies []string    // of the requests
	at     []time.Time // of the requests
	closed int         // how often idle connections were closed
}

func (s *script) Do(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body.Close()
		body = string(data)
	}
	s.mu.Lock()
	step := s.steps[min(s.calls, len(s.steps)-1)]
	s.calls++
	s.bodies = append(s.bodies, body)
	s.at = append(s.at, time.Now())
	s.mu.Unlock()
	return step(req)
}

func (s *script) CloseIdleConnections() { s.closed++ }

// answer returns a response of that status.
func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// status is a step that answers; header holds names and values by turns.
func status(code int, header ...string) doer {
	return func(*http.Request) (*http.Response, error) {
		resp := answer(code, "body")
		for i := 0; i < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

// fails is a step that never answers.
func fails(err error) doer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func request(t testing.TB, ctx context.Context, method, body string) *http.Request {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://service.example/contacts", r)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// get performs a GET and reads its body.
func get(t testing.TB, c *ratelimit.Client) {
	t.Helper()
	resp, _, err := c.DoRead(request(t, t.Context(), http.MethodGet, ""), nil, 1<<10)
	if err != nil {
		t.Error(err)
	} else if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}
