package vcard

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// writer writes one card at a time. It serves all cards of a stream.
type writer struct {
	version string
	v4, v2  bool // it is 4.0, it is 2.1
	dialect *dialect

	out    []byte // the card
	line   []byte // the property being written, not folded yet
	value  int    // where its value begins
	count  int    // of properties
	c      *contact.Contact
	losses []contact.Loss

	attached []contact.Extra  // parameters, each of the property of its name
	others   []*contact.Extra // those of the contact's that are written by themselves
	keys     []string         // reused by sorted
	groups   []groupUse       // see usedGroups
	grouped  bool             // they are those of this contact
	item     int              // the number of the last group "item1" made
	probe    *contact.Contact // a copy to try readers on
	tokens   tokenizer        // to read what has been written
}

// groupUse is a group that the contact uses already.
type groupUse struct {
	name  string
	parts int // how many parts of the model's lists are in it
}

// part is what stands before the value of a part: its name, where it is in the
// contact, and what its parameters are made of.
type part struct {
	name      string
	list      string // its field, and its index there
	index     int
	kind      *kind
	typ       string
	preferred bool
	params    contact.Params
}

func (w *writer) lose(f contact.Field, kind contact.LossKind, reason string) {
	w.losses = append(w.losses, contact.Loss{Field: f, Kind: kind, Reason: reason})
}

// open begins a property.
func (w *writer) open(name string) { w.line = append(w.line[:0], name...) }

// openIn begins a property in a group.
func (w *writer) openIn(group, name string) {
	w.line = append(append(append(w.line[:0], group...), '.'), name...)
}

// openScalar begins a property of which the model holds one, with the parameters
// that are attached to it under the name key.
func (w *writer) openScalar(name, key string) {
	params := w.attachedTo(key)
	w.line = w.line[:0]
	if group := params[paramGroup]; len(group) == 1 {
		w.line = append(append(w.line, group[0]...), '.')
	}
	w.line = append(w.line, name...)
	if len(params) > 0 {
		w.param(gv.ParamType, params[gv.ParamType]...)
		w.params(params)
	}
}

// attachedTo returns the parameters that are attached to the property of that name.
func (w *writer) attachedTo(name string) contact.Params {
	for i := range w.attached {
		if w.attached[i].Name == name {
			return w.attached[i].Params
		}
	}
	return nil
}

// tag is the group of a part and the label that the group is for.
type tag struct{ group, label string }

// openPart begins a property of which the model holds a list. A type that is a
// label of the user's own becomes an X-ABLabel of the same group, which closePart
// writes.
func (w *writer) openPart(p part) tag {
	tokens, label, param := p.kind.written(p.typ, w.v4)
	if label != "" && w.dialect.typeLabels && !w.v4 && !p.kind.roles && isToken(p.typ) && len(p.params[gv.ParamType]) == 0 {
		tokens, label = []string{"X-" + p.typ}, ""
	}
	group := ""
	if g := p.params[paramGroup]; len(g) == 1 && isToken(g[0]) {
		group = g[0]
	}
	switch {
	case label == "":
	case group == "":
		group = w.newGroup()
	case w.partsIn(group) > 1: // a label would be one for all of them
		label, param = "", p.typ
	}
	w.line = w.line[:0]
	if group != "" {
		w.line = append(append(w.line, group...), '.')
	}
	w.line = append(w.line, p.name...)
	w.types(p, tokens)
	if param != "" {
		w.param(paramLabel, param)
	}
	if p.typ == "" && isOwnType(p.params[gv.ParamType]) {
		w.param(paramRaw, "TRUE")
	}
	w.params(p.params)
	if !p.keepsAll() {
		w.lose(contact.Field(fmt.Sprintf("%s[%d]", p.list, p.index)), contact.Truncated, "a parameter that a vCard cannot carry")
	}
	return tag{group, label}
}

// closePart completes a part, and writes its label.
func (w *writer) closePart(t tag) {
	w.end()
	if t.label != "" {
		w.openIn(t.group, "X-ABLabel")
		w.text(t.label)
		w.end()
	}
}

// types writes TYPE and what says that a part is preferred.
func (w *writer) types(p part, tokens []string) {
	others := p.params[gv.ParamType]
	noise := p.kind.noise == "internet" && !w.v4 && !w.dialect.bareEmail
	prefType := p.preferred && !w.v4
	if untyped := w.dialect.untyped[p.name]; untyped != "" && len(tokens) == 0 && len(others) == 0 && (p.typ == "" || p.kind.find(untyped) == "") {
		tokens = []string{untyped}
		if p.kind.find(untyped) != "" {
			w.lose(contact.Field(fmt.Sprintf("%s[%d]", p.list, p.index)), contact.Moved, "one of no type is written as "+untyped+": the program passes over others")
		}
	}
	switch {
	case w.v2:
		w.oldTypes(p, tokens, noise)
	case len(tokens) > 0 || len(others) > 0 || noise || prefType:
		w.line = append(w.line, ";TYPE="...)
		before := len(w.line)
		if noise {
			w.token("INTERNET", before)
		}
		for _, token := range tokens {
			w.token(token, before)
		}
		if p.kind.roles && len(tokens) > 0 {
			w.line = append(w.line[:before], tokens[0]...) // the user's own word
		}
		for _, token := range others {
			if len(w.line) > before {
				w.line = append(w.line, ',')
			}
			w.line = appendParam(w.line, token)
		}
		if prefType {
			w.token("PREF", before)
		}
	}
	if p.preferred && w.v4 {
		w.line = append(w.line, ";PREF=1"...)
	}
}

// token writes a TYPE value of ours, in the case that the version is used to.
func (w *writer) token(token string, before int) {
	if len(w.line) > before {
		w.line = append(w.line, ',')
	}
	if !w.v4 {
		w.line = append(w.line, token...)
		return
	}
	for i := range len(token) { // they are ASCII
		c := token[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		w.line = append(w.line, c)
	}
}

// params writes parameters in the order of their names, but those that have been
// written or say what the value's form is.
func (w *writer) params(params contact.Params) {
	for _, name := range w.sorted(params) {
		if !isWritten(name) || name == gv.ParamType {
			continue
		}
		w.param(name, params[name]...)
	}
}

// sorted returns the names of parameters in their order, valid until the next call.
func (w *writer) sorted(params contact.Params) []string {
	w.keys = w.keys[:0]
	for name := range params {
		w.keys = append(w.keys, name)
	}
	slices.Sort(w.keys)
	return w.keys
}

func (w *writer) param(name string, values ...string) {
	if w.v2 {
		w.oldParam(name, values...)
		return
	}
	if len(values) == 0 {
		return
	}
	w.line = append(append(append(w.line, ';'), name...), '=')
	for i, v := range values {
		if i > 0 {
			w.line = append(w.line, ',')
		}
		w.line = appendParam(w.line, v)
	}
}

func (w *writer) colon() {
	w.line = append(w.line, ':')
	w.value = len(w.line)
}

// text writes the colon and a text value.
func (w *writer) text(s string) {
	w.colon()
	w.escape(s, "")
}

// listItem writes a member of a list.
func (w *writer) listItem(s string) { w.escape(s, ",;") }

// structured writes the colon and components.
func (w *writer) structured(components ...string) {
	for i, s := range components {
		if i == 0 {
			w.colon()
			w.escape(s, ";")
			continue
		}
		w.component(s)
	}
}

// component writes a component that another one stands before.
func (w *writer) component(s string) {
	w.line = append(w.line, ';')
	w.escape(s, ";")
}

// escape writes text. In 2.1 old has what is escaped in it.
func (w *writer) escape(s, old string) {
	if w.v2 {
		w.line = appendOld(w.line, s, old)
		return
	}
	w.line = appendEscaped(w.line, s)
}

// end completes the property.
func (w *writer) end() {
	w.count++
	if w.v2 {
		w.out = appendOldLine(w.out, w.line, w.value)
		return
	}
	w.out = appendFolded(w.out, w.line)
}

// endBase64 completes the property with data in base64.
func (w *writer) endBase64(data []byte) {
	w.count++
	w.out = appendFoldedBase64(w.out, w.line, data)
	if w.v2 {
		w.out = append(w.out, "\r\n"...) // 2.1 asks for a blank line behind it
	}
}

// newGroup returns a group that nothing is in.
func (w *writer) newGroup() string {
	used := w.usedGroups()
	for {
		w.item++
		name := "item" + strconv.Itoa(w.item)
		if !slices.ContainsFunc(used, func(g groupUse) bool { return strings.EqualFold(g.name, name) }) {
			return name
		}
	}
}

// usedGroups returns which groups the contact uses.
func (w *writer) usedGroups() []groupUse {
	if w.grouped {
		return w.groups
	}
	w.groups, w.item, w.grouped = w.groups[:0], 0, true
	for _, m := range groupMembers(w.c) {
		i := slices.IndexFunc(w.groups, func(g groupUse) bool { return strings.EqualFold(g.name, m.group()) })
		if i < 0 {
			i = len(w.groups)
			w.groups = append(w.groups, groupUse{name: m.group()})
		}
		if m.part {
			w.groups[i].parts++
		}
	}
	return w.groups
}

// partsIn returns how many parts are in a group.
func (w *writer) partsIn(group string) int {
	for _, g := range w.usedGroups() {
		if strings.EqualFold(g.name, group) {
			return g.parts
		}
	}
	return 0
}

// isWritten reports whether a parameter of that name can be written as it is.
// The others say what form a value has, and are ours to choose.
func isWritten(name string) bool {
	switch name {
	case gv.ParamValue, paramEncoding, paramCharset, paramGroup, paramLabel, paramText, paramMore, paramLists, paramEmpty, paramRaw:
		return false
	}
	return isToken(name) && name == upper(name)
}

// keepsAll reports whether the part's parameters can all be written.
func (p *part) keepsAll() bool {
	if len(p.params) == 0 {
		return true
	}
	more, any := p.params[paramMore]
	return keepsAll(p.params) && p.params[paramLists] == nil && (!any || p.kind == addressKind && isTail(more))
}

// keepsAll reports whether parameters can all be written, where those can that are a
// piece of the value.
func keepsAll(params contact.Params) bool {
	for name, values := range params {
		switch {
		case name == paramMore, name == paramLists, name == paramGroup && len(values) == 1 && isToken(values[0]):
		case name == gv.ParamType && slices.ContainsFunc(values, func(v string) bool { return v == "" || strings.Contains(v, ",") || typeValue(v) != v }):
			return false
		case !isWritten(name) || len(values) == 0 || slices.ContainsFunc(values, func(v string) bool { return !isClean(strings.ReplaceAll(v, "\n", "")) }):
			return false
		}
	}
	return true
}
