package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// bigMailbox is the account big: of the scripts that need real servers: 1,000 contacts,
// all with photos.
var bigMailbox = sandbox.Sample{Contacts: 1000, Photos: 1, Seed: 7}

// TestServerScripts moves contacts through servers that others wrote; .ci/servers starts
// them.
func TestServerScripts(t *testing.T) {
	servers := map[string]string{"RADICALE": os.Getenv("CARDDAV_RADICALE"), "XANDIKOS": os.Getenv("CARDDAV_XANDIKOS"), "CYRUS": os.Getenv("CARDDAV_CYRUS")}
	for name, address := range servers {
		if address == "" {
			t.Skipf("%s is not started: make servers-test", strings.ToLower(name))
		}
	}
	servers["BOB"] = strings.Replace(servers["RADICALE"], "alice:alicepw", "bob:bobpw", 1)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "servers"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			for name, address := range servers {
				u, err := url.Parse(address)
				if err != nil {
					return err
				}
				user, password := "anybody", "any"
				if u.User != nil {
					user = u.User.Username()
					password, _ = u.User.Password()
				}
				u.User = nil
				for key, value := range map[string]string{"PROVIDER": "carddav", "URL": u.String(), "USERNAME": user, "PASSWORD": password} {
					e.Setenv("CARDFERRY_"+name+"_"+key, value)
				}
			}
			e.Setenv("CARDFERRY_BIG_PROVIDER", "sandbox")
			return fillBig(filepath.Join(e.WorkDir, "state", "cardferry", "sandbox"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"summary": checkSummary, "exits": exits, "killed": killed},
	})
}

func fillBig(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	box, err := sandbox.Open(sandbox.Options{Data: filepath.Join(dir, "big.db")})
	if err != nil {
		return err
	}
	if err := box.Fill(bigMailbox); err != nil {
		return err
	}
	return box.Close()
}

// killed SECONDS COMMAND ARGS… runs the command and kills it after that time.
func killed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: killed SECONDS COMMAND [ARG…]")
	}
	err := ts.Exec("timeout", append([]string{"-s", "KILL", args[0]}, args[1:]...)...)
	if err == nil {
		ts.Fatalf("it had ended before it could be killed")
	}
}
