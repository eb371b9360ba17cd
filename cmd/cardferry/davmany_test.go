package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestManyOnCardDAV moves 10,000 contacts, a tenth with photos, through a server that is
// busy now and then, and loses requests and answers; it takes a minute, and runs by make
// torture.
func TestManyOnCardDAV(t *testing.T) {
	if os.Getenv("CARDFERRY_TORTURE") != "long" {
		t.Skip("runs by make torture")
	}
	server := davtest.New(t, davtest.Habits{Representation: true, SyncLimit: 1000, Fault: func(n int, _ *http.Request) string {
		switch {
		case n%41 == 0:
			return "503"
		case n%53 == 3:
			return "reset-before"
		case n%97 == 11:
			return "reset-after"
		}
		return ""
	}})
	home := t.TempDir()
	dir := filepath.Join(home, ".local", "state", "cardferry", "sandbox")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.Open(sandbox.Options{Data: filepath.Join(dir, "big.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Fill(sandbox.Sample{Contacts: 10_000, Photos: 0.1, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"HOME": home, "CARDFERRY_BIG_PROVIDER": "sandbox", "CARDFERRY_BACK_PROVIDER": "sandbox",
		"CARDFERRY_BOX_PROVIDER": "carddav", "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_USERNAME": davtest.User, "CARDFERRY_BOX_PASSWORD": davtest.Password}
	// The sample has people who are there twice, and are united on the way.
	for i, args := range [][]string{{"migrate", "big:", "box:"}, {"migrate", "big:", "box:"}, {"migrate", "box:", "back:"}, {"verify", "box:", "back:"}} {
		server.ResetCount()
		code, out := cardferry(t.Context(), vars, args...)
		t.Logf("%v: %d requests, %d of them PUT\n%s", args, server.Count(""), server.Count("PUT"), out)
		if code != exitDone {
			t.Fatalf("exit code %d", code)
		}
		if n := server.Count("PUT"); i > 0 && n != 0 {
			t.Errorf("%v sent %d PUTs", args, n)
		}
	}
}
