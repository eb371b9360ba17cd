package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Store keeps one [Login] for each account: in the system's keyring where that
// works, else in a file that the user alone can read. It is safe for concurrent use,
// by several processes too.
//
// Its directory has a file for each login in any case, which says where the tokens
// are, and a lock file beside it.
type Store struct {
	dir  string
	ring ring // nil for none
}

// NewStore returns the store in a directory, whose path is absolute and which comes
// to be when something is saved. Without the keyring, logins are kept in files; one
// that is in the keyring already cannot be loaded then.
func NewStore(dir string, useKeyring bool) *Store {
	s := &Store{dir: filepath.Clean(dir)}
	if useKeyring {
		s.ring = systemRing{}
	}
	return s
}

// record is a login as it is written down.
type record struct {
	Login
	AccessToken  string `json:"accessToken,omitzero"`
	RefreshToken string `json:"refreshToken,omitzero"`
}

func (r record) login() *Login {
	r.access, r.refresh = r.AccessToken, r.RefreshToken
	return &r.Login
}

// maxRecord is the longest file of a login that is read.
const maxRecord = 1 << 20

// Save makes l the login of its account. After an error the old one still stands,
// unless the error is about the directory alone.
func (s *Store) Save(ctx context.Context, l *Login) error {
	unlock, err := s.lock(ctx, l.Account)
	if err != nil {
		return err
	}
	defer unlock()
	return s.save(ctx, l)
}

// save is Save for who holds the lock.
func (s *Store) save(ctx context.Context, l *Login) error {
	old, _ := s.read(l.Account) // none, or one that is of no use any more
	kept := s.keepInRing(ctx, l)
	r := record{Login: *l}
	r.Keyring = kept
	if !kept {
		r.AccessToken, r.RefreshToken = l.access, l.refresh
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	s.sweep(l.Account)
	if err := writeWhole(s.path(l.Account), data); err != nil {
		return fmt.Errorf("saving the sign-in of account %s: %w", l.Account, err)
	}
	if old != nil && old.Keyring && !kept {
		_ = s.dropFromRing(ctx, l.Account) // it holds nothing but what the file has in a newer form
	}
	l.Keyring = kept
	return nil
}

// Load returns the login of an account. Where there is none, or none that can be
// read, the error is [ErrSignIn].
func (s *Store) Load(ctx context.Context, account string) (*Login, error) {
	r, err := s.read(account)
	if err != nil {
		return nil, err
	}
	if !r.Keyring {
		return r.login(), nil
	}
	kept, err := s.fromRing(ctx, account)
	if err != nil {
		return nil, err
	}
	l := kept.login()
	l.Keyring = true
	return l, nil
}

// read returns the file of an account's login.
func (s *Store) read(account string) (*record, error) {
	f, err := os.Open(s.path(account))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Config{Account: account}.needed("nobody has signed in")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the sign-in of account %s: %w", account, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRecord))
	if err != nil {
		return nil, fmt.Errorf("reading the sign-in of account %s: %w", account, err)
	}
	return parseRecord(data, account)
}

func parseRecord(data []byte, account string) (*record, error) {
	var r record
	// The decoder's errors may quote what they stumble over.
	if json.Unmarshal(data, &r) != nil || r.Account != account {
		return nil, Config{Account: account}.needed("the stored sign-in is damaged")
	}
	return &r, nil
}

// Delete forgets the login of an account, if there is one. The identity platform is
// not told: it has no way to be.
func (s *Store) Delete(ctx context.Context, account string) error {
	if _, err := os.Lstat(s.path(account)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := s.lock(ctx, account)
	if err != nil {
		return err
	}
	defer unlock()
	r, err := s.read(account)
	if err != nil && !errors.Is(err, ErrSignIn) {
		return err
	}
	// A damaged file does not say whether the keyring has anything.
	if err := s.dropFromRing(ctx, account); err != nil && r != nil && r.Keyring {
		return err
	}
	s.sweep(account)
	if err := os.Remove(s.path(account)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forgetting the sign-in of account %s: %w", account, err)
	}
	return nil
}

// List returns the logins by account, without their tokens and without asking the
// keyring. Files that cannot be read are in the error, and the others are returned
// beside it.
func (s *Store) List() ([]Login, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the sign-ins: %w", err)
	}
	var logins []Login
	var bad []error
	for _, entry := range entries {
		account, ok := accountOf(entry.Name())
		if !ok {
			continue
		}
		r, err := s.read(account)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		logins = append(logins, r.Login.withoutTokens())
	}
	slices.SortFunc(logins, func(a, b Login) int { return strings.Compare(a.Account, b.Account) })
	return logins, errors.Join(bad...)
}
