package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardferry/cardferry/internal/dav/davtest"
)

// TestKilledOnCardDAV kills a migration right after a request has been carried out, each
// time another one, and repeats it: the end is as if it had never been killed.
func TestKilledOnCardDAV(t *testing.T) {
	for _, at := range []int{1, 2, 3, 7, 12, 13, 14, 25, 40, 41, 42, 43, 60, 77, 90, 110} {
		if testing.Short() && at > 14 {
			break
		}
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			t.Parallel()
			var victim atomic.Pointer[os.Process]
			var puts atomic.Int64
			server := davtest.New(t, davtest.Habits{Rewrites: davtest.Escaping("X-CARDFERRY-F"), Fault: func(_ int, r *http.Request) string {
				p := victim.Load()
				if r.Method != "PUT" || puts.Add(1) != int64(at) || p == nil {
					return ""
				}
				p.Kill()
				return "reset-after"
			}})
			dir := t.TempDir()
			ferry := func(args ...string) *exec.Cmd {
				c := exec.CommandContext(t.Context(), "cardferry", args...)
				c.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "CARDFERRY_BOX_PROVIDER=carddav",
					"CARDFERRY_BOX_URL="+server.URL, "CARDFERRY_BOX_USERNAME="+davtest.User, "CARDFERRY_BOX_PASSWORD="+davtest.Password)
				return c
			}
			first := ferry("migrate", "sandbox:", "box:")
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			victim.Store(first.Process)
			if err := first.Wait(); err == nil {
				t.Fatal("it had ended before it could be killed")
			}
			victim.Store(nil)
			for _, step := range []struct {
				args []string
				want string
			}{
				{[]string{"migrate", "sandbox:", "box:"}, "a second run would create 0 and update 0"},
				{[]string{"verify", "sandbox:", "box:"}, "250 contacts on each side"},
				{[]string{"migrate", "sandbox:", "box:"}, "250 unchanged; a second run would create 0 and update 0"},
			} {
				if out, err := ferry(step.args...).CombinedOutput(); err != nil || !strings.Contains(string(out), step.want) {
					t.Fatalf("%v: %v\n%s", step.args, err, out)
				}
			}
			for name, card := range server.Cards("contacts") {
				if strings.Count(card, "X-CARDFERRY-FLAG") > 1 {
					t.Errorf("%s has a property twice:\n%s", name, card)
				}
			}
		})
	}
}
