package main

import (
	"errors"

	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/files"
)

// leftovers are the files in which a run hands back what it could not do: the table of
// --review, and the records of --rejects.
type leftovers struct {
	review  *reviewFile
	rejects *files.Rejects // nil where they are not asked for
	err     error          // the first of adding
}

// openLeftovers begins the files. reader is what the records are read by, nil for those
// of an account. The caller defers close.
func openLeftovers(u *ui, f *importFlags, reader *files.Reader) (l *leftovers, err error) {
	u.reads(f.decisions...)
	if err := u.writes("--rejects", f.rejects); err != nil {
		return nil, err
	}
	if err := u.writes("--review", f.review); err != nil {
		return nil, err
	}
	if decided, err := readDecisions([]string{f.review}); err == nil && len(decided) > 0 {
		return nil, usage("carry them out with --decisions, or name another file",
			"--review %s holds decisions, which would be overwritten", f.review)
	}
	l = &leftovers{}
	if l.review, err = newReviewFile(f.review); err == nil && f.rejects != "" {
		l.rejects, err = files.NewRejects(f.rejects, reader)
	}
	if err != nil {
		l.close()
	}
	return l, err
}

func (l *leftovers) add(r importer.Result, e event) {
	if r.Review != nil {
		if err := l.review.add(e.At, e.Reason, r.Review); err != nil && l.err == nil {
			l.err = err
		}
	}
	if l.rejects != nil && r.Outcome == importer.Failed {
		l.rejects.Add(r.At, e.Reason, r.Record)
	}
}

// finish puts the files in place and returns the paths of those with rejected records.
func (l *leftovers) finish() (rejected []string, err error) {
	err = errors.Join(l.err, l.review.finish())
	if l.rejects != nil {
		paths, rerr := l.rejects.Write()
		if l.rejects.Len() > 0 {
			rejected = paths
		}
		err = errors.Join(err, rerr)
	}
	return rejected, err
}

func (l *leftovers) close() {
	l.review.abort()
	if l.rejects != nil {
		l.rejects.Close()
	}
}
