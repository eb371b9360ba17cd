package csv

import (
	"io"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// An Explanation says how a table is read. It holds no value of the table.
type Explanation struct {
	Charset   string `json:"charset"`
	Separator string `json:"separator"` // "comma", "semicolon", "tab", "bar" or the character itself
	NamesLine int    `json:"namesLine"` // the line of the names; 0: the table has none
	// Dates is the order of its dates, where there are any that need one; zero with
	// DatesAsked means that nothing shows it.
	Dates      DateOrder           `json:"-"`
	DatesAsked bool                `json:"-"`
	Columns    []ColumnExplanation `json:"columns"`
	// Unused are the columns of the mapping that the table does not have.
	Unused []string `json:"unused,omitempty"`
}

// ColumnExplanation says what one column means, and why.
type ColumnExplanation struct {
	Number int    `json:"number"` // from 1
	Name   string `json:"name"`   // as the table has it, "" for none
	// Word is what a [Mapping] would say for the same: "First Name", "name.given", "extra",
	// "-". It is empty for columns that only their own name can mean.
	Word    string `json:"word,omitzero"`
	Becomes string `json:"becomes"` // the field and its type: "name.given", "phones (work)"; "" for none
	Why     string `json:"why"`
}

func (t *table) explanation() Explanation {
	l := t.layout
	e := Explanation{Charset: t.charset, Separator: separatorName(t.scanner.sep), NamesLine: t.line, Dates: l.order,
		DatesAsked: l.asked, Unused: l.mapping.unused(l.columns)}
	for i := range l.columns {
		col := &l.columns[i]
		x := ColumnExplanation{Number: i + 1, Name: col.name, Word: col.word, Becomes: l.becomes(i), Why: col.why}
		switch {
		case x.Word == "" && col.place != nil:
			x.Word = col.place.name
		case x.Word == "" && x.Becomes == "extra":
			x.Word = asExtra
		}
		e.Columns = append(e.Columns, x)
	}
	return e
}

// ExtraColumns returns the names of the columns of a table whose values are kept as Extra,
// and so can be written back as columns: what [Options].Columns takes. Of what is no table
// there are none.
func ExtraColumns(r io.Reader, o Options) []string {
	t, err := openTable(r, o)
	if err != nil {
		return nil
	}
	var names []string
	for i := range t.layout.columns {
		if name := t.layout.columns[i].name; name != "" && t.layout.becomes(i) == asExtra {
			names = append(names, name)
		}
	}
	return names
}

func separatorName(sep byte) string {
	switch sep {
	case ',':
		return "comma"
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	case '|':
		return "bar"
	}
	return string(rune(sep))
}

// becomes returns what a column means, found by reading a row that has a value in that
// column alone.
func (l *layout) becomes(i int) string {
	col := &l.columns[i]
	switch {
	case l.rest == i || l.stash == i:
		return "all that has no column"
	case col.group != nil && col.part == &col.group.label:
		return "the type of " + col.group.kind + " " + numberOf(col.group)
	case col.leftOut:
		return ""
	case !col.isKnown():
		return asExtra
	}
	for _, probe := range []string{"probe", "2001-02-03", "11", "2001-02-03T04:05:06Z", "true"} {
		cells := make([]string, i+1)
		cells[i] = probe
		var c contact.Contact
		l.read(&c, cells)
		if c.Extra = nil; c.Empty() && c.UID == "" && c.ID == "" && c.Key == "" && c.Folder == "" && c.Created.IsZero() && c.Modified.IsZero() {
			continue
		}
		return describe(&c)
	}
	return asExtra
}

func numberOf(g *group) string { return strings.TrimPrefix(numbered(g.number-1), "column ") }

// describe names the one field that c has, with its type.
func describe(c *contact.Contact) string {
	typ := ""
	switch {
	case len(c.Emails) > 0:
		typ = c.Emails[0].Type
	case len(c.Phones) > 0:
		typ = c.Phones[0].Type
	case len(c.Addresses) > 0:
		typ = c.Addresses[0].Type
	case len(c.Websites) > 0:
		typ = c.Websites[0].Type
	case len(c.IMs) > 0:
		typ = c.IMs[0].Type
	case len(c.Relations) > 0:
		typ = c.Relations[0].Type
	}
	for _, f := range contact.Fields() {
		if c.Has(f) && typ != "" {
			return string(f) + " (" + typ + ")"
		}
		if c.Has(f) {
			return string(f)
		}
	}
	return "bookkeeping"
}
