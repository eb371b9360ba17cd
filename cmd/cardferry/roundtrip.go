package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/files"
	"github.com/cardferry/cardferry/internal/roundtrip"
)

type roundtripCommand struct {
	*ui
	formatFlags
	via, from string
	stash     bool
	report    []string
}

func newRoundtrip(u *ui) *cobra.Command {
	x := &roundtripCommand{ui: u}
	c := &cobra.Command{
		Use:   "roundtrip FILE --via FORMAT",
		Short: "Show what of a file's contacts a format would keep",
		Long: `Roundtrip reads contacts from FILE (a file, a directory of files, or "-" for
stdin), writes them in another format to temporary files, reads these again, and
compares field by field. For every field that did not always come back it shows
on stdout how many contacts had it, of how many it came back as it was, of how
many not as the format's losses say, and of how many nobody had said so. FILE is
left alone.

The exit code is 0 when everything came back, and 8 when not. A difference that no
loss names is a fault of this program: the exit code is then 1.

` + exitCodesHelp,
		Example: `  cardferry roundtrip contacts.vcf --via csv --csv-dialect google
  cardferry roundtrip contacts.vcf --via vcard --vcard-version 2.1 -v
  cardferry roundtrip contacts.csv --via csv --csv-dialect outlook --stash`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args[0]) },
	}
	x.formatFlags.addVariants(c)
	x.tableFlags.add(c)
	choice(c, &x.via, "via", "", formatNames, "the format to go through")
	choice(c, &x.from, "from", "", formatNames, "format of FILE; by default its content or its extension tells")
	c.Flags().BoolVar(&x.stash, "stash", false, "go through it with --on-loss stash")
	c.Flags().StringArrayVar(&x.report, "report", nil, reportHelp)
	return c
}

func (x *roundtripCommand) run(ctx context.Context, path string) (err error) {
	if x.via == "" {
		return usage("for example --via csv", "--via must name a format")
	}
	if err := parseEnd(path).mustBePath("FILE"); err != nil {
		return err
	}
	from := formatFlags{format: x.from, tableFlags: x.tableFlags}
	reader, err := x.fileReader(&from)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); path != files.Stdio && err != nil {
		return err
	}
	x.tables.Columns, x.tables.Stash = extraColumns(reader, path, from.tables), x.stash
	format, err := x.table().ByName(x.via)
	if err != nil {
		return err
	}
	x.reads(path)
	defer x.closeReports()
	if err := x.openReports(x.report); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "cardferry-roundtrip-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r, err := roundtrip.Through(ctx, reader.Contacts(path), format, dir, x.result)
	s := summary{Read: r.Read, Unchanged: r.Whole, Updated: r.Differing, Failed: r.Failed, Unread: r.Unread,
		Losses: r.Losses.Total(), LossesByField: r.Losses.Rows()}
	if err != nil {
		return x.finish(s, "", false, err)
	}
	if !x.json {
		x.showFields(r)
	}
	switch {
	case r.Unnamed > 0:
		err = &fault{exitFailed, fmt.Errorf("%s did not come back, and no loss had named them", count(r.Unnamed, "value")),
			"this is a fault of cardferry: please report it, without the values"}
	case r.Differing > 0:
		err = &fault{exitDifferent, fmt.Errorf("%s did not come back as they were", count(r.Differing, "contact")),
			"-v names the fields of each; --stash shows what --on-loss stash would carry along"}
	}
	text := fmt.Sprintf("%s through %s and back: %d came back whole, %d differ", count(r.Read, "record"), x.via, r.Whole, r.Differing)
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d failed", r.Failed)
	}
	return x.finish(s, text, false, err)
}

func (x *roundtripCommand) result(r roundtrip.Result) {
	e := event{Type: "record", At: r.At.String(), Outcome: "differs", Fields: r.Differ, Unread: r.Unread, Losses: r.Losses}
	switch {
	case r.Err != nil:
		e.Outcome, e.Reason = "failed", r.Err.Error()
	case len(r.Unnamed) > 0:
		e.Reason = "not named by any loss: " + joinFields(r.Unnamed)
	case len(r.Differ) == 0:
		e.Outcome = "whole"
	}
	x.record(e, r.Err != nil || len(r.Unnamed) > 0)
}

// showFields prints a table of the fields that did not always come back; with --verbose,
// of all that were there.
func (x *roundtripCommand) showFields(r *roundtrip.Report) {
	header := false
	for _, f := range contact.Fields() {
		n := r.Fields[f]
		if n == nil || n.Kept == n.Had && !x.verbose {
			continue
		}
		if !header {
			fmt.Fprintf(x.stdout, "%-28s %9s %9s %9s %9s\n", "field", "contacts", "came back", "named", "not named")
			header = true
		}
		fmt.Fprintf(x.stdout, "%-28s %9d %9d %9d %9d\n", f, n.Had, n.Kept, n.Named, n.Unnamed)
	}
}
