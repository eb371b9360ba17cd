package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLastRun: "last" is the run that wrote last; that one before it was taken back, or
// could not be, makes no difference.
func TestLastRun(t *testing.T) {
	p := newProgram(t, "CARDFERRY_BOX_PROVIDER=sandbox")
	dir := t.TempDir()
	table := func(name, rows string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("First Name,E-mail Address,Notes\n"+rows), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first, code := p.run("import", table("first.csv", "Ann,ann@example.org,\n"), "box:")
	if code != 0 || first.Run == "" {
		t.Fatalf("exit code %d: %+v", code, first)
	}
	second, code := p.run("import", table("second.csv", "Ann,ann@example.org,tall\n"), "box:")
	if code != 0 || second.Updated != 1 {
		t.Fatalf("exit code %d: %+v", code, second)
	}
	if _, code := p.run("undo", first.Run); code != exitIncomplete {
		t.Errorf("undo of what was changed since: exit code %d", code)
	}
	if s, code := p.run("undo", "last"); code != 0 || s.Run != second.Run {
		t.Errorf("the last run is %s (exit code %d), want %s", s.Run, code, second.Run)
	}
	if s, code := p.run("undo", first.Run); code != 0 || s.Run != first.Run {
		t.Errorf("undo of the first: exit code %d: %+v", code, s)
	}
}
