package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	davsource "github.com/cardferry/cardferry/exporter/carddav"
	davsink "github.com/cardferry/cardferry/importer/carddav"
	"github.com/cardferry/cardferry/internal/auth"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/ratelimit"
)

// Ways to sign in to a CardDAV account.
const (
	authBasic       = "basic"
	authToken       = "token"
	authCertificate = "client-certificate"
	authBrowser     = string(auth.Browser)
	authDevice      = string(auth.Device)
)

// davConcurrency is how many requests a CardDAV server is sent at a time, of which the
// preset does not say better.
const davConcurrency = 8

// davLogin is what the configuration says of a CardDAV account.
type davLogin struct {
	preset      dav.Provider
	method      string
	user        string
	password    func() (string, error) // for basic
	token       func() (string, error) // for token; by browser or device, the account's auth says how
	certificate *tls.Certificate       // for client-certificate
}

// newDavLogin reads the keys of a CardDAV account. It sets the account's url to the
// preset's, where it has none.
func newDavLogin(a *account, get func(string) string) (*davLogin, error) {
	l := &davLogin{method: get("auth"), user: cmp.Or(get("username"), get("user")), password: secret("password", get), token: secret("token", get)}
	if name := get("preset"); name != "" {
		var ok bool
		if l.preset, ok = dav.FindProvider(strings.ToLower(name)); !ok {
			return nil, usage("presets are "+strings.Join(dav.Providers(), ", "), "account %s: unknown preset %q", a.name, name)
		}
	}
	switch groups := get("groups"); groups {
	case "":
	case "cards", "categories":
		l.preset.Groups = groups == "cards"
	default:
		return nil, usage("groups is cards or categories", "account %s: unknown groups %q", a.name, groups)
	}
	a.url = cmp.Or(a.url, l.preset.URL)
	if _, domain, isAddress := strings.Cut(l.user, "@"); a.url == "" && !isAddress {
		return nil, usage("set url to the server's address, such as https://cloud.example.org/", "account %s: no url is set", a.name)
	} else if a.url == "" {
		a.domain = domain
	}
	service := auth.Service{
		Authorize: cmp.Or(get("oauth_authorize"), l.preset.OAuth.Authorize), Device: cmp.Or(get("oauth_device"), l.preset.OAuth.Device),
		Token: cmp.Or(get("oauth_token"), l.preset.OAuth.Token), Scopes: strings.Fields(cmp.Or(get("oauth_scope"), l.preset.OAuth.Scope)),
		Params: l.preset.OAuth.Params,
	}
	switch {
	case l.method != "":
	case l.token != nil && l.password == nil:
		l.method = authToken
	case l.password == nil && service.Authorize != "":
		l.method = authBrowser
	default:
		l.method = authBasic
	}
	switch l.method {
	case authBrowser, authDevice:
		if service.Token == "" {
			return nil, usage("set oauth_authorize or oauth_device, oauth_token and oauth_scope to what the provider documents", "account %s: where to sign in is not known", a.name)
		}
		a.auth = auth.Config{Account: a.name, Method: auth.Method(l.method), ClientID: get("client_id"), Service: &service}
		if read := secret("client_secret", get); read != nil {
			value, err := read()
			if err != nil {
				return nil, usage("", "account %s: %w", a.name, err)
			}
			a.auth.Secret = value
		}
	case authBasic:
		if l.preset.OAuth.Token != "" && get("url") == "" {
			return nil, usage(`set auth = "browser" and client_id, and run: cardferry login `+a.name, "account %s: %s takes no passwords", a.name, l.preset.Name)
		}
		if l.user == "" || l.password == nil {
			return nil, usage("set username, and password, password_file or password_command", "account %s: basic sign-in needs a name and a password", a.name)
		}
	case authToken:
		if l.token == nil {
			return nil, usage("set token, token_file or token_command", "account %s: no token is set", a.name)
		}
	case authCertificate:
		pair, err := tls.LoadX509KeyPair(get("certificate"), get("certificate"))
		if err != nil {
			return nil, usage("certificate is a file of the key and its certificate in PEM", "account %s: reading the certificate: %w", a.name, errNoPair)
		}
		l.certificate = &pair
	default:
		return nil, usage("a CardDAV account signs in by basic, token, browser, device or client-certificate", "account %s: unknown auth %q", a.name, l.method)
	}
	return l, nil
}

var errNoPair = errors.New("it cannot be read, or does not hold both")

// davClient opens a CardDAV account for requests.
func (s *session) davClient(a *account, may access) (*dav.Client, error) {
	l := a.dav
	if a.url == "" {
		found, err := lookUpDav(context.Background(), net.DefaultResolver, a.domain)
		if err != nil {
			return nil, usage("set url to the server's address", "account %s: %w", a.name, err)
		}
		a.url = found
	}
	base, err := url.Parse(a.url)
	if err != nil {
		return nil, usage("", "account %s: url is not a URL", a.name)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.DialContext = dav.Dial
	transport.DisableCompression = true // servers weaken the ETag of what they compress
	if l.certificate != nil {
		transport.TLSClientConfig = &tls.Config{Certificates: []tls.Certificate{*l.certificate}}
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var doer ratelimit.Doer = client
	if may == readOnly {
		doer = refuseWrites{doer}
	}
	pacer := ratelimit.New(doer, ratelimit.Options{OnWait: s.onWait})
	s.pacers[a.name] = pacer
	signed, err := l.sign(s.env, a, pacer, base)
	if err != nil {
		return nil, err
	}
	return dav.NewClient(signed, dav.Account{URL: a.url, Trust: l.preset.Trust, User: l.user, Name: a.name, Version: version, Provider: l.preset})
}

// sign returns what sends requests with the account's sign-in.
func (l *davLogin) sign(e *env, a *account, next *ratelimit.Client, base *url.URL) (dav.Doer, error) {
	header := func() (string, error) { return "", nil }
	switch l.method {
	case authBasic:
		header = sync.OnceValues(func() (string, error) {
			password, err := l.password()
			req := http.Request{Header: http.Header{}}
			req.SetBasicAuth(l.user, password)
			return req.Header.Get("Authorization"), err
		})
		refused := &auth.SignInError{Account: a.name, Text: "account " + a.name + ": the service does not accept the name and the password", Hint: "check username and password"}
		if l.preset.AppPassword != "" {
			refused.Hint = "it wants an app password: make one (" + l.preset.AppPassword + ") and set it as the account's password"
		}
		return headerDoer{next, header, base, l.preset.Trust, refused}, nil
	case authToken:
		signer, err := auth.NewSigner(auth.Config{Account: a.name, Method: auth.ReadyToken, Token: l.token}, auth.Options{})
		if err != nil {
			return nil, usage("", "account %s: %w", a.name, err)
		}
		return tokenDoer{next, signer, base, l.preset.Trust}, nil
	case authBrowser, authDevice:
		signer, err := e.signer(a, auth.ReadWrite, auth.Options{})
		if err != nil {
			return nil, err
		}
		return tokenDoer{next, signer, base, l.preset.Trust}, nil
	}
	return headerDoer{next, header, base, l.preset.Trust, nil}, nil
}

// headerDoer sends the same Authorization with every request, and only to the hosts that
// it is for.
type headerDoer struct {
	next   *ratelimit.Client
	header func() (string, error)
	base   *url.URL
	trust  []string
	// refused is the error for an answer 401; nil leaves that to the caller.
	refused *auth.SignInError
}

func (d headerDoer) Do(req *http.Request) (*http.Response, error) {
	resp, _, err := d.send(req, func(r *http.Request) (*http.Response, []byte, error) {
		resp, err := d.next.Do(r)
		return resp, nil, err
	})
	return resp, err
}

func (d headerDoer) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	return d.send(req, func(r *http.Request) (*http.Response, []byte, error) { return d.next.DoRead(r, buf, limit) })
}

func (d headerDoer) send(req *http.Request, send func(*http.Request) (*http.Response, []byte, error)) (*http.Response, []byte, error) {
	if !dav.MaySend(d.base, req.URL, d.trust) {
		return nil, nil, &dav.ForeignHostError{Host: req.URL.Host}
	}
	value, err := d.header()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", dav.ErrSignIn, err)
	}
	if value != "" {
		own := req.Clone(req.Context())
		own.Header.Set("Authorization", value)
		req = own
	}
	resp, body, err := send(req)
	if err == nil && d.refused != nil && resp.StatusCode == http.StatusUnauthorized {
		resp.Body.Close()
		return nil, nil, fmt.Errorf("%w: %w", dav.ErrSignIn, d.refused)
	}
	return resp, body, err
}

// tokenDoer sends an access token with every request. One that the service rejects is
// asked for anew.
type tokenDoer struct {
	next   *ratelimit.Client
	signer *auth.Signer
	base   *url.URL
	trust  []string
}

func (d tokenDoer) Do(req *http.Request) (*http.Response, error) {
	resp, _, err := d.send(req, func(h headerDoer, r *http.Request) (*http.Response, []byte, error) {
		resp, err := h.Do(r)
		return resp, nil, err
	})
	return resp, err
}

func (d tokenDoer) DoRead(req *http.Request, buf []byte, limit int64) (*http.Response, []byte, error) {
	return d.send(req, func(h headerDoer, r *http.Request) (*http.Response, []byte, error) { return h.DoRead(r, buf, limit) })
}

func (d tokenDoer) send(req *http.Request, send func(headerDoer, *http.Request) (*http.Response, []byte, error)) (*http.Response, []byte, error) {
	token, err := d.signer.Token(req.Context())
	if err != nil {
		return nil, nil, markSignIn(err)
	}
	with := func(token string) headerDoer {
		return headerDoer{d.next, func() (string, error) { return "Bearer " + token, nil }, d.base, d.trust, nil}
	}
	resp, body, err := send(with(token), req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return resp, body, err
	}
	fresh, err := d.signer.Renew(req.Context(), token)
	if err != nil {
		return nil, nil, markSignIn(err)
	}
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		if again.Body, err = req.GetBody(); err != nil {
			return nil, nil, err
		}
	}
	resp.Body.Close()
	return send(with(fresh), again)
}

// resolver answers questions to the DNS; *net.Resolver is one.
type resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// lookUpDav asks the DNS for the CardDAV server of a domain, and the path on it (RFC 6764,
// 3 and 4). An answer is believed only where the server is within the domain: the DNS is
// not secured, and the password goes to whatever it names.
func lookUpDav(ctx context.Context, dns resolver, domain string) (string, error) {
	_, servers, err := dns.LookupSRV(ctx, "carddavs", "tcp", domain)
	if err != nil || len(servers) == 0 || servers[0].Target == "." { // the last says that there is none
		return "", fmt.Errorf("the domain of the user's address does not tell where its address books are")
	}
	host := strings.TrimSuffix(strings.ToLower(servers[0].Target), ".")
	if d := strings.ToLower(domain); host != d && !strings.HasSuffix(host, "."+d) {
		return "", fmt.Errorf("the domain of the user's address refers to another one, %s", host)
	}
	if port := servers[0].Port; port != 443 {
		host = net.JoinHostPort(host, fmt.Sprint(port))
	}
	path := "/"
	texts, _ := dns.LookupTXT(ctx, "_carddavs._tcp."+domain) // most have none
	for _, text := range texts {
		if p, ok := strings.CutPrefix(text, "path="); ok && strings.HasPrefix(p, "/") && !strings.ContainsAny(p, "?# ") {
			path = p
		}
	}
	return "https://" + host + path, nil
}

// openDav opens a CardDAV account.
func (s *session) openDav(a *account, may access) (*opened, error) {
	c, err := s.davClient(a, may)
	if err != nil {
		return nil, err
	}
	return &opened{source: davsource.New(c), sink: davsink.New(c)}, nil
}
