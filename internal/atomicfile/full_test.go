//go:build unix

package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cardferry/cardferry/internal/atomicfile"
)

// childDir names the directory in which this process is to run out of room.
const childDir = "ATOMICFILE_TEST_FULL"

// TestNoRoom runs itself in a child process that may not write files beyond a
// size, which fails as a full disk does: in a Write, and in the flush of Commit.
func TestNoRoom(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		runOutOfRoom(t, dir)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestNoRoom$", "-test.v")
	child.Env = append(os.Environ(), childDir+"="+dir, "GOCOVERDIR="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func runOutOfRoom(t *testing.T, dir string) {
	path := filepath.Join(dir, "f")
	write(t, path, "old")
	const room = 100 << 10
	limit := syscall.Rlimit{Cur: room, Max: room}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		chunks []int
	}{
		{"in a write", []int{90 << 10, 90 << 10}},
		{"in the flush", []int{64 << 10, 60 << 10}},
	}
	for _, test := range tests {
		f, err := atomicfile.Create(path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, n := range test.chunks {
			if _, err := f.Write(make([]byte, n)); err != nil {
				failed = err
			}
		}
		err = f.Commit()
		if failed != nil && err != failed {
			t.Errorf("%s: Commit answered %v after %v", test.name, err, failed)
		}
		if inWrite := failed != nil; inWrite != (test.name == "in a write") {
			t.Errorf("%s: Write answered %v", test.name, failed)
		}
		if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), ".tmp-") {
			t.Errorf("%s: Commit answered %v", test.name, err)
		}
		if got := names(t, dir); got != "f" {
			t.Errorf("%s: the directory holds %q", test.name, got)
		}
		if got := read(t, path); got != "old" {
			t.Errorf("%s: the old file holds %q", test.name, got)
		}
	}
}

func TestDeviceIsWrittenDirectly(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("no ", full, " here")
	}
	err := atomicfile.Write(full, []byte("x"), 0o600)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), full) {
		t.Errorf("error %v, want no space on %s", err, full)
	}
	if err := atomicfile.Write(os.DevNull, []byte("x"), 0o600); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s was replaced", os.DevNull)
	}
}

func TestPipeIsWrittenDirectly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	got := make(chan string)
	go func() {
		r, err := os.Open(path)
		if err != nil {
			got <- err.Error()
			return
		}
		defer r.Close()
		data, _ := io.ReadAll(r)
		got <- string(data)
	}()
	if err := atomicfile.Write(path, []byte("through the pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "through the pipe" {
		t.Errorf("read %q", text)
	}
}
