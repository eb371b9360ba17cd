package csv

import (
	"testing"
)

func TestAliasesAgree(t *testing.T) {
	targets := map[string]bool{}
	for _, column := range outlookColumns {
		targets[column] = true
	}
	for column := range setters {
		targets[column] = true
	}
	seen := map[string]string{}
	for alias, column := range aliases {
		k := key(alias)
		if seen[k] != "" && seen[k] != column {
			t.Errorf("%q means both %q and %q", alias, seen[k], column)
		}
		seen[k] = column
		if !targets[column] {
			t.Errorf("%q leads to %q, which is no column", alias, column)
		}
		if canonical[k] != column {
			t.Errorf("%q should mean %q and means %q", alias, column, canonical[k])
		}
	}
	for k, c := range contextual {
		if !targets[c.then] || !targets[c.otherwise] {
			t.Errorf("%q leads to no column", k)
		}
	}
	for from, to := range continued {
		if !targets[from] || !targets[to] {
			t.Errorf("%q continues in %q, which is no column", from, to)
		}
	}
}
