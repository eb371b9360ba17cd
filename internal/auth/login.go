package auth

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Login is what a person's sign-in left: who it is for, and the tokens, which are
// not for anybody to see.
type Login struct {
	Account   string    `json:"account"`
	Authority string    `json:"authority"`
	Tenant    string    `json:"tenant"`
	ClientID  string    `json:"clientId"`
	Resource  string    `json:"resource"`
	Scopes    []string  `json:"scopes"`    // asked for when the person signed in
	SignedIn  time.Time `json:"signedIn"`  // by the person
	Renewed   time.Time `json:"renewed"`   // when the access token was handed out
	Expiry    time.Time `json:"expiry"`    // of the access token; zero if the platform did not say
	Renewable bool      `json:"renewable"` // without the person
	Keyring   bool      `json:"keyring"`   // kept in the system's keyring, else in a file

	access  string // "" where the keyring had no room for it
	refresh string
}

// Format keeps the tokens out of every format, %+v and %#v included.
func (l Login) Format(f fmt.State, _ rune) { io.WriteString(f, "login of account "+l.Account) }

// LogValue keeps the tokens out of logs.
func (l Login) LogValue() slog.Value { return slog.StringValue("login of account " + l.Account) }

// withoutTokens returns what of a login may be shown.
func (l Login) withoutTokens() Login {
	l.access, l.refresh = "", ""
	return l
}

// is reports whether the login was made for the configuration.
func (l *Login) is(c Config) bool {
	return l.Account == c.Account && l.ClientID == c.ClientID && l.Resource == c.Resource &&
		l.Authority == c.Authority && strings.EqualFold(l.Tenant, c.Tenant)
}

// fits says why a login cannot serve the configuration.
func (l *Login) fits(c Config) error {
	switch {
	case !l.is(c):
		return c.needed("the stored sign-in is for another client, tenant, service or authority")
	case !covers(l.Scopes, c.scopes()):
		return c.needed("the stored sign-in is for reading alone")
	}
	return nil
}

// usable reports whether the access token is one other than rejected, and good for a
// while after now.
func (l *Login) usable(now time.Time, rejected string, early time.Duration) bool {
	if l == nil || l.access == "" || l.access == rejected {
		return false
	}
	return l.Expiry.IsZero() || now.Round(0).Add(early).Before(l.Expiry)
}

// renewBefore is how long before its end a token is renewed, but for short-lived
// ones.
const renewBefore = 5 * time.Minute

// early is how long before its end the access token is renewed.
func (l *Login) early() time.Duration {
	if l == nil {
		return 0
	}
	return max(0, min(renewBefore, l.Expiry.Sub(l.Renewed)/4))
}

// with returns the login with the tokens of another answer.
func (l *Login) with(t tokens) *Login {
	renewed := *l
	renewed.Scopes = slices.Clone(l.Scopes)
	renewed.access, renewed.Expiry, renewed.Renewed = t.access, t.expiry, t.at
	if t.refresh != "" {
		renewed.refresh = t.refresh
	}
	renewed.Renewable = renewed.refresh != ""
	return &renewed
}
