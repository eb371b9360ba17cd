// Cardferry moves people's contacts: out of Microsoft's Outlook and Graph services
// into vCard, CSV and JSON files, back in again, and from one account to another.
//
// This package is the command line: flags, wiring, terminal, exit codes. What is
// done with contacts stands in the packages it joins.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/term"
)

func main() { os.Exit(mainExit()) }

// mainExit runs the program with what the operating system gave it. The first
// signal asks it to stop; the second stops it at once.
func mainExit() int {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup wants it
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	context.AfterFunc(ctx, stop)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // little is alive at a time: collecting less often costs a few MiB
	}
	return run(ctx, env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, environ: os.Environ,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}, os.Args[1:])
}

// collectOften is for runs that hold an index, which grows with the account: the memory
// that is left to the collector grows with it.
func (e *env) collectOften() {
	if e.getenv("GOGC") == "" {
		debug.SetGCPercent(100)
	}
}

// env is the world as a command sees it.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        func() []string
	terminal       bool     // stderr is one
	args           []string // the command line, without the program's name
}
