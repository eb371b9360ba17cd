package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/internal/atomicfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// names returns the names in dir.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestOldFileStandsUntilCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.vcf")
	write(t, path, "old")
	f, err := atomicfile.Create(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	long := strings.Repeat("x", 1<<20) // beyond any buffer
	if _, err := f.Write([]byte(long)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("before Commit the file holds %d bytes", len(got))
	}
	temp := strings.Fields(names(t, dir))[0]
	if !strings.HasPrefix(temp, ".people.vcf.tmp-") || len(temp) != len(".people.vcf.tmp-01234567") {
		t.Errorf("temporary name %q", temp)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if got := read(t, path); got != long {
		t.Errorf("after Commit the file holds %d bytes, want %d", len(got), len(long))
	}
	if got := names(t, dir); got != "people.vcf" {
		t.Errorf("the directory holds %q", got)
	}
}

func TestAbort(t *testing.T) {
	for _, old := range []string{"", "old"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		want := ""
		if old != "" {
			write(t, path, old)
			want = "f"
		}
		f, err := atomicfile.Create(path, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte("new"))
		f.Abort()
		f.Abort()
		if _, err := f.Write([]byte("more")); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Write after Abort: %v", err)
		}
		if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Commit after Abort: %v", err)
		}
		if got := names(t, dir); got != want {
			t.Errorf("the directory holds %q, want %q", got, want)
		}
		if old != "" && read(t, path) != old {
			t.Error("the old file changed")
		}
	}
}

func TestCommitTwice(t *testing.T) {
	f, err := atomicfile.Create(filepath.Join(t.TempDir(), "f"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Commit: %v", err)
	}
}

func TestMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are another thing there")
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.Write(path, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, path); got != 0o600 {
		t.Errorf("a new file has mode %v", got)
	}
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, path); got != 0o664 {
		t.Errorf("a replaced file has mode %v, want that of the old one", got)
	}
}

// TestSymlink writes through links: to a file, to none yet, over several steps,
// and relative to a directory that is itself reached by a link.
func TestSymlink(t *testing.T) {
	tests := []struct {
		name, path, file string
		links            map[string]string
	}{
		{"to a file", "link", "real/old", map[string]string{"link": "real/old"}},
		{"dangling", "link", "real/new", map[string]string{"link": "real/new"}},
		{"two steps", "link", "real/old", map[string]string{"link": "second", "second": "real/old"}},
		{"above a linked directory", "short/link", "real/top", map[string]string{"short": "real/sub", "real/sub/link": "../top"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "real", "sub"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "real", "old"), "old")
			for link, to := range test.links {
				if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
					t.Skip("no symbolic links here: ", err)
				}
			}
			path := filepath.Join(dir, test.path)
			if err := atomicfile.Write(path, []byte("new"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := read(t, filepath.Join(dir, test.file)); got != "new" {
				t.Errorf("the file holds %q", got)
			}
			info, err := os.Lstat(path)
			if err != nil || info.Mode()&fs.ModeSymlink == 0 {
				t.Errorf("the link is gone: %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestSymlinkLoop(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", path); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	if err := atomicfile.Write(path, nil, 0o600); err == nil {
		t.Error("a link to itself was written")
	}
}

func TestErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), "")
	for _, path := range []string{dir, filepath.Join(dir, "no", "such"), filepath.Join(dir, "file", "below")} {
		err := atomicfile.Write(path, nil, 0o600)
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), ".tmp-") {
			t.Errorf("error %v, want one that names %s", err, path)
		}
	}
}

func TestLongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("ü", 125)+".json") // 255 bytes
	if err := atomicfile.Write(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "x" {
		t.Errorf("the file holds %q", got)
	}
}

func TestRenameFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	f, err := atomicfile.Create(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Commit over a directory: %v", err)
	}
	if got := names(t, dir); got != "f" {
		t.Errorf("the directory holds %q", got)
	}
}
