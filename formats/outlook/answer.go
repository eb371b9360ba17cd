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
	for _, f := range contact.Diff(expected, stored) {
		switch {
		case f == "photo":
		case stored.Has(f):
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Truncated, Reason: "not kept by the service as it was sent"})
		default:
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "not kept by the service"})
		}
	}
	return stored, losses, nil
}
