package atomicfile_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/internal/atomicfile"
)

// TestMain is the program itself when a test starts it again to have it killed: then it
// begins to write the file that is named, says so, and does not end.
func TestMain(m *testing.M) {
	path := os.Getenv("ATOMICFILE_TO_BE_KILLED")
	if path == "" {
		os.Exit(m.Run())
	}
	f, err := atomicfile.Create(path, 0o600)
	if err == nil {
		_, err = f.Write(make([]byte, 1<<20))
	}
	fmt.Println(err)
	time.Sleep(time.Hour)
}

func TestLeftoverOfAKilledRunIsRemoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system does not tell who writes a file")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "people.vcf")
	killed := exec.Command(os.Args[0])
	killed.Env = append(os.Environ(), "ATOMICFILE_TO_BE_KILLED="+path)
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	defer killed.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "<nil>\n" {
		t.Fatal(line, err)
	}
	temp := names(t, dir)
	others := []string{".people.vcf.tmp-012345", ".people.vcf.tmp-notdigit", ".people.vcfx.tmp-01234567"}
	for _, name := range others {
		write(t, filepath.Join(dir, name), "somebody else's")
	}
	// next begins to write the file, when nobody has touched what is there since then, and
	// returns what is left.
	next := func(since time.Duration) string {
		for _, name := range strings.Fields(names(t, dir)) {
			then := time.Now().Add(-since)
			if err := os.Chtimes(filepath.Join(dir, name), then, then); err != nil {
				t.Fatal(err)
			}
		}
		f, err := atomicfile.Create(path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Abort()
		return names(t, dir)
	}
	all := append(slices.Clone(others), temp)
	slices.Sort(all)
	if got := next(2 * atomicfile.LeftoverAge); got != strings.Join(all, " ") {
		t.Errorf("while it is written: %s", got)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()
	if got := next(0); got != strings.Join(all, " ") {
		t.Errorf("just after the kill: %s", got)
	}
	if got := next(2 * atomicfile.LeftoverAge); got != strings.Join(others, " ") {
		t.Errorf("later: %s", got)
	}
}
