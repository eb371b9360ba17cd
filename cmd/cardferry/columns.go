package main

import (
	"io"
	"os"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// columns returns the width of the terminal that w is, 0 if it is none.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// shorten returns text cut to so many columns, with a mark where something is missing.
func shorten(text string, columns int) string {
	const mark = "…"
	used, end := 0, 0 // end: where the text is cut if it is too long
	for i, r := range text {
		if used+1 <= columns {
			end = i
		}
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			used++
		}
		if used++; used > columns {
			if columns < 1 {
				return ""
			}
			return text[:end] + mark
		}
	}
	return text
}
