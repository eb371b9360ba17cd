// Package csv reads and writes contacts as comma-separated tables, in the layouts
// ("dialects") of the programs that people export from: Outlook, Google Contacts,
// Thunderbird, and one of cardferry's own that loses nothing.
//
// Reading goes by the names in the first row, never by positions: the columns of
// Outlook (desktop in English and German, outlook.com), Google (before and since
// 2024, and its "Outlook CSV"), Thunderbird, Yahoo and others are known, whatever
// their order. Any other name is understood by its words ("E-Mail (dienstlich)"), else
// by what stands below it, and so is a table without names: addresses, web pages and
// phone numbers look like nothing else. A column that is not understood is kept as
// [contact.Extra] of origin "csv" and can be written back ([Options].Columns). What
// became of each column, and why, is an [Explanation]; a [Mapping] overrules it.
//
// Separator (comma, semicolon, tab, bar), charset (UTF-8, UTF-16, windows-1252; others
// must be told) and line ends are found by looking. So is the order of day and month:
// dates with slashes or hyphens are day/month/year or month/day/year as the first of
// them shows that leaves no choice (4 MiB of the table are looked at), and where none
// does, month/day/year, and each date that could be another one is named in the Unread
// of its contact. One with dots is day.month.year; a year of two digits is 2000-2029 or
// 1930-1999.
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

// Options of the format. The zero value reads any table, and writes Outlook's.
type Options struct {
	// Dialect is the layout to write, one of [Dialects]; outlook when empty. Reading
	// finds out by itself.
	Dialect string
	// Columns are the names of further columns to write, for Extra of origin "csv" of
	// those names: what [ExtraColumns] returns of a table that is read.
	Columns []string
	// Excel writes for spreadsheets: with a byte order mark, and with an apostrophe before
	// every cell that they would run as a formula. It breaks phone numbers ("+49…") for
	// other importers. A column without values, "cardferry-apostrophes", tells readers of
	// ours to take them off again.
	Excel bool
	// OneFolder says that the contacts of a table are all of the folder that its name
	// tells: that no column says so is no loss.
	OneFolder bool
	// Stash adds a column of ours that holds what the layout has no place for, and from
	// which reading restores it.
	Stash bool

	// Charset is the name of the table's charset, such as "macintosh"; empty means to look.
	Charset string
	// Dates is the order of day and month; zero means to look.
	Dates DateOrder
	// Mapping overrules what names and contents say of columns.
	Mapping Mapping
	// Explain, where set, is told once for each table what its columns mean.
	Explain func(Explanation)
}

// Dialects lists the layouts that can be written.
func Dialects() []string {
	return []string{"outlook", "outlook-com", "google", "google-old", "thunderbird", "generic"}
}

// Format returns the format's row for a [formats.Table]. A dialect that does not
// exist shows as an error of the encoder's first call.
func Format(o Options) formats.Format {
	return formats.Format{
		Name:       "csv",
		Extensions: []string{".csv", ".tsv"},
		Sniff:      sniff,
		NewDecoder: func(r io.Reader) formats.Decoder { return NewDecoder(r, o) },
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
	r, _, err := decoded(bytes.NewReader(head), "")
	if err != nil {
		return false
	}
	t, header, err := readHeader(r)
	if err != nil {
		return false
	}
	known := newLayout(header, nil).known
	return known > 2 || known*2 >= t.scanner.width
}
