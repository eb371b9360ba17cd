package ratelimit

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff   = 2 * time.Second // after a 429 that names no time
	longestBackoff = 2 * time.Minute
	longestJitter  = 5 * time.Second
	leastShare     = 0.25 // of the budget that may be used freely
)

// fence is the time until which a mailbox answers nothing, and what was learnt
// from it.
//
// The requests that were in flight when the first of them was answered 429 belong
// to the same incident as it: they may make the fence longer, and count for
// nothing more.
type fence struct {
	until    time.Time
	incident int // number of the latest one
	repeated int // incidents that named no time, in a row

	share   float64 // of the budget, at the time of the latest incident
	shareAt time.Time
}

// raise makes the fence last for wait at least. A wait of zero is unknown.
// incident is the one that was the latest when the request was sent; longest is
// the longest wait to make up. It reports whether this is a new incident.
func (f *fence) raise(now time.Time, wait, longest time.Duration, incident int) bool {
	isNew := incident == f.incident
	switch {
	case wait > 0:
		wait += time.Duration(rand.Int64N(int64(min(wait/10, longestJitter)) + 1))
	case isNew:
		wait = min(firstBackoff<<min(f.repeated, 10), longestBackoff, longest)
		wait += time.Duration(rand.Int64N(int64(wait/4) + 1))
		f.repeated++
	}
	if until := now.Add(wait); until.After(f.until) {
		f.until = until
	}
	if isNew {
		f.incident++
	}
	return isNew
}

// passed notes that a request which was sent after the latest incident got through.
func (f *fence) passed(incident int) {
	if incident == f.incident {
		f.repeated = 0
	}
}

// halve reduces the share.
func (f *fence) halve(now time.Time, window time.Duration) {
	f.share = max(f.shareNow(now, window)/2, leastShare)
	f.shareAt = now
}

// shareNow returns the share of the budget that may be used freely: it grows by
// the whole in a window.
func (f *fence) shareNow(now time.Time, window time.Duration) float64 {
	if f.shareAt.IsZero() {
		return 1
	}
	return min(1, f.share+float64(now.Sub(f.shareAt))/float64(window))
}
