package ratelimit

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// isSafe reports whether a request may be carried out twice without harm. PATCH
// is among them: cardferry's patches set values, and set the same ones again. So is
// MKCOL, which makes a collection once (RFC 4918, 9.3).
func isSafe(method string) bool {
	switch method {
	case http.MethodPut, http.MethodPatch, http.MethodDelete, "MKCOL", "PROPPATCH":
		return true
	}
	return isRead(method)
}

// isRead reports whether a request changes nothing.
func isRead(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	return isQuery(method)
}

// isQuery reports whether a request is one of WebDAV's questions. A server that cannot
// answer one often says 500, and will say it again.
func isQuery(method string) bool { return method == "PROPFIND" || method == "REPORT" }

// isBrokenConnection reports whether a request failed for its connection: reset,
// refused, timed out, ended before the answer. A name that does not exist and
// what TLS objects to are no such thing.
func isBrokenConnection(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return !dns.IsNotFound
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op != "remote error" && op.Op != "local error" // crypto/tls
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return true
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return true
	}
	// net/http does not export these.
	for _, text := range []string{"http2: ", "stream error: ", "server closed idle connection", "connection reset"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}
