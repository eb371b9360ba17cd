package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestClientSecret(t *testing.T) {
	c := open(t, Options{})
	const all = "https://graph.microsoft.com/.default"
	form := func(id, secret, scope string) []string {
		return []string{"grant_type", "client_credentials", "client_id", id, "client_secret", secret, "scope", scope}
	}
	tokens := c.tokens(tokenPath, form("cardferry-app", "sandbox-secret", all)...)
	if tokens["refresh_token"] != nil || c.verified(tokens["access_token"].(string))["roles"] == nil {
		t.Errorf("tokens %v", tokens)
	}
	c.tokens(tokenPath, form("cardferry-app", "sandbox-secret", all+" openid offline_access profile")...) // as Microsoft's Go library asks
	c.want(201, "POST", "/v1.0/users/adele@sandbox.example/contacts", "{}", bearer(tokens))
	c.want(200, "GET", "/v1.0/users/adele@sandbox.example", "", bearer(tokens))
	r := c.wantError(400, "BadRequest", "GET", "/v1.0/me/contacts", "", bearer(tokens))
	if !strings.Contains(r.text(t, "error/message"), "delegated") {
		t.Errorf("message %q", r.text(t, "error/message"))
	}
	c.wantRefused(401, "invalid_client", 7000215, tokenPath, form("cardferry-app", "x", all)...)
	c.wantRefused(401, "invalid_client", 7000218, tokenPath, form("cardferry-app", "", all)...)
	c.wantRefused(401, "invalid_client", 7000218, tokenPath, form("cardferry-sandbox", "", all)...)
	c.wantRefused(401, "invalid_client", 700025, tokenPath, form("cardferry-sandbox", "x", all)...)
	c.wantRefused(400, "unauthorized_client", 700016, tokenPath, form("other", "x", all)...)
	c.wantRefused(400, "invalid_scope", 70011, tokenPath, form("cardferry-app", "sandbox-secret", "Contacts.Read")...)
	c.wantRefused(400, "invalid_request", 9001023, "/common/oauth2/v2.0/token", form("cardferry-app", "sandbox-secret", all)...)
	c.wantRefused(400, "invalid_request", 90002, "/nowhere.invalid/oauth2/v2.0/token", form("cardferry-app", "sandbox-secret", all)...)
	c.wantRefused(400, "unsupported_grant_type", 70003, tokenPath, "grant_type", "password", "client_id", "cardferry-app", "client_secret", "sandbox-secret")
	c.wantRefused(400, "invalid_request", 900144, tokenPath, "client_id", "cardferry-sandbox")
	if st := c.s.Stats(); st.Requests != 3 {
		t.Errorf("stats %+v", st)
	}
	reader := open(t, Options{Clients: []Client{{ID: "reader", Secret: "s", Roles: []string{"Contacts.Read"}}}})
	tokens = reader.tokens(tokenPath, form("reader", "s", all)...)
	reader.want(200, "GET", "/v1.0/users/adele@sandbox.example/contacts", "", bearer(tokens))
	reader.wantError(403, "ErrorAccessDenied", "POST", "/v1.0/users/adele@sandbox.example/contacts", "{}", bearer(tokens))
	for _, bad := range [][]Client{{{}}, {{ID: "a"}, {ID: "a"}}, {{ID: "a", Certificate: "x"}}} {
		if s, err := Open(Options{Clients: bad}); err == nil {
			s.Close()
			t.Errorf("Open takes %+v", bad)
		}
	}
}

// signed makes a client assertion.
func signed(t *testing.T, key *rsa.PrivateKey, algorithm, thumbprint string, claims map[string]any) string {
	t.Helper()
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(map[string]string{"alg": algorithm, "typ": "JWT", "x5t#S256": thumbprint}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	var signature []byte
	var err error
	if algorithm == "PS256" {
		signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestClientAssertion(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	c := open(t, Options{Clients: []Client{{ID: "signer", Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}, {ID: "unseen", Secret: "s"}}})
	now := time.Now().Unix()
	claims := func(change func(map[string]any)) map[string]any {
		all := map[string]any{"aud": "http://sandbox.test" + tokenPath, "iss": "signer", "sub": "signer", "jti": "1", "nbf": now, "exp": now + 600}
		change(all)
		return all
	}
	form := func(assertion string) []string {
		return []string{"grant_type", "client_credentials", "scope", "https://graph.microsoft.com/.default", "client_assertion_type", assertionType, "client_assertion", assertion}
	}
	good := claims(func(map[string]any) {})
	for _, algorithm := range []string{"PS256", "RS256"} {
		c.tokens(tokenPath, form(signed(t, key, algorithm, thumbprint, good))...)
	}
	for name, change := range map[string]func(map[string]any){
		"another audience": func(m map[string]any) { m["aud"] = "http://sandbox.test/other/oauth2/v2.0/token" },
		"another issuer":   func(m map[string]any) { m["iss"] = "x" },
		"no jti":           func(m map[string]any) { delete(m, "jti") },
		"expired":          func(m map[string]any) { m["exp"] = now - 1 },
		"for ever":         func(m map[string]any) { m["exp"] = now + 1<<30 },
		"not yet":          func(m map[string]any) { m["nbf"] = now + 3600 },
	} {
		t.Run(name, func(t *testing.T) {
			(&client{t, c.s}).wantRefused(401, "invalid_client", 700027, tokenPath, form(signed(t, key, "PS256", thumbprint, claims(change)))...)
		})
	}
	whole := signed(t, key, "PS256", thumbprint, good)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another key": signed(t, other, "PS256", thumbprint, good), "another thumbprint": signed(t, key, "PS256", "x", good), "no thumbprint": signed(t, key, "PS256", "", good),
		"no algorithm": signed(t, key, "none", thumbprint, good), "cut": whole[:len(whole)-4],
	} {
		t.Run(name, func(t *testing.T) {
			(&client{t, c.s}).wantRefused(401, "invalid_client", 700027, tokenPath, form(text)...)
		})
	}
	unseen := claims(func(m map[string]any) { m["iss"], m["sub"] = "unseen", "unseen" })
	c.tokens(tokenPath, form(signed(t, other, "PS256", "any", unseen))...)
}
