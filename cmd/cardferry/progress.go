package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/cardferry/cardferry/ratelimit"
)

// bar is the progress bar of a run, one stage after the other. A nil bar shows
// nothing. The ui's lock guards it.
type bar struct {
	out         io.Writer
	stage       string
	done, total int
	estimate    *estimate // nil: nobody knows how long it takes
	bar         *progressbar.ProgressBar
	stop        func() // ends what draws it while nothing else happens
}

// showProgress gives the run a bar, on a terminal.
func (u *ui) showProgress() {
	if u.terminal && !u.quiet && !u.json && !u.verbose {
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
		b.bar = progressbar.NewOptions(limit,
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetDescription(stage),
			progressbar.OptionShowCount(),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetPredictTime(false), // it knows nothing of limits
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetWidth(24),
			progressbar.OptionSpinnerType(14),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own: it would draw over its successor
			progressbar.OptionClearOnFinish(),
		)
	}
	b.bar.Set(b.done)
}

// draw shows what is known of the time to come.
func (b *bar) draw() {
	text := b.stage
	room := b.width() - len(text) - len(", ") - len(fmt.Sprintf(" 100%% || (%d/%d) ", b.total, b.total))
	if more := b.estimate.text(b.done, b.total, room); more != "" {
		text += ", " + more
	}
	b.bar.Describe(text)
	b.bar.RenderBlank()
}

// width returns that of the terminal, in columns.
func (b *bar) width() int {
	if f, ok := b.out.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 80
}

// clear takes the bar off the screen, so that a line can be printed.
func (b *bar) clear() {
	if b != nil && b.bar != nil {
		b.bar.Clear()
	}
}
