package contact

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDomainKey(t *testing.T) {
	tests := []struct{ domain, want string }{
		{"Example.ORG", "example.org"},
		{"example.org.", "example.org"},
		{"xn--bcher-kva.example", "bücher.example"},
		{"XN--BCHER-KVA.Example", "bücher.example"},
		{"BÜCHER.example", "bücher.example"},
		{"mail.xn--strae-oqa.xn--p1ai", "mail.straße.рф"},
		// RFC 3492, 7.1 (A) and (L).
		{"xn--egbpdaj6bu4bxfgehfvwxn.eg", "ليهمابتكلموشعربي؟.eg"},
		{"xn--3b-ww4c5e180e575a65lsy2b.jp", "3年b組金八先生.jp"},
		{"例え。jp", "例え.jp"},
		{"example\uff0eorg", "example.org"},
		// No punycode: left as it is.
		{"xn--", "xn--"}, {"xn--a!b", "xn--a!b"}, {"xn--99999999", "xn--99999999"}, {"xn--bcher-", "bcher"},
	}
	for _, test := range tests {
		if got := domainKey(test.domain); got != test.want {
			t.Errorf("domainKey(%q) = %q, want %q", test.domain, got, test.want)
		}
	}
}

func FuzzDomainKey(f *testing.F) {
	for _, s := range []string{"xn--bcher-kva.example", "xn--99999999", "a.xn--egbpdaj6bu4bxfgehfvwxn", "xn--" + strings.Repeat("z", 63)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := domainKey(s); utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Errorf("domainKey(%q) is no text: %q", s, got)
		}
	})
}
