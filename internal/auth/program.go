package auth

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// byProgram signs a program in, by its secret or its key: the client credentials grant
// (RFC 6749, 4.4;
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow).
// It brings no refresh token: the next one is asked for in the same way.
func (s *Signer) byProgram(ctx context.Context) (tokens, error) {
	c := s.config
	return patiently(ctx, func() (tokens, error) {
		proof := url.Values{}
		if s.key == nil {
			proof.Set("client_secret", c.Secret)
		} else {
			assertion, err := s.key.assertion(c.ClientID, c.endpoints().TokenURL, time.Now())
			if err != nil {
				return tokens{}, &SignInError{Account: c.Account, Text: err.Error(), Hint: c.hint(checkClient)}
			}
			proof.Set("client_assertion_type", assertionType)
			proof.Set("client_assertion", assertion)
		}
		return s.platform.grant(ctx, "client_credentials", c.scopes(), proof)
	})
}

// ready returns a token that comes from elsewhere, if it is another than the one that
// the service rejected.
func (s *Signer) ready(rejected string) (tokens, error) {
	text, err := s.config.Token()
	if err != nil {
		return tokens{}, &SignInError{Account: s.config.Account, Text: "no token", Hint: "check the token of the account " + s.config.Account, err: err}
	}
	token := strings.TrimSpace(text)
	wrong := ""
	switch token {
	case "":
		wrong = "the token is empty"
	case rejected:
		wrong = "the service does not accept the token"
	default:
		return tokens{access: token, at: time.Now().Round(0)}, nil
	}
	return tokens{}, &SignInError{Account: s.config.Account, Text: wrong, Hint: "set a fresh token for the account " + s.config.Account}
}
