package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cardferry/cardferry/importer/journal"
)

// journalExtension is that of the files in the directory of runs. Their names are
// the runs' ids: when it began, and the account.
const journalExtension = ".journal"

// noJournal is the value of --journal that keeps none.
const noJournal = "off"

func (e *env) runsDir() string { return filepath.Join(e.stateDir(), "runs") }

// storedRun is a run whose journal is kept.
type storedRun struct {
	id, path string
	info     journal.Info
	// err is why the journal cannot be looked into: journal.ErrInUse while the run goes
	// on, and journal.ErrFormat or ErrDamaged.
	err    error
	active time.Time // when the run last wrote to the account, undo not counted
}

// runs returns the runs whose journals are kept, that which wrote last first; account
// is "" for those of all accounts.
func (e *env) runs(account string) ([]storedRun, error) {
	if err := e.checkDirs(); err != nil {
		return nil, err
	}
	found, err := os.ReadDir(e.runsDir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []storedRun
	for _, f := range found {
		id, ok := strings.CutSuffix(f.Name(), journalExtension)
		file, err := f.Info()
		if !ok || err != nil || account != "" && accountOf(id) != account {
			continue
		}
		r := storedRun{id: id, path: filepath.Join(e.runsDir(), f.Name()), active: file.ModTime()}
		if r.info, r.err = readInfo(r.path); r.err == nil {
			r.active = r.info.Updated
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b storedRun) int { return cmp.Or(b.active.Compare(a.active), strings.Compare(b.id, a.id)) })
	return all, nil
}

func readInfo(path string) (journal.Info, error) {
	j, err := journal.Read(path)
	if err != nil {
		return journal.Info{}, err
	}
	return j.Info(), j.Close()
}

// runTime is how the id of a run begins; the account follows.
const runTime = "20060102-150405-"

func accountOf(id string) string { return id[min(len(runTime), len(id)):] }

// newRunID names a run that begins now.
func (e *env) newRunID(account string, now time.Time) string {
	for ; ; now = now.Add(time.Second) {
		id := now.UTC().Format(runTime) + account
		if _, err := os.Lstat(filepath.Join(e.runsDir(), id+journalExtension)); err != nil {
			return id
		}
	}
}

// findRun returns the path of the journal that RUN names: an id, "last", the path of a
// file, or the beginning of an id.
func (e *env) findRun(name string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) || strings.HasSuffix(name, journalExtension) {
		return name, nil // whether it is there shows when it is opened
	}
	runs, err := e.runs("")
	if err != nil {
		return "", err
	}
	var found []storedRun
	for _, r := range runs {
		if r.id == name || name == "last" {
			return r.path, nil
		}
		if name != "" && strings.HasPrefix(r.id, name) {
			found = append(found, r)
		}
	}
	if file, err := os.Stat(name); err == nil && file.Mode().IsRegular() {
		return name, nil
	}
	switch {
	case len(found) == 1:
		return found[0].path, nil
	case len(found) > 1:
		return "", usage("list them with: cardferry runs", "%d runs begin with %q", len(found), name)
	case len(runs) == 0:
		return "", notFound("a run that writes nothing leaves nothing to take back", "there are no runs")
	}
	return "", notFound("list them with: cardferry runs", "there is no run %q", name)
}

// identity says which mailbox an account is, and by which kind of ids it knows its
// contacts: Graph's are not those of Outlook REST.
func (a *account) identity() string {
	var where string
	ids, user := "outlook", cmp.Or(a.user, "me")
	switch {
	case a.provider == providerSandbox:
		where = a.name
	case a.dav != nil:
		where, user = cmp.Or(a.url, a.dav.preset.Name, a.domain), a.dav.user
	default:
		where = cmp.Or(a.url, a.dialect.BaseURL())
	}
	if u, err := url.Parse(where); err == nil && u.Host != "" {
		where = u.Host
	}
	switch {
	case a.dav != nil:
		ids = "hrefs"
	case a.dialect.Graph():
		ids = "graph"
	}
	return strings.Join([]string{a.provider, where, ids, user}, " ")
}

// same is equal for command lines that bring the same thing to the same place.
// Paths are made absolute: the command may be given elsewhere the next time.
func same(command string, from []string, to end) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", command, to.text)
	for _, f := range from {
		if e := parseEnd(f); !e.isAccount() {
			if abs, err := filepath.Abs(f); err == nil {
				f = abs
			}
		}
		fmt.Fprintln(h, f)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// openJournal returns the journal for a run: that of an earlier run of the same
// import that was interrupted, or a new one. file is the value of --journal.
func (s *session) openJournal(a *account, file, same string) (j *journal.Journal, err error) {
	now := time.Now()
	info := journal.Info{ID: s.env.newRunID(a.name, now), Account: a.name, Identity: a.identity(), Command: s.env.args, Same: same, Started: now.UTC().Round(0)}
	if file != "" {
		j, err = reopen(file, &info)
	} else {
		j, err = s.env.interrupted(&info, s.onDamaged)
	}
	if err != nil {
		return nil, err
	}
	if j == nil {
		if file == "" {
			file = filepath.Join(s.env.runsDir(), info.ID+journalExtension)
		}
		j = journal.New(file, info)
	}
	s.closers = append(s.closers, j.Close)
	return j, nil
}

// interrupted opens the journal of the latest run of the same import to the same
// account, if it was interrupted; nil if there is none. onDamaged is told of journals
// that cannot be read, and may be nil.
func (e *env) interrupted(info *journal.Info, onDamaged func(path string)) (*journal.Journal, error) {
	runs, err := e.runs(info.Account)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		switch {
		case errors.Is(r.err, journal.ErrInUse):
			return nil, r.err
		case r.err != nil: // not ours to touch; a lost journal only costs time
			if onDamaged != nil {
				onDamaged(r.path)
			}
		case r.info.Account != info.Account || r.info.Identity != info.Identity || r.info.Same != info.Same:
		case r.info.State() == journal.Interrupted:
			return journal.Open(r.path)
		default:
			return nil, nil
		}
	}
	return nil, nil
}

// reopen opens the journal that --journal names; nil if it is to be made.
func reopen(file string, info *journal.Info) (*journal.Journal, error) {
	j, err := journal.Open(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, journal.ErrFormat), errors.Is(err, journal.ErrDamaged):
		return nil, usage("name another file", "--journal: %w", err)
	case err != nil:
		return nil, err
	}
	found := j.Info()
	if found.Identity != info.Identity {
		j.Close()
		return nil, usage("name another file", "--journal %s: it is of a run into account %s", file, found.Account)
	}
	if found.Undo == nil {
		return j, nil // whatever this run writes is added to it
	}
	if err := j.Close(); err != nil {
		return nil, err
	}
	if found.State() != journal.Undone {
		return nil, usage("finish it with: cardferry undo "+file+", or name another file", "--journal %s: its run was taken back in part", file)
	}
	return nil, os.Remove(file)
}
