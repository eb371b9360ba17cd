package files

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/formats/outlook"
)

func lines() *formats.Format { f := jsonl.Format(); return &f }

func reader() *Reader { return &Reader{Table: formats.Table{jsonl.Format()}} }

func named(folder contact.FolderPath, display string) *contact.Contact {
	return contact.Normalize(&contact.Contact{UID: string(folder) + display, Folder: folder, Name: contact.Name{Display: display}})
}

func write(t *testing.T, out Output, contacts ...*contact.Contact) {
	t.Helper()
	defer out.Abort()
	for _, c := range contacts {
		if _, err := out.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, r *Reader, paths ...string) (contacts []*contact.Contact, bad []string) {
	t.Helper()
	for c, err := range r.Contacts(paths...) {
		switch {
		case formats.IsRecordError(err):
			bad = append(bad, err.Error())
		case err != nil:
			t.Fatal(err)
		default:
			contacts = append(contacts, c)
		}
	}
	return contacts, bad
}

func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	return names
}

func TestFileIsWholeOrNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.jsonl")
	out, err := CreateFile(path, lines())
	if err != nil {
		t.Fatal(err)
	}
	out.Encode(named("", "Ann"))
	if _, err := os.Stat(path); err == nil {
		t.Error("the file bears its name before it is complete")
	}
	out.Abort()
	if left := tree(t, filepath.Dir(path)); len(left) > 0 {
		t.Errorf("left after an abort: %v", left)
	}

	out, _ = CreateFile(path, lines())
	write(t, out, named("", "Ann"))
	out, _ = CreateFile(path, lines())
	out.Encode(named("", "Bob"))
	out.Abort()
	if got, _ := read(t, reader(), path); len(got) != 1 || got[0].Name.Display != "Ann" {
		t.Errorf("an aborted output changed the old file: %v", got)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
}

func TestPhotosBesideTheFile(t *testing.T) {
	dir := t.TempDir()
	ann := named("", "Ann")
	ann.Photo = contact.NewPhoto([]byte("\xff\xd8\xff jpeg"))
	out, err := CreateFile(filepath.Join(dir, "out.jsonl"), lines())
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, ann)
	if ann.Photo.Path != "" {
		t.Error("writing changed the contact")
	}
	if names := tree(t, dir); len(names) != 2 || !strings.HasPrefix(names[1], "photos/") || !strings.HasSuffix(names[1], ".jpg") {
		t.Fatalf("files %v", names)
	}
	got, _ := read(t, reader(), filepath.Join(dir, "out.jsonl"))
	if len(got) != 1 || !contact.Equal(got[0], ann) || string(got[0].Photo.Data) != string(ann.Photo.Data) {
		t.Errorf("read back: %+v", got)
	}
	bob := named("", "Bob")
	bob.Photo = contact.NewPhoto([]byte("\xff\xd8\xff another"))
	out, _ = CreateFile(filepath.Join(dir, "out.jsonl"), lines())
	out.Encode(ann)
	out.Encode(bob)
	out.Abort()
	if names := tree(t, dir); len(names) != 2 {
		t.Errorf("an aborted output left %v", names)
	}
	if got, bad := read(t, reader(), dir); len(got) != 1 || len(bad) > 0 {
		t.Errorf("the directory holds %d contacts, %v", len(got), bad)
	}
}

// TestPhotoPaths: a path that leads out of the file's directory, or nowhere, costs
// the photo and is named; the contact goes through.
func TestPhotoPaths(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o600)
	os.Mkdir(filepath.Join(dir, "in"), 0o700)
	os.Symlink("../secret", filepath.Join(dir, "in", "link"))
	file := filepath.Join(dir, "in", "c.jsonl")
	for _, path := range []string{"../secret", "link", "/etc/hostname", "missing.jpg", "."} {
		os.WriteFile(file, []byte(`{"name":{"display":"Ann"},"photo":{"path":"`+path+`"}}`+"\n"), 0o600)
		got, _ := read(t, reader(), file)
		if len(got) != 1 || got[0].Photo != nil || len(got[0].Unread) != 1 {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

func TestSplitByContact(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cards")
	begin := func() Output {
		out, err := CreateDir(dir, lines(), ByContact)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	ann, bob := named("", "Ann"), named("Friends/Old", "Bob / : CON")
	write(t, begin(), ann, bob, named("", "Ann"))
	first := tree(t, dir)
	if len(first) != 4 {
		t.Fatalf("files %v", first)
	}
	if got, _ := read(t, reader(), dir); len(got) != 3 {
		t.Errorf("%d contacts read back", len(got))
	}
	os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600)

	aborted := begin()
	aborted.Encode(named("", "Cid"))
	aborted.Abort()
	if now := tree(t, dir); len(now) != 5 {
		t.Errorf("an aborted export left %v", now)
	}

	write(t, begin(), ann)
	if now := tree(t, dir); len(now) != 3 { // the manifest, Ann, mine.txt
		t.Errorf("after a smaller export: %v", now)
	}
}

func TestSplitByFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folders")
	out, err := CreateDir(dir, lines(), ByFolder)
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, named("", "Ann"), named("A/B", "Bob"), named("", "Cid"), named("A", "Dan"), named("Contacts", "Eve"), named("a", "Fay"))
	want := ".cardferry-files A/B.jsonl A.jsonl Contacts (2).jsonl Contacts.jsonl a (2).jsonl"
	if got := strings.Join(tree(t, dir), " "); got != want {
		t.Errorf("files %s, want %s", got, want)
	}
	if got, _ := read(t, reader(), dir); len(got) != 6 {
		t.Errorf("%d contacts read back", len(got))
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	var last error
	for _, err := range reader().Contacts(filepath.Join(dir, "missing.jsonl")) {
		last = err
	}
	if !errors.Is(last, os.ErrNotExist) {
		t.Errorf("missing file: %v", last)
	}
	odd := filepath.Join(dir, "odd.bin")
	os.WriteFile(odd, []byte("\x00\x01\x02"), 0o600)
	for _, err := range reader().Contacts(odd) {
		last = err
	}
	if !errors.Is(last, ErrUnknownFormat) {
		t.Errorf("unknown format: %v", last)
	}
	r := reader()
	var passed []string
	r.Passed = func(path, why string) { passed = append(passed, path) }
	for _, err := range r.Contacts(dir) {
		last = err
	}
	if !errors.Is(last, ErrUnknownFormat) || len(passed) != 1 {
		t.Errorf("a directory with a foreign file alone: %v, passed over %v", last, passed)
	}
	good := filepath.Join(dir, "good.jsonl")
	os.WriteFile(good, []byte("{\"name\":{\"display\":\"Ann\"}}\n"), 0o600)
	if got, bad := read(t, reader(), odd, good); len(got) != 1 || len(bad) != 1 {
		t.Errorf("a bad file among several: %d contacts, %v", len(got), bad)
	}
	r.Stdin = strings.NewReader("{\"name\":{\"display\":\"Ann\"}}\n\x7b broken\n{\"name\":{\"display\":\"Bob\"}}\n")
	got, bad := read(t, r, Stdio)
	if len(got) != 2 || len(bad) != 1 || !strings.HasPrefix(bad[0], "stdin: line 2") {
		t.Errorf("stdin: %d contacts, %v", len(got), bad)
	}
}

func TestSafeName(t *testing.T) {
	for in, want := range map[string]string{
		"Ann Lee": "Ann Lee", "a/b\\c:d": "a_b_c_d", "": "_", "...": "_", "NUL": "_NUL", "com1.x": "_com1.x", "photos": "_photos",
		"Ünïcode 李": "Ünïcode 李", "x\ny": "x_y", strings.Repeat("é", 60): strings.Repeat("é", 40),
	} {
		if got := safeName(in); got != want {
			t.Errorf("safeName(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestBrokenRest reads pages of JSON that break off: the contacts before come through
// and the rest is named, unless it is the reading that failed.
func TestBrokenRest(t *testing.T) {
	page := outlook.Format(outlook.Options{})
	var whole bytes.Buffer
	enc := page.NewEncoder(&whole)
	for _, name := range []string{"Ann", "Bob", "Cid"} {
		if _, err := enc.Encode(named("", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := enc.Close(); err != nil {
		t.Fatal(err)
	}
	cut := whole.Bytes()[:whole.Len()-20]
	path := filepath.Join(t.TempDir(), "page.json")
	if err := os.WriteFile(path, cut, 0o600); err != nil {
		t.Fatal(err)
	}
	r := &Reader{Table: formats.Table{page}}
	contacts, bad := read(t, r, path)
	if len(contacts) != 2 || len(bad) != 1 || !strings.HasPrefix(bad[0], path+": the rest of the file was not read: ") {
		t.Errorf("%d contacts, errors %q; want 2 and one about the rest", len(contacts), bad)
	}

	disk := errors.New("the disk is broken")
	r.Format = &page // which spares looking ahead
	r.Stdin = io.MultiReader(bytes.NewReader(cut), iotest.ErrReader(disk))
	var last error
	n := 0
	for c, err := range r.Contacts(Stdio) {
		if c != nil {
			n++
		}
		last = err
	}
	if n != 2 || !errors.Is(last, disk) || formats.IsRecordError(last) {
		t.Errorf("%d contacts, then %v; want 2 and what is wrong with the disk", n, last)
	}

	if err := os.WriteFile(path, []byte(`{"value":[{"displayName":"An`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, err := range r.Contacts(path) {
		if err == nil || formats.IsRecordError(err) {
			t.Errorf("nothing could be read, and the error is %v", err)
		}
	}
}

// Whatever stands below a directory is read or named.
func TestPassedOver(t *testing.T) {
	dir := t.TempDir()
	write := func(name, who string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(line(who)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("elsewhere/linked.jsonl", "linked")
	write("in/a.jsonl", "Ann")
	write("in/.b.jsonl", "hidden")
	write("in/.deep/c.jsonl", "hidden")
	write("in/photos/d.jsonl", "no photo")
	write("in/shut/e.jsonl", "shut away")
	for name, target := range map[string]string{"in/link.jsonl": "elsewhere/linked.jsonl", "in/dir": "elsewhere", "in/broken.jsonl": "nowhere"} {
		if err := os.Symlink(filepath.Join(dir, target), filepath.Join(dir, name)); err != nil {
			t.Skip("no links here:", err)
		}
	}
	os.WriteFile(filepath.Join(dir, "in/.DS_Store"), []byte("\x00\x01"), 0o600)
	if err := os.Chmod(filepath.Join(dir, "in/shut"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(dir, "in/shut"), 0o700)
	want, wantBad := []string{"Ann", "linked"}, 2
	if _, err := os.ReadDir(filepath.Join(dir, "in/shut")); err == nil { // nothing is shut to this user
		want, wantBad = append(want, "shut away"), 1
	}

	r := bothFormats()
	var passed []string
	r.Passed = func(path, why string) { passed = append(passed, filepath.Base(path)+": "+why) }
	got, bad := read(t, r, filepath.Join(dir, "in"))
	if names := displays(got); !slices.Equal(names, want) {
		t.Errorf("read %q, want %q", names, want)
	}
	if len(bad) != wantBad || !strings.Contains(bad[0], "broken.jsonl") {
		t.Errorf("bad: %q", bad)
	}
	if want := []string{".b.jsonl: it is hidden", ".deep: it is hidden", "dir: it is a link to a directory"}; !slices.Equal(passed, want) {
		t.Errorf("passed over %q, want %q", passed, want)
	}
}
