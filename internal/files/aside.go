package files

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/cardferry/cardferry/internal/atomicfile"
	"github.com/cardferry/cardferry/internal/filelock"
)

// asidePrefix begins the name of the directory in which an output directory is made;
// digits follow.
const asidePrefix = ".cardferry-"

// hold locks a directory until it is closed, so that no other run takes it for the leftover
// of one that was killed.
func hold(dir string) *os.File {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	if filelock.Hold(f) != nil {
		f.Close()
		return nil
	}
	return f
}

// sweepAside removes what killed runs have left in an output directory.
func sweepAside(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		digits, ours := strings.CutPrefix(e.Name(), asidePrefix)
		path := filepath.Join(dir, e.Name())
		if ours && e.IsDir() && strings.Trim(digits, "0123456789") == "" && filelock.Abandoned(path, atomicfile.LeftoverAge) {
			os.RemoveAll(path)
		}
	}
}
