package odata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/formats/outlook"
)

// script is a Doer that gives answers in turn and keeps the requests.
type script struct {
	answers []func(*http.Request) (*http.Response, error)
	seen    []*http.Request
}

func (s *script) Do(req *http.Request) (*http.Response, error) {
	s.seen = append(s.seen, req)
	if len(s.seen) > len(s.answers) {
		return nil, errors.New("one request too many")
	}
	return s.answers[len(s.seen)-1](req)
}

func answer(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}
		for i := 0; i+1 < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func newClient(t *testing.T, doer Doer, a Account) *Client {
	t.Helper()
	c, err := NewClient(doer, a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAccountAddresses(t *testing.T) {
	tests := []struct {
		url  string
		want string // of the error, "" for none
	}{
		{"", ""}, {"https://graph.microsoft.us/v1.0/", ""}, {"http://127.0.0.1:8787/v1.0", ""}, {"http://[::1]:1", ""}, {"http://localhost:80/beta", ""},
		{"http://graph.microsoft.com/v1.0", "must be https"}, {"http://127.0.0.1.example.org/v1.0", "must be https"}, {"ftp://x", "must be https"},
		{"graph.microsoft.com", "not an address"}, {"https://user:secret@host/v1.0", "more than a host"}, {"https://host/v1.0?token=secret", "more than a host"},
	}
	for _, test := range tests {
		_, err := NewClient(http.DefaultClient, Account{BaseURL: test.url, Name: "work"})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.url, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestLinks(t *testing.T) {
	tests := []struct {
		user     string
		segments []string
		query    []string
		want     string
	}{
		{"", []string{"contacts"}, nil, "/v1.0/me/contacts"},
		{"me", []string{"contacts", "AA/B+C= ="}, nil, "/v1.0/me/contacts/AA%2FB%2BC=%20="},
		{"a#b@example.org", []string{"contacts"}, nil, "/v1.0/users/a%23b@example.org/contacts"},
		{"$x@example.org", []string{"contacts"}, nil, "/v1.0/users('$x@example.org')/contacts"},
		{"", []string{"contacts", "..", "$value"}, nil, "/v1.0/me/contacts/%2E%2E/$value"},
		{"", []string{"contacts"}, []string{"$top", "10", "$filter", "x eq 'a+b & c'"}, "/v1.0/me/contacts?$top=10&$filter=x%20eq%20%27a%2Bb%20%26%20c%27"},
	}
	for _, test := range tests {
		c := newClient(t, nil, Account{User: test.user})
		got, err := c.Link(test.segments, test.query...)
		if err != nil || got != test.want {
			t.Errorf("%s, error %v, want %s", got, err, test.want)
		}
		if back, err := c.Relative("https://GRAPH.microsoft.com" + got); err != nil || back != got {
			t.Errorf("%s: as an answer's link %s, error %v", got, back, err)
		}
	}
	if _, err := newClient(t, nil, Account{}).Link([]string{"contacts", ""}); err == nil {
		t.Error("an empty id is no error")
	}
}

func TestForeignLinks(t *testing.T) {
	c := newClient(t, nil, Account{})
	for _, link := range []string{"https://evil.example/v1.0/x", "http://graph.microsoft.com/v1.0/x", "//evil.example/x", "https://graph.microsoft.com:444/x", "https://graph.microsoft.com.evil.example/", "https://graph.microsoft.com@evil.example/", "javascript:1"} {
		if got, err := c.Relative(link); err == nil {
			t.Errorf("%s is followed as %s", link, got)
		}
	}
	_, err := c.Relative("https://evil.example/secret?token=1")
	if foreign, ok := errors.AsType[*ForeignLinkError](err); !ok || foreign.Host != "https://evil.example" || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}

func TestHeaders(t *testing.T) {
	for d, prefer := range map[outlook.Dialect]string{outlook.GraphV1: `IdType="ImmutableId"`, outlook.GraphBeta: `IdType="ImmutableId"`, outlook.OutlookBeta: ""} {
		s := &script{answers: []func(*http.Request) (*http.Response, error){answer(200, "{}")}}
		c := newClient(t, s, Account{Dialect: d, Version: "1.2"})
		if _, err := c.Send(t.Context(), http.MethodPost, "/x", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		req := s.seen[0]
		if req.Header.Get("Prefer") != prefer || req.Header.Get("User-Agent") != "cardferry/1.2" || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", d, req.Header)
		}
		if body, err := req.GetBody(); err != nil || body == nil || req.ContentLength != 2 {
			t.Errorf("the body cannot be sent again: length %d, error %v", req.ContentLength, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	s := &script{answers: []func(*http.Request) (*http.Response, error){
		answer(302, "", "Location", "/v1.0/b"), answer(307, "", "Location", "https://graph.microsoft.com/v1.0/c"), answer(200, "here")}}
	body, err := newClient(t, s, Account{}).Get(t.Context(), "/v1.0/a")
	if err != nil || string(body) != "here" || s.seen[2].URL.Path != "/v1.0/c" {
		t.Errorf("%s, %v", body, err)
	}
	s = &script{answers: []func(*http.Request) (*http.Response, error){answer(302, "", "Location", "https://evil.example/")}}
	if _, err := newClient(t, s, Account{}).Get(t.Context(), "/v1.0/a"); err == nil || len(s.seen) != 1 {
		t.Errorf("%d requests, error %v", len(s.seen), err)
	}
	var circle []func(*http.Request) (*http.Response, error)
	for range 20 {
		circle = append(circle, answer(302, "", "Location", "/v1.0/a"))
	}
	s = &script{answers: circle}
	if _, err := newClient(t, s, Account{}).Get(t.Context(), "/v1.0/a"); err == nil || len(s.seen) != maxRedirects {
		t.Errorf("%d requests, error %v", len(s.seen), err)
	}
}

func TestErrors(t *testing.T) {
	graph := `{"error":{"code":"%s","message":"%s","innerError":{"request-id":"r"}}}`
	private := "the contact Ana Ruiz <ana@example.org>"
	tests := []struct {
		name   string
		status int
		body   string
		want   string
		is     string // what it is, of: found, conflict, rejected, ambiguous, temporary, signin, gone, overloaded
	}{
		{"not found", 404, fmt.Sprintf(graph, "ErrorItemNotFound", private), "POST: 404 ErrorItemNotFound (request-id R)", "notfound rejected"},
		{"no mailbox", 404, fmt.Sprintf(graph, "MailboxNotEnabledForRESTAPI", private), "POST: 404 MailboxNotEnabledForRESTAPI (request-id R)", ""},
		{"empty 404", 404, "", "POST: 404 Not Found (request-id R)", "notfound rejected"},
		{"too many", 400, fmt.Sprintf(graph, "ErrorInvalidArgument", "The multi value property 'EmailAddresses' has 4 entries, that exceeds the max allowed value of 3."), "POST: 400 ErrorInvalidArgument (too many values of EmailAddresses) (request-id R)", "rejected"},
		{"Outlook's casing", 409, `{"Error":{"Code":"ErrorFolderExists","Message":"x"}}`, "POST: 409 ErrorFolderExists (request-id R)", "conflict rejected"},
		{"a code that is none", 400, fmt.Sprintf(graph, private, private), "POST: 400 Bad Request (request-id R)", "rejected"},
		{"sign in", 401, fmt.Sprintf(graph, "InvalidAuthenticationToken", private), "POST: 401 InvalidAuthenticationToken (request-id R)", "signin"},
		{"forbidden", 403, fmt.Sprintf(graph, "ErrorAccessDenied", private), "POST: 403 ErrorAccessDenied (request-id R)", ""},
		{"gone", 410, fmt.Sprintf(graph, "SyncStateNotFound", private), "POST: 410 SyncStateNotFound (request-id R)", "gone"},
		{"throttled", 429, fmt.Sprintf(graph, "TooManyRequests", private), "POST: 429 TooManyRequests (request-id R)", "temporary"},
		{"gateway", 502, "<html>" + private, "POST: 502 Bad Gateway (request-id R)", "ambiguous temporary"},
		{"overload", 503, private, "POST: 503 Service Unavailable (request-id R)", "ambiguous temporary overloaded"},
		{"not built", 501, "", "POST: 501 Not Implemented (request-id R)", ""},
		{"full", 507, fmt.Sprintf(graph, "ErrorQuotaExceeded", private), "POST: 507 ErrorQuotaExceeded (request-id R)", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){answer(test.status, test.body, "request-id", "R")}}
			_, err := newClient(t, s, Account{}).Send(t.Context(), http.MethodPost, "/x", []byte("{}"))
			if err == nil || err.Error() != test.want {
				t.Fatalf("got  %v\nwant %s", err, test.want)
			}
			if got := classes(fmt.Errorf("wrapped: %w", err)); got != test.is {
				t.Errorf("is %q, want %q", got, test.is)
			}
		})
	}
}

func classes(err error) string {
	var is []string
	for _, class := range []struct {
		name string
		is   bool
	}{{"notfound", NotFound(err)}, {"conflict", Conflict(err)}, {"rejected", Rejected(err)}, {"ambiguous", Ambiguous(err)},
		{"temporary", Temporary(err)}, {"signin", errors.Is(err, ErrSignIn)}, {"gone", Gone(err)}, {"overloaded", Overloaded(err)}} {
		if class.is {
			is = append(is, class.name)
		}
	}
	return strings.Join(is, " ")
}

// local is an error of a layer that sent nothing.
type local struct{ error }

func (local) NotSent() bool { return true }

func TestNoAnswer(t *testing.T) {
	private := &url.Error{Op: "Post", URL: "https://graph.microsoft.com/v1.0/users/ana@example.org", Err: io.ErrUnexpectedEOF}
	tests := []struct {
		name string
		err  error
		is   string
	}{
		{"broken off", private, "ambiguous temporary"},
		{"not connected", &url.Error{Op: "Post", URL: private.URL, Err: &net.OpError{Op: "dial", Err: errors.New("refused")}}, "temporary"},
		{"not sent", local{errors.New("held back")}, "temporary"},
		{"no token", fmt.Errorf("refreshing: %w", ErrSignIn), "signin"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(t, &script{answers: []func(*http.Request) (*http.Response, error){fails(test.err), fails(test.err)}}, Account{})
			_, err := c.Send(t.Context(), http.MethodPost, "/x", nil)
			if got := classes(err); got != test.is || strings.Contains(err.Error(), "example.org") {
				t.Errorf("%v is %q, want %q", err, got, test.is)
			}
			if _, err := c.Get(t.Context(), "/x"); Ambiguous(err) {
				t.Errorf("a read is ambiguous")
			}
		})
	}
}

func TestBrokenAnswerOfAWriteIsAmbiguous(t *testing.T) {
	cut := func(req *http.Request) (*http.Response, error) {
		resp, _ := answer(201, "")(req)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id"`), badReader{}))
		return resp, nil
	}
	_, err := newClient(t, &script{answers: []func(*http.Request) (*http.Response, error){cut}}, Account{}).Send(t.Context(), http.MethodPost, "/x", nil)
	if got := classes(err); got != "ambiguous temporary" {
		t.Errorf("%v is %q", err, got)
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestCancelled(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := newClient(t, http.DefaultClient, Account{}).Get(ctx, "/x")
	if !errors.Is(err, why) || Temporary(err) && !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"": 0, "3": 3 * time.Second, "2.128": 2128 * time.Millisecond, "-1": 0, "x": 0,
		"Thu, 01 Jan 2026 00:00:10 GMT": 10 * time.Second, "Thu, 01 Jan 2020 00:00:10 GMT": 0} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestReadAsksAgain(t *testing.T) {
	s := &script{answers: []func(*http.Request) (*http.Response, error){answer(200, "bad"), answer(200, "bad"), answer(200, "good")}}
	calls := 0
	err := newClient(t, s, Account{}).Read(t.Context(), "/x", func(body []byte) error {
		calls++
		if string(body) != "good" {
			return errors.New("nonsense")
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

func TestWalkStopsInCircles(t *testing.T) {
	var answers []func(*http.Request) (*http.Response, error)
	for range 100 {
		answers = append(answers, answer(200, "https://graph.microsoft.com/v1.0/a"))
	}
	s := &script{answers: answers}
	parse := func(a Answer) (struct{}, string, error) { return struct{}{}, string(a.Body), nil }
	err := Walk(t.Context(), newClient(t, s, Account{}), Listing{Link: "/v1.0/a"}, parse, func(struct{}, string) bool { return true })
	if !errors.Is(err, ErrCircle) || len(s.seen) > 1+badAnswers {
		t.Errorf("%d requests, error %v", len(s.seen), err)
	}
}

func TestFolderTree(t *testing.T) {
	const a, b = `{"value":[{"id":"f1","parentFolderId":"root","displayName":"A/B"},{"Id":"d","DisplayName":"Contacts","WellKnownName":"contacts"},`, `]}`
	pages := map[string]string{
		"/v1.0/me/contactFolders/contacts":              `{"id":"d","displayName":"Kontakte"}`,
		"/v1.0/me/contactFolders":                       a + `{"id":"h","displayName":"Recipient Cache","wellKnownName":"recipientcache"},{"id":"f2","displayName":"A/B"}` + b,
		"/v1.0/me/contactFolders/contacts/childFolders": `{"value":[{"id":"f3","displayName":" "}]}`,
		"/v1.0/me/contactFolders/f1/childFolders":       `{"value":[{"id":"f4","displayName":"Sub"},{"id":"f1","displayName":"itself"}]}`,
	}
	doer := doerFunc(func(req *http.Request) (*http.Response, error) {
		if body, ok := pages[req.URL.Path]; ok {
			return answer(200, body)(req)
		}
		return answer(404, "")(req)
	})
	folders, err := newClient(t, doer, Account{}).Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range folders {
		got = append(got, fmt.Sprintf("%s=%s", f.ID, f.Path))
	}
	if want := `[d= f3=unnamed f1=A\/B f2=A\/B f4=A\/B/Sub]`; fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

type doerFunc func(*http.Request) (*http.Response, error)

func (f doerFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }
