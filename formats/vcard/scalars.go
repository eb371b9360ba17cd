package vcard

import (
	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// scalar is a text property of which the model holds one, and the name under
// which it is written. It serves reading and writing alike.
type scalar struct {
	name  string
	at    func(*contact.Contact) *string
	also  []string // names under which it is read, too
	twice string   // in 3.0, written under this name as well, for Outlook and Exchange
}

// scalars are in the order in which they are written, behind the name.
var scalars = []scalar{
	{name: "X-PHONETIC-FIRST-NAME", at: func(c *contact.Contact) *string { return &c.Name.PhoneticGiven }},
	{name: "X-PHONETIC-MIDDLE-NAME", at: func(c *contact.Contact) *string { return &c.Name.PhoneticMiddle }},
	{name: "X-PHONETIC-LAST-NAME", at: func(c *contact.Contact) *string { return &c.Name.PhoneticFamily }},
	{name: "X-PHONETIC-ORG", at: func(c *contact.Contact) *string { return &c.Organization.PhoneticCompany }},
	{name: "X-EVOLUTION-FILE-AS", at: func(c *contact.Contact) *string { return &c.Name.FileAs }},
	{name: "X-CARDFERRY-INITIALS", at: func(c *contact.Contact) *string { return &c.Name.Initials },
		also: []string{"X-OUTLOOK-INITIALS"}},
	{name: gv.FieldTitle, at: func(c *contact.Contact) *string { return &c.Organization.Title }},
	{name: gv.FieldRole, at: func(c *contact.Contact) *string { return &c.Organization.Profession },
		also: []string{"X-KADDRESSBOOK-X-PROFESSION"}},
	{name: "X-OUTLOOK-OFFICE-LOCATION", at: func(c *contact.Contact) *string { return &c.Organization.Office },
		also: []string{"X-KADDRESSBOOK-X-OFFICE"}},
	{name: "X-MANAGER", at: func(c *contact.Contact) *string { return &c.Organization.Manager }, twice: "X-MS-MANAGER",
		also: []string{"X-EVOLUTION-MANAGER", "X-KADDRESSBOOK-X-MANAGERSNAME", "X-OUTLOOK-MANAGER-NAME"}},
	{name: "X-ASSISTANT", at: func(c *contact.Contact) *string { return &c.Organization.Assistant }, twice: "X-MS-ASSISTANT",
		also: []string{"X-EVOLUTION-ASSISTANT", "X-KADDRESSBOOK-X-ASSISTANTSNAME", "X-OUTLOOK-ASSISTANT-NAME"}},
	{name: "X-CARDFERRY-KEY", at: func(c *contact.Contact) *string { return &c.Key }},
}

// Names under which parameters can be attached that are not in scalars.
var attachable = func() map[string]bool {
	names := map[string]bool{gv.FieldFormattedName: true, gv.FieldName: true, gv.FieldNickname: true,
		gv.FieldOrganization: true, gv.FieldBirthday: true, gv.FieldAnniversary: true, gv.FieldGender: true,
		gv.FieldNote: true, gv.FieldCategories: true, gv.FieldPhoto: true, gv.FieldUID: true, gv.FieldRevision: true}
	for _, s := range scalars {
		names[s.name] = true
	}
	return names
}()

// isAttachment reports whether x is the parameters of a property whose value the
// model has, see attach.
func isAttachment(x *contact.Extra) bool {
	return x.Origin == origin && x.Value == "" && attachable[x.Name]
}

// textReader reads a scalar. The first value fills it; a repetition is dropped.
func textReader(name string, at func(*contact.Contact) *string) reader {
	return func(r *cardReader, p *property) bool {
		return r.fill(at(r.c), value(p.value), name, p)
	}
}

// fill sets a scalar of the model. It reports false where the property has to be
// kept as it is, since the scalar has another value already.
func (r *cardReader) fill(dst *string, v, name string, p *property) bool {
	switch {
	case v == "":
		return true
	case *dst == "":
		*dst = v
		r.attach(name, p, "")
		return true
	}
	return *dst == v && r.scalarParams(p) == nil
}
