package auth

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokens are what the identity platform hands out.
type tokens struct {
	access  string
	refresh string    // "" for none
	expiry  time.Time // of the access token; zero if not said
	at      time.Time
}

// platform is the identity platform as one configuration sees it.
type platform struct {
	config Config
	http   *http.Client
}

// requestTimeout bounds one request to the platform.
const requestTimeout = 30 * time.Second

// newPlatform makes a client of the platform out of h, which may be nil. It follows
// no redirects: what it sends is for the configured authority.
func newPlatform(c Config, h *http.Client) platform {
	var own http.Client
	if h != nil {
		own = *h
	}
	if own.Timeout == 0 {
		own.Timeout = requestTimeout
	}
	own.Jar = nil
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return platform{c, &own}
}

// within returns the context that tells package oauth2 which client to use.
func (p platform) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, p.http)
}

// grant asks the token endpoint for tokens (RFC 6749, 4.4, 4.5 and 6).
func (p platform) grant(ctx context.Context, kind string, scopes []string, params url.Values) (tokens, error) {
	all := maps.Clone(params)
	if all == nil {
		all = url.Values{}
	}
	all.Set("grant_type", kind)
	request := clientcredentials.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.appSecret(), TokenURL: p.config.endpoints().TokenURL, AuthStyle: oauth2.AuthStyleInParams,
		Scopes: scopes, EndpointParams: all,
	}
	t, err := request.Token(p.within(ctx))
	if err != nil {
		return tokens{}, p.config.failure(ctx, err)
	}
	return p.tokens(t)
}

// tokens takes the tokens out of an answer.
func (p platform) tokens(t *oauth2.Token) (tokens, error) {
	if t.Type() != "Bearer" {
		return tokens{}, &SignInError{Account: p.config.Account, Text: "the identity platform hands out a kind of token that is not known"}
	}
	return tokens{access: t.AccessToken, refresh: t.RefreshToken, expiry: t.Expiry.Round(0), at: time.Now().Round(0)}, nil
}

// patiently repeats a grant that fails for a passing reason.
func patiently(ctx context.Context, grant func() (tokens, error)) (tokens, error) {
	for _, pause := range []time.Duration{time.Second, 3 * time.Second} {
		t, err := grant()
		if err == nil || !errors.Is(err, ErrTemporary) {
			return t, err
		}
		if err := sleep(ctx, pause); err != nil {
			return tokens{}, err
		}
	}
	return grant()
}

// sleep waits, or returns the cause for which the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// outlast returns a context that ends d later than ctx, with its cause: what is
// underway when a run is interrupted has that long to finish.
func outlast(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if sleep(longer, d) == nil {
			end(context.Cause(ctx))
		}
	})
	return longer, func() { stop(); end(nil) }
}
