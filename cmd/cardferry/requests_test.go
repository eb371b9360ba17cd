package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/formats/outlook"
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
			got := requests.Load()
			t.Logf("%d requests after 100 changes in %d folders", got, len(folders))
			if got > test.most {
				t.Errorf("want no more than %d", test.most)
			}
			export(full)
			text, err := os.ReadFile(inc)
			want, err2 := os.ReadFile(full)
			if err != nil || err2 != nil || string(text) != string(want) || strings.Count(string(text), "and a line") < 60*40 {
				t.Errorf("the incremental export has %d bytes, the full one %d: %v, %v", len(text), len(want), err, err2)
			}
		})
	}
}

// TestPhotoRequests: one request for each photo that there is, none for a contact without
// one, and in a later run none for a contact that is as it was.
func TestPhotoRequests(t *testing.T) {
	for _, d := range outlook.Dialects() {
		vars := service(t, sandbox.Options{}, sandbox.Sample{Contacts: 250, Photos: 0.24, Seed: 1}, nil)
		vars["CARDFERRY_BOX_DIALECT"] = string(d)
		stats := func(method string) (st sandbox.Stats) {
			t.Helper()
			req, err := http.NewRequest(method, vars["CARDFERRY_BOX_URL"]+"/_sandbox/stats", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			json.NewDecoder(resp.Body).Decode(&st) // there is no body after a DELETE
			return st
		}
		path := filepath.Join(t.TempDir(), "o.vcf")
		for run, want := range []int{60, 0} {
			stats(http.MethodDelete)
			if code, out := cardferry(t.Context(), vars, "export", "box:", path, "--incremental"); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			st := stats(http.MethodGet)
			t.Logf("%s, run %d: %d requests for photos, %d others, %d on the wire", d, run+1, st.PhotoReads, st.Requests-st.PhotoReads, st.Sent)
			if st.PhotoReads != want {
				t.Errorf("want %d", want)
			}
		}
	}
}

// TestUnmarkedPhotos: a service that marks no contact as having a photo, though some have
// one, is noticed, and the photos are named as not read.
func TestUnmarkedPhotos(t *testing.T) {
	for _, d := range outlook.Dialects() {
		for _, test := range []struct {
			quirks string
			photos float64
			code   int
		}{{"no-picture-property", 0.6, exitIncomplete}, {"no-picture-property", 0, 0}, {"", 0, 0}, {"", 0.6, 0}} {
			vars := service(t, sandbox.Options{Quirks: test.quirks}, sandbox.Sample{Contacts: 80, Photos: test.photos, Seed: 1}, nil)
			vars["CARDFERRY_BOX_DIALECT"] = string(d)
			code, out := cardferry(t.Context(), vars, "export", "box:", filepath.Join(t.TempDir(), "o.vcf"))
			if code != test.code || strings.Contains(out, "photos not read: the service marks no contact") != (code != 0) {
				t.Errorf("%s, %q, %v: exit code %d, want %d\n%s", d, test.quirks, test.photos, code, test.code, out)
			}
		}
	}
}
