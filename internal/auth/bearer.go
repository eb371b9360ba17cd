// Package auth signs requests in.
package auth

import "net/http"

// Doer performs one HTTP request; *http.Client is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Bearer returns a Doer that sends a ready access token with every request (RFC
// 6750, 2.1). Requests are for one service: whoever makes them checks the host.
func Bearer(next Doer, token string) Doer { return &bearer{next, "Bearer " + token} }

type bearer struct {
	next  Doer
	value string
}

// Do implements Doer. It does not change the request that it is given.
func (b *bearer) Do(req *http.Request) (*http.Response, error) {
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", b.value)
	return b.next.Do(signed)
}
