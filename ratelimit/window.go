package ratelimit

import "time"

// buckets is into how many parts a window is divided: the memory of a budget, and
// how exactly it is used (a request counts up to a bucket too long).
const buckets = 600

// window counts what was spent of a budget in the last span of time.
type window struct {
	limit  int64 // what may be used, the reserve taken off; 0: all
	width  time.Duration
	start  time.Time
	counts [buckets + 1]int64 // of answered requests, by bucket number modulo length
	newest int64              // number of the newest bucket
	spent  int64              // sum of counts
	open   int64              // of requests sent and not answered yet
}

// newWindow returns a budget of so much in any span; of 0, one without limit. One
// percent is kept in reserve, for what the two clocks and the two ways to count may
// differ.
func newWindow(limit int64, span time.Duration, start time.Time) *window {
	return &window{limit: max(limit-limit/100, 0), width: max(span/buckets, 1), start: start}
}

// change makes it another budget. What was spent of the old one counts as spent now.
func (w *window) change(limit int64, span time.Duration, now time.Time) {
	spent, open := w.used(now)-w.open, w.open
	*w = *newWindow(limit, span, now)
	w.open = open
	w.counts[0], w.spent = spent, spent
}

// forget drops what no window that ends now or later can hold.
func (w *window) forget(now time.Time) {
	current := int64(now.Sub(w.start) / w.width)
	if current-w.newest > buckets { // all of it is old
		w.counts, w.spent, w.newest = [buckets + 1]int64{}, 0, current
		return
	}
	for w.newest < current {
		w.newest++
		oldest := &w.counts[w.newest%(buckets+1)]
		w.spent -= *oldest
		*oldest = 0
	}
}

// used returns how much of the budget is used up.
func (w *window) used(now time.Time) int64 {
	w.forget(now)
	return w.spent + w.open
}

// free returns when n more fit: now, or the time at which enough of what was
// answered is forgotten, or zero when it takes the answer of an open request. More
// than the whole budget fits when nothing else is used.
func (w *window) free(now time.Time, n int64) time.Time {
	if w.limit == 0 {
		return now
	}
	over := w.used(now) + min(n, w.limit) - w.limit
	if over <= 0 {
		return now
	}
	for number := max(w.newest-buckets, 0); number <= w.newest; number++ {
		over -= w.counts[number%(buckets+1)]
		if over <= 0 {
			return w.start.Add(time.Duration(number+buckets+1) * w.width)
		}
	}
	return time.Time{}
}

// forecast returns when n more will have been let through, if they come as fast as
// the budget lets them: beyond what is free now, one whole budget per span.
func (w *window) forecast(now time.Time, n int64) time.Time {
	if w.limit == 0 || n <= 0 {
		return now
	}
	spans := (n - 1) / w.limit
	at := w.free(now, n-spans*w.limit)
	if at.IsZero() { // all of it is in flight
		at = now.Add(buckets * w.width)
	}
	return at.Add(time.Duration(spans) * buckets * w.width)
}

// take opens n.
func (w *window) take(n int64) { w.open += n }

// answer turns n that are open into n that are spent now, the latest time at which
// the service can have counted them.
func (w *window) answer(now time.Time, n int64) {
	w.forget(now)
	w.open -= n
	w.counts[w.newest%(buckets+1)] += n
	w.spent += n
}
