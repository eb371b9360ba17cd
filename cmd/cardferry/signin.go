package main

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"

	"github.com/cardferry/cardferry/internal/auth"
	"github.com/cardferry/cardferry/internal/odata"
)

// signer returns what signs an account's requests in. Options may be empty: then
// nobody is asked anything.
func (e *env) signer(a *account, access auth.Access, o auth.Options) (*auth.Signer, error) {
	c := a.auth
	if c.ClientID == "" && (c.Method == auth.Device || c.Method == auth.Browser) {
		return nil, &fault{exitSignIn, fmt.Errorf("account %s has neither a client_id to sign in with nor a token", a.name),
			fmt.Sprintf("set client_id and run: cardferry login %s; or export %s=…", a.name, variable(a.name, "token"))}
	}
	c.Access = access
	o.Store = e.store()
	signer, err := auth.NewSigner(c, o)
	if err != nil {
		return nil, usage("see the keys of an account: cardferry accounts --help", "%w", err)
	}
	return signer, nil
}

// store returns where sign-ins are kept: in the system's keyring where there is a
// desktop to open it, else in files of the user's alone.
func (e *env) store() *auth.Store {
	dir, err := filepath.Abs(filepath.Join(e.stateDir(), "logins"))
	if err != nil {
		dir = filepath.Join(e.stateDir(), "logins")
	}
	keyring := e.getenv("CARDFERRY_KEYRING") != "off"
	if runtime.GOOS == "linux" && e.getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		keyring = false // asking for it would start a bus that nobody listens on
	}
	return auth.NewStore(dir, keyring)
}

// readingDoer is a Doer that reads answers too, as ratelimit's Client does.
type readingDoer interface {
	Do(*http.Request) (*http.Response, error)
	DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error)
}

// signInErrors tells the clients of a service which errors are about the sign-in:
// they do not know the package that signs in.
type signInErrors struct{ next readingDoer }

func (d signInErrors) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.next.Do(req)
	return resp, markSignIn(err)
}

func (d signInErrors) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	resp, body, err := d.next.DoRead(req, buf, limit)
	return resp, body, markSignIn(err)
}

func markSignIn(err error) error {
	if errors.Is(err, auth.ErrSignIn) {
		return fmt.Errorf("%w: %w", odata.ErrSignIn, err)
	}
	return err
}
