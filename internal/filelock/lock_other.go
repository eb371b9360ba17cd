//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import (
	"errors"
	"os"
)

// Try keeps out nobody: the system has no locks that end with their process.
func Try(string) (unlock func(), err error) { return func() {}, nil }

// Hold has no lock to take.
func Hold(*os.File) error { return errors.ErrUnsupported }
