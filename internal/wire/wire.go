// Package wire performs one HTTP request and reads its answer whole: what the clients
// of Microsoft's services and of CardDAV have in common below their own protocols.
//
// It sends what it is told to send, once: pacing, repeating and signing in are the
// business of the Doer that it is given.
package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Doer performs one HTTP request; *http.Client is one. One that also has the
// method DoRead of the package ratelimit is asked to read the answer as well, so
// that it can repeat a request whose answer breaks off. An error that has a method
// NotSent() bool which returns true says that nothing left this machine.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// bodyReader is a Doer that reads the answer too (ratelimit's Client).
type bodyReader interface {
	DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error)
}

// Perform sends the request and reads its answer, into buf where that is large enough.
// An answer of more than limit bytes is an error. The body of the response is closed.
func Perform(d Doer, req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	if reader, ok := d.(bodyReader); ok {
		return reader.DoRead(req, buf, limit)
	}
	resp, err := d.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = fmt.Errorf("an answer of more than %d MiB", limit>>20)
	}
	return resp, body, err
}

// NotSent reports whether an error of Perform means that nothing left this machine.
func NotSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	var local interface{ NotSent() bool }
	return errors.As(err, &local) && local.NotSent()
}
