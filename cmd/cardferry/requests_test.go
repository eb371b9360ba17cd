package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestIncrementalRequests counts what an incremental export sends after 100 changes in
// eleven folders, 60 of which are notes that listings cut short: one request for the
// tree of folders, one for what has changed in all of them, and one for each 20
// contacts that are to be read singly. (The service counts the requests in a batch one
// by one; that is the throttle's affair.)
func TestIncrementalRequests(t *testing.T) {
	for _, test := range []struct {
		dialect, quirks string
		most            int64
	}{
		{"graph-v1.0", "", 5}, {"graph-beta", "", 5}, {"graph-v1.0", "replay=7", 5},
		{"graph-v1.0", "delta-no-expand", 7}, // every row of a round is a reference
	} {
		t.Run(test.dialect+" "+test.quirks, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int64
			vars := service(t, sandbox.Options{Quirks: test.quirks}, sandbox.Sample{Contacts: 400, Seed: 3}, func(int) { requests.Add(1) })
			vars["CARDFERRY_BOX_DIALECT"] = test.dialect
			o := ownerOf(t, vars, 1)
			for n := range 7 {
				o.json("POST", "/contactFolders/contacts/childFolders", fmt.Sprintf(`{"displayName":"Folder %d"}`, n))
			}
			folders := append(o.folders(), "contacts")
			ids := map[string][]string{}
			for _, f := range folders {
				for n := range 10 {
					o.json("POST", "/contactFolders/"+f+"/contacts", fmt.Sprintf(`{"givenName":"Ana %d"}`, n))
				}
				ids[f] = o.ids("/contactFolders/" + f + "/contacts")
			}
			dir := t.TempDir()
			inc, full := filepath.Join(dir, "inc.jsonl"), filepath.Join(dir, "full.jsonl")
			export := func(path string, more ...string) {
				t.Helper()
				if code, out := cardferry(t.Context(), vars, append([]string{"export", "box:", path}, more...)...); code != 0 {
					t.Fatalf("exit code %d\n%s", code, out)
				}
			}
			export(inc, "--incremental")
			for n := range 100 {
				in := ids[folders[n%len(folders)]]
				body := fmt.Sprintf(`{"jobTitle":"Job %d"}`, n)
				if n%5 < 3 {
					body = fmt.Sprintf(`{"personalNotes":"\nnote %d%s"}`, n, strings.Repeat(" and a line\\n", 40))
				}
				o.json("PATCH", "/contacts/"+in[n/len(folders)], body)
			}
			requests.Store(0)
			export(inc, "--incremental")
			if got := requests.Load(); got > test.most {
				t.Errorf("%d requests, want no more than %d", got, test.most)
			}
			export(full)
			got, err := os.ReadFile(inc)
			want, err2 := os.ReadFile(full)
			if err != nil || err2 != nil || string(got) != string(want) || strings.Count(string(got), "and a line") < 60*40 {
				t.Errorf("the incremental export has %d bytes, the full one %d: %v, %v", len(got), len(want), err, err2)
			}
		})
	}
}
