package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A codeGrant is a person's permission on its way to the client (RFC 6749, 4.1).
type codeGrant struct {
	session   session
	redirect  string
	challenge string // of PKCE (RFC 7636); "": none was sent
	plain     bool   // the challenge is the verifier itself
	redeemed  bool
	expires   time.Time
}

// authorize is the page on which a person signs in and allows the app what it
// asks for. A form with user and decision (approve, decline) decides. What is
// wrong with client or redirect is told to the person, all else to the client.
func (v *visit) authorize() *answer {
	client, bad := v.client(v.r.Form.Get("client_id"))
	if bad != nil {
		return v.errorPage(bad)
	}
	redirect := v.r.Form.Get("redirect_uri")
	if !client.redirects(redirect) {
		return v.errorPage(&oauthError{"invalid_client", 50011, "The redirect URI specified in the request does not match the redirect URIs configured for the application."})
	}
	g, bad := v.codeRequest(client, redirect)
	if bad != nil {
		return v.back(redirect, v.errorParameters(bad))
	}
	user := v.signIn
	switch {
	case user != "":
	case v.r.Form.Get("prompt") == "none":
		return v.back(redirect, v.errorParameters(&oauthError{"login_required", 50058, "A silent sign-in request was sent but no user is signed in."}))
	case v.r.Method != http.MethodPost:
		return page{Title: "Sign in", App: client.ID, Scopes: g.session.scopes.requested, User: v.suggested(), Ask: true}.answer(http.StatusOK)
	case v.form("decision") != "approve":
		return v.back(redirect, v.errorParameters(&oauthError{"access_denied", 65004, "User declined to consent to access the app."}))
	default:
		if user, bad = v.person(v.form("user")); bad != nil {
			return v.errorPage(bad)
		}
	}
	g.session.user = user
	code := secret("1.AXkA.")
	v.mu.Lock()
	v.forget()
	v.codes[code] = g
	v.mu.Unlock()
	return v.back(redirect, url.Values{"code": {code}, "session_state": {v.traceID()}})
}

// codeRequest checks what the client asks for.
func (v *visit) codeRequest(c *registration, redirect string) (*codeGrant, *oauthError) {
	q := v.r.Form
	if q.Get("response_type") != "code" {
		return nil, &oauthError{"unsupported_response_type", 700054, "response_type '" + q.Get("response_type") + "' is not enabled for the application."}
	}
	asked, bad := v.parseScopes(q.Get("scope"))
	if bad != nil {
		return nil, bad
	}
	if !v.consents(c.ID, asked) {
		return nil, &oauthError{"access_denied", 90094, "An administrator of the tenant has set a policy that prevents you from granting the application the permissions it is requesting."}
	}
	g := &codeGrant{
		session: session{client: c.ID, scopes: asked, nonce: q.Get("nonce")}, redirect: redirect,
		challenge: q.Get("code_challenge"), expires: time.Now().Add(v.life(codeLife)),
	}
	switch q.Get("code_challenge_method") {
	case "S256":
	case "plain", "":
		g.plain = true
	default:
		return nil, &oauthError{"invalid_request", 501491, "Invalid size or method of code_challenge."}
	}
	return g, nil
}

// byCode redeems a code, once.
func (v *visit) byCode(c *registration) (*session, *oauthError) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := v.form("code")
	g := v.codes[text]
	switch {
	case text == "":
		return nil, missing("code")
	case g == nil || g.session.client != c.ID:
		return nil, &oauthError{"invalid_grant", 70000, "The provided value for the 'code' parameter is not valid."}
	case g.redeemed:
		return nil, &oauthError{"invalid_grant", 54005, "OAuth2 authorization code was already redeemed, please retry with a new valid code."}
	case time.Now().After(g.expires):
		return nil, &oauthError{"invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity."}
	case v.form("redirect_uri") != g.redirect:
		return nil, &oauthError{"invalid_grant", 500112, "The reply address does not match the reply address provided when requesting the authorization code."}
	case !g.verified(v.form("code_verifier")):
		return nil, &oauthError{"invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request."}
	}
	g.redeemed = true
	return &g.session, nil
}

func (g *codeGrant) verified(verifier string) bool {
	if g.challenge == "" {
		return verifier == ""
	}
	if !g.plain {
		sum := sha256.Sum256([]byte(verifier))
		verifier = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(verifier), []byte(g.challenge)) == 1
}

func (v *visit) errorParameters(e *oauthError) url.Values {
	return url.Values{"error": {e.kind}, "error_description": {v.description(e)}}
}

// back sends the browser back to the client, in the way that it wants.
func (v *visit) back(redirect string, parameters url.Values) *answer {
	if state := v.r.Form.Get("state"); state != "" {
		parameters.Set("state", state)
	}
	mark := "?"
	switch v.r.Form.Get("response_mode") {
	case "form_post":
		return page{Title: "Working", Action: redirect, Hidden: parameters}.answer(http.StatusOK)
	case "fragment":
		mark = "#"
	}
	if mark == "?" && strings.Contains(redirect, "?") {
		mark = "&"
	}
	return (&answer{status: http.StatusFound}).with("Location", redirect+mark+parameters.Encode()).with("Cache-Control", "no-store")
}

// suggested is the user whom a page proposes.
func (v *visit) suggested() string {
	if hint := v.r.Form.Get("login_hint"); hint != "" {
		return hint
	}
	return signedInAddress
}

// person checks who signs in.
func (v *visit) person(user string) (string, *oauthError) {
	user = strings.ToLower(strings.TrimSpace(user))
	if _, err := v.s.mailbox(user); err != nil || !strings.Contains(user, "@") {
		return "", &oauthError{"invalid_grant", 50034, "The user account does not exist in the directory."}
	}
	return user, nil
}
