package ratelimit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/ratelimit"
)

func TestStatedLimits(t *testing.T) {
	none := ratelimit.Limits{Window: 10 * time.Minute, UploadWindow: 5 * time.Minute}
	requests := none
	requests.Requests, requests.Window = 10_000, 6*time.Second
	all := requests
	all.InFlight, all.Upload, all.UploadWindow = 4, 150_000_000, 2500*time.Millisecond
	tests := []struct {
		header string
		want   ratelimit.Limits
	}{
		{`"requests";q=10000;w=6`, requests},
		{`"requests";q=10000;w=6, "at-once";q=4;qu="concurrent-requests", "upload";q=150000000;qu="content-bytes";w=2.5`, all},
		{` x ; q=10000; w=6 ;pk=:YQ==:`, requests},
		{``, none},
		{`"requests";q=10000`, none},
		{`"requests";q=0;w=6`, none},
		{`"requests";q=-1;w=6`, none},
		{`"requests";q=ten;w=6`, none},
		{`"requests";q=10;w=1e9`, none},
		{`"bananas";q=10;qu="bananas";w=6`, none},
	}
	for _, test := range tests {
		c := ratelimit.New(status(200, "RateLimit-Policy", test.header), ratelimit.Options{})
		get(t, c)
		if got := c.Limits(); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.header, got, test.want)
		}
	}
}

// TestStatedLimitsHold: a service with other limits than were configured says so with
// its first answers, and is not asked more from then on.
func TestStatedLimitsHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := status(200, "RateLimit-Policy", `"r";q=100;w=60, "c";q=2;qu="concurrent-requests"`)
		s := &script{steps: []doer{answers}}
		c := ratelimit.New(s, ratelimit.Options{Limits: ratelimit.Outlook()})
		start := time.Now()
		for range 500 {
			get(t, c)
		}
		if took := time.Since(start); took < 5*time.Minute || took > 5*time.Minute+time.Second {
			t.Errorf("500 requests took %v, want five windows", took)
		}
	})
}

// TestForecast compares what is said of the time to come with what comes.
func TestForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := ratelimit.New(&script{steps: []doer{status(200)}}, ratelimit.Options{Limits: ratelimit.Limits{Requests: 1000, Window: time.Minute}})
		start := time.Now()
		if wait := c.Forecast(900, 0); wait != (ratelimit.Wait{}) {
			t.Errorf("what is free has to wait: %v", wait)
		}
		for left := int64(5000); left > 0; left-- {
			if left%700 == 0 {
				wait := c.Forecast(left, 0)
				if took := wait.Until.Sub(start); wait.Reason != ratelimit.Requests || took < 5*time.Minute || took > 5*time.Minute+2*time.Second {
					t.Errorf("%d left: %v, %v from the start", left, wait.Reason, took)
				}
			}
			get(t, c)
		}
		if took := time.Since(start); took < 5*time.Minute || took > 5*time.Minute+2*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
