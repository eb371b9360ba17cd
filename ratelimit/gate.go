package ratelimit

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"
)

// gate lets requests through, in the order in which they came, as soon as no limit
// stands against the first of them.
type gate struct {
	options  Options
	mu       sync.Mutex
	queue    []*ticket
	inFlight int
	requests *window
	upload   *window
	fence    fence
	turn     time.Time // when the next request may go that is paced
	timer    *time.Timer

	bound      Wait // what holds up the first of the queue; no reason: nothing does
	boundSince time.Time
	stats      Stats
}

// ticket is one request before the gate or in flight.
type ticket struct {
	parts    int // as how many requests it counts
	places   int // that it holds in flight
	upload   int64
	incident int // the latest when it was sent
	ready    chan struct{}
	err      error // with ready: why it may not go
	left     bool
}

func newGate(o Options) *gate {
	now := time.Now()
	return &gate{
		options:  o,
		requests: newWindow(int64(o.Requests), o.Window, now),
		upload:   newWindow(o.Upload, o.UploadWindow, now),
		stats:    Stats{Waited: map[Reason]time.Duration{}},
	}
}

// change runs f on the gate, and then lets through what may now go.
func (g *gate) change(f func(now time.Time)) {
	g.mu.Lock()
	now := time.Now()
	f(now)
	wait, isNews := g.advance(now)
	g.mu.Unlock()
	if isNews && g.options.OnWait != nil {
		g.options.OnWait(wait)
	}
}

// enter waits until a request with so many bytes of body may be sent. The ticket
// is to be given back with answer and leave.
func (g *gate) enter(ctx context.Context, upload int64) (*ticket, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	t := &ticket{parts: partsOf(ctx), upload: upload, ready: make(chan struct{})}
	g.change(func(time.Time) { g.queue = append(g.queue, t) })
	select {
	case <-t.ready:
		return t, t.err
	case <-ctx.Done():
		g.change(func(time.Time) { g.withdraw(t) })
		return nil, context.Cause(ctx)
	}
}

// withdraw takes back a ticket that nobody waits for any longer. It may just have
// been let through.
func (g *gate) withdraw(t *ticket) {
	if i := slices.Index(g.queue, t); i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
		return
	}
	if t.err == nil {
		g.inFlight -= t.places
		g.stats.Requests -= t.parts
		for w, n := range g.costs(t) {
			w.take(-n)
		}
	}
}

// reply is what an answer says about the mailbox.
type reply int

const (
	nothing     reply = iota // it never came, or tells of trouble elsewhere
	passed                   // the mailbox is open
	unavailable              // it asks for a wait
	tooMany                  // it throttles
)

// answer notes that the request was answered, or failed. wait is the time that the
// service asks for, zero if it does not say how long. It returns how long this one
// request is to wait before it is sent again, beside what holds up all.
func (g *gate) answer(t *ticket, r reply, wait time.Duration) (own time.Duration) {
	g.change(func(now time.Time) {
		for w, n := range g.costs(t) {
			w.answer(now, n)
		}
		switch r {
		case passed:
			g.fence.pass(t.incident)
		case unavailable:
			g.fence.raise(now, wait, g.options.MaxWait, t.incident)
		case tooMany:
			own = g.tooMany(now, wait, t.incident)
		}
	})
	return own
}

// tooMany notes an answer 429 to what was sent after that incident.
func (g *gate) tooMany(now time.Time, wait time.Duration, incident int) (own time.Duration) {
	g.stats.Throttled++
	var isNew bool
	if isNew, own = g.fence.raise(now, wait, g.options.MaxWait, incident); isNew && g.fence.concernsBudget(wait, g.options.Window) {
		g.fence.halve(now, g.options.Window)
	}
	return own
}

// throttled notes an answer 429 within another one.
func (g *gate) throttled(wait time.Duration) (own time.Duration) {
	g.change(func(now time.Time) { own = g.tooMany(now, wait, g.fence.incident) })
	return own
}

// adopt takes the limits that the service states for those that hold.
func (g *gate) adopt(l Limits) {
	l = l.complete()
	g.mu.Lock()
	known := g.options.Limits == l
	g.mu.Unlock()
	if known {
		return
	}
	g.change(func(now time.Time) {
		g.options.Limits = l
		g.requests.change(int64(l.Requests), l.Window, now)
		g.upload.change(l.Upload, l.UploadWindow, now)
	})
}

// forecast returns when so many requests more, with so many bytes of bodies, will
// have been let through at the earliest, and what they wait for; no reason when
// nothing but the requests before them.
func (g *gate) forecast(requests, upload int64) Wait {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	var latest Wait
	for _, w := range []Wait{
		{Throttled, g.fence.until},
		{Requests, g.requests.forecast(now, requests)},
		{Upload, g.upload.forecast(now, upload)},
		{Pace, g.paced(now, requests)},
	} {
		if w.Until.After(now) && w.Until.After(latest.Until) {
			latest = w
		}
	}
	return latest
}

// paced returns when so many requests will have gone through at the pace that was
// learnt from being throttled; zero when they need not be paced.
func (g *gate) paced(now time.Time, requests int64) time.Time {
	share := g.fence.shareNow(now, g.options.Window)
	if share == 1 || g.requests.limit == 0 {
		return time.Time{}
	}
	free := int64(share*float64(g.requests.limit)) - g.requests.used(now)
	if requests <= free {
		return time.Time{}
	}
	return now.Add(time.Duration(requests-max(free, 0)) * g.spacing(share))
}

// spacing returns the time between two requests that use a share of the budget up
// in a window.
func (g *gate) spacing(share float64) time.Duration {
	return time.Duration(float64(g.options.Window) / (share * float64(g.requests.limit)))
}

// leave gives back the slot of a request. Later calls do nothing.
func (g *gate) leave(t *ticket) {
	g.change(func(time.Time) {
		if !t.left {
			t.left = true
			g.inFlight -= t.places
		}
	})
}

// costs yields the budgets, and what the request takes of each.
func (g *gate) costs(t *ticket) iter.Seq2[*window, int64] {
	return func(yield func(*window, int64) bool) {
		_ = yield(g.requests, int64(t.parts)) && yield(g.upload, t.upload)
	}
}

// retried counts a repetition, which waited for so long.
func (g *gate) retried(waited time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Retries++
	if waited > 0 {
		g.stats.Waited[Backoff] += waited
	}
}

func (g *gate) statistics() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.account(time.Now())
	stats := g.stats
	stats.Waited = make(map[Reason]time.Duration, len(g.stats.Waited))
	for reason, waited := range g.stats.Waited {
		stats.Waited[reason] = waited
	}
	return stats
}

// advance lets tickets through until the first must wait, and sees to it that it
// does not wait too long. It returns what the first waits for, and whether that is
// worth telling.
func (g *gate) advance(now time.Time) (Wait, bool) {
	var wait Wait
	for len(g.queue) > 0 {
		first := g.queue[0]
		wait = g.obstacle(now, first)
		tooLong := wait.Reason == Throttled && wait.Until.Sub(now) > g.options.MaxWait+longestJitter
		if wait.Reason != "" && !tooLong {
			break
		}
		g.queue = g.queue[1:]
		if tooLong {
			first.err = &TooLongError{wait.Until.Sub(now)}
			wait = Wait{}
		} else {
			g.admit(now, first)
		}
		close(first.ready)
	}
	g.account(now)
	isNews := wait != g.bound && wait.Until.Sub(now) >= time.Second
	g.bound = wait
	g.setTimer(now, wait.Until)
	return wait, isNews
}

// account adds the time since the last look to what the first of the queue waited.
func (g *gate) account(now time.Time) {
	if waited := now.Sub(g.boundSince); g.bound.Reason != "" && waited > 0 {
		g.stats.Waited[g.bound.Reason] += waited
	}
	g.boundSince = now
}

// setTimer makes the gate look again at a time; zero is never.
func (g *gate) setTimer(now, at time.Time) {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if !at.IsZero() {
		g.timer = time.AfterFunc(at.Sub(now), func() { g.change(func(time.Time) {}) })
	}
}

// obstacle returns what stands against a request, the longest wait of all; no
// reason when nothing does. A time of zero is not known.
func (g *gate) obstacle(now time.Time, t *ticket) Wait {
	var wait Wait
	until := func(reason Reason, at time.Time) {
		if at.After(now) && at.After(wait.Until) {
			wait = Wait{reason, at}
		}
	}
	until(Throttled, g.fence.until)
	for w, n := range g.costs(t) {
		reason := Requests
		if w == g.upload {
			reason = Upload
		}
		at := w.free(now, n)
		if at.IsZero() && wait.Reason == "" {
			wait.Reason = reason
		}
		until(reason, at)
	}
	if g.isPaced(now) {
		until(Pace, g.turn)
	}
	if wait.Reason == "" && g.options.InFlight > 0 && g.inFlight+g.options.places(t.parts) > g.options.InFlight {
		wait.Reason = InFlight
	}
	return wait
}

// isPaced reports whether the share of the budget that may be used freely is used.
func (g *gate) isPaced(now time.Time) bool {
	share := g.fence.shareNow(now, g.options.Window)
	return share < 1 && g.requests.limit > 0 && float64(g.requests.used(now)) >= share*float64(g.requests.limit)
}

// admit lets a request through.
func (g *gate) admit(now time.Time, t *ticket) {
	if g.isPaced(now) {
		g.turn = now.Add(g.spacing(g.fence.shareNow(now, g.options.Window)))
	}
	t.places = g.options.places(t.parts)
	g.inFlight += t.places
	g.stats.Requests += t.parts
	t.incident = g.fence.incident
	for w, n := range g.costs(t) {
		w.take(n)
	}
}
