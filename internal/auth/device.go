package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	deviceGrant    = "urn:ietf:params:oauth:grant-type:device_code"
	deviceLife     = 15 * time.Minute // of a code whose answer does not say
	deviceInterval = 5 * time.Second  // RFC 8628, 3.2: the default; 3.5: the step of slow_down
	slowestPoll    = time.Minute
	maxDeviceCode  = 1 << 20 // bytes of an answer
)

// deviceCode is the answer to a device authorization request (RFC 8628, 3.2), with
// Microsoft's message to the user.
type deviceCode struct {
	DeviceCode      string      `json:"device_code"`
	UserCode        string      `json:"user_code"`
	VerificationURI string      `json:"verification_uri"`
	ExpiresIn       json.Number `json:"expires_in"`
	Interval        json.Number `json:"interval"`
	Message         string      `json:"message"`
}

// byDevice signs a person in whose browser may be on another device (RFC 8628;
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
func (p platform) byDevice(ctx context.Context, prompt func(verificationURI, userCode, message string)) (tokens, error) {
	code, err := p.deviceCode(ctx)
	if err != nil {
		return tokens{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, seconds(code.ExpiresIn, deviceLife), p.config.refused(refusal{OAuth: "expired_token"}))
	defer cancel()
	prompt(printable(code.VerificationURI), printable(code.UserCode), printable(code.Message))
	return p.poll(ctx, code)
}

// deviceCode asks for a code. Package oauth2 would drop the message, and would not
// end the request with ctx.
func (p platform) deviceCode(ctx context.Context) (*deviceCode, error) {
	form := url.Values{"client_id": {p.config.ClientID}, "scope": {strings.Join(p.config.scopes(), " ")}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.config.endpoints().DeviceAuthURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, p.config.failure(ctx, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, p.config.failure(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDeviceCode))
	if err != nil {
		return nil, p.config.failure(ctx, &url.Error{Err: err})
	}
	if resp.StatusCode != http.StatusOK {
		return nil, p.config.refused(refusalOf(resp.StatusCode, body))
	}
	var code deviceCode
	where, err := code.parse(body)
	if err != nil || !isPrivate(where) {
		return nil, p.config.failure(ctx, errors.New("not a device code"))
	}
	return &code, nil
}

// parse reads an answer and returns the page that it sends the user to.
func (c *deviceCode) parse(body []byte) (*url.URL, error) {
	if err := json.Unmarshal(body, c); err != nil {
		return nil, err
	}
	if c.DeviceCode == "" || c.UserCode == "" {
		return nil, errors.New("no code")
	}
	return url.Parse(c.VerificationURI)
}

// poll asks until the person is done, or the code or ctx has expired (RFC 8628, 3.5).
func (p platform) poll(ctx context.Context, code *deviceCode) (tokens, error) {
	for interval := min(seconds(code.Interval, deviceInterval), slowestPoll); ; {
		if err := sleep(ctx, interval); err != nil {
			return tokens{}, err
		}
		t, err := p.grant(ctx, deviceGrant, p.config.scopes(), url.Values{"device_code": {code.DeviceCode}})
		if err == nil {
			return t, nil
		}
		e, ok := errors.AsType[*SignInError](err)
		switch {
		case !ok: // ctx has ended
			return tokens{}, err
		case e.OAuth == "authorization_pending":
		case e.OAuth == "slow_down":
			interval += deviceInterval
		case e.temporary:
			interval = min(2*interval, slowestPoll)
		default:
			return tokens{}, err
		}
	}
}

// seconds reads a number of seconds that another program names.
func seconds(n json.Number, otherwise time.Duration) time.Duration {
	v, err := n.Int64()
	if err != nil || v <= 0 || v > 24*60*60 {
		return otherwise
	}
	return time.Duration(v) * time.Second
}

// printable takes out what could steer the terminal that a text is shown on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}
