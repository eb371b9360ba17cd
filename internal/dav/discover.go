package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// home is where an account's address books are.
type home struct {
	sets []string // collections of books
	book string   // the one book that the account's address names; sets is then nil
}

// discovery finds the home once. The first to ask looks; turn is taken meanwhile.
type discovery struct {
	turn  chan struct{}
	known *home
}

func newDiscovery() discovery { return discovery{turn: make(chan struct{}, 1)} }

// usualPaths are where servers answer that have no well-known address, or whose
// well-known address leads astray. USER stands for the user's name.
var usualPaths = []string{"/", "/remote.php/dav/", "/dav.php/", "/SOGo/dav/USER/", "/dav/addressbooks/", "/caldav.php/", "/carddav/", "/dav/"}

// homeOf returns the account's home, looking for it as RFC 6764 (6) says: at the
// configured address, at the well-known one, then where servers are known to answer.
func (c *Client) homeOf(ctx context.Context) (*home, error) {
	select {
	case c.found.turn <- struct{}{}:
		defer func() { <-c.found.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if c.found.known != nil {
		return c.found.known, nil
	}
	h, err := c.discover(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for the address books: %w", err)
	}
	c.found.known = h
	return h, nil
}

func (c *Client) discover(ctx context.Context) (*home, error) {
	var links []string
	if c.base.Path != "" && c.base.Path != "/" {
		links = append(links, c.link(c.base))
	}
	links = append(links, "/.well-known/carddav")
	for _, path := range append(c.account.Provider.Paths, usualPaths...) {
		if strings.Contains(path, "USER") {
			if c.account.User == "" {
				continue
			}
			path = strings.ReplaceAll(path, "USER", url.PathEscape(c.account.User))
		}
		links = append(links, path)
	}
	var first error
	for i, link := range links {
		h, err := c.homeFrom(ctx, link)
		if err == nil {
			if i > 0 && NotFound(first) && h.holds(c.link(c.base)) {
				return nil, ErrNoBook
			}
			return h, nil
		}
		// What holds for every address ends the search.
		if errors.Is(err, ErrSignIn) || status(err) == 0 || status(err) == http.StatusTooManyRequests || status(err) == http.StatusServiceUnavailable {
			foreign := &ForeignHostError{}
			if !errors.As(err, &foreign) && !errors.Is(err, errNoHome) {
				return nil, err
			}
		}
		if first == nil || errors.Is(first, errNoHome) {
			first = err
		}
	}
	return nil, first
}

// ErrNoBook: the account's url names an address book, and there is none at it. To take
// all others for it would be wrong.
var ErrNoBook = errors.New("there is no address book at the account's url")

// holds reports whether an address is where a book of the home would be.
func (h *home) holds(link string) bool {
	return slices.ContainsFunc(h.sets, func(set string) bool {
		name, within := strings.CutPrefix(link, set)
		return within && strings.Trim(name, "/") != ""
	})
}

// errNoHome: an address that answers, but leads to no address book.
var errNoHome = errors.New("the address leads to no address book")

const discoveryProps = "<D:resourcetype/><D:current-user-principal/><C:addressbook-home-set/>"

// homeFrom looks for the home from one address on: it may be a book, name the home set,
// or name the principal, which does.
func (c *Client) homeFrom(ctx context.Context, link string) (*home, error) {
	m, err := c.propfind(ctx, link, "0", discoveryProps)
	if err != nil {
		return nil, err
	}
	p, err := m.first()
	if err != nil {
		return nil, err
	}
	at, err := c.resolve(m.responses[0].href)
	if err != nil {
		return nil, err
	}
	if p.ResourceType.AddressBook != nil && p.ResourceType.Collection != nil {
		return &home{book: asFolder(m.responses[0].href)}, nil
	}
	if sets, err := c.homeSet(at, p); err != nil || len(sets) > 0 {
		return &home{sets: sets}, err
	}
	if len(p.Principal.Href) == 0 {
		return nil, errNoHome
	}
	principal, err := c.canonical(at, p.Principal.Href[0])
	if err != nil {
		return nil, err
	}
	if m, err = c.propfind(ctx, principal, "0", discoveryProps); err != nil {
		return nil, err
	}
	if p, err = m.first(); err != nil {
		return nil, err
	}
	sets, err := c.homeSet(at, p)
	if err == nil && len(sets) == 0 {
		err = errNoHome
	}
	return &home{sets: sets}, err
}

func (c *Client) homeSet(at *url.URL, p *prop) ([]string, error) {
	var sets []string
	for _, href := range p.HomeSet.Href {
		set, err := c.canonical(at, href)
		if err != nil {
			return nil, err
		}
		sets = append(sets, asFolder(set))
	}
	return sets, nil
}
