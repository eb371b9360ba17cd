package odata

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cardferry/cardferry/internal/wire"
)

// maxAnswer is the longest answer that is read, photos excepted.
const maxAnswer = 64 << 20

// maxRedirects is how often one request is sent elsewhere.
const maxRedirects = 5

// Get reads what is at the link.
func (c *Client) Get(ctx context.Context, link string) ([]byte, error) {
	body, _, err := c.send(ctx, http.MethodGet, link, content{})
	return body, err
}

// Send sends JSON to the link and returns the answer's body.
func (c *Client) Send(ctx context.Context, method, link string, body []byte) ([]byte, error) {
	answer, _, err := c.send(ctx, method, link, content{data: body, mediaType: "application/json"})
	return answer, err
}

// content is what a request has beside its address; a body without a type is none.
type content struct {
	data      []byte
	mediaType string
	prefer    string // beside what every request prefers
	buf       []byte // memory for the answer's body
}

// send performs a request, following redirects within the host, and returns the
// body and the header of an answer that says that it was done.
func (c *Client) send(ctx context.Context, method, link string, what content) ([]byte, http.Header, error) {
	for range maxRedirects {
		resp, body, err := c.perform(ctx, method, link, what)
		if err != nil {
			return nil, nil, c.failure(ctx, method, resp, err)
		}
		if resp.Request != nil && resp.Request.URL.Host != "" { // it may have been redirected on the way
			if _, err := c.Relative(resp.Request.URL.String()); err != nil {
				return nil, nil, err
			}
		}
		switch {
		case resp.StatusCode < 300:
			return body, resp.Header, nil
		case resp.StatusCode >= 400 || resp.Header.Get("Location") == "":
			return nil, nil, c.refusal(method, resp, body)
		}
		if link, err = c.Relative(resp.Header.Get("Location")); err != nil {
			return nil, nil, err
		}
		if method != http.MethodGet && resp.StatusCode != http.StatusTemporaryRedirect && resp.StatusCode != http.StatusPermanentRedirect {
			return nil, nil, c.refusal(method, resp, body)
		}
	}
	return nil, nil, errors.New("the service redirects in circles")
}

// perform sends one request and reads its answer whole.
func (c *Client) perform(ctx context.Context, method, link string, what content) (*http.Response, []byte, error) {
	url := c.base.Scheme + "://" + c.base.Host + link
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, nil, errors.New("a link that is no address")
	}
	if what.mediaType != "" {
		req.Body = io.NopCloser(bytes.NewReader(what.data))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(what.data)), nil }
		req.ContentLength = int64(len(what.data))
		req.Header.Set("Content-Type", what.mediaType)
	}
	req.Header.Set("User-Agent", c.agent)
	if prefer := c.prefers(what.prefer); prefer != "" {
		req.Header.Set("Prefer", prefer)
	}
	return wire.Perform(c.doer, req, what.buf, maxAnswer)
}

// prefers returns the header Prefer of a request with preferences of its own.
func (c *Client) prefers(own string) string {
	if !c.Dialect().Graph() {
		return own
	}
	return strings.TrimSuffix(`IdType="ImmutableId", `+own, ", ")
}

// badAnswers is how often an answer that makes no sense is asked for again.
const badAnswers = 8

// ErrNonsense says that an answer makes no sense, however often it is asked for.
var ErrNonsense = errors.New("the answer makes no sense")

// final is an error of an answer that is not asked for again.
type final struct{ error }

func (e final) Unwrap() error { return e.error }

// Final makes an error one that asking again does not mend.
func Final(err error) error { return final{err} }

func isFinal(err error) bool {
	_, foreign := errors.AsType[*ForeignLinkError](err)
	_, is := errors.AsType[final](err)
	return foreign || is
}

// Read reads what is at the link and hands it to parse, which may be called more
// than once: an answer that it returns an error for is asked for again.
func (c *Client) Read(ctx context.Context, link string, parse func(body []byte) error) error {
	return c.read(ctx, link, "", func(body []byte, _ http.Header) error { return parse(body) })
}

func (c *Client) read(ctx context.Context, link, prefer string, parse func([]byte, http.Header) error) error {
	var bad error
	for range badAnswers {
		body, header, err := c.send(ctx, http.MethodGet, link, content{prefer: prefer})
		if err != nil {
			return err
		}
		if bad = parse(body, header); bad == nil {
			return nil
		}
		if isFinal(bad) {
			return bad
		}
	}
	return fmt.Errorf("%w: %w", ErrNonsense, bad)
}
