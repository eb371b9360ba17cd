package outlook

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/importer/importertest"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
)

var paths = map[outlook.Dialect]string{
	outlook.GraphV1: "/v1.0", outlook.GraphBeta: "/beta", outlook.OutlookV2: "/api/v2.0", outlook.OutlookBeta: "/api/beta",
}

// service starts an empty service with faults.
func service(t *testing.T, faults string) *httptest.Server {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Faults: faults, TimeScale: 100})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	t.Cleanup(func() {
		server.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// signedIn sends the token of the embedded service along.
type signedIn struct{ *http.Client }

func (s signedIn) Do(req *http.Request) (*http.Response, error) {
	req.Header.Set("Authorization", "Bearer sandbox")
	return s.Client.Do(req)
}

func client(t *testing.T, server *httptest.Server, d outlook.Dialect) *odata.Client {
	t.Helper()
	c, err := odata.NewClient(signedIn{server.Client()}, odata.Account{BaseURL: server.URL + paths[d], Dialect: d, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reader lists the account with the plumbing of the client alone.
type reader struct{ client *odata.Client }

func (r reader) Contacts(ctx context.Context) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		folders, err := r.client.Folders(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, folder := range folders {
			if !r.folder(ctx, folder, yield) {
				return
			}
		}
	}
}

func (r reader) folder(ctx context.Context, folder contact.Folder, yield func(*contact.Contact, error) bool) bool {
	link, err := r.client.Link([]string{"contactFolders", string(folder.ID), "contacts"}, r.client.Query("$top", "100")...)
	if err != nil {
		return yield(nil, err)
	}
	more := true
	err = odata.Walk(ctx, r.client, odata.Listing{Link: link}, odata.DecodePage, func(page *outlook.Page, _ string) bool {
		for _, c := range page.Contacts {
			c.Folder = folder.Path
			more = more && yield(c, nil)
		}
		return more
	})
	if err != nil {
		return yield(nil, err)
	}
	return more
}

func TestSinkKeepsTheContract(t *testing.T) {
	for _, d := range outlook.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			importertest.TestSink(t, func(t *testing.T) importertest.Account {
				c := client(t, service(t, ""), d)
				return importertest.Account{Sink: New(c), Reader: reader{c}}
			})
		})
	}
}
