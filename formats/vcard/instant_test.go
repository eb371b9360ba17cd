package vcard

import (
	"testing"
	"time"
)

func TestInstants(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(9999, 12, 31, 23, 59, 59, 999, time.UTC), time.Date(12026, 1, 2, 3, 4, 5, 0, time.UTC),
		time.Date(-5, 1, 2, 3, 4, 5, 0, time.UTC), time.Date(1604, 2, 29, 0, 0, 0, 0, time.FixedZone("", 3600)), time.Date(476, 10, 10, 10, 10, 10, 0, time.UTC)} {
		for layout, v4 := range map[string]bool{"20060102T150405Z": true, "2006-01-02T15:04:05Z": false} {
			w := writer{v4: v4}
			if got, want := string(w.appendTime(nil, at)), at.UTC().Format(layout); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	}
}
