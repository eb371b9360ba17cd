//go:build unix

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// childDir names the directory in which this process is to run out of room.
const childDir = "FILES_TEST_FULL"

// TestSplitWithoutRoom runs itself in a child process that may not write files beyond a
// size, which fails as a full disk does: by the list of the files, which is the last thing
// that needs room. No file of the export that fails is in place, and none is lost.
func TestSplitWithoutRoom(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		splitWithoutRoom(t, dir)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestSplitWithoutRoom$", "-test.v")
	child.Env = append(os.Environ(), childDir+"="+dir, "GOCOVERDIR="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func splitWithoutRoom(t *testing.T, dir string) {
	dir = filepath.Join(dir, "cards")
	begin := func() Output {
		out, err := CreateDir(dir, lines(), ByContact)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	write(t, begin(), named("", "Ann"))
	before := tree(t, dir)

	const room = 4 << 10
	limit := syscall.Rlimit{Cur: room, Max: room}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	out := begin()
	for i := range 300 {
		if _, err := out.Encode(named("Friends/Old", fmt.Sprint("Person ", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Commit(); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("Commit answered %v", err)
	}
	if now := tree(t, dir); !slices.Equal(now, before) {
		t.Errorf("the directory holds %d files, want %v", len(now), before)
	}
	if _, err := os.Stat(filepath.Join(dir, "Friends")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory is left: %v", err)
	}
}

// TestSplitBreaksOff stops while files are put in place, by a directory that stands
// where one of them is to go: the next export removes what it placed.
func TestSplitBreaksOff(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cards")
	ann, bob, zoe := named("", "Ann"), named("", "Bob"), named("", "Zoe")
	begin := func() Output {
		out, err := CreateDir(dir, lines(), ByContact)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	write(t, begin(), zoe)
	inTheWay := filepath.Join(dir, tree(t, dir)[1])
	if err := errors.Join(os.Remove(inTheWay), os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	out := begin()
	for _, c := range []*contact.Contact{ann, bob, zoe} {
		if _, err := out.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Commit(); err == nil {
		t.Fatal("nothing went wrong")
	}
	if now := tree(t, dir); len(now) != 3 { // the list, Ann and Bob
		t.Errorf("before: %v", now)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	write(t, begin(), ann)
	if now := tree(t, dir); len(now) != 2 {
		t.Errorf("the next export left %v", now)
	}
}
