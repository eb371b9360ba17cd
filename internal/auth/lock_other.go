//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package auth

// tryLock keeps out nobody: the system has no locks that end with their process.
func tryLock(string) (unlock func(), err error) { return func() {}, nil }
