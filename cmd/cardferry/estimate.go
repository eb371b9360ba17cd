package main

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/ratelimit"
)

// An estimate tells how long a stage of a run has still to go, and which limit makes
// it take so long. A nil one knows nothing.
type estimate struct {
	pacer  *ratelimit.Client
	photos *photosAhead // may be nil
	stage  string
	began  time.Time // of the stage
	from   ratelimit.Stats
}

// photosAhead counts the photos of the records that are read. They are stored after
// the contacts.
type photosAhead struct{ count, bytes atomic.Int64 }

func (a *photosAhead) counted(contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range contacts {
			if c != nil && c.Photo != nil {
				a.count.Add(1)
				a.bytes.Add(int64(len(c.Photo.Data)))
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// begin is called at the start of every stage.
func (e *estimate) begin(stage string) {
	if e != nil {
		e.stage, e.began, e.from = stage, time.Now(), e.pacer.Stats()
	}
}

// text says for people what is known after done of total steps of the stage, in no
// more characters than there is room for.
func (e *estimate) text(done, total, room int) string {
	if e == nil {
		return ""
	}
	now := time.Now()
	left, limit := e.left(now, done, total)
	var waiting, rest string
	if wait := e.pacer.Forecast(1, 0); wait.Until.Sub(now) >= 2*time.Second {
		waiting, limit = "waiting until "+wait.Until.Local().Format(time.TimeOnly), wait.Reason
	}
	if left > 0 {
		rest = duration(left) + " left"
	}
	if waiting == "" && rest == "" {
		return ""
	}
	by := limitText(limit, e.pacer.Limits())
	for _, words := range [][]string{{waiting, rest, by}, {rest, by}, {waiting, rest}, {rest}} {
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		if text := strings.Join(words, ", "); len(text) <= room {
			return text
		}
	}
	return ""
}

// left returns the time that the stage, and the photos after it, will still take, zero
// if that is not known, and the limit that makes it so long. Each step is taken to
// cost as many requests as those that are done; the requests go as fast as they did
// while nothing held them up, but no faster than the limits let them.
func (e *estimate) left(now time.Time, done, total int) (time.Duration, ratelimit.Reason) {
	stats := e.pacer.Stats()
	requests := stats.Requests - e.from.Requests
	if done == 0 || total <= done || requests == 0 {
		return 0, ""
	}
	ahead := float64(total-done) * float64(requests) / float64(done)
	upload := int64(0)
	switch {
	case e.photos == nil:
	case e.stage == importer.StageContacts:
		ahead += float64(e.photos.count.Load())
		upload = e.photos.bytes.Load()
	case e.stage == importer.StagePhotos:
		upload = e.photos.bytes.Load() * int64(total-done) / int64(total)
	}
	held := time.Duration(0)
	for _, reason := range []ratelimit.Reason{ratelimit.Requests, ratelimit.Upload, ratelimit.Throttled, ratelimit.Pace} {
		held += stats.Waited[reason] - e.from.Waited[reason]
	}
	free := max(now.Sub(e.began)-held, time.Millisecond)
	left := time.Duration(ahead * float64(free) / float64(requests))
	limit := ratelimit.InFlight
	if wait := e.pacer.Forecast(int64(ahead), upload); wait.Until.Sub(now) > left {
		left, limit = wait.Until.Sub(now), wait.Reason
	}
	return left, limit
}

// limitText names a limit for people; one that does not exist is "".
func limitText(r ratelimit.Reason, l ratelimit.Limits) string {
	switch r {
	case ratelimit.Requests:
		return "limit " + thousands(l.Requests) + " requests/" + duration(l.Window)
	case ratelimit.Upload:
		return "limit " + thousands(int(l.Upload/1_000_000)) + " MB/" + duration(l.UploadWindow)
	case ratelimit.Throttled:
		return "as the service asks"
	case ratelimit.Pace:
		return "slower after being throttled"
	}
	if l.InFlight == 0 {
		return ""
	}
	return fmt.Sprintf("limit %d requests at a time", l.InFlight)
}

// duration spells a time to wait, in the unit that people would use.
func duration(d time.Duration) string {
	switch {
	case d < 2*time.Minute && d%time.Minute != 0 || d < time.Minute:
		return strconv.Itoa(int(max(d, time.Second).Round(time.Second).Seconds())) + " s"
	case d < 2*time.Hour:
		return strconv.Itoa(int(d.Round(time.Minute).Minutes())) + " min"
	}
	return strconv.FormatFloat(d.Hours(), 'f', 1, 64) + " h"
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return thousands(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// waited says how long a run was held up by limits, if that is worth a line, and by
// which of them the longest.
func waited(pacer *ratelimit.Client) string {
	var total, longest time.Duration
	var by ratelimit.Reason
	for _, reason := range []ratelimit.Reason{ratelimit.Requests, ratelimit.Upload, ratelimit.Throttled, ratelimit.Pace} {
		d := pacer.Stats().Waited[reason]
		if total += d; d > longest {
			longest, by = d, reason
		}
	}
	if total < 10*time.Second {
		return ""
	}
	return fmt.Sprintf("%s of it were waiting: %s", duration(total), cmp.Or(limitText(by, pacer.Limits()), "the service's limits"))
}

// sayWait tells of a long wait as it begins, under --verbose, which has no bar.
func (u *ui) sayWait(w ratelimit.Wait) {
	if left := time.Until(w.Until); left >= 10*time.Second {
		u.note("waiting %s, until %s: %s", duration(left), w.Until.Local().Format(time.TimeOnly), reasonText(w.Reason))
	}
}

func reasonText(r ratelimit.Reason) string {
	switch r {
	case ratelimit.Requests:
		return "the service allows no more requests before then"
	case ratelimit.Upload:
		return "the service takes no more photos before then"
	}
	return "the service asks for it"
}
