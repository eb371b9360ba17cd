// Package ratelimit keeps one program within one mailbox's limits: it counts
// requests and uploaded bytes as the service does, bounds how many are in flight,
// obeys Retry-After, and repeats what can safely be repeated.
//
// A [Client] wraps the call of one HTTP request, as near to the connection as can
// be: a layer below it that follows redirects or signs in would send requests that
// nobody counts. There is one Client per application and mailbox, shared by
// everything that talks to that mailbox.
//
// # Budgets
//
// A request counts from the moment it is sent until a window after its answer, so
// that at no time, however long it travels, the service sees more than its limit.
// One percent of each budget is kept in reserve. Within its budget a Client does
// not pace: the documented limits allow a burst. A service that states its limits
// itself (in the header RateLimit-Policy) is believed.
//
// Where the service throttles in spite of the budget, with long waits or so that
// hardly anything gets through, somebody else is using the budget too. Then each such
// incident halves the part of the request budget that may be used
// freely, down to a quarter; beyond that part requests are spread evenly, at the
// rate that would use the part up in a window. The part grows back to the whole
// within a window without incidents.
//
// # Throttling
//
// An answer 429, or 503 with Retry-After, makes every request of the mailbox wait
// for as long as Retry-After says (fractions honoured, then lengthened a little
// by chance); of several such answers the latest end counts. A 429 that names no
// time makes its own request wait half a second, and the second without a success in
// between makes all wait, twice as long each time, up to two minutes.
//
// # Retries
//
// A 429 is repeated whatever the method, for the service has not carried it out,
// and does not count as a try; after three times MaxWait of it, it is the caller's.
// A 503 with Retry-After is repeated whatever the method as well. Otherwise 500,
// 502, 503, 504 and broken connections are repeated for GET, HEAD, OPTIONS, PUT,
// PATCH and DELETE, and for WebDAV's PROPFIND, REPORT (but for 500), MKCOL and
// PROPPATCH. A POST may have been carried out: its answer or error is the
// caller's. A request with a body is repeated only if it has GetBody, as
// http.NewRequest provides for the usual readers.
package ratelimit

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// A Doer performs one HTTP request, as [http.Client.Do] does. One that also has
// the method CloseIdleConnections is asked to close them before a request is
// repeated that failed for reasons of its connection.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Limits are what a service allows one application in one mailbox. A zero field
// means that there is no such limit.
type Limits struct {
	Requests     int           // in any Window
	Window       time.Duration // 0 with Requests is 10 minutes
	InFlight     int           // requests at one time
	Upload       int64         // bytes of POST, PUT and PATCH bodies in any UploadWindow
	UploadWindow time.Duration // 0 with Upload is 5 minutes
}

// Outlook returns the limits of Microsoft's Outlook service, the same for Graph
// and for the Outlook REST API
// (https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits).
func Outlook() Limits {
	return Limits{
		Requests: 10_000, Window: 10 * time.Minute,
		InFlight: 4,
		Upload:   150_000_000, UploadWindow: 5 * time.Minute,
	}
}

// Options say how a [Client] behaves. The zero value has no limits, and obeys
// and retries as the fields say.
type Options struct {
	Limits
	MaxTries int           // of one request, throttled ones not counted; 0 is 5
	MaxWait  time.Duration // the longest Retry-After obeyed; 0 is 10 minutes
	Log      *slog.Logger  // nil for none; never sees an address
	// OnWait, if not nil, is told what holds the requests up, each time that
	// this changes and will last a second or more. It must return soon.
	OnWait func(Wait)
}

// Reason says what a request waits for.
type Reason string

const (
	InFlight  Reason = "in flight" // another request to end
	Requests  Reason = "requests"  // the request budget
	Upload    Reason = "upload"    // the upload budget
	Throttled Reason = "throttled" // the time that the service named
	Pace      Reason = "pace"      // its turn, after being throttled
	Backoff   Reason = "backoff"   // a while before it is tried again
)

// Wait is something that holds requests up.
type Wait struct {
	Reason Reason
	Until  time.Time
}

// Stats are what a [Client] has done so far.
type Stats struct {
	Requests  int // sent, repetitions included
	Throttled int // answered 429
	Retries   int // sent again, for whatever reason
	// Waited tells for how long the next request in line was held up, by reason;
	// for Backoff it is the sum over all requests.
	Waited map[Reason]time.Duration
}

// ErrTooLong: the service asks for a longer wait than Options.MaxWait. The error
// is a [*TooLongError].
var ErrTooLong = errors.New("the service asks for too long a wait")

// TooLongError tells how long the service asks to wait.
type TooLongError struct{ Wait time.Duration }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%v: %v", ErrTooLong, e.Wait.Round(time.Second))
}

// Unwrap returns [ErrTooLong].
func (e *TooLongError) Unwrap() error { return ErrTooLong }

// ErrTooLarge: the body is longer than the limit given to [Client.DoRead].
var ErrTooLarge = errors.New("the answer is too large")

// Client performs requests within limits. It is safe for concurrent use, and
// starts no goroutine.
type Client struct {
	next     Doer
	gate     *gate
	maxTries int
	maxWait  time.Duration
	log      *slog.Logger
}

// New returns a Client that sends through next.
func New(next Doer, o Options) *Client {
	orElse(&o.MaxTries, 5)
	orElse(&o.MaxWait, 10*time.Minute)
	o.Limits = o.Limits.complete()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{next: next, gate: newGate(o), maxTries: o.MaxTries, maxWait: o.MaxWait, log: o.Log}
}

// complete returns the limits with the windows that zero stands for.
func (l Limits) complete() Limits {
	orElse(&l.Window, 10*time.Minute)
	orElse(&l.UploadWindow, 5*time.Minute)
	return l
}

func orElse[T int | time.Duration](value *T, other T) {
	if *value <= 0 {
		*value = other
	}
}

// Do performs the request as [http.Client.Do] does: the answer is whatever came
// last, retries included, and an error means that no answer came. Every wait ends
// when the request's context ends, with its cause as the error.
//
// A write that has been sent is awaited for up to half a minute after its context
// ended: cut off, it might be carried out after the caller looked whether it was.
//
// The answer counts as in flight until its body is closed or has been read to its
// end. A caller that does neither blocks a slot for good.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	call := call{client: c, req: req, limit: -1}
	resp, _, err := call.do()
	return resp, err
}

// DoRead performs the request and reads the answer's body to its end, into the memory
// of buf where that is large enough (nil is none), under the
// same rules as [Client.Do]; a body that breaks off is repeated as a broken
// connection is. The response's own Body is closed. A body of more than limit
// bytes is [ErrTooLarge]. Where the answer came but its body did not, the response
// comes along with the error.
func (c *Client) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	call := call{client: c, req: req, limit: max(limit, 0), buf: buf}
	return call.do()
}

// Throttled notes an answer 429 that came within another answer, such as that to a part
// of a batch, and how long it asks to wait (0 is unknown): all requests wait as if it
// had been an answer of its own. It returns how long the same request is to wait
// besides.
func (c *Client) Throttled(wait time.Duration) time.Duration {
	return c.gate.throttled(min(wait, c.maxWait))
}

// Stats returns what the client has done so far.
func (c *Client) Stats() Stats { return c.gate.statistics() }

// Limits returns the limits that hold: those of the Options, until the service
// states its own.
func (c *Client) Limits() Limits {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	return c.gate.options.Limits
}

// Forecast returns when so many requests more will have been sent at the earliest,
// with so many bytes of bodies altogether, and which limit it is that keeps them from
// being sent sooner. A Wait without a reason says that no limit does, but for the
// number in flight.
func (c *Client) Forecast(requests, upload int64) Wait { return c.gate.forecast(requests, upload) }
