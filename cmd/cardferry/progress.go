package main

import (
	"cmp"
	"fmt"
	"io"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"github.com/cardferry/cardferry/ratelimit"
)

// bar is the progress bar of a run, one stage after the other. A nil bar shows
// nothing. The ui's lock guards it.
type bar struct {
	out         io.Writer
	stage       string
	done, total int
	estimate    *estimate // nil: nobody knows how long it takes
	columns     int       // of the terminal; 0: ask it
	bar         *progressbar.ProgressBar
	stop        func() // ends what draws it while nothing else happens
}

// showProgress gives the run a bar, on a terminal.
func (u *ui) showProgress() {
	if u.terminal && !u.quiet && !u.json && !u.verbose && cmp.Or(columns(u.stderr), 80) >= leastColumns {
		ended := make(chan struct{})
		u.bar = &bar{out: u.stderr, stop: sync.OnceFunc(func() { close(ended) })}
		go u.tick(ended)
	}
}

// estimateBy lets the bar say how long the run will take, by what paces its requests
// and the photos that it will have to store.
func (u *ui) estimateBy(pacer *ratelimit.Client, photos *photosAhead) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bar != nil && pacer != nil {
		u.bar.estimate = &estimate{pacer: pacer, photos: photos}
	}
}

// tick draws the bar anew every second: a run may have to wait for minutes.
func (u *ui) tick(ended <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-ticker.C:
			u.mu.Lock()
			if u.bar != nil && u.bar.bar != nil {
				u.bar.draw()
			}
			u.mu.Unlock()
		}
	}
}

// endProgress takes the bar away for good.
func (u *ui) endProgress() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bar != nil {
		u.bar.clear()
		u.bar.stop()
		u.bar = nil
	}
}

// progress moves the bar; a total of 0 is not known.
func (u *ui) progress(stage string, done, total int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bar != nil {
		u.bar.set(stage, done, total)
	}
}

func (b *bar) set(stage string, done, total int) {
	b.done, b.total = done, total
	if b.bar == nil || stage != b.stage {
		b.clear()
		limit := total
		if total == 0 {
			limit = -1
		}
		b.stage = stage
		b.estimate.begin(stage)
		options := []progressbar.Option{
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetDescription(shorten(stage, b.room())),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetPredictTime(false), // it knows nothing of limits
			progressbar.OptionThrottle(100 * time.Millisecond),
			progressbar.OptionSetWidth(max(1, min(24, b.room()-len(stage)))),
			progressbar.OptionSpinnerType(14),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own: it would draw over its successor
			progressbar.OptionClearOnFinish(),
		}
		if b.counts() {
			options = append(options, progressbar.OptionShowCount())
		}
		b.bar = progressbar.NewOptions(limit, options...)
	}
	b.bar.Set(b.done)
}

// draw shows what is known of the time to come.
func (b *bar) draw() {
	text := shorten(b.stage, b.room())
	if more := b.estimate.text(b.done, b.total, b.room()-len(b.stage)-len(", ")); more != "" {
		text += ", " + more
	}
	b.bar.Describe(text)
	b.bar.RenderBlank()
}

// leastColumns is how wide a terminal must be for a bar; one that is narrower than
// countColumns shows no counts.
const leastColumns, countColumns = 20, 40

// width returns that of the terminal, in columns.
func (b *bar) width() int {
	return cmp.Or(b.columns, columns(b.out), 80)
}

func (b *bar) counts() bool { return b.width() >= countColumns }

// room returns how many columns are left for words.
func (b *bar) room() int {
	rest := " 100% |#|  " // a longer bar takes what the words leave
	switch {
	case b.total == 0 && b.counts():
		rest = fmt.Sprintf("⠋  (%d/-) ", max(b.done, 99_999))
	case b.total == 0:
		rest = "⠋  "
	case b.counts():
		rest += fmt.Sprintf("(%d/%d) ", b.total, b.total)
	}
	return b.width() - utf8.RuneCountInString(rest) - 2
}

// clear takes the bar off the screen, so that a line can be printed.
func (b *bar) clear() {
	if b != nil && b.bar != nil {
		b.bar.Clear()
	}
}
