//go:build unix

package journal_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/cardferry/cardferry/importer/journal"
)

// childFile names the journal that this process is to fill up.
const childFile = "JOURNAL_TEST_FULL"

// TestFullDisk runs itself in a child process that may not write files beyond a
// size, which fails as a full disk does: the intent is refused, and what was there
// before can be read and gone on with.
func TestFullDisk(t *testing.T) {
	if p := os.Getenv(childFile); p != "" {
		fill(t, p)
		return
	}
	p := path(t)
	child := exec.Command(os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	child.Env = append(os.Environ(), childFile+"="+p)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var noted int
	if _, err := fmt.Sscanf(string(out[strings.Index(string(out), "noted "):]), "noted %d", &noted); err != nil || noted == 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	j, err := journal.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if got := entries(t, j); len(got) != noted {
		t.Errorf("%d entries, want the %d that were promised", len(got), noted)
	}
	if err := j.Intend(&journal.Entry{Kind: journal.Create, Key: "after"}); err != nil {
		t.Error(err)
	}
}

func fill(t *testing.T, p string) {
	limit := syscall.Rlimit{Cur: 300 << 10, Max: 300 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	j := journal.New(p, journal.Info{ID: "a"})
	c := ada()
	c.Notes = strings.Repeat("n", 5000)
	for n := range 1000 {
		if err := j.Intend(&journal.Entry{Kind: journal.Create, Key: fmt.Sprint(n), Want: c}); err != nil {
			if !errors.Is(err, journal.ErrNotWritten) {
				t.Error(err)
			}
			fmt.Println("noted", n)
			return
		}
	}
	t.Error("the disk did not fill up")
}
