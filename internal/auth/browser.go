package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// browserLife is how long a person may take.
const browserLife = 15 * time.Minute

// byBrowser signs a person in with a browser on this machine: authorization code with
// PKCE, and a redirect to a loopback address, whose port the platform does not compare
// (RFC 7636; RFC 8252, 7.3;
// https://learn.microsoft.com/entra/identity-platform/reply-url#localhost-exceptions).
func (p platform) byBrowser(ctx context.Context, open func(address string) error) (tokens, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, browserLife, p.config.needed("nobody finished the sign-in in the browser"))
	defer cancel()
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	callback, err := listen(ctx, state)
	if err != nil {
		return tokens{}, p.config.wrong("waiting for the browser: %w", err)
	}
	defer callback.close()
	flow := oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.appSecret(), Endpoint: p.config.endpoints(), Scopes: p.config.scopes(), RedirectURL: callback.address,
	}
	params := map[string]string{"response_mode": "query", "prompt": "select_account"}
	if p.config.Service != nil {
		params = p.config.Service.Params
	}
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for name, value := range params {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	address := flow.AuthCodeURL(state, options...)
	if open(address) != nil {
		e := p.config.needed("no browser opens")
		e.Hint = "set auth to device for the account " + p.config.Account + ", and sign in again"
		return tokens{}, e
	}
	code, err := p.await(ctx, callback)
	if err != nil {
		return tokens{}, err
	}
	t, err := flow.Exchange(p.within(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return tokens{}, p.config.failure(ctx, err)
	}
	return p.tokens(t)
}

// await returns the code that the browser brings, or the refusal.
func (p platform) await(ctx context.Context, c *callback) (code string, err error) {
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case answer := <-c.answers:
		if code := answer.Get("code"); code != "" {
			return code, nil
		}
		r := refusal{OAuth: answer.Get("error"), Description: answer.Get("error_description")}
		if !oauthForm.MatchString(r.OAuth) {
			r.OAuth = "access_denied"
		}
		return "", p.config.refused(r)
	}
}

// callback is a server on this machine that the browser is sent back to.
type callback struct {
	address string // http://localhost:PORT
	state   string
	answers chan url.Values // the one that has the state
	server  http.Server
	serving sync.WaitGroup
}

// listen waits for the browser on the loopback addresses: which of them localhost is
// depends on the browser. Close it.
func listen(ctx context.Context, state string) (*callback, error) {
	var lc net.ListenConfig
	v4, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(v4.Addr().(*net.TCPAddr).Port)
	c := &callback{address: "http://localhost:" + port, state: state, answers: make(chan url.Values, 1)}
	c.server = http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	c.serving.Go(func() { c.server.Serve(v4) })
	if v6, err := lc.Listen(ctx, "tcp", "[::1]:"+port); err == nil { // machines without IPv6 do without
		c.serving.Go(func() { c.server.Serve(v6) })
	}
	return c, nil
}

// close lets the browser have its page, and stops waiting.
func (c *callback) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if c.server.Shutdown(ctx) != nil {
		c.server.Close()
	}
	c.serving.Wait()
}

// ServeHTTP takes the one request that has the state. Others, which any page in the
// browser could make, change nothing.
func (c *callback) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	query := req.URL.Query()
	ours := subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.state)) == 1
	if req.Method != http.MethodGet || req.URL.Path != "/" || "http://"+req.Host != c.address || !ours {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, page("This page is no part of a sign-in."))
		return
	}
	select {
	case c.answers <- query:
	default: // a reload: the first one counts
	}
	io.WriteString(w, page("The browser's part is done. Close this page and return to cardferry."))
}

func page(text string) string {
	return fmt.Sprintf("<!DOCTYPE html><html lang=\"en\"><title>cardferry</title><p>%s</p></html>\n", text)
}
