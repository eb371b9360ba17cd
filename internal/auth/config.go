package auth

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// Method is a way to sign in.
type Method string

// The methods.
const (
	Device            Method = "device"             // a person, with a browser anywhere (RFC 8628)
	Browser           Method = "browser"            // a person, with a browser on this machine (RFC 8252)
	ClientSecret      Method = "client-secret"      // a program, by its secret
	ClientCertificate Method = "client-certificate" // a program, by its key
	ReadyToken        Method = "token"              // an access token that comes from elsewhere
)

// Access says what tokens allow.
type Access bool

// Who only reads asks for no more.
const (
	ReadOnly  Access = false
	ReadWrite Access = true
)

// Resources whose contacts a token may be for. A token for one is of no use at the
// other.
const (
	Graph   = "https://graph.microsoft.com"
	Outlook = "https://outlook.office.com"
)

// defaultAuthority is Microsoft's global cloud.
const defaultAuthority = "https://login.microsoftonline.com"

// Config says who signs in where, and how.
type Config struct {
	Account   string // its name, in the store and in errors; required
	Method    Method // "" is Device
	Authority string // "" is https://login.microsoftonline.com; http on this machine alone
	// Tenant is common, organizations, consumers, or the id or domain of one
	// tenant, which is the only form for programs. "" is common.
	Tenant   string
	ClientID string // of the app registration; required, but for ReadyToken
	Resource string // "" is Graph
	Access   Access // a program has what its administrator granted, whatever is asked for here

	// Service is another identity platform than Microsoft's, at which persons sign in: then
	// authority, tenant and resource are not used. Nil is Microsoft's.
	Service *Service

	Secret string // for ClientSecret; at a Service also that of an app that persons sign in to
	// Certificate is PEM, for ClientCertificate: an RSA key and its certificate,
	// in any order.
	Certificate []byte
	// Token is for ReadyToken. It is called for the first request, and again when
	// the service rejects what it returned.
	Token func() (string, error)
}

// Service is an identity platform that speaks OAuth 2.0: RFC 6749 with RFC 7636 and RFC
// 8252, or RFC 8628.
type Service struct {
	Authorize string // "" if there is no sign-in by browser
	Device    string // "" if there is none by device
	Token     string
	Scopes    []string
	Params    map[string]string // that the first request takes besides; e.g. access_type=offline
}

// Format keeps the secrets out of every format, %+v and %#v included.
func (c Config) Format(f fmt.State, _ rune) { io.WriteString(f, "sign-in of account "+c.Account) }

// LogValue keeps the secrets out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue("sign-in of account " + c.Account) }

// withDefaults fills in what may be left out.
func (c Config) withDefaults() Config {
	c.Method = cmp.Or(c.Method, Device)
	c.Authority = strings.TrimRight(cmp.Or(c.Authority, defaultAuthority), "/")
	c.Tenant = cmp.Or(c.Tenant, "common")
	c.Resource = strings.TrimRight(cmp.Or(c.Resource, Graph), "/")
	if s := c.Service; s != nil { // what a stored sign-in is for
		c.Authority, c.Tenant, c.Resource = s.Token, "", strings.Join(s.Scopes, " ")
	}
	return c
}

var (
	tenantForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	manyUsers  = []string{"common", "organizations", "consumers"}
)

// check says what of a configuration with defaults cannot work.
func (c Config) check() error {
	if c.Account == "" {
		return errors.New("an account without a name")
	}
	if c.Method == ReadyToken {
		if c.Token == nil {
			return c.wrong("no token is set")
		}
		return nil
	}
	if c.Service != nil {
		return c.checkService()
	}
	if _, err := endpoint(c.Authority); err != nil {
		return c.wrong("the authority is %w", err)
	}
	if u, err := endpoint(c.Resource); err != nil || u.Path != "" {
		return c.wrong("the resource is not the address of a host")
	}
	if !tenantForm.MatchString(c.Tenant) {
		return c.wrong("the tenant is neither an id nor a domain")
	}
	if c.ClientID == "" {
		return c.wrong("no client id is set")
	}
	switch c.Method {
	case Device, Browser:
		return nil
	case ClientSecret:
		if c.Secret == "" {
			return c.wrong("no client secret is set")
		}
	case ClientCertificate:
		if len(c.Certificate) == 0 {
			return c.wrong("no certificate is set")
		}
	default:
		return c.wrong("there is no sign-in by %q", string(c.Method))
	}
	if slices.Contains(manyUsers, strings.ToLower(c.Tenant)) {
		return c.wrong("sign-in by %s needs the id or domain of one tenant", c.Method)
	}
	return nil
}

func (c Config) checkService() error {
	first := map[Method]string{Device: c.Service.Device, Browser: c.Service.Authorize}[c.Method]
	switch {
	case !c.byPerson() || first == "":
		return c.wrong("there is no sign-in by %q at its identity platform", string(c.Method))
	case c.ClientID == "":
		return c.wrong("no client id is set")
	case len(c.Service.Scopes) == 0:
		return c.wrong("no scope is set")
	}
	for _, address := range []string{first, c.Service.Token} {
		if _, err := endpoint(address); err != nil {
			return c.wrong("an address of the identity platform is %w", err)
		}
	}
	return nil
}

func (c Config) wrong(format string, args ...any) error {
	return fmt.Errorf("account %s: "+format, append([]any{c.Account}, args...)...)
}

// byPerson reports whether a person signs in.
func (c Config) byPerson() bool { return c.Method == Device || c.Method == Browser }

// scopes returns the least that the configured access needs
// (https://learn.microsoft.com/graph/permissions-reference#contactsread).
func (c Config) scopes() []string {
	switch {
	case c.Service != nil:
		return c.Service.Scopes
	case !c.byPerson():
		return []string{c.Resource + "/.default"}
	case c.Access == ReadWrite:
		return []string{c.Resource + "/Contacts.ReadWrite", "offline_access"}
	}
	return []string{c.Resource + "/Contacts.Read", "offline_access"}
}

// covers reports whether what was granted for some scopes allows what others ask
// for.
func covers(granted, wanted []string) bool {
	for _, scope := range wanted {
		if !slices.Contains(granted, scope) && !slices.Contains(granted, scope+"Write") {
			return false
		}
	}
	return true
}

// base returns the address that the platform's endpoints are below.
func (c Config) base() string { return c.Authority + "/" + c.Tenant }

// appSecret is the secret that an app sends in which persons sign in: Microsoft wants
// none.
func (c Config) appSecret() string {
	if c.Service == nil {
		return ""
	}
	return c.Secret
}

// endpoints returns the addresses of the service, or of Microsoft's v2.0 endpoints.
func (c Config) endpoints() oauth2.Endpoint {
	if s := c.Service; s != nil {
		return oauth2.Endpoint{AuthURL: s.Authorize, DeviceAuthURL: s.Device, TokenURL: s.Token, AuthStyle: oauth2.AuthStyleInParams}
	}
	base := c.base() + "/oauth2/v2.0"
	return oauth2.Endpoint{
		AuthURL:       base + "/authorize",
		DeviceAuthURL: base + "/devicecode",
		TokenURL:      base + "/token",
		AuthStyle:     oauth2.AuthStyleInParams,
	}
}

// AdminConsentURL returns the page on which an administrator allows the application
// to be used in the tenant.
func (c Config) AdminConsentURL() string {
	c = c.withDefaults()
	if slices.Contains(manyUsers, strings.ToLower(c.Tenant)) {
		c.Tenant = "organizations" // of whichever administrator opens the page
	}
	return c.base() + "/adminconsent?client_id=" + url.QueryEscape(c.ClientID)
}
