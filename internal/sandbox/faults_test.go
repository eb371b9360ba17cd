package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFaultSpec(t *testing.T) {
	for spec, want := range map[string]string{
		"":                   "",
		"429:5%":             "",
		"all:2.5%, 504:#17":  "",
		"429":                `fault "429": want NAME:5% or NAME:#17`,
		"flood:5%":           `fault "flood": no fault has this name`,
		"429:5":              `fault "429": "5" is neither a percentage nor #n`,
		"429:101%":           `fault "429": "101%" is neither a percentage nor #n`,
		"429:#0":             `fault "429": "#0" is not the number of a request`,
		"429:5%,":            `fault "": want NAME:5% or NAME:#17`,
		"reset-before:NaN%":  `fault "reset-before": "NaN%" is neither a percentage nor #n`,
		"reset-before:#1.5%": `fault "reset-before": "#1.5%" is not the number of a request`,
	} {
		_, err := parseFaults(spec)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%q: %v, want %s", spec, err, want)
		}
	}
	if _, err := Open(Options{Faults: "x"}); err == nil {
		t.Error("Open takes a faulty spec")
	}
}

// TestFaultsThatRefuse are those that answer instead of doing anything.
func TestFaultsThatRefuse(t *testing.T) {
	for _, tt := range []struct {
		fault     string
		status    int
		code      string // "": the body is no envelope
		retryHead bool
	}{
		{"429", 429, "TooManyRequests", true}, {"429-bare", 429, "TooManyRequests", false}, {"500", 500, "ErrorInternalServerTransientError", false},
		{"502", 502, "", false}, {"503", 503, "", false}, {"token-expired", 401, "InvalidAuthenticationToken", false},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			c := open(t, Options{Faults: tt.fault + ":#1"})
			r := c.want(tt.status, "POST", "/v1.0/me/contacts", "{}")
			if tt.code != "" && r.code(t) != tt.code {
				t.Errorf("code %q", r.code(t))
			}
			if (r.header.Get("Retry-After") != "") != tt.retryHead {
				t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
			}
			if got := c.all("/v1.0/me/contacts", "id"); len(got) != 0 {
				t.Error("the contact was created")
			}
			c.want(201, "POST", "/v1.0/me/contacts", "{}")
		})
	}
	c := open(t, Options{Faults: "503:100%"})
	bodies := map[string]bool{}
	for range 3 {
		bodies[c.want(503, "GET", "/v1.0/me/contacts", "").body] = true
	}
	if len(bodies) != 3 {
		t.Errorf("503 comes with %d kinds of body", len(bodies))
	}
}

func TestFault504AppliesTheWrite(t *testing.T) {
	c := open(t, Options{Faults: "504:#1"})
	c.want(504, "POST", "/v1.0/me/contacts", `{"givenName":"Ghost"}`)
	if got := c.all("/v1.0/me/contacts", "givenName"); !slices.Equal(got, []string{"Ghost"}) {
		t.Errorf("contacts: %q", got)
	}
}

func TestFaultsThatCut(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		created int
	}{{"reset-before", 0}, {"reset-after-write", 1}} {
		t.Run(tt.fault, func(t *testing.T) {
			c := open(t, Options{Faults: tt.fault + ":#1"})
			if _, _, err := get(t, c.serveNet(), "POST", "/v1.0/me/contacts", "{}"); err == nil {
				t.Error("the request was answered")
			}
			if got := c.all("/v1.0/me/contacts", "id"); len(got) != tt.created {
				t.Errorf("%d contacts", len(got))
			}
		})
	}
	t.Run("truncate", func(t *testing.T) {
		c := numbered(t, 3, Options{Faults: "truncate:#1"})
		resp, body, err := get(t, c.serveNet(), "GET", "/v1.0/me/contacts", "")
		if err != io.ErrUnexpectedEOF || resp.StatusCode != 200 || len(body) == 0 {
			t.Errorf("read %d bytes: %v", len(body), err)
		}
	})
	t.Run("bad-json", func(t *testing.T) {
		c := numbered(t, 3, Options{Faults: "bad-json:#1"})
		resp, body, err := get(t, c.serveNet(), "GET", "/v1.0/me/contacts", "")
		if err != nil || resp.StatusCode != 200 || json.Valid(body) {
			t.Errorf("status %d, valid %v, %v", resp.StatusCode, json.Valid(body), err)
		}
	})
}

func TestFaultSlow(t *testing.T) {
	c := open(t, Options{Faults: "slow:#2", TimeScale: 4})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		for _, want := range []time.Duration{0, slowness / 4, 0} {
			start := time.Now()
			c.want(200, "GET", "/v1.0/me/contacts", "")
			if got := time.Since(start); got != want {
				t.Errorf("took %v, want %v", got, want)
			}
		}
	})
}

// TestFaultsOfPages reads a mailbox with one fault on the second page, as a
// client does that dedupes ids and stops at a link that it has followed.
func TestFaultsOfPages(t *testing.T) {
	for _, tt := range []struct {
		fault             string
		pages, rows, uniq int
		repeated          bool
	}{
		{"empty-page", 4, 25, 25, false},
		{"duplicate-rows", 3, 27, 25, false},
		{"repeat-link", 2, 20, 20, true},
		{"loop-link", 3, 30, 20, true},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			c := numbered(t, 25, Options{Faults: tt.fault + ":#2"})
			seen, ids := map[string]bool{}, map[string]bool{}
			pages, rows, path := 0, 0, "/v1.0/me/contacts"
			for path != "" && !seen[path] {
				seen[path] = true
				r := c.want(200, "GET", path, "")
				for _, id := range r.values(t, "id") {
					ids[id] = true
					rows++
				}
				pages++
				path = r.next(t)
			}
			if pages != tt.pages || rows != tt.rows || len(ids) != tt.uniq || (path != "") != tt.repeated {
				t.Errorf("%d pages, %d rows, %d contacts, stopped at %q", pages, rows, len(ids), path)
			}
		})
	}
	c := numbered(t, 25, Options{Faults: "foreign-link:#1"})
	u, err := url.Parse(c.want(200, "GET", "/v1.0/me/contacts", "").text(t, "@odata.nextLink"))
	if err != nil || u.Host == "sandbox.test" || !strings.HasSuffix(u.Host, ".invalid") {
		t.Errorf("link %v: %v", u, err)
	}
}

func TestFaultPhoto404(t *testing.T) {
	c := open(t, Options{Faults: "photo-404:#1,gone:100%"})
	id := c.create("/v1.0/me/contacts", "{}")
	path := "/v1.0/me/contacts/" + id + "/photo/$value"
	c.want(200, "PUT", path, jpegOf(t, 2, 2), "Content-Type: image/jpeg")
	c.wantError(404, "ErrorItemNotFound", "GET", path, "")
	c.want(200, "GET", path, "")
}

// TestFaultsRepeat expects the same faults in the same order from two servers,
// and about as many of them as asked for.
func TestFaultsRepeat(t *testing.T) {
	const calls = 1000
	run := func() (statuses []int) {
		c := open(t, Options{Faults: "429:10%,503:5%"})
		for range calls {
			statuses = append(statuses, c.do("GET", "/v1.0/me", "").status)
		}
		return statuses
	}
	first := run()
	if !slices.Equal(first, run()) {
		t.Error("the second run differs")
	}
	failed := 0
	for _, status := range first {
		if status != 200 {
			failed++
		}
	}
	if failed < calls/10 || failed > calls/5 {
		t.Errorf("%d of %d failed", failed, calls)
	}
}

// TestAllFaults draws from every fault that a client survives and from no other.
func TestAllFaults(t *testing.T) {
	c := numbered(t, 30, Options{Faults: "all:0%"})
	plan, err := parseFaults("all:50%")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[fault]bool{}
	for n := range uint64(2000) {
		for _, method := range []string{"GET", "POST"} {
			r, err := newRequest(method, "/v1.0/me/contacts")
			if err != nil {
				t.Fatal(err)
			}
			seen[plan.pick(&call{s: c.s, r: r, n: n})] = true
		}
	}
	for _, f := range faultsNamed("all") {
		if f != faultGone && !seen[f] {
			t.Errorf("%s never happened", f)
		}
	}
	if seen[faultForeignLink] || seen[faultPhoto404] {
		t.Error("a fault that no client survives happened")
	}
}
