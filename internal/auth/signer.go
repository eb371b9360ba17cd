package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Options are what a [Signer] works with.
type Options struct {
	Store *Store       // of persons' sign-ins; nil keeps them in memory alone
	HTTP  *http.Client // for requests to the identity platform; nil is one with a timeout of 30 s
	// Interactive says that a person is there to sign in. Without it, SignIn never
	// asks, but returns ErrSignIn.
	Interactive bool
	// Prompt shows where to enter which code, for Device. The message, which may
	// be empty, says the same in the platform's words.
	Prompt func(verificationURI, userCode, message string)
	// Unsaved is told, once, why renewed tokens could not be saved; the run goes on with
	// them, and saving is tried again with each request. Nil makes that an error of Token.
	Unsaved func(error)
	// OpenBrowser opens an address, or shows it, for Browser.
	OpenBrowser func(address string) error
}

// Signer signs one account in and hands out its access tokens. It is safe for
// concurrent use.
type Signer struct {
	config   Config
	options  Options
	platform platform
	key      *signingKey // nil but for ClientCertificate

	turn    chan struct{} // taken by whoever uses what is below
	login   *Login        // nil until the first token; not changed, but replaced
	unsaved bool          // the store does not have it yet
	said    bool          // that it could not be saved
}

// NewSigner returns the Signer of a configuration. It sends nothing and reads no
// store. An error says what of the configuration cannot work.
func NewSigner(c Config, o Options) (*Signer, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Signer{config: c, options: o, platform: newPlatform(c, o.HTTP), turn: make(chan struct{}, 1)}
	if c.Method == ClientCertificate {
		key, err := parseSigningKey(c.Certificate)
		if err != nil {
			return nil, c.wrong("the certificate: %w", err)
		}
		s.key = key
	}
	return s, nil
}

// take waits for the turn to use the login.
func (s *Signer) take(ctx context.Context) (done func(), err error) {
	select {
	case s.turn <- struct{}{}:
		return func() { <-s.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Token returns an access token that is good for a while: it is renewed 5 minutes
// before its end, or at three quarters of its life where that is later. It never asks
// a person. An error is [ErrSignIn], [ErrTemporary], the cause for which ctx ended, or
// about the store.
func (s *Signer) Token(ctx context.Context) (string, error) { return s.otherThan(ctx, "") }

// Renew returns an access token other than the one that the service rejected. Of many
// callers with one rejected token, the first renews it. Errors are those of Token.
func (s *Signer) Renew(ctx context.Context, rejected string) (string, error) {
	return s.otherThan(ctx, rejected)
}

func (s *Signer) otherThan(ctx context.Context, rejected string) (string, error) {
	done, err := s.take(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	if s.unsaved {
		if err := s.saveLocked(ctx); err != nil && !s.goesOn(err) {
			return "", err
		}
	}
	if s.login.usable(time.Now(), rejected, s.login.early()) {
		return s.login.access, nil
	}
	err = s.obtain(ctx, rejected)
	if err == nil || errors.Is(err, ErrTemporary) && s.login.usable(time.Now(), rejected, 0) || s.unsaved && s.goesOn(err) && s.login.usable(time.Now(), rejected, 0) {
		return s.login.access, nil // asking early leaves time for the platform to come back
	}
	return "", err
}

// goesOn reports whether the run goes on with tokens that could not be saved, for err:
// what is in the store may be of no use any more.
func (s *Signer) goesOn(err error) bool {
	if s.options.Unsaved == nil {
		return false
	}
	if !s.said {
		s.said = true
		s.options.Unsaved(err)
	}
	return true
}

// obtain makes s.login one with an access token other than rejected.
func (s *Signer) obtain(ctx context.Context, rejected string) error {
	if s.config.byPerson() {
		return s.renew(ctx, rejected)
	}
	var t tokens
	var err error
	if s.config.Method == ReadyToken {
		t, err = s.ready(rejected)
	} else {
		t, err = s.byProgram(ctx)
	}
	if err != nil {
		return err
	}
	s.login = s.newLogin(t)
	return nil
}

func (s *Signer) newLogin(t tokens) *Login {
	c := s.config
	l := &Login{Account: c.Account, Authority: c.Authority, Tenant: c.Tenant, ClientID: c.ClientID, Resource: c.Resource, SignedIn: t.at}
	if c.Method != ReadyToken {
		l.Scopes = c.scopes()
	}
	return l.with(t)
}

// savingGrace is how long an interrupted run may take to finish a renewal: an answer
// that is not read may cost the sign-in, where refresh tokens are good for one use.
const savingGrace = 5 * time.Second

// renew makes s.login one that is usable, from the store, or by the refresh token,
// the newest one, which another run may have left in the store. The new tokens are in
// the store before anybody uses them.
func (s *Signer) renew(ctx context.Context, rejected string) error {
	if s.options.Store == nil {
		return s.refresh(ctx)
	}
	if s.login == nil { // the usual start of a run: nobody has to be kept out
		if err := s.load(ctx); err != nil || s.login.usable(time.Now(), rejected, s.login.early()) {
			return err
		}
	}
	unlock, err := s.options.Store.lock(ctx, s.config.Account)
	if err != nil {
		return err
	}
	defer unlock()
	if !s.unsaved { // else what is here is newer
		if err := s.load(ctx); err != nil || s.login.usable(time.Now(), rejected, s.login.early()) {
			return err
		}
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	return s.save(ctx)
}

// load takes the login of the store, if it is for this configuration.
func (s *Signer) load(ctx context.Context) error {
	l, err := s.options.Store.Load(ctx, s.config.Account)
	if err != nil {
		return err
	}
	if err := l.fits(s.config); err != nil {
		return err
	}
	s.login = l
	return nil
}

// refresh uses the refresh token (RFC 6749, 6).
func (s *Signer) refresh(ctx context.Context) error {
	l := s.login
	if l == nil {
		return s.config.needed("nobody has signed in")
	}
	if l.refresh == "" {
		return s.config.needed("the sign-in has ended, and the identity platform gave nothing to renew it with")
	}
	t, err := patiently(ctx, func() (tokens, error) {
		longer, cancel := outlast(ctx, savingGrace)
		defer cancel()
		return s.platform.grant(longer, "refresh_token", l.Scopes, url.Values{"refresh_token": {l.refresh}})
	})
	if err != nil {
		return err
	}
	s.login, s.unsaved = l.with(t), s.options.Store != nil
	return nil
}

// save writes the login down; the caller has the store's lock. If that does not
// succeed it is tried again before the next token is handed out.
func (s *Signer) save(ctx context.Context) error {
	longer, cancel := outlast(ctx, savingGrace)
	defer cancel()
	err := s.options.Store.save(longer, s.login)
	s.unsaved = err != nil
	return err
}

func (s *Signer) saveLocked(ctx context.Context) error {
	unlock, err := s.options.Store.lock(ctx, s.config.Account)
	if err != nil {
		return err
	}
	defer unlock()
	return s.save(ctx)
}

// SignIn signs the account in, puts what that leaves into the store in place of what
// was there, and renews it once to prove that it can be renewed. A person is asked;
// programs and ready tokens are merely tried.
//
// A login that is not Renewable is good for an hour or so. One that comes with an
// error is in the store, but did not renew.
func (s *Signer) SignIn(ctx context.Context) (Login, error) {
	if !s.config.byPerson() {
		return s.Check(ctx)
	}
	if err := s.signInPerson(ctx); err != nil {
		return Login{}, err
	}
	l, err := s.Check(ctx)
	if errors.Is(err, ErrTemporary) {
		err = nil // the sign-in itself is not in doubt
	}
	return l, err
}

func (s *Signer) signInPerson(ctx context.Context) error {
	byDevice := s.config.Method == Device
	if !s.options.Interactive || byDevice && s.options.Prompt == nil || !byDevice && s.options.OpenBrowser == nil {
		return s.config.needed("signing in takes a person, and nobody can be asked here")
	}
	done, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	if store := s.options.Store; store != nil { // before the person's time is spent
		if err := store.makeDir(); err != nil {
			return s.config.wrong("the directory of sign-ins: %w", err)
		}
	}
	var t tokens
	if byDevice {
		t, err = s.platform.byDevice(ctx, s.options.Prompt)
	} else {
		t, err = s.platform.byBrowser(ctx, s.options.OpenBrowser)
	}
	if err != nil {
		return err
	}
	s.login, s.unsaved = s.newLogin(t), s.options.Store != nil
	if !s.unsaved {
		return nil
	}
	return s.saveLocked(ctx)
}

// Check gets a token, and renews a person's sign-in whether it is time to or not: what
// works now will work when nobody is there. The login that it returns has no tokens;
// it may come with an error, when there is one but it did not renew.
func (s *Signer) Check(ctx context.Context) (Login, error) {
	token, err := s.Token(ctx)
	if err != nil {
		return Login{}, err
	}
	l, err := s.current(ctx)
	if err != nil || !l.Renewable {
		return l, err
	}
	if _, err := s.Renew(ctx, token); err != nil {
		return l, err
	}
	return s.current(ctx)
}

// current returns the login as it may be shown.
func (s *Signer) current(ctx context.Context) (Login, error) {
	done, err := s.take(ctx)
	if err != nil {
		return Login{}, err
	}
	defer done()
	return s.login.withoutTokens(), nil
}

// SignOut forgets the sign-in, here and in the store.
func (s *Signer) SignOut(ctx context.Context) error {
	done, err := s.take(ctx)
	if err != nil {
		return err
	}
	defer done()
	s.login, s.unsaved = nil, false
	if s.options.Store == nil {
		return nil
	}
	return s.options.Store.Delete(ctx, s.config.Account)
}
