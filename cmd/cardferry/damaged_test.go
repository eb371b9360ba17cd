package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// TestDamagedJournal: a journal of which a part is missing costs the undo of its run, and
// nothing else: runs are listed, the import goes on, and other runs can be taken back.
func TestDamagedJournal(t *testing.T) {
	for _, size := range []int64{0, 100, 4096, 8192, 20000} {
		home := t.TempDir()
		p := newProgram(t, "HOME="+home, "CARDFERRY_BOX_PROVIDER=sandbox")
		people, more := filepath.Join(home, "people.jsonl"), filepath.Join(home, "more.jsonl")
		person := func(name string) *contact.Contact {
			return contact.Normalize(&contact.Contact{UID: name, Name: contact.Name{Display: name}})
		}
		writeLines(t, people, []*contact.Contact{person("Ann"), person("Bob")})
		writeLines(t, more, []*contact.Contact{person("Cid")})
		p.run("import", people, "box:")
		runs := filepath.Join(home, ".local", "state", "cardferry", "runs")
		found, err := os.ReadDir(runs)
		if err != nil || len(found) != 1 {
			t.Fatalf("%d journals, %v", len(found), err)
		}
		damaged := filepath.Join(runs, found[0].Name())
		if err := os.Truncate(damaged, size); err != nil {
			t.Fatal(err)
		}
		if _, code := p.run("runs"); code != 0 {
			t.Errorf("cut at %d: runs ends with %d", size, code)
		}
		if _, code := p.run("undo", damaged); code != exitFailed {
			t.Errorf("cut at %d: undo ends with %d", size, code)
		}
		if s, code := p.run("import", people, "box:"); code != 0 || s.Unchanged != 2 {
			t.Errorf("cut at %d: import ends with %d: %+v", size, code, s)
		}
		if s, code := p.run("import", more, "box:"); code != 0 || s.Created != 1 {
			t.Errorf("cut at %d: another import ends with %d: %+v", size, code, s)
		}
		if _, code := p.run("undo", "last"); code != 0 {
			t.Errorf("cut at %d: undoing another run ends with %d", size, code)
		}
	}
}
