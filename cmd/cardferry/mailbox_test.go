package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestTwoNamesForOneMailbox: an account is not migrated into itself, and not written to by
// two runs, whatever it is called.
func TestTwoNamesForOneMailbox(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{Data: filepath.Join(t.TempDir(), "box.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: 5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	writing, written := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			once.Do(func() { close(writing) })
			<-written
		}
		box.ServeHTTP(w, r)
	}))
	defer server.Close()
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_ONE_URL": server.URL, "CARDFERRY_ONE_TOKEN": "sandbox",
		"CARDFERRY_TWO_URL": strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "CARDFERRY_TWO_TOKEN": "sandbox", "CARDFERRY_TWO_DIALECT": "outlook-beta"}
	for _, args := range [][]string{{"migrate", "one:", "two:"}, {"migrate", "two:", "one:", "-n"}} {
		if code, out := cardferry(t.Context(), vars, args...); code != exitUsage || !strings.Contains(out, "SOURCE and SINK are the same mailbox") {
			t.Errorf("%q: exit code %d\n%s", args, code, out)
		}
	}
	people := torturePeople(t, 4, false)
	var first sync.WaitGroup
	first.Go(func() {
		if code, out := cardferry(t.Context(), vars, "import", people, "one:"); code != 0 {
			t.Errorf("the first: exit code %d\n%s", code, out)
		}
	})
	<-writing
	code, out := cardferry(t.Context(), vars, "import", people, "two:")
	close(written)
	first.Wait()
	if code != exitLocked || !strings.Contains(out, "account two: its mailbox is locked by another run") {
		t.Errorf("the second: exit code %d\n%s", code, out)
	}
	if code, out := cardferry(t.Context(), vars, "import", people, "two:"); code != 0 {
		t.Errorf("the second, later: exit code %d\n%s", code, out)
	}
}
