package vcard

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// attachParams sorts the contact's Extra: the parameters of properties that are
// going to be written are attached to those, the others wait to be written.
func (w *writer) attachParams() {
	w.attached, w.others = w.attached[:0], w.others[:0]
	for i := range w.c.Extra {
		x := &w.c.Extra[i]
		if isAttachment(x) && w.attachedTo(x.Name) == nil && w.attaches(x) {
			w.attached = append(w.attached, *x)
		} else {
			w.others = append(w.others, x)
		}
	}
}

// attaches reports whether the property that x belongs to is going to be written,
// and read back with the same parameters.
func (w *writer) attaches(x *contact.Extra) bool {
	c := w.c
	more := x.Params[paramMore]
	written := false
	switch x.Name {
	case gv.FieldFormattedName:
		written = w.display() != ""
	case gv.FieldUID:
		written = true
	case gv.FieldName:
		for _, s := range nameParts(&c.Name) {
			written = written || *s != ""
		}
	case gv.FieldNickname:
		written = c.Name.Nickname != ""
	case gv.FieldOrganization:
		o := &c.Organization
		written = o.Company != "" || o.Department != "" || len(o.Units) > 0
	case gv.FieldBirthday:
		written = !c.Birthday.IsZero()
	case gv.FieldAnniversary:
		written = !c.Anniversary.IsZero()
	case gv.FieldGender:
		_, known := lookup(sexes, c.Gender)
		written = known || c.Gender != "" && len(more) == 0
	case gv.FieldNote:
		written = c.Notes != ""
	case gv.FieldCategories:
		written = len(c.Categories) > 0
	case gv.FieldPhoto:
		written = c.Photo != nil && (len(c.Photo.Data) > 0 || c.Photo.URL != "") && x.Params[gv.ParamType] == nil && x.Params[gv.ParamMediaType] == nil
	case gv.FieldRevision:
		written = !c.Modified.IsZero()
	default:
		i := slices.IndexFunc(scalars, func(s scalar) bool { return s.name == x.Name })
		written = *scalars[i].at(c) != ""
	}
	return written && len(x.Params) > 0 && keepsAll(x.Params) && w.keepsMore(x.Name, more) && w.keepsLists(x.Name, x.Params[paramLists])
}

// keepsLists reports whether the components of a name are written as these lists, and
// are what reading makes of them: 2.1 has none, and a name may have been changed.
func (w *writer) keepsLists(name string, lists []string) bool {
	fields := nameParts(&w.c.Name)
	switch {
	case len(lists) == 0:
		return true
	case w.v2 || name != gv.FieldName || len(lists) != len(fields) || strings.Join(lists, "") == "":
		return false
	}
	for i, raw := range lists {
		if raw == "" {
			continue
		}
		if text, several := joined(raw, nameGlue[i]); !several || !isComponent(raw) || text != *fields[i] || !isClean(raw) {
			return false
		}
	}
	return true
}

// keepsMore reports whether more can be written behind the value of that property,
// and is what reading finds there.
func (w *writer) keepsMore(name string, more []string) bool {
	if len(more) == 0 {
		return true
	}
	switch name {
	case gv.FieldBirthday:
		return w.keepsClock(w.c.Birthday, more)
	case gv.FieldAnniversary:
		return w.keepsClock(w.c.Anniversary, more)
	case gv.FieldGender:
		return isTail(more) && strings.TrimSpace(more[0]) == more[0]
	case gv.FieldName:
		return isTail(more)
	}
	return false
}

// keepsClock reports whether a date with that time of day behind it is read as the two.
func (w *writer) keepsClock(d contact.Date, more []string) bool {
	written, _ := w.dated(d)
	text := string(w.appendDate(nil, written))
	read, clock, ok := parseDate(&property{head: &head{}, value: text + more[0]})
	return len(more) == 1 && ok && read == d && clock == more[0]
}

// isTail reports whether more is what stands behind the components of a structured
// value that the model knows, see tail.
func isTail(more []string) bool {
	return len(more) == 1 && isClean(more[0]) && tail(more, 0) != ""
}

// extra writes a property that the model has no name for: one of vCard's as it
// was read, one of another format as JSON in a property of ours. So is one that
// reading would take for something else.
func (w *writer) extra(x *contact.Extra) {
	if x.Origin == origin {
		written, ok := x, true
		if hasForms(upper(x.Name)) {
			var form contact.Extra
			form, ok = w.form(*x)
			written = &form
		}
		switch {
		case !ok || !w.verbatim(written):
		case w.v2 && strings.EqualFold(x.Name, propAgent):
			if w.agent(x) {
				return
			}
		default:
			w.end()
			return
		}
	}
	text, err := json.Marshal(x)
	if err != nil {
		w.lose("extra", contact.Dropped, "it cannot be written as JSON")
		return
	}
	w.own("EXTRA", string(text))
}

// verbatim composes the property in w.line and reports whether it would be read
// back as it is.
func (w *writer) verbatim(x *contact.Extra) bool {
	w.line = w.line[:0]
	if group := x.Params[paramGroup]; len(group) == 1 {
		w.line = append(append(w.line, group[0]...), '.')
	}
	w.line = append(w.line, x.Name...)
	for _, name := range w.sorted(x.Params) {
		if name != paramGroup {
			w.param(name, x.Params[name]...)
		}
	}
	w.colon()
	p := property{head: w.headWritten(), value: x.Value}
	if p.head == nil || !p.is(x) || !isClean(x.Value) {
		return false
	}
	w.line = append(w.line, x.Value...)
	if len(w.line) > maxLine && isBase64(w.line[:maxLine]) {
		return false // behind a photo its first piece would be taken for more of that
	}
	if w.v2 && strings.HasPrefix(p.name, desktopMark) && w.c.Organization.Office == "" {
		return false // an address might lose its suite to the office
	}
	switch p.name {
	case gv.FieldVersion, "BEGIN", "END", "PROFILE":
		return false
	case propLabel:
		return p.group == "" || w.partsIn(p.group) == 0
	case propAgent:
		if w.v4 { // has RELATED instead, which the assistant's name is written in
			return false
		}
	}
	return !w.understood(&p)
}

// agent completes AGENT as 2.1 has it, with the agent's whole card on lines of its own
// (vCard 2.1, 2.4.4), and reports whether that is what reading makes x of. One that is
// a link stays as it is.
func (w *writer) agent(x *contact.Extra) bool {
	lines := strings.Split(unescape(x.Value), "\n")
	if len(lines) == 1 {
		w.end()
		return true
	}
	var again []byte
	depth := 0
	for i, line := range lines {
		if i > 0 {
			again = append(again, `\n`...)
		}
		switch again = appendEscaped(again, line); {
		case isMark([]byte(line), "BEGIN"):
			depth++
		case isMark([]byte(line), "END"):
			depth--
		}
		if depth == 0 && i < len(lines)-1 {
			return false
		}
	}
	if depth != 0 || string(again) != x.Value || x.Params[paramGroup] != nil {
		return false
	}
	w.count++
	w.out = append(append(w.out, w.line[:w.value]...), "\r\n"...)
	for _, line := range lines {
		w.out = append(append(w.out, line...), "\r\n"...)
	}
	return true
}

// headWritten returns what reading takes w.line, which ends with the colon, for: nil if
// that is no head, or is not all of it.
func (w *writer) headWritten() *head {
	if h := w.tokens.heads[string(w.line)]; h != nil {
		return h
	}
	w.tokens.modern, w.tokens.faults = !w.v2, nil
	line := string(w.line)
	if !isClean(line) {
		return nil
	}
	h := w.tokens.lookUp(line)
	if h == nil || h.size != len(line) || len(w.tokens.faults) > 0 {
		return nil
	}
	return h
}

// understood reports whether reading would find a place in the model for p, given
// all else that the contact holds.
func (w *writer) understood(p *property) bool {
	h, ok := readers[p.name]
	if !ok {
		return false
	}
	if w.probe == nil {
		w.probe = w.c.Clone()
		w.probe.UID = w.c.DerivedUID()
	}
	r := cardReader{room: &room{}, c: w.probe, modern: !w.v2}
	if !h.read(&r, p) {
		return false
	}
	w.probe = nil // the reader has changed it
	return true
}

// is reports whether x is what the property is kept as, see asExtra.
func (p *property) is(x *contact.Extra) bool {
	if p.spelled != x.Name || p.value != x.Value {
		return false
	}
	found := 0
	for name, values := range x.Params {
		if name == paramGroup {
			if len(values) != 1 || values[0] != p.group {
				return false
			}
			found++
			continue
		}
		n := 0
		for _, q := range p.params {
			if q.name != name {
				continue
			}
			if n == len(values) || values[n] != q.value {
				return false
			}
			n++
		}
		if n == 0 || n < len(values) {
			return false
		}
		found += n
	}
	if p.group != "" {
		found--
	}
	return found == len(p.params)
}
