package vcard

import (
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// The other people on a card: relations, and the two that have a place of their
// own in the organization.

// relationReader reads a property whose name says the relation: X-SPOUSE.
func relationReader(typ string) reader {
	return func(r *cardReader, p *property) bool {
		said, _, params := r.typed(p, relateKind)
		if said != "" {
			params = with(params, gv.ParamType, said)
		}
		r.relate(contact.Relation{Name: value(p.value), Type: typ, Params: params})
		return true
	}
}

// readRelated reads RELATED (RFC 6350, 6.6.6). One that is a link to another card
// is kept as it is: a link is no name.
func readRelated(r *cardReader, p *property) bool {
	if !strings.EqualFold(p.get(gv.ParamValue), "text") && hasScheme(value(p.value)) {
		return false
	}
	return readRelatedName(r, p)
}

// readRelatedName reads Apple's X-ABRELATEDNAMES, and RELATED with a name. The
// first manager and the first assistant go to the organization.
func readRelatedName(r *cardReader, p *property) bool {
	relation := contact.Relation{Name: value(p.value)}
	relation.Type, _, relation.Params = r.typed(p, relateKind)
	name, role := r.role(relation.Type)
	if role == nil || p.get(paramLabel) != "" || relation.Name == "" || *role != "" && *role != relation.Name {
		r.relate(relation)
		return true
	}
	if *role == "" && relation.Params != nil {
		r.keep(contact.Extra{Origin: origin, Name: name, Params: relation.Params})
	}
	*role = relation.Name
	return true
}

// role returns the property and the member of the organization that a type of
// relation names, nil if none.
func (r *cardReader) role(typ string) (name string, role *string) {
	switch strings.ToLower(typ) {
	case "manager":
		return "X-MANAGER", &r.c.Organization.Manager
	case "assistant", "agent":
		return "X-ASSISTANT", &r.c.Organization.Assistant
	}
	return "", nil
}

// relate adds a relation, unless it is there already: programs write it under
// several names.
func (r *cardReader) relate(relation contact.Relation) {
	i := slices.IndexFunc(r.c.Relations, func(s contact.Relation) bool {
		return s.Name == relation.Name && s.Type == relation.Type && (len(s.Params) == 0 || len(relation.Params) == 0)
	})
	switch {
	case i < 0:
		r.c.Relations = append(r.c.Relations, relation)
	case len(r.c.Relations[i].Params) == 0:
		r.c.Relations[i].Params = relation.Params
	}
}

// readAgent takes the agent's name from the card in AGENT (RFC 2426, 3.5.4) where
// the contact has no assistant. The card itself is kept as it is.
func readAgent(r *cardReader, p *property) bool {
	if strings.TrimSpace(p.value) == "" {
		return true
	}
	if r.c.Organization.Assistant != "" {
		return false
	}
	t := tokenizer{modern: r.modern}
	for _, line := range strings.Split(unescape(p.value), "\n") {
		var q property
		if t.parse(&q, line, p.line, true) && q.name == gv.FieldFormattedName {
			r.c.Organization.Assistant = value(q.value)
			break
		}
	}
	return false
}

// readSound reads how Japanese phones write the reading of a name: SOUND;X-IRMC-N
// with the components of N.
func readSound(r *cardReader, p *property) bool {
	n := &r.c.Name
	isName := slices.ContainsFunc(p.params, func(q param) bool {
		return q.name == gv.ParamType && strings.EqualFold(q.value, "X-IRMC-N")
	})
	parts := r.split(p.value, ';')
	if !isName || n.PhoneticFamily != "" || n.PhoneticGiven != "" || n.PhoneticMiddle != "" || tail(parts, 3) != "" {
		return false
	}
	for i, dst := range []*string{&n.PhoneticFamily, &n.PhoneticGiven, &n.PhoneticMiddle} {
		if i < len(parts) {
			*dst = value(parts[i])
		}
	}
	return true
}

// hasScheme reports whether s begins as a URI does (RFC 3986, 3.1).
func hasScheme(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || rest == "" || !('A' <= scheme[0]&^0x20 && scheme[0]&^0x20 <= 'Z') {
		return false
	}
	return strings.Trim(scheme, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-") == ""
}
