package main

import (
	"context"
	"encoding/pem"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestSignInToCardDAV signs a person in at an identity platform, and uses the account
// without asking again.
func TestSignInToCardDAV(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{SignIn: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	platform := httptest.NewServer(box)
	defer platform.Close()
	good := func(token string) bool { // a token of that platform
		req, err := http.NewRequest(http.MethodGet, platform.URL+"/v1.0/me/contacts?$top=1", nil)
		if err != nil {
			return false
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}
	books := davtest.New(t, davtest.Habits{Bearer: good})
	base := map[string]string{
		"CARDFERRY_BOX_PROVIDER": "carddav", "CARDFERRY_BOX_PRESET": "google", "CARDFERRY_BOX_URL": books.URL,
		"CARDFERRY_BOX_CLIENT_ID": "cardferry-sandbox", "CARDFERRY_KEYRING": "off", "CARDFERRY_SANDBOX_PROVIDER": "sandbox",
		"CARDFERRY_BOX_OAUTH_AUTHORIZE": platform.URL + "/example.org/oauth2/v2.0/authorize", "CARDFERRY_BOX_OAUTH_DEVICE": platform.URL + "/example.org/oauth2/v2.0/devicecode",
		"CARDFERRY_BOX_OAUTH_TOKEN": platform.URL + "/example.org/oauth2/v2.0/token",
		"CARDFERRY_BOX_OAUTH_SCOPE": "https://graph.microsoft.com/Contacts.ReadWrite offline_access",
	}
	for _, method := range []string{"", "browser", "device"} { // google's own is browser
		t.Run(method, func(t *testing.T) {
			vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_AUTH": method}
			maps.Copy(vars, base)
			expect := func(code int, text string, args ...string) {
				t.Helper()
				out := &browsing{t: t}
				got := run(t.Context(), env{stdin: strings.NewReader(""), stdout: out, stderr: out, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}, args)
				if got != code || !strings.Contains(out.String(), text) {
					t.Fatalf("%v: exit code %d, want %d and %q\n%s", args, got, code, text, out)
				}
			}
			expect(exitSignIn, "cardferry login box", "folders", "box:")
			expect(exitDone, "it renews itself", "login", "box:")
			expect(exitDone, "1 record", "import", "../../testdata/ada.vcf", "box:")
			expect(exitDone, "sign-in", "doctor", "box:")
			expect(exitDone, "signed out", "logout", "box:")
			expect(exitSignIn, "cardferry login box", "export", "box:")
		})
	}
}

// TestGoogleTakesNoPasswords: that is said before anything is sent.
func TestGoogleTakesNoPasswords(t *testing.T) {
	_, err := newAccount("g", func(key string) string {
		return map[string]string{"preset": "google", "auth": "basic", "username": "ann@example.org", "password": "x"}[key]
	})
	if err == nil || !strings.Contains(err.Error(), "google takes no passwords") {
		t.Errorf("%v", err)
	}
	a, err := newAccount("g", func(key string) string {
		return map[string]string{"preset": "google", "username": "ann@example.org", "client_id": "x"}[key]
	})
	if err != nil || a.signsInBy() != "browser" || a.auth.Service.Token != "https://oauth2.googleapis.com/token" {
		t.Errorf("%v", err)
	}
}

// TestClientCertificate: an account that signs in by certificate, in a process of its own
// that trusts the server.
func TestClientCertificate(t *testing.T) {
	books := davtest.StartTLS(davtest.Habits{Certificate: true})
	defer books.Close()
	dir := t.TempDir()
	key, certificate := newKeyPair(t)
	files := map[string]string{
		"server.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: books.Certificate().Raw})),
		"ann.pem":    key + certificate,
		"half.pem":   certificate,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ferry := func(certificate string, args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), "cardferry", args...)
		c.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "SSL_CERT_FILE="+filepath.Join(dir, "server.pem"),
			"CARDFERRY_BOX_PROVIDER=carddav", "CARDFERRY_BOX_URL="+books.URL, "CARDFERRY_BOX_AUTH=client-certificate", "CARDFERRY_BOX_CERTIFICATE="+filepath.Join(dir, certificate))
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := ferry("ann.pem", "import", "../../testdata/ada.vcf", "box:"); err != nil || !strings.Contains(out, "1 created") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := ferry("half.pem", "folders", "box:"); err == nil || !strings.Contains(out, "does not hold both") {
		t.Errorf("%v: %s", err, out)
	}
}

// fakeDNS answers with what it holds.
type fakeDNS struct {
	servers []*net.SRV
	texts   []string
}

func (d fakeDNS) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if service != "carddavs" || proto != "tcp" || name != "Example.org" || d.servers == nil {
		return "", nil, errors.New("no such host")
	}
	return "", d.servers, nil
}

func (d fakeDNS) LookupTXT(_ context.Context, name string) ([]string, error) {
	if name != "_carddavs._tcp.Example.org" || d.texts == nil {
		return nil, errors.New("no such host")
	}
	return d.texts, nil
}

// TestLookUpDav: the DNS tells where a domain's address books are (RFC 6764), within it.
func TestLookUpDav(t *testing.T) {
	for _, test := range []struct {
		dns       fakeDNS
		want, err string
	}{
		{fakeDNS{}, "", "does not tell"},
		{fakeDNS{servers: []*net.SRV{{Target: ".", Port: 0}}}, "", "does not tell"},
		{fakeDNS{servers: []*net.SRV{{Target: "DAV.example.org.", Port: 443}}}, "https://dav.example.org/", ""},
		{fakeDNS{servers: []*net.SRV{{Target: "example.org.", Port: 8443}, {Target: "other.example.org.", Port: 443}}}, "https://example.org:8443/", ""},
		{fakeDNS{servers: []*net.SRV{{Target: "dav.example.org.", Port: 443}}, texts: []string{"v=1", "path=/dav/books"}}, "https://dav.example.org/dav/books", ""},
		{fakeDNS{servers: []*net.SRV{{Target: "dav.example.org.", Port: 443}}, texts: []string{"path=@evil.example/"}}, "https://dav.example.org/", ""},
		{fakeDNS{servers: []*net.SRV{{Target: "dav.evil.example.", Port: 443}}}, "", "refers to another one, dav.evil.example"},
		{fakeDNS{servers: []*net.SRV{{Target: "notexample.org.", Port: 443}}}, "", "refers to another one"},
	} {
		got, err := lookUpDav(t.Context(), test.dns, "Example.org")
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%+v: %q, %v; want %q, %q", test.dns, got, err, test.want, test.err)
		}
	}
}
