package contact

import "testing"

func TestTidyTextIsLeftAlone(t *testing.T) {
	pieces := []string{"", "a", "Jörg", "日本", "🐕", " ", "\u00a0", "\u3000", "\u0085", "\ufeff", "\n", "\t", "\r", "\x7f", "\x00", "\xff", "\xc3", "12345678"}
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				if s := a + b + c; IsTidy(s) && cleanText(s) != s {
					t.Errorf("%q is tidy, but %q when it is cleaned", s, cleanText(s))
				}
			}
		}
	}
	if !IsTidy("Jörg 日本 🐕") {
		t.Error("printable text is not tidy")
	}
}
