package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadConfig: what is wrong with the configuration is named with its line, whichever
// account is asked for.
func TestBadConfig(t *testing.T) {
	tests := []struct {
		name, text, want string
		code             int
	}{
		{"an unknown key", "[work]\nprovider = \"sandbox\"\n\n[other] # later\n  tokn = \"x\"\n", `line 5: account other: unknown key "tokn"`, exitUsage},
		{"a quoted name", "[\"a.b\"]\nprovider = \"sandbox\"\n'tokn' = \"x\"\n", `line 3: account a.b: unknown key "tokn"`, exitUsage},
		{"a key above the accounts", "token = \"x\"\n[work]\nprovider = \"sandbox\"\n", "line 1: token belongs to no account", exitUsage},
		{"a list", "[work]\nprovider = [\"sandbox\"]\n", "line 2: account work: provider is not a text", exitUsage},
		{"a table in an account", "[work]\nprovider = \"sandbox\"\n[work.more]\nx = 1\n", `line 3: account work: unknown key "more"`, exitUsage},
		{"an unusual form", "work = { tokn = \"x\" }\n", `config.toml: account work: unknown key "tokn"`, exitUsage},
		{"a key twice", "[work]\nuser = \"a\"\nuser = \"b\"\n", "line 3: not valid TOML", exitUsage},
		{"no TOML", "[work]\nuser = \"a\n", "line 2: not valid TOML", exitUsage},
		{"a secret that is not there", "[work]\nurl = \"http://127.0.0.1:1\"\ntoken_file = \"/nowhere/token\"\n", "reading the token: /nowhere/token: no such file or directory", exitSignIn},
		{"a time", "[work]\nprovider = \"sandbox\"\nsettle = \"1s\"\nlimits = \"none\"\n", "exported 0 contacts", exitDone},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "cardferry", "config.toml")
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			vars := map[string]string{"HOME": dir, "XDG_CONFIG_HOME": dir}
			code, out := cardferry(t.Context(), vars, "export", "work:", filepath.Join(dir, "out.vcf"))
			if code != test.code || !strings.Contains(out, test.want) {
				t.Errorf("exit code %d, want %d with %q\n%s", code, test.code, test.want, out)
			}
		})
	}
}
