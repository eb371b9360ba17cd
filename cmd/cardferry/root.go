package main

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// run performs one command line and returns the exit code. Only it prints errors.
func run(ctx context.Context, e env, args []string) int {
	e.args = args
	u := &ui{env: e, events: e.stdout, command: "cardferry"}
	root := newRoot(u)
	root.SetArgs(args)
	root.SetIn(e.stdin)
	root.SetOut(e.stdout)
	root.SetErr(e.stderr)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !u.ended && (u.json || slices.Contains(args, "--json")) {
		u.lastObject(summary{Type: "summary", Command: command.CommandPath(), Error: oneLine(err)})
	}
	if u.unsaid != nil && (err == nil || errors.Is(err, errIncomplete) || errors.Is(err, errDifferent)) {
		err = u.unsaid
	}
	if err == nil {
		return exitDone
	}
	code, hint := exitCode(ctx, err)
	if code == exitFailed && usageError(err) {
		code = exitUsage
		if hint == "" {
			hint = "see: " + command.CommandPath() + " --help"
		}
	}
	if code == exitIncomplete && u.json {
		return code
	}
	switch code {
	case exitIncomplete, exitDifferent:
		u.note("%s", err)
	case exitInterrupted:
		u.line("interrupted")
	default:
		u.line("error: %s", oneLine(err))
	}
	if code == exitInterrupted && resumable(command.Name()) {
		hint = "run the same command again, it goes on where it stopped: " + shellLine(args)
	}
	if hint != "" {
		u.line("hint: %s", hint)
	}
	return code
}

// resumable reports whether a command goes on where it stopped. An export begins anew.
func resumable(command string) bool {
	switch command {
	case "import", "migrate", "apply", "undo", "dedupe":
		return true
	}
	return false
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellLine returns the command line as it can be pasted into a shell.
func shellLine(args []string) string {
	words := []string{"cardferry"}
	for _, a := range args {
		if !plainWord.MatchString(a) {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// oneLine keeps joined errors on one line, and says of a file what is wrong with it
// without the name of the system call.
func oneLine(err error) string {
	if e, ok := err.(*fs.PathError); ok {
		return e.Path + ": " + e.Err.Error()
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

func newRoot(u *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "cardferry",
		Short: "Move contacts between Outlook, Microsoft Graph, vCard, CSV and JSON",
		Long: `Cardferry moves people's contacts: out of Microsoft's Outlook and Graph services
into vCard, CSV and JSON files, back in again, and from one account to another.
Every field of every contact either arrives or is named in the report, and a
second run would change nothing.

An end of a run is an account ("NAME:"), one folder of it ("NAME:Customers/EMEA"),
or a path ("-" is stdin or stdout). A slash within a folder's name is written "\/". The account "sandbox:" always exists: an
embedded service with 250 invented contacts to try things on.`,
		Example: `  cardferry export sandbox: contacts.vcf
  cardferry import contacts.vcf work:
  cardferry migrate old: new: --dry-run
  cardferry convert google.csv outlook.csv
  cardferry verify contacts.vcf work:`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRun: func(c *cobra.Command, _ []string) {
			u.command = c.CommandPath()
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("see: "+c.CommandPath()+" --help", "%w", err)
	})
	flags := root.PersistentFlags()
	flags.BoolVarP(&u.quiet, "quiet", "q", false, "print errors only")
	flags.BoolVarP(&u.verbose, "verbose", "v", false, "name every record and every loss")
	flags.BoolVar(&u.json, "json", false, "print one JSON object per line, the last one a summary")
	root.AddCommand(
		newExport(u), newImport(u), newMigrate(u), newConvert(u), newVerify(u), newRoundtrip(u), newDedupe(u),
		newApply(u), newUndo(u), newRuns(u), newFolders(u), newAccounts(u), newLogin(u), newLogout(u), newDoctor(u),
		newSandbox(u), newVersion(u),
		&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesHelp},
	)
	root.InitDefaultHelpCmd()
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = func(_ *cobra.Command, args []string) error {
			if found, _, err := root.Find(args); err != nil || found == root && len(args) > 0 {
				return usage("see: cardferry --help", "there is no command %q", args[0])
			}
			return nil
		}
	}
	root.InitDefaultCompletionCmd()
	return root
}

// session runs a command with a session that is closed at its end.
func (u *ui) session(do func(*session) error) (err error) {
	s := u.newSession()
	if u.verbose {
		s.onWait = u.sayWait
	}
	s.onDamaged = func(path string) {
		u.note("%s is damaged and is passed over: what its run wrote is recognised, but cannot be taken back", path)
	}
	s.onUnsaved = func(err error) {
		u.line("%s; this run goes on, but make space, and sign in again if the next one asks for it", oneLine(err))
	}
	defer func() {
		u.endProgress()
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	return do(s)
}
