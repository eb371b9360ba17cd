package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/journal"
)

type undoCommand struct {
	*ui
	dryRun, yes bool
	concurrency int
}

func newUndo(u *ui) *cobra.Command {
	x := &undoCommand{ui: u}
	c := &cobra.Command{
		Use:   "undo RUN",
		Short: "Take an import, a migration or a dedupe back",
		Long: `Undo takes back what a run wrote, by its journal: it deletes the contacts that the
run created, restores those that it changed, photos included, creates anew those that
a dedupe deleted, and removes the folders that it made, if they are empty. RUN is an id that "cardferry runs" lists (or the
beginning of one), "last", or the file of --journal.

A contact that is not as the run left it is not touched, nor is a folder in which
there is something else: they are listed, and the exit code is 3. Where a photo cannot
be removed from a contact that had none, the contact is created anew without it, under
a new id, with a new time of creation, and at another place in exports. Undo can be
interrupted: the same command goes on where it stopped.

` + exitCodesHelp,
		Example: "  cardferry undo last --dry-run\n  cardferry undo 20261125-0230",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return x.run(c.Context(), args[0]) },
	}
	c.Flags().BoolVarP(&x.dryRun, "dry-run", "n", false, "show what would be done; nothing is written")
	c.Flags().BoolVar(&x.yes, "yes", false, "do not ask")
	c.Flags().IntVar(&x.concurrency, "concurrency", 4, "requests under way at a time")
	return c
}

func (x *undoCommand) run(ctx context.Context, name string) error {
	if x.concurrency < 1 || x.concurrency > 64 {
		return usage("", "--concurrency must be from 1 to 64")
	}
	x.limitMemory()
	path, err := x.findRun(name)
	if err != nil {
		return err
	}
	info, err := readInfo(path)
	if err != nil {
		return err
	}
	return x.session(func(s *session) error {
		t, err := s.target(end{account: info.Account, text: info.Account + ":"}, x.dryRun)
		if err != nil {
			return err
		}
		if t.account.identity() != info.Identity {
			return &fault{exitRefused, fmt.Errorf("account %s is another mailbox now, or knows its contacts by other ids, than when %s wrote to it", info.Account, info.ID), ""}
		}
		if info.State() == journal.Undone {
			return x.finishUndo(info, &importer.UndoReport{}, nil)
		}
		if err := x.confirm(info); err != nil {
			return err
		}
		open := journal.Open
		if x.dryRun {
			open = journal.Read
		}
		j, err := open(path)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, j.Close)
		x.showProgress()
		o := importer.UndoOptions{Concurrency: x.concurrency, DryRun: x.dryRun, Settle: t.account.settle}
		r, err := importer.Undo(ctx, j, t, t.sink, o, importer.UndoObserver{Result: x.undone, Progress: x.progress})
		return x.finishUndo(info, r, err)
	})
}

// confirm asks whoever sits at the terminal.
func (x *undoCommand) confirm(info journal.Info) error {
	if x.yes || x.dryRun || !x.terminal {
		return nil
	}
	fmt.Fprintf(x.stderr, "cardferry: %s wrote to %s: %s\ncardferry: take it back? [y/N] ", info.ID, info.Account, countsText(info.Counts))
	answer, _ := bufio.NewReader(x.stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &fault{exitRefused, errors.New("nothing was taken back"), "answer y, or add --yes"}
}

func (x *undoCommand) undone(r importer.UndoResult) {
	e := event{Type: "undo", At: r.At, Outcome: string(r.Outcome), Reason: r.Reason, ID: r.ID, Folder: r.Folder}
	if r.Err != nil {
		e.Reason = r.Err.Error()
	}
	if r.Folder != "" {
		e.At = fmt.Sprintf("folder %s", r.Folder)
	}
	if x.dryRun {
		e.Outcome = "would be " + e.Outcome
		if r.Folder != "" && !x.json { // the reason is a condition
			e.Outcome, e.Reason = e.Outcome+", "+e.Reason, ""
		}
	}
	x.record(e, r.Outcome == importer.Left || r.Outcome == importer.NotUndone || x.dryRun && !x.quiet)
}

type undoSummary struct {
	Type      string `json:"type"` // summary
	Command   string `json:"command"`
	Run       string `json:"run"`
	DryRun    bool   `json:"dryRun,omitzero"`
	Changes   int    `json:"changes"` // the next six add up to it
	Deleted   int    `json:"deleted"`
	Restored  int    `json:"restored"`
	Recreated int    `json:"recreated"`
	AsBefore  int    `json:"asBefore"`
	Left      int    `json:"left"`
	Failed    int    `json:"failed"`
	Folders   int    `json:"folders"` // removed
	Kept      int    `json:"foldersLeft,omitzero"`
	Error     string `json:"error,omitzero"`
}

func (x *undoCommand) finishUndo(info journal.Info, r *importer.UndoReport, err error) error {
	x.mu.Lock()
	x.bar.clear()
	x.mu.Unlock()
	sum := undoSummary{
		Type: "summary", Command: x.command, Run: info.ID, DryRun: x.dryRun, Changes: r.Changes, Deleted: r.Deleted, Restored: r.Restored,
		Recreated: r.Recreated, AsBefore: r.AsBefore, Left: r.Left, Failed: r.Failed, Folders: r.Folders, Kept: r.FoldersLeft,
	}
	if err != nil {
		sum.Error = err.Error()
	}
	if x.json {
		x.lastObject(sum)
	} else {
		x.note("%s", x.undoText(info, r, err))
	}
	if err == nil && r.Open() > 0 {
		err = errIncomplete
	}
	return err
}

func (x *undoCommand) undoText(info journal.Info, r *importer.UndoReport, err error) string {
	if info.State() == journal.Undone {
		return fmt.Sprintf("%s was taken back already, at %s", info.ID, info.Undo.Finished.Local().Format("2006-01-02 15:04"))
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{
		{r.Deleted, "deleted"}, {r.Restored, "restored"}, {r.Recreated, "created anew as before"}, {r.AsBefore, "as before already"},
		{r.Left, "left as they are"}, {r.Failed, "failed"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if r.Folders > 0 {
		parts = append(parts, count(r.Folders, "folder")+" removed")
	}
	if r.FoldersLeft > 0 {
		parts = append(parts, count(r.FoldersLeft, "folder")+" left, with what is in it")
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	verb := "took back"
	switch {
	case x.dryRun:
		verb = "would take back"
	case err != nil:
		verb = "stopped while taking back"
	}
	return fmt.Sprintf("%s %s in %s: %s", verb, info.ID, info.Account, strings.Join(parts, ", "))
}

// runName is how undo is told which run to take back.
func (u *ui) runName(j *journal.Journal) string {
	if strings.HasPrefix(j.Path(), u.runsDir()) {
		return j.Info().ID
	}
	return j.Path()
}
