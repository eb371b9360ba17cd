package exporter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Scope says what a state is the state of.
type Scope struct {
	Account string `json:"account"` // its name, and where and how it is reached
	Folder  string `json:"folder"`  // the one folder, or "" for all
	Photos  bool   `json:"photos"`
	Format  string `json:"format"` // of the output, with its variant
}

// differs says in what other differs, "" if it does not.
func (s Scope) differs(other Scope) string {
	switch {
	case s == other:
		return ""
	case s.Account != other.Account:
		return "it belongs to another account"
	case s.Folder != other.Folder:
		return "it belongs to an export of another folder"
	}
	return "it belongs to an export with another format or other options"
}

// State is what one incremental export leaves to the next, in one file: every contact
// as it was read, with its photo, and how to ask what has changed since. The output
// is made of it anew each time, so it depends on the account alone, and on nothing
// that has become of an earlier output.
//
// The caller opens it, takes the contacts from [State.Contacts], puts the output in
// place, calls Commit, and defers Close. A run that ends between the two leaves an old
// state, whose next run writes the same output.
type State struct {
	path    string
	scope   Scope
	old     *stateReader
	ignored string
	new     *stateWriter
	done    bool
	since   Since
}

// Since is what an export has found to have changed since the last one.
type Since struct {
	Again   bool `json:"-"` // there was a last one
	Added   int  `json:"added"`
	Changed int  `json:"changed"`
	Removed int  `json:"removed"`
}

// OpenState opens the state in the file of that path, which need not exist. A state
// of another scope or version, and a damaged one, is not used; Ignored then says why.
func OpenState(path string, scope Scope) (*State, error) {
	s := &State{path: path, scope: scope}
	old, err := openStateFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case errors.Is(err, errStateDamaged), errors.Is(err, errStateVersion):
		s.ignored = err.Error()
		return s, nil
	case err != nil:
		return nil, err
	}
	if s.ignored = old.index.Scope.differs(scope); s.ignored != "" {
		old.close()
		return s, nil
	}
	s.old = old
	return s, nil
}

// Ignored says why there is a file that is not used, "" otherwise.
func (s *State) Ignored() string { return s.ignored }

// Before returns how many contacts the last export found.
func (s *State) Before() int { return s.old.contacts() }

// Since returns what has changed, when all contacts have been taken.
func (s *State) Since() Since { return s.since }

// Contacts returns the contacts of a source as the function [Contacts] does, but asks
// only for what has changed since the last export. Within a folder they come in the
// order of their ids.
//
// A photo is fetched where the contact is new, where it has changed in any way (the
// service does not say whether in its photo), and where it could not be fetched the
// last time. A photo that changes alone is noticed only where the service then gives
// the contact a new version and tells of it.
func (s *State) Contacts(ctx context.Context, src Source, o Options) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		var err error
		if s.new, err = createStateFile(s.path); err != nil {
			yield(nil, err)
			return
		}
		u := &update{state: s, tracker: TrackerOf(src), reading: newReading(src, o)}
		for it := range u.items(ctx, u.list) {
			if it.err == nil {
				if err := s.keep(it); err != nil {
					yield(nil, err)
					return
				}
			}
			if !yield(it.contact, it.err) || it.err != nil && !formats.IsRecordError(it.err) {
				return
			}
		}
		if err := s.new.finish(u.index); err != nil {
			yield(nil, err)
			return
		}
		s.since, s.done = u.since, true
	}
}

// keep writes a contact into the new file.
func (s *State) keep(it *item) error {
	raw := it.raw
	if raw == nil || it.photo != nil {
		var err error
		if raw, err = recordOf(it); err != nil {
			return err
		}
	}
	return s.new.add(it.folder, raw)
}

// recordOf returns the record of a contact that has been read. One whose photo did
// not come is marked, and keeps none of the complaints about it.
func recordOf(it *item) ([]byte, error) {
	kept := *it.contact
	kept.At = contact.Position{}
	marks := byte(0)
	if it.photo != nil && it.photo.failed {
		marks = photoPending
		kept.Unread = slices.DeleteFunc(slices.Clone(kept.Unread), func(l contact.Loss) bool { return l.Field == "photo" })
		if kept.Photo == nil {
			kept.Photo = &contact.Photo{}
		}
	}
	return appendRecord(nil, &kept, marks)
}

// Commit puts the new state in the place of the old one. The output that was made of
// it must be in place before.
func (s *State) Commit() error {
	if !s.done {
		return fmt.Errorf("writing %s: not all contacts have been taken", s.path)
	}
	s.old.close() // some systems do not replace a file that is open
	s.old = nil
	return s.new.file.Commit()
}

// Close gives up what has not been committed, and closes the old file.
func (s *State) Close() {
	s.old.close()
	s.old = nil
	if s.new != nil {
		s.new.file.Abort()
	}
}
