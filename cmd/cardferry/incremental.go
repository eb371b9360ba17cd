package main

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/internal/files"
)

const incrementalHelp = `With --incremental an export leaves its state in DEST.cardferry-state: the contacts
as they were read, and where to go on. The next one asks the account only for what
has changed since, and writes the same DEST as a full export would. Delete that file
to have everything read again; nothing but time is lost with it. A photo that
changes alone is noticed when the service tells that its contact has changed.
`

// stateOf returns where the state of an incremental export to path is: beside it,
// for a directory as for a file.
func stateOf(path string) string {
	path = filepath.Clean(path)
	if base := filepath.Base(path); base == "." || base == ".." {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
	}
	return path + files.StateSuffix
}

// scope says what the state of this export is the state of.
func (x *exportCommand) scope(s *session, from end, path string) (exporter.Scope, error) {
	a, err := s.env.account(from.account)
	if err != nil {
		return exporter.Scope{}, err
	}
	format, err := x.forWriting(path, x.split != "")
	if err != nil {
		return exporter.Scope{}, err
	}
	variant := map[string]string{"vcard": x.vcardVersion, "csv": x.csvDialect, "outlook-json": x.jsonDialect}[format.Name]
	scope := exporter.Scope{
		Account: strings.Join([]string{a.name, a.provider, a.url, string(a.dialect), a.user}, " "),
		Photos:  x.photos,
		Format:  strings.TrimSpace(fmt.Sprint(format.Name, " ", variant, " ", x.forWhom, " ", x.split)),
	}
	if from.folder != nil {
		scope.Folder = string(*from.folder)
	}
	return scope, nil
}

// openState opens the state of an incremental export, and says so if there is one
// that is of no use.
func (x *exportCommand) openState(s *session, from, to end) (*exporter.State, error) {
	if to.path == files.Stdio {
		return nil, usage("name a file, or a directory with --split", "--incremental needs a DEST that the next run finds again")
	}
	scope, err := x.scope(s, from, to.path)
	if err != nil {
		return nil, err
	}
	path := stateOf(to.path)
	state, err := exporter.OpenState(path, scope)
	if err == nil && state.Ignored() != "" {
		x.line("warning: %s is not used, and everything is read again: %s", path, state.Ignored())
	}
	return state, err
}

// changed returns the account's contacts by what has changed since the last run.
func (s *source) changed(ctx context.Context, state *exporter.State, photos bool) iter.Seq2[*contact.Contact, error] {
	o := exporter.Options{Folder: s.end.folder, Photos: photos}
	return withoutPhotos(photos, inAccount(s.end.account, state.Contacts(ctx, s.Source, o)))
}

// sinceLast says what an incremental export has found, for its last line.
func sinceLast(s exporter.Since) string {
	if !s.Again {
		return ""
	}
	return fmt.Sprintf("; since the last run %d new, %d changed, %d gone", s.Added, s.Changed, s.Removed)
}
