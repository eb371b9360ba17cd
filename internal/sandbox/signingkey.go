package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// A signingKey signs the provider's tokens.
type signingKey struct {
	key *rsa.PrivateKey
	id  string
}

func newSigningKey() *signingKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the system's randomness does not fail
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &signingKey{key, base64.RawURLEncoding.EncodeToString(sum[:20])}
}

// jwk is the public half (RFC 7517).
func (k *signingKey) jwk() map[string]string {
	return map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": k.id,
		"n": base64.RawURLEncoding.EncodeToString(k.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.key.E)).Bytes()),
	}
}

// sign makes a JWT (RFC 7519).
func (k *signingKey) sign(claims map[string]any) string {
	header, err1 := json.Marshal(map[string]string{"alg": "RS256", "typ": "JWT", "kid": k.id})
	body, err2 := json.Marshal(claims)
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err3 := rsa.SignPKCS1v15(rand.Reader, k.key, crypto.SHA256, sum[:])
	if err1 != nil || err2 != nil || err3 != nil {
		panic("signing a token") // strings, numbers and a key that fits
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
