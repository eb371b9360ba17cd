package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestShorten(t *testing.T) {
	tests := []struct {
		text    string
		columns int
		want    string
	}{
		{"import people.vcf", 17, "import people.vcf"}, {"import people.vcf", 16, "import people.v…"}, {"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"ab", 1, "…"}, {"ab", 0, ""}, {"ab", -3, ""}, {"", 0, ""},
	}
	for _, test := range tests {
		if got := shorten(test.text, test.columns); got != test.want {
			t.Errorf("%q in %d columns: got %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

// TestNarrowBars: what a bar draws stays on its line, however narrow the terminal is.
func TestNarrowBars(t *testing.T) {
	for columns := leastColumns; columns < 100; columns++ {
		for _, total := range []int{0, 12_345} {
			var out bytes.Buffer
			b := &bar{out: &out, columns: columns}
			for _, done := range []int{0, 1, 6_000, 12_345} {
				b.set("contacts exported", done, total)
				b.draw()
			}
			for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
				if utf8.RuneCountInString(line) > columns {
					t.Errorf("%d columns: %q", columns, line)
				}
			}
			if columns == 100-1 && !strings.Contains(out.String(), "contacts exported") {
				t.Errorf("drew %q", out.String())
			}
		}
	}
}
