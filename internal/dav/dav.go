// Package dav is the CardDAV client (RFC 6352) that the reading and the writing side of
// an account share: addresses, requests, answers and errors, discovery, and what both
// of them read.
//
// It sends what it is told to send, once: pacing, repeating and signing in are the
// business of the Doer that it is given. A 2xx is no proof that something was done, nor
// is what was sent what is stored; docs/servers.md tells what which server does.
//
// Addresses of books and cards are paths on the account's host, in one canonical
// spelling, and are what ids are made of. Only where a provider spreads an account over
// hosts of its own ([Account.Trust]) an address may be absolute.
package dav

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/cardferry/cardferry/internal/wire"
)

// Doer performs one HTTP request and follows no redirect; *http.Client is one whose
// CheckRedirect returns http.ErrUseLastResponse.
type Doer = wire.Doer

// Account is one login and how it is reached.
type Account struct {
	// URL is anything from which the address books can be found: the host alone, a
	// principal, the collection of the books, or one address book, which then is
	// the whole account.
	URL string
	// Trust names domains besides the URL's host to whose hosts requests may go, by
	// https: "icloud.com" is icloud.com and all below it.
	Trust    []string
	User     string // where known: some servers have it in their paths
	Name     string // the account's name in errors and positions
	Version  string // of the program, for the User-Agent
	Provider Provider
}

// Client talks to one account. It is safe for concurrent use.
type Client struct {
	doer    Doer
	account Account
	base    *url.URL
	agent   string
	found   discovery
	groups  groupTable
	maxCard atomic.Int64
	kept    keptNames
}

// NewClient returns a client that sends through doer. The address must be https, or
// http on this machine.
func NewClient(doer Doer, a Account) (*Client, error) {
	base, err := url.Parse(a.URL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("account %s: the url is not an address", a.Name)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("account %s: the url has more than a host and a path", a.Name)
	}
	if base.Scheme != "https" && !(base.Scheme == "http" && isLoopback(base.Hostname())) {
		return nil, fmt.Errorf("account %s: the url must be https", a.Name)
	}
	c := &Client{doer: doer, account: a, base: base, agent: "cardferry/devel", found: newDiscovery()}
	if a.Version != "" {
		c.agent = "cardferry/" + a.Version
	}
	return c, nil
}

// Name returns the account's name.
func (c *Client) Name() string { return c.account.Name }

// Provider returns what is known of the account's provider.
func (c *Client) Provider() Provider { return c.account.Provider }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// MaySend reports whether requests, and with them the sign-in, may go to the address:
// to the scheme, host and port of base, or by https to a host of the trusted domains.
func MaySend(base, to *url.URL, trust []string) bool {
	if to.Scheme == base.Scheme && strings.EqualFold(hostPort(to), hostPort(base)) {
		return true
	}
	host := strings.ToLower(to.Hostname())
	for _, domain := range trust {
		if to.Scheme == "https" && (host == domain || strings.HasSuffix(host, "."+domain)) {
			return true
		}
	}
	return false
}

// hostPort returns the host with its port, also where that is the scheme's own.
func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
}

// ForeignHostError says that the service named an address on a host that the sign-in is
// not for. Nothing was sent there.
type ForeignHostError struct{ Host string }

func (e *ForeignHostError) Error() string {
	return fmt.Sprintf("the service refers to %s, which is not the configured host", e.Host)
}

var errNoAddress = errors.New("an address that is none")

// resolve returns the whole address of a link, after checking that requests may go
// there.
func (c *Client) resolve(link string) (*url.URL, error) { return c.resolveAt(c.base, link) }

func (c *Client) resolveAt(at *url.URL, link string) (*url.URL, error) {
	if link == "" {
		return nil, errNoAddress
	}
	u, err := at.Parse(link)
	if err != nil {
		return nil, errNoAddress
	}
	if !MaySend(c.base, u, c.account.Trust) {
		return nil, &ForeignHostError{Host: u.Scheme + "://" + u.Host}
	}
	return u, nil
}

// link returns the canonical form of an address: its path, or all of it on another
// host. Servers spell the same path differently in different answers.
func (c *Client) link(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			segments[i] = url.PathEscape(plain)
		}
	}
	path := strings.Join(segments, "/")
	if path == "" {
		path = "/"
	}
	if strings.EqualFold(hostPort(u), hostPort(c.base)) {
		return path
	}
	return u.Scheme + "://" + u.Host + path
}

// canonical returns the canonical form of a link that an answer names.
func (c *Client) canonical(at *url.URL, href string) (string, error) {
	u, err := c.resolveAt(at, strings.TrimSpace(href))
	if err != nil {
		return "", err
	}
	return c.link(u), nil
}

// asFolder returns the address with the slash at its end that collections have.
func asFolder(link string) string {
	if strings.HasSuffix(link, "/") {
		return link
	}
	return link + "/"
}
