package atomicfile

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cardferry/cardferry/internal/filelock"
)

// tempMark stands between a file's name and the digits in that of a temporary one.
const tempMark = ".tmp-"

// LeftoverAge is how long nobody has touched what is taken for the leftover of a killed
// run: what is made is held a moment later.
const LeftoverAge = time.Minute

// Sweep removes the temporary files that killed runs have left in a directory whose files
// all come from here.
func Sweep(dir string) { sweep(dir, ".") }

// sweep removes the abandoned temporary files of dir whose names begin with prefix. What
// cannot be removed stays.
func sweep(dir, prefix string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if isTemp(e.Name(), prefix) && e.Type().IsRegular() && filelock.Abandoned(path, LeftoverAge) {
			os.Remove(path)
		}
	}
}

// isTemp reports whether a name is one that openTemp gives, and begins with prefix.
func isTemp(name, prefix string) bool {
	digits := max(len(name)-8, 0)
	_, err := strconv.ParseUint(name[digits:], 16, 32)
	return err == nil && strings.HasPrefix(name, prefix) && strings.HasSuffix(name[:digits], tempMark) && len(prefix) <= digits
}
