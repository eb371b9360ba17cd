package jscontact

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
)

// rule says which member stands for a property of which a card can have several (RFC
// 9555, 2): an object in the map of that name.
type rule struct {
	name   string // of the property, upper case
	member string // of the card
	value  string // the member of the object that holds the value
	uri    bool   // the value is a URI
	// mark and is tell the properties of one member apart: "kind" is "title".
	mark, is string
	// object and raw convert values that are more than a text; nil for those that are not.
	object func(o *object, raw string) bool
	raw    func(o *object) (string, bool)
}

var rules = []rule{
	{name: "EMAIL", member: "emails", value: "address"},
	{name: "TEL", member: "phones", value: "number"},
	{name: "ADR", member: "addresses", value: "components", object: addressObject, raw: addressRaw},
	{name: "ORG", member: "organizations", value: "name", object: organizationObject, raw: organizationRaw},
	{name: "TITLE", member: "titles", value: "name", mark: "kind", is: "title"},
	{name: "ROLE", member: "titles", value: "name", mark: "kind", is: "role"},
	{name: "NICKNAME", member: "nicknames", value: "name"},
	{name: "NOTE", member: "notes", value: "note"},
	{name: "CONTACT-URI", member: "links", value: "uri", uri: true, mark: "kind", is: "contact"},
	{name: "URL", member: "links", value: "uri", uri: true},
	{name: "IMPP", member: "onlineServices", value: "uri", uri: true, mark: "vCardName", is: "impp"},
	{name: "X-MS-IMADDRESS", member: "onlineServices", value: "user", mark: "vCardName", is: "x-ms-imaddress"},
	{name: "SOCIALPROFILE", member: "onlineServices", value: "uri", uri: true},
	{name: "LANG", member: "preferredLanguages", value: "language"},
	{name: "PHOTO", member: "media", value: "uri", uri: true, mark: "kind", is: "photo"},
	{name: "LOGO", member: "media", value: "uri", uri: true, mark: "kind", is: "logo"},
	{name: "SOUND", member: "media", value: "uri", uri: true, mark: "kind", is: "sound"},
	{name: "KEY", member: "cryptoKeys", value: "uri", uri: true},
	{name: "FBURL", member: "calendars", value: "uri", uri: true, mark: "kind", is: "freeBusy"},
	{name: "CALURI", member: "calendars", value: "uri", uri: true, mark: "kind", is: "calendar"},
	{name: "CALADRURI", member: "schedulingAddresses", value: "uri", uri: true},
	{name: "SOURCE", member: "directories", value: "uri", uri: true, mark: "kind", is: "entry"},
	{name: "ORG-DIRECTORY", member: "directories", value: "uri", uri: true, mark: "kind", is: "directory"},
	{name: "HOBBY", member: "personalInfo", value: "value", mark: "kind", is: "hobby"},
	{name: "INTEREST", member: "personalInfo", value: "value", mark: "kind", is: "interest"},
	{name: "EXPERTISE", member: "personalInfo", value: "value", mark: "kind", is: "expertise"},
	{name: "BDAY", member: "anniversaries", value: "date", mark: "kind", is: "birth", object: dateObject, raw: dateRaw},
	{name: "DEATHDATE", member: "anniversaries", value: "date", mark: "kind", is: "death", object: dateObject, raw: dateRaw},
	{name: "ANNIVERSARY", member: "anniversaries", value: "date", mark: "kind", is: "wedding", object: dateObject, raw: dateRaw},
}

// ruleOf returns the rule of a property, nil if it has none.
func ruleOf(name string) *rule {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return &rules[i]
}

// ruleFor returns the rule for an object of a member: the one whose mark it has, else the
// one without a mark.
func ruleFor(member string, o *object) *rule {
	var unmarked *rule
	for i := range rules {
		r := &rules[i]
		if r.member != member {
			continue
		}
		if v, ok := o.get(r.mark); r.mark != "" && ok && v == r.is {
			return r
		}
		if _, ok := o.get(r.value); r.mark == "" && (ok || r.object != nil) {
			unmarked = r
		}
	}
	switch {
	case unmarked != nil:
		return unmarked
	case member == "titles": // the kind that is meant where none is said (RFC 9553, 2.2.5)
		return ruleOf("TITLE")
	case member == "onlineServices" && o.text("user") != "" && o.text("service") == "":
		return ruleOf("X-MS-IMADDRESS")
	}
	return nil
}

// setValue sets what of the object the value of a property is.
func (r *rule) setValue(o *object, raw string) bool {
	if r.object != nil {
		return r.object(o, raw)
	}
	o.set(r.value, cardtext.Unescape(raw))
	return true
}

// rawValue returns the value of the property that an object is.
func (r *rule) rawValue(o *object) (string, bool) {
	if r.raw != nil {
		return r.raw(o)
	}
	text, ok := o.values[r.value].(string)
	if r.uri {
		return cardtext.EscapeURI(text), ok
	}
	return cardtext.Escape(text), ok
}

// Parameters that JSContact has members for.

// contexts and features are the TYPE values that it names: "home" is the context
// "private", "cell" the feature "mobile" of a phone.
var (
	contexts = map[string]string{"home": "private", "work": "work", "billing": "billing", "delivery": "delivery"}
	features = map[string]string{"cell": "mobile", "voice": "voice", "text": "text", "video": "video", "main-number": "main-number",
		"textphone": "textphone", "fax": "fax", "pager": "pager"}
	typeOrder = []string{"cell", "home", "work", "billing", "delivery", "voice", "video", "text", "main-number", "textphone", "fax", "pager"}
	// named are the parameters that are members of single texts.
	named = map[string]string{"MEDIATYPE": "mediaType", "LABEL": "full", "GEO": "coordinates", "TZ": "timeZone", "CC": "countryCode",
		"SERVICE-TYPE": "service", "USERNAME": "user", "SORT-AS": "sortAs", "LEVEL": "level"}
	namedIn = map[string][]string{"MEDIATYPE": {"media", "links", "cryptoKeys", "calendars", "directories"}, "LABEL": {"addresses"},
		"GEO": {"addresses"}, "TZ": {"addresses"}, "CC": {"addresses"}, "SERVICE-TYPE": {"onlineServices"}, "USERNAME": {"onlineServices"},
		"SORT-AS": {"organizations"}, "LEVEL": {"personalInfo"}}
	levels = map[string]string{"beginner": "low", "average": "medium", "expert": "high", "low": "low", "medium": "medium", "high": "high"}
)

// isNamed reports whether a parameter is a member of the objects of that name.
func isNamed(param, member string) bool { return slices.Contains(namedIn[param], member) }

// setParams sets the members for the parameters of a property; those without a member go
// to vCardParams.
func setParams(o *object, member string, params []cardtext.Param) {
	for _, p := range params {
		switch {
		case p.Name == "PROP-ID":
		case p.Name == "TYPE":
			setTypes(o, member, p.Values)
		case p.Name == "PREF" && len(p.Values) == 1 && isNumber(p.Values[0]):
			o.set("pref", jsontext.Value(p.Values[0]))
		case isNamed(p.Name, member) && len(p.Values) == 1:
			value := p.Values[0]
			if p.Name == "LEVEL" && levels[value] != "" {
				value = levels[value]
			}
			if p.Name == "LABEL" {
				value = cardtext.Unescape(value)
			}
			o.set(named[p.Name], value)
		default:
			if more := o.grow("vCardParams"); more != nil {
				more.set(strings.ToLower(p.Name), oneOrAll(p.Values))
			}
		}
	}
}

func isNumber(s string) bool {
	return s != "" && s[0] != '0' && len(s) < 4 && strings.Trim(s, "0123456789") == ""
}

func oneOrAll(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

func setTypes(o *object, member string, types []string) {
	var others []string
	for _, t := range types {
		set, name := "", ""
		if name = contexts[t]; name != "" {
			set = "contexts"
		} else if name = features[t]; name != "" && member == "phones" {
			set = "features"
		}
		if members := o.values[set]; set == "" || members != nil && o.child(set) == nil {
			others = append(others, t)
			continue
		}
		o.grow(set).set(name, true)
	}
	if len(others) > 0 {
		o.grow("vCardParams").set("type", oneOrAll(others))
	}
}

// takeParams returns the parameters that the members of an object are, and removes these
// from it. Members that are not what they should be stay.
func takeParams(o *object, member string) (params cardtext.Property) {
	types := map[string]bool{}
	for _, set := range []struct {
		name  string
		types map[string]string
	}{{"contexts", contexts}, {"features", features}} {
		members := o.child(set.name)
		if members == nil || set.name == "features" && member != "phones" {
			continue
		}
		for t, name := range set.types {
			if v, ok := members.get(name); ok && isTrue(v) {
				types[t] = true
				members.remove(name)
			}
		}
		if len(members.names) == 0 {
			o.remove(set.name)
		}
	}
	for _, t := range typeOrder {
		if types[t] {
			params.Add("TYPE", t)
		}
	}
	if v, ok := o.values["pref"].(jsontext.Value); ok && isNumber(string(v)) {
		params.Add("PREF", string(v))
		o.remove("pref")
	}
	for _, name := range []string{"MEDIATYPE", "LABEL", "GEO", "TZ", "CC", "SERVICE-TYPE", "USERNAME", "SORT-AS", "LEVEL"} {
		text, ok := o.values[named[name]].(string)
		if !ok || !isNamed(name, member) {
			continue
		}
		switch {
		case name == "LABEL":
			text = strings.ReplaceAll(text, `\`, `\\`)
		case name == "LEVEL" && member == "personalInfo" && o.text("kind") == "expertise":
			text = map[string]string{"low": "beginner", "medium": "average", "high": "expert"}[text]
		}
		if text != "" {
			params.Add(name, text)
			o.remove(named[name])
		}
	}
	if more := o.child("vCardParams"); more != nil {
		for _, name := range more.names {
			if name == "group" {
				params.Group, _ = more.values[name].(string)
				continue
			}
			values := textsOf(more.values[name])
			if i := slices.IndexFunc(params.Params, func(q cardtext.Param) bool { return q.Name == "TYPE" }); name == "type" && i >= 0 && contains(values, params.Params[i].Values) {
				params.Params[i].Values = values // the same and more, in the order that they had
				continue
			}
			params.Add(strings.ToUpper(name), values...)
		}
		o.remove("vCardParams")
	}
	return params
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func textsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case jsontext.Value:
		return []string{string(v)}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, textsOf(item)...)
		}
		return all
	}
	return []string{""}
}
