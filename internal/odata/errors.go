package odata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/cardferry/cardferry/internal/wire"
)

// ErrSignIn says that the service does not accept the sign-in.
var ErrSignIn = errors.New("the service asks for a sign-in")

// Error is a request that did not succeed. Its text holds the status and the code,
// never the service's own message, which may repeat what was sent.
type Error struct {
	Method     string
	Status     int    // 0: no answer came
	Code       string // of the service, e.g. ErrorItemNotFound
	Property   string // that has too many values, where the service says so
	RequestID  string // to be named to Microsoft's support
	RetryAfter time.Duration
	Err        error // why no answer came, or could be read
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	b.WriteString(": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d %s", e.Status, cmp.Or(e.Code, http.StatusText(e.Status)))
	}
	if e.Err != nil {
		if e.Status != 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
	}
	if e.Property != "" {
		fmt.Fprintf(&b, " (too many values of %s)", e.Property)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request-id %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the reason for which no answer came.
func (e *Error) Unwrap() error { return e.Err }

// Is makes an answer 401 an [ErrSignIn].
func (e *Error) Is(target error) bool {
	return target == ErrSignIn && e.Status == http.StatusUnauthorized
}

// failure makes an error of a request whose answer did not come, or not whole. The
// address, of which net/http's errors tell, may name the user.
func (c *Client) failure(ctx context.Context, method string, resp *http.Response, err error) error {
	if foreign, ok := errors.AsType[*ForeignLinkError](err); ok {
		return foreign // a redirect; to try again would not help
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	e := &Error{Method: method, Err: err}
	if resp != nil {
		e.Status, e.RequestID = resp.StatusCode, resp.Header.Get("request-id")
	}
	return e
}

// refusal makes an error of an answer that says no.
func (c *Client) refusal(method string, resp *http.Response, body []byte) error {
	e := &Error{
		Method: method, Status: resp.StatusCode, RequestID: resp.Header.Get("request-id"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now()),
	}
	var envelope struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	// A gateway's answer is no JSON; then the status has to do.
	if json.Unmarshal(body, &envelope, json.MatchCaseInsensitiveNames(true)) == nil {
		e.Code = codeOf(envelope.Error.Code)
		e.Property = overfullProperty(envelope.Error.Message)
	}
	return e
}

// codeOf returns a code that looks like one: a word.
func codeOf(s string) string {
	if len(s) > 100 || strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-')
	}) >= 0 {
		return ""
	}
	return s
}

// overfullProperty returns the name of the property in the message "The multi value
// property 'X' has n entries, that exceeds the max allowed value of m.".
func overfullProperty(message string) string {
	_, rest, ok := strings.Cut(message, "multi value property ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return codeOf(strings.Trim(name, `'"`))
}

// retryAfter reads the header: seconds, also with a fraction, or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && seconds > 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

func status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Err == nil {
		return e.Status
	}
	return 0
}

// NotFound reports whether the item or folder is not there, or no longer.
func NotFound(err error) bool { return status(err) == http.StatusNotFound && !NoMailbox(err) }

// NoMailbox reports whether the service says that there is no such mailbox, or
// none that it serves.
func NoMailbox(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch strings.ToLower(e.Code) {
	case "mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi", "errornonexistentmailbox", "errorinvaliduser",
		"resourcenotfound", "request_resourcenotfound":
		return true
	}
	return false
}

// Full reports whether the mailbox has no room: then it can be listed, but neither
// written to nor tracked.
func Full(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && strings.EqualFold(e.Code, "ErrorQuotaExceeded")
}

// NoAnswer reports whether the service could not be reached.
func NoAnswer(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == 0 && e.Err != nil && !errors.Is(e.Err, ErrSignIn)
}

// Forbidden reports whether the service does not allow it, to anybody or to who
// signed in.
func Forbidden(err error) bool { return status(err) == http.StatusForbidden }

// Conflict reports whether something of that name is there already, or has changed
// meanwhile.
func Conflict(err error) bool {
	s := status(err)
	return s == http.StatusConflict || s == http.StatusPreconditionFailed
}

// Gone reports whether the service has forgotten the position of a listing.
func Gone(err error) bool { return status(err) == http.StatusGone }

// Rejected reports whether the service refused this one request for what is in it,
// so that another may go through.
func Rejected(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusConflict,
		http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return true
	case http.StatusNotFound:
		return !NoMailbox(err)
	}
	return false
}

// Overloaded reports whether the service gave up on the request for its size or
// its own state, so that a smaller one may go through.
func Overloaded(err error) bool {
	s := status(err)
	return s == http.StatusServiceUnavailable || s == http.StatusGatewayTimeout
}

// Ambiguous reports whether a request that changes something may have been carried
// out although it failed: the answer never came, or came from a gateway.
func Ambiguous(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Method == http.MethodGet {
		return false
	}
	switch {
	case e.Err != nil:
		return !notSent(e.Err)
	case e.Status == http.StatusNotImplemented, e.Status == http.StatusInsufficientStorage:
		return false
	}
	return e.Status >= 500
}

// notSent reports whether nothing left this machine.
func notSent(err error) bool { return wire.NotSent(err) || errors.Is(err, ErrSignIn) }

// Temporary reports whether the same request may succeed later.
func Temporary(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	if e.Err != nil {
		return !errors.Is(e.Err, context.Canceled) && !errors.Is(e.Err, ErrSignIn)
	}
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return true
	case http.StatusNotImplemented, http.StatusInsufficientStorage:
		return false
	}
	return e.Status >= 500
}
