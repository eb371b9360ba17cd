package cardtext

import (
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/vcard"
)

// Contact returns the contact that a card of the properties is, with what was unread of
// them before.
func Contact(all []Property, unread []string) (*contact.Contact, error) {
	card, refused := Text(all)
	c, err := vcard.Unmarshal(card)
	if err != nil {
		return nil, err
	}
	for i, l := range c.Unread {
		c.Unread[i].Reason = withoutLine(l.Reason)
	}
	for _, reason := range append(unread, refused...) {
		c.Unread = append(c.Unread, contact.Loss{Field: "extra", Kind: contact.Dropped, Reason: reason})
	}
	return c, nil
}

// withoutLine takes the number of a line off a reason: the card never had any.
func withoutLine(reason string) string {
	if rest, ok := strings.CutPrefix(reason, "line "); ok {
		if number, text, found := strings.Cut(rest, ": "); found && strings.Trim(number, "0123456789") == "" {
			return text
		}
	}
	return reason
}

// Losses returns the losses of writing c, of which back is what reading gives: those that
// are known, and every difference that none of them names.
func Losses(c, back *contact.Contact, known []contact.Loss) []contact.Loss {
	named := map[contact.Field]bool{}
	for _, l := range known {
		named[l.Root()] = true
	}
	for _, f := range contact.NormalizeDiff(c, back) {
		switch {
		case named[f]:
		case !back.Has(f):
			known = append(known, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "the format cannot carry it"})
		default:
			known = append(known, contact.Loss{Field: f, Kind: contact.Moved, Reason: "reads back in another form"})
		}
	}
	return known
}
