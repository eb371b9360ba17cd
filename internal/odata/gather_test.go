package odata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/formats/outlook"
)

// mailbox is a Doer that keeps what is written to it, and answers after a second.
type mailbox struct {
	batch func(n int, parts []batchRequest) (*http.Response, error) // if not nil, may answer the n-th batch instead
	part  func(p batchRequest, try int) *batchResponse              // the same for a part

	mu               sync.Mutex
	singles, batches []string // what came, in order
	tries            map[string]int
	inFlight, most   int
}

func (m *mailbox) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	isBatch := strings.HasSuffix(req.URL.Path, "/$batch")
	weight := 1
	var envelope batchEnvelope
	if isBatch {
		if err := json.Unmarshal(body, &envelope); err != nil {
			return nil, err
		}
		weight = min(len(envelope.Requests), 4)
	}
	m.mu.Lock()
	m.inFlight += weight
	m.most = max(m.most, m.inFlight)
	m.mu.Unlock()
	time.Sleep(time.Second)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inFlight -= weight
	if !isBatch {
		m.singles = append(m.singles, req.Method+" "+string(body))
		return answer(201, string(body))(req)
	}
	if m.batch != nil {
		if resp, err := m.batch(len(m.batches), envelope.Requests); resp != nil || err != nil {
			m.batches = append(m.batches, "")
			if resp != nil {
				resp.Request = req
			}
			return resp, err
		}
	}
	if m.tries == nil {
		m.tries = map[string]int{}
	}
	var out struct {
		Responses []batchResponse `json:"responses"`
	}
	var bodies []string
	for _, p := range slices.Backward(envelope.Requests) { // in another order
		bodies = append(bodies, string(p.Body))
		m.tries[string(p.Body)]++
		r := batchResponse{ID: p.ID, Status: 201, Body: p.Body}
		if m.part != nil {
			if other := m.part(p, m.tries[string(p.Body)]); other != nil {
				r = *other
				r.ID = p.ID
			}
		}
		if r.Status != 0 {
			out.Responses = append(out.Responses, r)
		}
	}
	m.batches = append(m.batches, strings.Join(bodies, ""))
	text, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	return answer(200, string(text))(req)
}

// writeMany writes n things at a time and returns the errors, by number.
func writeMany(t *testing.T, c *Client, method string, n int) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			body := fmt.Sprintf(`{"n":%d}`, i)
			got, err := c.Write(t.Context(), method, "/v1.0/me/contacts", []byte(body))
			if errs[i] = err; err == nil && !bytes.Equal(got, []byte(body)) {
				t.Errorf("%s is answered with %s", body, got)
			}
		})
		synctest.Wait() // in order: which of them go by themselves does not depend on luck
	}
	wg.Wait()
	return errs
}

func TestGather(t *testing.T) {
	refused := func(status int, header ...string) *batchResponse {
		r := &batchResponse{Status: status, Headers: map[string]string{}, Body: []byte(`{"error":{"code":"SomeCode"}}`)}
		for i := 0; i+1 < len(header); i += 2 {
			r.Headers[header[i]] = header[i+1]
		}
		return r
	}
	only := func(n string, r *batchResponse) func(batchRequest, int) *batchResponse {
		return func(p batchRequest, _ int) *batchResponse {
			if string(p.Body) == `{"n":`+n+`}` {
				return r
			}
			return nil
		}
	}
	for _, test := range []struct {
		name             string
		method           string
		n                int
		box              *mailbox
		batches, singles int
		seconds          int
		errs             map[int]string // by number; "" is any
	}{
		{name: "few go by themselves", n: 4, box: &mailbox{}, singles: 4, seconds: 1},
		{name: "many go together", n: 44, box: &mailbox{}, batches: 2, singles: 4, seconds: 3},
		{name: "refused alone", n: 40, box: &mailbox{part: only("7", refused(400))}, batches: 2, singles: 4, seconds: 3,
			errs: map[int]string{7: "POST: 400 SomeCode"}},
		{name: "throttled", n: 24, box: &mailbox{part: func(p batchRequest, try int) *batchResponse {
			if try == 1 {
				return refused(429, "retry-after", "30")
			}
			return nil
		}}, batches: 2, singles: 4, seconds: 33},
		{name: "throttled for long", n: 24, box: &mailbox{part: func(batchRequest, int) *batchResponse { return refused(429, "Retry-After", "1.5") }},
			batches: 3, singles: 24, seconds: 13},
		{name: "unavailable", n: 24, box: &mailbox{part: func(p batchRequest, try int) *batchResponse {
			if try == 1 && string(p.Body) == `{"n":9}` {
				return refused(503, "Retry-After", "5")
			}
			return nil
		}}, batches: 1, singles: 5, seconds: 8},
		{name: "a part fails", n: 24, box: &mailbox{part: only("9", refused(504))}, batches: 1, singles: 4, seconds: 2,
			errs: map[int]string{9: "POST: 504"}},
		{name: "a change fails", method: "PATCH", n: 24, box: &mailbox{part: only("9", refused(504))}, batches: 1, singles: 5, seconds: 3},
		{name: "a part is missing", n: 24, box: &mailbox{part: only("9", &batchResponse{})}, batches: 1, singles: 4, seconds: 2,
			errs: map[int]string{9: "lacks it"}},
		{name: "the token expires", n: 24, box: &mailbox{part: only("9", refused(401))}, batches: 1, singles: 5, seconds: 3},
		{name: "no batches here", n: 60, box: &mailbox{batch: func(int, []batchRequest) (*http.Response, error) { return answer(404, "")(nil) }},
			batches: 1, singles: 60, seconds: 16},
		{name: "too large a batch", n: 64, box: &mailbox{batch: func(n int, _ []batchRequest) (*http.Response, error) {
			if n > 0 {
				return nil, nil
			}
			return answer(413, "")(nil)
		}}, batches: 3, singles: 24, seconds: 9},
		{name: "changes without an answer", method: "PATCH", n: 24, box: &mailbox{batch: func(int, []batchRequest) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }},
			batches: 1, singles: 24, seconds: 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				method := test.method
				if method == "" {
					method = "POST"
				}
				c := newClient(t, test.box, Account{Dialect: outlook.GraphV1})
				start := time.Now()
				for i, err := range writeMany(t, c, method, test.n) {
					want, fails := test.errs[i]
					if fails != (err != nil) || err != nil && !strings.Contains(err.Error(), want) {
						t.Errorf("%d: %v, want %q", i, err, want)
					}
				}
				if got := int(time.Since(start) / time.Second); got != test.seconds {
					t.Errorf("it took %d s, want %d", got, test.seconds)
				}
				if b := test.box; len(b.batches) != test.batches || len(b.singles) != test.singles || b.most > 4 {
					t.Errorf("%d batches and %d single requests, %d at a time; want %d and %d, no more than 4", len(b.batches), len(b.singles), b.most, test.batches, test.singles)
				}
			})
		})
	}
}

// TestGatherAmbiguous: of a batch whose answer never came nobody knows what became of
// the creates in it.
func TestGatherAmbiguous(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, lost := range []func(int, []batchRequest) (*http.Response, error){
			func(int, []batchRequest) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
			func(int, []batchRequest) (*http.Response, error) { return answer(504, "")(nil) },
			func(int, []batchRequest) (*http.Response, error) { return answer(200, "{")(nil) },
		} {
			box := &mailbox{batch: lost}
			unknown := 0
			for _, err := range writeMany(t, newClient(t, box, Account{}), "POST", 24) {
				if Ambiguous(err) {
					unknown++
				} else if err != nil {
					t.Error(err)
				}
			}
			if unknown != 20 || len(box.singles) != 4 {
				t.Errorf("%d are unknown, %d went by themselves", unknown, len(box.singles))
			}
		}
	})
}

// TestGatherEnds: who waits for a turn need not wait for it; what is under way is
// awaited.
func TestGatherEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := &mailbox{}
		c := newClient(t, box, Account{})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		ended := map[bool]int{}
		var mu sync.Mutex
		for i := range 64 {
			wg.Go(func() {
				_, err := c.Write(ctx, "POST", "/v1.0/me/contacts", fmt.Appendf(nil, `{"n":%d}`, i))
				mu.Lock()
				defer mu.Unlock()
				ended[err == nil]++
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		time.Sleep(1500 * time.Millisecond) // the first batch is under way
		cancel()
		wg.Wait()
		if ended[true] != 24 || ended[false] != 40 || len(box.batches) != 1 {
			t.Errorf("%v, %d batches", ended, len(box.batches))
		}
		// And nothing is left behind.
		if errs := writeMany(t, c, "POST", 30); slices.ContainsFunc(errs, func(err error) bool { return err != nil }) {
			t.Error(errs)
		}
	})
}
