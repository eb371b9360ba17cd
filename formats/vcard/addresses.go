package vcard

import (
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// addressAt says where an address of the contact stands in the card.
type addressAt struct {
	index int // among the contact's addresses
	line  int
	group string
}

func readAddress(r *cardReader, p *property) bool {
	if !r.envelopes && strings.Trim(p.value, "; ") == "" && p.get("LABEL") == "" {
		return true // Exchange writes all three it knows
	}
	var a contact.Address
	parts := r.split(p.value, ';')
	for i, f := range addressParts(&a) {
		if i < len(parts) {
			*f = value(parts[i])
		}
	}
	more := tail(parts, 7)
	a.Label = value(p.get("LABEL"))
	a.Type, a.Preferred, a.Params = r.typed(p, addressKind)
	if more != "" { // formatted text of old Google exports, the many parts of RFC 9554
		a.Params = with(a.Params, paramMore, more)
	}
	r.homes = append(r.homes, addressAt{len(r.c.Addresses), p.line, p.group})
	add(&r.c.Addresses, r.room.addresses[:], a)
	return true
}

// addressParts returns the members of an address in the order of ADR.
func addressParts(a *contact.Address) [7]*string {
	return [...]*string{&a.POBox, &a.Extended, &a.Street, &a.City, &a.Region, &a.PostalCode, &a.Country}
}

// readAddressLabel reads the LABEL of 2.1 and 3.0, a property of its own. It
// belongs to the address of its group (to the one of its type, if there are
// several), else to the last one of its type before it, else to the first one of
// its type behind it. A label that is left over is
// an address of which only the label is known.
func readAddressLabel(r *cardReader, p *property) bool {
	label := contact.Address{Label: value(p.value)}
	if label.Label == "" {
		return true
	}
	label.Type, label.Preferred, label.Params = r.typed(p, addressKind)
	i := r.addressFor(p, label.Type)
	if i < 0 {
		add(&r.c.Addresses, r.room.addresses[:], label)
		return true
	}
	a := &r.c.Addresses[i]
	a.Label = label.Label
	for name, values := range label.Params {
		if _, ok := a.Params[name]; !ok && name != paramGroup {
			a.Params = with(a.Params, name, values...)
		}
	}
	return true
}

// addressFor returns the index of the address that a label belongs to, or -1.
func (r *cardReader) addressFor(p *property, typ string) int {
	best, rank := -1, 0
	for _, at := range r.homes {
		a := &r.c.Addresses[at.index]
		this, before := 0, at.line < p.line
		if at.group != "" && strings.EqualFold(at.group, p.group) {
			this += 4
		}
		if a.Type == typ {
			this += 2
		}
		if a.Label != "" || this == 0 {
			continue
		}
		if before {
			this++
		}
		if this > rank || this == rank && before { // the last one before it, the first one behind it
			best, rank = at.index, this
		}
	}
	return best
}
