package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/internal/dav/davtest"
)

// bookOwner changes an address book as people do with their programs.
type bookOwner struct {
	server *davtest.Server
	random *rand.Rand
}

func (o *bookOwner) change(n int) {
	cards := o.server.Cards("contacts")
	names := slices.Sorted(maps.Keys(cards))
	name := names[o.random.IntN(len(names))]
	person := func(uid string, more string) string {
		return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + uid + "\r\nN:" + uid + ";;;;\r\n" + more + "END:VCARD\r\n"
	}
	uid := strings.TrimSuffix(name, ".vcf")
	switch o.random.IntN(8) {
	case 0, 1, 2:
		o.server.Put("contacts", name, person(uid, fmt.Sprintf("TITLE:Change %d\r\n", n)))
	case 3:
		o.server.Put("contacts", fmt.Sprintf("new-%d.vcf", n), person(fmt.Sprintf("new-%d", n), ""))
	case 4:
		if len(names) > 3 {
			o.server.Remove("contacts", name)
		}
	case 5: // a contact becomes a group, or a group another
		o.server.Put("contacts", name, person(uid, "X-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:"+strings.TrimSuffix(names[o.random.IntN(len(names))], ".vcf")+"\r\n"))
	case 6:
		o.server.Put("contacts", "passing.vcf", person("passing", ""))
		o.server.Remove("contacts", "passing.vcf")
	default:
		o.server.Forget()
	}
}

// TestIncrementalCardDAVIsFull changes an address book at random, on servers of every
// habit, and compares what incremental exports make of it with full ones.
func TestIncrementalCardDAVIsFull(t *testing.T) {
	for name, h := range map[string]davtest.Habits{
		"by the book": {}, "silent restart": {SilentRestart: true}, "no sync": {NoSync: true}, "second tokens": {SecondTokens: true, SilentRestart: true},
		"507 in each answer": {SyncLimit: 2}, "error for old tokens": {TokenError: 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := davtest.New(t, h)
			o := &bookOwner{server, rand.New(rand.NewPCG(3, uint64(len(name))))}
			server.Put("contacts", "first.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:first\r\nFN:First\r\nN:First;;;;\r\nEND:VCARD\r\n")
			dir := t.TempDir()
			vars := map[string]string{"HOME": dir, "CARDFERRY_BOX_PROVIDER": "carddav", "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_USERNAME": davtest.User, "CARDFERRY_BOX_PASSWORD": davtest.Password}
			read := func(args ...string) string {
				t.Helper()
				if code, out := cardferry(t.Context(), vars, args...); code != exitDone {
					t.Fatalf("%v: exit code %d\n%s", args, code, out)
				}
				text, err := os.ReadFile(args[2])
				if err != nil {
					t.Fatal(err)
				}
				lines := strings.Split(string(text), "\n")
				slices.Sort(lines)
				return strings.Join(lines, "\n")
			}
			for round := range 25 {
				full := read("export", "box:", filepath.Join(dir, fmt.Sprintf("full-%d.jsonl", round)))
				inc := read("export", "box:", filepath.Join(dir, "inc.jsonl"), "--incremental")
				if full != inc {
					t.Fatalf("in round %d they part at %s", round, part(inc, full))
				}
				for n := range o.random.IntN(5) {
					o.change(100*round + n)
				}
			}
		})
	}
}
