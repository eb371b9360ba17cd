package outlook

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/outlook"
)

// TestFindKeyTakesOneRequest: a key is looked up in all folders in one batch, in every
// dialect; what of it fails is asked for alone.
func TestFindKeyTakesOneRequest(t *testing.T) {
	for _, faults := range []string{"", "429:30%", "500:30%", "reset-after-write:30%", "repeat-link:50%", "empty-page:50%"} {
		for _, d := range outlook.Dialects() {
			server := service(t, faults)
			sink := New(client(t, server, d))
			for _, path := range []contact.FolderPath{"A", "A/B", "C"} {
				for try := 0; ; try++ { // there is nothing here that repeats what failed
					if _, err := sink.EnsureFolder(t.Context(), path); err == nil || try == 50 {
						break
					}
				}
			}
			var id contact.FolderID
			for try := 0; id == "" && try < 50; try++ {
				id, _ = sink.EnsureFolder(t.Context(), "A/B")
			}
			for try := 0; try < 50; try++ {
				if found, err := sink.FindKey(t.Context(), person().Key); err == nil && len(found) > 0 {
					break
				}
				sink.Create(t.Context(), id, person())
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL+"/_sandbox/stats", nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
			var found []*contact.Contact
			for try := 0; try < 50; try++ {
				if found, err = sink.FindKey(t.Context(), person().Key); err == nil {
					break
				}
			}
			if err != nil || len(found) == 0 || found[0].Folder != "A/B" || found[0].Key != person().Key {
				t.Errorf("%s, %q: found %v, error %v", d, faults, found, err)
			}
			resp, err := http.Get(server.URL + "/_sandbox/stats")
			if err != nil {
				t.Fatal(err)
			}
			var stats struct{ Requests, Reads, Batches int }
			if err := json.NewDecoder(resp.Body).Decode(&stats); err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if faults == "" && (stats.Batches != 1 || stats.Reads != 4) {
				t.Errorf("%s: %+v, want one batch of four", d, stats)
			}
		}
	}
}
