package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpus is where a collection of real files from other programs may lie, beside
// the project; it is not part of it.
const corpus = "../../../shared/corpus"

// TestCorpusImport imports every file of the corpus into a mailbox of its own:
// every record has an outcome, failures name their position, and the same import
// again writes nothing.
func TestCorpusImport(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus of real files is not here")
	}
	total := map[string]int{}
	files := 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Dir(path) == filepath.Clean(corpus) {
			return err
		}
		files++
		name, _ := filepath.Rel(corpus, path)
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			for key, n := range importTwice(t, path) {
				total[key] += n
			}
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files: %v", files, err)
	}
	t.Logf("%d files: %v", files, total)
}

func importTwice(t *testing.T, path string) map[string]int {
	home := t.TempDir()
	vars := map[string]string{"HOME": home, "CARDFERRY_BOX_PROVIDER": "sandbox"}
	again := func() (code int, counts map[string]int, out string) {
		var stdout, stderr bytes.Buffer
		e := env{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}
		code = run(t.Context(), e, []string{"import", path, "box:", "--json"})
		lines := bytes.Split(bytes.TrimSpace(stdout.Bytes()), []byte("\n"))
		counts = map[string]int{}
		var raw map[string]any
		if json.Unmarshal(lines[len(lines)-1], &raw) != nil || raw["type"] != "summary" {
			t.Fatalf("exit code %d without a summary\n%s", code, &stderr)
		}
		for k, v := range raw {
			if n, ok := v.(float64); ok {
				counts[k] = int(n)
			}
		}
		for _, line := range lines[:len(lines)-1] {
			var e event
			if err := json.Unmarshal(line, &e); err != nil || e.At == "" || e.Outcome == "failed" && e.Reason == "" {
				t.Errorf("a record without a position or a reason: %s", line)
			}
		}
		return code, counts, stderr.String()
	}
	code, first, messages := again()
	sum := 0
	for _, key := range []string{"created", "updated", "unchanged", "united", "skipped", "review", "failed"} {
		sum += first[key]
	}
	if sum != first["read"] {
		t.Errorf("the counts do not add up: %v", first)
	}
	incomplete := first["failed"]+first["review"]+first["unread"]+first["photosFailed"] > 0
	switch {
	case first["read"] == 0 && strings.Contains(messages, filepath.Base(path)): // no format, or no column, is known
		if code != exitUsage && code != exitFailed {
			t.Errorf("exit code %d", code)
		}
		t.Log(messages)
		return map[string]int{"files refused as a whole": 1}
	case code != exitDone && code != exitIncomplete, (code == exitIncomplete) != incomplete:
		t.Errorf("exit code %d: %v\n%s", code, first, messages)
	case first["read"] == 0:
		t.Errorf("nothing was read")
	}
	if _, second, _ := again(); second["created"]+second["updated"]+second["photos"] != 0 {
		t.Errorf("the same import again: %v", second)
	}
	return first
}
