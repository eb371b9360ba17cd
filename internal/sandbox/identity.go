package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"
)

// An identity is the identity provider: the Microsoft identity platform's v2.0
// endpoints below /{tenant}, as its reference pages describe them
// (learn.microsoft.com/entra/identity-platform). Everyone who has a mailbox can
// sign in, without a password. What it hands out it keeps in memory: a server
// that starts anew knows no token of before but the one of its options.
type identity struct {
	s       *Server
	clients []*registration
	signIn  string // who signs in without being asked; "": nobody
	key     func() *signingKey

	mu      sync.Mutex // guards what follows
	codes   map[string]*codeGrant
	devices map[string]*deviceGrant
	refresh map[string]*session
	access  map[string]*session

	consented sync.Map // the ids of the apps that an administrator has let in
}

// How long the platform's tokens and codes are good.
const (
	accessLife     = time.Hour
	codeLife       = 10 * time.Minute
	deviceLife     = 15 * time.Minute
	deviceInterval = 5 * time.Second
	refreshLife    = 90 * 24 * time.Hour
)

// tenantID is the one tenant that there is, whatever it is called.
const tenantID = "1717622f-1d94-4d0c-9d74-709fad664b77"

// A session is who was let in to what. The user of an app on its own is "".
type session struct {
	client  string
	user    string // an address
	scopes  scopes
	nonce   string
	expires time.Time
}

func newIdentity(s *Server, clients []Client, signIn string) (*identity, error) {
	known, err := register(clients)
	if err != nil {
		return nil, err
	}
	if signIn != "" && !strings.Contains(signIn, "@") {
		return nil, errors.New("the user who is signed in has no address")
	}
	return &identity{
		s: s, clients: known, signIn: strings.ToLower(signIn), key: sync.OnceValue(newSigningKey),
		codes: map[string]*codeGrant{}, devices: map[string]*deviceGrant{}, refresh: map[string]*session{}, access: map[string]*session{},
	}, nil
}

// A visit is one request to the identity provider.
type visit struct {
	*identity
	r      *http.Request
	base   string
	tenant string
	n      uint64
}

// serve answers what is asked of the identity provider, and nil to anything
// else.
func (p *identity) serve(r *http.Request) *answer {
	path := strings.Trim(r.URL.Path, "/")
	v := &visit{identity: p, r: r, base: baseURL(r)}
	if path == "devicelogin" {
		return v.limited((*visit).deviceLogin)
	}
	tenant, endpoint, _ := strings.Cut(path, "/")
	v.tenant = tenant
	if isAdminConsent(endpoint) {
		return v.limited((*visit).adminConsent)
	}
	operation := map[string]func(*visit) *answer{
		"oauth2/v2.0/authorize":                 (*visit).authorize,
		"oauth2/v2.0/token":                     (*visit).token,
		"oauth2/v2.0/devicecode":                (*visit).deviceCode,
		"v2.0/.well-known/openid-configuration": (*visit).configuration,
		"discovery/v2.0/keys":                   (*visit).keys,
	}[strings.ToLower(endpoint)]
	if operation == nil {
		return nil
	}
	return v.limited(operation)
}

const maxForm = 1 << 18

// limited reads the form and numbers the visit.
func (v *visit) limited(operation func(*visit) *answer) *answer {
	v.n = v.s.serial.Add(1)
	v.r.Body = http.MaxBytesReader(nil, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return v.refused(&oauthError{kind: "invalid_request", code: 9002313, text: "Invalid request. Request is malformed or invalid."})
	}
	if strings.HasSuffix(strings.ToLower(v.tenant), ".invalid") {
		return v.refused(&oauthError{kind: "invalid_request", code: 90002, text: "Tenant '" + v.tenant + "' not found."})
	}
	return operation(v)
}

// form returns a parameter of the body.
func (v *visit) form(name string) string { return v.r.PostForm.Get(name) }

// shared reports whether the tenant of the path is one for several.
func (v *visit) shared() bool {
	switch strings.ToLower(v.tenant) {
	case "common", "organizations", "consumers":
		return true
	}
	return false
}

func (v *visit) address(endpoint string) string { return v.base + "/" + v.tenant + "/" + endpoint }

// configuration is the metadata document of OpenID Connect Discovery 1.0.
func (v *visit) configuration() *answer {
	tenant := tenantID
	if v.shared() {
		tenant = "{tenantid}" // as the platform spells it
	}
	return v.json(http.StatusOK, map[string]any{
		"issuer":                                v.base + "/" + tenant + "/v2.0",
		"authorization_endpoint":                v.address("oauth2/v2.0/authorize"),
		"token_endpoint":                        v.address("oauth2/v2.0/token"),
		"device_authorization_endpoint":         v.address("oauth2/v2.0/devicecode"),
		"jwks_uri":                              v.address("discovery/v2.0/keys"),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"code_challenge_methods_supported":      []string{"S256", "plain"},
	})
}

func (v *visit) keys() *answer {
	return v.json(http.StatusOK, map[string]any{"keys": []any{v.key().jwk()}})
}

// An oauthError is an error of the platform: RFC 6749's kind and the number and
// text of an AADSTS code.
type oauthError struct {
	kind string
	code int
	text string
}

func (e *oauthError) status() int {
	if e.kind == "invalid_client" {
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// description is the text of an error as the platform writes it.
func (v *visit) description(e *oauthError) string {
	now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.code, e.text, v.traceID(), v.correlationID(), now)
}

func (v *visit) traceID() string { return fmt.Sprintf("7c1e0000-0000-4000-8000-%012x", v.n) }

func (v *visit) correlationID() string {
	if id := v.r.Header.Get("client-request-id"); id != "" {
		return id
	}
	return v.traceID()
}

func (v *visit) refused(e *oauthError) *answer {
	return v.json(e.status(), map[string]any{
		"error":             e.kind,
		"error_description": v.description(e),
		"error_codes":       []int{e.code},
		"timestamp":         time.Now().UTC().Format("2006-01-02 15:04:05Z"),
		"trace_id":          v.traceID(),
		"correlation_id":    v.correlationID(),
		"error_uri":         fmt.Sprintf("%s/error?code=%d", v.base, e.code),
	})
}

func (v *visit) json(status int, body any) *answer {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return (&answer{status: status, body: text}).with("Content-Type", "application/json; charset=utf-8").with("Cache-Control", "no-store, no-cache")
}

// life shortens a life by the time scale, to whole seconds, for that is how
// clients are told.
func (p *identity) life(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(max(1, p.s.scaled(d).Seconds()))) * time.Second
}

func seconds(d time.Duration) int { return int(d / time.Second) }

// secret makes a code or token that nobody can guess.
func secret(prefix string) string {
	var raw [32]byte
	rand.Read(raw[:]) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(raw[:])
}

// forget drops what has expired; the caller holds the lock. A while is kept so
// that it can be told from what never was.
func (p *identity) forget() {
	now := time.Now()
	old := func(expires time.Time, life time.Duration) bool { return now.After(expires.Add(p.life(life))) }
	for code, g := range p.codes {
		if old(g.expires, codeLife) {
			delete(p.codes, code)
		}
	}
	for code, g := range p.devices {
		if old(g.expires, deviceLife) {
			delete(p.devices, code)
		}
	}
	for token, s := range p.refresh {
		if old(s.expires, refreshLife) {
			delete(p.refresh, token)
		}
	}
	for token, s := range p.access {
		if old(s.expires, accessLife) {
			delete(p.access, token)
		}
	}
}
