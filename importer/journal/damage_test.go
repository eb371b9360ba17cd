package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cardferry/cardferry/importer/journal"
)

// TestDamage: a journal of which a part is missing, or was never written, is an error
// or still tells what it did; it never ends the process.
func TestDamage(t *testing.T) {
	p := path(t)
	j := journal.New(p, journal.Info{ID: "a"})
	for n := range 60 {
		e := &journal.Entry{Kind: journal.Create, Key: fmt.Sprint(n), Want: ada()}
		if err := j.Intend(e); err != nil {
			t.Fatal(err)
		}
		j.Note(e, journal.Outcome{Status: journal.Done, NewID: "x"})
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string]func([]byte) []byte{}
	for size := 0; size < len(whole) && size < 200<<10; size += 2048 {
		damages[fmt.Sprintf("cut at %d", size)] = func(b []byte) []byte { return b[:size] }
		damages[fmt.Sprintf("a page of zeroes at %d", size)] = func(b []byte) []byte { clear(b[size:min(size+4096, len(b))]); return b }
	}
	seen := 0
	for name, damage := range damages {
		dir := t.TempDir()
		for how, open := range map[string]func(string) (*journal.Journal, error){"read": journal.Read, "opened": journal.Open} {
			p := filepath.Join(dir, how)
			if err := os.WriteFile(p, damage(append([]byte(nil), whole...)), 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := open(p)
			if err == nil {
				for _, e := range j.Entries() {
					if err = e; err != nil {
						break
					}
				}
				if how == "opened" && err == nil {
					_, _, err = j.Unresolved()
				}
				j.Close()
			}
			if err != nil {
				seen++
				if !errors.Is(err, journal.ErrDamaged) && !errors.Is(err, journal.ErrFormat) {
					t.Errorf("%s, %s: %v", name, how, err)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d damages show", seen)
	}
}
