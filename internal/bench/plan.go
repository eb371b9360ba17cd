package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Floors of a plan for 100,000 records against 100,000 contacts.
const (
	planCPU    = 30 * time.Second
	planMemory = 200 // MiB
)

// plan measures a dry run of n records against the n contacts that they came from.
// Their ids are not those of an import, so each is found by what stands in it.
func (b *bencher) plan(n int) error {
	box, err := b.sandbox("--contacts", fmt.Sprint(n), "--photos", "0")
	if err != nil {
		return err
	}
	defer box.stop()
	file := filepath.Join(b.dir, "plan.jsonl")
	if out, err := b.cardferry(box, "export", "bench:", file, "-q").CombinedOutput(); err != nil {
		return fmt.Errorf("exporting: %w: %s", err, out)
	}
	cmd := b.cardferry(box, "import", file, "bench:", "--dry-run", "--json")
	err = cmd.Run()
	const someForReview = 3
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != someForReview) {
		return fmt.Errorf("planning: %w", err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not tell a process's memory")
	}
	cpu, peak := cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), usage.Maxrss>>10
	fmt.Printf("%-44s %9.2fs %10s %7s %6.0fs  %s\n", fmt.Sprintf("plan %d records against %d, CPU", n, n), cpu.Seconds(), "", "", planCPU.Seconds(), verdict(cpu <= planCPU))
	fmt.Printf("%-44s %6d MiB %10s %7s %4d MiB  %s\n", "  peak memory", peak, "", "", planMemory, verdict(peak <= planMemory))
	return nil
}

// journal measures what the journal adds to an import of n contacts.
func (b *bencher) journal(n int) error {
	file, _, err := b.importFiles(n)
	if err != nil {
		return err
	}
	var box *sandbox
	defer func() { box.stop() }()
	fresh := b.fresh(&box)
	return b.compare(fmt.Sprintf("import %d, the journal against none", n), 1.1, 0,
		fresh(func() *exec.Cmd { return b.cardferry(box, "import", file, "bench:", "-q") }),
		fresh(func() *exec.Cmd { return b.cardferry(box, "import", file, "bench:", "-q", "--journal", "off") }))
}
