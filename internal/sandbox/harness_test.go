package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// A client talks to a server of its own through its handler, without a network.
type client struct {
	t *testing.T
	s *Server
}

// A reply is a response that was read.
type reply struct {
	status int
	header http.Header
	body   string
}

func open(t *testing.T, o Options) *client {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t, s}
}

// do sends a request; spaces and quotes in the path need no escaping. Headers
// are given as "Name: value" and may replace the token.
func (c *client) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	path = strings.NewReplacer(" ", "%20", "{", "%7B", "}", "%7D").Replace(path)
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://sandbox.test"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sandbox")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

func (c *client) want(status int, method, path, body string, headers ...string) reply {
	c.t.Helper()
	r := c.do(method, path, body, headers...)
	if r.status != status {
		c.t.Fatalf("%s %s: status %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

// wantError expects a status and the code of an error envelope.
func (c *client) wantError(status int, code, method, path, body string, headers ...string) reply {
	c.t.Helper()
	r := c.want(status, method, path, body, headers...)
	if got := r.code(c.t); got != code {
		c.t.Fatalf("%s %s: code %q, want %q", method, path, got, code)
	}
	return r
}

func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v in %.200s", err, r.body)
	}
	return v
}

func (r reply) code(t *testing.T) string {
	t.Helper()
	e, _ := r.json(t)["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

// text is a string member of the body, of any depth: "value/0/id".
func (r reply) text(t *testing.T, path string) string {
	t.Helper()
	s, _ := dig(r.json(t), path).(string)
	return s
}

func dig(v any, path string) any {
	for name := range strings.SplitSeq(path, "/") {
		switch node := v.(type) {
		case map[string]any:
			v = node[name]
		case []any:
			i := 0
			for _, c := range name {
				i = i*10 + int(c-'0')
			}
			if i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// values are the rows of a list, by one of their members.
func (r reply) values(t *testing.T, member string) []string {
	t.Helper()
	rows, ok := r.json(t)["value"].([]any)
	if !ok {
		t.Fatalf("no list: %.200s", r.body)
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i], _ = row.(map[string]any)[member].(string)
	}
	return names
}

func (r reply) next(t *testing.T) string {
	t.Helper()
	link := r.text(t, "@odata.nextLink")
	if link == "" {
		return ""
	}
	u, err := url.Parse(link)
	if err != nil || u.Host != "sandbox.test" {
		t.Fatalf("next link %q: %v", link, err)
	}
	return u.RequestURI()
}

// all follows the links from path and returns a member of every row.
func (c *client) all(path, member string, headers ...string) []string {
	c.t.Helper()
	var all []string
	for pages := 0; path != ""; pages++ {
		if pages > 10_000 {
			c.t.Fatal("paging does not end")
		}
		r := c.want(200, "GET", path, "", headers...)
		all = append(all, r.values(c.t, member)...)
		path = r.next(c.t)
	}
	return all
}

// create posts a contact and returns its id.
func (c *client) create(path, body string) string {
	c.t.Helper()
	r := c.want(201, "POST", path, body)
	if id := r.text(c.t, "id"); id != "" {
		return id
	}
	return r.text(c.t, "Id")
}

// serveNet serves the client's server over loopback.
func (c *client) serveNet() *httptest.Server {
	server := httptest.NewServer(c.s)
	c.t.Cleanup(server.Close)
	return server
}

// get fetches over the network.
func get(t *testing.T, server *httptest.Server, method, path, body string) (*http.Response, []byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sandbox")
	resp, err := server.Client().Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp, data, err
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func jsonValid(text []byte) bool { return json.Valid(text) }
