package sandbox

import (
	"net/url"
	"strings"
	"testing"
)

// TestFaultGone strikes in mid-round and at the first page of a later one, and
// never at the first page of all.
func TestFaultGone(t *testing.T) {
	c := numbered(t, 25, Options{Faults: "gone:100%"})
	r := c.want(200, "GET", contactDelta, "")
	codes := map[string]bool{}
	for range 4 {
		gone := c.want(410, "GET", r.next(t), "")
		codes[gone.code(t)] = true
		if (gone.header.Get("Location") != "") != (gone.code(t) == "resyncRequired") {
			t.Errorf("%s with Location %q", gone.code(t), gone.header.Get("Location"))
		}
	}
	if !codes["SyncStateNotFound"] || !codes["resyncRequired"] {
		t.Errorf("codes %v", codes)
	}
	all := c.want(200, "GET", contactDelta, "", "Prefer: odata.maxpagesize=200")
	c.want(410, "GET", strings.TrimPrefix(all.text(t, "@odata.deltaLink"), "http://sandbox.test"), "")
	c.all("/v1.0/me/contacts", "id")
	c.all("/api/v2.0/me/contacts", "Id")
}

// TestFaultsOfDeltaPages has one fault on the second page of a round.
func TestFaultsOfDeltaPages(t *testing.T) {
	for _, tt := range []struct {
		fault             string
		pages, rows, uniq int
		repeated          bool
	}{
		{"empty-page", 4, 25, 25, false}, {"duplicate-rows", 3, 27, 25, false}, {"repeat-link", 2, 20, 20, true}, {"loop-link", 2, 20, 20, true},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			c := numbered(t, 25, Options{Faults: tt.fault + ":#2"})
			seen, ids := map[string]bool{}, map[string]bool{}
			pages, rows, path := 0, 0, contactDelta
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
}

// FuzzDeltaToken sends tokens that the service has not made.
func FuzzDeltaToken(f *testing.F) {
	s, err := Open(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	c := &client{nil, s}
	for _, seed := range []string{"", "x", "latest", "AAAAAAAAAAAAAAAAAAAAAAAA", "s3BGEDHEHi8psUD2eyJrIjoxfQ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		c := &client{t, c.s}
		r := c.do("GET", contactDelta+"?$deltatoken="+url.QueryEscape(token), "")
		if r.status != 410 && r.status != 400 && token != "" {
			t.Errorf("token %q: status %d", token, r.status)
		}
	})
}
