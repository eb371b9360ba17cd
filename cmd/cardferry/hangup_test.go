//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// TestHangup: a terminal that is closed ends a run as an interrupt does; one that was
// started with nohup goes on.
func TestHangup(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "cardferry")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	for _, test := range []struct {
		command []string
		code    int
	}{
		{[]string{program}, exitInterrupted},
		{[]string{"nohup", program}, exitDone},
	} {
		if _, err := exec.LookPath(test.command[0]); err != nil {
			t.Skip("needs nohup: ", err)
		}
		var child atomic.Pointer[os.Process]
		started := make(chan struct{})
		vars := service(t, sandbox.Options{}, sandbox.Sample{Contacts: 2000, Seed: 1}, func(n int) {
			if n == 6 {
				<-started
				child.Load().Signal(syscall.SIGHUP)
			}
		})
		out := filepath.Join(t.TempDir(), "out.vcf")
		command := exec.Command(test.command[0], append(slices.Clone(test.command[1:]), "export", "box:", out)...)
		command.Env = os.Environ()
		for k, v := range vars {
			command.Env = append(command.Env, k+"="+v)
		}
		command.Stdout, command.Stderr = nil, os.Stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		child.Store(command.Process)
		close(started)
		code := 0
		if exit, ok := errors.AsType[*exec.ExitError](command.Wait()); ok {
			code = exit.ExitCode()
		}
		left, err := os.ReadDir(filepath.Dir(out))
		if err != nil {
			t.Fatal(err)
		}
		files := 0
		if test.code == exitDone {
			files = 1
		}
		if code != test.code || len(left) != files {
			t.Errorf("%q: exit code %d, want %d; files %v", test.command, code, test.code, left)
		}
	}
}
