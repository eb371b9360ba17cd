package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// adminConsent answers the page on which an administrator lets an app do in the
// whole tenant what it asks for
// (learn.microsoft.com/entra/identity-platform/v2-admin-consent). Here everyone is
// an administrator, and coming here is the consent.
func (v *visit) adminConsent() *answer {
	q := v.r.Form
	c, bad := v.client(q.Get("client_id"))
	if bad != nil {
		return v.refused(bad)
	}
	redirect := q.Get("redirect_uri")
	if redirect != "" && !c.redirects(redirect) {
		return v.refused(&oauthError{"invalid_request", 50011, "The redirect URI specified in the request does not match the redirect URIs configured for the application."})
	}
	v.consented.Store(c.ID, true)
	if redirect == "" {
		return page{Title: "Consent given", Text: "The application may now do what it asks for."}.answer(http.StatusOK)
	}
	parameters := url.Values{"admin_consent": {"True"}, "tenant": {tenantID}}
	if scope := q.Get("scope"); scope != "" {
		parameters.Set("scope", scope)
	}
	return v.back(redirect, parameters)
}

// consents reports whether people may give the app these permissions themselves, or
// an administrator has.
func (v *visit) consents(client string, asked scopes) bool {
	_, consented := v.consented.Load(client)
	return consented || !v.s.quirks.adminConsent || !asked.needsAdmin()
}

// isAdminConsent knows both addresses of the page below a tenant.
func isAdminConsent(endpoint string) bool {
	return strings.EqualFold(endpoint, "adminconsent") || strings.EqualFold(endpoint, "v2.0/adminconsent")
}
