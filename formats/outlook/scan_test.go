package outlook

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// accepts reports whether the scanner reads text as one value and nothing else.
func accepts(text string) bool {
	s := scanner{data: []byte(text)}
	s.value()
	return s.peek() == 0 && s.err == nil && s.pos == len(text)
}

func TestScanner(t *testing.T) {
	valid := []string{`null`, ` true `, `false`, `0`, `-0.5e+10`, `12E3`, `""`, `"a\"\\\/\b\f\n\r\t\u00eF"`, "\"\xff\x7f\"", `"\ud800"`,
		`[]`, `[ 1 , [ ] , {} ]`, `{"a":1,"a":{"b":[null]}}`, strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)}
	for _, text := range valid {
		if !accepts(text) {
			t.Errorf("%.40s is refused", text)
		}
	}
	invalid := []string{``, `nul`, `nulL`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `"`, `"\`, `"\x"`, `"\u12g4"`, "\"\n\"", "\"\x00\"", `[`, `[1`, `[1,`, `[,1]`, `[1,]`, `[1 2]`, `[}`,
		`{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{a:1}`, `{1:2}`, `{"a":1]`, `1 2`, "\x00", strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)}
	for _, text := range invalid {
		if accepts(text) {
			t.Errorf("%.40s is accepted", text)
		}
	}
}

// FuzzScanner compares the scanner with another reader of JSON.
func FuzzScanner(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e3,"x\u00e9\n"],"b":{"c":null}}`, `[true,false,""]`, `"\xff"`, `{"a":1,}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
		if got := accepts(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	})
}

func TestPlainPrefix(t *testing.T) {
	for b := range 256 {
		plain := b >= ' ' && b < 0x7f && b != '"' && b != '\\'
		for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 21} {
			text := strings.Repeat("x", n) + string([]byte{byte(b)}) + "yyyyyyyyyy"
			want := n
			if plain {
				want = len(text)
			}
			if got := plainPrefix(text); got != want {
				t.Errorf("byte %#x behind %d: %d, want %d", b, n, got, want)
			}
		}
	}
}
