package files

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/vcard"
)

func cards() *formats.Format { f := vcard.Format(vcard.Options{Version: "3.0"}); return &f }

func put(t *testing.T, path, uid, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\nFN:%s\r\nN:%s;;;;\r\nEND:VCARD\r\n", uid, name, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// uids returns the UIDs of a directory's files by their names.
func uids(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range tree(t, dir) {
		if !strings.HasSuffix(strings.ToLower(name), ".vcf") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if uid, ok := strings.CutPrefix(strings.TrimSpace(line), "UID:"); ok {
				all[name] = uid
			}
		}
	}
	return all
}

// TestItemsKeepTheirNames: the file of a contact in a vdir stays what it is called, from
// export to export, whoever wrote it and whatever becomes of the contact's name.
func TestItemsKeepTheirNames(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.vcf"), "aaa", "Ann")
	put(t, filepath.Join(dir, "B", "b.VCF"), "bbb", "Bob")
	put(t, filepath.Join(dir, "stranger.vcf"), "sss", "Sue")
	ann, bob, cid := named("", "Ann"), named("B", "Bob"), named("", "Cid")
	ann.UID, bob.UID, cid.UID = "aaa", "bbb", "ccc"
	elsewhere := named("B", "Ann") // another folder is another collection
	elsewhere.UID = "aaa"
	for _, rename := range []string{"Ann", "Anna"} {
		ann.Name.Display = rename
		out, err := CreateDir(dir, cards(), ByContact)
		if err != nil {
			t.Fatal(err)
		}
		write(t, out, ann, bob, cid, elsewhere)
		got := uids(t, dir)
		if len(got) != 5 || got["a.vcf"] != "aaa" || got["B/b.VCF"] != "bbb" || got["stranger.vcf"] != "sss" {
			t.Errorf("files %v", got)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "a.vcf")); !strings.Contains(string(text), "FN:"+rename) {
			t.Errorf("a.vcf is not written anew: %q", text)
		}
	}
	out, err := CreateDir(dir, cards(), ByContact)
	if err != nil {
		t.Fatal(err)
	}
	write(t, out, cid)
	if got := slices.Sorted(maps.Keys(uids(t, dir))); len(got) != 2 || got[1] != "stranger.vcf" {
		t.Errorf("after a smaller export %v", got)
	}
}

// TestItemsHaveUIDsOfTheirOwn: no two files of a directory have one UID.
func TestItemsHaveUIDsOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	out, err := CreateDir(dir, cards(), ByContact)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Abort()
	var losses []contact.Loss
	for _, name := range []string{"Ann", "Bob", "Bob"} {
		c := named("", name)
		c.UID = "same"
		lost, err := out.Encode(c)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, lost...)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	got := uids(t, dir)
	distinct := map[string]bool{}
	for _, uid := range got {
		distinct[uid] = true
	}
	if len(got) != 3 || len(distinct) != 3 || !distinct["same"] {
		t.Errorf("UIDs %v", got)
	}
	if len(losses) != 2 || losses[0].Field != "uid" || losses[0].Kind != contact.Moved {
		t.Errorf("losses %v", losses)
	}
}

// TestNoItems: what other programs have half written is no contact, and what a vdir says
// of itself is nothing to complain about.
func TestNoItems(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.vcf"), "aaa", "Ann")
	put(t, filepath.Join(dir, "a.vcf.tmp"), "aaa", "Ann")
	os.WriteFile(filepath.Join(dir, "empty.tmp"), nil, 0o600)
	os.WriteFile(filepath.Join(dir, "displayname"), []byte("Friends"), 0o600)
	os.WriteFile(filepath.Join(dir, "color"), []byte("#ff0000"), 0o600)
	var passed []string
	r := &Reader{Table: formats.Table{*cards()}, Passed: func(path, why string) { passed = append(passed, filepath.Base(path)+": "+why) }}
	if got, bad := read(t, r, dir); len(got) != 1 || len(bad) > 0 {
		t.Errorf("%d contacts, %v", len(got), bad)
	}
	if fmt.Sprint(passed) != "[a.vcf.tmp: it is half written, by its name]" {
		t.Errorf("passed over: %v", passed)
	}
}
