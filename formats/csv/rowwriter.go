package csv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// special marks the bytes that a cell without quotes cannot hold.
var special = [256]bool{',': true, '"': true, '\n': true, '\r': true}

// appendRow appends a row as RFC 4180 has it, with CR LF at its end and within its
// cells; with excel what a spreadsheet would run is guarded.
func appendRow(b []byte, cells []string, excel bool) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if cell == "" {
			continue
		}
		if excel {
			cell = guarded(cell)
		}
		switch {
		case needsQuotes(cell):
			b = appendQuoted(b, cell)
		default:
			b = append(b, cell...)
		}
	}
	return append(b, '\r', '\n')
}

// needsQuotes reports whether a cell must stand in quotes: also one that begins with
// a blank, which many readers would cut off.
func needsQuotes(cell string) bool {
	for i := range len(cell) {
		if special[cell[i]] {
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(cell)
	return unicode.IsSpace(first)
}

func appendQuoted(b []byte, cell string) []byte {
	b = append(b, '"')
	for {
		i := strings.IndexAny(cell, "\"\n")
		if i < 0 {
			return append(append(b, cell...), '"')
		}
		b = append(b, cell[:i]...)
		if cell[i] == '"' {
			b = append(b, '"', '"')
		} else {
			b = append(b, '\r', '\n')
		}
		cell = cell[i+1:]
	}
}
