// Package auth signs people and programs in at Microsoft's identity platform (OAuth
// 2.0, its v2.0 endpoints), keeps what that leaves, and signs requests with it.
//
// A [Signer] is one account: SignIn asks a person, once; Token then hands out access
// tokens for months, renewing them as needed, without asking anybody. Sign puts them
// on requests, for one host alone.
//
// Refusals are a [*SignInError]; an error is either [ErrSignIn], and somebody has to
// do something about it, or [ErrTemporary], and the same may succeed later. No token,
// code, secret or name of a user is in the text of any error.
package auth

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// endpoint parses the address of a service that secrets are sent to: https, or http
// on this machine.
func endpoint(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("not an address")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("more than a host and a path")
	case !isPrivate(u):
		return nil, errors.New("neither https nor on this machine")
	}
	return u, nil
}

// isPrivate reports whether nobody on the way to the address can listen.
func isPrivate(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	loopback := strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}

// sameOrigin reports whether both lead to one scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}
