package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/planfile"
	"github.com/cardferry/cardferry/internal/files"
)

const onDuplicateHelp = `A record is recognised in the account by the key that an earlier run stored with
it, else by an email address, else by its UID; one without an address also by its
whole name and a phone number (--region tells one number written two ways).
--on-duplicate says what happens to one that is there already:
  fill     add what the account's contact lacks; overwrite nothing
  update   let the record's values stand; unite the lists
  replace  make the account's contact what the record is
  skip     leave it as it is
  create   add a second contact
A record that matches several contacts, or one under another name, is listed for
review and nothing is written for it. --review FILE.csv writes these to a table;
fill in its first column and hand it back with --decisions FILE.csv. Nothing is
ever deleted.
`

type importCommand struct {
	*ui
	runFlags
	importFlags
	formatFlags
	folder string
}

func newImport(u *ui) *cobra.Command {
	x := &importCommand{ui: u}
	c := &cobra.Command{
		Use:   "import FILE... SINK",
		Short: "Bring files of contacts into an account",
		Long: `Import brings the contacts of files (or of directories of files, or of "-" for
stdin) into an account. It first reads the whole account, finds out which records
are there already, writes the rest, and then the photos.

` + onDuplicateHelp + "\n" + onLossHelp + "\n" + exitCodesHelp,
		Example: `  cardferry import contacts.vcf work: --dry-run
  cardferry import *.vcf more.csv work:
  cardferry import old.jsonl work:Archive --on-duplicate skip`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args) },
	}
	x.runFlags.add(c)
	x.importFlags.add(c)
	x.formatFlags.add(c, "the files", false)
	c.Flags().StringVar(&x.folder, "folder", "", "the `FOLDER` to import into; same as SINK:FOLDER")
	return c
}

func (x *importCommand) run(ctx context.Context, args []string) error {
	paths := args[:len(args)-1]
	to, err := parseEnd(args[len(args)-1]).inFolder(x.folder)
	if err == nil {
		err = to.mustBeAccount("SINK")
	}
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := parseEnd(path).mustBePath("FILE"); err != nil {
			return err
		}
		if path == files.Stdio {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return err
		}
	}
	x.reads(paths...)
	reader, err := x.fileReader(&x.formatFlags)
	if err != nil {
		return err
	}
	return x.session(func(s *session) error {
		b := bringing{ui: x.ui, runFlags: x.runFlags, importFlags: x.importFlags, what: strings.Join(paths, ", "), verb: "imported", same: same("import", paths, to)}
		left, err := openLeftovers(x.ui, &x.importFlags, reader)
		if err != nil {
			return err
		}
		defer left.close()
		return b.bring(ctx, s, x.withPhotos(ctx, reader.Contacts(paths...)), to, left)
	})
}

// importMemory is what the Go runtime is asked to stay below. The index of 100,000
// contacts and as many records takes about half of it.
const importMemory = 128 << 20

func (e *env) limitMemory() {
	if e.getenv("GOMEMLIMIT") == "" && e.getenv("GOGC") == "" {
		debug.SetMemoryLimit(importMemory)
	}
}

// bringing carries a sequence of contacts into an account: the common part of
// import and migrate.
type bringing struct {
	*ui
	runFlags
	importFlags
	what, verb string
	same       string // of the journal
	left       *leftovers

	applied *planfile.Reader    // the plan that is carried out, for apply
	decided []importer.Decision // in it
	saved   *planOutput         // of --plan
	lines   []string            // what a dry run says of each record
}

func (b *bringing) bring(ctx context.Context, s *session, contacts iter.Seq2[*contact.Contact, error], to end, left *leftovers) (err error) {
	b.limitMemory()
	b.dryRun = b.dryRun || b.plan != ""
	if b.dryRun && b.verify {
		return usage("leave one of the two out", "--verify has nothing to read back when nothing is written")
	}
	if b.journal == noJournal && b.verify {
		return usage("leave one of the two out", "--verify reads back what the journal says")
	}
	o, err := b.options(to, b.photos)
	if err != nil {
		return err
	}
	o.RefuseLosses = b.onLoss == "fail"
	o.Decisions = append(o.Decisions, b.decided...)
	defer b.closeReports()
	if err := b.openReports(b.runFlags.report); err != nil {
		return err
	}
	t, err := s.target(to, b.dryRun)
	if err != nil {
		return err
	}
	if t.account.dav != nil {
		o.Concurrency = cmp.Or(o.Concurrency, t.account.dav.preset.Concurrency, davConcurrency)
	}
	if err := t.guard(ctx, b.yes); err != nil {
		return err
	}
	b.photoOf, b.left = t.photoOf(ctx), left
	if left.rejects != nil {
		contacts = left.rejects.Watch(contacts)
	}
	if o.Expect, err = b.expect(t); err != nil {
		return err
	}
	if b.saved, err = b.openPlan(t, o); err != nil {
		return err
	}
	defer b.saved.abort()
	contacts = b.saved.watch(contacts)
	if !b.dryRun && b.journal != noJournal {
		if o.Journal, err = s.openJournal(t.account, b.journal, b.same); err != nil {
			return err
		}
	}
	o.Settle = t.account.settle
	photos := &photosAhead{}
	contacts = photos.counted(contacts)
	b.showProgress()
	b.estimateBy(s.pacers[to.account], photos)
	b.collectOften()
	r, err := importer.Import(ctx, contacts, t, t.sink, o, importer.Observer{
		Record: b.imported, Unrecognised: b.unrecognised, Photo: b.photo, Progress: b.progress,
	})
	if err == nil {
		err = o.Journal.Finish(time.Now())
	} else {
		o.Journal.Stop() // what it cannot write Close says
	}
	back := &importer.ReadBackReport{}
	if err == nil && b.verify {
		back, err = importer.ReadBack(ctx, o.Journal, t, t.sink, importer.ReadBackOptions{Concurrency: o.Concurrency}, b.differs, b.progress)
	}
	if errors.Is(err, importer.ErrAccountChanged) {
		err = b.changedSince(s)
	}
	if err == nil {
		err = b.saved.finish(r.State)
	}
	for _, d := range r.Undecided {
		b.record(event{Type: "decision", At: d.Where, Outcome: "not carried out", Reason: "the input has no such record"}, true)
	}
	rejected, lerr := left.finish()
	if lerr != nil && err == nil {
		err = lerr
	}
	sum := summary{
		Command: b.command, From: b.what, To: to.text, DryRun: b.dryRun, Read: r.Read, Created: r.Created, Updated: r.Updated, Unchanged: r.Unchanged, United: r.United,
		Skipped: r.Skipped, Review: r.Review, Failed: r.Failed, Photos: r.Photos, PhotosFailed: r.PhotosFailed,
		Losses: r.Losses.Total(), LossesByField: r.Losses.Rows(), Unread: r.Unread, Kept: r.Kept, Existing: r.Existing, Unrecognised: r.Unrecognised, NotReached: r.NotReached, PhotosNotReached: r.PhotosNotReached,
		Undecided: len(r.Undecided), ReviewFile: b.review, Rejects: rejected,
	}
	if b.verify && err == nil {
		sum.Verified = &verified{back.Contacts, back.Photos, back.Different}
	}
	if !b.dryRun && err == nil {
		sum.Again = &again{r.Again.Create, r.Again.Update}
	}
	if o.Journal.Written() {
		sum.Run = b.runName(o.Journal)
	}
	if err != nil {
		sum.Error = err.Error()
	}
	err = b.finish(sum, b.summaryText(r, to, err), b.strict, err)
	if text := waited(s.pacers[to.account]); text != "" {
		b.note("%s", text)
	}
	b.printPlan()
	if b.saved != nil && b.saved.saved {
		b.note("to carry it out: %s", shellLine([]string{"apply", b.plan}))
	}
	for _, next := range leftSteps(sum, b.env.args) {
		b.note("  %s: %s", next.Text, next.Command)
	}
	return err
}

func (b *bringing) imported(r importer.Result) {
	e := event{Type: "record", At: r.At.String(), pos: r.At, Outcome: string(r.Outcome), Reason: r.Reason, ID: r.ID, Fields: r.Fields, Kept: r.Kept, Unread: r.Unread, Losses: r.Losses}
	e.failed, e.who, e.review = r.Outcome == importer.Failed, r.Record, r.Review
	if r.Err != nil {
		e.Reason = strings.TrimPrefix(e.Reason+": "+r.Err.Error(), ": ")
	}
	if r.Review != nil {
		e.Case = r.Review.ID
		for _, c := range r.Review.Candidates {
			e.Candidates = append(e.Candidates, candidate{c.Contact.ID, c.Differs})
		}
	}
	b.left.add(r, e)
	b.saved.add(e)
	if b.dryRun && !b.quiet && !b.json {
		b.lines = append(b.lines, planLine(e))
		b.record(e, false)
		return
	}
	b.record(e, r.Outcome == importer.Failed && !errors.Is(r.Err, importer.ErrNotReached) || r.Outcome == importer.Review)
}

// unrecognised names a contact of the account that cannot be read.
func (b *bringing) unrecognised(e *formats.RecordError) {
	b.record(event{Type: "contact", At: e.At.String(), pos: e.At, Outcome: "left alone", Reason: "it cannot be read, so no record is recognised in it: " + e.Err.Error(), failed: true}, true)
}

// differs says what is not as it was written.
func (b *bringing) differs(d importer.Difference) {
	e := event{Type: "verify", At: d.At, ID: d.ID, Outcome: "not there", failed: true}
	if !d.Gone {
		e.Outcome, e.Fields = "different", d.Fields
		e.Reason = "it is not as it was written: " + joinFields(d.Fields)
	}
	b.record(e, true)
}

// planLine says what would become of a record.
func planLine(e event) string {
	line := e.At + ": " + e.Outcome
	if len(e.Fields) > 0 {
		line += " (" + joinFields(e.Fields) + ")"
	}
	if e.Reason != "" {
		line += ": " + e.Reason
	}
	return strings.TrimPrefix(line, ": ")
}

// printPlan prints what a dry run found out, after the counts: it is what was asked for.
func (b *bringing) printPlan() {
	out := bufio.NewWriter(b.stdout)
	defer out.Flush()
	for _, line := range b.lines {
		fmt.Fprintln(out, line)
	}
}

func (b *bringing) photo(r importer.PhotoResult) {
	e := event{Type: "photo", At: r.At.String(), pos: r.At, ID: r.ID, Outcome: "converted"}
	if r.Kept {
		e.Outcome, e.Kept = "photo kept", []contact.Field{"photo"}
	}
	if r.Loss != nil {
		e.Losses = []contact.Loss{*r.Loss}
	}
	if r.Err != nil {
		e.Outcome, e.Reason, e.failed = "photo failed", r.Err.Error(), true
	}
	b.record(e, r.Err != nil)
}

func (b *bringing) summaryText(r *importer.Report, to end, err error) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{
		{r.Created, "created"}, {r.Updated, "updated"}, {r.Unchanged, "unchanged"}, {r.United, "united"},
		{r.Skipped, "skipped"}, {r.Review, "for review"}, {r.Failed - r.NotReached, "failed"}, {r.NotReached, "not reached"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if r.Photos > 0 {
		parts = append(parts, count(r.Photos, "photo")+" stored")
	}
	if r.PhotosFailed > 0 {
		parts = append(parts, count(r.PhotosFailed, "photo")+" failed")
	}
	if r.PhotosNotReached > 0 {
		parts = append(parts, count(r.PhotosNotReached, "photo")+" not reached")
	}
	if r.Kept > 0 {
		parts = append(parts, count(r.Kept, "field")+" left as the account has it")
	}
	if r.Unrecognised > 0 {
		parts = append(parts, count(r.Unrecognised, "contact")+" of the account unreadable and left alone")
	}
	if len(parts) == 0 && err != nil {
		return ""
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	verb, tail := b.verb, ""
	switch {
	case b.dryRun:
		verb = "would have " + b.verb
	case err != nil:
		verb = "stopped while it " + b.verb
	default:
		tail = fmt.Sprintf("; a second run would create %d and update %d", r.Again.Create, r.Again.Update)
	}
	return fmt.Sprintf("%s %s from %s into %s: %s%s", verb, count(r.Read, "record"), b.what, strings.TrimSuffix(to.text, ":"), strings.Join(parts, ", "), tail)
}
