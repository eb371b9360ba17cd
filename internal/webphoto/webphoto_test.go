package webphoto

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

var picture = []byte("\xff\xd8\xff\xe0 a picture")

// serve returns a server and a fetcher that trusts it and may reach it.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *Fetcher) {
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, newFetcher(netip.Addr.IsLoopback, &tls.Config{RootCAs: roots})
}

func sequence(urls ...string) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for i, u := range urls {
			c := &contact.Contact{UID: fmt.Sprint(i)}
			if u != "" {
				c.Photo = &contact.Photo{URL: u}
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func fill(t *testing.T, f *Fetcher, urls ...string) (all []*contact.Contact) {
	t.Helper()
	for c, err := range f.Fill(t.Context(), sequence(urls...)) {
		if err != nil {
			t.Fatal(err)
		}
		if c.UID != fmt.Sprint(len(all)) {
			t.Errorf("contact %s comes as number %d", c.UID, len(all))
		}
		all = append(all, c)
	}
	return all
}

func TestFill(t *testing.T) {
	var server *httptest.Server
	server, f := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok.jpg":
			w.Write(picture)
		case "/moved":
			http.Redirect(w, r, "/ok.jpg", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/plain":
			http.Redirect(w, r, "http"+strings.TrimPrefix(server.URL, "https")+"/ok.jpg", http.StatusFound)
		case "/page":
			fmt.Fprint(w, "<html>not for you</html>")
		case "/large":
			w.Write(picture)
			chunk := bytes.Repeat([]byte{1}, 1<<20)
			for range formats.MaxPhoto>>20 + 1 {
				w.Write(chunk)
			}
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			w.Write(picture)
		default:
			http.NotFound(w, r)
		}
	})
	wants := []struct{ path, unread string }{
		{"/ok.jpg", ""}, {"/moved", ""}, {"", ""}, {"/missing", "the answer is 404 Not Found"}, {"/loop", "more than 5 redirects"},
		{"/plain", "its address is not https"}, {"/page", "no image"}, {"/large", "it has more than"}, {"/cut", "the connection failed"},
	}
	var urls []string
	for _, w := range wants {
		if w.path == "" {
			urls = append(urls, "")
		} else {
			urls = append(urls, server.URL+w.path)
		}
	}
	urls = append(urls, "http://example.org/x.jpg", "ftp://example.org/x", "photos/x.jpg", "https://", "data:image/png;base64,AA", "https://\x7f/")
	all := fill(t, f, urls...)
	for i, c := range all {
		var want string
		if i < len(wants) {
			want = wants[i].unread
		} else {
			want = "its address is not https"
		}
		switch {
		case want == "" && (len(c.Unread) > 0 || urls[i] != "" && (!bytes.Equal(c.Photo.Data, picture) || c.Photo.MediaType != "image/jpeg" || c.Photo.URL != "")):
			t.Errorf("%s: %v, %+v", urls[i], c.Unread, c.Photo)
		case want != "" && (len(c.Unread) != 1 || !strings.Contains(c.Unread[0].Reason, want) || c.Photo.URL != urls[i] || c.Photo.Data != nil):
			t.Errorf("%s: %v, %+v", urls[i], c.Unread, c.Photo)
		}
		for _, l := range c.Unread {
			if strings.Contains(l.Reason, "127.0.0.1") || strings.Contains(l.Reason, "example") {
				t.Errorf("the reason names the address: %s", l.Reason)
			}
		}
	}
}

// Whatever name leads there, nothing within is reached, not by a redirect either.
func TestNothingWithin(t *testing.T) {
	var asked atomic.Int32
	within, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Write(picture)
	})
	port := within.URL[strings.LastIndex(within.URL, ":"):]
	for _, u := range []string{within.URL, "https://localhost" + port, "https://[::1]" + port, "https://[::ffff:127.0.0.1]" + port, "https://0" + port, "https://2130706433" + port, "https://10.0.0.1/"} {
		c := fill(t, New(), u)[0]
		if len(c.Unread) != 1 || c.Photo.Data != nil {
			t.Errorf("%s: %+v, %v", u, c.Photo, c.Unread)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests came through", n)
	}
	outside, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, within.URL, http.StatusFound) })
	outsidePort := outside.Listener.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()
	roots := x509.NewCertPool()
	roots.AddCert(outside.Certificate())
	var dials atomic.Int32
	f := newFetcher(func(netip.Addr) bool { return dials.Add(1) == 1 }, &tls.Config{RootCAs: roots})
	c := fill(t, f, fmt.Sprintf("https://127.0.0.1:%d/", outsidePort))[0]
	if len(c.Unread) != 1 || !strings.Contains(c.Unread[0].Reason, "not on the public internet") || asked.Load() > 0 || dials.Load() < 2 {
		t.Errorf("a redirect: %v, %d requests, %d dials", c.Unread, asked.Load(), dials.Load())
	}
}

func TestIsPublic(t *testing.T) {
	public := []string{"8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"}
	for _, text := range append(slices.Clone(public), "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "192.0.0.8",
		"198.18.0.1", "203.0.113.9", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "2001::1", "::ffff:10.0.0.1", "fe80::1%eth0") {
		if got := isPublic(netip.MustParseAddr(text).Unmap()); got != slices.Contains(public, text) {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestFillStops(t *testing.T) {
	server, f := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Write(picture) })
	urls := slices.Repeat([]string{server.URL}, 100)
	n := 0
	for range f.Fill(t.Context(), sequence(urls...)) {
		if n++; n == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for c := range f.Fill(ctx, sequence(server.URL)) {
		if len(c.Unread) != 1 {
			t.Errorf("after the end: %+v", c)
		}
	}
}
