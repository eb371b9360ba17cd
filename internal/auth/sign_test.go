package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func handler(called func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { called() })
}

func redirectTo(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, base+req.URL.Path, http.StatusTemporaryRedirect)
	})
}

// fakeService accepts one token, and echoes what it is sent.
type fakeService struct {
	mu        sync.Mutex
	accepts   string
	challenge string
	seen      []string // Authorization headers
	path      []string
}

func (f *fakeService) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(req.Body)
	f.seen = append(f.seen, req.Header.Get("Authorization"))
	f.path = append(f.path, req.URL.Path)
	if req.Header.Get("Authorization") != "Bearer "+f.accepts {
		w.Header().Add("WWW-Authenticate", "Basic realm=x")
		w.Header().Add("WWW-Authenticate", f.challenge)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	w.Write(body)
}

// readySigner returns a Signer with these tokens, one after the other.
func readySigner(t *testing.T, values ...string) *Signer {
	t.Helper()
	s, err := NewSigner(Config{Account: "work", Method: ReadyToken, Token: func() (string, error) {
		v := values[0]
		if len(values) > 1 {
			values = values[1:]
		}
		return v, nil
	}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPassing401: a service that rejects good tokens for a while is asked again, with the
// one token that there is, or with the renewed one.
func TestPassing401(t *testing.T) {
	p := newFakePlatform()
	for name, s := range map[string]*Signer{
		"ready":   readySigner(t, "ready"),
		"renewed": p.signer(t, nil, func(c *Config) { c.Method, c.Secret = ClientSecret, p.secret }),
	} {
		for rejections := range 4 {
			left := rejections
			base, d := signedTo(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
				if left--; left >= 0 || token != "ready" && !p.good(token) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				io.Copy(w, req.Body)
			}), s)
			resp, err := d.Do(request(t, http.MethodPost, base, strings.NewReader("body")))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if body, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(body) != "body" {
				t.Errorf("%s, rejected %d times: status %d, body %q", name, rejections, resp.StatusCode, body)
			}
		}
	}
}

// signedTo returns a served service and a Doer for it.
func signedTo(t *testing.T, h http.Handler, s *Signer) (base string, d Doer) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	d, err := s.Sign(server.Client(), server.URL+"/v1.0")
	if err != nil {
		t.Fatal(err)
	}
	return server.URL, d
}

func request(t *testing.T, method, address string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// onlyReader has no more than Read, so that a request cannot rewind it.
type onlyReader struct{ io.Reader }

func TestSignRenewsOnce(t *testing.T) {
	for _, test := range []struct {
		name   string
		body   io.Reader
		tokens []string
		status int
		seen   int
	}{
		{"good", strings.NewReader("hello"), []string{"new"}, 200, 1},
		{"rejected", strings.NewReader("hello"), []string{"old", "new"}, 200, 2},
		{"the other one rejected, too", strings.NewReader("hello"), []string{"old", "older", "new"}, 401, 1 + insistence},
		{"bytes", bytes.NewReader([]byte("hello")), []string{"old", "new"}, 200, 2},
		{"cannot rewind", onlyReader{strings.NewReader("hello")}, []string{"old", "new"}, 401, 1},
		{"no body", nil, []string{"old", "new"}, 200, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeService{accepts: "new", challenge: `Bearer realm="", error="invalid_token"`}
			base, d := signedTo(t, f, readySigner(t, test.tokens...))
			req := request(t, http.MethodPost, base+"/v1.0/me", test.body)
			resp, err := d.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != test.status || len(f.seen) != test.seen {
				t.Errorf("status %d after %d requests", resp.StatusCode, len(f.seen))
			}
			if test.status == 200 && test.body != nil && string(body) != "hello" {
				t.Errorf("the service was sent %q", body)
			}
			if req.Header.Get("Authorization") != "" {
				t.Error("the caller's request was changed")
			}
		})
	}
}

func TestSignNoOtherToken(t *testing.T) {
	f := &fakeService{accepts: "new"}
	base, d := signedTo(t, f, readySigner(t, "old"))
	_, err := d.Do(request(t, http.MethodGet, base+"/v1.0/me", nil))
	checkRefused(t, err, "", ErrSignIn)
	var local interface{ NotSent() bool }
	if !errors.As(err, &local) || !local.NotSent() {
		t.Error("nothing was carried out, and the error does not say so")
	}
}

func TestSignManyRequestsOneRenewal(t *testing.T) {
	p := newFakePlatform()
	s := p.signer(t, nil, func(c *Config) { c.Method, c.Secret = ClientSecret, p.secret })
	if _, err := s.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	clear(p.access) // the service stops accepting what was handed out
	service := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !p.good(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	base, d := signedTo(t, service, s)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			req, err := http.NewRequest(http.MethodGet, base+"/v1.0/me", nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := d.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			drop(resp)
			if resp.StatusCode != 200 {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	all.Wait()
	if n := p.count("client_credentials"); n != 2 {
		t.Errorf("%d tokens", n)
	}
}

// closable tells whether it was closed.
type closable struct {
	io.Reader
	closed bool
}

func (c *closable) Close() error { c.closed = true; return nil }

func TestSignOneHost(t *testing.T) {
	f := &fakeService{accepts: "new"}
	base, d := signedTo(t, f, readySigner(t, "new"))
	elsewhere := &fakeService{accepts: "new"}
	other := httptest.NewServer(elsewhere)
	defer other.Close()
	for _, address := range []string{
		other.URL, strings.Replace(base, "http:", "https:", 1), strings.Replace(base, "127.0.0.1", "localhost", 1),
		strings.Replace(base, "http://", "http://evil.example@", 1) + "0", "https://graph.microsoft.com",
	} {
		body := &closable{Reader: strings.NewReader("x")}
		_, err := d.Do(request(t, http.MethodPost, address+"/v1.0/me", body))
		var local interface{ NotSent() bool }
		if err == nil || !errors.As(err, &local) || strings.Contains(err.Error(), "/me") {
			t.Errorf("%s: error %v", address, err)
		}
		if !body.closed {
			t.Errorf("%s: the body is open", address)
		}
	}
	if len(elsewhere.seen)+len(f.seen) > 0 {
		t.Error("something was sent")
	}
}

func TestSignFollowsNoRedirectElsewhere(t *testing.T) {
	elsewhere := &fakeService{accepts: "new"}
	other := httptest.NewServer(elsewhere)
	defer other.Close()
	base, d := signedTo(t, redirectTo(other.URL), readySigner(t, "new"))
	if resp, err := d.Do(request(t, http.MethodGet, base+"/v1.0/me", nil)); err == nil {
		drop(resp)
		t.Error("no error")
	}
	if len(elsewhere.seen) > 0 {
		t.Error("the redirect was followed")
	}
	f := &fakeService{accepts: "new"}
	mux := http.NewServeMux()
	mux.Handle("/", f)
	mux.Handle("/v1.0/old", http.RedirectHandler("/v1.0/me", http.StatusTemporaryRedirect))
	base, d = signedTo(t, mux, readySigner(t, "new"))
	resp, err := d.Do(request(t, http.MethodGet, base+"/v1.0/old", nil))
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("within the host: %v", err)
	}
	drop(resp)
}

func TestSignWhere(t *testing.T) {
	s := readySigner(t, "new")
	for address, ok := range map[string]bool{
		"https://graph.microsoft.com/v1.0": true, "http://127.0.0.1:8787": true, "http://localhost/v1.0": true, "http://[::1]:80": true,
		"http://graph.microsoft.com/v1.0": false, "": false, "ftp://127.0.0.1": false, "http://localhost.evil.example": false, "http://127.0.0.1.evil.example/": false,
	} {
		if _, err := s.Sign(http.DefaultClient, address); (err == nil) != ok {
			t.Errorf("%s: error %v", address, err)
		}
	}
}

func TestSignClaims(t *testing.T) {
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	for name, encoded := range map[string]string{
		"padded":   base64.StdEncoding.EncodeToString([]byte(claims)),
		"bare":     base64.RawURLEncoding.EncodeToString([]byte(claims)),
		"nonsense": "!!!",
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeService{accepts: "new", challenge: fmt.Sprintf(
				`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="%s"`, encoded)}
			base, d := signedTo(t, f, readySigner(t, "old", "new"))
			_, err := d.Do(request(t, http.MethodGet, base+"/v1.0/me", nil))
			e := checkRefused(t, err, "", ErrSignIn)
			want := claims
			if name == "nonsense" {
				want = ""
			}
			if e.Claims != want || !strings.Contains(e.Hint, "cardferry login work") || len(f.seen) != 1 {
				t.Errorf("claims %q, hint %q, %d requests", e.Claims, e.Hint, len(f.seen))
			}
		})
	}
}

// slotDoer has one slot, which an answer holds until it is closed.
type slotDoer struct {
	client *http.Client
	taken  bool
}

func (d *slotDoer) Do(req *http.Request) (*http.Response, error) {
	if d.taken {
		return nil, errors.New("the answer before is still open")
	}
	resp, err := d.client.Do(req)
	if err == nil {
		d.taken = true
		resp.Body = &slotBody{resp.Body, d}
	}
	return resp, err
}

type slotBody struct {
	io.ReadCloser
	of *slotDoer
}

func (b *slotBody) Close() error { b.of.taken = false; return b.ReadCloser.Close() }

func TestSignFreesTheSlot(t *testing.T) {
	server := httptest.NewServer(&fakeService{accepts: "new"})
	defer server.Close()
	d, err := readySigner(t, "old", "new").Sign(&slotDoer{client: server.Client()}, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := d.Do(request(t, http.MethodGet, server.URL, nil))
	if err != nil {
		t.Fatal(err)
	}
	drop(resp)
	if resp.StatusCode != 200 {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// readingDoer also reads answers.
type readingDoer struct {
	client *http.Client
	reads  int
}

func (d *readingDoer) Do(req *http.Request) (*http.Response, error) { return d.client.Do(req) }

func (d *readingDoer) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	d.reads++
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	return resp, body, err
}

func TestSignDoRead(t *testing.T) {
	server := httptest.NewServer(&fakeService{accepts: "new"})
	defer server.Close()
	next := &readingDoer{client: server.Client()}
	d, err := readySigner(t, "old", "new").Sign(next, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, body, err := d.(readDoer).DoRead(request(t, http.MethodPut, server.URL, strings.NewReader("hello")), nil, 4)
	if err != nil || resp.StatusCode != 200 || string(body) != "hell" || next.reads != 2 {
		t.Errorf("read %q in %d requests, error %v", body, next.reads, err)
	}
	plain, err := readySigner(t, "new").Sign(server.Client(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := plain.(readDoer); ok {
		t.Error("DoRead appears where there is none")
	}
}

func TestSignWithoutSignIn(t *testing.T) {
	f := &fakeService{}
	p := newFakePlatform()
	base, d := signedTo(t, f, p.signer(t, NewStore(t.TempDir(), false)))
	_, err := d.Do(request(t, http.MethodGet, base, nil))
	checkRefused(t, err, "", ErrSignIn)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	cancel(cause)
	if _, err := d.Do(request(t, http.MethodGet, base, nil).WithContext(ctx)); !errors.Is(err, cause) && !errors.Is(err, ErrSignIn) {
		t.Errorf("error %v", err)
	}
	if len(f.seen) > 0 {
		t.Error("something was sent")
	}
}

func FuzzAuthParams(f *testing.F) {
	f.Add(`Bearer realm="", error="insufficient_claims", claims="eyJ9"`)
	f.Add(`Basic realm=x, Bearer a="\"b\\", c=d`)
	f.Add(`=,="`)
	f.Fuzz(func(t *testing.T, challenge string) {
		for key, value := range authParams(challenge) {
			if len(key)+len(value) > len(challenge)*3 {
				t.Errorf("more than there was: %q=%q", key, value)
			}
		}
		claimsOf(http.Header{"Www-Authenticate": {challenge}})
	})
}
