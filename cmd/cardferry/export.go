package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/files"
)

type exportCommand struct {
	*ui
	runFlags
	formatFlags
	folder, split string
	incremental   bool
}

func newExport(u *ui) *cobra.Command {
	x := &exportCommand{ui: u}
	c := &cobra.Command{
		Use:   "export SOURCE [DEST]",
		Short: "Write an account's contacts to a file, a directory or stdout",
		Long: `Export writes the contacts of an account, all folders of it or one, to DEST: a
file, "-" for stdout (the default), or with --split a directory. The format is
that of DEST's extension, else --format, else vCard.

A file takes its name only when it is complete: until then the old one stands.
vCards hold their photos; for the other formats photos go to a directory
"photos" beside the file.

` + incrementalHelp + "\n" + onLossHelp + "\n" + exitCodesHelp,
		Example: `  cardferry export sandbox: contacts.vcf
  cardferry export work:Customers/EMEA --format csv --csv-dialect google
  cardferry export work: backup/ --split contact --vcard-version 4.0
  cardferry export work: backup.jsonl --incremental
  cardferry export work: phone.vcf --for android`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args) },
	}
	x.runFlags.add(c)
	x.formatFlags.add(c, "DEST", true)
	c.Flags().StringVar(&x.folder, "folder", "", "the one `FOLDER` to export; same as SOURCE:FOLDER")
	c.Flags().BoolVar(&x.incremental, "incremental", false, "ask only for what has changed since the last run with it")
	choice(c, &x.split, "split", "", []string{string(files.ByContact), string(files.ByFolder)}, "write a directory of files, one per contact or per folder")
	return c
}

func (x *exportCommand) run(ctx context.Context, args []string) error {
	to := end{path: files.Stdio}
	if len(args) > 1 {
		to = parseEnd(args[1])
	}
	x.dataGoesTo(to.path)
	from, err := parseEnd(args[0]).inFolder(x.folder)
	if err == nil {
		err = from.mustBeAccount("SOURCE")
	}
	if err != nil {
		return err
	}
	if err := to.mustBePath("DEST"); err != nil {
		return err
	}
	if err := x.writes("DEST", to.path); err != nil {
		return err
	}
	return x.session(func(s *session) error {
		src, err := s.source(from)
		if err != nil {
			return err
		}
		w := writing{ui: x.ui, runFlags: x.runFlags, formatFlags: x.formatFlags, split: files.Split(x.split), from: from.text, verb: "exported"}
		if !x.incremental {
			x.noteUnseen(src.account)
			return w.write(ctx, x.withPhotos(ctx, src.contacts(ctx, x.photos)), to.path)
		}
		if w.state, err = x.openState(s, from, to); err != nil {
			return err
		}
		defer w.state.Close()
		if w.state.Before() == 0 { // later runs need not say it again
			x.noteUnseen(src.account)
		}
		return w.write(ctx, x.withPhotos(ctx, src.changed(ctx, w.state, x.photos)), to.path)
	})
}

// noteUnseen says what an account may hold and does not show.
func (u *ui) noteUnseen(a *account) {
	if text := a.unseen(); text != "" {
		u.note("%s: %s", a.name, text)
	}
}

// exportMemory is what the Go runtime is asked to stay below while contacts only pass
// through, whatever their number: with the program itself that is less than 64 MiB.
const exportMemory = 44 << 20

// writing carries a sequence of contacts to a path: the common part of export and
// convert.
type writing struct {
	*ui
	runFlags
	formatFlags
	split      files.Split
	from, verb string
	written    *formats.Format // set when the output is opened
	state      *exporter.State // of an incremental export; nil otherwise
}

func (w *writing) write(ctx context.Context, contacts iter.Seq2[*contact.Contact, error], path string) (err error) {
	if w.getenv("GOMEMLIMIT") == "" && w.getenv("GOGC") == "" {
		debug.SetMemoryLimit(exportMemory)
		debug.SetGCPercent(-1) // the limit alone says when to collect
	}
	defer w.closeReports()
	if err := w.openReports(w.runFlags.report); err != nil {
		return err
	}
	w.formatFlags.tables.Stash, w.formatFlags.tables.OneFolder = w.onLoss == "stash", w.split == files.ByFolder
	out, err := w.open(path)
	if err != nil {
		return err
	}
	defer out.Abort()
	w.showProgress()
	r, err := exporter.Export(ctx, contacts, w.fitting(out.Encode), exporter.Observer{
		Record: w.exported,
		Progress: func(n int) {
			w.progress("contacts "+w.verb, n, 0)
		},
	})
	if err == nil && r.Written == 0 && !w.yes {
		err = w.guardEmpty(path)
	}
	if err == nil && w.onLoss == "fail" {
		err = w.refuseLosses(&r.Losses, path)
	}
	if err == nil {
		err = out.Commit()
	}
	if err == nil && w.state != nil {
		err = w.state.Commit() // after the output: an older state makes the same one again
	}
	s := summary{From: w.from, To: place(path), Read: r.Read, Created: r.Written, Failed: r.Failed, Photos: r.Photos, Unread: r.Unread, Losses: r.Losses.Total(), LossesByField: r.Losses.Rows()}
	text := ""
	if err == nil {
		text = fmt.Sprintf("%s %s%s to %s", w.verb, count(r.Written, "contact"), withCount(r.Photos, "photo"), place(path))
		if r.Failed > 0 {
			text += fmt.Sprintf("; %s failed", count(r.Failed, "record"))
		}
		if w.state != nil {
			since := w.state.Since()
			s.Since, text = &since, text+sinceLast(since)
		}
	}
	if err == nil {
		w.oneCardNote(path, r.Written)
	}
	return w.finish(s, text, w.strict, err)
}

func (w *writing) open(path string) (files.Output, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() && w.split == "" {
		return nil, usage("add --split contact or --split folder, or name a file", "%s is a directory", path)
	}
	format, err := w.forWriting(path, path == files.Stdio || w.split != "")
	if err != nil {
		return nil, err
	}
	w.written = format
	switch {
	case w.split != "" && path == files.Stdio:
		return nil, usage("name a directory", "--split cannot go to stdout")
	case w.split != "":
		return files.CreateDir(path, format, w.split)
	case path == files.Stdio:
		return files.ToStream(w.stdout, format), nil
	}
	return files.CreateFile(path, format)
}

func (w *writing) exported(r exporter.Result) {
	if r.Err == nil && len(r.Unread) == 0 && !w.verbose && !w.json && len(w.reports) == 0 {
		return // losses alone are counted, and nobody wants to see each
	}
	e := event{Type: "record", At: r.At.String(), pos: r.At, ID: r.ID, Unread: r.Unread, Losses: r.Losses, Outcome: "written"}
	if r.Err != nil {
		e.Outcome, e.Reason, e.failed = "failed", r.Err.Error(), true
	}
	w.record(e, r.Err != nil)
}

// guardEmpty refuses to put nothing in the place of something: an account that
// suddenly shows no contacts is more often a fault than the truth.
func (w *writing) guardEmpty(path string) error {
	if w.state != nil && w.state.Before() > 0 {
		return &fault{exitRefused, fmt.Errorf("there are no contacts, and the last run found %d: %s stays as it is", w.state.Before(), path), "add --yes if that is right"}
	}
	info, err := os.Stat(path)
	switch {
	case path == files.Stdio, errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir() && info.Size() == 0:
		return nil
	case err == nil && info.IsDir() && !files.Exported(path): // what else is there stays
		return nil
	}
	return &fault{exitRefused, fmt.Errorf("there are no contacts to write, and %s exists: it stays as it is", path), "add --yes if that is right"}
}

// refuseLosses is the error of a run that must not lose anything and would.
func (w *writing) refuseLosses(l *contact.Ledger, path string) error {
	n := l.Total() - l.Count(contact.Stashed)
	if n == 0 {
		return nil
	}
	var fields []contact.Field
	for _, row := range l.Rows() {
		if row.Kind != contact.Stashed && !slices.Contains(fields, row.Field) {
			fields = append(fields, row.Field)
		}
	}
	stands := place(path) + " is not written"
	if path == files.Stdio {
		stands = "what went to stdout is not to be used"
	}
	return &fault{exitIncomplete, fmt.Errorf("%s would be lost (%s), and --on-loss fail was given: %s", count(n, "value"), joinFields(fields), stands),
		w.keepHint(slices.Contains(fields, "photo"), path == files.Stdio)}
}

// keepHint says what would keep what another format does not.
func (w *writing) keepHint(photos, stream bool) string {
	var names []string
	for _, f := range w.table() {
		whole := f.Name != "csv" && f.Name != "outlook-json" && f.Name != w.written.Name
		if whole && (f.EmbedsPhotos || !photos || !stream) {
			names = append(names, f.Name)
		}
	}
	last := len(names) - 1
	hint := "--format " + strings.Join(names[:last], ", ") + " or " + names[last] + " keeps everything"
	if photos { // nothing hides these
		return hint
	}
	return "--on-loss stash carries them along; " + hint
}

func place(path string) string {
	if path == files.Stdio {
		return "stdout"
	}
	return path
}

// count returns "1 contact", "2 contacts".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func withCount(n int, what string) string {
	if n == 0 {
		return ""
	}
	return " with " + count(n, what)
}
