package ratelimit

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff   = 500 * time.Millisecond // after a 429 that names no time
	longestBackoff = 2 * time.Minute
	longestJitter  = 5 * time.Second
	leastShare     = 0.25 // of the budget that may be used freely
	longPart       = 100  // of a window: a wait of that part of it speaks of the window
	fewPassed      = 3    // answers between two incidents that are no success to speak of
	mostBarren     = 3    // incidents in a row with hardly any success before
)

// fence is the time until which a mailbox answers nothing, and what was learnt
// from it.
//
// The requests that were in flight when the first of them was answered 429 belong
// to the same incident as it: they may make the fence longer, and count for
// nothing more.
type fence struct {
	until    time.Time
	incident int           // number of the latest one
	repeated int           // incidents that named no time, in a row
	unnamed  time.Duration // the wait made up for the latest of them
	passed   int           // answers since the latest incident to what was sent after it
	barren   int           // incidents in a row with hardly any success before

	share   float64 // of the budget, at the time when it was last halved
	shareAt time.Time
}

// raise notes an answer that asks for a wait; zero is unknown. incident is the one
// that was the latest when the request was sent; longest is the longest wait to make
// up. It returns whether this is a new incident, and the wait that concerns the one
// request alone.
//
// An answer that names a time closes the mailbox until then. One that names none
// holds up its own request; the second of them without a success in between closes
// the mailbox.
func (f *fence) raise(now time.Time, wait, longest time.Duration, incident int) (isNew bool, own time.Duration) {
	isNew = incident == f.incident
	closes := true
	switch {
	case wait > 0:
		wait += time.Duration(rand.Int64N(int64(min(wait/10, longestJitter)) + 1))
	case isNew:
		wait = min(firstBackoff<<min(f.repeated, 10), longestBackoff, longest)
		wait += time.Duration(rand.Int64N(int64(wait/4) + 1))
		closes = f.repeated > 0
		f.repeated++
		f.unnamed = wait
	default:
		wait = f.unnamed
	}
	if until := now.Add(wait); closes && until.After(f.until) {
		f.until = until
	}
	if isNew {
		f.incident++
		if f.passed < fewPassed {
			f.barren++
		} else {
			f.barren = 0
		}
		f.passed = 0
	}
	if closes {
		return isNew, 0
	}
	return isNew, wait
}

// pass notes that a request got through which was sent after the incident of that
// number.
func (f *fence) pass(incident int) {
	if incident == f.incident {
		f.repeated = 0
		f.passed++
	}
}

// concernsBudget reports whether the latest incident, which asked for that wait, is
// likely to be about the requests in a window, which somebody else uses too: it asks
// for a long wait, or hardly anything gets through any longer. Others come from too
// much at one moment, or by chance.
func (f *fence) concernsBudget(wait, window time.Duration) bool {
	return wait >= window/longPart || f.barren >= mostBarren
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
