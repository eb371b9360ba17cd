package sandbox

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const tokenPath = "/contoso.example/oauth2/v2.0/token"

// post sends a form, given as name, value, name, value.
func (c *client) post(path string, pairs ...string) reply {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return c.do("POST", path, form.Encode(), "Content-Type: application/x-www-form-urlencoded", "Authorization: ")
}

func (c *client) wantRefused(status int, kind string, code float64, path string, pairs ...string) {
	c.t.Helper()
	r := c.post(path, pairs...)
	body := r.json(c.t)
	if r.status != status || body["error"] != kind || dig(body, "error_codes/0") != code {
		c.t.Fatalf("%s: status %d: %s", path, r.status, r.body)
	}
	text, _ := body["error_description"].(string)
	if kind != "slow_down" && !strings.HasPrefix(text, "AADSTS") || body["trace_id"] == nil || body["correlation_id"] == nil || body["timestamp"] == nil {
		c.t.Fatalf("%s: %s", path, r.body)
	}
}

// tokens posts a form that is to be answered with tokens.
func (c *client) tokens(path string, pairs ...string) map[string]any {
	c.t.Helper()
	r := c.post(path, pairs...)
	body := r.json(c.t)
	if r.status != 200 || body["access_token"] == nil || body["token_type"] != "Bearer" || r.header.Get("Cache-Control") == "" {
		c.t.Fatalf("%s: status %d: %s", path, r.status, r.body)
	}
	return body
}

func bearer(tokens map[string]any) string {
	return "Authorization: Bearer " + tokens["access_token"].(string)
}

// device asks for a device code.
func (c *client) device(scope string) map[string]any {
	c.t.Helper()
	r := c.post("/common/oauth2/v2.0/devicecode", "client_id", "cardferry-sandbox", "scope", scope)
	if r.status != 200 {
		c.t.Fatalf("status %d: %s", r.status, r.body)
	}
	return r.json(c.t)
}

func redemption(d map[string]any) []string {
	return []string{"grant_type", deviceGrantType, "client_id", "cardferry-sandbox", "device_code", d["device_code"].(string)}
}

func TestDeviceCode(t *testing.T) {
	c := open(t, Options{})
	c.s.identity.key()
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		d := c.device("Contacts.ReadWrite offline_access")
		if d["expires_in"] != 900.0 || d["interval"] != 5.0 || d["verification_uri"] != "http://sandbox.test/devicelogin" ||
			!strings.Contains(d["message"].(string), d["user_code"].(string)) || d["verification_uri_complete"] != nil {
			t.Fatalf("device code %v", d)
		}
		form := redemption(d)
		c.wantRefused(400, "authorization_pending", 70016, "/common/oauth2/v2.0/token", form...)
		c.wantRefused(400, "slow_down", 70016, "/common/oauth2/v2.0/token", form...)
		time.Sleep(6 * time.Second) // the interval has grown to ten
		c.wantRefused(400, "slow_down", 70016, "/common/oauth2/v2.0/token", form...)
		time.Sleep(15 * time.Second)
		c.wantRefused(400, "authorization_pending", 70016, "/common/oauth2/v2.0/token", form...)
		if page := c.want(200, "GET", "/devicelogin?otc="+d["user_code"].(string), "", "Authorization: ").body; !strings.Contains(page, `value="`+d["user_code"].(string)+`"`) {
			t.Errorf("page %s", page)
		}
		if r := c.post("/devicelogin", "code", "WRONG", "user", "adele@sandbox.example", "decision", "approve"); r.status != 400 {
			t.Errorf("a wrong code: %d", r.status)
		}
		if r := c.post("/devicelogin", "code", d["user_code"].(string), "user", "nobody@x.invalid", "decision", "approve"); r.status != 400 {
			t.Errorf("a stranger: %d", r.status)
		}
		c.post("/devicelogin", "code", strings.ToLower(d["user_code"].(string)), "user", "Adele@sandbox.example", "decision", "approve")
		time.Sleep(20 * time.Second)
		tokens := c.tokens("/common/oauth2/v2.0/token", form...)
		if tokens["expires_in"] != 3600.0 || tokens["refresh_token"] == nil || tokens["id_token"] != nil || tokens["scope"] != "Contacts.ReadWrite" {
			t.Errorf("tokens %v", tokens)
		}
		c.want(201, "POST", "/v1.0/me/contacts", `{"givenName":"Hers"}`, bearer(tokens))
		if got := c.all("/v1.0/users/adele@sandbox.example/contacts", "givenName"); len(got) != 1 {
			t.Errorf("her contacts %q", got)
		}
		time.Sleep(20 * time.Second)
		c.wantRefused(400, "invalid_grant", 54005, "/common/oauth2/v2.0/token", form...)
	})
}

func TestDeviceCodeEnds(t *testing.T) {
	c := open(t, Options{TimeScale: 10})
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		d := c.device("Contacts.Read")
		if d["expires_in"] != 90.0 || d["interval"] != 1.0 {
			t.Fatalf("device code %v", d)
		}
		c.post("/devicelogin", "code", d["user_code"].(string), "user", signedInAddress, "decision", "decline")
		c.wantRefused(400, "authorization_declined", 65004, tokenPath, redemption(d)...)
		d = c.device("Contacts.Read")
		time.Sleep(91 * time.Second)
		c.wantRefused(400, "expired_token", 70019, tokenPath, redemption(d)...)
		c.wantRefused(400, "bad_verification_code", 70018, tokenPath, "grant_type", deviceGrantType, "client_id", "cardferry-sandbox", "device_code", "x")
	})
	c = open(t, Options{SignIn: "adele@sandbox.example"})
	c.tokens(tokenPath, append(redemption(c.device("Contacts.Read")), "grant_type", "device_code")...)
	c = open(t, Options{SignIn: "adele@sandbox.example", Quirks: "admin-consent"})
	c.tokens(tokenPath, redemption(c.device("Contacts.Read"))...)
	c.wantRefused(400, "invalid_grant", 65001, tokenPath, redemption(c.device("Contacts.ReadWrite"))...)
	c.wantRefused(401, "invalid_client", 7000218, tokenPath, "grant_type", deviceGrantType, "client_id", "cardferry-app", "device_code", "x")
}

func TestScopesOfRequests(t *testing.T) {
	c := open(t, Options{SignIn: signedInAddress})
	id := c.create("/v1.0/me/contacts", "{}")
	sign := func(scope string) string { return bearer(c.tokens(tokenPath, redemption(c.device(scope))...)) }
	read := sign("https://graph.microsoft.com/Contacts.Read offline_access")
	c.want(200, "GET", "/v1.0/me/contacts", "", read)
	c.want(200, "GET", contactDelta, "", read)
	c.wantError(403, "ErrorAccessDenied", "POST", "/v1.0/me/contacts", "{}", read)
	c.wantError(403, "ErrorAccessDenied", "PUT", "/v1.0/me/contacts/"+id+"/photo/$value", "x", read, "Content-Type: image/jpeg")
	c.wantError(403, "ErrorAccessDenied", "GET", "/v1.0/users/adele@sandbox.example/contacts", "", read)
	c.wantError(403, "Authorization_RequestDenied", "GET", "/v1.0/me", "", read)
	c.wantError(401, "InvalidAuthenticationToken", "GET", "/api/v2.0/me/contacts", "", read)
	c.want(200, "GET", "/v1.0/users/ME@sandbox.example/contacts", "", read)
	c.want(200, "GET", "/v1.0/me/contacts", "", sign("Contacts.ReadWrite"))
	c.want(200, "GET", "/v1.0/me", "", sign("User.Read"))
	c.wantError(403, "ErrorAccessDenied", "GET", "/v1.0/me/contacts", "", sign("openid profile"))
	outlook := sign("https://outlook.office.com/Contacts.ReadWrite")
	c.want(201, "POST", "/api/beta/me/contacts", "{}", outlook)
	c.wantError(401, "InvalidAuthenticationToken", "GET", "/v1.0/me/contacts", "", outlook)
	shared := sign("Contacts.ReadWrite Contacts.Read.Shared")
	c.want(200, "GET", "/v1.0/users/adele@sandbox.example/contacts", "", shared)
	c.wantError(403, "ErrorAccessDenied", "POST", "/v1.0/users/adele@sandbox.example/contacts", "{}", shared)
	both := sign("http://sandbox.test/.default")
	c.want(201, "POST", "/v1.0/me/contacts", "{}", both)
	c.want(201, "POST", "/api/v2.0/me/contacts", "{}", both)
	got := c.want(200, "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"DELETE","url":"/me/contacts/`+id+`"}]}`, read)
	if dig(got.json(t), "responses/0/status") != 403.0 {
		t.Errorf("a part: %s", got.body)
	}
	for _, scope := range []string{"Contacts.Read https://outlook.office.com/Contacts.Read", "Nonsense", "https://example.com/Contacts.Read"} {
		c.wantRefused(400, "invalid_scope", 70011, "/common/oauth2/v2.0/devicecode", "client_id", "cardferry-sandbox", "scope", scope)
	}
}

func TestTokensExpireAndRenew(t *testing.T) {
	c := open(t, Options{SignIn: signedInAddress, TimeScale: 60})
	c.s.identity.key()
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		first := c.tokens(tokenPath, redemption(c.device("Contacts.Read offline_access"))...)
		if first["expires_in"] != 60.0 {
			t.Errorf("expires in %v", first["expires_in"])
		}
		time.Sleep(61 * time.Second)
		r := c.wantError(401, "InvalidAuthenticationToken", "GET", "/v1.0/me/contacts", "", bearer(first))
		if !strings.Contains(r.text(t, "error/message"), "expired") {
			t.Errorf("message %q", r.text(t, "error/message"))
		}
		renewal := func(tokens map[string]any, more ...string) []string {
			return append([]string{"grant_type", "refresh_token", "client_id", "cardferry-sandbox", "refresh_token", tokens["refresh_token"].(string)}, more...)
		}
		second := c.tokens(tokenPath, renewal(first)...)
		c.want(200, "GET", "/v1.0/me/contacts", "", bearer(second))
		if second["refresh_token"] == first["refresh_token"] {
			t.Error("the refresh token is the old one")
		}
		c.tokens(tokenPath, renewal(first, "scope", "Contacts.Read")...) // the old one is good still
		c.wantRefused(400, "invalid_grant", 65001, tokenPath, renewal(second, "scope", "Contacts.ReadWrite")...)
		c.wantRefused(400, "invalid_grant", 70000, tokenPath, "grant_type", "refresh_token", "client_id", "cardferry-sandbox", "refresh_token", "x")
		c.s.quirks.refreshOnce = true
		third := c.tokens(tokenPath, renewal(second)...)
		c.wantRefused(400, "invalid_grant", 70000, tokenPath, renewal(second)...)
		time.Sleep(refreshLife/60 + time.Minute)
		c.wantRefused(400, "invalid_grant", 700082, tokenPath, renewal(third)...)
		c.s.quirks.refreshOnce = false
	})
}

// verified reads a JWT with the key that the configuration leads to.
func (c *client) verified(token string) map[string]any {
	c.t.Helper()
	configuration := c.want(200, "GET", "/"+tenantID+"/v2.0/.well-known/openid-configuration", "", "Authorization: ")
	keys := c.want(200, "GET", strings.TrimPrefix(configuration.text(c.t, "jwks_uri"), "http://sandbox.test"), "", "Authorization: ")
	n, err1 := base64.RawURLEncoding.DecodeString(keys.text(c.t, "keys/0/n"))
	e, err2 := base64.RawURLEncoding.DecodeString(keys.text(c.t, "keys/0/e"))
	parts := strings.Split(token, ".")
	body, err3 := base64.RawURLEncoding.DecodeString(parts[1])
	signature, err4 := base64.RawURLEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		c.t.Fatal(err1, err2, err3, err4)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		c.t.Error(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(body, &claims); err != nil {
		c.t.Fatal(err)
	}
	if claims["iss"] != configuration.text(c.t, "issuer") {
		c.t.Errorf("issuer %v", claims["iss"])
	}
	return claims
}

func TestConfiguration(t *testing.T) {
	c := open(t, Options{})
	r := c.want(200, "GET", "/common/v2.0/.well-known/openid-configuration", "", "Authorization: ")
	for name, want := range map[string]string{
		"issuer": "http://sandbox.test/{tenantid}/v2.0", "token_endpoint": "http://sandbox.test/common/oauth2/v2.0/token",
		"authorization_endpoint": "http://sandbox.test/common/oauth2/v2.0/authorize", "device_authorization_endpoint": "http://sandbox.test/common/oauth2/v2.0/devicecode",
	} {
		if got := r.text(t, name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if r := c.do("GET", "/common/oauth2/v2.0/token", ""); r.status != 400 {
		t.Errorf("GET of the token endpoint: %d", r.status)
	}
}

func TestCertificate(t *testing.T) {
	own, authority, err := NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{})
	server := httptest.NewUnstartedServer(c.s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{own}}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		t.Fatal("no authority")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost"} {
		resp, err := (&http.Client{Transport: transport}).Get("https://" + host + ":" + port + "/common/v2.0/.well-known/openid-configuration")
		if err != nil {
			t.Fatal(err)
		}
		var body struct{ Issuer string }
		err = json.NewDecoder(resp.Body).Decode(&body)
		resp.Body.Close()
		if err != nil || body.Issuer != "https://"+host+":"+port+"/{tenantid}/v2.0" {
			t.Errorf("issuer %q: %v", body.Issuer, err)
		}
	}
}
