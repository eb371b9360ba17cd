//go:build unix

package auth

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fullDir names the directory in which this process is to run out of room.
const fullDir = "AUTH_TEST_FULL"

// TestGoesOnUnsaved renews a sign-in that cannot be saved, in a child process that may
// write no files: the run goes on, and says so once.
func TestGoesOnUnsaved(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		child := exec.Command(os.Args[0], "-test.run=^TestGoesOnUnsaved$", "-test.v")
		child.Env = append(os.Environ(), fullDir+"="+t.TempDir(), "GOCOVERDIR="+t.TempDir())
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	synctest.Test(t, func(t *testing.T) {
		p := newFakePlatform()
		store := NewStore(dir, false)
		p.signedIn(t, store)
		strict := p.signer(t, store)
		var said []error
		patient := p.signer(t, store)
		patient.options.Unsaved = func(err error) { said = append(said, err) }
		if _, err := patient.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 0, Max: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		for range 3 { // each time the token has run out, and a new one is in memory alone
			time.Sleep(2 * time.Hour)
			for range 2 {
				if token, err := patient.Token(t.Context()); err != nil || !p.good(token) {
					t.Fatalf("a token that is good: %v, error %v", p.good(token), err)
				}
			}
		}
		if len(said) != 1 || !errors.Is(said[0], syscall.EFBIG) || !strings.Contains(said[0].Error(), "saving the sign-in of account work") {
			t.Errorf("said %q", said)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		token, err := patient.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if other, err := strict.Token(t.Context()); err != nil || other != token {
			t.Errorf("with room again the next run finds another token, or error %v", err)
		}
	})
}
