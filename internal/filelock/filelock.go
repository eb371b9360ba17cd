// Package filelock keeps two processes from doing one thing at the same time, by a
// lock on a file that the operating system ends with the process at the latest. The
// file itself stays: to remove it would let two in.
package filelock

import "errors"

// ErrLocked says that somebody else has the lock.
var ErrLocked = errors.New("locked by another run")
