package main

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestSignIn signs in by every method at the embedded identity provider, uses the
// account without being asked again, and signs out.
func TestSignIn(t *testing.T) {
	box, err := sandbox.Open(sandbox.Options{SignIn: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server := httptest.NewServer(box)
	defer server.Close()
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
			}
			if method.person {
				expect(exitSignIn, "cardferry login box", "folders", "box:")
				expect(exitDone, "it renews itself", "login", "box:")
				expect(exitSignIn, "login box --write", "import", "../../testdata/ada.vcf", "box:")
				expect(exitDone, "it renews itself", "login", "box:", "--write")
			} else {
				expect(exitDone, "signed in", "login", "box:")
			}
			expect(exitDone, "imported 1 record", "import", "../../testdata/ada.vcf", "box:")
			expect(exitDone, "ok      mailbox", "doctor", "box:")
			expect(exitDone, "box:", "accounts")
			expect(exitDone, "signed out", "logout", "box:")
			if method.person {
				expect(exitSignIn, "cardferry login box", "export", "box:")
			}
		})
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
