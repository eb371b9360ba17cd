package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// jsonRun runs a command line and returns the last line of what it printed on stdout.
func jsonRun(t *testing.T, home string, args ...string) (code int, last map[string]any, errText string) {
	t.Helper()
	var out, errOut bytes.Buffer
	getenv := func(k string) string { return map[string]string{"HOME": home, "GOGC": "100"}[k] }
	code = run(t.Context(), env{stdin: strings.NewReader(""), stdout: &out, stderr: &errOut, getenv: getenv, environ: func() []string { return nil }}, args)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Errorf("%q: the last line is %q", args, lines[len(lines)-1])
	}
	return code, last, errOut.String()
}

// TestJSONEndsWithASummary: also where the run fails before it begins.
func TestJSONEndsWithASummary(t *testing.T) {
	home := t.TempDir()
	for _, test := range []struct {
		code int
		args []string
	}{
		{exitNotFound, []string{"import", "missing.vcf", "sandbox:"}},
		{exitNotFound, []string{"export", "nobody:", filepath.Join(home, "x.vcf")}},
		{exitNotFound, []string{"migrate", "nobody:", "sandbox:"}},
		{exitNotFound, []string{"convert", "missing.vcf", filepath.Join(home, "x.vcf")}},
		{exitNotFound, []string{"verify", "missing.vcf", "sandbox:"}},
		{exitNotFound, []string{"roundtrip", "missing.vcf", "--via", "csv"}},
		{exitNotFound, []string{"dedupe", "missing.vcf"}},
		{exitNotFound, []string{"apply", "missing.plan"}},
		{exitNotFound, []string{"undo", "last"}},
		{exitNotFound, []string{"folders", "nobody:"}},
		{exitUsage, []string{"import"}},
		{exitUsage, []string{"import", "a.vcf", "sandbox:", "--nonsense"}},
	} {
		code, last, errText := jsonRun(t, home, append(test.args, "--json")...)
		if code != test.code || last["type"] != "summary" || last["command"] != "cardferry "+test.args[0] || last["error"] == "" {
			t.Errorf("%q: exit code %d, %v\n%s", test.args, code, last, errText)
		}
	}
}

type fullWriter struct{}

var errFull = errors.New("no space left on device")

func (fullWriter) Write([]byte) (int, error) { return 0, errFull }

// TestJSONThatCannotBeWritten: a run whose events are lost has failed.
func TestJSONThatCannotBeWritten(t *testing.T) {
	home := t.TempDir()
	getenv := func(k string) string { return map[string]string{"HOME": home, "GOGC": "100"}[k] }
	var errOut bytes.Buffer
	e := env{stdin: strings.NewReader(""), stdout: fullWriter{}, stderr: &errOut, getenv: getenv, environ: func() []string { return nil }}
	for _, args := range [][]string{{"export", "sandbox:", filepath.Join(home, "a.vcf")}, {"folders", "sandbox:"}, {"version"}} {
		errOut.Reset()
		if code := run(t.Context(), e, append(args, "--json")); code != exitFailed || !strings.Contains(errOut.String(), errFull.Error()) {
			t.Errorf("%q: exit code %d\n%s", args, code, errOut.String())
		}
	}
}

// TestFileNameInAnotherEncoding: the name of a file need not be UTF-8.
func TestFileNameInAnotherEncoding(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "caf\xe9.vcf")
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nN:;Ada;;;\r\nEMAIL:ada@example.org\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:cut"
	if err := os.WriteFile(path, []byte(card), 0o600); err != nil {
		t.Skip("this file system wants UTF-8: ", err)
	}
	report, plan := filepath.Join(home, "r.json"), filepath.Join(home, "p.plan")
	for _, test := range []struct {
		code int
		args []string
	}{
		{exitIncomplete, []string{"import", path, "sandbox:", "--report", report, "--report", filepath.Join(home, "r.html"), "--review", filepath.Join(home, "r.csv"), "--rejects", filepath.Join(home, "rejects.vcf")}},
		{exitIncomplete, []string{"import", path, "sandbox:", "--on-duplicate", "create", "--plan", plan}},
		{exitIncomplete, []string{"apply", plan}},
		{exitIncomplete, []string{"convert", path, filepath.Join(home, "\xe9.jsonl")}},
		{exitDone, []string{"runs"}},
		{exitDone, []string{"undo", "last"}},
	} {
		code, last, errText := jsonRun(t, home, append(test.args, "--json")...)
		if code != test.code || last["type"] != "summary" {
			t.Errorf("%q: exit code %d, want %d, %v\n%s", test.args, code, test.code, last, errText)
		}
	}
	if text, err := os.ReadFile(report); err != nil || !json.Valid(text) || !bytes.Contains(text, []byte("caf\uFFFD.vcf")) {
		t.Errorf("the report: %v\n%s", err, text)
	}
}
