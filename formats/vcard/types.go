package vcard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// kind says how one kind of part writes its type: which TYPE values it names, and
// which say nothing. Everything else in TYPE stays in the part's Params.
type kind struct {
	index  int                 // among the kinds
	types  map[string]string   // TYPE value in lower case -> type
	tokens map[string][]string // type -> TYPE values
	noise  string              // the TYPE value that is the default
	roles  bool                // any TYPE value is a type (relations)
	phones bool                // TYPE values combine (phones)
	prefer bool                // the part can be preferred
}

var (
	emailKind   = &kind{index: 0, types: placeTypes, tokens: placeTokens, noise: "internet", prefer: true}
	imKind      = &kind{index: 1, types: placeTypes, tokens: placeTokens, prefer: true}
	addressKind = &kind{index: 2, types: placeTypes, tokens: placeTokens, prefer: true}
	websiteKind = &kind{index: 3, types: siteTypes, tokens: siteTokens, prefer: true}
	phoneKind   = &kind{index: 4, types: phoneTypes, tokens: phoneTokens, noise: "voice", phones: true, prefer: true}
	relateKind  = &kind{index: 5, types: relationTypes, roles: true}
)

// kinds is how many kinds there are.
const kinds = 6

var (
	placeTypes  = map[string]string{"home": contact.Home, "work": contact.Work, "other": contact.Other}
	placeTokens = map[string][]string{contact.Home: {"HOME"}, contact.Work: {"WORK"}, contact.Other: {"OTHER"}}

	siteTypes = map[string]string{"home": contact.Home, "work": contact.Work, "other": contact.Other,
		"blog": contact.Blog, "profile": contact.Profile}
	siteTokens = map[string][]string{contact.Home: {"HOME"}, contact.Work: {"WORK"}, contact.Other: {"OTHER"},
		contact.Blog: {"BLOG"}, contact.Profile: {"PROFILE"}}

	// phoneTypes has the TYPE values of phones: of vCard 2.1 to 4.0, of
	// Microsoft's X-MS-TEL (MS-OXVCARD) and of Apple.
	phoneTypes = map[string]string{"home": contact.Home, "work": contact.Work, "other": contact.Other,
		"cell": contact.Mobile, "mobile": contact.Mobile, "fax": contact.OtherFax, "pager": contact.Pager,
		"car": contact.Car, "isdn": contact.ISDN, "main": contact.Main, "main-number": contact.Main,
		"radio": contact.Radio, "tlx": contact.Telex, "telex": contact.Telex,
		"ttytdd": contact.TTY, "tty": contact.TTY, "tty-tdd": contact.TTY, "textphone": contact.TTY,
		"assistant": contact.Assistant, "callback": contact.Callback, "company": contact.Company}
	phoneTokens = map[string][]string{contact.Home: {"HOME"}, contact.Work: {"WORK"}, contact.Other: {"OTHER"},
		contact.Mobile: {"CELL"}, contact.WorkMobile: {"CELL", "WORK"},
		contact.HomeFax: {"HOME", "FAX"}, contact.WorkFax: {"WORK", "FAX"}, contact.OtherFax: {"FAX"},
		contact.Pager: {"PAGER"}, contact.Car: {"CAR"}, contact.ISDN: {"ISDN"}, contact.Main: {"MAIN"},
		contact.Radio: {"RADIO"}, contact.Telex: {"TLX"}, contact.TTY: {"TEXTPHONE"},
		contact.Assistant: {"ASSISTANT"}, contact.Callback: {"CALLBACK"}, contact.Company: {"COMPANY"}}

	relationTypes = map[string]string{"spouse": contact.Spouse, "partner": contact.Partner, "child": contact.Child,
		"parent": contact.Parent, "sibling": contact.Sibling, "friend": contact.Friend}

	// appleLabels has what Apple's labels of phones mean. Others mean themselves.
	appleLabels = map[string]string{"homefax": contact.HomeFax, "workfax": contact.WorkFax, "otherfax": contact.OtherFax,
		"assistantphone": contact.Assistant, "callbackphone": contact.Callback, "carphone": contact.Car,
		"companyphone": contact.Company, "radiophone": contact.Radio}

	// appleWrites has the labels that Apple translates for its users.
	appleWrites = map[string]string{"homePage": "HomePage", "school": "School", "mother": "Mother", "father": "Father",
		"parent": "Parent", "brother": "Brother", "sister": "Sister", "child": "Child", "friend": "Friend",
		"spouse": "Spouse", "partner": "Partner", "other": "Other"}
)

// read returns what parameters and a label say of a part of this kind, but for its
// group.
func (k *kind) read(params []param, label string) (typ string, preferred bool, rest contact.Params) {
	var room [8]string
	tokens, raw := room[:0], false
	for _, q := range params {
		switch {
		case q.name == gv.ParamType && k.prefer && strings.EqualFold(q.value, "pref"):
			preferred = true
		case q.name == gv.ParamType:
			tokens = append(tokens, q.value)
		case q.name == gv.ParamPreferred && k.prefer && strings.TrimSpace(q.value) == "1":
			preferred = true
		case q.name == paramRaw:
			raw = true
		case q.name == gv.ParamValue, q.name == paramEncoding, q.name == paramLabel, q.name == paramText, q.name == paramMore, q.name == paramLists:
		case q.name == "LABEL" && k == addressKind:
		default:
			setParam(&rest, q.name, q.value)
		}
	}
	typ, others := k.typeOf(tokens, label)
	if typ == "" && !raw && isOwnType(others) {
		return strings.TrimSpace(others[0][2:]), preferred, rest
	}
	if len(others) > 0 {
		setParam(&rest, gv.ParamType, others...)
	}
	return typ, preferred, rest
}

// isOwnType reports whether TYPE values are a label of the user's own as Android
// writes it: TYPE=X-Weekend.
func isOwnType(tokens []string) bool {
	return len(tokens) == 1 && len(tokens[0]) > 2 && strings.EqualFold(tokens[0][:2], "x-")
}

// typeOf finds the type that TYPE values and a label say, and what of the TYPE
// values it does not say. A label is more precise than a TYPE value.
func (k *kind) typeOf(tokens []string, label string) (typ string, rest []string) {
	if label != "" {
		if standard, ok := k.tokens[label]; ok {
			tokens, label = append(append([]string(nil), standard...), tokens...), ""
		}
	}
	if k == addressKind && len(tokens) == 1 && label == "" && strings.EqualFold(tokens[0], "postal") {
		return contact.Other, nil // so Exchange writes it
	}
	var room [8]string
	types := room[:0] // what each of the tokens says
	for _, token := range tokens {
		types = append(types, k.find(token))
	}
	says := func(t string) bool { return t != "" && t == typ }
	switch {
	case label != "":
		typ = label
	case k.phones:
		typ, says = phoneType(types, tokens)
	default:
		typ = firstOf(types, func(t string) bool { return t != "" })
	}
	for i, token := range tokens {
		if !says(types[i]) && !strings.EqualFold(token, k.noise) {
			rest = append(rest, token)
		}
	}
	return typ, rest
}

func firstOf(types []string, ok func(string) bool) string {
	for _, t := range types {
		if ok(t) {
			return t
		}
	}
	return ""
}

// find returns the type that a single TYPE value names, "" if none.
func (k *kind) find(token string) string {
	if typ, ok := lookup(k.types, token); ok {
		return typ
	}
	if k.roles && !strings.EqualFold(token, "pref") {
		return strings.TrimSpace(strings.TrimPrefix(token, "x-"))
	}
	return ""
}

// phoneType joins what a phone is with where it is. says reports which types of
// single TYPE values that covers.
func phoneType(types, tokens []string) (typ string, says func(string) bool) {
	isPlace := func(t string) bool { return t == contact.Home || t == contact.Work || t == contact.Other }
	place := firstOf(types, isPlace)
	device := firstOf(types, func(t string) bool { return t != "" && !isPlace(t) })
	both := func(t string) bool { return t != "" && (t == device || t == place) }
	alone := func(t string) bool { return t != "" && t == device }
	switch {
	case device == "" && place == "":
		if slices.ContainsFunc(tokens, func(s string) bool { return strings.EqualFold(s, "iphone") }) {
			return contact.Mobile, alone // of old address books; newer ones add CELL
		}
		return "", alone
	case device == "":
		return place, both
	case device == contact.OtherFax && place == contact.Home:
		return contact.HomeFax, both
	case device == contact.OtherFax && place == contact.Work:
		return contact.WorkFax, both
	case device == contact.OtherFax:
		return contact.OtherFax, both
	case device == contact.Mobile && place == contact.Work:
		return contact.WorkMobile, both
	}
	return device, alone
}

// labelType returns the type that a label stands for: Apple's own labels are
// "_$!<HomeFAX>!$_", a user's are any text.
func (k *kind) labelType(label string) string {
	inner, isApple := strings.CutPrefix(label, "_$!<")
	if isApple {
		inner, isApple = strings.CutSuffix(inner, ">!$_")
		inner = strings.TrimSpace(inner)
	}
	if !isApple {
		inner = label
	}
	if k.phones {
		if typ, ok := lookup(appleLabels, inner); ok {
			return typ
		}
	}
	if typ, ok := lookup(k.types, inner); ok {
		return typ
	}
	if isApple && inner != "" {
		first, size := utf8.DecodeRuneInString(inner)
		return string(unicode.ToLower(first)) + inner[size:]
	}
	return label
}

// written returns the TYPE values that stand for a type, or else the label. A
// type that neither can carry comes back as param, to be written as one of ours.
func (k *kind) written(typ string, v4 bool) (tokens []string, label, param string) {
	if typ == "" {
		return nil, "", ""
	}
	if tokens, ok := k.tokens[typ]; ok {
		return tokens, "", ""
	}
	if k.roles && (v4 || isRole(typ)) {
		if isToken(typ) && k.find(typ) == typ && !isRole(typ) {
			return []string{typ}, "", ""
		}
		return nil, "", typ
	}
	label = typ
	if apple, ok := appleWrites[typ]; ok {
		label = "_$!<" + apple + ">!$_"
	}
	if k.labelType(label) != typ {
		return nil, "", typ
	}
	return nil, label, ""
}

// isRole reports whether a relation of that type has a place of its own in the
// organization.
func isRole(typ string) bool {
	switch strings.ToLower(typ) {
	case "manager", "assistant", "agent":
		return true
	}
	return false
}

// lookup finds a key that is in lower case, whatever the case of s.
func lookup(m map[string]string, s string) (string, bool) {
	var b [16]byte
	if len(s) > len(b) {
		return "", false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b[i] = c
	}
	v, ok := m[string(b[:len(s)])]
	return v, ok
}
