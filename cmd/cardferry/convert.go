package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/files"
)

type convertCommand struct {
	*ui
	runFlags
	formatFlags
	from, split string
}

func newConvert(u *ui) *cobra.Command {
	x := &convertCommand{ui: u}
	c := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Convert a file of contacts to another format, offline",
		Long: `Convert reads contacts from IN (a file, a directory of files, or "-" for stdin)
and writes them to OUT (a file, "-" for stdout, or with --split a directory).
Formats are found by extension and content; --from and --format name them.

A record that cannot be read is named with its position, and the others go
through. What the new format cannot keep is counted, and named with -v.

` + onLossHelp + "\n" + exitCodesHelp,
		Example: `  cardferry convert contacts.vcf contacts.jsonl
  cardferry convert google.csv outlook.csv --csv-dialect outlook
  cardferry convert people.csv people.vcf --explain --map columns.toml
  cardferry convert old-cards/ all.vcf --vcard-version 4.0`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args) },
	}
	x.runFlags.add(c)
	x.formatFlags.add(c, "OUT", true)
	x.tableFlags.add(c)
	choice(c, &x.from, "from", "", formatNames, "format of IN; by default its content or its extension tells")
	choice(c, &x.split, "split", "", []string{string(files.ByContact), string(files.ByFolder)}, "write a directory of files, one per contact or per folder")
	return c
}

func (x *convertCommand) run(ctx context.Context, args []string) error {
	in, out := parseEnd(args[0]), parseEnd(args[1])
	x.dataGoesTo(out.path)
	if err := in.mustBePath("IN"); err != nil {
		return err
	}
	if err := out.mustBePath("OUT"); err != nil {
		return err
	}
	x.reads(in.path)
	if err := x.writes("OUT", out.path); err != nil {
		return err
	}
	from := formatFlags{format: x.from, tableFlags: x.tableFlags}
	reader, err := x.fileReader(&from)
	if err != nil {
		return err
	}
	if _, err := os.Stat(in.path); in.path != files.Stdio && err != nil {
		return err
	}
	x.tables.Columns = extraColumns(reader, in.path, from.tables)
	w := writing{ui: x.ui, runFlags: x.runFlags, formatFlags: x.formatFlags, split: files.Split(x.split), from: in.path, verb: "converted"}
	return w.write(ctx, readAhead(x.withPhotos(ctx, reader.Contacts(in.path))), out.path)
}

// fileReader returns a reader of files in the format that the flags name, or any.
func (u *ui) fileReader(f *formatFlags) (*files.Reader, error) {
	var err error
	if f.tables, err = f.tableFlags.options(f.tables, u); err != nil {
		return nil, err
	}
	format, err := f.forReading()
	if err != nil {
		return nil, err
	}
	return newFileReader(u, f.table(), format), nil
}

func newFileReader(u *ui, table formats.Table, format *formats.Format) *files.Reader {
	return &files.Reader{Table: table, Format: format, Stdin: u.stdin, Passed: func(path, why string) {
		u.note("%s: passed over: %s", path, why)
	}}
}
