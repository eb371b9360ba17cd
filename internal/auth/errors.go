package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// ErrSignIn says that there is no sign-in, or none that is accepted: a person has to
// sign in, or to mend what the error says.
var ErrSignIn = errors.New("sign-in needed")

// ErrTemporary says that the identity platform could not be asked, or has no answer
// now. The same may succeed later.
var ErrTemporary = errors.New("the sign-in cannot be renewed now")

// SignInError is a sign-in, or the renewal of one, that did not succeed. It is
// either [ErrSignIn] or [ErrTemporary].
type SignInError struct {
	Account     string // its name in the configuration
	Code        string // of the identity platform, e.g. AADSTS70008; "" if it names none
	OAuth       string // the error of RFC 6749, 5.2, e.g. invalid_grant; "" if none came
	Text        string // what is wrong
	Hint        string // what to do about it; may be ""
	Correlation string // to be named to an administrator or to Microsoft; may be ""
	Claims      string // JSON that the service wants the sign-in to meet; may be ""
	temporary   bool
	err         error
}

// Error tells the text and the ids, but not the hint.
func (e *SignInError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "account %s: %s", e.Account, e.Text)
	if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	ids := []string{}
	if id := cmp.Or(e.Code, e.OAuth); id != "" {
		ids = append(ids, id)
	}
	if e.Correlation != "" {
		ids = append(ids, "correlation id "+e.Correlation)
	}
	if len(ids) > 0 {
		b.WriteString(" (" + strings.Join(ids, ", ") + ")")
	}
	return b.String()
}

// Unwrap returns why the platform could not be asked.
func (e *SignInError) Unwrap() error { return e.err }

// Is makes the error one of [ErrSignIn] and [ErrTemporary].
func (e *SignInError) Is(target error) bool {
	return target == ErrTemporary && e.temporary || target == ErrSignIn && !e.temporary
}

// needed returns the error of an account that a person has to sign in to.
func (c Config) needed(text string) *SignInError {
	return &SignInError{Account: c.Account, Text: text, Hint: c.hint(signInAgain)}
}

// refusal is the platform's answer that says no
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). Its
// error_description may name a user and is used for the code in it alone.
type refusal struct {
	OAuth       string `json:"error"`
	Description string `json:"error_description"`
	Codes       []int  `json:"error_codes"`
	Correlation string `json:"correlation_id"`
	status      int
}

var (
	oauthForm       = regexp.MustCompile(`^[a-z0-9_.-]{1,60}$`)
	guidForm        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	descriptionForm = regexp.MustCompile(`^AADSTS([0-9]{4,9})\b`)
)

// refusalOf reads the body of an answer that is not a success.
func refusalOf(status int, body []byte) refusal {
	var r refusal
	if json.Unmarshal(body, &r) != nil {
		r = refusal{} // a gateway's page; the status has to do
	}
	r.status = status
	if !oauthForm.MatchString(r.OAuth) {
		r.OAuth = ""
	}
	if !guidForm.MatchString(r.Correlation) {
		r.Correlation = ""
	}
	return r
}

// codes returns the numbers that an answer names, the telling one first.
func (r refusal) codes() []int {
	codes := slices.DeleteFunc(slices.Clone(r.Codes), func(n int) bool { return n <= 0 })
	if m := descriptionForm.FindStringSubmatch(r.Description); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return append([]int{n}, codes...)
		}
	}
	return codes
}

// failure makes an error of what a request to the platform came to. A context that
// ended is returned as its cause.
func (c Config) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return c.refused(refusalOf(refused.Response.StatusCode, refused.Body))
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		// The library's other errors quote what they could not read.
		return &SignInError{Account: c.Account, Text: "the identity platform cannot be reached", temporary: true, err: ue.Err}
	}
	return &SignInError{Account: c.Account, Text: "the identity platform's answer makes no sense", temporary: true}
}

// refused makes an error of a refusal. The decision between sign-in and temporary
// follows the status and the OAuth error; numbers choose the words, and only the few
// that are known to pass make an error temporary.
func (c Config) refused(r refusal) *SignInError {
	e := &SignInError{Account: c.Account, OAuth: r.OAuth, Correlation: r.Correlation}
	e.temporary = r.status >= 500 || r.status == http.StatusTooManyRequests ||
		r.OAuth == "temporarily_unavailable" || r.OAuth == "server_error"
	for _, n := range r.codes() {
		known, ok := lookUp(n)
		if e.Code == "" || ok {
			e.Code = "AADSTS" + strconv.Itoa(n)
		}
		if ok {
			e.temporary = e.temporary || known.hint == tryLater
			return e.say(c, known.text, known.hint)
		}
	}
	text, hint := wordsOf(r)
	if e.temporary {
		text = "the identity platform is not available"
	}
	return e.say(c, text, hint)
}

func (e *SignInError) say(c Config, text string, h hint) *SignInError {
	if e.temporary {
		h = tryLater
	}
	e.Text, e.Hint = text, c.hint(h)
	return e
}

// wordsOf says what a refusal means whose number is unknown.
func wordsOf(r refusal) (text string, hint hint) {
	switch r.OAuth {
	case "invalid_grant", "interaction_required", "login_required":
		return "the sign-in is no longer valid", signInAgain
	case "consent_required":
		return "the application may not use these permissions yet", askConsent
	case "access_denied", "authorization_declined":
		return "the sign-in was declined", signInAgain
	case "expired_token":
		return "the code expired before it was used", signInAgain
	case "bad_verification_code":
		return "the identity platform does not know the code", signInAgain
	case "invalid_client":
		return "the identity platform does not accept the application", checkClient
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type":
		return "the application may not sign in this way", checkFlow
	case "invalid_scope", "invalid_resource":
		return "the identity platform does not grant these permissions", checkPermissions
	case "":
		return fmt.Sprintf("the identity platform answers with status %d", r.status), checkTenant
	}
	return "the identity platform refuses the sign-in", checkTenant
}
