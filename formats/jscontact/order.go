package jscontact

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/formats/internal/cardtext"
)

// The order of components, where it means something, is the parameter JSCOMPS (RFC 9555,
// 3.3.2): the default separator, then for each component its place in the property, or a
// separator of its own. ";1;0" says that the second component comes first.

const paramOrder = "JSCOMPS"

// takeOrder returns JSCOMPS for an object whose components are in order, and removes from
// it what that says. kinds are those of the property, by place.
func takeOrder(o *object, kinds []string) (string, bool) {
	if v, ok := o.get("isOrdered"); !ok || !isTrue(v) {
		return "", false
	}
	entries := []string{""}
	if sep := o.text("defaultSeparator"); sep != "" {
		entries[0] = "s," + cardtext.Escape(sep)
	}
	seen := map[string]int{}
	for _, item := range o.list("components") {
		c, ok := item.(*object)
		if !ok {
			return "", false
		}
		kind := c.text("kind")
		if kind == "separator" {
			entries = append(entries, "s,"+cardtext.Escape(c.text("value")))
			continue
		}
		place := strconv.Itoa(placeOf(kind, kinds))
		if n := seen[kind]; n > 0 {
			place += "," + strconv.Itoa(n)
		}
		seen[kind]++
		entries = append(entries, place)
	}
	o.remove("isOrdered")
	o.remove("defaultSeparator")
	return strings.Join(entries, ";"), true
}

// placeOf returns the place of a kind: of two, the finer one, if the property has it.
func placeOf(kind string, kinds []string) int {
	for i := len(kinds) - 1; i >= 0; i-- {
		if kinds[i] == kind {
			return i
		}
	}
	return -1
}

// putInOrder sorts the components of an object as JSCOMPS says. It reports false, and does
// nothing, where that does not fit them.
func putInOrder(o *object, order string, kinds []string) bool {
	entries := cardtext.Split(order, ';')
	left := slices.Clone(o.list("components"))
	take := func(kind string, n int) any {
		for i, item := range left {
			if c := item.(*object); c.text("kind") == kind {
				if n == 0 {
					left = slices.Delete(left, i, i+1)
					return c
				}
				n--
			}
		}
		return nil
	}
	var sorted []any
	for _, entry := range entries[1:] {
		place, rest, _ := strings.Cut(entry, ",")
		if place == "s" {
			sorted = append(sorted, newObject("kind", "separator", "value", cardtext.Unescape(rest)))
			continue
		}
		i, err := strconv.Atoi(place)
		if err != nil || i < 0 || i >= len(kinds) {
			return false
		}
		c := take(kinds[i], 0) // items come in the order of the property
		if c == nil {
			return false
		}
		sorted = append(sorted, c)
	}
	if len(left) > 0 {
		return false
	}
	o.set("components", sorted)
	o.set("isOrdered", true)
	if sep, ok := strings.CutPrefix(entries[0], "s,"); ok {
		o.set("defaultSeparator", cardtext.Unescape(sep))
	}
	return true
}
