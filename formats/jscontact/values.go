package jscontact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
)

// Values that are more than a text.

// kinds of the components of an address, in the order of ADR (RFC 6350, 6.3.1, and RFC
// 9554, 2.1, which has the finer ones from the eighth on), and of a name, in that of N.
var (
	addressKinds = []string{"postOfficeBox", "apartment", "name", "locality", "region", "postcode", "country",
		"room", "apartment", "floor", "number", "name", "building", "block", "subdistrict", "district", "landmark", "direction"}
	nameKinds = []string{"surname", "given", "given2", "title", "credential", "surname2", "generation"}
)

// coarse is how many components of ADR there are that old programs know.
const coarse = 7

// components returns the components of a structured value, each with its kind.
func components(raw string, kinds []string) (all []any, ok bool) {
	parts := cardtext.Split(raw, ';')
	if len(parts) > len(kinds) {
		return nil, false
	}
	for i, part := range parts {
		if part == "" {
			continue
		}
		for _, item := range cardtext.Split(part, ',') {
			all = append(all, newObject("kind", kinds[i], "value", cardtext.Unescape(item)))
		}
	}
	return all, true
}

// valuesByKind sorts the components of an object by kind. ok is false where one is not
// what it should be.
func valuesByKind(list []any) (values map[string][]string, ok bool) {
	values = map[string][]string{}
	for _, item := range list {
		o, isObject := item.(*object)
		if !isObject || o.text("kind") == "" {
			return nil, false
		}
		if o.text("kind") != "separator" {
			values[o.text("kind")] = append(values[o.text("kind")], o.text("value"))
		}
	}
	return values, true
}

func escapeAll(values []string) string {
	escaped := make([]string, len(values))
	for i, v := range values {
		escaped[i] = cardtext.Escape(v)
	}
	return strings.Join(escaped, ",")
}

func addressObject(o *object, raw string) bool {
	parts := cardtext.Split(raw, ';')
	if len(parts) > coarse && len(parts) <= len(addressKinds) { // the finer ones say all of these two
		parts[1], parts[2] = "", ""
		raw = strings.Join(parts, ";")
	} else if len(parts) != coarse {
		return false
	}
	all, ok := components(raw, addressKinds)
	if ok && len(all) > 0 {
		o.set("components", all)
	}
	return ok
}

// addressRaw returns the value of ADR. Kinds that old programs do not know stand in its
// finer components, and together in the one of the street.
func addressRaw(o *object) (string, bool) {
	list := o.list("components")
	values, ok := valuesByKind(list)
	if !ok {
		return "", false
	}
	fine := len(values["name"]) > 1 || len(values["apartment"]) > 1
	for kind := range values {
		i := slices.Index(addressKinds, kind)
		if i < 0 {
			return "", false
		}
		fine = fine || i >= coarse
	}
	parts := make([]string, coarse)
	if fine {
		parts = make([]string, len(addressKinds))
	}
	for i, kind := range addressKinds[:len(parts)] {
		if !fine || i != 1 && i != 2 {
			parts[i] = escapeAll(values[kind])
		}
	}
	if fine {
		var street []string
		for _, item := range list {
			c := item.(*object)
			if i := slices.Index(addressKinds, c.text("kind")); i == 1 || i == 2 || i >= coarse {
				street = append(street, c.text("value"))
			}
		}
		parts[2] = cardtext.Escape(strings.Join(street, " "))
	}
	return strings.Join(parts, ";"), true
}

func organizationObject(o *object, raw string) bool {
	parts := cardtext.Split(raw, ';')
	if parts[0] != "" {
		o.set("name", cardtext.Unescape(parts[0]))
	}
	var units []any
	for _, unit := range parts[1:] {
		units = append(units, newObject("name", cardtext.Unescape(unit)))
	}
	if len(units) > 0 {
		o.set("units", units)
	}
	return true
}

func organizationRaw(o *object) (string, bool) {
	parts := []string{cardtext.Escape(o.text("name"))}
	for _, item := range o.list("units") {
		unit, ok := item.(*object)
		if !ok || len(unit.names) != 1 && !(len(unit.names) == 2 && unit.text("@type") != "") {
			return "", false
		}
		parts = append(parts, cardtext.Escape(unit.text("name")))
	}
	return strings.Join(parts, ";"), parts[0] != "" || len(parts) > 1
}

// dateObject sets a date from its basic form (RFC 6350, 4.3), and an instant of UTC.
func dateObject(o *object, raw string) bool {
	if date, clock, timed := strings.Cut(raw, "T"); timed {
		if len(date) != 8 || len(clock) != 7 || clock[6] != 'Z' || strings.Trim(date+clock[:6], "0123456789") != "" {
			return false
		}
		utc := fmt.Sprintf("%s-%s-%sT%s:%s:%sZ", date[:4], date[4:6], date[6:], clock[:2], clock[2:4], clock[4:6])
		o.set("date", newObject("@type", "Timestamp", "utc", utc))
		return true
	}
	date := newObject("@type", "PartialDate")
	part := func(name, digits string) {
		if n, err := strconv.Atoi(digits); err == nil && n > 0 {
			date.set(name, jsontext.Value(strconv.Itoa(n)))
		}
	}
	plain := strings.ReplaceAll(raw, "-", "")
	switch {
	case strings.Trim(plain, "0123456789") != "":
		return false
	case strings.HasPrefix(raw, "---") && len(plain) == 2:
		part("day", plain)
	case strings.HasPrefix(raw, "--") && (len(plain) == 2 || len(plain) == 4):
		part("month", plain[:2])
		part("day", plain[2:])
	case len(plain) == 4 || len(plain) == 6 || len(plain) == 8:
		part("year", plain[:4])
		part("month", plain[4:min(len(plain), 6)])
		part("day", plain[min(len(plain), 6):])
	default:
		return false
	}
	o.set("date", date)
	return true
}

func dateRaw(o *object) (string, bool) {
	date := o.child("date")
	if date == nil {
		return "", false
	}
	if utc := date.text("utc"); utc != "" {
		return strings.NewReplacer("-", "", ":", "").Replace(utc), true
	}
	n := map[string]int{}
	for _, name := range date.names {
		v, isNumber := date.values[name].(jsontext.Value)
		i, err := strconv.Atoi(string(v))
		switch {
		case name == "@type":
		case !isNumber || err != nil || i < 1 || name != "year" && name != "month" && name != "day":
			return "", false
		default:
			n[name] = i
		}
	}
	switch y, m, d := n["year"], n["month"], n["day"]; {
	case y > 0 && m > 0 && d > 0:
		return fmt.Sprintf("%04d%02d%02d", y, m, d), true
	case y > 0 && m > 0:
		return fmt.Sprintf("%04d-%02d", y, m), true
	case y > 0 && d == 0:
		return fmt.Sprintf("%04d", y), true
	case m > 0 && d > 0 && y == 0:
		return fmt.Sprintf("--%02d%02d", m, d), true
	case m > 0 && y == 0:
		return fmt.Sprintf("--%02d", m), true
	case d > 0 && y == 0:
		return fmt.Sprintf("---%02d", d), true
	}
	return "", false
}
