package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// operation is a row of the table of docs/operations.md.
type operation struct {
	name, request, command string
	tests                  string // that look at it closely
}

var operations = []operation{
	{"Get a contact collection", "GET contactFolders/{folder}/contacts", "export", "TestSourceKeepsTheContract, TestExportUnderFaults"},
	{"Count contacts", "GET contactFolders/{folder}/contacts?$count", "folders", "TestSourceKeepsTheContract"},
	{"Get a contact", "GET contacts/{contact}", "export", "TestDialectsReadEachOther"},
	{"Synchronize contacts (Outlook)", "GET contactFolders/{folder}/contacts, Prefer: odata.track-changes", "export --incremental", "TestSourceTracks, TestTrackingSurvives"},
	{"Synchronize contacts (Graph)", "GET contactFolders/{folder}/contacts/delta", "export --incremental", "TestSourceTracks, TestTrackingSurvives, TestBareRows, TestOverQuota"},
	{"Synchronize folders (Graph)", "GET contactFolders/delta", "export --incremental", "TestSourceTracks, TestIncrementalIsFull"},
	{"Create a contact", "POST contactFolders/{folder}/contacts", "import", "TestSinkKeepsTheContract, TestImportUnderFaults"},
	{"Update a contact", "PATCH contacts/{contact}", "import --on-duplicate update", "TestSinkKeepsTheContract, TestImportUnderFaults"},
	{"Several of these requests at a time", "POST $batch", "import", "TestGather, TestGatherAmbiguous, TestFindKeyTakesOneRequest, TestIncrementalRequests"},
	{"Delete a contact", "DELETE contacts/{contact}", "undo", "TestSinkKeepsTheContract"},
	{"Get a contact folder collection", "GET contactFolders", "folders", "TestFolderTree"},
	{"Get the folders below one", "GET contactFolders/{folder}/childFolders", "folders", "TestFolderTree"},
	{"Get a contact folder", "GET contactFolders/{folder}", "folders", "TestFolderTree"},
	{"Create a contact folder", "POST contactFolders/{folder}/childFolders", "import", "TestSinkKeepsTheContract"},
	{"Delete a contact folder", "DELETE contactFolders/{folder}", "undo", "TestSinkKeepsTheContract"},
	{"Get a contact photo", "GET contacts/{contact}/photo/$value", "export", "TestSourceKeepsTheContract, TestExportUnderFaults"},
	{"Get contact photo metadata", "GET contacts/{contact}/photo", "export of a photo that is not handed out", "TestExportNames"},
	{"Set a contact photo", "PUT contacts/{contact}/photo/$value", "import", "TestSinkKeepsTheContract, TestImportUnderFaults"},
}

// watcher notes what a service is asked for and grants.
type watcher struct {
	service http.Handler
	mu      sync.Mutex
	command string          // that is running
	seen    map[string]bool // command and request
	refuse  bool            // the next photo
}

func (w *watcher) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	request, command := requestOf(r.Method, r.URL, r.Header), w.command
	refuse := w.refuse && strings.HasSuffix(request, "/photo/$value")
	w.refuse = w.refuse && !refuse
	w.mu.Unlock()
	if refuse {
		http.Error(out, `{"error":{"code":"ErrorItemNotFound","message":""}}`, http.StatusNotFound)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	requests := []string{request}
	if strings.HasSuffix(request, "$batch") {
		requests = append(requests, requestsIn(body)...)
	}
	answer := httptest.NewRecorder()
	w.service.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	out.Write(answer.Body.Bytes())
	if answer.Code < 300 {
		w.mu.Lock()
		for _, request := range requests {
			w.seen[command+": "+request] = true
		}
		w.mu.Unlock()
	}
}

// requestOf names the operation that a request is.
func requestOf(method string, u *url.URL, header http.Header) string {
	_, path, _ := strings.Cut(u.Path, "/me/")
	if strings.HasSuffix(u.Path, "/$batch") {
		path = "$batch"
	}
	parts := strings.Split(path, "/")
	if len(parts) > 1 && parts[0] == "contactFolders" && parts[1] != "delta" {
		parts[1] = "{folder}"
	}
	if len(parts) > 1 && parts[0] == "contacts" {
		parts[1] = "{contact}"
	}
	request := method + " " + strings.Join(parts, "/")
	switch {
	case strings.Contains(header.Get("Prefer"), "odata.track-changes"):
		request += ", Prefer: odata.track-changes"
	case u.Query().Get("$count") != "":
		request += "?$count"
	}
	return request
}

// requestsIn names the operations in a batch.
func requestsIn(batch []byte) (requests []string) {
	var envelope struct {
		Requests []struct{ Method, URL string }
	}
	if err := json.Unmarshal(batch, &envelope); err != nil {
		return nil
	}
	for _, part := range envelope.Requests {
		if u, err := url.Parse(part.URL); err == nil {
			requests = append(requests, requestOf(part.Method, u, nil))
		}
	}
	return requests
}

// TestOperations runs the commands of the table in every dialect, and compares what
// they ask for with the table.
func TestOperations(t *testing.T) {
	seen := map[outlook.Dialect]map[string]bool{}
	for _, d := range outlook.Dialects() {
		seen[d] = watch(t, d)
	}
	var table strings.Builder
	table.WriteString("| operation | request | command |")
	for _, d := range outlook.Dialects() {
		fmt.Fprintf(&table, " %s |", d)
	}
	table.WriteString(" tests |\n|---|---|---|" + strings.Repeat(":-:|", len(outlook.Dialects())) + "---|\n")
	for _, op := range operations {
		fmt.Fprintf(&table, "| %s | `%s` | %s |", op.name, op.request, op.command)
		granted := 0
		for _, d := range outlook.Dialects() {
			mark := "–"
			if seen[d][op.command+": "+op.request] {
				mark, granted = "●", granted+1
			}
			fmt.Fprintf(&table, " %s |", mark)
		}
		fmt.Fprintf(&table, " %s |\n", op.tests)
		if granted != len(outlook.Dialects()) && !strings.HasSuffix(op.name, ")") || granted == 0 {
			t.Errorf("%s: asked for in %d dialects", op.name, granted)
		}
		for test := range strings.SplitSeq(op.tests, ", ") {
			if !hasTest(t, test) {
				t.Errorf("%s: there is no %s", op.name, test)
			}
		}
	}
	checkTable(t, "../../docs/operations.md", "operations", table.String())
}

// watch runs the commands on a mailbox and returns what they asked for and got.
func watch(t *testing.T, d outlook.Dialect) map[string]bool {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: 20, Photos: 0.5, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	w := &watcher{service: box, seen: map[string]bool{}}
	server := httptest.NewServer(w)
	defer server.Close()
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_TOKEN": "sandbox", "CARDFERRY_BOX_DIALECT": string(d)}
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	photo := `"photo":{"data":"/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APn+v//Z"}`
	run := func(command string, code int, args ...string) {
		t.Helper()
		w.mu.Lock()
		w.command, w.refuse = command, command == "export of a photo that is not handed out"
		w.mu.Unlock()
		if got, out := cardferry(t.Context(), vars, args...); got != code {
			t.Fatalf("%s, %s: exit code %d\n%s", d, command, got, out)
		}
	}
	run("folders", 0, "folders", "box:")
	run("export", 0, "export", "box:", filepath.Join(dir, "full.vcf"))
	run("export of a photo that is not handed out", exitIncomplete, "export", "box:", filepath.Join(dir, "full.vcf"))
	run("export --incremental", 0, "export", "box:", filepath.Join(dir, "inc.vcf"), "--incremental")
	run("export --incremental", 0, "export", "box:", filepath.Join(dir, "inc.vcf"), "--incremental")
	var many strings.Builder
	for n := range 40 {
		fmt.Fprintf(&many, `{"name":{"given":"Many %d"},"emails":[{"address":"m%d@new.example"}]}`+"\n", n, n)
	}
	run("import", 0, "import", file("many.jsonl", many.String()), "box:", "--journal", filepath.Join(dir, "many"))
	run("import", 0, "import", file("people.jsonl", `{"uid":"u1","folder":"New/Below","name":{"given":"Ana"},"emails":[{"address":"ana@new.example"}],`+photo+`}`), "box:", "--journal", filepath.Join(dir, "first"))
	run("import --on-duplicate update", 0, "import", file("again.jsonl", `{"uid":"u1","folder":"New/Below","name":{"given":"Ana","family":"Ruiz"},"emails":[{"address":"ana@new.example"}]}`), "box:", "--on-duplicate", "update")
	run("undo", 0, "undo", "last", "--yes")
	run("undo", 0, "undo", filepath.Join(dir, "first"), "--yes")
	return w.seen
}

// hasTest reports whether the project has a test of that name.
func hasTest(t *testing.T, name string) bool {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{range .TestGoFiles}}{{$.Dir}}/{{.}}\n{{end}}{{range .XTestGoFiles}}{{$.Dir}}/{{.}}\n{{end}}", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("func "+name+"(t *testing.T)")) {
			return true
		}
	}
	return false
}
