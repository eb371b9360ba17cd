package dav

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardferry/cardferry/internal/wire"
)

// maxAnswer is the longest answer that is read.
const maxAnswer = 128 << 20

// maxRedirects is how often one request is sent elsewhere.
const maxRedirects = 5

// answer is what came back, whatever it says.
type answer struct {
	status int
	header http.Header
	body   []byte
	at     *url.URL // where it came from, after redirects
}

// send performs a request and returns an answer of less than 400. Redirects are
// followed with the method and the body that they had: net/http would make a GET of a
// PROPFIND.
func (c *Client) send(ctx context.Context, method, link string, header http.Header, body []byte) (*answer, error) {
	u, err := c.resolve(link)
	if err != nil {
		return nil, err
	}
	for range maxRedirects {
		resp, data, err := c.perform(ctx, method, u, header, body)
		if err != nil {
			return nil, c.failure(ctx, method, resp, err)
		}
		a := &answer{resp.StatusCode, resp.Header, data, u}
		switch {
		case a.status < 300 || a.status == http.StatusNotModified:
			return a, nil
		case a.status >= 400 || a.header.Get("Location") == "" || a.status == http.StatusSeeOther:
			return nil, c.refusal(method, a, body)
		}
		if u, err = c.resolveAt(u, a.header.Get("Location")); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the service redirects in circles")
}

// perform sends one request and reads its answer whole.
func (c *Client) perform(ctx context.Context, method string, u *url.URL, header http.Header, body []byte) (*http.Response, []byte, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), content)
	if err != nil {
		return nil, nil, errNoAddress
	}
	for name, values := range header {
		req.Header[name] = values
	}
	// All that is sent here may be sent twice. So net/http does at once, given this name
	// without a value, where a connection turns out to have been closed: SOGo closes each
	// after its answer and does not say so.
	req.Header["Idempotency-Key"] = nil
	req.Header.Set("User-Agent", c.agent)
	return wire.Perform(c.doer, req, nil, maxAnswer)
}

// xmlHeader is the header of a request with a body of XML.
func xmlHeader(depth string) http.Header {
	h := http.Header{"Content-Type": {"application/xml; charset=utf-8"}}
	if depth != "" {
		h.Set("Depth", depth)
	}
	return h
}

// element names and their prefixes in all requests.
const (
	prolog     = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
	namespaces = ` xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"`
)

// propfind asks for properties, which are elements as they stand in a request. A listing
// that the service cuts off is an error: there is no way to ask for the rest of it.
func (c *Client) propfind(ctx context.Context, link, depth, props string) (*multistatus, error) {
	body := prolog + "<D:propfind" + namespaces + "><D:prop>" + props + "</D:prop></D:propfind>"
	a, err := c.send(ctx, "PROPFIND", link, xmlHeader(depth), []byte(body))
	if err != nil {
		return nil, err
	}
	m, err := c.multistatus("PROPFIND", a)
	if err == nil && m.truncated {
		return nil, &Error{Method: "PROPFIND", Status: http.StatusInsufficientStorage, Err: errCutOff}
	}
	return m, err
}

// errCutOff: a listing that is not whole. What it lacks would be taken for gone.
var errCutOff = errors.New("the service lists only a part of what is there, and does not tell the rest")

// report sends a REPORT (RFC 3253, 3.6).
func (c *Client) report(ctx context.Context, link, depth, body string) (*multistatus, error) {
	a, err := c.send(ctx, "REPORT", link, xmlHeader(depth), []byte(prolog+body))
	if err != nil {
		return nil, err
	}
	return c.multistatus("REPORT", a)
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// escapeXML escapes text, and leaves out what XML 1.0 cannot hold.
func escapeXML(s string) string {
	return xmlEscaper.Replace(strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s))
}
