package sandbox

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// A principal is whom a request speaks for.
type principal struct {
	anyone bool   // the token of the options was sent, which allows everything
	app    string // the client's id
	user   string // an address; "": an app on its own
	scopes scopes
}

// identify checks the token of a request. Tokens of Graph and of Outlook are
// not interchangeable.
func (c *call) identify() (principal, error) {
	token, found := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	if !found || token == "" {
		return principal{}, errEmptyToken
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(c.s.token)) == 1 {
		return principal{anyone: true}, nil
	}
	session := c.s.identity.sessionOf(token)
	if session == nil {
		return principal{}, errBadToken
	}
	if time.Now().After(session.expires) {
		return principal{}, errExpiredToken
	}
	service := forGraph
	if c.d.outlook {
		service = forOutlook
	}
	if session.scopes.audience&service == 0 {
		return principal{}, errAudience
	}
	return principal{app: session.client, user: session.user, scopes: session.scopes}, nil
}

// sessionOf finds the session of an access token, and nil for none. A session
// is never changed once it is known.
func (p *identity) sessionOf(token string) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.access[token]
}

// permit checks the permissions that the request needs: a person's for another
// mailbox than their own are the shared ones, which stand for the sharing too.
func (c *call) permit() error {
	who := c.who
	if who.anyone {
		return nil
	}
	if c.resource == resUser {
		needed := "User.Read"
		if who.user == "" {
			needed = "User.Read.All"
		}
		if c.d.outlook || who.scopes.has(needed) {
			return nil
		}
		return errNoPrivilege
	}
	needed := "Contacts.ReadWrite"
	if c.r.Method == http.MethodGet || c.resource == resTranslate {
		needed = "Contacts.Read"
	}
	if c.resource == resCategories || c.resource == resCategory {
		needed = strings.Replace(needed, "Contacts", "MailboxSettings", 1)
	}
	if who.user != "" && who.user != c.box.address() {
		needed += ".Shared"
	}
	if !who.scopes.has(needed) {
		return errAccessDenied
	}
	return nil
}
