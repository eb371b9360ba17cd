package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// token is the token endpoint.
func (v *visit) token() *answer {
	if v.r.Method != http.MethodPost {
		return v.refused(&oauthError{"invalid_request", 900561, "The endpoint only accepts POST requests."})
	}
	client, bad := v.authenticate()
	if bad != nil {
		return v.refused(bad)
	}
	grants := map[string]func(*visit, *registration) (*session, *oauthError){
		"authorization_code": (*visit).byCode,
		"refresh_token":      (*visit).byRefresh,
		"client_credentials": (*visit).byApp,
		deviceGrantType:      (*visit).byDevice,
		"device_code":        (*visit).byDevice, // what Microsoft's JavaScript library says
	}
	kind := v.form("grant_type")
	redeem := grants[kind]
	switch {
	case kind == "":
		return v.refused(missing("grant_type"))
	case redeem == nil:
		return v.refused(&oauthError{"unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + kind + "'."})
	}
	s, bad := redeem(v, client)
	if bad != nil {
		return v.refused(bad)
	}
	return v.json(http.StatusOK, v.issue(s))
}

// byApp lets an app in on its own, in one tenant, with all that it was given.
func (v *visit) byApp(c *registration) (*session, *oauthError) {
	if v.shared() {
		return nil, &oauthError{"invalid_request", 9001023, "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."}
	}
	if c.Public {
		return nil, &oauthError{"invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	}
	asked, bad := v.parseScopes(v.form("scope"))
	if bad != nil {
		return nil, bad
	}
	if !asked.whole || len(asked.names) > len(delegated) {
		return nil, &oauthError{"invalid_scope", 70011, "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier."}
	}
	asked.names = c.Roles
	return &session{client: c.ID, scopes: asked}, nil
}

// byRefresh renews a session. The token that it was renewed with stays good,
// unless the quirk has it otherwise.
func (v *visit) byRefresh(c *registration) (*session, *oauthError) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := v.form("refresh_token")
	old := v.refresh[text]
	switch {
	case text == "":
		return nil, missing("refresh_token")
	case old == nil || old.client != c.ID:
		return nil, &oauthError{"invalid_grant", 70000, "The provided value for the input parameter 'refresh_token' or 'assertion' is not valid."}
	case time.Now().After(old.expires):
		return nil, &oauthError{"invalid_grant", 700082, "The refresh token has expired due to inactivity."}
	}
	renewed := *old
	renewed.nonce = ""
	if text := v.form("scope"); text != "" {
		asked, bad := v.parseScopes(text)
		if bad != nil {
			return nil, bad
		}
		if !old.scopes.covers(asked) {
			return nil, &oauthError{"invalid_grant", 65001, "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource."}
		}
		renewed.scopes.requested = asked.requested
		renewed.scopes.openID = asked.openID
	}
	if v.s.quirks.refreshOnce {
		delete(v.refresh, text)
	}
	return &renewed, nil
}

// issue makes the tokens of a session and the answer that carries them.
func (v *visit) issue(s *session) map[string]any {
	life := v.life(accessLife)
	now := time.Now()
	access := *s
	access.expires = now.Add(life)
	token := v.key().sign(v.claims(s, access.expires))
	body := map[string]any{
		"token_type": "Bearer", "expires_in": seconds(life), "ext_expires_in": seconds(life), "access_token": token,
		"scope": strings.Join(s.scopes.requested, " "),
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forget()
	v.access[token] = &access
	if s.user == "" {
		return body
	}
	if s.scopes.offline {
		kept := *s
		kept.expires = now.Add(v.life(refreshLife))
		text := secret("1.AXkA.")
		v.refresh[text] = &kept
		body["refresh_token"] = text
	}
	if s.scopes.openID {
		body["id_token"] = v.key().sign(v.idClaims(s, access.expires))
	}
	if v.form("client_info") == "1" {
		body["client_info"] = clientInfo(v.objectID(s.user))
	}
	return body
}

// claims are those of an access token; clients must not look at them.
func (v *visit) claims(s *session, expires time.Time) map[string]any {
	claims := v.common(s, expires)
	claims["aud"] = map[audience]string{forGraph: "https://graph.microsoft.com", forOutlook: "https://outlook.office.com"}[s.scopes.audience]
	if claims["aud"] == "" {
		claims["aud"] = v.base
	}
	claims["appid"], claims["jti"] = s.client, secret("")
	if s.user == "" {
		claims["roles"], claims["idtyp"] = s.scopes.names, "app"
	} else {
		claims["scp"], claims["upn"] = strings.Join(s.scopes.names, " "), s.user
	}
	return claims
}

// idClaims are those of an ID token (OpenID Connect Core 1.0, 2).
func (v *visit) idClaims(s *session, expires time.Time) map[string]any {
	claims := v.common(s, expires)
	claims["aud"], claims["preferred_username"], claims["name"] = s.client, s.user, "Sandbox"
	if s.nonce != "" {
		claims["nonce"] = s.nonce
	}
	return claims
}

func (v *visit) common(s *session, expires time.Time) map[string]any {
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": v.base + "/" + tenantID + "/v2.0", "tid": tenantID, "iat": now, "nbf": now, "exp": expires.Unix(), "ver": "2.0",
	}
	if s.user != "" {
		id := v.objectID(s.user)
		claims["oid"], claims["sub"] = id, id
	}
	return claims
}

// objectID is the user's id in Graph.
func (p *identity) objectID(user string) string {
	box, err := p.s.mailbox(user)
	if err != nil {
		return ""
	}
	return box.userID()
}

// clientInfo is what Microsoft's own client library tells users apart by.
func clientInfo(user string) string {
	text, err := json.Marshal(map[string]string{"uid": user, "utid": tenantID})
	if err != nil {
		panic(err) // a map of strings
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
