package jscontact

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
	"github.com/cardferry/cardferry/formats/jcard"
)

// writer makes a card of the properties of a vCard. Every property that becomes a member
// is read back from it at once: where that is not the property as it was, it goes to
// vCardProps instead.
type writer struct {
	card     *object
	all      []cardtext.Property
	labels   map[string]string             // X-ABLabel by group
	shared   map[string]int                // how many other properties are in a group
	labelled map[string]bool               // groups whose label is a member
	places   map[string]place              // by name and ALTID: what localizations are alternatives of
	reserved map[string]bool               // members and keys that properties ask for
	usual    []place                       // properties that ask for a key as they would be given
	kept     map[string]bool               // names of which one went to vCardProps: so do those behind it
	rest     []any                         // vCardProps
	shown    map[string]*cardtext.Property // by name: what show must not be taken for
}

// place is where a property went.
type place struct {
	rule *rule // nil for the name
	key  string
	prop *cardtext.Property
}

func newWriter(all []cardtext.Property) *writer {
	w := &writer{all: all, card: newObject("@type", "Card", "version", "1.0"),
		labels: map[string]string{}, shared: map[string]int{}, labelled: map[string]bool{}, kept: map[string]bool{}, reserved: map[string]bool{}, places: map[string]place{},
		shown: map[string]*cardtext.Property{}}
	for i := range all {
		p := &all[i]
		if r, key := ruleOf(p.Name), p.First("PROP-ID"); r != nil && key != "" {
			w.reserved[pointer(r.member, key)] = true
		}
		if p.Group == "" {
			continue
		}
		if strings.EqualFold(p.Name, "X-ABLabel") {
			w.labels[p.Group] = cardtext.Unescape(p.Value)
		} else {
			w.shared[p.Group]++
		}
	}
	return w
}

// write fills the card.
func (w *writer) write() {
	var labels, foreign []*cardtext.Property
	for i := range w.all {
		switch p := &w.all[i]; strings.ToUpper(p.Name) {
		case "X-ABLABEL":
			labels = append(labels, p)
		case "JSPROP":
			foreign = append(foreign, p)
		default:
			name := strings.ToUpper(p.Name)
			if p.Name != name || w.kept[name] || !w.scalar(p) && !w.member(p) && !w.localization(p) {
				w.kept[name] = true
				w.show(p)
				w.keep(p)
			}
		}
	}
	for _, p := range labels {
		if p.Group == "" || !w.labelled[p.Group] {
			w.keep(p)
		}
	}
	for _, p := range foreign {
		if !w.foreign(p) {
			w.keep(p)
		}
	}
	if len(w.rest) > 0 {
		w.card.set("vCardProps", w.rest)
	}
	w.keepKeys()
}

// keepKeys keeps PROP-ID of properties whose keys say so little that reading would not.
func (w *writer) keepKeys() {
	if len(w.usual) == 0 {
		return
	}
	r := &reader{card: w.card.clone()}
	r.read()
	for _, at := range w.usual {
		if i, ok := r.places[pointer(at.rule.member, at.key)]; ok && r.all[i.index].Get("PROP-ID") == nil {
			w.card.child(at.rule.member).child(at.key).grow("vCardParams").set("prop-id", at.key)
		}
	}
}

// keep puts a property into vCardProps.
func (w *writer) keep(p *cardtext.Property) {
	w.rest = append(w.rest, jsontext.Value(jcard.AppendProperty(nil, p)))
}

// show puts the name or the keywords of a property that goes to vCardProps where other
// programs look for them. Reading passes over them for that property.
func (w *writer) show(p *cardtext.Property) {
	if p.Name != "FN" && p.Name != "CATEGORIES" {
		return
	}
	member, value, ok := scalarMember(p)
	if !ok {
		return
	}
	if old := w.shown[p.Name]; old != nil {
		if old.Value == p.Value { // or reading would pass over it
			w.keep(old)
			delete(w.shown, p.Name)
		}
		return
	}
	o := w.card
	if p.Name == "FN" {
		o = o.grow("name")
	}
	if _, taken := o.get(member); !taken {
		o.set(member, value)
	}
}

// scalar writes a property of which a card has one, and the members of sets.
func (w *writer) scalar(p *cardtext.Property) bool {
	if p.Name == "N" {
		return w.name(p)
	}
	if p.Name == "FN" && p.Get(cardtext.ParamEmpty) != nil {
		return true // it stands for no name
	}
	if len(p.Params) > 0 || p.Group != "" {
		return false
	}
	member, value, ok := scalarMember(p)
	if !ok {
		return false
	}
	o := w.card
	switch p.Name {
	case "FN":
		o = o.grow("name")
	case "MEMBER":
		o.grow("members").set(member, value)
		return true
	case "CATEGORIES":
		if _, taken := o.get("keywords"); taken {
			return false
		}
	}
	if _, taken := o.get(member); taken {
		return false
	}
	o.set(member, value)
	w.shown[p.Name] = p
	return true
}

// scalarMember returns the member that a property without parameters is, and its value.
// ok is false where it would not come back as it was.
func scalarMember(p *cardtext.Property) (member string, value any, ok bool) {
	text := cardtext.Unescape(p.Value)
	switch p.Name {
	case "UID":
		return "uid", text, cardtext.Escape(text) == p.Value
	case "FN":
		return "full", text, cardtext.Escape(text) == p.Value && text != ""
	case "KIND":
		return "kind", text, text == p.Value && text != ""
	case "PRODID":
		return "prodId", text, cardtext.Escape(text) == p.Value
	case "LANGUAGE":
		return "language", text, text == p.Value
	case "MEMBER":
		return text, true, cardtext.EscapeURI(text) == p.Value && text != ""
	case "REV", "CREATED":
		o := newObject()
		if !dateObject(o, p.Value) || o.child("date").text("utc") == "" {
			return "", nil, false
		}
		member = map[string]string{"REV": "updated", "CREATED": "created"}[p.Name]
		return member, o.child("date").text("utc"), true
	case "CATEGORIES":
		words := newObject()
		for _, word := range cardtext.Split(p.Value, ',') {
			word = cardtext.Unescape(word)
			if _, twice := words.get(word); twice || word == "" {
				return "", nil, false
			}
			words.set(word, true)
		}
		return "keywords", words, escapeAll(words.names) == p.Value
	}
	return "", nil, false
}

// name writes N into the components of the card's name.
func (w *writer) name(p *cardtext.Property) bool {
	if strings.Trim(p.Value, ";") == "" && len(p.Params) == 0 && p.Group == "" {
		return true
	}
	if old := w.card.child("name"); old != nil && (old.list("components") != nil || old.child("vCardParams") != nil) {
		return false
	}
	o := newObject()
	all, ok := components(p.Value, nameKinds)
	if !ok || p.Group != "" {
		return false
	}
	o.set("components", all)
	setNameParams(o, p)
	back, ok := nameProperty(o.clone())
	if !ok || !same(&back, p) {
		return false
	}
	for _, member := range o.names {
		w.card.grow("name").set(member, o.values[member])
	}
	w.places["N"+p.First("ALTID")] = place{prop: p}
	return true
}

func setNameParams(o *object, p *cardtext.Property) {
	var more []cardtext.Param
	for _, q := range p.Params {
		switch {
		case q.Name == "SORT-AS" && len(q.Values) == 1:
			surname, given, both := strings.Cut(q.Values[0], ",")
			sortAs := newObject("surname", surname)
			if both {
				sortAs.set("given", given)
			}
			o.set("sortAs", sortAs)
		case q.Name == paramOrder && len(q.Values) == 1 && putInOrder(o, q.Values[0], nameKinds):
		default:
			more = append(more, q)
		}
	}
	setParams(o, "name", more)
}

// member writes a property of which a card can have several.
func (w *writer) member(p *cardtext.Property) bool {
	if p.Name == "RELATED" {
		return w.related(p)
	}
	r := ruleOf(p.Name)
	if r == nil || w.isAlternative(p) {
		return false
	}
	o := newObject()
	if r.mark != "" {
		o.set(r.mark, r.is)
	}
	if !r.setValue(o, p.Value) {
		return false
	}
	params := p.Params
	if i := slices.IndexFunc(params, func(q cardtext.Param) bool { return q.Name == paramOrder }); i >= 0 && r.name == "ADR" && len(params[i].Values) == 1 {
		kinds := addressKinds
		if len(cardtext.Split(p.Value, ';')) == coarse {
			kinds = kinds[:coarse]
		}
		if putInOrder(o, params[i].Values[0], kinds) {
			params = slices.Delete(slices.Clone(params), i, i+1)
		}
	}
	setParams(o, r.member, params)
	label, isLabelled := w.labels[p.Group]
	if isLabelled = isLabelled && p.Group != ""; isLabelled {
		o.set("label", label)
	}
	if p.Group != "" && (!isLabelled || w.shared[p.Group] > 1) {
		o.grow("vCardParams").set("group", p.Group)
	}
	members := w.card.child(r.member)
	key := p.First("PROP-ID")
	asked := key != ""
	if !asked {
		key = w.newKey(r.member)
	}
	if members != nil {
		if _, taken := members.get(key); taken {
			return false
		}
	}
	if ruleFor(r.member, o) != r {
		return false
	}
	back, _, ok := memberProperty(r, key, o.clone(), !asked)
	if ok && !slices.Equal(back.Get("TYPE"), p.Get("TYPE")) {
		o.grow("vCardParams").set("type", oneOrAll(p.Get("TYPE"))) // for their order
		back, _, ok = memberProperty(r, key, o.clone(), !asked)
	}
	if !ok || !sameBut(&back, p, isLabelled && w.shared[p.Group] == 1) {
		return false
	}
	if isLabelled {
		w.labelled[p.Group] = true
	}
	w.card.grow(r.member).set(key, o)
	w.places[p.Name+p.First("ALTID")] = place{r, key, p}
	if asked && isUsual(key) {
		w.usual = append(w.usual, place{r, key, p})
	}
	return true
}

// newKey returns a key for an object that has none: k1, k2, ...
func (w *writer) newKey(member string) string {
	members := w.card.child(member)
	for n := 1; ; n++ {
		key := "k" + strconv.Itoa(n)
		taken := w.reserved[pointer(member, key)]
		if members != nil && !taken {
			_, taken = members.get(key)
		}
		if !taken {
			return key
		}
	}
}

// isUsual reports whether a key says nothing.
func isUsual(key string) bool {
	number, ok := strings.CutPrefix(key, "k")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// related writes RELATED: the other's identity, or its name, is the key.
func (w *writer) related(p *cardtext.Property) bool {
	key := cardtext.Unescape(p.Value)
	relation := newObject()
	for _, t := range p.Get("TYPE") {
		relation.set(t, true)
	}
	o := newObject("relation", relation)
	back, ok := relatedProperty(key, o.clone())
	if _, taken := w.card.grow("relatedTo").get(key); !ok || taken || key == "" || !same(&back, p) {
		if len(w.card.child("relatedTo").names) == 0 {
			w.card.remove("relatedTo")
		}
		return false
	}
	w.card.child("relatedTo").set(key, o)
	return true
}

// isAlternative reports whether a property says in another language what one before it
// says.
func (w *writer) isAlternative(p *cardtext.Property) bool {
	main, ok := w.places[p.Name+p.First("ALTID")]
	return ok && p.First("ALTID") != "" && p.First("LANGUAGE") != "" && p.First("LANGUAGE") != main.prop.First("LANGUAGE")
}

// localization writes such a property as a patch of the member that it is an alternative
// of (RFC 9553, 2.7.1).
func (w *writer) localization(p *cardtext.Property) bool {
	if !w.isAlternative(p) {
		return false
	}
	main := w.places[p.Name+p.First("ALTID")]
	o, at := newObject(), pointer("name", "components")
	if main.rule == nil {
		all, ok := components(p.Value, nameKinds)
		if !ok {
			return false
		}
		o.set("components", all)
	} else {
		at = pointer(main.rule.member, main.key, main.rule.value)
		if !main.rule.setValue(o, p.Value) || len(o.names) != 1 || o.names[0] != main.rule.value {
			return false
		}
	}
	value := o.values[o.names[0]]
	back, ok := alternative(main.rule, main.prop, p.First("LANGUAGE"), value)
	if !ok || !same(&back, p) {
		return false
	}
	patch := w.card.grow("localizations").grow(p.First("LANGUAGE"))
	if _, taken := patch.get(at); taken {
		return false
	}
	patch.set(at, value)
	return true
}

// foreign puts the value of JSPROP where it belongs: not over anything, nor into an object
// that is no longer there.
func (w *writer) foreign(p *cardtext.Property) bool {
	at := p.First("JSPTR")
	if at == "" || len(p.Params) > 1 || p.Group != "" {
		return false
	}
	v, err := parseAny(cardtext.Unescape(p.Value))
	if err != nil || cardtext.Escape(string(appendJSON(nil, v))) != p.Value {
		return false
	}
	names := namesOf(at)
	if len(names) > 2 && isMember(names[0]) {
		members := w.card.child(names[0])
		if members == nil || members.child(names[1]) == nil {
			return false
		}
	}
	return w.card.put(at, v)
}

func isMember(name string) bool {
	return slices.ContainsFunc(rules, func(r rule) bool { return r.member == name })
}

// same reports whether two properties are one: the order of parameters says nothing.
func same(p, q *cardtext.Property) bool { return sameBut(p, q, false) }

// sameBut is same, but for the group if it is only for a label.
func sameBut(p, q *cardtext.Property, label bool) bool {
	return p.Name == q.Name && p.Value == q.Value && (p.Group == q.Group || label) && maps.EqualFunc(paramsOf(p), paramsOf(q), slices.Equal)
}

func paramsOf(p *cardtext.Property) map[string][]string {
	params := map[string][]string{}
	for _, q := range p.Params {
		params[q.Name] = q.Values
	}
	return params
}
