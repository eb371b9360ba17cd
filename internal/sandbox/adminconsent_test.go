package sandbox

import (
	"net/url"
	"testing"
)

func TestAdminConsent(t *testing.T) {
	c := open(t, Options{SignIn: "adele@sandbox.example", Quirks: "admin-consent"})
	c.wantRefused(400, "invalid_grant", 65001, tokenPath, redemption(c.device("Contacts.ReadWrite"))...)
	r := c.do("GET", "/contoso.example/adminconsent?client_id=cardferry-sandbox&state=s1&redirect_uri="+url.QueryEscape("http://localhost:4711/back"), "", "Authorization: ")
	if r.status != 400 {
		t.Errorf("an address that is not registered: %d", r.status)
	}
	r = c.do("GET", "/contoso.example/adminconsent?client_id=cardferry-sandbox&state=s1&redirect_uri="+url.QueryEscape("http://localhost:4711"), "", "Authorization: ")
	back, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != 302 || back.Query().Get("admin_consent") != "True" || back.Query().Get("state") != "s1" || back.Query().Get("tenant") == "" {
		t.Errorf("%d: %s", r.status, r.header.Get("Location"))
	}
	c.tokens(tokenPath, redemption(c.device("Contacts.ReadWrite"))...)
	if r := c.do("GET", "/contoso.example/v2.0/adminconsent?client_id=unknown", "", "Authorization: "); r.status != 400 {
		t.Errorf("an unknown app: %d", r.status)
	}
}
