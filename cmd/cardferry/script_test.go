package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cardferry": func() { os.Exit(mainExit()) },
	})
}

// TestScripts runs the real program by the scripts of testdata/script, each named
// for the behaviour that it shows. Every script has a home of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			books := davtest.Start(davtest.Habits{UniqueUIDs: true})
			e.Defer(books.Close)
			e.Setenv("BOOKS", books.URL)
			e.Values[booksKey{}] = books
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"summary": checkSummary,
			"same":    sameContacts,
			"card":    storeCard,
		},
		RequireUniqueNames: true,
		UpdateScripts:      os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// booksKey is where a script's contact server is kept.
type booksKey struct{}

// card NAME FILE stores a file as a card of the contact server's default book, as it is;
// card -d NAME deletes one; card -is NAME FILE expects one to be the file.
func storeCard(ts *testscript.TestScript, neg bool, args []string) {
	books := ts.Value(booksKey{}).(*davtest.Server)
	switch {
	case neg || len(args) < 2:
		ts.Fatalf("usage: card NAME FILE, card -d NAME, or card -is NAME FILE")
	case args[0] == "-is":
		if held := books.Cards("contacts")[args[1]]; held != ts.ReadFile(args[2]) {
			ts.Fatalf("it holds %s", held)
		}
	case args[0] == "-d":
		books.Remove("contacts", args[1])
	default:
		books.Put("contacts", args[0], ts.ReadFile(args[1]))
	}
}

// same A.jsonl B.jsonl expects two exports to be equal byte for byte, but for ids,
// times, keys, and the order of the lines.
func sameContacts(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] same A.jsonl B.jsonl")
	}
	a, b := bareLines(ts.ReadFile(args[0])), bareLines(ts.ReadFile(args[1]))
	if (a == b) == neg {
		ts.Fatalf("the contacts are the same: %v\n%s", a == b, diff.Diff(args[0], []byte(a), args[1], []byte(b)))
	}
}

var bookkeeping = regexp.MustCompile(`"(id|key|created|modified)":"[^"]*",?`)

func bareLines(text string) string {
	lines := strings.Split(bookkeeping.ReplaceAllString(text, ""), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// exits CODE COMMAND ARGS… runs the command and expects exactly that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		text := err.Error()
		if _, scanErr := fmt.Sscanf(text[strings.LastIndex(text, "exit status"):], "exit status %d", &code); scanErr != nil {
			ts.Fatalf("%v", err)
		}
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s%s", code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// summary FILE KEY=VALUE… expects those members of the summary that a command with
// --json printed last, and that its counts add up.
func checkSummary(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: summary FILE [KEY=VALUE…]")
	}
	lines := bytes.Split(bytes.TrimSpace([]byte(ts.ReadFile(args[0]))), []byte("\n"))
	var s map[string]any
	if err := json.Unmarshal(lines[len(lines)-1], &s); err != nil || s["type"] != "summary" {
		ts.Fatalf("the last line is no summary: %s", lines[len(lines)-1])
	}
	number := func(key string) float64 { v, _ := s[key].(float64); return v }
	if _, moves := s["created"]; moves {
		sum := 0.0
		for _, key := range []string{"created", "updated", "unchanged", "united", "skipped", "review", "failed"} {
			sum += number(key)
		}
		if sum != number("read") {
			ts.Fatalf("the counts do not add up to read: %s", lines[len(lines)-1])
		}
	}
	for _, arg := range args[1:] {
		key, want, _ := strings.Cut(arg, "=")
		if got := fmt.Sprint(s[key]); got != want {
			ts.Fatalf("summary: %s is %s, want %s\n%s", key, got, want, lines[len(lines)-1])
		}
	}
}
