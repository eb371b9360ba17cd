package auth

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// saved returns the refresh token that the store has.
func saved(t *testing.T, store *Store) string {
	t.Helper()
	l, err := store.Load(t.Context(), "work")
	if err != nil {
		t.Fatal(err)
	}
	return l.refresh
}

func TestRenewsEarlyAndKeepsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		s := p.signedIn(t, store)
		first, _ := s.Token(t.Context())
		before := p.count("refresh_token")
		time.Sleep(55*time.Minute - time.Second)
		if token, err := s.Token(t.Context()); token != first || err != nil {
			t.Fatalf("renewed too early, or error %v", err)
		}
		old := saved(t, store)
		time.Sleep(2 * time.Second)
		second, err := s.Token(t.Context())
		if err != nil || second == first || !p.good(second) || p.count("refresh_token") != before+1 {
			t.Fatalf("%d renewals, error %v", p.count("refresh_token")-before, err)
		}
		newest := saved(t, store)
		if newest == old || !p.refresh[newest] {
			t.Error("the store does not have the newest refresh token")
		}
		// The next run finds an access token that is good.
		if token, err := p.signer(t, store).Token(t.Context()); token != second || err != nil {
			t.Errorf("another token, or error %v", err)
		}
		for range 30 { // a month of nights
			time.Sleep(24 * time.Hour)
			if token, err := p.signer(t, store).Token(t.Context()); err != nil || !p.good(token) {
				t.Fatal(err)
			}
		}
	})
}

func TestShortLivedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		p.life = time.Minute
		s := p.signedIn(t, NewStore(t.TempDir(), false))
		before := p.count("refresh_token")
		for range 60 {
			if token, err := s.Token(t.Context()); err != nil || !p.good(token) {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
		}
		if n := p.count("refresh_token") - before; n < 10 || n > 15 {
			t.Errorf("%d renewals in 10 minutes", n)
		}
	})
}

func TestPlatformIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		s := p.signedIn(t, NewStore(t.TempDir(), false))
		first, _ := s.Token(t.Context())
		away := fakeFailure{503, "temporarily_unavailable", 90033}
		p.failures = []fakeFailure{away, away, away}
		time.Sleep(57 * time.Minute)
		if token, err := s.Token(t.Context()); token != first || err != nil {
			t.Errorf("the old token would do; error %v", err)
		}
		p.failures = []fakeFailure{away, away}
		if token, err := s.Token(t.Context()); token == first || err != nil {
			t.Errorf("the third try would do; error %v", err)
		}
		p.failures = []fakeFailure{away, away, away}
		time.Sleep(time.Hour)
		_, err := s.Token(t.Context())
		checkRefused(t, err, "AADSTS90033", ErrTemporary)
		if _, err := s.Token(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPlatformCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		p.signedIn(t, store)
		time.Sleep(2 * time.Hour)
		s := p.signer(t, store)
		p.base = "https://elsewhere.example" // the fake is no longer where it was
		_, err := s.Token(t.Context())
		if e := checkRefused(t, err, "", ErrTemporary); strings.Contains(e.Error(), "oauth2/v2.0") {
			t.Errorf("error %v", e)
		}
	})
}

func TestRevoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		s := p.signedIn(t, store)
		p.revoke()
		time.Sleep(2 * time.Hour)
		_, err := s.Token(t.Context())
		if e := checkRefused(t, err, "AADSTS50173", ErrSignIn); e.Hint != "sign in again: cardferry login work" || e.Correlation == "" {
			t.Errorf("hint %q, correlation %q", e.Hint, e.Correlation)
		}
		if l, err := s.SignIn(t.Context()); err != nil || !l.Renewable {
			t.Errorf("signing in again: %v", err)
		}
		if token, err := p.signer(t, store).Token(t.Context()); err != nil || !p.good(token) {
			t.Errorf("error %v", err)
		}
	})
}

func TestSignInThatDoesNotRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		p.answers = func(map[string]any) { clear(p.refresh) }
		store := NewStore(t.TempDir(), false)
		l, err := p.signer(t, store).SignIn(t.Context())
		checkRefused(t, err, "AADSTS50173", ErrSignIn)
		if !l.Renewable || l.Account != "work" {
			t.Errorf("login of %q", l.Account)
		}
		p.answers = func(a map[string]any) { delete(a, "refresh_token") }
		s := p.signer(t, store)
		if l, err = s.SignIn(t.Context()); err != nil || l.Renewable {
			t.Errorf("renewable %v, error %v", l.Renewable, err)
		}
		time.Sleep(time.Hour)
		_, err = s.Token(t.Context())
		checkRefused(t, err, "", ErrSignIn)
	})
}

func TestManyCallersOneRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		dir := t.TempDir()
		s := p.signedIn(t, NewStore(dir, false))
		rejected, _ := s.Token(t.Context())
		before := p.count("refresh_token")
		p.before = func(url.Values) { time.Sleep(100 * time.Millisecond) }
		// Two Signers stand for two processes: they share the directory alone.
		signers := []*Signer{s, p.signer(t, NewStore(dir, false))}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if token, err := signers[i%2].Renew(t.Context(), rejected); err != nil || token == rejected || !p.good(token) {
					t.Errorf("error %v", err)
				}
			})
		}
		all.Wait()
		if n := p.count("refresh_token") - before; n != 1 {
			t.Errorf("%d renewals", n)
		}
	})
}

func TestInterruptedRenewalIsSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		s := p.signedIn(t, store)
		time.Sleep(2 * time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		p.before = func(url.Values) { cancel(); time.Sleep(2 * time.Second) }
		if _, err := s.Token(ctx); err != nil {
			t.Errorf("error %v", err)
		}
		p.before = nil
		if !p.refresh[saved(t, store)] {
			t.Error("the store has a refresh token that was used")
		}
		time.Sleep(2 * time.Hour)
		ctx, cancel = context.WithCancel(t.Context())
		p.before = func(url.Values) { cancel(); time.Sleep(20 * time.Second) }
		if _, err := s.Token(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestWaitingForTheTurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		s := p.signedIn(t, NewStore(t.TempDir(), false))
		time.Sleep(2 * time.Hour)
		p.before = func(url.Values) { time.Sleep(10 * time.Second) }
		var slow sync.WaitGroup
		slow.Go(func() { s.Token(t.Context()) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := s.Token(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		slow.Wait()
	})
}

func TestSavingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		dir := filepath.Join(t.TempDir(), "logins")
		store := NewStore(dir, false)
		s := p.signedIn(t, store)
		time.Sleep(2 * time.Hour)
		path := store.path("work")
		// A directory where the file should be cannot be replaced by one.
		p.before = func(url.Values) {
			os.Remove(path)
			os.MkdirAll(filepath.Join(path, "in the way"), 0o700)
		}
		for range 2 {
			if _, err := s.Token(t.Context()); err == nil || errors.Is(err, ErrSignIn) || errors.Is(err, ErrTemporary) {
				t.Errorf("error %v", err)
			}
		}
		renewals := p.count("refresh_token")
		os.RemoveAll(path)
		if token, err := s.Token(t.Context()); err != nil || !p.good(token) || p.count("refresh_token") != renewals {
			t.Errorf("%d more renewals, error %v", p.count("refresh_token")-renewals, err)
		}
		if !p.refresh[saved(t, store)] {
			t.Error("the newest refresh token is lost")
		}
		entries, _ := os.ReadDir(dir)
		if len(entries) != 2 { // the login and its lock
			t.Errorf("the directory has %v", entries)
		}
	})
}

func TestSignInForSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		p.signedIn(t, store)
		requests := p.count("refresh_token")
		for name, change := range map[string]func(*Config){
			"client":    func(c *Config) { c.ClientID = "another" },
			"tenant":    func(c *Config) { c.Tenant = "fabrikam.example" },
			"authority": func(c *Config) { c.Authority = "https://login.evil.example" },
			"resource":  func(c *Config) { c.Resource = Outlook },
			"access":    func(c *Config) { c.Access = ReadWrite },
			"account":   func(c *Config) { c.Account = "home" },
		} {
			_, err := p.signer(t, store, change).Token(t.Context())
			if e := checkRefused(t, err, "", ErrSignIn); !strings.Contains(e.Hint, "cardferry login ") {
				t.Errorf("%s: hint %q", name, e.Hint)
			}
		}
		if _, err := p.signer(t, store, func(c *Config) { c.Tenant = strings.ToUpper(c.Tenant) }).Token(t.Context()); err != nil {
			t.Errorf("the same tenant: %v", err)
		}
		if n := p.count("refresh_token") - requests; n > 0 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestWriteSignInServesReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		if _, err := p.signer(t, store, func(c *Config) { c.Access = ReadWrite }).SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if _, err := p.signer(t, store).Token(t.Context()); err != nil {
			t.Error(err)
		}
		if got := p.scopes[len(p.scopes)-1]; got != Graph+"/Contacts.ReadWrite offline_access" {
			t.Errorf("renewed for %q, which would narrow the sign-in", got)
		}
	})
}

func TestSignOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(t.TempDir(), false)
		s := p.signedIn(t, store)
		if err := s.SignOut(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := s.Token(t.Context())
		checkRefused(t, err, "", ErrSignIn)
		if logins, err := store.List(); len(logins) > 0 || err != nil {
			t.Errorf("%d logins, error %v", len(logins), err)
		}
		if err := s.SignOut(t.Context()); err != nil {
			t.Errorf("the second time: %v", err)
		}
	})
}

func TestOddAnswers(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another type": func(a map[string]any) { a["token_type"] = "pop" },
		"no token":     func(a map[string]any) { delete(a, "access_token") },
		"nonsense":     func(a map[string]any) { a["access_token"] = 5 },
	} {
		p := newFakePlatform()
		p.answers = change
		s := p.signer(t, nil, func(c *Config) { c.Method, c.Secret = ClientSecret, p.secret })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // no second try
		_, err := s.Token(ctx)
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p := newFakePlatform()
	p.answers = func(a map[string]any) { delete(a, "expires_in") }
	s := p.signer(t, nil, func(c *Config) { c.Method, c.Secret = ClientSecret, p.secret })
	for range 3 {
		if _, err := s.Token(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if n := p.count("client_credentials"); n != 1 {
		t.Errorf("%d requests for a token that does not expire", n)
	}
}

func TestPlatformRedirects(t *testing.T) {
	var followed bool
	target := httptest.NewServer(handler(func() { followed = true }))
	defer target.Close()
	server := httptest.NewServer(redirectTo(target.URL))
	defer server.Close()
	s, err := NewSigner(Config{Account: "work", Authority: server.URL, Tenant: testTenant, ClientID: testClient, Method: ClientSecret, Secret: "x"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Token(t.Context())
	checkRefused(t, err, "", ErrSignIn)
	if followed {
		t.Error("the secret went elsewhere")
	}
}

// TestProcesses lets real processes renew one sign-in at the same time; the platform
// takes a refresh token once.
func TestProcesses(t *testing.T) {
	if address := os.Getenv("CARDFERRY_TEST_PLATFORM"); address != "" {
		p := newFakePlatform()
		p.base = address
		s, err := NewSigner(p.config(), Options{Store: NewStore(os.Getenv("CARDFERRY_TEST_STORE"), false)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	p := newFakePlatform()
	p.interval = time.Second
	server := httptest.NewServer(p)
	defer server.Close()
	p.base = server.URL
	dir := t.TempDir()
	store := NewStore(dir, false)
	p.refresh["refresh-0"] = true
	l := (&Login{Account: "work", Authority: p.base, Tenant: testTenant, ClientID: testClient, Resource: Graph, Scopes: Config{Resource: Graph, Method: Device}.scopes()}).
		with(tokens{access: "old", refresh: "refresh-0", expiry: time.Now().Add(-time.Hour), at: time.Now().Add(-2 * time.Hour)})
	if err := store.Save(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			run := exec.Command(os.Args[0], "-test.run=^TestProcesses$")
			run.Env = append(os.Environ(), "CARDFERRY_TEST_PLATFORM="+p.base, "CARDFERRY_TEST_STORE="+dir)
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	if n := p.count("refresh_token"); n != 1 {
		t.Errorf("%d renewals", n)
	}
	if !p.refresh[saved(t, store)] {
		t.Error("the store has a refresh token that was used")
	}
}
