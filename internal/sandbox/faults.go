package sandbox

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A fault is one thing that goes wrong. The zero value is none.
type fault string

// The faults, by the names that the command line knows.
const (
	fault429             fault = "429"
	fault429Bare         fault = "429-bare" // without Retry-After
	fault500             fault = "500"
	fault502             fault = "502"
	fault503             fault = "503"
	fault504             fault = "504" // a write is applied all the same
	faultResetBefore     fault = "reset-before"
	faultResetAfterWrite fault = "reset-after-write"
	faultTruncate        fault = "truncate"
	faultSlow            fault = "slow"
	faultBadJSON         fault = "bad-json"
	faultEmptyPage       fault = "empty-page"
	faultRepeatLink      fault = "repeat-link" // nextLink is the page's own URL
	faultLoopLink        fault = "loop-link"   // nextLink leads back to the start
	faultGone            fault = "gone"
	faultTokenExpired    fault = "token-expired"
	faultDuplicateRows   fault = "duplicate-rows"
	faultForeignLink     fault = "foreign-link"
	faultPhoto404        fault = "photo-404"
)

// faultTable is all that there is to say about faults, for a command's help. A
// correct client survives those that are not marked hard, for which all stands.
var faultTable = [...]struct {
	fault fault
	help  string
	hard  bool
}{
	{fault429, "the request is throttled, and Retry-After says for how long", false},
	{fault429Bare, "the same without Retry-After", false},
	{fault500, "an internal error, nothing is done", false},
	{fault502, "a gateway answers in HTML, nothing is done", false},
	{fault503, "the service is unavailable, with and without Retry-After, nothing is done", false},
	{fault504, "a gateway gives up; a write is applied all the same", false},
	{faultResetBefore, "the connection is cut before anything is done", false},
	{faultResetAfterWrite, "the connection is cut after the write was applied", false},
	{faultTruncate, "the answer to a read breaks off", false},
	{faultSlow, "the answer takes two seconds", false},
	{faultBadJSON, "the answer to a read is half of its JSON", false},
	{faultEmptyPage, "a page without rows, with a link to go on", false},
	{faultRepeatLink, "a page links to itself", false},
	{faultLoopLink, "a page links back to the first one", false},
	{faultGone, "change tracking has lost its state (410), also in mid-round", false},
	{faultTokenExpired, "the token counts as expired", false},
	{faultDuplicateRows, "a page shows rows twice", false},
	{faultForeignLink, "a page links to another host", true},
	{faultPhoto404, "a photo that is there is not found", true},
}

// FaultsHelp lists the faults for a command's help, a line each.
func FaultsHelp() string {
	var b strings.Builder
	for _, row := range faultTable {
		fmt.Fprintf(&b, "  %-18s %s\n", row.fault, row.help)
	}
	fmt.Fprintf(&b, "  %-18s one of all those that a correct client survives: not the last two\n", "all")
	return b.String()
}

// faultsNamed returns the faults that a name stands for; nil where it is none.
func faultsNamed(name string) (faults []fault) {
	for _, row := range faultTable {
		if string(row.fault) == name || name == "all" && !row.hard {
			faults = append(faults, row.fault)
		}
	}
	return faults
}

// slowness is how long the fault slow takes, before the time scale.
const slowness = 2 * time.Second

// A faultPlan says when what goes wrong.
type faultPlan struct{ rules []*faultRule }

// A faultRule lets one of its faults happen with a probability, or at the n-th
// request that the fault concerns.
type faultRule struct {
	faults []fault
	chance float64
	nth    int64
	seen   atomic.Int64
}

// parseFaults reads NAME:5% and NAME:#17, joined with commas.
func parseFaults(spec string) (*faultPlan, error) {
	plan := &faultPlan{}
	if strings.TrimSpace(spec) == "" {
		return plan, nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		rule, err := parseFault(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		plan.rules = append(plan.rules, rule)
	}
	return plan, nil
}

func parseFault(part string) (*faultRule, error) {
	name, when, found := strings.Cut(part, ":")
	if !found {
		return nil, fmt.Errorf("fault %q: want NAME:5%% or NAME:#17", part)
	}
	rule := &faultRule{faults: faultsNamed(name)}
	if rule.faults == nil {
		return nil, fmt.Errorf("fault %q: no fault has this name", name)
	}
	if number, isNth := strings.CutPrefix(when, "#"); isNth {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("fault %q: %q is not the number of a request", name, when)
		}
		rule.nth = n
		return rule, nil
	}
	number, isChance := strings.CutSuffix(when, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if !isChance || err != nil || !(percent >= 0 && percent <= 100) {
		return nil, fmt.Errorf("fault %q: %q is neither a percentage nor #n", name, when)
	}
	rule.chance = percent / 100
	return rule, nil
}

// pick decides what goes wrong with a request. It depends on the number of the
// request alone, so that a run can be repeated.
func (p *faultPlan) pick(c *call) fault {
	for i, rule := range p.rules {
		var concerned []fault
		for _, f := range rule.faults {
			if f.concerns(c) {
				concerned = append(concerned, f)
			}
		}
		if len(concerned) == 0 {
			continue
		}
		random := rand.New(rand.NewPCG(uint64(i+1), c.n))
		hit := random.Float64() < rule.chance
		if rule.nth > 0 {
			hit = rule.seen.Add(1) == rule.nth
		}
		if hit {
			return concerned[random.IntN(len(concerned))]
		}
	}
	return ""
}

// concerns reports whether the fault can befall the request.
func (f fault) concerns(c *call) bool {
	read := c.r.Method == http.MethodGet
	if c.part && f.cuts() {
		return false
	}
	photo := isPhotoPath(c.r.URL.Path)
	switch f {
	case faultResetAfterWrite:
		return !read
	case faultTruncate:
		return read
	case faultBadJSON:
		return read && !strings.HasSuffix(c.r.URL.Path, "/$value")
	case faultEmptyPage, faultRepeatLink, faultLoopLink, faultDuplicateRows, faultForeignLink:
		t, err := parseTarget(c.r.URL)
		return read && err == nil && t.resource.listed()
	case faultGone:
		return read && syncing(c.r.URL)
	case faultPhoto404:
		return read && photo
	}
	return true
}

// cuts reports whether the fault is one of a connection, or of the bytes on it;
// parts of a batch have none of their own.
func (f fault) cuts() bool {
	switch f {
	case faultResetBefore, faultResetAfterWrite, faultTruncate, faultBadJSON:
		return true
	}
	return false
}

// around lets the fault of a request happen, if it has one; alive is false
// when the connection is to be cut instead of answering.
func (p *faultPlan) around(c *call, next func(*call) *answer) (a *answer, alive bool) {
	c.fault = p.pick(c)
	switch c.fault {
	case faultResetBefore:
		return nil, false
	case fault429, fault429Bare, fault500, fault502, fault503, faultTokenExpired:
		return c.refuse(), true
	case fault504:
		if c.r.Method != http.MethodGet {
			next(c)
		}
		return (&answer{status: http.StatusGatewayTimeout}).with("Content-Type", "text/plain"), true
	case faultPhoto404:
		c.target, _ = parseTarget(c.r.URL)
		return c.failed(errNoPhoto), true
	case faultGone:
		c.target, _ = parseTarget(c.r.URL)
		return c.gone([...]*failure{errSyncUnknown, errResync}[c.n%2]), true
	}
	a = next(c)
	switch {
	case c.fault == faultResetAfterWrite:
		return nil, false
	case a.status >= 300:
	case c.fault == faultTruncate && len(a.body) > 1:
		a.with("Content-Length", strconv.Itoa(len(a.body)))
		a.body = a.body[:len(a.body)/2]
	case c.fault == faultBadJSON && len(a.body) > 1:
		a.body = a.body[:len(a.body)/2]
	}
	return a, true
}

// refuse answers without doing anything.
func (c *call) refuse() *answer {
	c.target, _ = parseTarget(c.r.URL)
	switch c.fault {
	case fault429, fault429Bare:
		a := c.failed(&failure{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests."})
		if c.fault == fault429 {
			a.with("Retry-After", c.retryAfter())
		}
		return a
	case fault500:
		return c.failed(&failure{status: http.StatusInternalServerError, code: "ErrorInternalServerTransientError", message: "An internal server error occurred. Try again later."})
	case fault502:
		return (&answer{status: http.StatusBadGateway, body: []byte("<html><body><h1>502 Bad Gateway</h1></body></html>")}).with("Content-Type", "text/html")
	case faultTokenExpired:
		return c.failed(errExpiredToken)
	}
	a := c.failed(&failure{status: http.StatusServiceUnavailable, code: "MailboxInfoStale", message: "Mailbox info is stale."})
	switch c.n % 3 {
	case 0:
		a.body = nil
	case 1:
		a.body = []byte("The service is unavailable.")
		a.with("Content-Type", "text/plain")
	default:
		a.with("Retry-After", c.retryAfter())
	}
	return a
}

// retryAfter is a wait of about a second, as a number or, in real time, now
// and then as the date that HTTP allows too.
func (c *call) retryAfter() string {
	if c.n%3 == 2 && c.s.scale <= 1 {
		return time.Now().Add(time.Second).UTC().Format(http.TimeFormat)
	}
	return retryAfter(c.s.scaled(time.Second), c.s.scale <= 1 && c.n%2 == 1)
}

// stall makes a slow call slow.
func (c *call) stall() {
	if c.fault == faultSlow {
		pause(c.r, c.s.scaled(slowness))
	}
}

// bendPage applies the faults of lists to the rows and the next link of a page.
func bendPage[T any](c *call, page []T, links pageLinks) ([]T, string) {
	switch c.fault {
	case faultEmptyPage:
		return nil, links.again
	case faultRepeatLink:
		return page, c.base + c.r.URL.RequestURI()
	case faultLoopLink:
		return page, links.start
	case faultDuplicateRows:
		return append(page[:len(page):len(page)], page[:min(2, len(page))]...), links.next
	case faultForeignLink:
		if link, err := url.Parse(links.onward); err == nil {
			link.Host = "graph.attacker.invalid"
			return page, link.String()
		}
	}
	return page, links.next
}

// hangUp resets the connection of a request.
func hangUp(w http.ResponseWriter) {
	if hijacker, ok := w.(http.Hijacker); ok {
		if conn, _, err := hijacker.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetLinger(0) // reset rather than close; failing that, closing does
			}
			conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}
