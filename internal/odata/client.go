// Package odata is the request plumbing that the reading and the writing client of
// Microsoft's contact services share: addresses, answers and errors, and what both
// of them read.
//
// It sends what it is told to send, once: pacing, repeating and signing in are the
// business of the Doer that it is given. It repeats reads of its own accord only
// where an answer came and made no sense.
package odata

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/wire"
)

// Doer performs one HTTP request; see [wire.Doer].
type Doer = wire.Doer

// Account is one mailbox and how it is reached.
type Account struct {
	BaseURL string // e.g. https://graph.microsoft.com/v1.0; "" is the dialect's own
	Dialect outlook.Dialect
	User    string // an id or a user principal name; "" or "me" is who signed in
	Name    string // the account's name in errors and positions
	Version string // of the program, for the User-Agent
	// CountAs returns the context of a request that stands for so many, so that the
	// Doer counts it as those (ratelimit.WithParts); nil where nobody counts.
	CountAs func(context.Context, int) context.Context
	// Throttled is told of an answer 429 within the answer to a batch, and for how long
	// it asks to wait (0 is unknown), so that the Doer holds the next requests up. It
	// returns how long the same one is to wait besides. Nil where nobody holds them up.
	Throttled func(time.Duration) time.Duration
}

func (a *Account) countAs(ctx context.Context, n int) context.Context {
	if a.CountAs == nil {
		return ctx
	}
	return a.CountAs(ctx, n)
}

func (a *Account) throttled(wait time.Duration) time.Duration {
	if a.Throttled == nil {
		return max(wait, minBatchWait)
	}
	return a.Throttled(wait)
}

// Client talks to one account. It is safe for concurrent use.
type Client struct {
	doer    Doer
	account Account
	base    *url.URL
	owner   string // "/me" or "/users/{id}", escaped
	agent   string

	gatherer gatherer
}

// NewClient returns a client that sends through doer. The address must be https,
// or http on this machine.
func NewClient(doer Doer, a Account) (*Client, error) {
	if a.BaseURL == "" {
		a.BaseURL = a.Dialect.BaseURL()
	}
	base, err := url.Parse(strings.TrimRight(a.BaseURL, "/"))
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("account %s: the url is not an address", a.Name)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("account %s: the url has more than a host and a path", a.Name)
	}
	if base.Scheme != "https" && !(base.Scheme == "http" && isLoopback(base.Hostname())) {
		return nil, fmt.Errorf("account %s: the url must be https", a.Name)
	}
	c := &Client{doer: doer, account: a, base: base, owner: "/me", agent: "cardferry/devel"}
	if a.User != "" && a.User != "me" {
		c.owner = "/users/" + escapeSegment(a.User)
		if strings.HasPrefix(a.User, "$") { // else it would be taken for an option
			c.owner = "/users('" + escapeSegment(strings.ReplaceAll(a.User, "'", "''")) + "')"
		}
	}
	if a.Version != "" {
		c.agent = "cardferry/" + a.Version
	}
	return c, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Dialect returns the account's dialect.
func (c *Client) Dialect() outlook.Dialect { return c.account.Dialect }

// Name returns the account's name.
func (c *Client) Name() string { return c.account.Name }

var errEmptyID = errors.New("an empty id")

// Link returns the address of what the segments name within the mailbox, as a path
// and a query, which is also the form that cursors have. The query's names and
// values come in turn. An empty segment is an error: the service would take it for
// another resource.
func (c *Client) Link(segments []string, query ...string) (string, error) {
	var b strings.Builder
	b.WriteString(c.base.EscapedPath())
	b.WriteString(c.owner)
	for _, s := range segments {
		if s == "" {
			return "", errEmptyID
		}
		b.WriteByte('/')
		b.WriteString(escapeSegment(s))
	}
	for i := 0; i+1 < len(query); i += 2 {
		b.WriteByte("?&"[min(i, 1)])
		b.WriteString(query[i])
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(url.QueryEscape(query[i+1]), "+", "%20"))
	}
	return b.String(), nil
}

// escapeSegment escapes a path segment, "$value" and the like excepted. A dot
// segment would be walked by proxies on the way.
func escapeSegment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return strings.ReplaceAll(url.PathEscape(s), "+", "%2B")
}

// Relative returns the link that an answer names as Link would, after checking
// that it leads to the configured host: the sign-in is for that one alone.
func (c *Client) Relative(link string) (string, error) {
	u, err := c.base.Parse(link)
	if err != nil {
		return "", errors.New("the service names a link that is no address")
	}
	if u.Scheme != c.base.Scheme || !strings.EqualFold(u.Host, c.base.Host) {
		return "", &ForeignLinkError{Host: u.Scheme + "://" + u.Host}
	}
	return u.RequestURI(), nil
}

// ForeignLinkError says that the service named a link or a redirect to a host that is
// not the configured one. It was not followed.
type ForeignLinkError struct{ Host string }

func (e *ForeignLinkError) Error() string {
	return fmt.Sprintf("the service leads to %s, which is not the configured host: nothing was sent there", e.Host)
}
