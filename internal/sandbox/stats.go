package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
)

// Stats count the requests since the start or the last DELETE of
// /_sandbox/stats, those that failed included: Requests is the sum of Reads
// (GET of contacts and folders), PhotoReads (GET of a photo or its metadata)
// and Writes (everything else). The parts of a batch are requests, the batch is
// none, as the service's limits have it; Sent counts the other way round, as the wire
// has it. Sign-in is not counted.
type Stats struct {
	Requests    int `json:"requests"`
	Reads       int `json:"reads"`
	Writes      int `json:"writes"`
	PhotoReads  int `json:"photoReads"`
	Throttled   int `json:"throttled"` // answered with 429
	MaxInFlight int `json:"maxInFlight"`
	Batches     int `json:"batches"`
	Sent        int `json:"sent"`
}

type counters struct {
	reads, writes, photoReads, throttled atomic.Int64
	inFlight, maxInFlight, batches, sent atomic.Int64
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	c := &s.stats
	st := Stats{
		Reads: int(c.reads.Load()), Writes: int(c.writes.Load()), PhotoReads: int(c.photoReads.Load()),
		Throttled: int(c.throttled.Load()), MaxInFlight: int(c.maxInFlight.Load()),
		Batches: int(c.batches.Load()), Sent: int(c.sent.Load()),
	}
	st.Requests = st.Reads + st.Writes + st.PhotoReads
	return st
}

// begin counts a request; the function it returns ends it.
func (c *counters) begin(r *http.Request) (end func()) {
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		c.writes.Add(1)
	case isPhotoPath(r.URL.Path):
		c.photoReads.Add(1)
	default:
		c.reads.Add(1)
	}
	now := c.inFlight.Add(1)
	for {
		most := c.maxInFlight.Load()
		if now <= most || c.maxInFlight.CompareAndSwap(most, now) {
			break
		}
	}
	return func() { c.inFlight.Add(-1) }
}

func (c *counters) reset() {
	for _, n := range []*atomic.Int64{&c.reads, &c.writes, &c.photoReads, &c.throttled, &c.batches, &c.sent} {
		n.Store(0)
	}
	c.maxInFlight.Store(c.inFlight.Load())
}

func isPhotoPath(path string) bool {
	path = strings.ToLower(strings.TrimRight(path, "/"))
	return strings.HasSuffix(path, "/photo") || strings.HasSuffix(path, "/photo/$value")
}

func (s *Server) serveStats(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(s.Stats()) // an error means that the client has gone
	case http.MethodDelete:
		s.stats.reset()
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, DELETE")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}
