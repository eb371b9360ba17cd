package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// visit is a person's browser: it opens an address and follows where that leads.
func visit(t *testing.T, client *http.Client, address string) (status int, body string) {
	t.Helper()
	resp, err := client.Get(address)
	if err != nil {
		t.Errorf("visiting: %v", err)
		return 0, ""
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data)
}

// browserSigner returns a Signer by browser against a served fake.
func browserSigner(t *testing.T, p *fakePlatform, open func(address string) error) *Signer {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.base = server.URL
	c := p.config()
	c.Method, c.Access = Browser, ReadWrite
	s, err := NewSigner(c, Options{HTTP: server.Client(), Interactive: true, OpenBrowser: open, Store: NewStore(t.TempDir(), false)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBrowser(t *testing.T) {
	p := newFakePlatform()
	s := browserSigner(t, p, func(address string) error {
		q, _ := url.Parse(address)
		if q.Query().Get("scope") != Graph+"/Contacts.ReadWrite offline_access" || q.Query().Get("code_challenge_method") != "S256" {
			t.Errorf("asked for %q", q.Query().Get("scope"))
		}
		redirect := q.Query().Get("redirect_uri")
		state := q.Query().Get("state")
		// What other pages of the browser might try beforehand.
		for path, host := range map[string]string{
			"/?code=x&state=wrong":          "",
			"/?code=x":                      "",
			"/favicon.ico":                  "",
			"/other?code=x&state=" + state:  "",
			"/?code=x&state=" + state + "&": "evil.example",
		} {
			req, _ := http.NewRequest(http.MethodGet, redirect+path, nil)
			req.Host = host
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			drop(resp)
			if resp.StatusCode != http.StatusNotFound {
				t.Errorf("%s is answered with %d", path, resp.StatusCode)
			}
		}
		status, body := visit(t, http.DefaultClient, address)
		if status != 200 || !strings.Contains(body, "return to cardferry") || strings.Contains(body, "code-") {
			t.Errorf("the page is %d %q", status, body)
		}
		return nil
	})
	l, err := s.SignIn(t.Context())
	if err != nil || !l.Renewable {
		t.Fatal(err)
	}
	if p.count("authorization_code") != 1 || p.count("refresh_token") != 1 {
		t.Errorf("grants %v", p.grants)
	}
	if token, err := s.Token(t.Context()); err != nil || !p.good(token) {
		t.Errorf("error %v", err)
	}
}

func TestBrowserRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		tamper func(url.Values)
		code   string
		hint   string
	}{
		{"another challenge", func(q url.Values) { q.Set("code_challenge", "x") }, "AADSTS501481", "login work"},
		{"another redirect", func(q url.Values) { q.Set("redirect_uri", "http://localhost/else") }, "AADSTS50011", "http://localhost"},
		{"consent", func(q url.Values) {
			q.Set("error", "consent_required")
			q.Set("error_description", "AADSTS65001: "+loudUser+" has not consented")
		}, "AADSTS65001", "/" + testTenant + "/adminconsent?client_id=" + testClient},
		{"declined", func(q url.Values) { q.Set("error", "access_denied"); q.Set("error_description", "AADSTS65004: no") }, "AADSTS65004", "login work"},
		{"nonsense", func(q url.Values) { q.Set("error", "<script>"); q.Set("error_description", loudUser) }, "", "login work"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakePlatform()
			p.tamper = test.tamper
			s := browserSigner(t, p, func(address string) error { visit(t, http.DefaultClient, address); return nil })
			_, err := s.SignIn(t.Context())
			if e := checkRefused(t, err, test.code, ErrSignIn); !strings.Contains(e.Hint, test.hint) {
				t.Errorf("hint %q", e.Hint)
			}
		})
	}
}

// The platform sends nobody back to an address that it does not know: the person sees
// why in the browser, and gives up here.
func TestBrowserUnknownRedirect(t *testing.T) {
	p := newFakePlatform()
	ctx, cancel := context.WithCancelCause(t.Context())
	given := errors.New("given up")
	s := browserSigner(t, p, func(address string) error {
		status, _ := visit(t, http.DefaultClient, strings.Replace(address, "redirect_uri=http", "redirect_uri=x", 1))
		if status != 400 {
			t.Errorf("status %d", status)
		}
		cancel(given)
		return nil
	})
	if _, err := s.SignIn(ctx); !errors.Is(err, given) {
		t.Errorf("error is %v", err)
	}
}

func TestBrowserDoesNotOpen(t *testing.T) {
	p := newFakePlatform()
	s := browserSigner(t, p, func(string) error { return errors.New("no display for " + loudUser) })
	_, err := s.SignIn(t.Context())
	if e := checkRefused(t, err, "", ErrSignIn); !strings.Contains(e.Hint, "device") {
		t.Errorf("hint %q", e.Hint)
	}
}

// The one answer that counts is the first, and the server is gone afterwards.
func TestCallbackOnce(t *testing.T) {
	c, err := listen(t.Context(), "the-state")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"first", "second"} {
		if status, _ := visit(t, http.DefaultClient, c.address+"/?state=the-state&code="+code); status != 200 {
			t.Errorf("status %d", status)
		}
	}
	resp, err := http.Post(c.address+"/?state=the-state&code=third", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	drop(resp)
	if resp.StatusCode != 404 {
		t.Errorf("a POST is answered with %d", resp.StatusCode)
	}
	if got := (<-c.answers).Get("code"); got != "first" {
		t.Errorf("the code is %q", got)
	}
	start := time.Now()
	c.close()
	if time.Since(start) > 5*time.Second {
		t.Error("closing takes long")
	}
	if _, err := http.Get(c.address); err == nil {
		t.Error("somebody still listens")
	}
}
