package sandbox

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// The limits of the Outlook service on one app and mailbox.
const (
	maxInFlight    = 4
	requestLimit   = 10_000
	requestWindow  = 10 * time.Minute
	uploadLimit    = 150 << 20
	uploadWindow   = 5 * time.Minute
	windowBuckets  = 100
	concurrentWait = 3 * time.Second
)

// A throttle holds the budgets of each app and mailbox.
type throttle struct {
	scale float64
	mu    sync.Mutex
	boxes map[string]*budget
}

type budget struct {
	inFlight         int
	requests, upload window
	refused          int
}

func newThrottle(scale float64) *throttle {
	return &throttle{scale: scale, boxes: map[string]*budget{}}
}

// policy is the header RateLimit-Policy that states the limits
// (draft-ietf-httpapi-ratelimit-headers). The real service sends none: it is here
// because no client can know how fast this clock runs.
func (t *throttle) policy() string {
	return fmt.Sprintf(`"requests";q=%d;w=%v, "upload";q=%d;qu="content-bytes";w=%v, "in-flight";q=%d;qu="concurrent-requests"`,
		requestLimit, t.scaled(requestWindow).Seconds(), uploadLimit, t.scaled(uploadWindow).Seconds(), maxInFlight)
}

// admit counts a request against the budgets of an app and mailbox and tells whether it
// is refused, and how long the client is to wait. Refused requests count like
// the others, so hammering prolongs the block. The caller calls done when the
// request has ended, refused or not.
func (t *throttle) admit(of string, r *http.Request) (done func(), wait string, refused *failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[of]
	if b == nil {
		b = &budget{requests: window{span: t.scaled(requestWindow)}, upload: window{span: t.scaled(uploadWindow)}}
		t.boxes[of] = b
	}
	now := time.Now()
	b.inFlight++
	done = func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		b.inFlight--
	}
	b.requests.add(now, 1)
	if r.ContentLength > 0 {
		b.upload.add(now, r.ContentLength)
	}
	var left time.Duration
	switch {
	case b.inFlight > maxInFlight:
		left = t.scaled(concurrentWait)
		refused = &failure{status: http.StatusTooManyRequests, code: "ApplicationThrottled", message: "Application is over its MailboxConcurrency limit."}
	case b.requests.sum(now) > requestLimit:
		left = b.requests.until(now, requestLimit)
		refused = &failure{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests."}
	case b.upload.sum(now) > uploadLimit:
		left = b.upload.until(now, uploadLimit)
		refused = &failure{status: http.StatusTooManyRequests, code: "ApplicationThrottled", message: "Application is over its upload limit."}
	default:
		return done, "", nil
	}
	b.refused++
	return done, retryAfter(left, t.scale <= 1 && b.refused%2 == 1), refused
}

func (t *throttle) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) / t.scale)
}

// retryAfter spells a wait as whole seconds or as a fraction; the service's
// documents show both. Where the time scale makes waits short it is always a
// fraction, so that a client that honours it is not held up by the rounding.
func retryAfter(wait time.Duration, whole bool) string {
	if whole {
		return strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10)
	}
	return strconv.FormatFloat(math.Ceil(wait.Seconds()*1000)/1000, 'f', 3, 64)
}

// A window sums amounts over the span before now, in steps of a hundredth of it.
type window struct {
	span    time.Duration
	buckets [windowBuckets]int64
	latest  int64 // number of the newest bucket, counted from the epoch
}

func (w *window) step() int64 { return max(1, int64(w.span)/windowBuckets) }

// advance empties the buckets that have left the span.
func (w *window) advance(now time.Time) {
	number := now.UnixNano() / w.step()
	for n := max(w.latest+1, number-windowBuckets+1); n <= number; n++ {
		w.buckets[n%windowBuckets] = 0
	}
	w.latest = max(w.latest, number)
}

func (w *window) add(now time.Time, amount int64) {
	w.advance(now)
	w.buckets[w.latest%windowBuckets] += amount
}

func (w *window) sum(now time.Time) (total int64) {
	w.advance(now)
	for _, n := range w.buckets {
		total += n
	}
	return total
}

// until is how long it takes before one more request fits the limit, if none
// comes in between.
func (w *window) until(now time.Time, limit int64) time.Duration {
	over := w.sum(now) + 1 - limit
	for age := int64(windowBuckets - 1); age >= 0; age-- {
		number := w.latest - age
		over -= w.buckets[((number%windowBuckets)+windowBuckets)%windowBuckets]
		if over <= 0 {
			return time.Duration((number+windowBuckets+1)*w.step() - now.UnixNano())
		}
	}
	return w.span
}
