// Package csv reads and writes contacts as comma-separated tables, in the layouts
// ("dialects") of the programs that people export from: Outlook, Google Contacts,
// Thunderbird, and one of cardferry's own that loses nothing.
//
// Reading goes by the names in the first row, never by positions: the columns of
// Outlook (desktop in English and German, outlook.com), Google (before and since
// 2024, and its "Outlook CSV"), Thunderbird, Yahoo and others are known, whatever
// their order, and so is any table with recognisable names. A column that is not
// known is kept as [contact.Extra] of origin "csv". Separator (comma, semicolon,
// tab, bar), charset (UTF-8, UTF-16, windows-1252) and line ends are found by
// looking.
//
// Two things of such tables cannot be known for sure and are settled by rule: a
// date with slashes is month/day/year unless its first number is above 12, one
// with dots is day.month.year; and a year of two digits is 2000-2029 or 1930-1999.
//
// Writing returns a loss for every value that a dialect has no place for. Every row
// is read back in memory before it is written, so that none is missed.
package csv

import (
	"bytes"
	"fmt"
	"io"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// origin is the Origin of an Extra that stands for a column.
const origin = "csv"

// Options of the format.
type Options struct {
	// Dialect is the layout to write: outlook (when empty), google, thunderbird or
	// generic. Reading finds out by itself.
	Dialect string
}

// Dialects lists the layouts that can be written.
func Dialects() []string { return []string{"outlook", "google", "thunderbird", "generic"} }

// Format returns the format's row for a [formats.Table]. A dialect that does not
// exist shows as an error of the encoder's first call.
func Format(o Options) formats.Format {
	return formats.Format{
		Name:       "csv",
		Extensions: []string{".csv", ".tsv"},
		Sniff:      sniff,
		NewDecoder: NewDecoder,
		NewEncoder: func(w io.Writer) formats.Encoder {
			e, err := NewEncoder(w, o)
			if err != nil {
				return invalid{err}
			}
			return e
		},
	}
}

// invalid is the encoder of a dialect that does not exist.
type invalid struct{ err error }

func (e invalid) Encode(*contact.Contact) ([]contact.Loss, error) { return nil, e.err }
func (e invalid) Close() error                                    { return e.err }

func unknownDialect(name string) error {
	return fmt.Errorf("unknown csv dialect %q: known are %v", name, Dialects())
}

// sniff reports whether head begins with a row of names, most of them known.
func sniff(head []byte) bool {
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' {
		return false
	}
	r, err := decoded(bytes.NewReader(head))
	if err != nil {
		return false
	}
	f, err := openTable(r)
	if err != nil {
		return false
	}
	known := f.layout.known
	return known > 2 || known*2 >= len(f.layout.columns)
}
