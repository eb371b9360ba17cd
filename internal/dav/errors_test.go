package dav

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestReason: a service's words are repeated, and nobody's name, number or address.
func TestReason(t *testing.T) {
	everything := make([]byte, 1<<16) // in whose base64 all short words are
	for i := range everything {
		everything[i] = byte(i * i >> 3)
	}
	photo := base64.StdEncoding.EncodeToString(everything) + "ofNobynottoomax12userQuota"
	var folded strings.Builder
	for ; len(photo) > 70; photo = photo[70:] {
		folded.WriteString(photo[:70] + "\r\n ")
	}
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:su-1234\r\nFN:Desmond O'Neil\r\nN:O'Neil;Desmond;;;\r\nEMAIL:des@mond.org\r\n" +
		"TEL:+49 30 123\r\nNOTE:a very lo\r\n ng secret\r\nPHOTO;ENCODING=b;TYPE=JPEG:" + folded.String() + photo +
		"\r\nX-CARDFERRY-STASH:policyPolicypolicy\r\nEND:VCARD\r\n"
	for message, want := range map[string]string{
		"Quota of user exceeded":                  "Quota of user exceeded",
		"No Desmond allowed here by policy 12":    "No … allowed here by policy 12",
		"contact DESMOND's card: des@mond.org":    "contact … card: …",
		"the number +49 30 123 is too long":       "the number … is too …",
		"UID su-1234 is in use, uid=su-1234":      "UID … is in use, …",
		"secrets are secret":                      "secrets are …",
		"Desmond O'Neil":                          "",
		"broken\x00word":                          "",
		"Limit 102400 bytes, VERSION:3.0 is fine": "Limit 102400 bytes, VERSION:3.0 is fine",
	} {
		if got := reason(message, []byte(card)); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
