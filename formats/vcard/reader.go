package vcard

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

// origin is what our Extra has as its Origin.
const origin = "vcard"

// Parameters and properties of our own, for what vCard has no name for.
const (
	paramLabel = "X-CARDFERRY-LABEL" // a type that neither TYPE nor X-ABLabel can carry
	paramText  = "X-CARDFERRY-NAME"  // the name shown for an address or a web page
	paramMore  = "X-CARDFERRY-MORE"  // in Params only: the end of a value that the model has no place for
	paramLists = "X-CARDFERRY-LISTS" // in Params only: the components of a name, as they stand where one is a list
	paramEmpty = "X-CARDFERRY-EMPTY" // of an FN or REV that stands in for none
	paramRaw   = "X-CARDFERRY-RAW"   // of a part whose TYPE=X-… is no label

	propLabel   = "X-ABLABEL"
	propExtra   = "X-CARDFERRY-EXTRA"
	propAgent   = "AGENT"
	desktopMark = "X-MS-OL-" // begins properties of Outlook's own
)

// cardReader makes a contact of a card. One serves all cards of a stream.
type cardReader struct {
	tokens tokenizer
	props  []property
	parts  []string // reused by split

	rooms   rooms
	room    *room
	c       *contact.Contact // the room's
	modern  bool             // 3.0 or 4.0: commas make lists
	version string
	clean   bool // every text of the card is, and readers trim
	labels  []groupLabel
	// inGroups are the properties in a group; grouped says that the group of one
	// of them has become a parameter.
	inGroups []*property
	grouped  bool
	// envelopes says that there is a LABEL, packed that there is an Extra as JSON.
	envelopes, packed bool
	late              []*property // to be read when all else has been
	homes             []addressAt // the contact's addresses, where they stand in the card
	desktop           bool        // written by Outlook, which has an office in its address
}

// groupLabel is an X-ABLabel, the type of the other properties of its group.
type groupLabel struct {
	prop *property
	text string
	used bool
}

// read makes the contact. An error says that nothing of the card was readable.
func (r *cardReader) read(card *rawCard) (*contact.Contact, error) {
	r.clean = card.clean
	r.room = r.rooms.next()
	r.c = &r.room.contact
	r.c.At = card.at
	r.late, r.homes, r.desktop = r.late[:0], r.homes[:0], false
	r.c.Unread = append(r.c.Unread, card.faults...)
	r.parse(card)
	if len(r.props) == 0 && len(r.c.Unread) > len(card.faults) {
		return nil, formats.RecordErrorf(card.at, "no line of the card could be read")
	}
	r.collectGroups()
	for i := range r.props {
		r.take(&r.props[i])
	}
	for _, p := range r.late {
		if !p.entry.read(r, p) {
			r.extra(p)
		}
	}
	return r.finish(), nil
}

// parse takes the card's lines apart.
func (r *cardReader) parse(card *rawCard) {
	r.version = ""
	for _, l := range card.lines {
		if text := card.text(l); len(text) > 8 && text[0]|0x20 == 'v' && strings.EqualFold(text[:8], "VERSION:") {
			r.version = strings.TrimSpace(text[8:])
			break
		}
	}
	r.modern = r.version != "" && r.version != "2.1"
	r.tokens.modern = r.modern
	r.props = slices.Grow(r.props[:0], len(card.lines))
	for _, l := range card.lines {
		n := len(r.props)
		r.props = r.props[:n+1]
		if !r.tokens.parse(&r.props[n], card.text(l), l.number, card.clean) {
			r.props = r.props[:n]
			r.unread("extra", contact.Dropped, fmt.Sprintf("line %d: not a property", l.number))
			continue
		}
		for _, fault := range r.tokens.faults {
			r.unread("extra", contact.Truncated, fmt.Sprintf("line %d: %s", l.number, fault))
		}
	}
}

// take puts one property where it belongs in the contact, else into Extra.
func (r *cardReader) take(p *property) {
	switch p.name {
	case gv.FieldVersion, "PROFILE":
		return
	case "BEGIN", "END":
		r.unread("extra", contact.Dropped, fmt.Sprintf("line %d: it frames something else than a card", p.line))
		return
	case propLabel:
		if p.group != "" {
			return // finish looks at those that nobody used
		}
	}
	if !p.sought {
		p.entry, p.known = readers[p.name]
		p.sought = true
	}
	switch {
	case p.entry.late:
		r.late = append(r.late, p)
		return
	case p.known:
		if !p.entry.read(r, p) {
			r.extra(p)
		}
		return
	}
	if strings.HasPrefix(p.name, desktopMark) {
		r.desktop = true
	}
	r.extra(p)
}

// finish does what needs the whole card.
func (r *cardReader) finish() *contact.Contact {
	c := r.c
	for i := range r.labels {
		if l := &r.labels[i]; !l.used {
			r.extra(l.prop)
		}
	}
	if r.desktop && r.version == "2.1" {
		r.moveOffice()
	}
	if r.clean {
		contact.Tidy(c)
	} else {
		contact.Normalize(c)
	}
	if r.grouped && dropLoneGroups(c) {
		contact.Normalize(c)
	}
	return c
}

// moveOffice undoes what Outlook does: its own cards have the office where an
// address has its suite.
func (r *cardReader) moveOffice() {
	for i := range r.c.Addresses {
		if a := &r.c.Addresses[i]; a.Type == contact.Work && a.Extended != "" && r.c.Organization.Office == "" {
			r.c.Organization.Office, a.Extended = a.Extended, ""
			return
		}
	}
}

func (r *cardReader) unread(f contact.Field, kind contact.LossKind, reason string) {
	r.c.Unread = append(r.c.Unread, contact.Loss{Field: f, Kind: kind, Reason: reason})
}

// extra keeps a property as it is.
func (r *cardReader) extra(p *property) {
	x := asExtra(p)
	if hasForms(p.name) {
		x = modernForm(x, r.version == "2.1")
	}
	r.keep(x)
}

func asExtra(p *property) contact.Extra {
	x := contact.Extra{Origin: origin, Name: p.spelled, Value: p.value}
	for _, q := range p.params {
		setParam(&x.Params, q.name, q.value)
	}
	if p.group != "" {
		setParam(&x.Params, paramGroup, p.group)
	}
	return x
}

func setParam(params *contact.Params, name string, values ...string) {
	if *params == nil {
		*params = contact.Params{}
	}
	(*params)[name] = append((*params)[name], values...)
}

// with returns params and one more value. The maps of parameters are shared, and
// nobody changes one.
func with(params contact.Params, name string, values ...string) contact.Params {
	all := make(contact.Params, len(params)+1)
	maps.Copy(all, params)
	all[name] = append(slices.Clip(all[name]), values...)
	return all
}

// attach keeps the parameters of a property whose value the model has: as an
// Extra of that name without a value. more is the rest of such a value.
func (r *cardReader) attach(name string, p *property, more string) {
	params := r.scalarParams(p)
	if more != "" {
		params = with(params, paramMore, more)
	}
	r.attachParams(name, params)
}

func (r *cardReader) attachParams(name string, params contact.Params) {
	if len(params) > 0 {
		r.keep(contact.Extra{Origin: origin, Name: name, Params: params})
	}
}

func (r *cardReader) keep(x contact.Extra) { add(&r.c.Extra, r.room.extra[:], x) }

// scalarParams returns the parameters that mean something beside the value, nil
// if none does.
func (r *cardReader) scalarParams(p *property) contact.Params {
	if p.scalar == nil {
		var params contact.Params
		for _, q := range p.params {
			switch q.name {
			case gv.ParamValue, paramEncoding, paramMore, paramLists, paramNoYear:
				continue
			}
			setParam(&params, q.name, q.value)
		}
		p.scalar = &params
	}
	if p.group == "" {
		return *p.scalar
	}
	r.grouped = true
	return with(*p.scalar, paramGroup, p.group)
}

// typed returns what the parameters of a part say: its type, whether it is the
// preferred one, and all else.
func (r *cardReader) typed(p *property, k *kind) (typ string, preferred bool, rest contact.Params) {
	if len(p.params) == 0 && p.group == "" {
		return "", false, nil
	}
	label := r.label(p, k)
	says := p.kinds[k.index]
	if says == nil || label != "" {
		says = &saying{}
		says.typ, says.preferred, says.rest = k.read(p.params, label)
		if label == "" {
			p.kinds[k.index] = says
		}
	}
	if p.group == "" || r.isLone(p) {
		return says.typ, says.preferred, says.rest
	}
	r.grouped = true
	return says.typ, says.preferred, with(says.rest, paramGroup, p.group)
}

// isLone reports whether the group of a part is Apple's way to attach a label and
// nothing else: dropLoneGroups would forget it.
func (r *cardReader) isLone(p *property) bool {
	if !isItem(p.group) || r.packed { // what is packed may be in the group, too
		return false
	}
	l := r.labelOf(p.group)
	for _, q := range r.inGroups {
		if q != p && (l == nil || !l.used || q != l.prop) && strings.EqualFold(q.group, p.group) {
			return false
		}
	}
	return true
}

// label returns the type that the property's label says, "" if it has none.
func (r *cardReader) label(p *property, k *kind) string {
	if own := strings.TrimSpace(p.get(paramLabel)); own != "" {
		return own
	}
	if l := r.labelOf(p.group); l != nil {
		l.used = true
		return k.labelType(l.text)
	}
	return ""
}

func (r *cardReader) labelOf(group string) *groupLabel {
	if group == "" {
		return nil
	}
	for i := range r.labels {
		if strings.EqualFold(r.labels[i].prop.group, group) {
			return &r.labels[i]
		}
	}
	return nil
}

// collectGroups notes what is in a group, and the labels.
func (r *cardReader) collectGroups() {
	r.labels, r.inGroups, r.grouped, r.envelopes, r.packed = r.labels[:0], r.inGroups[:0], false, false, false
	for i := range r.props {
		p := &r.props[i]
		r.envelopes = r.envelopes || p.name == "LABEL"
		r.packed = r.packed || p.name == propExtra
		if p.group == "" {
			continue
		}
		r.inGroups = append(r.inGroups, p)
		if p.name == propLabel {
			r.labels = append(r.labels, groupLabel{prop: p, text: value(p.value)})
		}
	}
}

// split splits a raw value. The parts are valid until the next call.
func (r *cardReader) split(raw string, sep byte) []string {
	r.parts = splitRaw(r.parts[:0], raw, sep)
	return r.parts
}

// room is a contact with space for as many parts as most have: one piece of memory
// in place of six.
type room struct {
	contact    contact.Contact
	emails     [2]contact.Email
	phones     [4]contact.Phone
	addresses  [1]contact.Address
	websites   [1]contact.Website
	categories [2]string
	extra      [4]contact.Extra
}

// rooms makes rooms, several at a time, for that costs less. One that is kept keeps
// its few neighbours in memory.
type rooms struct {
	free []room
	last int // how many were made at a time
}

func (r *rooms) next() *room {
	if len(r.free) == 0 {
		r.last = min(2*r.last+1, 7)
		r.free = make([]room, r.last)
	}
	next := &r.free[0]
	r.free = r.free[1:]
	return next
}

// add appends to a list of the model, which begins in the space given.
func add[T any](list *[]T, space []T, item T) {
	if *list == nil {
		*list = space[:0:len(space)]
	}
	*list = append(*list, item)
}
