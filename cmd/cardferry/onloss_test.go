package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnLossFailRefusesARecord: an account does not get the record of which it would lose
// something, gets the others, and in a dry run it is said beforehand.
func TestOnLossFailRefusesARecord(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, "in.jsonl")
	text := `{"name":{"given":"Ana"},"emails":[{"address":"a@example.org"}]}` + "\n" +
		`{"name":{"given":"Bo"},"emails":[{"address":"b@example.org"}],"extra":[{"origin":"csv","name":"Story","value":"` + strings.Repeat("long ", 4000) + `"}]}` + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"HOME": home, "CARDFERRY_BOX_PROVIDER": "sandbox"}
	tests := []struct {
		args []string
		code int
		says string
	}{
		{[]string{"import", path, "box:", "--on-loss", "fail", "--dry-run"}, exitIncomplete, "1 created, 1 failed"},
		{[]string{"import", path, "box:", "--on-loss", "fail"}, exitIncomplete, "line 2: failed: not written, as it would lose something: extra[0] dropped"},
		{[]string{"import", path, "box:"}, exitDone, "1 created, 1 unchanged"},
	}
	for _, test := range tests {
		var stdout, stderr bytes.Buffer
		e := env{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(k string) string { return vars[k] }, environ: func() []string { return nil }}
		if code := run(t.Context(), e, test.args); code != test.code || !strings.Contains(stderr.String(), test.says) {
			t.Errorf("%v: exit code %d\n%s", test.args, code, &stderr)
		}
	}
}
