// Package roundtrip proves of contacts what a file format keeps of them: they are written
// to files and read again, and every field is compared.
package roundtrip

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/files"
)

// Report is what came back. Read is always Whole + Differing + Failed.
type Report struct {
	Read      int
	Whole     int // every field came back as it was
	Differing int
	Failed    int // records that could not be read, or written at all
	Unread    int // parts of records that could not be read in the first place
	// Unnamed counts differences that the encoder had named no loss for. There should be
	// none: each is a fault of the program.
	Unnamed int
	Fields  map[contact.Field]*Count
	Losses  contact.Ledger
}

// Count is what became of one field.
type Count struct {
	Had     int // contacts that had it
	Kept    int // of which it came back as it was
	Named   int // of which it did not, as the encoder had said
	Unnamed int // of which it did not, and nobody had said so
}

// Result is what became of one record that did not come back whole.
type Result struct {
	At      contact.Position
	Err     error // why it failed
	Unread  []contact.Loss
	Losses  []contact.Loss
	Differ  []contact.Field // in which it came back otherwise
	Unnamed []contact.Field // those of Differ that no loss names
}

// chunkLen is how many contacts go into one file.
const chunkLen = 200

// Through sends contacts through a format, in files below dir that are removed again.
// observe is told of every record that did not come back whole. An error that is not of
// one record ends it; a file of ours that cannot be read again is such an error.
func Through(ctx context.Context, contacts iter.Seq2[*contact.Contact, error], f *formats.Format, dir string, observe func(Result)) (*Report, error) {
	t := &trip{format: f, dir: dir, observe: observe, report: &Report{Fields: map[contact.Field]*Count{}}}
	chunk := make([]*contact.Contact, 0, chunkLen)
	for c, err := range contacts {
		if ctx.Err() != nil {
			return t.report, context.Cause(ctx)
		}
		if bad, ok := errors.AsType[*formats.RecordError](err); ok {
			t.failed(Result{At: bad.At, Err: bad.Err})
			continue
		}
		if err != nil {
			return t.report, err
		}
		if chunk = append(chunk, c); len(chunk) == chunkLen {
			if err := t.send(chunk); err != nil {
				return t.report, err
			}
			chunk = chunk[:0]
		}
	}
	return t.report, t.send(chunk)
}

type trip struct {
	format  *formats.Format
	dir     string
	observe func(Result)
	report  *Report
}

// send sends a chunk through one file. Where not as many come back as went, as a table
// passes over the row of a contact of which it holds nothing, each goes through a file of
// its own.
func (t *trip) send(chunk []*contact.Contact) error {
	if len(chunk) == 0 {
		return nil
	}
	sent, back, err := t.throughFile(chunk)
	if err != nil {
		return err
	}
	written := 0
	for i := range sent {
		if sent[i].Err == nil {
			written++
		}
	}
	if written != len(back) && len(chunk) > 1 {
		for i := range chunk {
			if err := t.send(chunk[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	for i, c := range chunk {
		if sent[i].Err != nil {
			t.failed(sent[i])
			continue
		}
		came := &contact.Contact{}
		if len(back) > 0 {
			came, back = back[0], back[1:]
		}
		t.compare(c, came, sent[i])
	}
	return nil
}

// throughFile writes contacts and reads them again.
func (t *trip) throughFile(chunk []*contact.Contact) ([]Result, []*contact.Contact, error) {
	dir, err := os.MkdirTemp(t.dir, "roundtrip-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "contacts"+t.format.Extensions[0])
	out, err := files.CreateFile(path, t.format)
	if err != nil {
		return nil, nil, err
	}
	defer out.Abort()
	sent := make([]Result, len(chunk))
	for i, c := range chunk {
		sent[i] = Result{At: c.At, Unread: c.Unread}
		if sent[i].Losses, err = out.Encode(c); err != nil {
			bad, ok := errors.AsType[*formats.RecordError](err)
			if !ok {
				return nil, nil, err
			}
			sent[i].Err = bad.Err
		}
	}
	if err := out.Commit(); err != nil {
		return nil, nil, err
	}
	var back []*contact.Contact
	reader := files.Reader{Format: t.format}
	for c, err := range reader.Contacts(path) {
		if err != nil {
			return nil, nil, fmt.Errorf("reading what was written: %w", err)
		}
		back = append(back, c)
	}
	return sent, back, nil
}

func (t *trip) failed(r Result) {
	t.report.Read++
	t.report.Failed++
	if t.observe != nil {
		t.observe(r)
	}
}

func (t *trip) compare(c, back *contact.Contact, r Result) {
	rep := t.report
	rep.Read++
	rep.Unread += len(r.Unread)
	rep.Losses.Add(r.Losses...)
	r.Differ = contact.Diff(c, back)
	for _, f := range contact.Fields() {
		if !c.Has(f) && !slices.Contains(r.Differ, f) {
			continue
		}
		n := rep.Fields[f]
		if n == nil {
			n = &Count{}
			rep.Fields[f] = n
		}
		n.Had++
		switch {
		case !slices.Contains(r.Differ, f):
			n.Kept++
		case slices.ContainsFunc(r.Losses, func(l contact.Loss) bool { return l.Root() == f }):
			n.Named++
		default:
			n.Unnamed++
			rep.Unnamed++
			r.Unnamed = append(r.Unnamed, f)
		}
	}
	if len(r.Differ) == 0 {
		rep.Whole++
	} else {
		rep.Differing++
	}
	if t.observe != nil && len(r.Differ)+len(r.Unread) > 0 {
		t.observe(r)
	}
}
