package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Open extensions are named bags of values that an app keeps with a contact
// (learn.microsoft.com/graph/api/resources/opentypeextension). They are stored
// beside the named properties, whose quota they use in the real service too,
// and change tracking does not see them.

// extensionMark precedes the name of an extension where the ids of extended
// properties begin with a type.
const extensionMark = "Extension "

// extensionPrefix is what the id of an extension has before its name.
const extensionPrefix = "Microsoft.OutlookServices.OpenTypeExtension."

const maxExtensionName = 255

var errNoExtension = &failure{status: http.StatusNotFound, code: "ErrorItemNotFound", message: "The specified object was not found in the store., Extension not found."}

// extensionID is how the contact stores the extension of that name or id.
func extensionID(name string) propID {
	if len(name) > len(extensionPrefix) && strings.EqualFold(name[:len(extensionPrefix)], extensionPrefix) {
		name = name[len(extensionPrefix):]
	}
	return propID{canonical: extensionMark + name, slot: slotCount}
}

// findExtension returns the name of an extension as it was given, and its values.
// Names have no case.
func (it *item) findExtension(name string) (id propID, values []byte, found bool) {
	wanted := extensionID(name).canonical
	for _, n := range it.named {
		if strings.EqualFold(string(n.id), wanted) {
			return propID{canonical: string(n.id), slot: slotCount}, n.value, true
		}
	}
	return propID{}, nil, false
}

// extensionValues reads the body of an extension: its name, if it has one, and the
// members that are the app's own.
func extensionValues(raw []byte, d *dialect) (name string, values []member, err error) {
	all, ok := members(raw)
	if !ok {
		return "", nil, errBadJSON
	}
	for _, m := range all {
		switch {
		case m.name == d.cased("extensionName"):
			if name, ok = stringValue(m.value); !ok || name == "" || len(name) > maxExtensionName {
				return "", nil, badRequest("ErrorInvalidArgument", "The name of the extension is not valid.")
			}
		case m.name == d.cased("id"), strings.HasPrefix(m.name, "@odata."):
		default:
			values = append(values, m)
		}
	}
	return name, values, nil
}

func appendValues(dst []byte, values []member) []byte {
	for i, m := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(appendString(dst, m.name), ':'), m.value...)
	}
	return dst
}

// appendExtension renders an extension; context is "" within a list.
func appendExtension(dst []byte, d *dialect, name string, values []byte, context string) []byte {
	dst = append(dst, '{')
	if context != "" {
		dst = append(appendMember(dst, "@odata.context", context), ',')
	}
	kind := "#microsoft.graph.openTypeExtension"
	if d.outlook {
		kind = "#Microsoft.OutlookServices.OpenTypeExtension"
	}
	dst = appendMember(dst, "@odata.type", kind)
	dst = appendMember(append(dst, ','), d.cased("id"), extensionPrefix+name)
	dst = appendMember(append(dst, ','), d.cased("extensionName"), name)
	if len(values) > 0 {
		dst = append(append(dst, ','), values...)
	}
	return append(dst, '}')
}

// appendExtensions renders the extensions of a contact that are wanted; all where
// wanted is nil.
func appendExtensions(dst []byte, d *dialect, it *item, wanted []string) []byte {
	dst = append(dst, '[')
	first := true
	for _, n := range it.named {
		name, is := strings.CutPrefix(string(n.id), extensionMark)
		if !is || wanted != nil && !slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(extensionID(w).canonical, string(n.id)) }) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendExtension(dst, d, name, n.value, "")
	}
	return append(dst, ']')
}

func (c *call) listExtensions() (*answer, error) {
	var a *answer
	err := c.s.store.view(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		body := appendMember([]byte("{"), "@odata.context", c.extensionContext(&it, false))
		body = appendExtensions(append(body, `,"value":`...), c.d, &it, nil)
		a = jsonAnswer(http.StatusOK, append(body, '}'))
		return nil
	})
	return a, err
}

func (c *call) extensionContext(it *item, entity bool) string {
	context := c.apiBase() + "/$metadata#" + c.contextPath() + "('" + string(c.view().appendID(nil, it)) + "')/" + c.d.cased("extensions")
	if entity {
		context += "/$entity"
	}
	return context
}

func (c *call) getExtension() (*answer, error) {
	var a *answer
	err := c.s.store.view(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		id, values, found := it.findExtension(c.name)
		if !found {
			return errNoExtension
		}
		a = c.extensionAnswer(http.StatusOK, &it, id, values)
		return nil
	})
	return a, err
}

func (c *call) extensionAnswer(status int, it *item, id propID, values []byte) *answer {
	name := strings.TrimPrefix(id.canonical, extensionMark)
	return jsonAnswer(status, appendExtension(nil, c.d, name, values, c.extensionContext(it, true)))
}

// changeExtensions runs fn on the contact of the path and stores what it made of it.
func (c *call) changeExtensions(fn func(it *item) error) error {
	return c.s.store.update(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		it.named = slices.Clone(it.named)
		it.slots[slotTracked] = key(it.tracked())
		if err := fn(&it); err != nil {
			return err
		}
		return t.touch(&it, c.s.now())
	})
}

// createExtension adds an extension, or replaces the one of its name.
func (c *call) createExtension() (*answer, error) {
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	name, values, err := extensionValues(body, c.d)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, badRequest("ErrorInvalidArgument", "The extension has no extensionName.")
	}
	var a *answer
	err = c.changeExtensions(func(it *item) error {
		if id, _, found := it.findExtension(name); found {
			it.setExtended(id, nil)
		}
		id, text := extensionID(name), appendValues([]byte{}, values)
		it.setExtended(id, text)
		a = c.extensionAnswer(http.StatusCreated, it, id, text)
		return nil
	})
	return a, err
}

// updateExtension sets the values that are sent, and removes those that are null.
func (c *call) updateExtension() (*answer, error) {
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	_, sent, err := extensionValues(body, c.d)
	if err != nil {
		return nil, err
	}
	var a *answer
	err = c.changeExtensions(func(it *item) error {
		id, old, found := it.findExtension(c.name)
		if !found {
			return errNoExtension
		}
		values, _ := members(append(append([]byte{'{'}, old...), '}'))
		for _, m := range sent {
			values = slices.DeleteFunc(values, func(v member) bool { return v.name == m.name })
			if m.value.Kind() != 'n' {
				values = append(values, m)
			}
		}
		text := appendValues([]byte{}, values)
		it.setExtended(id, text)
		a = c.extensionAnswer(http.StatusOK, it, id, text)
		return nil
	})
	return a, err
}

func (c *call) deleteExtension() (*answer, error) {
	err := c.changeExtensions(func(it *item) error {
		id, _, found := it.findExtension(c.name)
		if !found {
			return errNoExtension
		}
		it.setExtended(id, nil)
		return nil
	})
	return &answer{status: http.StatusNoContent}, err
}

// extensions applies the member of a contact that is created with extensions.
func (c *change) extensions(raw jsontext.Value) error {
	all, ok := elements(raw)
	if !ok || !c.create {
		return unreadable("The property '%s' cannot be set.", c.d.cased("extensions"))
	}
	for _, e := range all {
		name, values, err := extensionValues(e, c.d)
		if err == nil && name == "" {
			err = badRequest("ErrorInvalidArgument", "The extension has no extensionName.")
		}
		if err != nil {
			return err
		}
		c.it.setExtended(extensionID(name), appendValues([]byte{}, values))
	}
	return nil
}
