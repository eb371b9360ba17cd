package ratelimit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowService answers after a while, unless the request ends first.
type slowService time.Duration

func (s slowService) Do(req *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Duration(s)):
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("done"))}, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// TestAwaitedWrites: when the context ends, a read ends at once, and a write when it
// is answered or the grace is over.
func TestAwaitedWrites(t *testing.T) {
	for _, tt := range []struct {
		method  string
		takes   time.Duration
		answers bool
		ends    time.Duration
	}{
		{http.MethodGet, 10 * time.Second, false, time.Second},
		{http.MethodPost, 10 * time.Second, true, 10 * time.Second},
		{http.MethodPut, 10 * time.Second, true, 10 * time.Second},
		{http.MethodPost, time.Hour, false, time.Second + writeGrace},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			c := New(slowService(tt.takes), Options{Limits: Outlook()})
			req, err := http.NewRequestWithContext(ctx, tt.method, "http://localhost/", nil)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, body, err := c.DoRead(req, nil, 100)
			if took := time.Since(start); took != tt.ends {
				t.Errorf("%s: ended after %v, want %v", tt.method, took, tt.ends)
			}
			if tt.answers && (err != nil || string(body) != "done") || !tt.answers && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: body %q, error %v", tt.method, body, err)
			}
		})
	}
}
