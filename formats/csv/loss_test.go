package csv

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// TestPartsAreWhole checks that no list, no member of an item and no text of a
// contact is left out when losses are looked for.
func TestPartsAreWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	var p parts
	for range 40 {
		c := contacttest.Random(rng)
		var tree map[string]any
		text, _ := json.Marshal(c)
		if err := json.Unmarshal(text, &tree); err != nil {
			t.Fatal(err)
		}
		for _, f := range contact.Fields() {
			node := any(tree)
			for name := range strings.SplitSeq(string(f), ".") {
				node = node.(map[string]any)[name]
			}
			all, isList := p.of(c, f)
			switch want := node.(type) {
			case []any:
				if !isList || len(all) != len(want) {
					t.Fatalf("%s: %d items of %d", f, len(all), len(want))
				}
				for i := range want {
					if got := itemTree(all[i], memberNames[f]); !reflect.DeepEqual(got, want[i]) {
						t.Errorf("%s: got %v, want %v", f, got, want[i])
					}
				}
			case string:
				if got := textOf(c, f); isList || got != want {
					t.Errorf("%s: got %q, want %q", f, got, want)
				}
			}
		}
	}
	for f, names := range memberNames {
		if !slices.IsSorted(names) {
			t.Errorf("%s: the members are not in order", f)
		}
	}
}

// itemTree returns the item as it looks in JSON.
func itemTree(p part, names []string) any {
	if names == nil {
		return p.texts[0]
	}
	tree := map[string]any{}
	for i, name := range names {
		switch {
		case name == "params" && len(p.params) > 0:
			text, _ := json.Marshal(p.params)
			var params any
			json.Unmarshal(text, &params)
			tree[name] = params
		case p.texts[i] == "true" && name == "preferred":
			tree[name] = true
		case p.texts[i] != "":
			tree[name] = p.texts[i]
		}
	}
	return tree
}
