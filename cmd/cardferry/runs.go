package main

import (
	"errors"
	"fmt"
	"io"
	"os"
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
		Long: `Runs lists the runs of import, migrate, apply and dedupe whose journals are kept,
that which wrote last first: what they wrote, whether they came to their end, and
whether they were taken back. A run that wrote nothing is not among them, nor is one
whose journal --journal keeps elsewhere: undo takes the name of that file.
On a terminal a long command line is cut; --json has all of it.

A journal holds the contacts that its run wrote and overwrote. --prune removes those
of runs that last wrote more than --older-than days ago; they can then not be taken
back any more. One that is damaged is listed as unreadable, with its file.

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
	File     string         `json:"file,omitzero"` // of a journal that is unreadable
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
	runs, err := x.runs("")
	if err != nil {
		return err
	}
	now, removed := time.Now(), 0
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, r := range runs {
		line := r.describe()
		old := now.Sub(r.active) > time.Duration(x.days)*24*time.Hour
		if x.prune && old && line.State != stateRunning {
			if err := os.Remove(r.path); err != nil {
				return err
			}
			removed++
			continue
		}
		if x.json {
			x.object(line)
			continue
		}
		wrote, what := countsText(line.Counts), shellLine(line.Command)
		if line.Command == nil {
			wrote, what = "", line.File
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.ID, line.State, wrote, what)
	}
	if x.json {
		x.lastObject(map[string]any{"type": "summary", "command": x.command, "runs": len(runs) - removed, "removed": removed})
		return nil
	}
	table.Flush() // into memory: there is no error
	for line := range strings.Lines(text.String()) {
		if n := columns(x.stdout); n > 0 {
			line = shorten(strings.TrimSuffix(line, "\n"), n) + "\n"
		}
		if _, err := io.WriteString(x.stdout, line); err != nil {
			return err
		}
	}
	if len(runs) == 0 {
		x.note("there are no runs")
	}
	if removed > 0 {
		x.note("removed the journals of %s", count(removed, "run"))
	}
	return nil
}

func (r *storedRun) describe() runLine {
	line := runLine{Type: "run", ID: r.id}
	switch info := r.info; {
	case errors.Is(r.err, journal.ErrInUse):
		line.State = stateRunning
	case r.err != nil:
		line.State, line.File = stateUnreadable, r.path
	default:
		line.State, line.Account, line.Command, line.Counts = info.State(), info.Account, info.Command, info.Counts
		line.Started, line.Updated, line.Finished = info.Started, info.Updated, info.Finished
		if info.Undo != nil {
			line.Left = info.Undo.Left
		}
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
