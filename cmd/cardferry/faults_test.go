package main

import (
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	outlooksource "github.com/cardferry/cardferry/exporter/outlook"
	"github.com/cardferry/cardferry/importer"
	outlooksink "github.com/cardferry/cardferry/importer/outlook"
	"github.com/cardferry/cardferry/internal/compare"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// inProcess sends requests to a handler without a network, so that time can be
// anything. A connection that is cut, and an answer that breaks off, are errors as
// those of a network are.
type inProcess struct{ http.Handler }

func (h inProcess) Do(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if cut := recover(); cut == http.ErrAbortHandler {
			err = io.ErrUnexpectedEOF
		} else if cut != nil {
			panic(cut)
		}
	}()
	sent := req.Clone(req.Context())
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	sent.RequestURI = sent.URL.RequestURI()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, sent)
	resp = w.Result()
	resp.Request = req
	if n, err := strconv.Atoi(resp.Header.Get("Content-Length")); err == nil && n > w.Body.Len() {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, brokenOff{}))
	}
	return resp, nil
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// openBox serves a mailbox that is kept in a file.
func openBox(t *testing.T, path, faults string) *sandbox.Server {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Data: path, Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// both returns the two sides of an account at the service.
func both(t *testing.T, service http.Handler) *target {
	t.Helper()
	vars := map[string]string{"HOME": "/nonexistent", "CARDFERRY_BOX_TOKEN": "sandbox"}
	e := &env{getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}
	a, err := e.account("box")
	if err != nil {
		t.Fatal(err)
	}
	a.limits = false
	c, err := e.newSession().connect(a, "http://127.0.0.1:1/v1.0", inProcess{service}, readWrite)
	if err != nil {
		t.Fatal(err)
	}
	return &target{sink: outlooksink.New(c), read: outlooksource.New(c)}
}

func sequence(contacts []*contact.Contact) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for _, c := range contacts {
			if !yield(c.Clone(), nil) {
				return
			}
		}
	}
}

// sampleContacts returns invented contacts, every fourth with a photo.
func sampleContacts(t *testing.T, n int) []*contact.Contact {
	t.Helper()
	box := openBox(t, "", "")
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: n, Photos: 0.25, Seed: 7}); err != nil {
		t.Fatal(err)
	}
	var all []*contact.Contact
	for c, err := range exporter.Contacts(t.Context(), both(t, box).read, exporter.Options{Photos: true}) {
		if err != nil {
			t.Fatal(err)
		}
		c.UID, c.ID, c.Version = string(c.ID), "", ""
		all = append(all, c)
	}
	if len(all) != n {
		t.Fatalf("%d contacts, want %d", len(all), n)
	}
	return all
}

// TestImportUnderFaults: whatever the service does, an import ends with every contact
// and photo once, and equal to what was imported; and the same import again creates
// nothing.
func TestImportUnderFaults(t *testing.T) {
	const n = 250
	people := sampleContacts(t, n)
	for _, faults := range []string{
		"429:5%", "429-bare:5%", "500:5%", "502:5%", "503:5%", "504:5%", "reset-before:5%", "reset-after-write:5%", "truncate:5%", "slow:5%",
		"bad-json:5%", "empty-page:5%", "repeat-link:5%", "loop-link:5%", "token-expired:5%", "duplicate-rows:5%", "all:5%", "all:15%",
	} {
		t.Run(faults, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "box.db")
			for run, created := range []int{n, 0} {
				box := openBox(t, path, faults)
				synctest.Test(t, func(t *testing.T) {
					to := both(t, box)
					start := time.Now()
					r, err := importer.Import(t.Context(), sequence(people), to, to.sink, importer.Options{}, importer.Observer{
						Record: func(r importer.Result) {
							if r.Err != nil {
								t.Errorf("%v: %v", r.At, r.Err)
							}
						},
						Photo: func(r importer.PhotoResult) { t.Errorf("a photo: %v", r.Err) },
					})
					if err != nil || r.Created != created || r.Read != n || r.Failed+r.Review+r.Updated != 0 || r.Again.Create+r.Again.Update != 0 {
						t.Errorf("run %d: %+v, error %v", run+1, r, err)
					}
					if took := time.Since(start); took > 2*time.Minute {
						t.Errorf("run %d took %v", run+1, took)
					}
				})
				if err := box.Close(); err != nil {
					t.Fatal(err)
				}
			}
			box := openBox(t, path, "")
			defer box.Close()
			r, err := compare.Compare(t.Context(), compare.End{Contacts: sequence(people), Folders: true},
				compare.End{Contacts: exporter.Contacts(t.Context(), both(t, box).read, exporter.Options{Photos: true}), Folders: true}, func(f compare.Finding) {
					t.Errorf("a difference in %v (%v)", f.Fields, f.Err)
				})
			if err != nil || !r.Same() || r.B != n {
				t.Errorf("%+v, error %v", r, err)
			}
		})
	}
}
