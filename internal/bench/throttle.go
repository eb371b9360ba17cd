package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// The service allows so much in so long; the embedded one lets that time pass faster.
const (
	allowed   = 10_000
	timeScale = 100
	window    = 10 * time.Minute / timeScale
)

// throttled measures how well an import uses what the service allows: which part of
// the allowed requests it sent in the whole windows that it took, and how many of the
// answers were 429.
func (b *bencher) throttled(contacts, photos int) error {
	full, err := b.sandbox("--contacts", fmt.Sprint(contacts), "--photos", fmt.Sprint(float64(photos)/float64(contacts)))
	if err != nil {
		return err
	}
	file := filepath.Join(b.dir, "throttle.jsonl")
	out, err := b.cardferry(full, "export", "bench:", file, "-q").CombinedOutput()
	full.stop()
	if err != nil {
		return fmt.Errorf("exporting: %w: %s", err, out)
	}
	box, err := b.sandbox("--contacts", "0", "--limits", "outlook", "--time-scale", fmt.Sprint(timeScale))
	if err != nil {
		return err
	}
	defer box.stop()
	ended := make(chan error, 1)
	go func() {
		_, _, err := measure(b.cardferry(box, "import", file, "bench:", "-q"))
		ended <- err
	}()
	var start time.Time
	used, windows := 0, 0 // at the end of the latest whole window
	for running := true; running; {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("importing: %w", err)
			}
			running = false
		case <-time.After(10 * time.Millisecond):
		}
		stats, err := box.stats()
		if err != nil {
			return err
		}
		switch {
		case start.IsZero() && stats.Requests > 0:
			start = time.Now()
		case !start.IsZero() && time.Since(start) >= time.Duration(windows+1)*window:
			used, windows = stats.Requests, windows+1
		}
	}
	stats, err := box.stats()
	if err != nil {
		return err
	}
	if windows == 0 {
		return fmt.Errorf("the import of %d contacts and %d photos took less than the %v of one window", contacts, photos, window)
	}
	part, refused := float64(used)/float64(windows*allowed), float64(stats.Throttled)/float64(stats.Requests)
	fmt.Printf("%-44s %9.1f%% %10s %7s %6.1f%%  %s\n", fmt.Sprintf("throttled import of %d and %d photos: used", contacts, photos), 100*part, "", "", 97.0, verdict(part >= 0.97))
	fmt.Printf("%-44s %9.2f%% %10s %7s %6.1f%%  %s\n", "  answers that are 429", 100*refused, "", "", 0.5, verdict(refused < 0.005))
	return nil
}

type stats struct{ Requests, Throttled int }

func (s *sandbox) stats() (st stats, err error) {
	resp, err := http.Get(s.url + "/_sandbox/stats")
	if err != nil {
		return st, err
	}
	defer resp.Body.Close()
	return st, json.NewDecoder(resp.Body).Decode(&st)
}
