package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// service serves an embedded mailbox and returns the environment in which it is the
// account box:. before is called with the number of each request and may be nil.
func service(t *testing.T, o sandbox.Options, sample sandbox.Sample, before func(n int)) map[string]string {
	t.Helper()
	box, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	if err := box.Fill(sample); err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before != nil {
			before(int(n.Add(1)))
		}
		box.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_TOKEN": "sandbox"}
}

func cardferry(ctx context.Context, vars map[string]string, args ...string) (code int, output string) {
	var out bytes.Buffer
	getenv := func(k string) string {
		if k == "GOGC" {
			return cmp.Or(vars[k], "100") // the memory of a process that does nothing else is not that of tests
		}
		return vars[k]
	}
	e := env{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: getenv, environ: func() []string { return nil }}
	code = run(ctx, e, args)
	return code, out.String()
}

// TestInterruptedExport: an interrupt in the middle leaves the old file as it was,
// and nothing beside it.
func TestInterruptedExport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	vars := service(t, sandbox.Options{}, sandbox.Sample{Contacts: 2000, Seed: 1}, func(n int) {
		if n == 6 {
			cancel()
		}
	})
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.vcf")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out := cardferry(ctx, vars, "export", "box:", path)
	if code != exitInterrupted || !strings.Contains(out, "interrupted") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if text, _ := os.ReadFile(path); string(text) != "old" {
		t.Error("the old file has changed")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left", len(left))
	}
}

// TestInterruptedImport: an interrupted import goes on where it stopped.
func TestInterruptedImport(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	vars := service(t, sandbox.Options{}, sandbox.Sample{}, func(n int) {
		if n == 100 {
			cancel()
		}
	})
	vars["CARDFERRY_SANDBOX_PROVIDER"] = "sandbox"
	file := filepath.Join(t.TempDir(), "contacts.vcf")
	if code, out := cardferry(t.Context(), vars, "export", "sandbox:", file); code != 0 {
		t.Fatal(out)
	}
	if code, out := cardferry(ctx, vars, "import", file, "box:"); code != exitInterrupted || !strings.Contains(out, "hint: run the same command again") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if code, out := cardferry(t.Context(), vars, "import", file, "box:"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	if code, out := cardferry(t.Context(), vars, "verify", "sandbox:", "box:"); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// TestFullDisk: when the disk is full the old file stands, and the message says so.
func TestFullDisk(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs sh and its ulimit")
	}
	vars := service(t, sandbox.Options{}, sandbox.Sample{Contacts: 500, Seed: 1}, nil)
	dir := t.TempDir()
	program := filepath.Join(dir, "cardferry")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	for _, name := range []string{"backup.vcf", "backup.csv", "backup.jsonl", "backup.json"} {
		path := filepath.Join(dir, "out", name)
		os.MkdirAll(filepath.Dir(path), 0o700)
		os.WriteFile(path, []byte("old"), 0o600)
		cmd := exec.Command("sh", "-c", "ulimit -f 16; exec "+program+" export box: "+path)
		for k, v := range vars {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		out, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != exitFailed || !bytes.Contains(out, []byte(name)) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if text, _ := os.ReadFile(path); string(text) != "old" {
			t.Errorf("%s: the old file has changed", name)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "out")); len(left) != 4 {
		t.Errorf("%d files are left, want 4", len(left))
	}
}

// TestFullDiskUnderTheJournal: an import whose journal cannot be written stops before the
// next write, says so, and goes on when there is space.
func TestFullDiskUnderTheJournal(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs sh and its ulimit")
	}
	vars := service(t, sandbox.Options{}, sandbox.Sample{}, nil)
	vars["CARDFERRY_BOX_SETTLE"] = "1ms"
	const people = 300
	var text bytes.Buffer
	encoder := jsonl.NewEncoder(&text)
	for i := range people {
		c := &contact.Contact{Name: contact.Name{Given: fmt.Sprint("Person ", i)}, Notes: strings.Repeat("A long note. ", 800)}
		if _, err := encoder.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "people.jsonl")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "cardferry") // by whose name the test's main is the program
	if err := os.Symlink(self, program); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("sh", "-c", "ulimit -f 4096; exec "+program+" import "+file+" box:")
	for k, v := range vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, _ := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitFailed || !bytes.Contains(out, []byte(".journal: it cannot be written: file too large\n")) || !bytes.Contains(out, []byte("hint: make space")) {
		t.Errorf("exit code %d\n%s", cmd.ProcessState.ExitCode(), out)
	}
	_, folders := cardferry(t.Context(), vars, "folders", "box:")
	var there int
	if _, err := fmt.Sscan(folders, &there); err != nil || there == 0 || there >= people {
		t.Errorf("%d contacts are there, error %v\n%s", there, err, out)
	}
	if code, out := cardferry(t.Context(), vars, "import", file, "box:", "--verify"); code != 0 || !strings.Contains(out, fmt.Sprintf("read back %d contacts", people)) {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if _, folders := cardferry(t.Context(), vars, "folders", "box:"); !strings.HasPrefix(strings.TrimSpace(folders), fmt.Sprint(people)) {
		t.Errorf("in the end\n%s", folders)
	}
}

// TestDryRunSendsNoWrite counts what a dry run asks of the service.
func TestDryRunSendsNoWrite(t *testing.T) {
	var writes atomic.Int64
	box, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			writes.Add(1)
		}
		box.ServeHTTP(w, r)
	}))
	defer server.Close()
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_TOKEN": "sandbox"}
	code, out := cardferry(t.Context(), vars, "migrate", "sandbox:", "box:", "-n")
	if code != 0 || !strings.Contains(out, "250 created, 60 photos") || writes.Load() != 0 {
		t.Errorf("exit code %d, %d writes\n%s", code, writes.Load(), out)
	}
}

// TestNotReached: the record that an interrupted import did not come to is counted, named in
// the report, and handed back.
func TestNotReached(t *testing.T) {
	file := filepath.Join(t.TempDir(), "one.vcf")
	if err := os.WriteFile(file, []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nN:;Ada;;;\r\nEND:VCARD\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		ctx, cancel := context.WithCancel(t.Context())
		vars := service(t, sandbox.Options{}, sandbox.Sample{}, func(i int) {
			if i == n {
				cancel()
			}
		})
		report, rejects := filepath.Join(t.TempDir(), "report.json"), filepath.Join(t.TempDir(), "rejects.vcf")
		code, out := cardferry(ctx, vars, "import", file, "box:", "--report", report, "--rejects", rejects)
		cancel()
		if strings.Contains(out, "1 not reached") {
			if strings.Contains(out, "mend the records") || strings.Contains(out, "had not done with it") {
				t.Errorf("there is nothing to mend, and one line is enough for all\n%s", out)
			}
			for path, want := range map[string]string{report: `"outcome":"failed", "reason":"the run stopped before it had done with it`, rejects: "FN:Ada"} {
				if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), want) {
					t.Errorf("%s: %v\n%s", filepath.Base(path), err, text)
				}
			}
			return
		}
		if code != exitInterrupted {
			t.Fatalf("no interruption left a record out; the last exit code is %d\n%s", code, out)
		}
	}
}
