package jscontact

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
	"github.com/cardferry/cardferry/formats/jcard"
)

// reader makes the properties of a vCard of a card. It takes the members that it reads
// away; those that are left become JSPROP.
type reader struct {
	card   *object
	all    []cardtext.Property
	groups map[string]bool // that are in use
	item   int
	places map[string]origin   // by member and key
	hidden []cardtext.Property // those of vCardProps
}

// origin is what property an object became.
type origin struct {
	rule  *rule // nil for the name
	index int   // in all
}

// read fills r.all.
func (r *reader) read() {
	r.groups, r.places = map[string]bool{}, map[string]origin{}
	props := r.props()
	r.hidden = props
	r.scalars()
	r.nameOf()
	for i := range rules {
		if rule := &rules[i]; r.card.child(rule.member) != nil {
			r.members(rule.member)
		}
	}
	r.related()
	r.localizations()
	r.all = append(r.all, props...)
	r.left(r.card)
}

// nameKey gives the property that an object became the key of the object, of which
// something else in the card speaks.
func (r *reader) nameKey(member, key string) {
	if at, ok := r.places[pointer(member, key)]; ok && r.all[at.index].Get("PROP-ID") == nil {
		r.all[at.index].Add("PROP-ID", key)
	}
}

func (r *reader) add(p cardtext.Property) { r.all = append(r.all, p) }

// props reads vCardProps, and what an older draft had in their place.
func (r *reader) props() (all []cardtext.Property) {
	lists := [][]any{r.card.list("vCardProps")}
	r.card.remove("vCardProps")
	if old := r.card.child("vCard"); old != nil && old.list("properties") != nil {
		lists = append(lists, old.list("properties"))
		old.remove("properties")
		if len(old.names) == 0 {
			r.card.remove("vCard")
		}
	}
	for _, list := range lists {
		for _, item := range list {
			p, err := jcard.ParseProperty(appendJSON(nil, item))
			if err != nil {
				all = append(all, foreign("vCardProps/-", item))
				continue
			}
			if p.Group != "" {
				r.groups[p.Group] = true
			}
			all = append(all, p)
		}
	}
	return all
}

// property adds a property, unless it is one of those in vCardProps that is shown to
// other programs.
func (r *reader) property(name, raw string, params ...cardtext.Param) {
	if name == "FN" || name == "CATEGORIES" {
		for _, p := range r.hidden {
			if p.Name == name && p.Value == raw {
				return
			}
		}
	}
	r.add(cardtext.Property{Name: name, Value: raw, Params: params})
}

// scalars reads what a card has one of.
func (r *reader) scalars() {
	c := r.card
	c.remove("@type")
	c.remove("version")
	for _, s := range []struct{ member, name string }{{"uid", "UID"}, {"kind", "KIND"}, {"prodId", "PRODID"}, {"language", "LANGUAGE"}} {
		if text, ok := c.values[s.member].(string); ok {
			r.property(s.name, cardtext.Escape(text))
			c.remove(s.member)
		}
	}
	for _, s := range []struct{ member, name string }{{"updated", "REV"}, {"created", "CREATED"}} {
		raw := strings.NewReplacer("-", "", ":", "").Replace(c.text(s.member))
		if o := newObject(); raw != "" && dateObject(o, raw) && strings.Contains(raw, "T") {
			r.property(s.name, raw)
			c.remove(s.member)
		}
	}
	if words, ok := setOf(c.child("keywords")); ok && len(words) > 0 {
		r.property("CATEGORIES", escapeAll(words))
		c.remove("keywords")
	}
	if members, ok := setOf(c.child("members")); ok && len(members) > 0 {
		for _, m := range members {
			r.property("MEMBER", cardtext.EscapeURI(m))
		}
		c.remove("members")
	}
}

// setOf returns the members of a set; ok is false for what is no set.
func setOf(o *object) (words []string, ok bool) {
	if o == nil {
		return nil, false
	}
	for _, name := range o.names {
		if !isTrue(o.values[name]) || name == "" {
			return nil, false
		}
	}
	return o.names, true
}

func (r *reader) nameOf() {
	o := r.card.child("name")
	if o == nil {
		return
	}
	o.remove("@type")
	if full, ok := o.values["full"].(string); ok && full != "" {
		r.property("FN", cardtext.Escape(full))
		o.remove("full")
	}
	if p, ok := nameProperty(o); ok {
		r.phonetic(o.list("components"))
		r.places["name"] = origin{index: len(r.all)}
		r.add(p)
		o.remove("components")
	}
	if len(o.names) == 0 {
		r.card.remove("name")
	}
}

// nameProperty returns N for a name with components, and takes away what it says but for
// these.
func nameProperty(o *object) (p cardtext.Property, ok bool) {
	list := o.list("components")
	values, ok := valuesByKind(list)
	if !ok || len(list) == 0 && o.child("vCardParams") == nil {
		return p, false
	}
	parts := make([]string, 5)
	if len(values["surname2"])+len(values["generation"]) > 0 {
		parts = make([]string, len(nameKinds))
	}
	for kind := range values {
		i := slices.Index(nameKinds, kind)
		if i < 0 {
			return p, false
		}
		parts[i] = escapeAll(values[kind])
	}
	p = takeParams(o, "name")
	p.Name, p.Value = "N", strings.Join(parts, ";")
	if sortAs := o.child("sortAs"); sortAs != nil {
		text := sortAs.text("surname")
		if given, ok := sortAs.values["given"].(string); ok {
			text += "," + given
		}
		if text != "" {
			p.Add("SORT-AS", text)
			sortAs.remove("surname")
			sortAs.remove("given")
		}
		if len(sortAs.names) == 0 {
			o.remove("sortAs")
		}
	}
	if order, ok := takeOrder(o, nameKinds); ok {
		p.Add(paramOrder, order)
	}
	return p, true
}

// phonetic reads how the parts of a name are pronounced, which vCard 4.0 has a property
// of its own for in the use of programs.
func (r *reader) phonetic(list []any) {
	for kind, name := range map[string]string{"given": "X-PHONETIC-FIRST-NAME", "given2": "X-PHONETIC-MIDDLE-NAME", "surname": "X-PHONETIC-LAST-NAME"} {
		for _, item := range list {
			if c := item.(*object); c.text("kind") == kind && c.text("phonetic") != "" {
				r.property(name, cardtext.Escape(c.text("phonetic")))
				break
			}
		}
	}
}

// members reads the objects of one member.
func (r *reader) members(member string) {
	all := r.card.child(member)
	left := newObject()
	for _, key := range all.names {
		o, ok := all.values[key].(*object)
		if !ok {
			left.set(key, all.values[key])
			continue
		}
		o.remove("@type")
		rule := ruleFor(member, o)
		if rule == nil {
			left.set(key, o)
			continue
		}
		whole := o.clone()
		p, label, ok := memberProperty(rule, key, o, isUsual(key))
		if !ok {
			left.set(key, whole)
			continue
		}
		if len(o.names) > 0 && p.Get("PROP-ID") == nil {
			p.Add("PROP-ID", key) // what is left must be put back into this object
		}
		if label != nil && p.Group == "" {
			p.Group = r.newGroup()
		}
		if p.Group != "" {
			r.groups[p.Group] = true
		}
		r.places[pointer(member, key)] = origin{rule, len(r.all)}
		r.add(p)
		if label != nil {
			r.add(cardtext.Property{Group: p.Group, Name: "X-ABLabel", Value: cardtext.Escape(*label)})
		}
		for _, name := range o.names {
			if name == "organizationId" {
				r.nameKey("organizations", o.text(name))
			}
			r.jsprop(pointer(member, key, name), o.values[name])
		}
	}
	r.card.remove(member)
	for _, key := range left.names {
		r.jsprop(pointer(member, key), left.values[key])
	}
}

func (r *reader) newGroup() string {
	for {
		r.item++
		if name := fmt.Sprintf("item%d", r.item); !r.groups[name] {
			return name
		}
	}
}

// memberProperty returns the property that an object of a member is, and its label, and
// takes away what they say. key is that of the object; a usual one need not be kept.
func memberProperty(r *rule, key string, o *object, usual bool) (p cardtext.Property, label *string, ok bool) {
	value, ok := r.rawValue(o)
	if !ok {
		return p, nil, false
	}
	p = takeParams(o, r.member)
	p.Name, p.Value = r.name, value
	if r.name == "ADR" {
		kinds := addressKinds
		if len(cardtext.Split(value, ';')) == coarse {
			kinds = kinds[:coarse]
		}
		if order, ok := takeOrder(o, kinds); ok {
			p.Add(paramOrder, order)
		}
	}
	if !usual && p.Get("PROP-ID") == nil {
		p.Add("PROP-ID", key)
	}
	if text, ok := o.values["label"].(string); ok {
		label = &text
		o.remove("label")
	}
	o.remove(r.value)
	if r.name == "ORG" {
		o.remove("units")
	}
	if r.mark != "" {
		o.remove(r.mark)
	}
	return p, label, true
}

func (r *reader) related() {
	all := r.card.child("relatedTo")
	if all == nil {
		return
	}
	for _, key := range slices.Clone(all.names) {
		o, ok := all.values[key].(*object)
		if !ok {
			continue
		}
		if p, ok := relatedProperty(key, o); ok {
			r.add(p)
			all.remove(key)
		}
	}
	if len(all.names) == 0 {
		r.card.remove("relatedTo")
	}
}

// relatedProperty returns RELATED for a relation that says nothing but what it is. A key
// that is no URI is the other's name.
func relatedProperty(key string, o *object) (p cardtext.Property, ok bool) {
	o.remove("@type")
	relation, isSet := setOf(o.child("relation"))
	if o.child("relation") == nil {
		relation, isSet = nil, len(o.names) == 0
	}
	if !isSet || len(o.names) > 1 || key == "" {
		return p, false
	}
	p = cardtext.Property{Name: "RELATED", Value: cardtext.EscapeURI(key)}
	if len(relation) > 0 {
		p.Add("TYPE", relation...)
	}
	if scheme, rest, found := strings.Cut(key, ":"); !found || rest == "" || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+.-") != "" {
		p.Value = cardtext.Escape(key)
		p.Add("VALUE", "text")
	}
	return p, true
}

// localizations reads the patches of values that vCard has alternatives for.
func (r *reader) localizations() {
	all := r.card.child("localizations")
	if all == nil {
		return
	}
	altids := 0
	for _, lang := range slices.Clone(all.names) {
		patch := all.child(lang)
		if patch == nil {
			continue
		}
		for _, at := range slices.Clone(patch.names) {
			names := namesOf(at)
			main, ok := r.places[pointer(names[:max(len(names)-1, 0)]...)]
			isName := at == "name/components" && ok
			if !ok || !isName && (main.rule == nil || len(names) != 3 || names[2] != main.rule.value) {
				continue
			}
			if r.all[main.index].First("ALTID") == "" {
				altids++
				r.all[main.index].Add("ALTID", fmt.Sprintf("L%d", altids))
			}
			if p, ok := alternative(main.rule, &r.all[main.index], lang, patch.values[at]); ok {
				r.add(p)
				patch.remove(at)
			}
		}
		for _, at := range patch.names {
			if names := namesOf(at); len(names) > 1 {
				r.nameKey(names[0], names[1])
			}
		}
		if len(patch.names) == 0 {
			all.remove(lang)
		}
	}
	if len(all.names) == 0 {
		r.card.remove("localizations")
	}
}

// alternative returns what main is in another language; a nil rule is that of N.
func alternative(r *rule, main *cardtext.Property, lang string, value any) (p cardtext.Property, ok bool) {
	if main.First("ALTID") == "" {
		return p, false
	}
	p = cardtext.Property{Group: main.Group, Name: main.Name}
	for _, q := range main.Params {
		if q.Name != "LANGUAGE" && q.Name != paramOrder {
			p.Params = append(p.Params, cardtext.Param{Name: q.Name, Values: slices.Clone(q.Values)})
		}
	}
	p.Add("LANGUAGE", lang)
	if r == nil {
		list, _ := value.([]any)
		n, isName := nameProperty(newObject("components", list))
		p.Value = n.Value
		return p, isName
	}
	p.Value, ok = r.rawValue(newObject(r.value, value))
	return p, ok
}

// left makes JSPROP of the members that nobody has taken.
func (r *reader) left(o *object) {
	for _, name := range o.names {
		switch child, isObject := o.values[name].(*object); {
		case isObject && (name == "name" || name == "relatedTo"):
			for _, inner := range child.names {
				r.jsprop(pointer(name, inner), child.values[inner])
			}
		case isObject && name == "localizations":
			for _, lang := range child.names {
				patch := child.child(lang)
				if patch == nil {
					r.jsprop(pointer(name, lang), child.values[lang])
					continue
				}
				for _, at := range patch.names {
					r.jsprop(pointer(name, lang, at), patch.values[at])
				}
			}
		default:
			r.jsprop(pointer(name), o.values[name])
		}
	}
}

func (r *reader) jsprop(at string, v any) { r.add(foreign(at, v)) }

// foreign returns the property for a value that vCard has none for (RFC 9555, 3.2.1).
func foreign(at string, v any) cardtext.Property {
	return cardtext.Property{Name: "JSPROP", Value: cardtext.Escape(string(appendJSON(nil, v))), Params: []cardtext.Param{{Name: "JSPTR", Values: []string{at}}}}
}

// parseAny reads one JSON value.
func parseAny(text string) (any, error) {
	dec := jsontext.NewDecoder(bytes.NewReader([]byte(text)), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	v, err := parseValue(dec, 0)
	if err == nil && dec.InputOffset() != int64(len(text)) {
		err = errNoCard
	}
	return v, err
}
