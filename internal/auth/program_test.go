package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// certify returns a certificate of the key, as PEM and as DER.
func certify(t *testing.T, key crypto.Signer, until time.Time) (text string, der []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cardferry test"},
		NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return block("CERTIFICATE", der), der
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func TestClientSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		dir := t.TempDir()
		s := p.signer(t, NewStore(dir, false), func(c *Config) { c.Method, c.Secret = ClientSecret, p.secret })
		l, err := s.SignIn(t.Context())
		if err != nil || l.Renewable {
			t.Fatalf("SignIn: %v, error %v", l.Renewable, err)
		}
		first, err := s.Token(t.Context())
		if err != nil || !p.good(first) || p.count("client_credentials") != 1 {
			t.Fatalf("%d requests, error %v", p.count("client_credentials"), err)
		}
		time.Sleep(56 * time.Minute) // of 60
		second, err := s.Token(t.Context())
		if err != nil || second == first || !p.good(second) || p.count("client_credentials") != 2 {
			t.Errorf("%d requests, error %v", p.count("client_credentials"), err)
		}
		if logins, err := NewStore(dir, false).List(); len(logins) > 0 || err != nil {
			t.Errorf("the store has %d logins, error %v", len(logins), err)
		}
	})
}

func TestClientSecretRefused(t *testing.T) {
	p := newFakePlatform()
	s := p.signer(t, nil, func(c *Config) { c.Method, c.Secret = ClientSecret, "another s3cret" })
	_, err := s.Token(t.Context())
	if e := checkRefused(t, err, "AADSTS7000215", ErrSignIn); !strings.Contains(e.Hint, "client_secret") {
		t.Errorf("hint %q", e.Hint)
	}
}

func TestClientCertificate(t *testing.T) {
	key := newKey(t)
	certificate, der := certify(t, key, time.Now().AddDate(0, 1, 0))
	foreign, _ := certify(t, newKey(t), time.Now().AddDate(0, 1, 0))
	for name, text := range map[string]string{
		"PKCS #8, key first":   pkcs8(t, key) + certificate,
		"PKCS #1, with others": foreign + certificate + "text between\n" + block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakePlatform()
			thumbprint := sha256.Sum256(der)
			p.key, p.x5t = &key.PublicKey, base64.RawURLEncoding.EncodeToString(thumbprint[:])
			s := p.signer(t, nil, func(c *Config) { c.Method, c.Certificate = ClientCertificate, []byte(text) })
			first, err := s.Token(t.Context())
			if err != nil || !p.good(first) {
				t.Fatal(err)
			}
			second, err := s.Renew(t.Context(), first)
			if err != nil || second == first || len(p.jtis) != 2 {
				t.Errorf("%d assertions, error %v", len(p.jtis), err)
			}
		})
	}
}

func TestClientCertificateUnknown(t *testing.T) {
	key := newKey(t)
	certificate, _ := certify(t, key, time.Now().AddDate(0, 1, 0))
	p := newFakePlatform()
	p.key, p.x5t = &newKey(t).PublicKey, "x"
	s := p.signer(t, nil, func(c *Config) {
		c.Method, c.Certificate = ClientCertificate, []byte(certificate+pkcs8(t, key))
	})
	_, err := s.Token(t.Context())
	checkRefused(t, err, "AADSTS700027", ErrSignIn)
}

func TestClientCertificateExpired(t *testing.T) {
	key := newKey(t)
	certificate, _ := certify(t, key, time.Date(2020, 5, 17, 0, 0, 0, 0, time.UTC))
	p := newFakePlatform()
	s := p.signer(t, nil, func(c *Config) {
		c.Method, c.Certificate = ClientCertificate, []byte(certificate+pkcs8(t, key))
	})
	_, err := s.Token(t.Context())
	if e := checkRefused(t, err, "", ErrSignIn); !strings.Contains(e.Error(), "2020-05-17") || len(p.grants) > 0 {
		t.Errorf("error %q, grants %v", e, p.grants)
	}
}

func TestBadCertificates(t *testing.T) {
	key := newKey(t)
	certificate, _ := certify(t, key, time.Now().AddDate(0, 1, 0))
	foreign, _ := certify(t, newKey(t), time.Now().AddDate(0, 1, 0))
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecCertificate, _ := certify(t, ec, time.Now().AddDate(0, 1, 0))
	for name, text := range map[string]string{
		"nothing":         "not PEM",
		"no key":          certificate,
		"no certificate":  pkcs8(t, key),
		"another's":       foreign + pkcs8(t, key),
		"elliptic":        ecCertificate + pkcs8(t, ec),
		"two keys":        certificate + pkcs8(t, key) + pkcs8(t, key),
		"encrypted":       certificate + block("ENCRYPTED PRIVATE KEY", []byte{1}),
		"old encryption":  certificate + "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"bad key":         certificate + block("PRIVATE KEY", []byte{1, 2}),
		"bad certificate": block("CERTIFICATE", []byte{1, 2}) + pkcs8(t, key),
	} {
		c := newFakePlatform().config()
		c.Method, c.Certificate = ClientCertificate, []byte(text)
		if _, err := NewSigner(c, Options{}); err == nil || !strings.HasPrefix(err.Error(), "account work: the certificate: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReadyToken(t *testing.T) {
	values := []string{" first\n", "first", "second", "second", ""}
	s, err := NewSigner(Config{Account: "work", Method: ReadyToken, Token: func() (string, error) {
		v := values[0]
		values = values[1:]
		if v == "" {
			return "", errors.New("no such file")
		}
		return v, nil
	}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if token, err := s.Token(t.Context()); token != "first" || err != nil {
			t.Errorf("token %q, error %v", token, err)
		}
	}
	_, err = s.Renew(t.Context(), "first")
	checkRefused(t, err, "", ErrSignIn)
	if token, err := s.Renew(t.Context(), "first"); token != "second" || err != nil {
		t.Errorf("token %q, error %v", token, err)
	}
	if token, err := s.Renew(t.Context(), "first"); token != "second" || err != nil { // somebody renewed it meanwhile
		t.Errorf("token %q, error %v", token, err)
	}
	_, err = s.Renew(t.Context(), "second")
	checkRefused(t, err, "", ErrSignIn)
	_, err = s.Renew(t.Context(), "second")
	if e := checkRefused(t, err, "", ErrSignIn); !strings.Contains(e.Error(), "no such file") {
		t.Errorf("error %v", e)
	}
}
