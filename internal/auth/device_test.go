package auth

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		d := &fakeDevice{pending: 2}
		p.devices["next"] = d
		start := time.Now()
		var shown []string
		s, err := NewSigner(p.config(), Options{HTTP: p.client(), Interactive: true, Prompt: func(uri, code, message string) {
			shown = append(shown, uri, code, message)
		}})
		if err != nil {
			t.Fatal(err)
		}
		l, err := s.SignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"https://microsoft.example/devicelogin", "ABCD[2JEFGH", "To sign in, open the page and enter the code."}
		if !slices.Equal(shown, want) {
			t.Errorf("shown %q, want %q", shown, want)
		}
		if got := time.Since(start); got != 15*time.Second || len(d.polls) != 3 {
			t.Errorf("%d polls took %v", len(d.polls), got)
		}
		if p.count("refresh_token") != 1 {
			t.Error("the sign-in was not tried out")
		}
		if !l.Renewable || !slices.Equal(l.Scopes, []string{Graph + "/Contacts.Read", "offline_access"}) {
			t.Errorf("login %v for %q", l.Renewable, l.Scopes)
		}
		token, err := s.Token(t.Context())
		if err != nil || !p.good(token) {
			t.Errorf("the token is good: %v, error %v", p.good(token), err)
		}
	})
}

func TestDeviceSlowDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		d := &fakeDevice{pending: 1}
		p.devices["next"] = d
		p.interval = 12 * time.Second
		p.device = func(answer map[string]any) { answer["interval"] = 5 }
		start := time.Now()
		if _, err := p.signer(t, nil).SignIn(t.Context()); err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		for _, poll := range d.polls {
			at = append(at, poll.Sub(start))
		}
		want := []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, 45 * time.Second} // slow_down twice
		if !slices.Equal(at, want) {
			t.Errorf("polls at %v, want %v", at, want)
		}
	})
}

func TestDeviceRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		device fakeDevice
		code   string
		oauth  string
	}{
		{"declined", fakeDevice{pending: 1, then: "authorization_declined", code: 65004}, "AADSTS65004", "authorization_declined"},
		{"expired", fakeDevice{then: "expired_token", code: 70019}, "AADSTS70019", "expired_token"},
		{"unknown", fakeDevice{then: "bad_verification_code", code: 70018}, "AADSTS70018", "bad_verification_code"},
		{"blocked", fakeDevice{then: "invalid_grant", code: 53003}, "AADSTS53003", "invalid_grant"},
		{"not public", fakeDevice{then: "invalid_client", code: 7000218}, "AADSTS7000218", "invalid_client"},
		{"nobody comes", fakeDevice{pending: 1000}, "", "expired_token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newFakePlatform()
				p.devices["next"] = &test.device
				store := NewStore(t.TempDir(), false)
				_, err := p.signer(t, store).SignIn(t.Context())
				if e := checkRefused(t, err, test.code, ErrSignIn); e.OAuth != test.oauth || e.Hint == "" {
					t.Errorf("error %q, hint %q", e.OAuth, e.Hint)
				}
				if logins, _ := store.List(); len(logins) > 0 {
					t.Error("something was saved")
				}
			})
		})
	}
}

func TestDeviceOutlivesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		p.devices["next"] = &fakeDevice{}
		p.failures = []fakeFailure{{503, "temporarily_unavailable", 90033}, {400, "authorization_pending", 70016}, {500, "server_error", 0}}
		if _, err := p.signer(t, nil).SignIn(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestDeviceCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		p.devices["next"] = &fakeDevice{pending: 1000}
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		if _, err := p.signer(t, nil).SignIn(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrSignIn) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestDeviceStrangeAnswers(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"no code":            func(a map[string]any) { delete(a, "device_code") },
		"no user code":       func(a map[string]any) { a["user_code"] = "" },
		"a page in the open": func(a map[string]any) { a["verification_uri"] = "http://microsoft.example/devicelogin" },
		"no page":            func(a map[string]any) { a["verification_uri"] = "javascript:alert(1)" },
		"no number":          func(a map[string]any) { a["interval"] = []int{1} },
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakePlatform()
			p.device = change
			_, err := p.signer(t, nil).SignIn(t.Context())
			checkRefused(t, err, "", ErrTemporary)
		})
	}
}

func TestDeviceStrangeNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		d := &fakeDevice{pending: 1}
		p.devices["next"] = d
		p.device = func(a map[string]any) { a["interval"], a["expires_in"] = -3, "900" }
		if _, err := p.signer(t, nil).SignIn(t.Context()); err != nil || len(d.polls) != 2 {
			t.Errorf("%d polls, error %v", len(d.polls), err)
		}
	})
}

func TestNobodyIsAsked(t *testing.T) {
	p := newFakePlatform()
	for _, method := range []Method{Device, Browser} {
		c := p.config()
		c.Method = method
		asked := false
		s, err := NewSigner(c, Options{HTTP: p.client(), Store: NewStore(t.TempDir(), false),
			Prompt:      func(_, _, _ string) { asked = true },
			OpenBrowser: func(string) error { asked = true; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.SignIn(t.Context())
		checkRefused(t, err, "", ErrSignIn)
		_, err = s.Token(t.Context())
		checkRefused(t, err, "", ErrSignIn)
		if asked || len(p.grants) > 0 {
			t.Errorf("%s: somebody was asked", method)
		}
	}
}
