package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/importer/journal"
)

type runsCommand struct {
	*ui
	prune bool
	days  int
}

func newRuns(u *ui) *cobra.Command {
	x := &runsCommand{ui: u}
	c := &cobra.Command{
		Use:   "runs",
		Short: "List the runs that wrote to an account",
		Long: `Runs lists the imports and migrations whose journals are kept, the newest first:
what they wrote, whether they came to their end, and whether they were taken back.
A run that wrote nothing is not among them.

A journal holds the contacts that its run wrote and overwrote. --prune removes those
of runs that were last active more than --older-than days ago; they can then not be
taken back any more.

` + exitCodesHelp,
		Example: "  cardferry runs\n  cardferry runs --prune --older-than 30",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return x.run() },
	}
	c.Flags().BoolVar(&x.prune, "prune", false, "remove the journals of old runs")
	c.Flags().IntVar(&x.days, "older-than", 90, "what --prune takes for old, in `DAYS`")
	return c
}

// runLine is one run, as --json prints it.
type runLine struct {
	Type     string         `json:"type"` // run
	ID       string         `json:"id"`
	State    journal.State  `json:"state"`
	Account  string         `json:"account,omitzero"`
	Command  []string       `json:"command,omitempty"`
	Started  time.Time      `json:"started,omitzero"`
	Updated  time.Time      `json:"updated,omitzero"`
	Finished time.Time      `json:"finished,omitzero"`
	Counts   journal.Counts `json:"counts"`
	Left     int            `json:"left,omitzero"` // changes that undo left as they are
}

// What runs says of a journal that it cannot look into.
const (
	stateRunning    journal.State = "running"
	stateUnreadable journal.State = "unreadable"
)

func (x *runsCommand) run() error {
	if x.days < 0 {
		return usage("", "--older-than must not be negative")
	}
	paths, err := x.runPaths()
	if err != nil {
		return err
	}
	now, removed := time.Now(), 0
	table := tabwriter.NewWriter(x.stdout, 0, 0, 2, ' ', 0)
	for _, path := range paths {
		line := describeRun(path)
		old := now.Sub(line.Updated) > time.Duration(x.days)*24*time.Hour
		if x.prune && old && line.State != stateRunning && line.State != stateUnreadable {
			if err := os.Remove(path); err != nil {
				return err
			}
			removed++
			continue
		}
		if x.json {
			x.object(line)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.ID, line.State, countsText(line.Counts), shellLine(line.Command))
	}
	if x.json {
		x.lastObject(map[string]any{"type": "summary", "command": x.command, "runs": len(paths) - removed, "removed": removed})
		return nil
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(paths) == 0 {
		x.note("there are no runs")
	}
	if removed > 0 {
		x.note("removed the journals of %s", count(removed, "run"))
	}
	return nil
}

func describeRun(path string) runLine {
	line := runLine{Type: "run", ID: strings.TrimSuffix(filepath.Base(path), journalExtension)}
	j, err := journal.Read(path)
	switch {
	case errors.Is(err, journal.ErrInUse):
		line.State = stateRunning
		return line
	case err != nil:
		line.State = stateUnreadable
		return line
	}
	defer j.Close()
	info := j.Info()
	line.State, line.Account, line.Command, line.Counts = info.State(), info.Account, info.Command, info.Counts
	line.Started, line.Updated, line.Finished = info.Started, info.Updated, info.Finished
	if info.Undo != nil {
		line.Left = info.Undo.Left
	}
	return line
}

// countsText says what a run wrote, for people.
func countsText(n journal.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{n.Created, "created"}, {n.Updated, "updated"}, {n.Deleted, "deleted"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if n.Photos > 0 {
		parts = append(parts, count(n.Photos, "photo"))
	}
	if n.Folders > 0 {
		parts = append(parts, count(n.Folders, "folder"))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
