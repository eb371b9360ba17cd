package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/internal/sandbox"
)

// owner changes a mailbox by requests of its own, as people do with their programs.
type owner struct {
	t      *testing.T
	base   string // of Graph v1.0
	random *rand.Rand
}

func ownerOf(t *testing.T, vars map[string]string, seed uint64) *owner {
	return &owner{t, vars["CARDFERRY_BOX_URL"] + "/v1.0/me", rand.New(rand.NewPCG(seed, 1))}
}

func (o *owner) do(method, path string, body []byte, mediaType string) map[string]any {
	o.t.Helper()
	req, err := http.NewRequest(method, o.base+path, bytes.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer sandbox")
	req.Header.Set("Prefer", `IdType="ImmutableId"`)
	req.Header.Set("Content-Type", mediaType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	json.NewDecoder(resp.Body).Decode(&answer) // an empty answer is no object
	if resp.StatusCode >= 300 {
		o.t.Fatalf("%s %s: %s %v", method, path, resp.Status, answer)
	}
	return answer
}

func (o *owner) json(method, path, body string) string {
	o.t.Helper()
	id, _ := o.do(method, path, []byte(body), "application/json")["id"].(string)
	return id
}

// ids lists the ids at a path.
func (o *owner) ids(path string) []string {
	o.t.Helper()
	var ids []string
	values, _ := o.do("GET", path+"?$top=1000&$select=id", nil, "")["value"].([]any)
	for _, v := range values {
		ids = append(ids, v.(map[string]any)["id"].(string))
	}
	return ids
}

// folders lists the ids of all folders but the default one.
func (o *owner) folders() []string {
	o.t.Helper()
	all := o.ids("/contactFolders")
	for i := 0; i < len(all); i++ {
		all = append(all, o.ids("/contactFolders/"+all[i]+"/childFolders")...)
	}
	return all
}

func (o *owner) photo(id string) {
	o.t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = byte(o.random.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		o.t.Fatal(err)
	}
	o.do("PUT", "/contacts/"+id+"/photo/$value", b.Bytes(), "image/jpeg")
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// change changes one thing at random.
func (o *owner) change(n int) {
	o.t.Helper()
	folders := append(o.folders(), "contacts")
	in := "/contactFolders/" + pick(o.random, folders)
	contacts := o.ids(in + "/contacts")
	if len(contacts) == 0 {
		contacts = []string{o.json("POST", in+"/contacts", `{"givenName":"Only"}`)}
	}
	id := pick(o.random, contacts)
	switch what := o.random.IntN(12); what {
	case 0, 1:
		o.json("PATCH", "/contacts/"+id, fmt.Sprintf(`{"jobTitle":"Job %d","personalNotes":"%s"}`, n, strings.Repeat("é", n%300)))
	case 2:
		o.photo(id)
		o.json("PATCH", "/contacts/"+id, fmt.Sprintf(`{"jobTitle":"Photographed %d"}`, n))
	case 3, 4:
		o.json("DELETE", "/contacts/"+id, "")
	case 5, 6:
		made := o.json("POST", in+"/contacts", fmt.Sprintf(`{"givenName":"New %d","emailAddresses":[{"address":"n%d@example.org"}],
			"singleValueExtendedProperties":[{"id":"String 0x3a21","value":"+49 555 %d"}]}`, n, n, n))
		o.json("PATCH", "/contacts/"+made, `{"surname":"Twice"}`)
		if n%2 == 0 {
			o.photo(made)
		}
	case 7:
		to := pick(o.random, folders)
		if to == "contacts" {
			to, _ = o.do("GET", "/contactFolders/contacts", nil, "")["id"].(string)
		}
		o.json("PATCH", "/contacts/"+id, `{"parentFolderId":"`+to+`"}`)
	case 8:
		o.json("POST", in+"/childFolders", fmt.Sprintf(`{"displayName":"Folder %d"}`, n))
	case 9:
		if len(folders) > 1 {
			o.json("PATCH", "/contactFolders/"+folders[o.random.IntN(len(folders)-1)], fmt.Sprintf(`{"displayName":"Renamed %d"}`, n))
		}
	case 10:
		if len(folders) > 4 {
			o.json("DELETE", "/contactFolders/"+folders[o.random.IntN(len(folders)-1)], "")
		}
	default:
		o.json("DELETE", "/contacts/"+o.json("POST", in+"/contacts", `{"givenName":"Short-lived"}`), "")
	}
}

// read returns the files below a directory.
func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// compareTrees fails unless both directories hold the same files. Photos that are no
// longer referred to may be left of earlier runs.
func compareTrees(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s: %d bytes, in a full export %d; they part at %s", name, len(got[name]), len(text), part(got[name], text))
		}
	}
	for name := range got {
		_, there := want[name]
		if !there && !strings.Contains(name, "photos"+string(filepath.Separator)) && !strings.HasSuffix(name, ".cardferry-state") {
			t.Errorf("%s is not in a full export", name)
		}
	}
}

func part(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-40)
			return fmt.Sprintf("%q and %q", a[from:min(len(a), i+40)], b[from:min(len(b), i+40)])
		}
	}
	return "the end of one"
}

// TestIncrementalIsFull changes a mailbox at random, and compares what incremental
// exports make of it with full ones, byte for byte.
func TestIncrementalIsFull(t *testing.T) {
	outputs := map[string][]string{
		"a.vcf": nil, "b.vcf": {"--vcard-version", "4.0"}, "c.csv": nil, "d.csv": {"--csv-dialect", "generic"}, "e.jsonl": nil, "f.json": nil,
		"contact": {"--split", "contact"}, "folder": {"--split", "folder", "--format", "jsonl"}, "bare.vcf": {"--photos=false"},
	}
	few := map[string][]string{"a.vcf": nil, "f.json": nil}
	for i, test := range []struct{ dialect, quirks string }{
		{"graph-v1.0", ""}, {"graph-beta", ""}, {"outlook-v2.0", ""}, {"outlook-beta", ""},
		{"graph-v1.0", "delta-no-expand"}, {"graph-v1.0", "no-delta"}, {"graph-v1.0", "replay=7"}, {"graph-beta", "hidden-folders,photo-quiet"},
	} {
		t.Run(test.dialect+" "+test.quirks, func(t *testing.T) {
			t.Parallel()
			outputs := outputs
			if i > 0 {
				outputs = few
			}
			vars := service(t, sandbox.Options{Quirks: test.quirks}, sandbox.Sample{Contacts: 60, Photos: 0.3, Seed: uint64(i)}, nil)
			vars["CARDFERRY_BOX_DIALECT"] = test.dialect
			o := ownerOf(t, vars, uint64(i))
			dir := t.TempDir()
			for round := range 3 {
				full, inc := filepath.Join(dir, fmt.Sprint("full", round)), filepath.Join(dir, "inc")
				os.Mkdir(full, 0o700)
				os.Mkdir(inc, 0o700)
				for _, name := range slices.Sorted(maps.Keys(outputs)) {
					for _, in := range []string{full, inc} {
						args := append([]string{"export", "box:", filepath.Join(in, name)}, outputs[name]...)
						if in == inc {
							args = append(args, "--incremental")
						}
						if code, out := cardferry(t.Context(), vars, args...); code != 0 {
							t.Fatalf("%v: exit code %d\n%s", args, code, out)
						}
					}
				}
				compareTrees(t, readTree(t, inc), readTree(t, full))
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
				for n := range 25 {
					o.change(100*round + n)
				}
			}
		})
	}
}

// TestIncrementalNamesWhatItCannotRead: a contact that a round names, and that is not
// found when it is asked for, is looked for again, named if that is of no use, and there
// in the next run.
func TestIncrementalNamesWhatItCannotRead(t *testing.T) {
	for _, test := range []struct {
		dialect string
		lag     int
		codes   []int
		lines   []int
	}{
		{"outlook-beta", 1, []int{0, 0}, []int{6, 6}},
		{"outlook-beta", 4, []int{exitIncomplete, 0}, []int{5, 6}},
		{"graph-v1.0", 4, []int{exitIncomplete, 0}, []int{5, 6}},
	} {
		t.Run(fmt.Sprint(test.dialect, " ", test.lag), func(t *testing.T) {
			t.Parallel()
			quirks := fmt.Sprintf("read-lag=%d", test.lag)
			if test.dialect == "graph-v1.0" {
				quirks += ",delta-no-expand" // every changed row is a reference
			}
			vars := service(t, sandbox.Options{Quirks: quirks}, sandbox.Sample{Contacts: 5, Seed: 1}, nil)
			vars["CARDFERRY_BOX_DIALECT"] = test.dialect
			path := filepath.Join(t.TempDir(), "o.jsonl")
			if code, out := cardferry(t.Context(), vars, "export", "box:", path, "--incremental"); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			ownerOf(t, vars, 1).json("POST", "/contacts", `{"givenName":"New"}`)
			for i, want := range test.codes {
				code, out := cardferry(t.Context(), vars, "export", "box:", path, "--incremental")
				text, err := os.ReadFile(path)
				if code != want || err != nil || bytes.Count(text, []byte("\n")) != test.lines[i] {
					t.Errorf("run %d: exit code %d, want %d; %d contacts, want %d; %v\n%s", i, code, want, bytes.Count(text, []byte("\n")), test.lines[i], err, out)
				}
			}
		})
	}
}
