package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testTenant = "contoso.example"
	testClient = "0f5c1e0a-0000-4000-8000-00000000c11e"
	// loudUser stands in every description of the fake, as Microsoft names users
	// in theirs: it must be in no error.
	loudUser = "erika.mustermann@contoso.example"
)

// fakePlatform is an identity platform with the state of one: codes, devices, and
// refresh tokens that are good for one use. That is stricter than Microsoft's, which
// forgives the use of an old one for a while.
type fakePlatform struct {
	mu       sync.Mutex
	base     string // as clients name it
	life     time.Duration
	interval time.Duration // of device polls
	secret   string
	key      *rsa.PublicKey
	x5t      string
	grants   map[string]int // asked for, by grant type
	codes    map[string]url.Values
	devices  map[string]*fakeDevice
	refresh  map[string]bool // true: not used yet
	access   map[string]time.Time
	jtis     map[string]bool
	failures []fakeFailure               // the next token requests fail with
	before   func(form url.Values)       // called first, without the lock
	tamper   func(authorized url.Values) // changes what an authorization remembers
	answers  func(answer map[string]any) // changes a token answer
	scopes   []string                    // of each token request
	device   func(answer map[string]any) // changes a device code answer
}

type fakeDevice struct {
	pending  int    // polls until the person is done
	then     string // the OAuth error that follows, or "" for tokens
	code     int    // its number
	interval time.Duration
	last     time.Time
	polls    []time.Time
}

type fakeFailure struct {
	status int
	oauth  string
	code   int
}

func newFakePlatform() *fakePlatform {
	return &fakePlatform{
		base: "https://login.example", life: time.Hour, interval: 5 * time.Second, secret: "s3cret-of-the-app",
		grants: map[string]int{}, codes: map[string]url.Values{}, devices: map[string]*fakeDevice{},
		refresh: map[string]bool{}, access: map[string]time.Time{}, jtis: map[string]bool{},
	}
}

// RoundTrip answers without a network, so that tests can run on a synthetic clock.
func (p *fakePlatform) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme+"://"+req.URL.Host != p.base {
		return nil, fmt.Errorf("a request to %s", req.URL.Host)
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	answered := make(chan struct{})
	go func() { defer close(answered); p.ServeHTTP(w, req) }()
	select {
	case <-answered:
		resp := w.Result()
		resp.Request = req
		return resp, nil
	case <-req.Context().Done():
		<-answered // the platform finishes, and nobody hears it
		return nil, req.Context().Err()
	}
}

func (p *fakePlatform) client() *http.Client { return &http.Client{Transport: p} }

func (p *fakePlatform) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if p.before != nil {
		if req.Method == http.MethodPost {
			req.ParseForm()
		}
		p.before(req.PostForm)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path, ok := strings.CutPrefix(req.URL.Path, "/"+testTenant+"/oauth2/v2.0/")
	switch {
	case !ok:
		p.refuse(w, 400, "invalid_request", 90002)
	case path == "authorize" && req.Method == http.MethodGet:
		p.authorize(w, req)
	case path == "devicecode" && req.Method == http.MethodPost:
		p.deviceCode(w, req)
	case path == "token" && req.Method == http.MethodPost:
		p.token(w, req)
	default:
		http.NotFound(w, req)
	}
}

func (p *fakePlatform) refuse(w http.ResponseWriter, status int, oauth string, code int) {
	p.answer(w, status, map[string]any{
		"error":             oauth,
		"error_description": fmt.Sprintf("AADSTS%d: The user %s did something.\r\nTrace ID: x", code, loudUser),
		"error_codes":       []int{code},
		"correlation_id":    "11111111-2222-4333-8444-555555555555",
		"timestamp":         "2025-01-01 00:00:00Z",
	})
}

func (p *fakePlatform) answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// authorize is a person who signs in at once: registered are http://localhost and
// any port, with no path.
func (p *fakePlatform) authorize(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || redirect.Scheme != "http" || redirect.Hostname() != "localhost" || redirect.Path != "" || q.Get("client_id") != testClient {
		p.refuse(w, 400, "invalid_request", 50011)
		return
	}
	back := url.Values{"state": {q.Get("state")}}
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || !strings.Contains(q.Get("scope"), "offline_access") {
		back.Set("error", "invalid_request")
	} else {
		code := "code-" + rand.Text()
		remembered := maps.Clone(q)
		if p.tamper != nil {
			p.tamper(remembered)
		}
		if e := remembered.Get("error"); e != "" {
			back.Set("error", e)
			back.Set("error_description", remembered.Get("error_description"))
		} else {
			p.codes[code] = remembered
			back.Set("code", code)
		}
	}
	redirect.RawQuery = back.Encode()
	redirect.Path = "/"
	http.Redirect(w, req, redirect.String(), http.StatusFound)
}

func (p *fakePlatform) deviceCode(w http.ResponseWriter, req *http.Request) {
	if req.PostFormValue("client_id") != testClient {
		p.refuse(w, 400, "unauthorized_client", 700016)
		return
	}
	d := p.devices["next"]
	if d == nil {
		d = &fakeDevice{}
	}
	delete(p.devices, "next")
	code := "device-" + rand.Text()
	d.last, d.interval = time.Now(), p.interval
	p.devices[code] = d
	answer := map[string]any{
		"device_code": code, "user_code": "ABCD\x1b[2JEFGH", "verification_uri": "https://microsoft.example/devicelogin",
		"expires_in": 900, "interval": int(p.interval / time.Second), "message": "To sign in, open the page\nand enter the code.",
	}
	if p.device != nil {
		p.device(answer)
	}
	p.answer(w, 200, answer)
}

func (p *fakePlatform) token(w http.ResponseWriter, req *http.Request) {
	kind := req.PostFormValue("grant_type")
	p.grants[kind]++
	p.scopes = append(p.scopes, req.PostFormValue("scope"))
	if len(p.failures) > 0 {
		f := p.failures[0]
		p.failures = p.failures[1:]
		p.refuse(w, f.status, f.oauth, f.code)
		return
	}
	if req.PostFormValue("client_id") != testClient || req.Header.Get("Authorization") != "" {
		p.refuse(w, 400, "unauthorized_client", 700016)
		return
	}
	switch kind {
	case "authorization_code":
		p.redeemCode(w, req)
	case deviceGrant:
		p.pollDevice(w, req)
	case "refresh_token":
		p.redeemRefresh(w, req)
	case "client_credentials":
		p.program(w, req)
	default:
		p.refuse(w, 400, "unsupported_grant_type", 70003)
	}
}

func (p *fakePlatform) redeemCode(w http.ResponseWriter, req *http.Request) {
	code := req.PostFormValue("code")
	remembered := p.codes[code]
	delete(p.codes, code)
	challenge := sha256.Sum256([]byte(req.PostFormValue("code_verifier")))
	switch {
	case req.PostForm.Has("client_secret"):
		p.refuse(w, 401, "invalid_client", 700025)
	case remembered == nil:
		p.refuse(w, 400, "invalid_grant", 54005)
	case remembered.Get("redirect_uri") != req.PostFormValue("redirect_uri"):
		p.refuse(w, 400, "invalid_client", 50011)
	case remembered.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]):
		p.refuse(w, 400, "invalid_grant", 501481)
	default:
		p.handOut(w, true)
	}
}

func (p *fakePlatform) pollDevice(w http.ResponseWriter, req *http.Request) {
	d := p.devices[req.PostFormValue("device_code")]
	if d == nil {
		p.refuse(w, 400, "bad_verification_code", 70018)
		return
	}
	since := time.Since(d.last)
	d.last = time.Now()
	d.polls = append(d.polls, d.last)
	switch {
	case since < d.interval:
		p.refuse(w, 400, "slow_down", 0)
	case d.pending > 0:
		d.pending--
		p.refuse(w, 400, "authorization_pending", 70016)
	case d.then != "":
		p.refuse(w, 400, d.then, d.code)
	default:
		p.handOut(w, true)
	}
}

func (p *fakePlatform) redeemRefresh(w http.ResponseWriter, req *http.Request) {
	token := req.PostFormValue("refresh_token")
	fresh, known := p.refresh[token]
	switch {
	case !known:
		p.refuse(w, 400, "invalid_grant", 50173)
	case !fresh:
		clear(p.refresh) // somebody has a copy
		p.refuse(w, 400, "invalid_grant", 70000)
	default:
		p.refresh[token] = false
		p.handOut(w, true)
	}
}

func (p *fakePlatform) program(w http.ResponseWriter, req *http.Request) {
	if req.PostFormValue("scope") != Graph+"/.default" {
		p.refuse(w, 400, "invalid_scope", 70011)
		return
	}
	if req.PostFormValue("client_assertion_type") == assertionType {
		if err := p.verify(req.PostFormValue("client_assertion")); err != nil {
			p.refuse(w, 401, "invalid_client", 700027)
			return
		}
	} else if req.PostFormValue("client_secret") != p.secret {
		p.refuse(w, 401, "invalid_client", 7000215)
		return
	}
	p.handOut(w, false)
}

// verify checks an assertion as RFC 7523, 3 and Microsoft's page ask for.
func (p *fakePlatform) verify(assertion string) error {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return errors.New("not a JWT")
	}
	var header struct {
		Alg, Typ string
		X5t      string `json:"x5t#S256"`
	}
	var claims struct {
		Aud, Iss, Sub, Jti string
		Nbf, Exp           int64
	}
	for i, v := range []any{&header, &claims} {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, v); err != nil {
			return err
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPSS(p.key, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: 32}); err != nil {
		return err
	}
	now := time.Now().Unix()
	life := claims.Exp - now
	switch {
	case header.Alg != "PS256" || header.Typ != "JWT" || header.X5t != p.x5t:
		return errors.New("header")
	case claims.Aud != p.base+"/"+testTenant+"/oauth2/v2.0/token", claims.Iss != testClient, claims.Sub != testClient:
		return errors.New("claims")
	case claims.Nbf > now || life < 5*60 || life > 10*60:
		return errors.New("times")
	case claims.Jti == "" || p.jtis[claims.Jti]:
		return errors.New("a second use")
	}
	p.jtis[claims.Jti] = true
	return nil
}

func (p *fakePlatform) handOut(w http.ResponseWriter, refresh bool) {
	access := "access-" + rand.Text()
	p.access[access] = time.Now().Add(p.life)
	answer := map[string]any{"token_type": "Bearer", "access_token": access, "expires_in": int(p.life / time.Second)}
	if refresh {
		token := "refresh-" + rand.Text()
		p.refresh[token] = true
		answer["refresh_token"] = token
	}
	if p.answers != nil {
		p.answers(answer)
	}
	p.answer(w, 200, answer)
}

// good reports whether a service would accept the token.
func (p *fakePlatform) good(access string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.access[access])
}

// revoke makes the person's sign-ins worthless.
func (p *fakePlatform) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.refresh)
	clear(p.access)
}

func (p *fakePlatform) count(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.grants[kind]
}

func (p *fakePlatform) config() Config {
	return Config{Account: "work", Authority: p.base, Tenant: testTenant, ClientID: testClient}
}

// signer returns a Signer of the fake, with a person there who does as told.
func (p *fakePlatform) signer(t *testing.T, store *Store, change ...func(*Config)) *Signer {
	t.Helper()
	c := p.config()
	for _, f := range change {
		f(&c)
	}
	s, err := NewSigner(c, Options{
		Store: store, HTTP: p.client(), Interactive: true,
		Prompt: func(_, _, _ string) {}, OpenBrowser: func(string) error { return errors.New("no browser") },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signedIn returns a Signer whose account is signed in, and in the store.
func (p *fakePlatform) signedIn(t *testing.T, store *Store) *Signer {
	t.Helper()
	s := p.signer(t, store)
	if l, err := s.SignIn(t.Context()); err != nil || !l.Renewable {
		t.Fatalf("SignIn: %v, %v", l.Renewable, err)
	}
	return s
}

// checkRefused checks what must hold for the error of every refusal.
func checkRefused(t *testing.T, err error, code string, is error) *SignInError {
	t.Helper()
	e, ok := errors.AsType[*SignInError](err)
	if !ok {
		t.Fatalf("error is %v (%T), want a SignInError", err, err)
	}
	if e.Code != code || !errors.Is(err, is) || errors.Is(err, ErrSignIn) == errors.Is(err, ErrTemporary) {
		t.Errorf("error is %q, code %q, sign-in %v, temporary %v; want code %q and %q", e, e.Code, errors.Is(err, ErrSignIn), errors.Is(err, ErrTemporary), code, is)
	}
	for _, secret := range []string{loudUser, "access-", "refresh-", "code-", "device-", "s3cret", "{account}", "{consent}", "%!"} {
		if strings.Contains(err.Error(), secret) || strings.Contains(e.Hint, secret) {
			t.Errorf("error %q, hint %q has %q", err, e.Hint, secret)
		}
	}
	return e
}

// drop reads an answer to its end.
func drop(resp *http.Response) { io.Copy(io.Discard, resp.Body); resp.Body.Close() }
