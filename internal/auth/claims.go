package auth

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// claimsOf reports whether an answer 401 asks for a sign-in that meets conditions, and
// returns them as JSON, or "" where they cannot be read
// (https://learn.microsoft.com/entra/identity-platform/claims-challenge).
func claimsOf(h http.Header) (claims string, asked bool) {
	for _, value := range h.Values("WWW-Authenticate") {
		params := authParams(value)
		if params["error"] != "insufficient_claims" {
			continue
		}
		asked = true
		encoded := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(params["claims"]), "=")
		decoded, err := base64.RawStdEncoding.DecodeString(encoded)
		if err == nil && len(decoded) > 0 && decoded[0] == '{' && json.Valid(decoded) {
			return string(decoded), true
		}
	}
	return "", asked
}

// authParams reads the parameters of a challenge (RFC 9110, 11.2), whatever schemes
// they belong to: Microsoft's services send one challenge a line.
func authParams(challenge string) map[string]string {
	params := map[string]string{}
	for challenge != "" {
		var key, value string
		i := strings.IndexByte(challenge, '=')
		if i < 0 {
			break
		}
		key, challenge = challenge[:i], challenge[i+1:]
		key = key[strings.LastIndexAny(key, " \t,")+1:]
		if strings.HasPrefix(challenge, `"`) {
			value, challenge = quoted(challenge[1:])
		} else {
			value, challenge, _ = strings.Cut(challenge, ",")
		}
		params[strings.ToLower(key)] = strings.TrimSpace(value)
	}
	return params
}

// quoted reads a quoted-string whose first quote is gone, and returns what follows it.
func quoted(s string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
