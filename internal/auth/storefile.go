package auth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/cardferry/cardferry/internal/atomicfile"
	"github.com/cardferry/cardferry/internal/filelock"
)

const (
	loginPrefix = "login-"
	loginSuffix = ".json"
)

// path returns the file of an account's login.
func (s *Store) path(account string) string {
	return filepath.Join(s.dir, fileName(account)+loginSuffix)
}

// fileName escapes what file systems fold, forbid or read something into: "Work" and
// "work" are two accounts.
func fileName(account string) string {
	var b strings.Builder
	b.WriteString(loginPrefix)
	for _, c := range []byte(account) {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02x", c)
		}
	}
	return b.String()
}

// accountOf is the way back from the name of a file.
func accountOf(file string) (account string, ok bool) {
	name, isLogin := strings.CutPrefix(file, loginPrefix)
	name, isJSON := strings.CutSuffix(name, loginSuffix)
	parts := strings.Split(name, "=")
	account = parts[0]
	for _, part := range parts[1:] {
		if len(part) < 2 {
			return "", false
		}
		c, err := hex.DecodeString(part[:2])
		if err != nil {
			return "", false
		}
		account += string(c) + part[2:]
	}
	return account, isLogin && isJSON && fileName(account)+loginSuffix == file
}

// makeDir makes the directory one that the user alone can look into.
func (s *Store) makeDir() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(s.dir)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(s.dir, 0o700)
}

// writeWhole makes data the content of a file that the user alone can read, and that
// is at all times either the old one or the new one.
func writeWhole(path string, data []byte) error {
	// An old file keeps its mode, which somebody may have widened.
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Write(path, data, 0o600)
}

// tempPattern matches the temporary files of atomicfile.
func tempPattern(path string) string { return "." + filepath.Base(path) + ".tmp-*" }

// sweep removes what killed runs left of an account's login, for it holds tokens.
// The caller has the lock, so that nobody else is writing.
func (s *Store) sweep(account string) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return // there is nothing to remove, or the write after this says why
	}
	for _, entry := range entries {
		if ours, _ := filepath.Match(tempPattern(s.path(account)), entry.Name()); ours {
			os.Remove(filepath.Join(s.dir, entry.Name()))
		}
	}
}

const (
	lockPoll = 50 * time.Millisecond
	lockWait = 2 * time.Minute // longer than a renewal takes with all its tries
)

// lock keeps other processes, and other Signers of this one, from changing an
// account's login. Where the system has no such locks, it keeps out nobody; then the
// login is still read anew before it is renewed.
func (s *Store) lock(ctx context.Context, account string) (unlock func(), err error) {
	if err := s.makeDir(); err != nil {
		return nil, fmt.Errorf("locking the sign-in of account %s: %w", account, err)
	}
	path := filepath.Join(s.dir, fileName(account)+".lock") // stays: to remove it would let two in
	for deadline := time.Now().Add(lockWait); ; {
		unlock, err := filelock.Try(path)
		if err == nil {
			return unlock, nil
		}
		if !errors.Is(err, filelock.ErrLocked) {
			return nil, fmt.Errorf("locking the sign-in of account %s: %w", account, err)
		}
		if time.Now().After(deadline) {
			return nil, &SignInError{Account: account, Text: "another run does not finish renewing the sign-in", Hint: string(tryLater), temporary: true}
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}
