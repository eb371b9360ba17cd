package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar is the progress bar of a run, one stage after the other. A nil bar shows
// nothing. The ui's lock guards it.
type bar struct {
	out   io.Writer
	stage string
	bar   *progressbar.ProgressBar
}

// showProgress gives the run a bar, on a terminal.
func (u *ui) showProgress() {
	if u.terminal && !u.quiet && !u.json && !u.verbose {
		u.bar = &bar{out: u.stderr}
	}
}

// progress moves the bar; a total of 0 is not known.
func (u *ui) progress(stage string, done, total int) {
	if u.bar == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.bar.set(stage, done, total)
}

func (b *bar) set(stage string, done, total int) {
	if b.bar == nil || stage != b.stage {
		b.clear()
		limit := total
		if total == 0 {
			limit = -1
		}
		b.stage = stage
		b.bar = progressbar.NewOptions(limit,
			progressbar.OptionSetWriter(b.out),
			progressbar.OptionSetDescription(stage),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("contacts"),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetWidth(24),
			progressbar.OptionSpinnerType(14),
			progressbar.OptionSetSpinnerChangeInterval(0), // no goroutine of its own: it would draw over its successor
			progressbar.OptionClearOnFinish(),
		)
	}
	b.bar.Set(done)
}

// clear takes the bar off the screen, so that a line can be printed.
func (b *bar) clear() {
	if b != nil && b.bar != nil {
		b.bar.Clear()
	}
}
