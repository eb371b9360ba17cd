package ratelimit

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestNamed bounds what a header can make a Duration overflow with.
const longestNamed = 365 * 24 * time.Hour

// retryAfter returns the wait that an answer asks for (RFC 9110, 10.2.3: seconds or
// a date; Microsoft also sends fractions), and whether it asks for any. A date counts from the service's own, so that a wrong
// clock here does no harm. A date that is past asks for a wait of zero; what is
// negative or no time at all is as if it were not there.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, false
		}
		return time.Duration(min(seconds, longestNamed.Seconds()) * float64(time.Second)), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), longestNamed), true
}
