package auth

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Sign returns a Doer that sends the account's access token with every request (RFC
// 6750, 2.1), and only to the scheme, host and port of base, which is https, or http
// on this machine; a request elsewhere is an error, and nothing of it is sent. Where
// next is an *http.Client, a copy of it that follows no redirect elsewhere is used;
// another Doer that follows redirects has to see to that itself.
//
// An answer 401 renews the token, and the request is repeated a few times with the new
// one, or where it cannot be renewed with the same, for services reject good tokens, too;
// with a body only if it has GetBody; else the 401 is returned. One that names claims
// (https://learn.microsoft.com/entra/identity-platform/claims-challenge) is a
// [*SignInError] with them.
//
// An error for which nothing was carried out has a method NotSent() bool that returns
// true. The Doer has the method DoRead(*http.Request, []byte, int64)
// (*http.Response, []byte, error), which also reads the answer, if next has it. Next should be the one that
// counts and paces requests, so that a repeated one counts.
func (s *Signer) Sign(next Doer, base string) (Doer, error) {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || !isPrivate(u) {
		return nil, s.config.wrong("a token is not sent but by https, or to this machine")
	}
	if client, ok := next.(*http.Client); ok {
		next = stayAt(u, client)
	}
	d := signed{s, next, u}
	if reader, ok := next.(readDoer); ok {
		return &signedReader{d, reader}, nil
	}
	return &d, nil
}

// Doer performs one HTTP request; *http.Client is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// readDoer is a Doer that reads the answer too.
type readDoer interface {
	DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error)
}

// stayAt returns a copy of the client that follows no redirect to another origin: a
// client of net/http would take the token along to another port, to a subdomain, or
// from https to http.
func stayAt(base *url.URL, client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case !sameOrigin(req.URL, base):
			return fmt.Errorf("the service redirects to another host, %s", req.URL.Host)
		case client.CheckRedirect != nil:
			return client.CheckRedirect(req, via)
		case len(via) >= 10:
			return errors.New("the service redirects in circles")
		}
		return nil
	}
	return &own
}

type signed struct {
	signer *Signer
	next   Doer
	base   *url.URL
}

// Do implements Doer. It does not change the request that it is given.
func (d *signed) Do(req *http.Request) (*http.Response, error) { return d.perform(req, d.next.Do) }

type signedReader struct {
	signed
	reader readDoer
}

// DoRead performs the request, and reads an answer of at most limit bytes, into buf
// where that is large enough.
func (d *signedReader) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	var body []byte
	resp, err := d.perform(req, func(req *http.Request) (resp *http.Response, err error) {
		resp, body, err = d.reader.DoRead(req, buf, limit)
		return resp, err
	})
	return resp, body, err
}

// perform sends a request signed, and after a 401 perhaps again.
func (d *signed) perform(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	if !sameOrigin(req.URL, d.base) {
		closeBody(req)
		return nil, &unsent{fmt.Errorf("the sign-in is not for the host %s", req.URL.Host)}
	}
	token, err := d.signer.Token(req.Context())
	if err != nil {
		closeBody(req)
		return nil, &unsent{err}
	}
	resp, err := send(withToken(req, token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if claims, asked := claimsOf(resp.Header); asked {
		discard(resp)
		e := d.signer.config.needed("the service asks for a sign-in that meets more of the tenant's rules")
		e.Claims = claims
		return nil, &unsent{e}
	}
	again, ok := rewound(req)
	if !ok {
		return resp, nil
	}
	discard(resp) // first, for it may hold a slot that the repetition needs
	fresh, err := d.signer.Renew(req.Context(), token)
	switch {
	case err == nil:
		return d.insist(again, fresh, send)
	case d.signer.config.Method != ReadyToken || !errors.Is(err, ErrSignIn):
		closeBody(again)
		return nil, &unsent{err}
	}
	resp, sendErr := d.insist(again, token, send) // there is no other
	if sendErr == nil && resp.StatusCode == http.StatusUnauthorized {
		discard(resp)
		return nil, &unsent{err}
	}
	return resp, sendErr
}

// insistence is how often one token is sent after a rejection.
const insistence = 3

// insist sends a request with a token, again while that is rejected, and returns the last
// answer.
func (d *signed) insist(req *http.Request, token string, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	for tries := 1; ; tries++ {
		resp, err := send(withToken(req, token))
		if err != nil || resp.StatusCode != http.StatusUnauthorized || tries == insistence {
			return resp, err
		}
		again, ok := rewound(req)
		if !ok {
			return resp, nil
		}
		discard(resp)
		req = again
	}
}

func withToken(req *http.Request, token string) *http.Request {
	own := req.Clone(req.Context())
	own.Header.Set("Authorization", "Bearer "+token)
	return own
}

// rewound returns the request with its body at the start again.
func rewound(req *http.Request) (*http.Request, bool) {
	again := *req
	if req.Body == nil || req.Body == http.NoBody {
		return &again, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	again.Body = body
	return &again, err == nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// discard ends an answer so that its connection can be used again.
func discard(resp *http.Response) {
	if resp.Body != nil {
		io.CopyN(io.Discard, resp.Body, 64<<10)
		resp.Body.Close()
	}
}

// unsent is an error for which the service has carried out nothing.
type unsent struct{ err error }

func (e *unsent) Error() string { return e.err.Error() }
func (e *unsent) Unwrap() error { return e.err }

// NotSent reports that the service has carried out nothing.
func (e *unsent) NotSent() bool { return true }
