package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/importer/planfile"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

type applyCommand struct {
	*ui
	runFlags
	importFlags
}

func newApply(u *ui) *cobra.Command {
	x := &applyCommand{ui: u}
	c := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Carry out a plan that import or migrate --plan has made",
		Long: `Apply carries out what a file says that "import --plan FILE" or "migrate --plan FILE"
has made. The file holds the records, photos included, and how they are to be treated;
what they were read from is not needed any more.

If the account has changed since the plan was made, apply refuses (6) and writes
nothing. With --yes it plans anew for the account as it is, and carries that out.

` + exitCodesHelp,
		Example: "  cardferry migrate old: new: --plan move.plan\n  cardferry apply move.plan",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return x.run(c.Context(), args[0]) },
	}
	x.runFlags.addReport(c)
	x.importFlags.addWriting(c)
	return c
}

// planOptions are those of a plan: all that the outcome of a record depends on.
type planOptions struct {
	Policy    string              `json:"policy"`
	Region    string              `json:"region,omitempty"`
	Photos    bool                `json:"photos"`
	OnLoss    string              `json:"onLoss"`
	Decisions []importer.Decision `json:"decisions,omitempty"`
}

func (x *applyCommand) run(ctx context.Context, path string) error {
	plan, err := planfile.Open(func() (io.ReadCloser, error) { return os.Open(path) })
	if errors.Is(err, planfile.ErrFormat) {
		return usage("make one with: cardferry import FILE SINK --plan "+path, "%s: %w", path, err)
	}
	if err != nil {
		return err
	}
	var o planOptions
	if err := json.Unmarshal(plan.Header.Options, &o); err != nil {
		return usage("", "%s: %w", path, planfile.ErrFormat)
	}
	to := parseEnd(plan.Header.Sink)
	if err := to.mustBeAccount("the plan's SINK"); err != nil {
		return err
	}
	x.reads(path)
	x.policy, x.region, x.photos, x.onLoss = o.Policy, o.Region, o.Photos, o.OnLoss
	return x.session(func(s *session) error {
		left, err := openLeftovers(x.ui, &x.importFlags, nil)
		if err != nil {
			return err
		}
		defer left.close()
		b := bringing{ui: x.ui, runFlags: x.runFlags, importFlags: x.importFlags, what: plan.Header.From, verb: "imported", same: "plan " + plan.End.Digest, applied: plan, decided: o.Decisions}
		return b.bring(ctx, s, plan.Records(), to, left)
	})
}

// expect says in which state the account of a plan must be.
func (b *bringing) expect(t *target) (string, error) {
	if b.applied == nil {
		return "", nil
	}
	if t.account.identity() != b.applied.Header.Identity {
		return "", &fault{exitRefused, fmt.Errorf("account %s is another mailbox now than when the plan was made", t.account.name), ""}
	}
	if b.yes {
		return "", nil
	}
	return b.applied.End.State, nil
}

// changedSince explains why a plan is refused.
func (b *bringing) changedSince(s *session) error {
	runs, err := b.runs("")
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.err == nil && r.info.Same == b.same && r.info.State() == journal.Finished {
			return &fault{exitRefused, fmt.Errorf("the plan was carried out already, by %s", r.info.ID), "to carry it out once more, add --yes"}
		}
	}
	return &fault{exitRefused, importer.ErrAccountChanged, "make a new plan; or add --yes, to plan anew and carry that out"}
}

// planOutput is the file of --plan. A nil one takes everything and writes nothing.
type planOutput struct {
	file  *atomicfile.File
	plan  *planfile.Writer
	saved bool // the file is in place
}

// openPlan begins the file of --plan, which is readable by its owner only.
func (b *bringing) openPlan(t *target, o importer.Options) (*planOutput, error) {
	if b.plan == "" {
		return nil, nil
	}
	options, err := json.Marshal(planOptions{Policy: b.policy, Region: b.region, Photos: b.photos, OnLoss: b.onLoss, Decisions: o.Decisions})
	if err != nil {
		return nil, err
	}
	if err := b.writes("--plan", b.plan); err != nil {
		return nil, err
	}
	file, err := atomicfile.Create(b.plan, 0o600)
	if err != nil {
		return nil, err
	}
	header := planfile.Header{Command: b.env.args, From: b.what, Sink: t.end.text, Identity: t.account.identity(), Options: options}
	if t.end.folder != nil {
		header.Sink = t.end.account + ":" + string(*t.end.folder)
	}
	return &planOutput{file: file, plan: planfile.NewWriter(file, header)}, nil
}

func (p *planOutput) watch(records iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	if p == nil {
		return records
	}
	return p.plan.Watch(records)
}

func (p *planOutput) add(e event) {
	if p != nil {
		p.plan.Outcome(planfile.Outcome{At: e.At, Outcome: e.Outcome, Reason: e.Reason, ID: e.ID, Fields: e.Fields})
	}
}

// finish puts the file in place.
func (p *planOutput) finish(state string) error {
	if p == nil {
		return nil
	}
	if err := p.plan.End(state); err != nil {
		return err
	}
	err := p.file.Commit()
	p.saved = err == nil
	return err
}

func (p *planOutput) abort() {
	if p != nil {
		p.file.Abort()
	}
}
