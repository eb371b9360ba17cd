package sandbox

import "github.com/go-json-experiment/json/jsontext"

// extended applies singleValueExtendedProperties; null removes a property,
// but the service refuses null for a Boolean.
func (c *change) extended(raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok {
		return unreadable("Cannot convert the value of '%s' to a collection.", c.d.extendedName())
	}
	for _, e := range all {
		m, ok := members(e)
		if !ok {
			return unreadable("Cannot convert an entry of '%s'.", c.d.extendedName())
		}
		if err := c.extendedValue(m); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) extendedValue(all []member) error {
	var id propID
	var value *string
	for _, m := range all {
		text, isText := stringValue(m.value)
		switch name := c.d.graphName(m.name); {
		case name == "id", name == "propertyId" && c.d.outlook:
			var ok bool
			if id, ok = parsePropID(text); !ok {
				return badRequest("ErrorInvalidArgument", "The property id is not valid.")
			}
		case name == "value" && isText:
			value = &text
		case name == "value" && m.value.Kind() == 'n', m.name == "@odata.type":
		default:
			return unreadable("The property '%s' does not exist on type 'singleValueLegacyExtendedProperty', or its value is not a string.", m.name)
		}
	}
	if id.kind == "" {
		return badRequest("ErrorInvalidArgument", "The property id is missing.")
	}
	if value == nil {
		if id.kind == "Boolean" {
			return badRequest("ErrorInvalidArgument", "The value of a Boolean property cannot be null.")
		}
		c.it.setExtended(id, nil)
		c.note(id.slot)
		return nil
	}
	text, ok := id.normalValue(*value)
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
