package outlook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// maxStash is how much text is hidden beside a contact. Exchange takes more, but
// every listing carries it.
const maxStash = 8 << 10

// prepared is a contact ready to be written.
type prepared struct {
	item   *item
	losses []contact.Loss
	extra  []int // the indexes that the extra properties had, as far as they are still hidden
}

// Project returns the contact as it would be read back after it was created in the
// dialect, and what of it is stashed or dropped. The photo is as it was: it has a
// pass of its own. c is to be normalised, and is not changed.
func Project(c *contact.Contact, d Dialect) (*contact.Contact, []contact.Loss) {
	p := prepare(c, d, false)
	back := p.item.restore()
	keepBookkeeping(back, c)
	return back, p.losses
}

// keepBookkeeping takes over what is no part of the item.
func keepBookkeeping(back, c *contact.Contact) {
	back.ID, back.Version, back.Folder = c.ID, c.Version, c.Folder
	back.Created, back.Modified = c.Created, c.Modified
	back.Photo, back.At = c.Photo, c.At
}

// prepare places a contact, and hides in its stash what finds no place.
func prepare(c *contact.Contact, d Dialect, kept bool) *prepared {
	it, losses := place(c, d, kept)
	it.text[slotKey] = c.Key
	p := &prepared{item: it, losses: losses}
	p.hide(c)
	return p
}

// hide fills the stash with what the item does not show of the contact.
func (p *prepared) hide(c *contact.Contact) {
	shown := p.item.contact(false)
	p.nameLosses(contact.Diff(c, p.item.contact(true)))
	full := c
	for {
		stash, err := contact.Stash(full, shown)
		if err == nil && len(stash) <= maxStash {
			p.item.text[slotStash] = stash
			return
		}
		if full == c {
			lesser := *c
			full = &lesser
		}
		p.drop(full, shown, len(stash)-maxStash)
	}
}

// nameLosses adds a loss for every hidden field of which nobody has said why.
func (p *prepared) nameLosses(hidden []contact.Field) {
	for _, f := range hidden {
		named := slices.ContainsFunc(p.losses, func(l contact.Loss) bool { return l.Root() == f })
		if !named && f != "photo" {
			p.losses = append(p.losses, contact.Loss{Field: f, Kind: contact.Stashed, Reason: "the service has no place for it"})
		}
	}
}

// drop gives up the largest hidden field of full, or as many of its extra
// properties, largest first, as the excess asks for.
func (p *prepared) drop(full, shown *contact.Contact, excess int) {
	var largest contact.Field
	size := -1
	for _, f := range contact.Diff(full, shown) {
		n := len(full.Value(f))
		if n == 0 && full.Has(f) {
			n = math.MaxInt // no text can be made of it
		}
		if f != "photo" && n > size {
			largest, size = f, n
		}
	}
	switch largest {
	case "":
		full.UID = "" // nothing else is left
		p.dropped("uid")
	case "extra":
		p.dropExtra(full, excess)
	default:
		full.Set(largest, shown)
		p.dropped(largest)
	}
}

// dropped notes that a field, or an item of one, is not even stashed.
func (p *prepared) dropped(f contact.Field) {
	p.losses = slices.DeleteFunc(p.losses, func(l contact.Loss) bool { return l.Field == f || l.Root() == f })
	p.losses = append(p.losses, contact.Loss{Field: f, Kind: contact.Dropped,
		Reason: "no more than 8 KiB can be hidden beside a contact"})
}

// dropExtra takes properties out of full until what they hold is the excess. Which ones
// does not depend on their order: what is stored, joined once more with what it came
// from, must not become something else.
func (p *prepared) dropExtra(full *contact.Contact, excess int) {
	if p.extra == nil {
		p.extra = ascending(len(full.Extra))
	}
	order := ascending(len(full.Extra))
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := full.Extra[i], full.Extra[j]
		return cmp.Or(cmp.Compare(extraSize(b), extraSize(a)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Value, b.Value))
	})
	gone := make([]bool, len(order))
	for _, i := range order {
		gone[i] = true
		p.dropped(contact.Field(fmt.Sprintf("extra[%d]", p.extra[i])))
		if excess -= extraSize(full.Extra[i]); excess <= 0 {
			break
		}
	}
	var left []int
	var kept []contact.Extra
	for i, x := range full.Extra {
		if !gone[i] {
			kept, left = append(kept, x), append(left, p.extra[i])
		}
	}
	full.Extra, p.extra = kept, left
}

func ascending(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// extraSize is how much of the stash a property takes, or a few bytes more: none is to go
// for whose sake the stash need not be smaller.
func extraSize(x contact.Extra) int {
	text, err := json.Marshal(x)
	if err != nil {
		return len(x.Name) + len(x.Value)
	}
	return len(text) + len(",12345,")
}
