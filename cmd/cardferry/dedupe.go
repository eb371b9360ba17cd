package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/files"
)

type dedupeCommand struct {
	*ui
	formatFlags
	from, out, folder, onConflict, region, journal string
	apply, yes                                     bool
	report, decisions                              []string
	review                                         string
	table                                          *reviewFile
	tableErr                                       error
	concurrency                                    int
}

func newDedupe(u *ui) *cobra.Command {
	x := &dedupeCommand{ui: u}
	c := &cobra.Command{
		Use:   "dedupe ACCOUNT:|FILE",
		Short: "Find contacts that are one person, and join them",
		Long: `Dedupe shows which contacts of an account or a file are one person, and what would
become of them. It writes only if it is asked to: into an account with --apply, and
for a file to another one with --output.

Two contacts are one person by the rules of an import: an address in common under
names that do not contradict each other, the same UID, and for contacts without an
address the same name and phone number (--region tells one number written two ways),
or, if they have no number, everything.
The one with the fullest name stays, and takes from the others what it lacks: items
of lists, empty fields, the photo; different notes are put one below the other. The
others are deleted, but only when the service has confirmed that the one that stays
holds everything. "cardferry undo" takes it back.

Contacts that contradict each other (two titles, two birthdays, two photos) are left
as they are and listed; --on-conflict keep joins them too: the value of the one that
stays stands.

--review FILE.csv writes a table of all groups. Fill in its first column, "join" or
"skip", and hand it back with --decisions FILE.csv: "skip" leaves a group as it is,
"join" joins one that would be left. Rows without a decision are as before.

` + exitCodesHelp,
		Example: `  cardferry dedupe work:
  cardferry dedupe work: --review groups.csv
  cardferry dedupe work: --decisions groups.csv --apply --report dedupe.html
  cardferry dedupe contacts.vcf --output clean.vcf`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args[0]) },
	}
	x.formatFlags.add(c, "OUTPUT", true)
	choice(c, &x.from, "from", "", formatNames, "format of FILE; by default its content or its extension tells")
	c.Flags().BoolVar(&x.apply, "apply", false, "join the duplicates of an account")
	c.Flags().StringVarP(&x.out, "output", "o", "", "write the contacts of a file, duplicates joined, to `OUTPUT`")
	c.Flags().StringVar(&x.folder, "folder", "", "look in one `FOLDER` of the account only; same as ACCOUNT:FOLDER")
	choice(c, &x.onConflict, "on-conflict", "review", []string{"review", "keep"}, "what to do with contacts that contradict each other")
	addRegion(c, &x.region)
	c.Flags().StringVar(&x.review, "review", "", "write a table of the groups to `FILE`.csv, to be decided about")
	c.Flags().StringArrayVar(&x.decisions, "decisions", nil, "do what was decided in `FILE`.csv, written by --review; may be given several times")
	c.Flags().StringArrayVar(&x.report, "report", nil, reportHelp)
	c.Flags().StringVar(&x.journal, "journal", "", "keep the journal of the run in `FILE`")
	c.Flags().IntVar(&x.concurrency, "concurrency", 4, "requests under way at a time")
	c.Flags().BoolVar(&x.yes, "yes", false, "go on where a guard would refuse")
	return c
}

func (x *dedupeCommand) run(ctx context.Context, name string) error {
	if x.concurrency < 1 || x.concurrency > 64 {
		return usage("", "--concurrency must be from 1 to 64")
	}
	rules, err := regionRules(x.region)
	if err != nil {
		return err
	}
	from, err := parseEnd(name).inFolder(x.folder)
	if err != nil {
		return err
	}
	if !from.isAccount() {
		x.reads(from.path)
	}
	x.reads(x.decisions...)
	if err := x.writes("--output", x.out); err != nil {
		return err
	}
	decisions, err := readGroupDecisions(x.decisions)
	if err != nil {
		return err
	}
	if x.review != "" {
		if err := x.writes("--review", x.review); err != nil {
			return err
		}
	}
	if decided, err := readGroupDecisions([]string{x.review}); err == nil && len(decided) > 0 {
		return usage("carry them out with --decisions, or name another file", "--review %s holds decisions, which would be overwritten", x.review)
	}
	if x.table, err = newGroupReview(x.review); err != nil {
		return err
	}
	defer x.table.abort()
	defer x.closeReports()
	if err := x.openReports(x.report); err != nil {
		return err
	}
	x.collectOften()
	o := importer.DuplicatesOptions{Rules: rules, KeepFirst: x.onConflict == "keep", Decisions: decisions, Progress: x.progress}
	if from.isAccount() {
		return x.account(ctx, from, o)
	}
	return x.file(ctx, from, o)
}

func (x *dedupeCommand) account(ctx context.Context, from end, o importer.DuplicatesOptions) error {
	if x.out != "" {
		return usage("join the duplicates in the account with --apply, or export it first", "--output is for files")
	}
	return x.session(func(s *session) error {
		t, err := s.target(from, !x.apply)
		if err != nil {
			return err
		}
		do := importer.DedupeOptions{Concurrency: x.concurrency, DryRun: !x.apply}
		if x.apply {
			if do.Journal, err = s.openJournal(t.account, x.journal, same("dedupe", nil, from)); err != nil {
				return err
			}
		}
		x.photoOf = t.photoOf(ctx)
		x.showProgress()
		unread := 0
		d, err := importer.FindDuplicates(ctx, x.readable(inFolderOnly(inAccount(from.account, t.Contacts(ctx)), from.folder), &unread), o)
		if err != nil {
			return x.finishDedupe(from, &importer.DedupeReport{}, 0, "", err)
		}
		defer d.Close()
		r, err := importer.Dedupe(ctx, d, t.sink, do, x.group, x.progress)
		if err == nil {
			err = do.Journal.Finish(time.Now())
		} else {
			do.Journal.Stop() // what it cannot write Close says
		}
		run := ""
		if do.Journal.Written() {
			run = x.runName(do.Journal)
		}
		return x.finishDedupe(from, r, unread, run, err)
	})
}

// inFolderOnly leaves out what is in no folder at or below one.
func inFolderOnly(contacts iter.Seq2[*contact.Contact, error], folder *contact.FolderPath) iter.Seq2[*contact.Contact, error] {
	if folder == nil {
		return contacts
	}
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range contacts {
			if c != nil && c.Folder != *folder && !strings.HasPrefix(string(c.Folder), string(*folder)+"/") {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func (x *dedupeCommand) file(ctx context.Context, from end, o importer.DuplicatesOptions) error {
	if x.apply {
		return usage("add --output FILE: the file itself is left alone", "--apply is for accounts")
	}
	if from.path != files.Stdio {
		if _, err := os.Stat(from.path); err != nil {
			return err
		}
	}
	reader, err := x.fileReader(&formatFlags{format: x.from})
	if err != nil {
		return err
	}
	if x.out == files.Stdio {
		x.events = x.stderr
	}
	x.showProgress()
	unread := 0
	d, err := importer.FindDuplicates(ctx, x.readable(reader.Contacts(from.path), &unread), o)
	if err != nil {
		return x.finishDedupe(from, &importer.DedupeReport{}, 0, "", err)
	}
	defer d.Close()
	r, err := importer.Dedupe(ctx, d, nil, importer.DedupeOptions{DryRun: true, Concurrency: 1}, x.group, x.progress)
	if err == nil && x.out != "" {
		err = x.write(d, &r.Losses)
	}
	return x.finishDedupe(from, r, unread, "", err)
}

// readable names the records that cannot be read, as a whole or in part, counts them and
// those parts, and goes on.
func (x *dedupeCommand) readable(contacts iter.Seq2[*contact.Contact, error], unread *int) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range contacts {
			if e, ok := errors.AsType[*formats.RecordError](err); ok {
				*unread++
				x.record(event{Type: "record", At: e.At.String(), pos: e.At, Outcome: "failed", Reason: e.Err.Error(), failed: true}, true)
				continue
			}
			if c != nil && len(c.Unread) > 0 {
				*unread += len(c.Unread)
				x.record(event{Type: "record", At: c.At.String(), pos: c.At, ID: c.ID, Outcome: "read", Unread: c.Unread, who: c}, false)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// write writes the contacts of a file, duplicates joined.
func (x *dedupeCommand) write(d *importer.Duplicates, losses *contact.Ledger) error {
	format, err := x.forWriting(x.out, x.out == files.Stdio)
	if err != nil {
		return err
	}
	var out files.Output
	if x.out == files.Stdio {
		out = files.ToStream(x.stdout, format)
	} else if out, err = files.CreateFile(x.out, format); err != nil {
		return err
	}
	defer out.Abort()
	n := 0
	for c, err := range d.Joined() {
		if err != nil {
			return err
		}
		lost, err := out.Encode(c)
		if err != nil {
			return err
		}
		losses.Add(lost...)
		n++
	}
	if n == 0 && !x.yes {
		if err := (&writing{}).guardEmpty(x.out); err != nil {
			return err
		}
	}
	return out.Commit()
}

// groupEvent is what --json prints and a report holds of a group of duplicates.
type groupEvent struct {
	Type     string         `json:"type"` // group
	Outcome  string         `json:"outcome"`
	Reason   string         `json:"reason,omitzero"`
	Group    string         `json:"group"`    // its id, for decisions
	Contacts []groupMember  `json:"contacts"` // the one that stays first
	Losses   []contact.Loss `json:"losses,omitempty"`

	group *importer.Group
}

type groupMember struct {
	At        string          `json:"at,omitzero"`
	ID        contact.ID      `json:"id,omitzero"`
	Adds      []contact.Field `json:"adds,omitempty"`      // what the one that stays takes from it
	Conflicts []contact.Field `json:"conflicts,omitempty"` // what it has otherwise
	Forms     []contact.Field `json:"forms,omitempty"`     // what it has in another form
}

func (x *dedupeCommand) group(r importer.GroupResult) {
	e := groupEvent{Type: "group", Group: r.ID, Outcome: string(r.Outcome), Reason: r.Reason, Losses: r.Losses, group: r.Group}
	if r.Err != nil {
		e.Reason = r.Err.Error()
	}
	for i, c := range r.Contacts {
		e.Contacts = append(e.Contacts, groupMember{c.At.String(), c.ID, r.Adds[i], r.Conflicts[i], r.Forms[i]})
	}
	if err := x.table.addGroup(e); err != nil && x.tableErr == nil {
		x.tableErr = err
	}
	x.reported(e)
	if x.json {
		x.object(e)
		return
	}
	if x.out == files.Stdio || x.quiet {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.bar.clear()
	fmt.Fprint(x.stdout, groupText(e, !x.apply && x.out == ""))
}

// groupText shows a group to its owner.
func groupText(e groupEvent, plan bool) string {
	var b strings.Builder
	stays, goes := "stays", "goes"
	switch importer.GroupOutcome(e.Outcome) {
	case importer.Merged:
		fmt.Fprintf(&b, "%s\n", personLine(e.group.Merged))
		if !plan {
			goes = "went"
		}
	case importer.GroupReview, importer.GroupSkipped:
		fmt.Fprintf(&b, "%s\n   left as they are: %s\n", personLine(e.group.Contacts[0]), e.Reason)
		goes = "other"
		stays = "one"
	default:
		fmt.Fprintf(&b, "%s\n   failed: %s\n", personLine(e.group.Contacts[0]), e.Reason)
	}
	for i, m := range e.Contacts {
		word := goes
		if i == 0 {
			word = stays
		}
		line := fmt.Sprintf("   %-5s  %s", word, m.At)
		if text := memberText(m); text != "" {
			line += "; " + text
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// memberText says what a contact is to the one that stays: "adds phones; contradicts in
// title".
func memberText(m groupMember) string {
	var parts []string
	for _, part := range []struct {
		what   string
		fields []contact.Field
	}{{"adds", m.Adds}, {"contradicts in", m.Conflicts}, {"another form of", m.Forms}} {
		if len(part.fields) > 0 {
			parts = append(parts, part.what+" "+labels(part.fields))
		}
	}
	return strings.Join(parts, "; ")
}

// dedupeSummary is the last object of a run.
type dedupeSummary struct {
	Type    string `json:"type"` // summary
	Command string `json:"command"`
	From    string `json:"from"`
	To      string `json:"to,omitzero"`
	DryRun  bool   `json:"dryRun,omitzero"`
	Read    int    `json:"read"`   // contacts
	Groups  int    `json:"groups"` // the next three and Skipped add up to it
	Merged  int    `json:"merged"`
	Review  int    `json:"review"`
	Failed  int    `json:"failed"`
	Removed int    `json:"removed"`          // contacts
	Photos  int    `json:"photos"`           // that contacts got which stay
	Skipped int    `json:"skipped,omitzero"` // groups: somebody decided so
	Unread  int    `json:"unread,omitzero"`  // records, and parts of records
	Losses  int    `json:"losses"`

	LossesByField []contact.LedgerRow `json:"lossesByField,omitempty"`
	Run           string              `json:"run,omitzero"` // what undo takes
	Error         string              `json:"error,omitzero"`
}

func (x *dedupeCommand) finishDedupe(from end, r *importer.DedupeReport, unread int, run string, err error) error {
	x.mu.Lock()
	x.bar.clear()
	x.mu.Unlock()
	for _, d := range r.Undecided {
		x.record(event{Type: "decision", At: d.Where, Outcome: "not carried out", Reason: "there is no such group, or not any more"}, true)
	}
	if err == nil {
		if err = x.tableErr; err == nil {
			err = x.table.finish()
		}
	}
	s := dedupeSummary{
		Type: "summary", Command: x.command, From: from.text, To: x.out, DryRun: !x.apply && x.out == "", Read: r.Contacts, Groups: r.Groups, Merged: r.Merged,
		Skipped: r.Skipped, Review: r.Review, Failed: r.Failed, Removed: r.Removed, Photos: r.Photos, Unread: unread, Losses: r.Losses.Total(), LossesByField: r.Losses.Rows(), Run: run,
	}
	if err != nil {
		s.Error = err.Error()
	}
	if x.json {
		x.lastObject(s)
	} else if err == nil || r.Groups > 0 {
		x.note("%s", dedupeText(s))
		x.printLosses(s.LossesByField)
		if run != "" {
			x.note("to take it back: %s", shellLine([]string{"undo", run}))
		}
		if s.DryRun && r.Merged > 0 {
			x.note("to join them: %s", shellLine(x.joining(from)))
		}
	}
	if rerr := x.finishReports(s); rerr != nil && err == nil {
		err = rerr
	}
	if err == nil && r.Review+r.Failed+unread > 0 {
		err = errIncomplete
	}
	return err
}

// joining is the command line that does what was shown.
func (x *dedupeCommand) joining(from end) []string {
	if from.isAccount() {
		return append(withoutFlags(x.args, "review"), "--apply")
	}
	return append(withoutFlags(x.args, "review"), "--output", "clean"+rejectsExtension(summary{From: from.path}))
}

func dedupeText(s dedupeSummary) string {
	if s.Groups == 0 {
		return fmt.Sprintf("no duplicates among %s of %s", count(s.Read, "contact"), strings.TrimSuffix(s.From, ":"))
	}
	verb, left := "joined", "left"
	switch {
	case s.Error != "":
		verb = "stopped when it had joined"
	case s.DryRun:
		verb, left = "would join", "leave"
	}
	text := fmt.Sprintf("%s: nothing to join among %s", strings.TrimSuffix(s.From, ":"), count(s.Read, "contact"))
	if s.Merged > 0 {
		text = fmt.Sprintf("%s: %s %s to %d and %s %d, of %d in all", strings.TrimSuffix(s.From, ":"), verb,
			count(s.Removed+s.Merged, "contact"), s.Merged, left, s.Read-s.Removed, s.Read)
	}
	if s.Skipped > 0 {
		text += fmt.Sprintf("; %s left as decided", count(s.Skipped, "group"))
	}
	if s.Review > 0 {
		text += fmt.Sprintf("; %s for review", count(s.Review, "group"))
	}
	if s.Failed > 0 {
		text += fmt.Sprintf("; %s failed", count(s.Failed, "group"))
	}
	return text
}
