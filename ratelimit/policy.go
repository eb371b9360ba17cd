package ratelimit

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// statedLimits returns the limits that an answer states in the header
// RateLimit-Policy, and whether it states any
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/: a list of
// policies, each with a quota q, its unit qu, and a window of w seconds). Microsoft
// sends none; the embedded service does, whose clock can run faster. What is not
// understood is as if it were not there.
func statedLimits(h http.Header) (l Limits, ok bool) {
	for _, field := range h["Ratelimit-Policy"] {
		for policy := range strings.SplitSeq(field, ",") {
			ok = l.state(policy) || ok
		}
	}
	return l, ok
}

// state adds one policy. The name of it, and parameters that are not known, mean
// nothing here.
func (l *Limits) state(policy string) bool {
	_, parameters, _ := strings.Cut(policy, ";")
	unit, quota, seconds := "requests", int64(0), 0.0
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		var err error
		switch name {
		case "q":
			quota, err = strconv.ParseInt(value, 10, 64)
		case "w":
			seconds, err = strconv.ParseFloat(value, 64)
		case "qu":
			unit = strings.Trim(value, `"`)
		}
		if err != nil {
			return false
		}
	}
	window := time.Duration(seconds * float64(time.Second))
	isWindow := seconds > 0 && seconds <= time.Hour.Seconds()
	switch {
	case quota <= 0:
		return false
	case unit == "requests" && isWindow:
		l.Requests, l.Window = int(min(quota, 1<<30)), window
	case unit == "content-bytes" && isWindow:
		l.Upload, l.UploadWindow = quota, window
	case unit == "concurrent-requests":
		l.InFlight = int(min(quota, 1<<30))
	default:
		return false
	}
	return true
}
