package vcard

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// X-ANDROID-CUSTOM is how Android's address book writes what vCard 3.0 has no
// property for: a kind of row of its database, a value, the number of a type (0 for
// a label of the user's own), the label, and empty columns.

const (
	androidRow      = "vnd.android.cursor.item/"
	androidRelation = androidRow + "relation"
	androidEvent    = androidRow + "contact_event"
	androidNickname = androidRow + "nickname"
	androidColumns  = 14 // empty ones behind value and type
)

// androidRelations has the types of relations by their numbers in Android's
// ContactsContract. 1 and 7, the assistant and the manager, are the organization's.
var androidRelations = map[int]string{1: "assistant", 2: "brother", 3: contact.Child, 5: "father", 6: contact.Friend,
	7: "manager", 8: "mother", 9: contact.Parent, 10: contact.Partner, 13: "sister", 14: contact.Spouse}

// readAndroid reads relations, nicknames and anniversaries; other rows are kept as
// they are.
func readAndroid(r *cardReader, p *property) bool {
	parts := r.split(p.value, ';')
	if len(parts) < 3 || r.scalarParams(p) != nil || value(parts[1]) == "" {
		return false
	}
	v, typ := value(parts[1]), value(parts[2])
	more := ""
	if len(parts) > 3 {
		more = value(parts[3])
	}
	switch value(parts[0]) {
	case androidRelation:
		number, err := strconv.Atoi(typ)
		relation := contact.Relation{Name: v, Type: androidRelations[number]}
		if err != nil || number == 0 && more != "" {
			relation.Type = more
		} else if relation.Type == "" {
			return false
		}
		_, role := r.role(relation.Type)
		switch {
		case role == nil:
			r.relate(relation)
		case *role == "" || *role == v:
			*role = v
		default:
			return false
		}
		return true
	case androidNickname:
		return r.c.Name.Nickname == v || r.c.Name.Nickname == "" && r.fill(&r.c.Name.Nickname, v, gv.FieldNickname, p)
	case androidEvent:
		d, err := contact.ParseDate(v)
		if err != nil || typ != "1" || !r.c.Anniversary.IsZero() && r.c.Anniversary != d {
			return false
		}
		r.c.Anniversary = d
		return true
	}
	return false
}

// androidRelation writes a relation as Android does, and reports whether that keeps
// all of it.
func (w *writer) androidRelation(r *contact.Relation) bool {
	if len(r.Params) > 0 || r.Type == "" || isRole(r.Type) || strings.TrimSpace(r.Type) != r.Type {
		return false
	}
	number, label := 0, r.Type
	for n, typ := range androidRelations {
		if typ == r.Type {
			number, label = n, ""
		}
	}
	w.open(propAndroid)
	w.structured(slices.Concat([]string{androidRelation, r.Name, strconv.Itoa(number), label}, make([]string, androidColumns-1))...)
	w.end()
	return true
}
