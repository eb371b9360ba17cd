// Package filelock keeps two processes from doing one thing at the same time, by a
// lock on a file that the operating system ends with the process at the latest. The
// file itself stays: to remove it would let two in.
package filelock

import (
	"errors"
	"os"
	"time"
)

// ErrLocked says that somebody else has the lock.
var ErrLocked = errors.New("locked by another run")

// Abandoned reports whether a temporary file or directory was left by a run that is no
// more: whoever makes one calls [Hold] on it, and nobody does. What was changed within
// the last age may still be about to be held. It is false where the system cannot tell.
func Abandoned(path string, age time.Duration) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() || time.Since(info.ModTime()) < age {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return Hold(f) == nil
}
