package auth

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// assertionType is the client_assertion_type of RFC 7523, 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionLife is how long an assertion is good: Microsoft asks for 5 to 10 minutes.
const assertionLife = 10 * time.Minute

// signingKey is a key and the certificate that the platform knows it by.
type signingKey struct {
	key         *rsa.PrivateKey
	certificate *x509.Certificate
}

// parseSigningKey reads PEM blocks: an RSA key and, among the certificates, its own.
// Errors tell nothing of the content.
func parseSigningKey(data []byte) (*signingKey, error) {
	var key *rsa.PrivateKey
	var certificates []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, errors.New("a certificate that cannot be read")
			}
			certificates = append(certificates, c)
		case "PRIVATE KEY", "RSA PRIVATE KEY":
			if key != nil {
				return nil, errors.New("more than one key")
			}
			if block.Headers["DEK-Info"] != "" {
				return nil, errEncrypted
			}
			var err error
			if key, err = parseKey(block.Bytes); err != nil {
				return nil, err
			}
		case "ENCRYPTED PRIVATE KEY":
			return nil, errEncrypted
		case "EC PRIVATE KEY":
			return nil, errNotRSA
		}
	}
	if key == nil {
		return nil, errors.New("no private key in it")
	}
	for _, c := range certificates {
		if key.PublicKey.Equal(c.PublicKey) {
			return &signingKey{key, c}, nil
		}
	}
	return nil, errors.New("no certificate of the private key in it")
}

var (
	errEncrypted = errors.New("the private key is encrypted; openssl pkey decrypts it")
	errNotRSA    = errors.New("the private key is no RSA key")
)

// parseKey reads PKCS #8, then PKCS #1.
func parseKey(der []byte) (*rsa.PrivateKey, error) {
	any, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		any, err = x509.ParsePKCS1PrivateKey(der)
	}
	if err != nil {
		return nil, errors.New("a private key that cannot be read")
	}
	key, ok := any.(*rsa.PrivateKey)
	if !ok {
		return nil, errNotRSA
	}
	return key, nil
}

// assertion returns a signed statement that the client is who it says (RFC 7523, 3;
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials).
func (k *signingKey) assertion(clientID, tokenURL string, now time.Time) (string, error) {
	if now.After(k.certificate.NotAfter) {
		return "", fmt.Errorf("the certificate expired on %s", k.certificate.NotAfter.Format(time.DateOnly))
	}
	thumbprint := sha256.Sum256(k.certificate.Raw)
	header, err := segment(map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(thumbprint[:])})
	if err != nil {
		return "", err
	}
	claims, err := segment(map[string]any{
		"aud": tokenURL, "iss": clientID, "sub": clientID, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(header + "." + claims))
	// RFC 7518, 3.5: the salt is as long as the hash.
	signature, err := rsa.SignPSS(rand.Reader, k.key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		return "", errors.New("the private key does not sign")
	}
	return header + "." + claims + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func segment(v any) (string, error) {
	data, err := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(data), err
}
