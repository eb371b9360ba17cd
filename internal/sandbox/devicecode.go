package sandbox

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"

// A deviceGrant is a device that waits for a person to let it in (RFC 8628).
type deviceGrant struct {
	userCode string
	session  session // its user is "" until someone has decided
	declined bool
	redeemed bool
	expires  time.Time
	interval time.Duration
	polled   time.Time
}

// deviceCode starts the flow.
func (v *visit) deviceCode() *answer {
	client, bad := v.client(v.form("client_id"))
	if bad != nil {
		return v.refused(bad)
	}
	asked, bad := v.parseScopes(v.form("scope"))
	if bad != nil {
		return v.refused(bad)
	}
	if v.s.quirks.noDeviceCode {
		return v.refused(&oauthError{"invalid_grant", 53003, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."})
	}
	life := v.life(deviceLife)
	g := &deviceGrant{
		userCode: userCode(), expires: time.Now().Add(life), interval: v.s.scaled(deviceInterval),
		session: session{client: client.ID, scopes: asked, user: v.signIn},
	}
	code := secret("")
	v.mu.Lock()
	v.forget()
	v.devices[code] = g
	v.mu.Unlock()
	page := v.base + "/devicelogin"
	return v.json(http.StatusOK, map[string]any{
		"device_code": code, "user_code": g.userCode, "verification_uri": page,
		"expires_in": seconds(life), "interval": seconds(v.life(deviceInterval)),
		"message": "To sign in, use a web browser to open the page " + page + " and enter the code " + g.userCode + " to authenticate.",
	})
}

// userCode is easy to read and type: no letters that look like digits.
func userCode() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	var raw [9]byte
	rand.Read(raw[:]) // never fails
	for i, b := range raw {
		raw[i] = letters[int(b)%len(letters)]
	}
	return string(raw[:])
}

// byDevice answers a device that asks whether it is let in.
func (v *visit) byDevice(c *registration) (*session, *oauthError) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := v.form("device_code")
	g := v.devices[text]
	now := time.Now()
	switch {
	case text == "":
		return nil, missing("device_code")
	case g == nil || g.session.client != c.ID:
		return nil, &oauthError{"bad_verification_code", 70018, "The verification code is not valid."}
	case g.redeemed:
		return nil, &oauthError{"invalid_grant", 54005, "OAuth2 authorization code was already redeemed, please retry with a new valid code."}
	case now.After(g.expires):
		return nil, &oauthError{"expired_token", 70019, "The verification code has expired."}
	case g.tooSoon(now):
		g.interval += v.s.scaled(deviceInterval)
		return nil, &oauthError{"slow_down", 70016, "The client polls too often."}
	case g.declined:
		return nil, &oauthError{"authorization_declined", 65004, "User declined to consent to access the app."}
	case g.session.user == "":
		return nil, &oauthError{"authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."}
	case !v.consents(c.ID, g.session.scopes):
		return nil, &oauthError{"invalid_grant", 65001, "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource."}
	}
	g.redeemed = true
	return &g.session, nil
}

// tooSoon reports whether a device asks again before its interval is over; a
// tenth of it is forgiven.
func (g *deviceGrant) tooSoon(now time.Time) bool {
	soon := !g.polled.IsZero() && now.Sub(g.polled) < g.interval*9/10
	g.polled = now
	return soon
}

// deviceLogin is the page on which a person enters the code of a device. A form
// with code, user and decision (approve, decline) decides.
func (v *visit) deviceLogin() *answer {
	p := page{Title: "Sign in to your device", Code: v.r.FormValue("otc"), User: v.suggested(), Ask: true}
	if v.r.Method != http.MethodPost {
		return p.answer(http.StatusOK)
	}
	user, bad := v.person(v.form("user"))
	if bad != nil {
		return v.errorPage(bad)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, g := range v.devices {
		if !strings.EqualFold(g.userCode, strings.TrimSpace(v.form("code"))) || g.redeemed || time.Now().After(g.expires) {
			continue
		}
		if g.declined = v.form("decision") != "approve"; g.declined {
			return page{Title: "You have declined"}.answer(http.StatusOK)
		}
		g.session.user = user
		return page{Title: "You have signed in. You may close this window."}.answer(http.StatusOK)
	}
	return v.errorPage(&oauthError{"bad_verification_code", 70018, "That code didn't work. Check the code and try again."})
}
