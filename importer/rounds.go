package importer

import (
	"context"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spool"
)

// What one record changes can decide about another that waits for review: the contact
// that they shared has another name now, or an address less. A second run would see that
// and write, so the first one does: as long as something was written and somebody waits,
// everything is matched anew against the account as it is then.

// contactPass decides and writes, round by round.
func (im *importing) contactPass(ctx context.Context) error {
	waiting, err := im.round(ctx, nil)
	for err == nil && len(waiting) > 0 && len(im.wrote) > 0 {
		if err = im.updateIndex(); err == nil {
			err = im.in.claim(im.plan.index)
		}
		if err != nil {
			break
		}
		before := len(waiting)
		if waiting, err = im.round(ctx, waiting); len(waiting) == before {
			break
		}
	}
	for _, d := range waiting {
		p, perr := im.in.person(d.leader)
		if perr != nil {
			return perr
		}
		d.person = p
		im.finish(d, nil, nil)
	}
	im.report.Undecided = im.plan.decisions.unmet()
	return err
}

// heldPhotos bounds the memory that the photos of a batch take.
const heldPhotos = 8 << 20

// round decides and writes, person by person. Matching goes in order, but whoever is as
// its contact is goes before who would change it; records that somebody decided to be one
// contact are carried out together, at the end. It returns the
// decisions of those that wait for review, without their records. Given those of the
// round before it matches everybody once more, and carries out no others than them.
func (im *importing) round(ctx context.Context, before []*decision) (waiting []*decision, err error) {
	open := map[int32]bool{}
	for _, d := range before {
		open[d.leader] = true
	}
	im.plan.taken, im.plan.last = map[int32]bool{}, false
	i, end := 0, len(im.in.leader)
	var shared []*decision
	var postponed []int32
	err = im.inBatches(ctx, func(ctx context.Context, size int) (steps []step, more bool, err error) {
		var batch []*decision
		photoBytes := 0
		for ; i < end+len(postponed) && len(batch) < size && photoBytes < heldPhotos; i++ {
			leader := int32(i)
			if im.plan.last = i >= end; im.plan.last {
				leader = postponed[i-end]
			}
			if im.in.leader[leader] != leader {
				continue // it goes with the first record of its person
			}
			p, err := im.in.person(leader)
			if err != nil {
				return nil, false, err
			}
			d, err := im.plan.match(p)
			if err != nil {
				return nil, false, err
			}
			switch {
			case d.postponed:
				postponed = append(postponed, leader)
			case before != nil && !open[d.leader]:
			case d.outcome == Review:
				d.person = &person{leader: d.leader}
				waiting = append(waiting, d)
			case im.plan.isShared(d):
				photoBytes += p.photoBytes()
				shared = append(shared, d)
			default:
				photoBytes += p.photoBytes()
				batch = append(batch, d)
			}
		}
		more = i < end+len(postponed)
		if !more {
			batch = append(batch, im.plan.joinDecided(shared)...)
		}
		steps, err = im.decide(ctx, batch)
		return steps, more, err
	})
	if err == nil {
		err = im.settle(ctx, 0)
	}
	return waiting, err
}

// wrote is a person whose contact the run has created or changed.
type wrote struct {
	leader int32
	entry  int32       // of the index; -1 for one that was created
	now    *spool.Slot // nil in a dry run
}

// noteWrote notes what became of a decision. im.mu is held.
func (im *importing) noteWrote(d *decision, now *contact.Contact) {
	if d.outcome != Created && d.outcome != Updated {
		return
	}
	w := wrote{leader: d.leader, entry: -1}
	if d.outcome == Updated {
		w.entry = d.entry
	}
	if now != nil {
		slot, err := im.kept.Add(withoutData(now))
		if err != nil {
			return // those who wait go on waiting
		}
		w.now = &slot
	}
	im.wrote = append(im.wrote, w)
}

// withoutData returns a contact as listings have it: with a photo, but not its bytes.
func withoutData(c *contact.Contact) *contact.Contact {
	if c.Photo == nil {
		return c
	}
	bare := *c
	bare.Photo = &contact.Photo{}
	return &bare
}

// updateIndex enters what was written into the index.
func (im *importing) updateIndex() error {
	for _, w := range im.wrote {
		c, err := im.contactOf(w)
		if err != nil {
			return err
		}
		entry := w.entry
		if entry < 0 {
			entry = int32(len(im.plan.index.slots))
			im.in.claims[w.leader] = append(im.in.claims[w.leader], entry)
			im.in.claimed[entry] = w.leader
		}
		if err := im.plan.index.put(entry, c); err != nil {
			return err
		}
	}
	im.wrote = nil
	return nil
}

// contactOf returns what a write has made, in a dry run what it would make.
func (im *importing) contactOf(w wrote) (*contact.Contact, error) {
	if w.now != nil {
		return im.kept.Get(*w.now)
	}
	p, err := im.in.person(w.leader)
	if err != nil {
		return nil, err
	}
	want := p.contact
	if w.entry >= 0 {
		stored, err := im.plan.index.get(w.entry)
		if err != nil {
			return nil, err
		}
		want = im.plan.merge(stored, p.contact)
	}
	c, _ := im.plan.project(want)
	return withoutData(c), nil
}
