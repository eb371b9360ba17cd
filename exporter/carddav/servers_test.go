package carddav

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/ratelimit"
)

// servers are those that others wrote; .ci/servers starts them.
var servers = []string{"CARDDAV_RADICALE", "CARDDAV_XANDIKOS", "CARDDAV_CYRUS"}

func TestSourceKeepsTheContractOnRealServers(t *testing.T) {
	for _, variable := range servers {
		t.Run(strings.ToLower(strings.TrimPrefix(variable, "CARDDAV_")), func(t *testing.T) {
			address := os.Getenv(variable)
			if address == "" {
				t.Skip("not started: make servers-test")
			}
			exportertest.TestSource(t, func(t *testing.T, held exportertest.Contents) exporter.Source {
				c := realClient(t, address)
				refill(t, c, held)
				s := New(c)
				s.sizes = sizes{first: 7, most: 7, bytes: 1 << 20}
				return s
			})
		})
	}
}

// basic signs requests in as the address of the server says.
type basic struct {
	client *http.Client
	user   *url.Userinfo
}

func (b basic) Do(req *http.Request) (*http.Response, error) {
	if b.user != nil {
		password, _ := b.user.Password()
		req.SetBasicAuth(b.user.Username(), password)
	}
	return b.client.Do(req)
}

func realClient(t *testing.T, address string) *dav.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	b := basic{&http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, u.User}
	u.User = nil
	c, err := dav.NewClient(ratelimit.New(b, ratelimit.Options{}), dav.Account{URL: u.String(), Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refill makes the account hold the contents and nothing else.
func refill(t *testing.T, c *dav.Client, held exportertest.Contents) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	books, err := c.Books(t.Context())
	must(err)
	if books[0].Missing { // as in a new account of Radicale
		b, err := c.MakeBook(t.Context(), "")
		must(err)
		books[0] = *b
	}
	for i, b := range books {
		entries, err := c.List(t.Context(), b.Href)
		must(err)
		for _, e := range entries {
			must(c.Delete(t.Context(), e.Href, ""))
		}
		if i > 0 {
			must(c.Delete(t.Context(), b.Href, ""))
		}
	}
	hrefs := map[contact.FolderPath]string{"": books[0].Href}
	for _, path := range slices.Sorted(maps.Keys(held)) {
		if path != "" {
			b, err := c.MakeBook(t.Context(), path)
			must(err)
			hrefs[path] = b.Href
		}
		for n, person := range held[path] {
			_, err := c.Put(t.Context(), hrefs[path]+fmt.Sprintf("card-%d.vcf", n), "", []byte(marshal(t, withUID(person, path, n))))
			must(err)
		}
	}
}

func withUID(c *contact.Contact, path contact.FolderPath, n int) *contact.Contact {
	c = c.Clone()
	c.UID = dav.UIDOf(fmt.Sprint(path, n))
	return c
}
