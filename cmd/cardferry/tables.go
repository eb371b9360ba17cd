package main

import (
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/formats/csv"
	"github.com/cardferry/cardferry/internal/files"
)

// tableFlags say how tables (CSV) are read.
type tableFlags struct {
	charset, dateOrder, mapPath string
	explain                     bool
}

func (f *tableFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.charset, "charset", "", "`CHARSET` of CSV files, where looking does not tell: macintosh, windows-1250…")
	choice(c, &f.dateOrder, "date-order", "", []string{"dmy", "mdy"}, "order of dates such as 3/4/1980 in CSV files, where nothing shows it")
	c.Flags().StringVar(&f.mapPath, "map", "", "what the columns of CSV files mean: a `FILE` of lines such as \"Kontakt\" = \"E-mail Address\" (.toml), or of two columns (.csv)")
	c.Flags().BoolVar(&f.explain, "explain", false, "show what each column of CSV files became and why, as lines for --map")
}

// options completes the options of tables with what the flags say of reading.
func (f *tableFlags) options(o csv.Options, u *ui) (csv.Options, error) {
	if err := csv.ValidCharset(f.charset); err != nil {
		return o, usage("", "--charset: %w", err)
	}
	order, err := csv.ParseDateOrder(f.dateOrder)
	if err != nil {
		return o, usage("", "--date-order: %w", err)
	}
	o.Charset, o.Dates = f.charset, order
	if f.mapPath != "" {
		if o.Mapping, err = readMapping(f.mapPath); err != nil {
			return o, err
		}
	}
	o.Explain = u.warnOfColumns
	if f.explain {
		o.Explain = u.explain
	}
	return o, nil
}

// extraColumns returns the columns of a CSV file that are not understood, so that they can
// be written back. Of anything else, and of what cannot be read twice, there are none.
func extraColumns(r *files.Reader, path string, o csv.Options) []string {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	format, in := r.Format, io.Reader(file)
	if format == nil {
		if format, in, err = r.Table.Detect(file, path); err != nil {
			return nil
		}
	}
	if format == nil || format.Name != "csv" {
		return nil
	}
	return csv.ExtraColumns(in, o)
}

const mapHint = `write lines such as
  "Kontakt" = "E-mail Address"
  "Tel. Sommerhaus" = "phone: Sommerhaus"
  "column 4" = "name.nickname"
  "Shoe size" = "extra"
  "Internal" = "-"`

// maxMap bounds a map's file in bytes.
const maxMap = 1 << 20

// readMapping reads what columns mean from a file.
func readMapping(path string) (csv.Mapping, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m := csv.Mapping{}
	in := io.LimitReader(file, maxMap)
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".toml":
		_, err = toml.NewDecoder(in).Decode(&m)
	case ".csv":
		err = readMappingTable(in, m)
	default:
		return nil, usage("name it .toml or .csv", "--map %s: it is neither", path)
	}
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		return nil, usage(mapHint, "--map %s: %w", path, err)
	}
	return m, nil
}

// readMappingTable reads rows of two cells, a column and its meaning. A first row
// "column,meaning" is passed over.
func readMappingTable(in io.Reader, m csv.Mapping) error {
	r := stdcsv.NewReader(in)
	r.FieldsPerRecord = 2
	rows, err := r.ReadAll()
	if err != nil {
		return err
	}
	for i, row := range rows {
		if i == 0 && strings.EqualFold(row[0], "column") && strings.EqualFold(row[1], "meaning") {
			continue
		}
		m[row[0]] = row[1]
	}
	return nil
}

// explain prints how a table is read.
func (u *ui) explain(e csv.Explanation) {
	if u.json {
		u.object(columnsEvent{Type: "columns", Explanation: e})
		return
	}
	names := "no names"
	if e.NamesLine > 0 {
		names = fmt.Sprintf("names in line %d", e.NamesLine)
	}
	fmt.Fprintf(u.stderr, "# a table in %s, separator: %s, %s%s; its columns:\n", e.Charset, e.Separator, names, datesText(e))
	width := 0
	for _, c := range e.Columns {
		width = max(width, len(mapLine(c)))
	}
	for _, c := range e.Columns {
		becomes := c.Becomes
		if becomes == "" {
			becomes = "left out"
		}
		fmt.Fprintf(u.stderr, "%-*s # %s: %s\n", min(width, 60), mapLine(c), becomes, c.Why)
	}
	for _, name := range e.Unused {
		fmt.Fprintf(u.stderr, "# the map speaks of a column that the table does not have: %s\n", strconv.Quote(name))
	}
}

// warnOfColumns says what --explain would show, where it is likely to matter.
func (u *ui) warnOfColumns(e csv.Explanation) {
	if len(e.Unused) > 0 {
		u.note("--map: a table has no column %s; see what it has with --explain", strconv.Quote(e.Unused[0]))
	}
	named := slices.ContainsFunc(e.Columns, func(c csv.ColumnExplanation) bool {
		return strings.HasPrefix(c.Becomes, "name.") || strings.HasPrefix(c.Becomes, "organization.")
	})
	if !named {
		u.note("no column of a table is understood as a name; see what each became with --explain, and say it with --map")
	}
}

func datesText(e csv.Explanation) string {
	switch {
	case e.Dates == csv.DayFirst:
		return ", dates day/month/year"
	case e.Dates == csv.MonthFirst:
		return ", dates month/day/year"
	case e.DatesAsked:
		return ", nothing shows the order of dates (--date-order)"
	}
	return ""
}

// mapLine returns the line of a map that says the same of a column; a comment where none
// can.
func mapLine(c csv.ColumnExplanation) string {
	name := c.Name
	if name == "" {
		name = fmt.Sprintf("column %d", c.Number)
	}
	if c.Word == "" {
		return "# " + strconv.Quote(name)
	}
	return strconv.Quote(name) + " = " + strconv.Quote(c.Word)
}

// columnsEvent is what --json prints of a table.
type columnsEvent struct {
	Type string `json:"type"` // columns
	csv.Explanation
}
