package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/dav/davtest"
)

var update = flag.Bool("update", false, "write the tables that are made from the code into the documents")

const readmePath = "../../README.md"

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestReadmeCommands runs every command of the README as it stands there, one
// block after the other in one directory, with the accounts that it speaks of
// being embedded mailboxes.
func TestReadmeCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "cardferry"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	books := davtest.New(t, davtest.Habits{})
	env := append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir+"/config", "XDG_STATE_HOME="+dir+"/state",
		"PATH="+dir+"/bin:"+os.Getenv("PATH"),
		"CARDFERRY_WORK_PROVIDER=sandbox", "CARDFERRY_SECOND_PROVIDER=sandbox", "CARDFERRY_NEW_PROVIDER=sandbox",
		"CARDFERRY_OLD_PROVIDER=sandbox", "CARDFERRY_OLD_DIALECT=outlook-beta", "CARDFERRY_CLOUD_PROVIDER=carddav",
		"CARDFERRY_CLOUD_URL="+books.URL, "CARDFERRY_CLOUD_USERNAME="+davtest.User, "CARDFERRY_CLOUD_PASSWORD="+davtest.Password)
	runShell := func(script string) {
		t.Helper()
		cmd := exec.Command("sh", "-eu", "-c", script)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\n%s", err, script, out)
		}
	}
	runShell("cardferry migrate sandbox: work: -q; cardferry migrate sandbox: old: -q")
	blocks := shellBlock.FindAllSubmatch(readme, -1)
	if len(blocks) < 5 {
		t.Fatalf("found %d blocks of commands", len(blocks))
	}
	for _, b := range blocks {
		if script := string(b[1]); !strings.HasPrefix(script, "make ") { // CI runs these itself
			runShell(script)
		}
	}
}

var runID = regexp.MustCompile(`\b\d{8}-\d{6}-`)

// TestReadmeTranscript checks that the transcript at the top is what the program
// prints.
func TestReadmeTranscript(t *testing.T) {
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```console\n")
	transcript, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no transcript")
	}
	dir := t.TempDir()
	t.Chdir(dir)
	vars := map[string]string{"HOME": dir}
	var got bytes.Buffer
	for line := range strings.Lines(transcript) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "$ export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			vars[name] = value
			got.WriteString(line)
			continue
		}
		command, ok := strings.CutPrefix(strings.TrimSpace(line), "$ cardferry ")
		if !ok {
			continue
		}
		fmt.Fprintf(&got, "$ cardferry %s\n", command)
		e := env{stdin: strings.NewReader(""), stdout: &got, stderr: &got, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}
		if code := run(t.Context(), e, strings.Fields(command)); code != 0 {
			t.Fatalf("exit code %d\n%s", code, &got)
		}
	}
	printed := runID.ReplaceAllString(got.String(), "20261125-093000-") // the time of day is another each time
	if printed != transcript {
		t.Errorf("the README shows\n%s\nand the program prints\n%s", transcript, printed)
	}
}

// keepColumns are the formats of the table of what is kept.
var keepColumns = []struct {
	title string
	flags formatFlags
}{
	{"vCard 2.1", formatFlags{format: "vcard", vcardVersion: "2.1"}},
	{"vCard 3.0", formatFlags{format: "vcard", vcardVersion: "3.0"}},
	{"vCard 4.0", formatFlags{format: "vcard", vcardVersion: "4.0"}},
	{"Outlook CSV", formatFlags{format: "csv", csvDialect: "outlook"}},
	{"outlook.com CSV", formatFlags{format: "csv", csvDialect: "outlook-com"}},
	{"Google CSV", formatFlags{format: "csv", csvDialect: "google"}},
	{"old Google CSV", formatFlags{format: "csv", csvDialect: "google-old"}},
	{"Thunderbird CSV", formatFlags{format: "csv", csvDialect: "thunderbird"}},
	{"generic CSV", formatFlags{format: "csv", csvDialect: "generic"}},
	{"JSON Lines", formatFlags{format: "jsonl"}},
	{"jCard", formatFlags{format: "jcard"}},
	{"JSContact", formatFlags{format: "jscontact"}},
	{"Microsoft JSON", formatFlags{format: "outlook-json", jsonDialect: "graph-v1.0"}},
}

// TestReadmeKeeps makes the table of what each format keeps from what the encoders
// do with random contacts, and compares it with the README's.
func TestReadmeKeeps(t *testing.T) {
	checkTable(t, readmePath, "keeps", keepTable(t))
}

// checkTable compares a table of a document, between two comments of that name, with
// what it should be, or with -update writes it.
func checkTable(t *testing.T, path, name, table string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	from, to := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	before, rest, ok := strings.Cut(string(text), from)
	old, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", path)
	}
	if old == table {
		return
	}
	if !*update {
		t.Fatalf("the table of %s is not what the program does; run: go test ./cmd/cardferry -run %s -update\n%s", path, t.Name(), table)
	}
	if err := os.WriteFile(path, []byte(before+from+table+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func keepTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| field |")
	for _, c := range keepColumns {
		b.WriteString(" " + c.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(keepColumns)) + "\n")
	var kept []map[contact.Field]string
	for _, c := range keepColumns {
		format, err := c.flags.table().ByName(c.flags.format)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, keeps(t, format))
	}
	for _, f := range contact.Fields() {
		if f == "photo" {
			continue // beside the file where it is not in it
		}
		fmt.Fprintf(&b, "| %s |", f)
		for i := range kept {
			b.WriteString(" " + kept[i][f] + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// keeps sends random contacts through a format and says of each field how it
// arrived.
func keeps(t *testing.T, format *formats.Format) map[contact.Field]string {
	sent, arrived := map[contact.Field]int{}, map[contact.Field]int{}
	partly := map[contact.Field]bool{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		c := contacttest.Random(rng)
		c.Photo = nil
		var text bytes.Buffer
		enc := format.NewEncoder(&text)
		if _, err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
		if err := enc.Close(); err != nil {
			t.Fatal(err)
		}
		for back, err := range format.NewDecoder(&text).All() {
			if err != nil {
				t.Fatal(err)
			}
			lost := map[contact.Field]bool{}
			for _, f := range contact.Diff(c, back) {
				lost[f] = true
			}
			for _, f := range contact.Fields() {
				if !c.Has(f) {
					continue
				}
				sent[f]++
				if !lost[f] {
					arrived[f]++
				} else if back.Has(f) {
					partly[f] = true
				}
			}
		}
	}
	marks := map[contact.Field]string{}
	for f, n := range sent {
		switch {
		case arrived[f] == n:
			marks[f] = "●"
		case arrived[f] > 0 || partly[f]:
			marks[f] = "◐"
		default:
			marks[f] = "○"
		}
	}
	return marks
}
