package vcard

import (
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// How the parts of the model's lists are written.

// reach writes by what the contact can be reached.
func (w *writer) reach() {
	for i := range w.c.Emails {
		e := &w.c.Emails[i]
		t := w.openPart(part{gv.FieldEmail, "emails", i, emailKind, e.Type, e.Preferred, e.Params})
		w.shown(e.Name)
		w.text(e.Address)
		w.closePart(t)
	}
	for i := range w.c.Phones {
		p := &w.c.Phones[i]
		t := w.openPart(part{gv.FieldTelephone, "phones", i, phoneKind, p.Type, p.Preferred, p.Params})
		w.text(p.Number)
		w.closePart(t)
	}
	for i := range w.c.Addresses {
		w.address(i, &w.c.Addresses[i])
	}
	for i := range w.c.Websites {
		s := &w.c.Websites[i]
		t := w.openPart(part{gv.FieldURL, "websites", i, websiteKind, s.Type, s.Preferred, s.Params})
		w.shown(s.Name)
		w.uri(s.URL)
		w.closePart(t)
	}
	for i := range w.c.IMs {
		w.im(i, &w.c.IMs[i])
	}
}

// shown writes the text to show for an address.
func (w *writer) shown(name string) {
	if name != "" {
		w.param(paramText, name)
	}
}

// uri writes the colon and a URI.
func (w *writer) uri(s string) {
	w.colon()
	if w.v2 {
		w.line = appendOld(w.line, s, "")
		return
	}
	w.line = appendURI(w.line, s)
}

// im writes IMPP for a URI, and what Microsoft writes for a bare handle.
func (w *writer) im(i int, m *contact.IM) {
	name := gv.FieldIMPP
	if !hasScheme(m.Address) {
		name = "X-MS-IMADDRESS"
	}
	t := w.openPart(part{name, "ims", i, imKind, m.Type, m.Preferred, m.Params})
	if name == gv.FieldIMPP {
		w.uri(m.Address)
	} else {
		w.text(m.Address)
	}
	w.closePart(t)
	if name == gv.FieldIMPP && w.dialect.services {
		w.service(m)
	}
}

// service writes an address of a chat service under the service's own name, which
// reading drops beside the same IMPP.
func (w *writer) service(m *contact.IM) {
	scheme, handle, _ := strings.Cut(m.Address, ":")
	if handle == "" || handle[0] == '/' || strings.ContainsAny(handle, "%?;, ") {
		return
	}
	for _, s := range services {
		if s.written && s.scheme == scheme {
			t := w.openPart(part{s.name, "ims", 0, imKind, m.Type, false, nil})
			w.text(handle)
			w.closePart(t)
			return
		}
	}
}

// address writes ADR. Its label is a parameter in 4.0, and a property of its own
// behind it in 3.0 (RFC 2426, 3.2.2).
func (w *writer) address(i int, a *contact.Address) {
	p := part{gv.FieldAddress, "addresses", i, addressKind, a.Type, a.Preferred, a.Params}
	t := w.openPart(p)
	var head string
	if !w.v4 && a.Label != "" {
		head = string(w.line)
	}
	if w.v4 && a.Label != "" {
		w.param("LABEL", strings.ReplaceAll(a.Label, `\`, `\\`)) // as readers of LABEL unescape it
	}
	w.structured(a.POBox, a.Extended, a.Street, a.City, a.Region, a.PostalCode, a.Country)
	if rest := a.Params[paramMore]; isTail(rest) {
		w.line = append(append(w.line, ';'), rest[0]...)
	}
	w.closePart(t)
	if !w.v4 && a.Label != "" {
		w.open(strings.Replace(head, gv.FieldAddress, "LABEL", 1))
		w.text(a.Label)
		w.end()
	}
}

// relations writes the other people. 3.0 has no property for them: Apple and
// Google use one, Outlook and Android others. Reading unites them.
func (w *writer) relations() {
	spouse := false
	for i := range w.c.Relations {
		r := &w.c.Relations[i]
		if w.dialect.relations == propAndroid && w.androidRelation(r) {
			continue
		}
		p := part{propABNames, "relations", i, relateKind, r.Type, false, r.Params}
		if w.v4 {
			p.name = gv.FieldRelated
		}
		t := w.openPart(p)
		if w.v4 {
			w.param(gv.ParamValue, "text")
		}
		w.text(r.Name)
		w.closePart(t)
		switch {
		case !w.dialect.repeats:
		case r.Type == contact.Spouse && !spouse:
			spouse = true
			w.doubles(r.Name, "X-SPOUSE", "X-MS-SPOUSE")
		case r.Type == contact.Child:
			w.doubles(r.Name, "X-MS-CHILD")
		}
	}
}

func (w *writer) doubles(v string, names ...string) {
	for _, name := range names {
		w.open(name)
		w.text(v)
		w.end()
	}
}
