package sandbox

import (
	"net/url"
	"strings"
	"testing"
)

// code goes to the page and returns what the browser brings back.
func (c *client) code(method string, body string, pairs ...string) (reply, url.Values) {
	c.t.Helper()
	q := url.Values{"client_id": {"cardferry-sandbox"}, "response_type": {"code"}, "redirect_uri": {"http://localhost:4711"}, "scope": {"Contacts.Read offline_access openid"}, "state": {"xyz"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	r := c.do(method, "/common/oauth2/v2.0/authorize?"+q.Encode(), body, "Content-Type: application/x-www-form-urlencoded", "Authorization: ")
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	back := u.Query()
	if u.Fragment != "" {
		back, _ = url.ParseQuery(u.Fragment)
	}
	return r, back
}

func TestAuthorizationCode(t *testing.T) {
	c := open(t, Options{})
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	pkce := []string{"code_challenge", challenge, "code_challenge_method", "S256", "nonce", "n-1"}
	r, _ := c.code("GET", "", pkce...)
	if r.status != 200 || !strings.Contains(r.body, "Contacts.Read") || !strings.Contains(r.body, signedInAddress) {
		t.Fatalf("page %d: %s", r.status, r.body)
	}
	r, back := c.code("POST", "user=adele@sandbox.example&decision=approve", pkce...)
	if r.status != 302 || back.Get("state") != "xyz" || back.Get("code") == "" || !strings.HasPrefix(r.header.Get("Location"), "http://localhost:4711?") {
		t.Fatalf("%d: %s", r.status, r.header.Get("Location"))
	}
	redeem := []string{"grant_type", "authorization_code", "client_id", "cardferry-sandbox", "code", back.Get("code"), "redirect_uri", "http://localhost:4711"}
	c.wantRefused(400, "invalid_grant", 501481, tokenPath, append(redeem, "code_verifier", "wrong")...)
	c.wantRefused(400, "invalid_grant", 500112, tokenPath, append(redeem, "redirect_uri", "http://localhost:4712")...)
	c.wantRefused(401, "invalid_client", 700025, tokenPath, append(redeem, "client_secret", "x", "code_verifier", verifier)...)
	tokens := c.tokens(tokenPath, append(redeem, "code_verifier", verifier, "client_info", "1")...)
	c.wantRefused(400, "invalid_grant", 54005, tokenPath, append(redeem, "code_verifier", verifier)...)
	c.want(200, "GET", "/v1.0/users/adele@sandbox.example/contacts", "", bearer(tokens))
	claims := c.verified(tokens["id_token"].(string))
	if claims["nonce"] != "n-1" || claims["aud"] != "cardferry-sandbox" || claims["preferred_username"] != "adele@sandbox.example" || tokens["client_info"] == nil {
		t.Errorf("claims %v, client_info %v", claims, tokens["client_info"])
	}
	if _, back = c.code("POST", "decision=decline"); back.Get("error") != "access_denied" || !strings.HasPrefix(back.Get("error_description"), "AADSTS65004") || back.Get("state") != "xyz" {
		t.Errorf("declined: %v", back)
	}
}

func TestAuthorizeModes(t *testing.T) {
	c := open(t, Options{SignIn: "Adele@sandbox.example"})
	if r, back := c.code("GET", ""); r.status != 302 || back.Get("code") == "" {
		t.Errorf("signed in: %d", r.status)
	}
	if r, back := c.code("GET", "", "response_mode", "fragment"); !strings.Contains(r.header.Get("Location"), "#") || back.Get("code") == "" {
		t.Errorf("fragment: %s", r.header.Get("Location"))
	}
	if r, _ := c.code("GET", "", "response_mode", "form_post"); r.status != 200 || !strings.Contains(r.body, `action="http://localhost:4711"`) || !strings.Contains(r.body, `name="code"`) || !strings.Contains(r.body, "submit()") {
		t.Errorf("form_post: %s", r.body)
	}
	for redirect, want := range map[string]int{
		"http://localhost": 302, "http://localhost:1/": 302, "https://login.microsoftonline.com/common/oauth2/nativeclient": 302,
		"http://localhost/other": 400, "http://127.0.0.1:4711": 400, "https://localhost:4711": 400, "http://localhost.evil.example": 400, "": 400,
	} {
		if r, _ := c.code("GET", "", "redirect_uri", redirect); r.status != want {
			t.Errorf("redirect %q: %d", redirect, r.status)
		}
	}
	if r, _ := c.code("GET", "", "client_id", "x"); r.status != 400 || !strings.Contains(r.body, "AADSTS700016") {
		t.Errorf("unknown client: %d", r.status)
	}
	for want, pairs := range map[string][]string{
		"unsupported_response_type": {"response_type", "token"}, "invalid_scope": {"scope", "Nonsense"}, "invalid_request": {"code_challenge_method", "S1"},
	} {
		if _, back := c.code("GET", "", pairs...); back.Get("error") != want {
			t.Errorf("%v: %v", pairs, back)
		}
	}
	c = open(t, Options{Quirks: "admin-consent"})
	if _, back := c.code("GET", "", "prompt", "none"); back.Get("error") != "login_required" {
		t.Errorf("prompt=none: %v", back)
	}
	if _, back := c.code("GET", "", "scope", "Contacts.ReadWrite"); !strings.HasPrefix(back.Get("error_description"), "AADSTS90094") {
		t.Errorf("admin consent: %v", back)
	}
}
