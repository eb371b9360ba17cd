package dav

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/cardferry/cardferry/internal/wire"
)

// ErrSignIn says that the service does not accept the sign-in.
var ErrSignIn = errors.New("the service asks for a sign-in")

// Error is a request that did not succeed.
type Error struct {
	Method string
	Status int // 0: no answer came
	// Condition is the precondition that was not met, the name of its element: e.g.
	// no-uid-conflict, valid-sync-token, max-resource-size (RFC 6352, 6.3.2.1).
	Condition string
	// Reason is what the service says, without the words of what was sent to it.
	Reason string
	Err    error // why no answer came, or could be read
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	b.WriteString(": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d %s", e.Status, cmp.Or(e.Condition, http.StatusText(e.Status)))
	}
	if e.Reason != "" {
		b.WriteString(": the service says: " + e.Reason)
	}
	if e.Err != nil {
		if e.Status != 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Err.Error())
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
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	e := &Error{Method: method, Err: err}
	if resp != nil {
		e.Status = resp.StatusCode
	}
	return e
}

// refusal makes an error of an answer that says no to what was sent.
func (c *Client) refusal(method string, a *answer, sent []byte) error {
	e := &Error{Method: method, Status: a.status}
	isXML := strings.Contains(a.header.Get("Content-Type"), "xml")
	if isXML {
		var message string
		e.Condition, message = condition(a.body)
		e.Reason = reason(message, sent)
	} else if strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		line, _, _ := strings.Cut(strings.TrimSpace(string(a.body)), "\n")
		e.Reason = reason(line, sent)
	}
	if strings.EqualFold(e.Reason, http.StatusText(e.Status)) {
		e.Reason = ""
	}
	return e
}

// condition reads a DAV:error (RFC 4918, 16): the precondition in it, and the message
// that some servers add.
func condition(body []byte) (name, message string) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	depth, speaks := 0, false
	for {
		token, err := d.Token()
		if err != nil {
			return name, message
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			speaks = t.Name.Local == "message" || t.Name.Local == "responsedescription" || t.Name.Local == "error-description"
			if (t.Name.Space == "DAV:" || t.Name.Space == carddav) && !slices.Contains([]string{"error", "responsedescription", "href"}, t.Name.Local) && name == "" {
				name = wordOf(t.Name.Local)
			}
		case xml.EndElement:
			depth--
			speaks = false
		case xml.CharData:
			if speaks {
				message += string(t)
			}
		}
	}
}

// wordOf returns a name that looks like one.
func wordOf(s string) string {
	if len(s) > 60 || strings.IndexFunc(s, func(r rune) bool { return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r)) }) >= 0 {
		return ""
	}
	return s
}

// maxReason bounds what is repeated of a service's words.
const maxReason = 160

// commonWords are words that a service may repeat though they stand in what was sent.
var commonWords = []string{"version", "uid", "fn", "n", "tel", "email", "adr", "org", "photo", "note", "bday", "rev", "vcard", "card", "cards", "contact", "begin", "end", "text", "data", "value", "type",
	"the", "of", "to", "in", "is", "no", "not", "by", "for", "or", "and", "too", "be", "has", "max", "at", "on", "an", "must", "already"}

// reason returns a service's words as an error may hold them: one line, and none of the
// words of what it was sent, which are somebody's name or number.
func reason(message string, sent []byte) string {
	text := spoken(sent)
	parts := map[string]bool{}
	for _, part := range strings.FieldsFunc(text, isBetweenWords) {
		parts[part] = true
	}
	isSent := func(part string) bool {
		switch {
		case slices.Contains(commonWords, part):
			return false
		case len(part) < 4: // within others it says nothing
			return parts[part] && len(part) > 1
		}
		return strings.Contains(text, part)
	}
	var words []string
	for _, word := range strings.Fields(message) {
		if slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(word), isBetweenWords), isSent) || strings.ContainsFunc(word, unicode.IsControl) {
			word = "…"
		}
		if len(words) > 0 && word == "…" && words[len(words)-1] == "…" {
			continue
		}
		words = append(words, word)
	}
	line := strings.Join(words, " ")
	if strings.Trim(line, "… ") == "" {
		return ""
	}
	for len(line) > maxReason {
		line = line[:strings.LastIndexByte(line[:maxReason], ' ')+1] + "…"
		break
	}
	return line
}

func isBetweenWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

var (
	fold  = regexp.MustCompile(`\r?\n[ \t]`)
	coded = regexp.MustCompile(`(?i)^[^:]*;ENCODING=B|^[^:]*:data:|^` + stashName + `[;:]`)
)

// spoken returns what of a card may be somebody's words, in lower case: not what is in
// base64, where every short word is to be found.
func spoken(card []byte) string {
	var b strings.Builder
	for line := range strings.Lines(fold.ReplaceAllString(string(card), "")) {
		if !coded.MatchString(line) {
			b.WriteString(strings.ToLower(line))
		}
	}
	return b.String()
}

func status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok && e.Err == nil {
		return e.Status
	}
	return 0
}

// conditionOf returns the precondition that an error names.
func conditionOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Condition
	}
	return ""
}

// NotFound reports whether the card or book is not there, or no longer.
func NotFound(err error) bool {
	return status(err) == http.StatusNotFound || status(err) == http.StatusGone
}

// Changed reports whether what was to be changed is not, or is no longer, what the
// request expected.
func Changed(err error) bool { return status(err) == http.StatusPreconditionFailed }

// UIDConflict reports whether another card of the book has the UID.
func UIDConflict(err error) bool { return conditionOf(err) == "no-uid-conflict" }

// TooLarge reports whether the card was refused for its size.
func TooLarge(err error) bool {
	return status(err) == http.StatusRequestEntityTooLarge || conditionOf(err) == "max-resource-size"
}

// NotACard reports whether the service does not take what was sent for a proper card.
func NotACard(err error) bool {
	return conditionOf(err) == "valid-address-data" || status(err) == http.StatusBadRequest || status(err) == http.StatusUnsupportedMediaType
}

// Rejected reports whether the service refused this one request for what is in it, so
// that another may go through.
func Rejected(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusConflict, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusLocked:
		return true
	}
	return false
}

// Ambiguous reports whether a request that changes something may have been carried out
// although it failed: the answer never came, or came from a gateway.
func Ambiguous(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Method == "PROPFIND" || e.Method == "REPORT" || e.Method == http.MethodGet {
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

// Temporary reports whether the same request may succeed later: also when somebody has
// made room (507).
func Temporary(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	if e.Err != nil {
		return !errors.Is(e.Err, context.Canceled) && !errors.Is(e.Err, ErrSignIn) && (e.Status == 0 || isBroken(e.Err))
	}
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return true
	case http.StatusNotImplemented:
		return false
	}
	return e.Status >= 500
}

func isBroken(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed)
}
