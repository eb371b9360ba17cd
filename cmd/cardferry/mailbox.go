package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// Two accounts can be one mailbox, whatever their names, dialects and sign-ins. It shows in
// the id of the default folder, which no other mailbox of the service has, when the
// folders are listed: before a contact is read.

// mailbox names the mailbox of which these are the folders.
func (a *account) mailbox(folders []contact.Folder) string {
	if len(folders) == 0 {
		return a.provider + " " + a.name
	}
	first := max(0, slices.IndexFunc(folders, func(f contact.Folder) bool { return f.Default }))
	service := ""
	if u, err := url.Parse(a.url); err == nil && a.dav != nil { // there it is a path, on its server
		service = u.Host
	}
	sum := sha256.Sum256([]byte(service + " " + string(folders[first].ID)))
	return hex.EncodeToString(sum[:16])
}

// isSink returns what takes note of the mailbox that a run writes to, and with lock keeps
// out other runs that write there under another name.
func (s *session) isSink(a *account, lock bool) func([]contact.Folder) error {
	return func(folders []contact.Folder) error {
		if s.sink != "" {
			return nil
		}
		name := a.mailbox(folders)
		if lock {
			if err := s.lockFile("mailbox-" + name); err != nil {
				return fmt.Errorf("account %s: its mailbox is %w", a.name, err)
			}
		}
		s.sink = name
		return nil
	}
}

// isNotSink returns what refuses to read the mailbox that the run writes to.
func (s *session) isNotSink(a *account) func([]contact.Folder) error {
	return func(folders []contact.Folder) error {
		if s.sink != "" && s.sink == a.mailbox(folders) {
			return usage("name another account as SINK", "SOURCE and SINK are the same mailbox, under two names")
		}
		return nil
	}
}
