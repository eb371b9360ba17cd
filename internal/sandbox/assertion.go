package sandbox

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// An assertion is the signed JWT with which an app proves itself (RFC 7523;
// learn.microsoft.com/entra/identity-platform/certificate-credentials).
type assertion struct {
	header struct {
		Algorithm  string `json:"alg"`
		Thumbprint string `json:"x5t#S256"`
	}
	claims struct {
		Audience  string `json:"aud"`
		Issuer    string `json:"iss"`
		Subject   string `json:"sub"`
		ID        string `json:"jti"`
		NotBefore int64  `json:"nbf"`
		Expires   int64  `json:"exp"`
	}
	signed    string
	signature []byte
}

func parseAssertion(text string) (a assertion, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return a, false
	}
	header, err1 := base64.RawURLEncoding.DecodeString(parts[0])
	claims, err2 := base64.RawURLEncoding.DecodeString(parts[1])
	signature, err3 := base64.RawURLEncoding.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || json.Unmarshal(header, &a.header) != nil || json.Unmarshal(claims, &a.claims) != nil {
		return a, false
	}
	a.signed, a.signature = parts[0]+"."+parts[1], signature
	return a, true
}

// assertedClient is whom an assertion says that it is from.
func assertedClient(text string) string {
	a, _ := parseAssertion(text)
	return a.claims.Subject
}

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionSkew = 5 * time.Minute
	assertionMost = 24 * time.Hour // ahead that exp may lie
)

// checkAssertion verifies an assertion for this endpoint.
func (v *visit) checkAssertion(c *registration, text string) *oauthError {
	wrong := func(why string) *oauthError {
		return &oauthError{"invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application or the client assertion is not valid: " + why}
	}
	a, ok := parseAssertion(text)
	now := time.Now()
	switch {
	case v.form("client_assertion_type") != assertionType:
		return wrong("client_assertion_type is unknown.")
	case !ok:
		return wrong("it is not a JWT.")
	case a.header.Thumbprint == "":
		return wrong("the header has no x5t#S256.")
	case c.thumbprint != "" && a.header.Thumbprint != c.thumbprint:
		return wrong("the key was not found.")
	case !a.verified(c):
		return wrong("invalid signature.")
	case a.claims.Issuer != c.ID || a.claims.Subject != c.ID:
		return wrong("issuer and subject are not the client.")
	case a.claims.Audience != v.address("oauth2/v2.0/token"):
		return wrong("the audience is not this endpoint.")
	case a.claims.ID == "":
		return wrong("it has no jti.")
	case now.After(time.Unix(a.claims.Expires, 0)) || time.Unix(a.claims.Expires, 0).After(now.Add(assertionMost)):
		return wrong("it is expired, or good for too long.")
	case time.Unix(a.claims.NotBefore, 0).After(now.Add(assertionSkew)):
		return wrong("it is not good yet.")
	}
	return nil
}

// verified checks the signature against the client's key, if one is known.
func (a *assertion) verified(c *registration) bool {
	sum := sha256.Sum256([]byte(a.signed))
	switch {
	case a.header.Algorithm != "PS256" && a.header.Algorithm != "RS256" || len(a.signature) == 0:
		return false
	case c.key == nil:
		return true
	case a.header.Algorithm == "PS256":
		return rsa.VerifyPSS(c.key, crypto.SHA256, sum[:], a.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	}
	return rsa.VerifyPKCS1v15(c.key, crypto.SHA256, sum[:], a.signature) == nil
}
