package sandbox

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRequestLimit(t *testing.T) {
	c := open(t, Options{Limits: true})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		for range requestLimit {
			c.want(404, "GET", "/v1.0/me/contacts/"+unknownID(c), "")
		}
		r := c.wantError(429, "TooManyRequests", "GET", "/v1.0/me/contacts", "")
		whole, err := strconv.Atoi(r.header.Get("Retry-After"))
		if err != nil || whole < 590 || whole > 606 {
			t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
		}
		r = c.want(429, "GET", "/v1.0/me/contacts", "")
		if after := r.header.Get("Retry-After"); !strings.Contains(after, ".") {
			t.Errorf("second Retry-After %q is not a fraction", after)
		}
		c.want(200, "GET", "/v1.0/users/other@sandbox.example/contacts", "") // a budget of its own
		time.Sleep(time.Duration(whole) * time.Second)
		c.want(200, "GET", "/v1.0/me/contacts", "")
		if got := c.s.Stats().Throttled; got != 2 {
			t.Errorf("%d throttled", got)
		}
	})
}

func TestLimitsAreStated(t *testing.T) {
	for scale, want := range map[float64]string{
		0:   `"requests";q=10000;w=600, "upload";q=157286400;qu="content-bytes";w=300, "in-flight";q=4;qu="concurrent-requests"`,
		100: `"requests";q=10000;w=6, "upload";q=157286400;qu="content-bytes";w=3, "in-flight";q=4;qu="concurrent-requests"`,
	} {
		c := open(t, Options{Limits: true, TimeScale: scale})
		if got := c.want(200, "GET", "/v1.0/me/contacts", "").header.Get("RateLimit-Policy"); got != want {
			t.Errorf("time scale %v: %s", scale, got)
		}
	}
	if got := open(t, Options{}).want(200, "GET", "/v1.0/me/contacts", "").header.Get("RateLimit-Policy"); got != "" {
		t.Errorf("without limits: %s", got)
	}
}

// TestHammeringProlongs sends so much while blocked that the wait told at
// first is over too early.
func TestHammeringProlongs(t *testing.T) {
	c := open(t, Options{Limits: true, TimeScale: 100})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		for range requestLimit {
			c.do("GET", "/v1.0/me", "")
		}
		first := c.want(429, "GET", "/v1.0/me", "").header.Get("Retry-After")
		wait, err := strconv.ParseFloat(first, 64)
		if err != nil || wait < 5.9 || wait > 7 {
			t.Fatalf("Retry-After %q with time a hundred times as fast", first)
		}
		time.Sleep(5 * time.Second)
		for range requestLimit {
			c.do("GET", "/v1.0/me", "")
		}
		time.Sleep(time.Duration(wait*float64(time.Second)) - 5*time.Second)
		c.want(429, "GET", "/v1.0/me", "")
		time.Sleep(6 * time.Second)
		c.want(200, "GET", "/v1.0/me", "")
	})
}

func TestUploadLimit(t *testing.T) {
	c := open(t, Options{Limits: true})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		body := strings.Repeat(" ", maxBody)
		for i := 0; i < uploadLimit/maxBody; i++ {
			c.want(400, "POST", "/v1.0/me/contacts", body)
		}
		r := c.wantError(429, "ApplicationThrottled", "POST", "/v1.0/me/contacts", body)
		if after, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || after < 290 || after > 304 {
			t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
		}
		time.Sleep(uploadWindow + uploadWindow/windowBuckets)
		c.want(201, "POST", "/v1.0/me/contacts", "{}")
	})
}

func TestConcurrencyLimit(t *testing.T) {
	c := open(t, Options{Limits: true})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		var wg sync.WaitGroup
		var pipes []*io.PipeWriter
		for range maxInFlight {
			reader, writer := io.Pipe()
			pipes = append(pipes, writer)
			wg.Go(func() {
				r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1.0/me/contacts", reader)
				r.Header.Set("Authorization", "Bearer sandbox")
				w := httptest.NewRecorder()
				c.s.ServeHTTP(w, r)
				if w.Code != http.StatusCreated {
					t.Errorf("POST answered %d", w.Code)
				}
			})
		}
		synctest.Wait()
		r := c.wantError(429, "ApplicationThrottled", "GET", "/v1.0/me/contacts", "")
		if !strings.Contains(r.text(t, "error/message"), "MailboxConcurrency") {
			t.Errorf("message %q", r.text(t, "error/message"))
		}
		for _, p := range pipes {
			io.WriteString(p, "{}")
			p.Close()
		}
		wg.Wait()
		c.want(200, "GET", "/v1.0/me/contacts", "")
		if st := c.s.Stats(); st.MaxInFlight != maxInFlight+1 || st.Requests != maxInFlight+2 || st.Writes != maxInFlight || st.Throttled != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// unknownID is the id of a contact that does not exist.
func unknownID(c *client) string {
	return string(c.s.store.mailboxes["me"].ids.appendItem(nil, 1<<40, 2))
}

func TestStats(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/v1.0/me/contacts", "{}")
	c.do("GET", "/v1.0/me/contacts/"+id+"/photo/$value", "")
	c.do("GET", "/v1.0/me/contacts('"+id+"')/photo", "")
	c.do("GET", "/v1.0/me/contacts", "")
	c.do("GET", "/v1.0/me/contacts", "", "Authorization: ")
	c.do("DELETE", "/v1.0/me/contacts/"+id, "")
	if got, want := c.want(200, "GET", "/_sandbox/stats", "", "Authorization: ").body,
		`{"requests":6,"reads":2,"writes":2,"photoReads":2,"throttled":0,"maxInFlight":1,"batches":0,"sent":6}`+"\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	c.want(204, "DELETE", "/_sandbox/stats", "")
	if got := c.s.Stats(); got != (Stats{}) {
		t.Errorf("after DELETE: %+v", got)
	}
	c.want(405, "POST", "/_sandbox/stats", "")
}
