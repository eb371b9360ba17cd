package outlook

import (
	"fmt"
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// Answer returns the contact as the service has it now, by its answer to the
// request that created sent, or that changed something into sent. The answer shows
// no extended properties; what travelled in them is taken as kept. The losses are
// the fields that the service did not keep as they were sent. Folder and photo are
// those of sent. An answer that is no contact with an id is an error.
func Answer(data []byte, sent *contact.Contact, d Dialect) (*contact.Contact, []contact.Loss, error) {
	p := prepare(sent, d, false)
	expected := p.item.restore()
	it := p.item
	it.categories = slices.Clone(it.categories) // those are of sent
	if err := newReader().item(data, it); err != nil {
		return nil, nil, fmt.Errorf("reading the answer: %w", err)
	}
	stored := it.restore()
	if stored.ID == "" {
		return nil, nil, fmt.Errorf("reading the answer: it has no id")
	}
	stored.Folder, stored.Photo = sent.Folder, sent.Photo
	var losses []contact.Loss
	for _, f := range contact.NewPatch(expected, stored).Fields {
		switch {
		case stored.Has(f):
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Truncated, Reason: "not kept by the service as it was sent"})
		default:
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "not kept by the service"})
		}
	}
	return stored, losses, nil
}

// Hide returns the body of a request that hides beside the contact what the service did
// not keep as it was sent, as its answer says, so that it comes back on reading; the
// contact as it is read then; and the losses, those that remain among them. The body is
// nil where there is nothing to be hidden, or no room for it. What was to go and did not
// is not hidden: people see it.
func Hide(data []byte, sent *contact.Contact, d Dialect) (body []byte, stored *contact.Contact, losses []contact.Loss) {
	p := prepare(sent, d, false)
	expected := p.item.restore()
	it := p.item
	it.categories = slices.Clone(it.categories)
	if newReader().item(data, it) != nil {
		return nil, nil, nil
	}
	full := *expected
	for _, f := range contact.Diff(expected, it.restore()) {
		if f == "photo" {
			continue
		}
		if !expected.Has(f) {
			full.Set(f, it.contact(false))
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Truncated, Reason: "not kept by the service as it was sent"})
			continue
		}
		losses = append(losses, contact.Loss{Field: f, Kind: contact.Stashed, Reason: "the service keeps it in another form"})
	}
	stash, err := contact.Stash(&full, it.contact(false))
	if err != nil || len(stash) > maxStash || stash == it.text[slotStash] {
		return nil, nil, nil
	}
	it.text[slotStash] = stash
	stored = it.restore()
	stored.Folder, stored.Photo = sent.Folder, sent.Photo
	w := newWriter(nil, d)
	w.open('{')
	w.properties(func(yield func(id, value string)) { yield(stashID, stash) })
	w.close('}')
	return w.b, stored, losses
}
