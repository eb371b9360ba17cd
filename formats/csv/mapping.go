package csv

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// A Mapping says what columns mean, whatever their names and contents say. Its keys are
// names of columns, compared without regard to capitals and punctuation, or the number of
// a column as "column 3" (the first one is 1). Its values are:
//
//   - a path of the JSON form: "name.given", "emails[0].address", "birthday";
//   - a list and a type: "email: work", "phone: Holiday home", "website: blog",
//     "im: work", "relation: sister", "address: home" for a whole address in one cell;
//   - a name of a column that is known, of any program: "E-mail Address", "Home Phone";
//   - "extra", to keep it as it is under its own name;
//   - "-", to leave it out.
type Mapping map[string]string

// Words of a mapping.
const (
	asExtra  = "extra"
	leaveOut = "-"
)

// Validate reports whether every value of the mapping has a meaning.
func (m Mapping) Validate() error {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if _, err := meaning(m[name]); err != nil {
			return fmt.Errorf("column %q: %w", name, err)
		}
	}
	return nil
}

// Unused returns the keys of the mapping that name no column of a table.
func (m Mapping) unused(columns []column) []string {
	used := map[string]bool{}
	for i := range columns {
		used[key(columns[i].name)] = true
		used[key(numbered(i))] = true
	}
	var unused []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !used[key(name)] {
			unused = append(unused, name)
		}
	}
	return unused
}

// of returns what the mapping says of a column.
func (m Mapping) of(name string, i int) (word string, ok bool) {
	for _, k := range []string{key(name), key(numbered(i))} {
		for said, word := range m {
			if k != "" && key(said) == k {
				return word, true
			}
		}
	}
	return "", false
}

func numbered(i int) string { return "column " + strconv.Itoa(i+1) }

// meaning returns the column that a value of a mapping stands for; an empty one is an
// Extra.
func meaning(word string) (col column, err error) {
	word = strings.TrimSpace(word)
	list, typ, typed := strings.Cut(word, ":")
	path, isPath := parsePath(word)
	switch {
	case word == asExtra:
	case word == leaveOut || word == "":
		col.set = func(*contact.Contact, string) {}
	case typed:
		col.set = typedSetter(strings.ToLower(strings.TrimSpace(list)), strings.TrimSpace(typ))
	case isPath:
		col.place = path
	default:
		target := columnFor(key(word), nil)
		if col.set = setters[target]; col.set == nil {
			col.target = target
		}
	}
	if word != asExtra && col.set == nil && col.place == nil && col.target == "" {
		return col, fmt.Errorf(`%q is not a path such as "name.given", a list and type such as "phone: work", a known column, "extra" or "-"`, word)
	}
	return col, nil
}

// typedSetter returns the setter of an item of a list and of that type, nil for no list.
func typedSetter(list, typ string) setter {
	switch strings.TrimSuffix(list, "s") {
	case "email":
		return email(typ)
	case "phone":
		return phone(typ)
	case "website":
		return func(c *contact.Contact, v string) { addWebsite(c, v, typ) }
	case "im":
		return im("", typ)
	case "relation":
		return func(c *contact.Contact, v string) { addRelation(c, v, typ) }
	case "addres", "addresse": // address, addresses
		return fullAddress(typ)
	}
	return nil
}
