package auth

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/zalando/go-keyring"
)

// ring is a keyring: secrets of one service, by user.
type ring interface {
	Set(user, secret string) error
	Get(user string) (string, error)
	Delete(user string) error
}

// ringService is the name under which the system's keyring shows our secrets.
const ringService = "cardferry"

// systemRing is the keyring of the system.
type systemRing struct{}

func (systemRing) Set(user, secret string) error   { return keyring.Set(ringService, user, secret) }
func (systemRing) Get(user string) (string, error) { return keyring.Get(ringService, user) }
func (systemRing) Delete(user string) error        { return keyring.Delete(ringService, user) }

// ringPatience is how long a keyring may take. One that is locked asks the user, who
// is perhaps not there.
const ringPatience = 20 * time.Second

// errRing says that the keyring did not answer, or that there is none.
var errRing = errors.New("the keyring does not answer")

// ask calls the keyring, whose calls cannot be cancelled: one that hangs is left
// alone, and ends with the process.
func (s *Store) ask(ctx context.Context, call func(ring) (string, error)) (string, error) {
	if s.ring == nil {
		return "", errRing
	}
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := call(s.ring)
		answers <- answer{text, err}
	}()
	timer := time.NewTimer(ringPatience)
	defer timer.Stop()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-timer.C:
		return "", errRing
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ringUser tells logins of one account in several directories apart, as a test's
// and the user's own.
func (s *Store) ringUser(account string) string { return account + " (" + s.dir + ")" }

// keepInRing reports whether the keyring took the login and gives it back. Windows
// and macOS have room for 2.5 to 4 kB; the access token can be had anew, and is left
// out where both tokens are too long.
func (s *Store) keepInRing(ctx context.Context, l *Login) bool {
	if s.ring == nil {
		return false
	}
	r := record{Login: *l, AccessToken: l.access, RefreshToken: l.refresh}
	err := s.setInRing(ctx, r)
	if errors.Is(err, keyring.ErrSetDataTooBig) && l.refresh != "" {
		r.AccessToken = ""
		err = s.setInRing(ctx, r)
	}
	return err == nil
}

func (s *Store) setInRing(ctx context.Context, r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	user := s.ringUser(r.Account)
	back, err := s.ask(ctx, func(k ring) (string, error) {
		if err := k.Set(user, string(data)); err != nil {
			return "", err
		}
		return k.Get(user)
	})
	if err == nil && back != string(data) {
		err = errRing
	}
	return err
}

// fromRing returns the login that the keyring holds.
func (s *Store) fromRing(ctx context.Context, account string) (*record, error) {
	data, err := s.ask(ctx, func(k ring) (string, error) { return k.Get(s.ringUser(account)) })
	switch {
	case err == nil:
		return parseRecord([]byte(data), account)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, keyring.ErrNotFound):
		return nil, Config{Account: account}.needed("the keyring has lost the sign-in")
	}
	// The keyring's own errors are not known to keep secrets to themselves.
	return nil, &SignInError{Account: account, Text: "the sign-in is in the keyring, which does not open here",
		Hint: "unlock the keyring; or turn it off, and sign in again: cardferry login " + account}
}

// dropFromRing makes the keyring forget the login.
func (s *Store) dropFromRing(ctx context.Context, account string) error {
	_, err := s.ask(ctx, func(k ring) (string, error) { return "", k.Delete(s.ringUser(account)) })
	switch {
	case err == nil, errors.Is(err, keyring.ErrNotFound):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return Config{Account: account}.wrong("%w, and still has the sign-in", errRing)
}
