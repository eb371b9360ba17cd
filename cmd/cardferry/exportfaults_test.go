package main

import (
	"bytes"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	outlooksource "github.com/cardferry/cardferry/exporter/outlook"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/formats/vcard"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// mailbox is a data file of an embedded service, which each test of a fault has a copy
// of: ids differ from mailbox to mailbox.
type mailbox struct{ data []byte }

func fillMailbox(t *testing.T, sample sandbox.Sample) *mailbox {
	t.Helper()
	path := filepath.Join(t.TempDir(), "box.db")
	box, err := sandbox.Open(sandbox.Options{Data: path})
	if err == nil {
		err = box.Fill(sample)
	}
	if err == nil {
		err = box.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &mailbox{data}
}

// open opens a copy with faults.
func (m *mailbox) open(t *testing.T, faults string) *sandbox.Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "box.db")
	if err := os.WriteFile(path, m.data, 0o600); err != nil {
		t.Fatal(err)
	}
	box := openBox(t, path, faults)
	t.Cleanup(func() { box.Close() })
	return box
}

// reader returns the read side of an account at the service.
func reader(t *testing.T, service http.Handler, d outlook.Dialect) exporter.Source {
	t.Helper()
	vars := map[string]string{"HOME": "/nonexistent", "CARDFERRY_BOX_TOKEN": "sandbox", "CARDFERRY_BOX_DIALECT": string(d)}
	e := &env{getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}
	a, err := e.account("box")
	if err != nil {
		t.Fatal(err)
	}
	a.limits = false
	base, err := withDialectPath("http://127.0.0.1:1", d)
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.newSession().connect(a, base, inProcess{service}, readOnly)
	if err != nil {
		t.Fatal(err)
	}
	return outlooksource.New(c)
}

// cardsOf writes contacts as cards; that all of them are read whole is part of the test.
func cardsOf(t *testing.T, contacts iter.Seq2[*contact.Contact, error]) string {
	t.Helper()
	var out bytes.Buffer
	r, err := exporter.Export(t.Context(), contacts, vcard.NewEncoder(&out, vcard.Options{Version: "4.0"}).Encode, exporter.Observer{
		Record: func(r exporter.Result) {
			if r.Err != nil || len(r.Unread) > 0 {
				t.Errorf("%v: %v, %v", r.At, r.Err, r.Unread)
			}
		},
	})
	if err != nil || r.Failed+r.Unread > 0 {
		t.Errorf("%+v, error %v", r, err)
	}
	return out.String()
}

// TestExportUnderFaults: whatever the service does, an export with photos is what it is
// without faults, byte for byte: of 5,000 contacts, and of fewer in every dialect, then
// incrementally too, for the first time and once more.
func TestExportUnderFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("exports 5,000 contacts many times")
	}
	large := fillMailbox(t, sandbox.Sample{Contacts: 5000, Photos: 0.04, Seed: 1})
	small := fillMailbox(t, sandbox.Sample{Contacts: 500, Photos: 0.1, Seed: 2})
	faults := []string{"429", "429-bare", "500", "502", "503", "504", "reset-before", "reset-after-write", "truncate", "slow", "bad-json",
		"empty-page", "repeat-link", "loop-link", "gone", "token-expired", "duplicate-rows", "all"}
	for i, d := range append(outlook.Dialects(), outlook.GraphV1) {
		m, steps := small, []string{"at first", "once more"}
		if i == len(outlook.Dialects()) {
			m, steps = large, nil
		}
		want := cardsOf(t, exporter.Contacts(t.Context(), reader(t, m.open(t, ""), d), exporter.Options{Photos: true}))
		for _, fault := range faults {
			t.Run(string(d)+" "+fault, func(t *testing.T) {
				t.Parallel()
				box, state := m.open(t, fault+":5%"), filepath.Join(t.TempDir(), "state")
				synctest.Test(t, func(t *testing.T) {
					src, start := reader(t, box, d), time.Now()
					check := func(what, got string) {
						if got != want {
							t.Errorf("%s: %d bytes, without faults %d; they part at %s", what, len(got), len(want), part(got, want))
						}
					}
					check("in full", cardsOf(t, exporter.Contacts(t.Context(), src, exporter.Options{Photos: true})))
					for _, what := range steps {
						s, err := exporter.OpenState(state, exporter.Scope{})
						if err != nil {
							t.Fatal(err)
						}
						check(what, cardsOf(t, s.Contacts(t.Context(), src, exporter.Options{Photos: true})))
						if err := s.Commit(); err != nil {
							t.Error(err)
						}
						s.Close()
					}
					if took := time.Since(start); took > 10*time.Minute {
						t.Errorf("they would have taken %v", took)
					}
				})
			})
		}
	}
}

// TestExportNames: what no client can make up for is named, and nothing else is
// touched.
func TestExportNames(t *testing.T) {
	box := fillMailbox(t, sandbox.Sample{Contacts: 100, Photos: 0.5, Seed: 1})
	for _, more := range [][]string{nil, {"--incremental"}} {
		export := func(faults, path string) (int, string) {
			server := httptest.NewServer(box.open(t, faults))
			defer server.Close()
			vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_TOKEN": "sandbox"}
			return cardferry(t.Context(), vars, append([]string{"export", "box:", path}, more...)...)
		}
		path := filepath.Join(t.TempDir(), "out.vcf")
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out := export("foreign-link:100%", path)
		text, _ := os.ReadFile(path)
		if code != exitFailed || !strings.Contains(out, "graph.attacker.invalid") || string(text) != "old" {
			t.Errorf("%v, foreign link: exit code %d, %d bytes\n%s", more, code, len(text), out)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
			t.Errorf("%v: %d files are left", more, len(left))
		}
		code, out = export("photo-404:#7", path)
		text, _ = os.ReadFile(path)
		if code != exitIncomplete || strings.Count(out, "photo not read: it could not be fetched: the service describes one, and does not hand it out") != 1 ||
			!strings.Contains(out, "100 contacts with 49 photos") || strings.Count(string(text), "PHOTO") != 49 {
			t.Errorf("%v, a photo that is not there: exit code %d, %d photos\n%s", more, code, strings.Count(string(text), "PHOTO"), out)
		}
		code, out = export("photo-404:100%", path)
		if code != exitIncomplete || strings.Count(out, "photo not read: the service lists one, and has none") != 50 {
			t.Errorf("%v, no photo is there: exit code %d\n%s", more, code, out)
		}
	}
}

// TestRedirectElsewhere: a redirect to another host is not followed, and the error
// names the host.
func TestRedirectElsewhere(t *testing.T) {
	asked := 0
	other := redirected(t, &asked, "")
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": redirected(t, nil, other), "CARDFERRY_BOX_TOKEN": "sandbox"}
	code, out := cardferry(t.Context(), vars, "export", "box:", filepath.Join(t.TempDir(), "out.vcf"))
	if host := strings.TrimPrefix(other, "http://"); code != exitFailed || !strings.Contains(out, host) || asked != 0 {
		t.Errorf("exit code %d, the other host was asked %d times\n%s", code, asked, out)
	}
}

// redirected serves redirects to another address, or counts who comes.
func redirected(t *testing.T, asked *int, to string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked != nil {
			*asked++
			return
		}
		http.Redirect(w, r, to+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
