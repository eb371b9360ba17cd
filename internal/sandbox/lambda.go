package sandbox

import (
	"bytes"
	"strings"
)

// any parses what follows path/any in a filter: (v: …).
func (p *filterParser) any(path string) (*predicate, error) {
	if !p.word("(") {
		return nil, errFilter
	}
	variable := p.next()
	if !p.word(":") {
		return nil, errFilter
	}
	var pred *predicate
	var err error
	switch p.d.graphName(path) {
	case "emailAddresses":
		pred, err = p.anyEmail(variable)
	case "categories":
		pred, err = p.anyCategory(variable)
	case "singleValueExtendedProperties":
		pred, err = p.anyExtended(variable)
	case "extensions":
		pred, err = p.anyExtension(variable)
	default:
		err = errFilter
	}
	if err == nil && !p.word(")") {
		err = errFilter
	}
	return pred, err
}

// anyEmail is the only filter on addresses that the service accepts: equality.
func (p *filterParser) anyEmail(variable string) (*predicate, error) {
	if p.memberOf(variable) != "address" || !p.word("eq") {
		return nil, errFilter
	}
	value, err := p.quoted()
	if err != nil {
		return nil, err
	}
	match := func(it *item) bool {
		for s := slotEmail1Address; s <= slotEmail3Address; s += emailSlots {
			if len(it.slots[s]) > 0 && strings.EqualFold(string(it.slots[s]), value) {
				return true
			}
		}
		return false
	}
	return &predicate{match, emailIndex, value}, nil
}

func (p *filterParser) anyCategory(variable string) (*predicate, error) {
	if !p.word(variable) || !p.word("eq") {
		return nil, errFilter
	}
	value, err := p.quoted()
	if err != nil {
		return nil, err
	}
	return &predicate{match: func(it *item) bool {
		for list := it.slots[slotCategories]; len(list) > 0; {
			var name []byte
			if name, list = nextInList(list); strings.EqualFold(string(name), value) {
				return true
			}
		}
		return false
	}}, nil
}

// anyExtended parses v/id eq '…' and a condition on v/value, which compares
// without case.
func (p *filterParser) anyExtended(variable string) (*predicate, error) {
	id, err := p.extendedID(variable)
	if err != nil || !p.word("and") || id.many() { // those of several values cannot be filtered
		return nil, errFilter
	}
	op, value, err := p.extendedCondition(variable)
	if err != nil {
		return nil, err
	}
	want := bytes.ToLower([]byte(value))
	match := func(it *item) bool {
		have, ok := it.extended(id)
		have = bytes.ToLower(have)
		switch op {
		case "eq":
			return ok && bytes.Equal(have, want)
		case "ne":
			return ok && !bytes.Equal(have, want)
		case "contains":
			return ok && bytes.Contains(have, want)
		default:
			return ok && bytes.HasPrefix(have, want)
		}
	}
	pred := &predicate{match: match}
	if op == "eq" && id.slot == slotCount && id.canonical != messageClass {
		pred.index, pred.value = id.canonical, value
	}
	return pred, nil
}

func (p *filterParser) extendedID(variable string) (propID, error) {
	if name := p.memberOf(variable); name != "id" && (name != "propertyId" || !p.d.outlook) || !p.word("eq") {
		return propID{}, errFilter
	}
	return p.quotedID()
}

func (p *filterParser) quotedID() (propID, error) {
	text, err := p.quoted()
	if err != nil {
		return propID{}, err
	}
	id, ok := parsePropID(text)
	if !ok {
		return propID{}, badRequest("ErrorInvalidArgument", "The property id is not valid.")
	}
	return id, nil
}

// extendedCondition parses v/value eq '…', or contains(v/value,'…') and the like.
func (p *filterParser) extendedCondition(variable string) (op, value string, err error) {
	op = strings.ToLower(p.peek())
	if op == "contains" || op == "startswith" {
		p.next()
		if !p.word("(") || p.memberOf(variable) != "value" || !p.word(",") {
			return "", "", errFilter
		}
		if value, err = p.quoted(); err == nil && !p.word(")") {
			err = errFilter
		}
		return op, value, err
	}
	if p.memberOf(variable) != "value" {
		return "", "", errFilter
	}
	if op = strings.ToLower(p.next()); op != "eq" && op != "ne" {
		return "", "", errFilter
	}
	value, err = p.quoted()
	return op, value, err
}

// memberOf consumes variable/name and returns the name in Graph's casing, or
// "" where something else stands.
func (p *filterParser) memberOf(variable string) string {
	v, name, found := strings.Cut(p.next(), "/")
	if !found || v != variable || name == "" {
		return ""
	}
	if graph := p.d.graphName(name); graph != "" {
		return graph
	}
	return name // Microsoft's own samples mix the casings inside lambdas
}

// expandedID parses one id eq '…' of the filter inside $expand.
func (p *filterParser) expandedID() (propID, error) {
	name := p.next()
	if !strings.EqualFold(name, "id") && (!p.d.outlook || !strings.EqualFold(name, "PropertyId")) || !p.word("eq") {
		return propID{}, errFilter
	}
	return p.quotedID()
}

// expandedName parses one id eq '…' that names an extension.
func (p *filterParser) expandedName() (string, error) {
	if !p.word("id") || !p.word("eq") {
		return "", errFilter
	}
	return p.quoted()
}

// anyExtension parses v/id eq '…': extensions are found by their names alone.
func (p *filterParser) anyExtension(variable string) (*predicate, error) {
	if p.memberOf(variable) != "id" || !p.word("eq") {
		return nil, errFilter
	}
	name, err := p.quoted()
	if err != nil {
		return nil, err
	}
	return &predicate{match: func(it *item) bool {
		_, _, found := it.findExtension(name)
		return found
	}}, nil
}
