package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/cardferry/cardferry/internal/files"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// program is the real program with an environment of its own.
type program struct {
	t    *testing.T
	vars map[string]string
}

func newProgram(t *testing.T, vars ...string) *program {
	t.Helper()
	p := &program{t, map[string]string{"HOME": t.TempDir()}}
	for _, pair := range vars {
		name, value, _ := strings.Cut(pair, "=")
		p.vars[name] = value
	}
	return p
}

// run runs a command line and returns the summary that it prints with --json, and the
// exit code.
func (p *program) run(args ...string) (summary, int) {
	p.t.Helper()
	var out, errors bytes.Buffer
	e := env{stdin: strings.NewReader(""), stdout: &out, stderr: &errors,
		getenv:  func(name string) string { return p.vars[name] },
		environ: func() (all []string) { return nil }}
	code := run(p.t.Context(), e, append(args, "--json"))
	lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	var s summary
	if err := json.Unmarshal(lines[len(lines)-1], &s); err != nil || s.Type != "summary" {
		p.t.Fatalf("cardferry %s ended with %d and no summary: %s\n%s", strings.Join(args, " "), code, lines[len(lines)-1], &errors)
	}
	return s, code
}

// sinks are the kinds of account that can be imported into.
var sinks = []string{"graph-v1.0", "outlook-beta", "graph-beta", "outlook-v2.0", "carddav"}

// TestSecondRunWritesNothing: after any import the same command creates 0, updates 0
// and stores 0 photos, whatever the records, the policy and the kind of account, with
// lists whose items the account holds in another spelling, with and without UIDs, and
// with more than can be hidden beside a contact. Every policy meets every kind of account
// unless it has to be short.
func TestSecondRunWritesNothing(t *testing.T) {
	for i, policy := range importer.Policies() {
		for j, sink := range sinks {
			if testing.Short() && i != j {
				continue
			}
			t.Run(string(policy)+" "+sink, func(t *testing.T) {
				t.Parallel()
				testSecondRun(t, policy, sink, rand.New(rand.NewPCG(uint64(i), uint64(77+j))))
			})
		}
	}
}

func testSecondRun(t *testing.T, policy importer.OnDuplicate, sink string, rng *rand.Rand) {
	there, input := filepath.Join(t.TempDir(), "there.jsonl"), filepath.Join(t.TempDir(), "input.jsonl")
	var first, second []*contact.Contact
	for n := range 50 {
		c := contacttest.Sparse(rng)
		if n%5 == 0 {
			c = contacttest.Random(rng)
		}
		c.ID, c.Key = "", ""
		if sink == "carddav" { // all in one address book
			c.Folder = ""
		}
		for i := range c.Emails { // random ones are shared by several people
			c.Emails[i].Address = fmt.Sprintf("e%d.%d@Example.org", n, i)
		}
		c.Phones = append(c.Phones, contact.Phone{Number: fmt.Sprintf("030 12345%02d", n), Type: contact.Home})
		c.Websites = append(c.Websites, contact.Website{URL: fmt.Sprintf("https://Example.org/%d/", n)})
		c.Addresses = append(c.Addresses, contact.Address{Street: fmt.Sprintf("Main St. %d", n), City: "Bern", Type: contact.Work})
		if n%3 == 0 {
			c.Emails = append([]contact.Email{{Address: fmt.Sprintf("p%d@bücher.example", n)}}, c.Emails...)
		}
		if n%10 == 3 { // more than can be hidden beside a contact
			for i := range 9 {
				c.Extra = append(c.Extra, contact.Extra{Origin: "vcard", Name: fmt.Sprintf("X-BIG-%d", i), Value: strings.Repeat("x", 2000)})
			}
		}
		if n%7 == 0 {
			c.UID = ""
		}
		contact.Normalize(c)
		second = append(second, c)
		if n%2 == 0 {
			d := respelled(c, n)
			if n%3 == 0 {
				d.UID = ""
			}
			if n%20 == 4 { // so that what is hidden overflows only when it is joined
				d.Extra = append(d.Extra, contact.Extra{Origin: "vcard", Name: "X-OWN", Value: strings.Repeat("y", 5000)})
				c.Extra = append(c.Extra, contact.Extra{Origin: "vcard", Name: "X-THEIRS", Value: strings.Repeat("z", 5000)})
			}
			first = append(first, d)
		}
	}
	writeLines(t, there, first)
	writeLines(t, input, second)
	vars := []string{"CARDFERRY_BOX_PROVIDER=sandbox", "CARDFERRY_BOX_DIALECT=" + sink}
	if sink == "carddav" {
		vars = []string{"CARDFERRY_BOX_PROVIDER=carddav", "CARDFERRY_BOX_URL=" + davtest.New(t, davtest.Habits{UniqueUIDs: true}).URL,
			"CARDFERRY_BOX_USERNAME=" + davtest.User, "CARDFERRY_BOX_PASSWORD=" + davtest.Password}
	}
	p := newProgram(t, vars...)
	if s, _ := p.run("import", there, "box:"); s.Created != len(first) {
		t.Fatalf("the account is not filled: %+v", s)
	}
	args := []string{"import", input, "box:", "--on-duplicate", string(policy), "--region", "DE"}
	s, _ := p.run(args...)
	if s.Read != len(second) || s.Failed > 0 || s.Again == nil || s.Again.Created+s.Again.Updated > 0 {
		t.Fatalf("first run: again %+v, %+v", s.Again, s)
	}
	if merges := policy != importer.Create && policy != importer.Skip; merges && s.Updated < 5 {
		t.Fatalf("%d updates do not show much", s.Updated)
	}
	for range 2 {
		if s, _ := p.run(args...); s.Created+s.Updated+s.Photos > 0 {
			t.Errorf("once more: %+v", s)
		}
	}
}

// respelled returns the same person as somebody else would have typed it in, without
// an identity in common.
func respelled(c *contact.Contact, n int) *contact.Contact {
	d := c.Clone()
	d.UID = fmt.Sprintf("typed-%d", n)
	for i := range d.Emails {
		d.Emails[i].Address = strings.ToUpper(strings.Replace(d.Emails[i].Address, "bücher", "xn--bcher-kva", 1))
	}
	for i := range d.Phones {
		d.Phones[i].Number = strings.Replace(d.Phones[i].Number, "030 ", "+49 (30) ", 1)
	}
	for i := range d.Websites {
		d.Websites[i].URL = strings.TrimSuffix(strings.Replace(d.Websites[i].URL, "https://E", "http://e", 1), "/")
	}
	for i := range d.Addresses {
		d.Addresses[i].Street = strings.ToLower(strings.ReplaceAll(d.Addresses[i].Street, ".", ""))
	}
	d.Notes, d.Photo = "", nil
	return contact.Normalize(d)
}

func writeLines(t *testing.T, path string, contacts []*contact.Contact) {
	t.Helper()
	format, err := (&formatFlags{}).table().ByName("jsonl")
	if err != nil {
		t.Fatal(err)
	}
	file, err := files.CreateFile(path, format)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contacts {
		if _, err := file.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestDirectoryNames: where the service gives an address another name than the one that
// was sent, that one is hidden beside the contact, and a second run changes nothing; nor
// does an update lose it.
func TestDirectoryNames(t *testing.T) {
	for _, d := range outlook.Dialects() {
		vars := service(t, sandbox.Options{Quirks: "directory-names"}, sandbox.Sample{}, nil)
		vars["CARDFERRY_BOX_DIALECT"] = string(d)
		path := filepath.Join(t.TempDir(), "people.jsonl")
		for _, name := range []string{"Eva at work", "Eva at home"} {
			line := fmt.Sprintf(`{"name":{"display":"Eva Neu","nickname":%q},"emails":[{"address":"eva@example.org","name":%q},{"address":"eva@elsewhere.example"}]}`, name, name)
			if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
				t.Fatal(err)
			}
			for run, want := range []string{"a second run would create 0 and update 0", "1 unchanged"} {
				code, out := cardferry(t.Context(), vars, "import", path, "box:", "--on-duplicate", "update")
				if code != 0 || !strings.Contains(out, want) || strings.Contains(out, "truncated") {
					t.Errorf("%s, %s, run %d: exit code %d, want %q\n%s", d, name, run, code, want, out)
				}
			}
			if code, out := cardferry(t.Context(), vars, "verify", path, "box:"); code != 0 {
				t.Errorf("%s, %s: verify ends with %d\n%s", d, name, code, out)
			}
		}
	}
}
