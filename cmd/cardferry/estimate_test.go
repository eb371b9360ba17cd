package main

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/ratelimit"
)

// afterAWhile answers every request after the time that the way takes.
type afterAWhile time.Duration

func (d afterAWhile) Do(*http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(d))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
}

// TestEstimate lets a long import go by, and compares what the bar says of the time to
// come with what comes: within a tenth.
func TestEstimate(t *testing.T) {
	tests := []struct {
		name             string
		way              time.Duration
		contacts, photos int
		size             int64 // of a photo
		limit            string
	}{
		{"the budget", 20 * time.Millisecond, 20_000, 5_000, 4_000, "limit 10,000 requests/10 min"},
		{"the way", 400 * time.Millisecond, 3_000, 500, 4_000, "limit 4 requests at a time"},
		{"uploads", 20 * time.Millisecond, 1_000, 400, 2_000_000, "limit 150 MB/5 min"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			pacer := ratelimit.New(afterAWhile(test.way), ratelimit.Options{Limits: ratelimit.Outlook()})
			e := &estimate{pacer: pacer, photos: &photosAhead{}}
			e.photos.count.Store(int64(test.photos))
			e.photos.bytes.Store(int64(test.photos) * test.size)
			type said struct {
				at   time.Time
				left time.Duration
				text string
			}
			var all []said
			run := func(stage string, total int, size int64) {
				e.begin(stage)
				work := make(chan int)
				done := 0
				finished := make(chan struct{})
				for range 4 {
					go func() {
						for range work {
							req, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://service.example/", http.NoBody)
							req.ContentLength = size
							if resp, err := pacer.Do(req); err == nil {
								resp.Body.Close()
							}
							finished <- struct{}{}
						}
					}()
				}
				go func() {
					for i := range total {
						work <- i
					}
					close(work)
				}()
				for range total {
					<-finished
					if done++; done == total/4 || done == total/2 {
						left, _ := e.left(time.Now(), done, total)
						all = append(all, said{time.Now(), left, e.text(done, total, 80)})
					}
				}
			}
			run(importer.StageContacts, test.contacts, 1_000)
			run(importer.StagePhotos, test.photos, test.size)
			for _, s := range all {
				if came := time.Since(s.at); s.left < came*9/10 || s.left > came*11/10+2*time.Second {
					t.Errorf("%s: said %v, and it took %v (%s)", test.name, s.left, came, s.text)
				}
			}
			if text := all[0].text; !strings.Contains(text, test.limit) || !strings.Contains(text, " left") {
				t.Errorf("%s: %q", test.name, text)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		20 * time.Millisecond: "1 s", 40 * time.Second: "40 s", 90 * time.Second: "90 s", 5 * time.Minute: "5 min",
		21*time.Minute + 40*time.Second: "22 min", 3 * time.Hour: "3.0 h", time.Minute: "1 min", 6 * time.Second: "6 s",
	} {
		if got := duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
	if got := thousands(1_234_567); got != "1,234,567" {
		t.Errorf("%s", got)
	}
}
