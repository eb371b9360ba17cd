package sandbox

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// A Client is an app that is registered with the identity provider.
type Client struct {
	ID          string
	Public      bool     // signs people in and has no proof of its own
	Secret      string   // of an app that is not public
	Certificate string   // PEM of a certificate or a public key; "": signatures of assertions are taken unseen
	Redirects   []string // nil: http://localhost at any port, and the platform's page for native apps
	Roles       []string // application permissions; nil: Contacts.ReadWrite, MailboxSettings.ReadWrite and User.Read.All
}

// DefaultClients are the apps that are registered unless Options name others:
// a public one, and one with a secret.
func DefaultClients() []Client {
	return []Client{{ID: "cardferry-sandbox", Public: true}, {ID: "cardferry-app", Secret: "sandbox-secret"}}
}

// A registration is a client made ready.
type registration struct {
	Client
	key        *rsa.PublicKey // nil: none known
	thumbprint string         // x5t#S256 of the certificate; "": none known
}

func register(clients []Client) ([]*registration, error) {
	if clients == nil {
		clients = DefaultClients()
	}
	var all []*registration
	for i, c := range clients {
		if c.ID == "" || slices.ContainsFunc(clients[:i], func(other Client) bool { return other.ID == c.ID }) {
			return nil, fmt.Errorf("client %d has no id of its own", i+1)
		}
		if c.Redirects == nil {
			c.Redirects = []string{"http://localhost", "https://login.microsoftonline.com/common/oauth2/nativeclient"}
		}
		if c.Roles == nil {
			c.Roles = []string{"Contacts.ReadWrite", "MailboxSettings.ReadWrite", "User.Read.All"}
		}
		r := &registration{Client: c}
		if err := r.readCertificate(); err != nil {
			return nil, fmt.Errorf("client %d: %w", i+1, err)
		}
		all = append(all, r)
	}
	return all, nil
}

func (r *registration) readCertificate() error {
	if r.Certificate == "" {
		return nil
	}
	var key any
	for block, rest := pem.Decode([]byte(r.Certificate)); block != nil && key == nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return errors.New("a certificate that cannot be read")
			}
			sum := sha256.Sum256(c.Raw)
			key, r.thumbprint = c.PublicKey, base64.RawURLEncoding.EncodeToString(sum[:])
		case "PUBLIC KEY":
			var err error
			if key, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
				return errors.New("a public key that cannot be read")
			}
		}
	}
	var ok bool
	if r.key, ok = key.(*rsa.PublicKey); !ok {
		return errors.New("the certificate holds no RSA key")
	}
	return nil
}

func (p *identity) client(id string) (*registration, *oauthError) {
	for _, c := range p.clients {
		if c.ID == id {
			return c, nil
		}
	}
	if id == "" {
		return nil, missing("client_id")
	}
	return nil, &oauthError{"unauthorized_client", 700016, "Application with identifier '" + id + "' was not found in the directory."}
}

func missing(parameter string) *oauthError {
	return &oauthError{"invalid_request", 900144, "The request body must contain the following parameter: '" + parameter + "'."}
}

// authenticate finds the client of a token request and checks its proof.
func (v *visit) authenticate() (*registration, *oauthError) {
	id, secret := v.form("client_id"), v.form("client_secret")
	if user, password, ok := v.r.BasicAuth(); ok {
		id, _ = url.QueryUnescape(user) // RFC 6749, 2.3.1
		secret, _ = url.QueryUnescape(password)
	}
	assertion := v.form("client_assertion")
	if id == "" && assertion != "" {
		id = assertedClient(assertion)
	}
	c, bad := v.client(id)
	switch {
	case bad != nil:
		return nil, bad
	case c.Public && (secret != "" || assertion != ""):
		return nil, &oauthError{"invalid_client", 700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."}
	case c.Public:
		return c, nil
	case assertion != "":
		return c, v.checkAssertion(c, assertion)
	case secret == "":
		return nil, &oauthError{"invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	case c.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(c.Secret)) != 1:
		return nil, &oauthError{"invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID."}
	}
	return c, nil
}

// redirects reports whether an address is registered. It has to match exactly,
// but for the port of this machine's own.
func (r *registration) redirects(address string) bool {
	given, err := url.Parse(address)
	if err != nil || given.Fragment != "" || given.User != nil {
		return false
	}
	return slices.ContainsFunc(r.Redirects, func(registered string) bool {
		want, err := url.Parse(registered)
		if err != nil {
			return false
		}
		host := want.Hostname()
		if want.Scheme == "http" && (host == "localhost" || host == "127.0.0.1") {
			return given.Scheme == "http" && given.Hostname() == host && given.RawQuery == want.RawQuery &&
				strings.TrimSuffix(given.Path, "/") == strings.TrimSuffix(want.Path, "/")
		}
		return address == registered
	})
}
