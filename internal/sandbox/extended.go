package sandbox

import (
	"github.com/go-json-experiment/json/jsontext"
)

// extended applies singleValueExtendedProperties, or with many set
// multiValueExtendedProperties; null removes a property, but the service refuses
// null for a Boolean.
func (c *change) extended(raw jsontext.Value, many bool) error {
	name := c.d.extendedName()
	if many {
		name = c.d.manyName()
	}
	all, ok := elements(raw)
	if !ok {
		return unreadable("Cannot convert the value of '%s' to a collection.", name)
	}
	for _, e := range all {
		m, ok := members(e)
		if !ok {
			return unreadable("Cannot convert an entry of '%s'.", name)
		}
		id, value, err := c.extendedEntry(m)
		if err == nil && id.many() != many {
			err = badRequest("ErrorInvalidArgument", "The type of the property is not one of '%s'.", name)
		}
		if err == nil && many {
			err = c.setMany(id, value)
		} else if err == nil {
			err = c.setExtended(id, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// extendedEntry reads one entry; a value of nil is null.
func (c *change) extendedEntry(all []member) (id propID, value jsontext.Value, err error) {
	for _, m := range all {
		switch name := c.d.graphName(m.name); {
		case name == "id", name == "propertyId" && c.d.outlook:
			text, isText := stringValue(m.value)
			var ok bool
			if id, ok = parsePropID(text); !ok || !isText {
				return id, nil, badRequest("ErrorInvalidArgument", "The property id is not valid.")
			}
		case name == "value" && m.value.Kind() == 'n', m.name == "@odata.type", m.name == "value@odata.type":
		case name == "value":
			value = m.value
		default:
			return id, nil, unreadable("The property '%s' does not exist on type 'singleValueLegacyExtendedProperty'.", m.name)
		}
	}
	if id.kind == "" {
		return id, nil, badRequest("ErrorInvalidArgument", "The property id is missing.")
	}
	return id, value, nil
}

// setMany stores the values of one property. They are not checked against its type.
func (c *change) setMany(id propID, raw jsontext.Value) error {
	if raw == nil {
		c.it.setExtended(id, nil)
		return nil
	}
	values, ok := stringValues(raw)
	if !ok {
		return unreadable("The value of a property of several values is not an array of strings.")
	}
	list := []byte{}
	for _, v := range values {
		list = appendSized(list, []byte(v))
	}
	c.it.setExtended(id, list)
	return nil
}

func (c *change) setExtended(id propID, raw jsontext.Value) error {
	if raw == nil {
		if id.kind == "Boolean" {
			return badRequest("ErrorInvalidArgument", "The value of a Boolean property cannot be null.")
		}
		c.it.setExtended(id, nil)
		c.note(id.slot)
		return nil
	}
	value, ok := stringValue(raw)
	if !ok {
		return unreadable("The value of a property is not a string.")
	}
	text, ok := id.normalValue(value)
	if !ok {
		return badRequest("ErrorInvalidArgument", "The value of the property does not fit its type.")
	}
	if id.slot == slotHasPicture {
		return nil // the service keeps this one itself
	}
	c.it.setExtended(id, append([]byte{}, text...))
	c.note(id.slot)
	return nil
}
