package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestKilledDedupe kills a run that joins duplicates after every k-th request, with
// answers lost, and runs it again: it ends as one that was left alone, and undo gives
// back the mailbox as it was before.
func TestKilledDedupe(t *testing.T) {
	o := tortureOf(t)
	old, input := torturePeople(t, o.people, true), torturePeople(t, o.people, false)
	begin := func(t *testing.T, seed uint64) *victim {
		v := newVictim(t, o, old, input, seed)
		v.reopen(t, "")
		if code, out := cardferry(t.Context(), v.vars, "import", input, "box:", "--on-duplicate", "create"); code != 0 {
			t.Fatal(out)
		}
		v.args = []string{"dedupe", "box:", "--apply", "--on-conflict", "keep"}
		return v
	}
	finish := func(t *testing.T, v *victim) {
		t.Helper()
		v.killAfter.Store(0)
		if code, out := cardferry(t.Context(), v.vars, v.args...); code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
	}
	// Which of two contacts made in one second stays, in which folder and with which UID, is
	// chance.
	anywhere := func(state string) string {
		lines := strings.Split(regexp.MustCompile(`"(?:folder|uid)":"[^"]*",`).ReplaceAllString(state, ""), "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "{") })
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	want := begin(t, 0)
	finish(t, want)
	after := anywhere(want.state(t, "after"))
	if n := strings.Count(after, "\n") + 1; n != o.people {
		t.Fatalf("%d contacts are left, want %d", n, o.people)
	}
	kills := o.kills
	if len(kills) > 8 {
		kills = slices.DeleteFunc(slices.Clone(kills), func(k int) bool { return k%5 != 0 })
	}
	for _, k := range kills {
		t.Run(fmt.Sprintf("after request %d", k), func(t *testing.T) {
			t.Parallel()
			v := begin(t, uint64(k))
			before := v.state(t, "before")
			v.reopen(t, o.faults)
			for try := range 3 {
				v.killAfter.Store(int64(k + try))
				v.run(t)
			}
			if v.killed == 0 {
				t.Error("it was never killed")
			}
			v.reopen(t, "")
			finish(t, v)
			if got := anywhere(v.state(t, "after")); got != after {
				t.Errorf("got\n%s\nwant\n%s", got, after)
			}
			if code, out := cardferry(t.Context(), v.vars, "undo", "last"); code != 0 {
				t.Errorf("undo: exit code %d\n%s", code, out)
			}
			if got := v.state(t, "undone"); got != before {
				t.Errorf("undone: got\n%s\nwant\n%s", got, before)
			}
		})
	}
}
