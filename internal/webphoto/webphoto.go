// Package webphoto fetches photos of which a contact has only the address on the web.
//
// The addresses come from strangers' files, so that a fetch may reach nothing that the
// user's machine can reach and the stranger cannot: https alone, no proxy, and only
// public addresses, which is checked when a connection is made, after the name has been
// looked up, for every redirect anew.
package webphoto

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Limits of one fetch.
const (
	maxTime      = 30 * time.Second // from the name's look-up to the last byte
	maxRedirects = 5
	workers      = 8  // fetches at a time
	maxAhead     = 64 // contacts read ahead of the one handed out
)

// Reasons for which there is no photo. They say nothing of the address.
var (
	errNotHTTPS   = errors.New("its address is not https")
	errNotPublic  = errors.New("its address is not on the public internet")
	errNoImage    = errors.New("what its address gives is no image")
	errTooLarge   = fmt.Errorf("it has more than %d bytes", formats.MaxPhoto)
	errRedirects  = fmt.Errorf("more than %d redirects", maxRedirects)
	errTime       = fmt.Errorf("it takes longer than %v", maxTime)
	errConnection = errors.New("the connection failed")
)

// Fetcher fetches photos.
type Fetcher struct {
	client *http.Client
}

// New returns a fetcher.
func New() *Fetcher { return newFetcher(isPublic, nil) }

func newFetcher(mayReach func(netip.Addr) bool, trust *tls.Config) *Fetcher {
	dialer := &net.Dialer{Timeout: maxTime, Control: func(network, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !mayReach(to.Addr().Unmap()) {
			return errNotPublic
		}
		return nil
	}}
	return &Fetcher{&http.Client{
		Timeout:   maxTime,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: trust, ForceAttemptHTTP2: true, MaxIdleConns: workers, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			req.Header.Del("Referer")
			if len(via) > maxRedirects {
				return errRedirects
			}
			return isHTTPS(req)
		},
	}}
}

func isHTTPS(req *http.Request) error {
	if req.URL.Scheme != "https" || req.URL.Host == "" {
		return errNotHTTPS
	}
	return nil
}

// Fill returns the contacts with the photos at the addresses that they name. Where one
// cannot be had, the address stays, and the contact's Unread says why. The order is
// kept; some photos are fetched at a time.
func (f *Fetcher) Fill(ctx context.Context, contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		var ahead []result
		wanted := 0
		flush := func() bool {
			f.fetchAll(ctx, ahead)
			for _, r := range ahead {
				if !yield(r.c, r.err) {
					return false
				}
			}
			ahead, wanted = ahead[:0], 0
			return true
		}
		for c, err := range contacts {
			ahead = append(ahead, result{c, err})
			if isWanted(c) {
				wanted++
			}
			if (wanted == 0 || wanted == workers || len(ahead) == maxAhead) && !flush() {
				return
			}
		}
		flush()
	}
}

type result struct {
	c   *contact.Contact
	err error
}

func isWanted(c *contact.Contact) bool {
	return c != nil && c.Photo != nil && c.Photo.URL != "" && len(c.Photo.Data) == 0
}

func (f *Fetcher) fetchAll(ctx context.Context, all []result) {
	var wg sync.WaitGroup
	for _, r := range all {
		if isWanted(r.c) {
			wg.Go(func() { f.fill(ctx, r.c) })
		}
	}
	wg.Wait()
}

func (f *Fetcher) fill(ctx context.Context, c *contact.Contact) {
	photo, err := f.fetch(ctx, c.Photo.URL)
	if err != nil {
		c.Unread = append(c.Unread, contact.Loss{Field: "photo", Kind: contact.Truncated, Reason: "only its address is kept: " + err.Error()})
		return
	}
	c.Photo = photo
}

// fetch returns the photo at an address.
func (f *Fetcher) fetch(ctx context.Context, address string) (*contact.Photo, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errNotHTTPS
	}
	if err := isHTTPS(req); err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "image/*")
	req.Header.Set("User-Agent", "cardferry")
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, reason(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", http.StatusText(resp.StatusCode))))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, formats.MaxPhoto+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case len(data) > formats.MaxPhoto:
		return nil, errTooLarge
	}
	photo := contact.NewPhoto(data)
	if !strings.HasPrefix(photo.MediaType, "image/") {
		return nil, errNoImage
	}
	return photo, nil
}

// reason returns what is to be said of an error that names hosts and addresses.
func reason(err error) error {
	for _, known := range []error{errNotPublic, errNotHTTPS, errRedirects, context.Canceled} {
		if errors.Is(err, known) {
			return known
		}
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return errTime
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New("the certificate of its server is not valid")
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the name of its server is not known")
	}
	return errConnection
}
