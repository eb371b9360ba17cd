package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestSignIn signs in by every method at the embedded identity provider, uses the
// account without being asked again, and signs out.
func TestSignIn(t *testing.T) {
	key, certificate := newKeyPair(t)
	apps := append(sandbox.DefaultClients(), sandbox.Client{ID: "certified-app", Certificate: certificate})
	box, err := sandbox.Open(sandbox.Options{SignIn: "ann@example.org", Clients: apps})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server := httptest.NewServer(box)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(file, []byte(key+certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	base := map[string]string{
		"CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_AUTHORITY": server.URL, "CARDFERRY_BOX_TENANT": "example.org",
		"CARDFERRY_BOX_CLIENT_ID": "cardferry-sandbox", "CARDFERRY_KEYRING": "off",
	}
	for _, method := range []struct {
		auth   string
		vars   map[string]string
		person bool
	}{
		{"device", nil, true},
		{"browser", nil, true},
		{"client-secret", map[string]string{"CARDFERRY_BOX_CLIENT_ID": "cardferry-app", "CARDFERRY_BOX_CLIENT_SECRET": "sandbox-secret", "CARDFERRY_BOX_USER": "ann@example.org"}, false},
		{"client-certificate", map[string]string{"CARDFERRY_BOX_CLIENT_ID": "certified-app", "CARDFERRY_BOX_CERTIFICATE": file, "CARDFERRY_BOX_USER": "ann@example.org"}, false},
		{"token", map[string]string{"CARDFERRY_BOX_TOKEN": "sandbox"}, false},
	} {
		t.Run(method.auth, func(t *testing.T) {
			vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_AUTH": method.auth, "CARDFERRY_SANDBOX_PROVIDER": "sandbox"}
			maps.Copy(vars, base)
			maps.Copy(vars, method.vars)
			expect := func(code int, text string, args ...string) {
				t.Helper()
				out := &browsing{t: t}
				got := run(t.Context(), env{stdin: strings.NewReader(""), stdout: out, stderr: out, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}, args)
				if got != code || !strings.Contains(out.String(), text) {
					t.Fatalf("%v: exit code %d, want %d and %q\n%s", args, got, code, text, out)
				}
				t.Logf("\n$ cardferry %s\n%s(exit code %d)", strings.Join(args, " "), out, got)
			}
			if method.person {
				expect(exitSignIn, "cardferry login box", "folders", "box:")
				expect(exitDone, "it renews itself", "login", "box:")
				expect(exitDone, "login box --write", "doctor", "box:")
				expect(exitSignIn, "login box --write", "import", "../../testdata/ada.vcf", "box:")
				expect(exitDone, "it renews itself", "login", "box:", "--write")
			} else {
				expect(exitDone, "signed in", "login", "box:")
			}
			expect(exitDone, "imported 1 record", "import", "../../testdata/ada.vcf", "box:")
			expect(exitDone, "ok      dialect: graph-v1.0 does not show favorites", "doctor", "box:")
			expect(exitDone, `box: graph-v1.0 does not show favorites`, "export", "box:", filepath.Join(t.TempDir(), "backup.vcf"))
			expect(exitDone, "box:", "accounts")
			expect(exitDone, "signed out", "logout", "box:")
			if method.person {
				expect(exitSignIn, "cardferry login box", "export", "box:")
			}
		})
	}
}

// TestSignInHints: what cannot work says what to change.
func TestSignInHints(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer server.Close()
	for _, test := range []struct {
		code int
		text string
		vars map[string]string
	}{
		{exitUsage, `hint: set user to the id or address`, map[string]string{"AUTH": "client-secret", "TENANT": "example.org", "CLIENT_ID": "x", "CLIENT_SECRET": "s"}},
		{exitUsage, "error: account box: sign-in by client-secret needs", map[string]string{"AUTH": "client-secret", "TENANT": "common", "CLIENT_ID": "x", "CLIENT_SECRET": "s", "USER": "ann@example.org"}},
		{exitFailed, "SSL_CERT_FILE", map[string]string{"TOKEN": "x"}},
	} {
		vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL}
		for k, v := range test.vars {
			vars["CARDFERRY_BOX_"+k] = v
		}
		out := &browsing{t: t}
		code := run(t.Context(), env{stdin: strings.NewReader(""), stdout: out, stderr: out, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}, []string{"folders", "box:"})
		if code != test.code || !strings.Contains(out.String(), test.text) {
			t.Errorf("exit code %d, want %d and %q:\n%s", code, test.code, test.text, out)
		}
	}
}

// newKeyPair returns the key of an app and its certificate, as PEM.
func newKeyPair(t *testing.T) (key, certificate string) {
	t.Helper()
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &pair.PublicKey, pair)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestRenewalInMidRun imports for longer than a token is good for, at a platform that
// takes each refresh token once: the newest one is always the one that is kept.
func TestRenewalInMidRun(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{SignIn: "ann@example.org", TimeScale: 1800, Quirks: "refresh-once,latency=30"})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server := httptest.NewServer(box)
	defer server.Close()
	vars := map[string]string{
		"HOME": t.TempDir(), "CARDFERRY_KEYRING": "off", "CARDFERRY_SANDBOX_PROVIDER": "sandbox",
		"CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_AUTHORITY": server.URL, "CARDFERRY_BOX_TENANT": "example.org", "CARDFERRY_BOX_CLIENT_ID": "cardferry-sandbox",
		"CARDFERRY_BOX_AUTH": "browser", // its codes need not live long
	}
	for _, args := range [][]string{{"login", "box:", "--write"}, {"migrate", "sandbox:", "box:"}, {"doctor", "box:"}, {"migrate", "sandbox:", "box:"}} {
		out := &browsing{t: t}
		code := run(t.Context(), env{stdin: strings.NewReader(""), stdout: out, stderr: out, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}, args)
		if code != exitDone {
			t.Fatalf("%v: exit code %d\n%s", args, code, out)
		}
	}
}

// TestServiceHints: what can be done about a mailbox that does not answer is said.
func TestServiceHints(t *testing.T) {
	for quirks, want := range map[string]string{
		"inactive=me@sandbox.example": "check the account's user",
		"over-quota":                  "make room in the mailbox",
	} {
		box, err := sandbox.Open(sandbox.Options{Quirks: quirks})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		server := httptest.NewServer(box)
		defer server.Close()
		vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_TOKEN": "sandbox"}
		if code, out := cardferry(t.Context(), vars, "import", "../../testdata/ada.vcf", "box:"); code == exitDone || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d\n%s", quirks, code, out)
		}
	}
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": "http://127.0.0.1:1", "CARDFERRY_BOX_TOKEN": "sandbox"}
	if code, out := cardferry(t.Context(), vars, "doctor", "box:"); code != exitTemporary || !strings.Contains(out, "failed  service") || !strings.Contains(out, "check the network") {
		t.Errorf("nobody there: exit code %d\n%s", code, out)
	}
}

// browsing is an output that visits the page it is told to open, as a person would.
type browsing struct {
	t    *testing.T
	mu   sync.Mutex
	text bytes.Buffer
}

var page = regexp.MustCompile(`to sign in, open (http\S+authorize\S+)`)

func (b *browsing) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := page.FindSubmatch(p); m != nil {
		go func() {
			req, err := http.NewRequestWithContext(context.WithoutCancel(b.t.Context()), http.MethodGet, string(m[1]), nil)
			if err != nil {
				return
			}
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
		}()
	}
	return b.text.Write(p)
}

func (b *browsing) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// TestDoctorSeesAFullMailbox in every dialect, and nothing of the kind where there is room.
func TestDoctorSeesAFullMailbox(t *testing.T) {
	for _, d := range outlook.Dialects() {
		for quirks, want := range map[string]int{"": 0, "no-delta": 0, "over-quota": exitFailed} {
			vars := service(t, sandbox.Options{Quirks: quirks}, sandbox.Sample{}, nil)
			vars["CARDFERRY_BOX_DIALECT"] = string(d)
			code, out := cardferry(t.Context(), vars, "doctor", "box:")
			if code != want || want != 0 && !(strings.Contains(out, "failed  room") && strings.Contains(out, "make room in the mailbox")) {
				t.Errorf("%s, %q: exit code %d, want %d\n%s", d, quirks, code, want, out)
			}
		}
	}
}
