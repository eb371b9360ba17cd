package main

import (
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

// reviewFile is the table of --review: one row for each record that waits, with what a
// person needs to decide and a first column for the decision. It opens in Excel and
// LibreOffice. A nil reviewFile takes everything and writes nothing.
type reviewFile struct {
	file *atomicfile.File
	out  *csv.Writer
	rows int
}

// The columns of the table. The reader finds them by these names.
const (
	columnDecision  = "decision"
	columnRecord    = "record id"
	columnCandidate = "candidate %d id"

	idMark = "id:" // keeps a spreadsheet from taking an id for a number or a formula
)

func newReviewFile(path string) (*reviewFile, error) {
	columns := []string{columnDecision, "choices", "person", "reason", "where"}
	for n := range importer.MaxCandidates {
		columns = append(columns, fmt.Sprintf("candidate %d", n+1), fmt.Sprintf("candidate %d differs", n+1))
	}
	columns = append(columns, columnRecord)
	for n := range importer.MaxCandidates {
		columns = append(columns, fmt.Sprintf(columnCandidate, n+1))
	}
	return newDecisionTable(path, columns)
}

// newDecisionTable begins a table with those columns; nil for no path.
func newDecisionTable(path string, columns []string) (*reviewFile, error) {
	if path == "" {
		return nil, nil
	}
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	r := &reviewFile{file: file, out: csv.NewWriter(file)}
	r.out.UseCRLF = true
	if _, err := file.Write([]byte("\ufeff")); err != nil { // Excel takes the file for UTF-8
		file.Abort()
		return nil, err
	}
	return r, r.out.Write(columns)
}

func (r *reviewFile) add(at, reason string, rc *importer.ReviewCase) error {
	if r == nil {
		return nil
	}
	r.rows++
	choices := []string{string(importer.ActCreate), string(importer.ActSkip)}
	for n := range rc.Candidates {
		choices = append(choices, fmt.Sprintf("%s %d", importer.ActMerge, n+1))
	}
	row := []string{"", strings.Join(choices, ", "), personLine(rc.Record), reason, at}
	ids := []string{rc.ID}
	for n := range importer.MaxCandidates {
		if n >= len(rc.Candidates) {
			row, ids = append(row, "", ""), append(ids, "")
			continue
		}
		c := rc.Candidates[n]
		who := personLine(c.Contact)
		if c.Contact.Folder != "" {
			who += " · folder " + string(c.Contact.Folder)
		}
		row, ids = append(row, who, differences(rc.Record, c)), append(ids, idMark+string(c.Contact.ID))
	}
	if rc.More > 0 {
		row[3] += fmt.Sprintf("; %d more candidates are not shown", rc.More)
	}
	for i := range row {
		row[i] = harmless(row[i])
	}
	row = append(row, idMark+ids[0])
	return r.out.Write(append(row, ids[1:]...))
}

// differences says in which fields a candidate has something else: "title: Boss, not
// Chair".
func differences(record *contact.Contact, c importer.Candidate) string {
	var parts []string
	for _, f := range c.Differs {
		parts = append(parts, fmt.Sprintf("%s: %s, not %s", fieldLabel(f),
			strings.Join(fieldValues(c.Contact, f), "; "), strings.Join(fieldValues(record, f), "; ")))
	}
	return strings.Join(parts, "\n")
}

// harmless keeps a spreadsheet from taking somebody's name for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (r *reviewFile) finish() error {
	if r == nil {
		return nil
	}
	r.out.Flush()
	if err := r.out.Error(); err != nil {
		return err
	}
	return r.file.Commit()
}

func (r *reviewFile) abort() {
	if r != nil {
		r.file.Abort()
	}
}
