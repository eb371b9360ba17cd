package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkList reads a mailbox of 20,000 contacts over loopback, all its
// pages, the client's reading of the bytes included.
func BenchmarkList(b *testing.B) {
	const contacts = 20_000
	s, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Fill(Sample{Contacts: contacts, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(s)
	defer server.Close()
	for name, path := range map[string]string{
		"graph-v1.0":   "/v1.0/me/contacts?$top=500",
		"graph-beta":   "/beta/me/contacts?$top=500",
		"outlook-beta": "/api/beta/me/contacts?$top=500",
		"page100":      "/beta/me/contacts?$top=100",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				rows += listAll(b, server, path)
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "contacts/s")
		})
	}
}

// listAll follows the links from path and returns the number of pages times
// the page size, which is all it can tell without parsing.
func listAll(b *testing.B, server *httptest.Server, path string) (rows int) {
	url := server.URL + path
	for url != "" {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer sandbox")
		resp, err := server.Client().Do(r)
		if err != nil {
			b.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		rows += pageRows(body)
		url = tailLink(body)
	}
	return rows
}

// pageRows counts the etags of a page.
func pageRows(body []byte) (n int) {
	const mark = `"@odata.etag"`
	for i := 0; i+len(mark) <= len(body); i++ {
		if body[i] == '"' && string(body[i:i+len(mark)]) == mark {
			n++
		}
	}
	return n
}

// tailLink finds the next link, which stands at the end of a page.
func tailLink(body []byte) string {
	const mark = `,"@odata.nextLink":`
	for i := max(0, len(body)-2000); i+len(mark) <= len(body); i++ {
		if string(body[i:i+len(mark)]) == mark {
			var link string
			if json.Unmarshal(body[i+len(mark):len(body)-1], &link) == nil {
				return link
			}
		}
	}
	return ""
}
