package outlook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// overloaded is a service that gives up on pages of more rows than most.
type overloaded struct {
	next  odata.Doer
	most  int
	mu    sync.Mutex
	sizes []int
	seen  []*http.Request
}

func (o *overloaded) Do(req *http.Request) (*http.Response, error) {
	size, _ := strconv.Atoi(req.URL.Query().Get("$top"))
	if _, rest, ok := strings.Cut(req.Header.Get("Prefer"), "odata.maxpagesize="); ok {
		size, _ = strconv.Atoi(rest)
	}
	o.mu.Lock()
	o.seen = append(o.seen, req)
	if isContacts := strings.Contains(req.URL.Path, "/contacts"); isContacts && size > 0 && (len(o.sizes) == 0 || o.sizes[len(o.sizes)-1] != size) {
		o.sizes = append(o.sizes, size)
	}
	o.mu.Unlock()
	if size > o.most && strings.Contains(req.URL.Path, "/contactFolders/contacts/contacts") {
		status := []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout}[size%2]
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req}, nil
	}
	return o.next.Do(req)
}

// TestPagesShrink: a service that gives up on a page is asked for smaller ones, until
// it does not; what it gives up on at every size is an error.
func TestPagesShrink(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: 200, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	defer server.Close()
	folder := contact.Folder{ID: odata.DefaultFolder}
	for _, d := range outlook.Dialects() {
		for _, most := range []int{1000, 40, 10, 5} {
			o := &overloaded{next: signedIn{server.Client()}, most: most}
			c, err := odata.NewClient(o, odata.Account{BaseURL: server.URL + paths[d], Dialect: d, Name: "test"})
			if err != nil {
				t.Fatal(err)
			}
			s := New(c)
			for name, list := range map[string]func() (int, error){
				"pages": func() (n int, last error) {
					for page, err := range s.Pages(t.Context(), folder, "") {
						if last = err; err == nil {
							n += len(page.Contacts)
						}
					}
					return n, last
				},
				"track": func() (n int, last error) {
					for page, err := range s.Track(t.Context(), folder, "") {
						if last = err; err == nil {
							n += len(page.Contacts)
						}
					}
					return n, last
				},
			} {
				n, err := list()
				if most < smallestPage {
					if !odata.Overloaded(err) {
						t.Errorf("%s, %s, at most %d: %v", d, name, most, err)
					}
				} else if err != nil || n != 100 {
					t.Errorf("%s, %s, at most %d: %d contacts, %v, by pages of %v", d, name, most, n, err, o.sizes)
				}
			}
			if o.sizes[0] < 200 || most >= smallestPage && most < 100 && o.sizes[len(o.sizes)-1] > most {
				t.Errorf("%s: pages of %v", d, o.sizes)
			}
		}
	}
}

// TestReadingRules looks at every request of a reading run.
func TestReadingRules(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: 60, Photos: 0.2, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	defer server.Close()
	for _, d := range outlook.Dialects() {
		o := &overloaded{next: signedIn{server.Client()}, most: 1000}
		c, err := odata.NewClient(o, odata.Account{BaseURL: server.URL + paths[d], Dialect: d, Name: "test"})
		if err != nil {
			t.Fatal(err)
		}
		s := New(c)
		s.size = 20
		n, photos := 0, 0
		for c, err := range exporter.Contacts(t.Context(), s, exporter.Options{Photos: true}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			if c.Photo != nil {
				photos++
			}
		}
		_, cursor := track(t, s, "")
		track(t, s, cursor)
		asked := 0
		alias := false
		for _, req := range o.seen {
			prefer, query := req.Header.Get("Prefer"), req.URL.Query()
			if req.Method != http.MethodGet {
				t.Errorf("%s: %s", d, req.Method)
			}
			if d.Graph() != strings.Contains(prefer, `IdType="ImmutableId"`) {
				t.Errorf("%s: %s prefers %q", d, req.URL.Path, prefer)
			}
			alias = alias || strings.HasSuffix(req.URL.Path, "/contactFolders/contacts")
			if strings.HasSuffix(req.URL.Path, "/photo/$value") {
				asked++
			}
			begins := strings.HasSuffix(req.URL.Path, "/contacts/contacts") || strings.HasSuffix(req.URL.Path, "/contacts/delta")
			if begins && !odata.HasToken(req.URL.RequestURI()) && !strings.Contains(strings.ToLower(query.Get("$select")), "id") {
				t.Errorf("%s: %s selects %q", d, req.URL.Path, query.Get("$select"))
			}
		}
		if n != 60 || photos != 12 || asked != 12 || !alias {
			t.Errorf("%s: %d contacts, %d photos by %d requests, default folder by its alias %t", d, n, photos, asked, alias)
		}
	}
}
