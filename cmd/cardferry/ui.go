package main

// The rules of what cardferry prints:
//
//   - Data goes to stdout, everything else to stderr.
//   - Lines about the run begin with "cardferry: ", in lower case, without a full
//     stop. An error line is followed by a hint line wherever something can be done.
//   - A record is named by its position, never by what stands in it.
//   - On a terminal there is a progress bar. Otherwise: what failed, and one summary.
//   - --quiet leaves errors alone; --verbose names every record.
//   - --json prints one object per line on stdout, the last one of type summary. If
//     stdout carries the data, the objects go to stderr.

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/files"
)

// uiFlags are global.
type uiFlags struct {
	quiet, verbose, json bool
}

// ui is the one place that prints. It is safe for concurrent use.
type ui struct {
	env
	uiFlags
	mu      sync.Mutex
	events  io.Writer // where --json goes
	unsaid  error     // the first one of writing there
	ended   bool      // the last object is printed
	bar     *bar
	reports []report
	runFiles
	command string
	// photoOf fetches a photo of the account for a report page; nil where there is
	// no account to ask.
	photoOf func(contact.ID) *contact.Photo
}

// line prints one line about the run.
func (u *ui) line(format string, args ...any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.bar.clear()
	fmt.Fprintf(u.stderr, "cardferry: "+format+"\n", args...)
}

// note prints a line that --quiet and --json leave out.
func (u *ui) note(format string, args ...any) {
	if !u.quiet && !u.json {
		u.line(format, args...)
	}
}

// event is what --json prints and the report file holds of one record.
type event struct {
	Type    string             `json:"type"`
	At      string             `json:"at,omitzero"`
	Outcome string             `json:"outcome,omitzero"`
	Reason  string             `json:"reason,omitzero"`
	ID      contact.ID         `json:"id,omitzero"`
	Folder  contact.FolderPath `json:"folder,omitzero"` // undo: the one that it removes
	Fields  []contact.Field    `json:"fields,omitempty"`
	Kept    []contact.Field    `json:"kept,omitempty"`
	Unread  []contact.Loss     `json:"unread,omitempty"`
	Losses  []contact.Loss     `json:"losses,omitempty"`
	// Case and Candidates are there for a record that waits for review.
	Case       string      `json:"case,omitzero"`
	Candidates []candidate `json:"candidates,omitempty"`

	pos    contact.Position
	failed bool
	who    *contact.Contact // the record; nil if it could not be read
	review *importer.ReviewCase
}

// candidate is a contact of the account that a record may be.
type candidate struct {
	ID      contact.ID      `json:"id"`
	Differs []contact.Field `json:"differs,omitempty"`
}

// record says what became of one record. loud means that it is worth a line even
// when nobody asked for one.
func (u *ui) record(e event, loud bool) {
	u.reported(e)
	if u.json {
		u.object(e)
		return
	}
	at := e.At
	if at == "" {
		at = strings.TrimPrefix(u.command, "cardferry ")
	}
	if loud || u.verbose {
		text := e.Outcome
		if e.Reason != "" {
			text += ": " + e.Reason
		}
		u.line("%s: %s%s", at, text, idSuffix(e.ID, u.verbose))
	}
	for _, l := range e.Unread {
		said := "not read: "
		if l.Kind == contact.Moved { // read, but perhaps not as it was meant
			said = ""
		}
		u.line("%s: %s%s%s", at, unlessExtra(l.Field), said, l.Reason)
	}
	if u.verbose {
		for _, l := range e.Losses {
			u.line("%s: %s", at, l)
		}
		for _, f := range e.Kept {
			u.line("%s: %s: the account's own value stands", at, f)
		}
		if len(e.Fields) > 0 {
			u.line("%s: changed: %s", at, joinFields(e.Fields))
		}
	}
}

// unlessExtra names a field before what is said of it. Extra is no word for people.
func unlessExtra(f contact.Field) string {
	if f == "extra" {
		return ""
	}
	return string(f) + " "
}

func idSuffix(id contact.ID, show bool) string {
	if !show || id == "" {
		return ""
	}
	return " [" + string(id) + "]"
}

func joinFields(fields []contact.Field) string {
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = string(f)
	}
	return strings.Join(words, ", ")
}

// dataGoesTo says where a command writes contacts: --json keeps clear of them.
func (u *ui) dataGoesTo(path string) {
	if path == files.Stdio {
		u.events = u.stderr
	}
}

// object prints one JSON line. What is no UTF-8, as names of files may be, is replaced
// by U+FFFD. An error is kept for the end of the run.
func (u *ui) object(v any) {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	u.mu.Lock()
	defer u.mu.Unlock()
	if err == nil {
		_, err = u.events.Write(append(text, '\n'))
	}
	if err != nil && u.unsaid == nil {
		u.unsaid = fmt.Errorf("writing what --json prints: %w", err)
	}
}

// lastObject prints the object that ends a run. It is of type summary.
func (u *ui) lastObject(v any) {
	u.ended = true
	u.object(v)
}

// summary is the last object of a run, and the end of its report.
type summary struct {
	Type      string `json:"type"` // summary
	Command   string `json:"command"`
	From      string `json:"from,omitzero"`
	To        string `json:"to,omitzero"`
	DryRun    bool   `json:"dryRun,omitzero"`
	Read      int    `json:"read"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	United    int    `json:"united"`
	Skipped   int    `json:"skipped"`
	Review    int    `json:"review"`
	Failed    int    `json:"failed"`

	Photos           int `json:"photos"`
	PhotosFailed     int `json:"photosFailed,omitzero"`
	PhotosNotReached int `json:"photosNotReached,omitzero"` // import: by a run that stopped
	Losses           int `json:"losses"`
	Unread           int `json:"unread,omitzero"`
	Kept             int `json:"kept,omitzero"`

	NotReached   int    `json:"notReached,omitzero"`   // import: those of failed that a run which stopped had not done with
	Existing     int    `json:"existing,omitzero"`     // import: contacts there before
	Unrecognised int    `json:"unrecognised,omitzero"` // import: those besides that could not be read
	Again        *again `json:"again,omitempty"`       // import: what a second run would write

	Undecided  int      `json:"undecided,omitzero"`  // decisions about records that are not in the input
	ReviewFile string   `json:"reviewFile,omitzero"` // where the records for review were written
	Rejects    []string `json:"rejects,omitempty"`   // where the records that failed were written

	Since *exporter.Since `json:"since,omitempty"` // incremental export: what has changed

	LossesByField []contact.LedgerRow `json:"lossesByField,omitempty"`
	Verified      *verified           `json:"verified,omitempty"` // import --verify
	Run           string              `json:"run,omitzero"`       // import: what undo takes
	Error         string              `json:"error,omitzero"`
}

// verified is what --verify read back.
type verified struct {
	Contacts  int `json:"contacts"`
	Photos    int `json:"photos"`
	Different int `json:"different"`
}

type again struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
}

// finish prints the summary and completes the report. It returns err, or what the
// summary itself means for the exit code.
func (u *ui) finish(s summary, text string, strict bool, err error) error {
	u.mu.Lock()
	u.bar.clear()
	u.mu.Unlock()
	s.Type, s.Command = "summary", u.command
	if err != nil {
		s.Error = err.Error()
	}
	if u.json {
		u.lastObject(s)
	} else if text != "" {
		u.note("%s", text)
		u.printLosses(s.LossesByField)
		if v := s.Verified; v != nil && v.Different == 0 {
			u.note("  read back %s and %s: all as written", count(v.Contacts, "contact"), count(v.Photos, "photo"))
		} else if v != nil {
			u.note("  read back %s and %s: %d not as written", count(v.Contacts, "contact"), count(v.Photos, "photo"), v.Different)
		}
		if s.Run != "" {
			u.note("to take it back: %s", shellLine([]string{"undo", s.Run}))
		}
	}
	if rerr := u.finishReports(s); rerr != nil && err == nil {
		err = rerr
	}
	switch {
	case err != nil:
		return err
	case s.Verified != nil && s.Verified.Different > 0:
		return errNotAsWritten
	case s.Failed+s.Review+s.Unread+s.PhotosFailed+s.Undecided+s.Unrecognised > 0, strict && s.Losses > 0:
		return errIncomplete
	}
	return nil
}

func (u *ui) printLosses(rows []contact.LedgerRow) {
	for _, r := range rows {
		kind := string(r.Kind)
		if r.Kind == contact.Stashed {
			kind += " (hidden from people, restored on reading)"
		}
		u.note("  %s %d× %s: %s", r.Field, r.Count, kind, r.Reason)
	}
}
