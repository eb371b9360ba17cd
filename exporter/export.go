package exporter

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Report is what an export did. Read is always Written + Failed.
type Report struct {
	Read    int // contacts and unreadable records met
	Written int
	Failed  int // records that could not be read or written; each was handed to Observer.Record
	Photos  int // photos among the contacts written
	Unread  int // parts of records that could not be read; the rest of the record was written
	Losses  contact.Ledger
}

// Result is what became of one record.
type Result struct {
	At     contact.Position
	ID     contact.ID
	Err    error          // why the record failed; nil when it was written
	Unread []contact.Loss // what the reader could not make sense of
	Losses []contact.Loss // what the encoder could not keep
}

// Observer is told what happens, in order and from one goroutine. Nil members
// are not called.
type Observer struct {
	// Record is called for every record that failed, or of which anything was
	// unreadable or lost.
	Record func(Result)
	// Progress is called after every record with the number of them so far.
	Progress func(read int)
}

// Export encodes a sequence of contacts, from an account or a file; encode is the
// method of a formats.Encoder, which the caller closes when Export returned no
// error, and only then keeps the output. A record that fails is reported and the others go through; an
// error means that the output is not complete and must not be kept.
func Export(ctx context.Context, contacts iter.Seq2[*contact.Contact, error], encode func(*contact.Contact) ([]contact.Loss, error), ob Observer) (*Report, error) {
	r := &Report{}
	for c, err := range contacts {
		if ctx.Err() != nil {
			return r, context.Cause(ctx)
		}
		var res Result
		if err == nil {
			res = Result{At: c.At, ID: c.ID, Unread: c.Unread}
			res.Losses, err = encode(c)
		}
		if err != nil {
			bad, ok := errors.AsType[*formats.RecordError](err)
			if !ok {
				return r, err
			}
			if c == nil {
				res.At = bad.At
			}
			res.Err = bad.Err
		}
		r.count(c, &res)
		if ob.Record != nil && (res.Err != nil || len(res.Unread)+len(res.Losses) > 0) {
			ob.Record(res)
		}
		if ob.Progress != nil {
			ob.Progress(r.Read)
		}
	}
	return r, ctx.Err()
}

func (r *Report) count(c *contact.Contact, res *Result) {
	r.Read++
	r.Unread += len(res.Unread)
	if res.Err != nil {
		r.Failed++
		return
	}
	r.Written++
	r.Losses.Add(res.Losses...)
	if c.Photo != nil && !slices.ContainsFunc(res.Losses, isLostPhoto) {
		r.Photos++
	}
}

func isLostPhoto(l contact.Loss) bool { return l.Field == "photo" && l.Kind == contact.Dropped }
