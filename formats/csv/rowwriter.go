package csv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is what matters of a cell's bytes to whoever writes it, all of them together.
type class uint8

const (
	isSpecial  class = 1 << iota // a cell without quotes cannot hold it
	isReturn                     // it is a carriage return
	isNotASCII                   // it is of a rune of several bytes
)

var classes = func() (all [256]class) {
	all[','], all['"'], all['\n'], all['\r'] = isSpecial, isSpecial, isSpecial, isSpecial|isReturn
	for i := utf8.RuneSelf; i < len(all); i++ {
		all[i] = isNotASCII
	}
	return all
}()

func classOf(cell string) (all class) {
	for i := range len(cell) {
		all |= classes[cell[i]]
	}
	return all
}

// appendRow appends a row as RFC 4180 has it, with CR LF at its end and within its
// cells; with excel what a spreadsheet would run is guarded. It makes the cells what they
// will be once read.
func appendRow(b []byte, cells []string, excel bool) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if cell == "" {
			continue
		}
		all := classOf(cell)
		if all&(isReturn|isNotASCII) != 0 {
			cell = readable(cell, all)
			cells[i] = cell
		}
		if excel {
			cell = guarded(cell)
		}
		if all&isSpecial != 0 || beginsBlank(cell) {
			b = appendQuoted(b, cell)
		} else {
			b = append(b, cell...)
		}
	}
	return append(b, '\r', '\n')
}

// readable returns a cell of that class as it will be once read.
func readable(cell string, all class) string {
	if all&isReturn != 0 {
		cell = withoutReturns(cell)
	}
	if all&isNotASCII != 0 {
		cell = validText(cell)
	}
	return cell
}

// withoutReturns returns the cell with the line ends that it will have once read:
// a writer with CR LF keeps no others.
func withoutReturns(cell string) string {
	return strings.ReplaceAll(strings.ReplaceAll(cell, "\r\n", "\n"), "\r", "\n")
}

// beginsBlank reports whether a cell begins with a blank, which many readers would cut
// off where it stands outside quotes.
func beginsBlank(cell string) bool {
	if cell[0] < utf8.RuneSelf {
		return cell[0] <= ' ' && unicode.IsSpace(rune(cell[0]))
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
