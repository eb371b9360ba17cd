package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/formats/vcard"
)

type packed struct{ name, text string }

func pack(t *testing.T, files ...packed) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func line(name string) string { return `{"name":{"display":"` + name + `"}}` + "\n" }

func card(name string) string {
	return "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + name + "\r\nEND:VCARD\r\n"
}

func bothFormats() *Reader {
	return &Reader{Table: formats.Table{jsonl.Format(), vcard.Format(vcard.Options{})}}
}

func displays(contacts []*contact.Contact) (names []string) {
	for _, c := range contacts {
		names = append(names, c.Name.Display)
	}
	return names
}

func TestArchive(t *testing.T) {
	photo := contact.NewPhoto([]byte("\xff\xd8\xff jpeg"))
	data := pack(t,
		packed{"people/b.vcf", card("Bob")}, packed{"people/", ""}, packed{"people/deep/er/a.jsonl", `{"name":{"display":"Ann"},"photo":{"path":"photos/1.jpg"}}` + "\n" + "{ broken\n" + line("Abe")},
		packed{"people/deep/er/photos/1.jpg", string(photo.Data)}, packed{"__MACOSX/people/._b.vcf", card("shadow")}, packed{".hidden/x.vcf", card("hidden")},
		packed{"readme.txt", "nothing"}, packed{"a.vcf", card("Cid")}, packed{"../up.vcf", card("Dan")}, packed{`..\..\..\win.vcf`, card("Eva")})
	dir := t.TempDir()
	path := filepath.Join(dir, "takeout.zip")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, dir, Stdio} {
		r := bothFormats()
		r.Stdin = bytes.NewReader(data)
		var passed []string
		r.Passed = func(p, why string) { passed = append(passed, p) }
		got, bad := read(t, r, from)
		if names := displays(got); !slices.Equal(names, []string{"Dan", "Eva", "Cid", "Bob", "Ann", "Abe"}) {
			t.Errorf("%s: %q, %q", from, names, bad)
			continue
		}
		if got[4].Photo == nil || got[4].Photo.SHA256 != photo.SHA256 {
			t.Errorf("%s: the photo is %+v, %v", from, got[4].Photo, got[4].Unread)
		}
		if len(bad) != 1 || !strings.HasSuffix(strings.Split(bad[0], ": line 2")[0], "/people/deep/er/a.jsonl") {
			t.Errorf("%s: bad records %q", from, bad)
		}
		if len(passed) != 2 || !strings.HasSuffix(passed[0], "/.hidden/x.vcf") || !strings.HasSuffix(passed[1], "/readme.txt") {
			t.Errorf("%s: passed over %q", from, passed)
		}
		if from != Stdio && !strings.HasPrefix(got[4].At.File, path+"/people/") {
			t.Errorf("%s: at %v", from, got[4].At)
		}
	}
}

// What failed in an archive is found there again.
func TestRejectsOfAnArchive(t *testing.T) {
	dir := t.TempDir()
	data := pack(t, packed{"people/a.jsonl", line("Ann") + "{ broken\n"})
	path := filepath.Join(dir, "takeout.zip")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, Stdio} {
		reader := bothFormats()
		reader.Stdin = bytes.NewReader(data)
		rejects, err := NewRejects(filepath.Join(dir, "rejects.jsonl"), reader)
		if err != nil {
			t.Fatal(err)
		}
		defer rejects.Close()
		for _, err := range rejects.Watch(reader.Contacts(from)) {
			if bad, ok := err.(*formats.RecordError); ok {
				rejects.Add(bad.At, bad.Err.Error(), nil)
			}
		}
		if _, err := rejects.Write(); err != nil || rejects.Len() != 1 {
			t.Fatalf("%s: %d rejects, %v", from, rejects.Len(), err)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "rejects.jsonl")); !strings.Contains(string(text), "{ broken") {
			t.Errorf("%s: %s", from, text)
		}
	}
}

// No archive makes a reader crash, hang or eat memory, and each says what is wrong.
func TestHostileArchives(t *testing.T) {
	long := strings.Repeat(" ", 40<<20) + card("behind the blanks")
	good := packed{"good.vcf", card("Ann")}
	encrypted := pack(t, packed{"bad.vcf", card("Eve")}, good)
	for _, at := range [][]byte{[]byte("PK\x03\x04"), []byte("PK\x01\x02")} {
		i := bytes.Index(encrypted, at)
		encrypted[i+6+2*int(at[2]&1)] |= 1 // the flags, two bytes later in the directory
	}
	cut := pack(t, good)
	tests := []struct {
		name string
		data []byte
		want string // of the error
		good int
	}{
		{"a file that grows", pack(t, packed{"bomb.vcf", long}, good), "grows to more than 250 times", 1},
		{"an encrypted file", encrypted, "unpack the archive first", 1},
		{"cut off", cut[:len(cut)-10], "the archive cannot be read", 0},
		{"only its beginning", []byte("PK\x03\x04"), "the archive cannot be read", 0},
		{"files that share their bytes", overlapping(t, 3000), "grows to more than 250 times", -1},
		{"an archive in it", pack(t, packed{"inner.zip", string(cut)}, good), "inner.zip: it is an archive in an archive", 1},
		{"nothing to read", pack(t, packed{"readme.txt", "nothing"}), "none of its files is read", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.zip")
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			n, errs := 0, []string{}
			for c, err := range bothFormats().Contacts(path) {
				if err != nil {
					errs = append(errs, err.Error())
				} else if c != nil {
					n++
				}
			}
			if tt.good >= 0 && n != tt.good || len(errs) == 0 || !strings.Contains(errs[len(errs)-1]+errs[0], tt.want) {
				t.Errorf("%d contacts, errors %.300q", n, errs)
			}
		})
	}
}

// overlapping returns an archive that lists one file n times.
func overlapping(t *testing.T, n int) []byte {
	data := pack(t, packed{"000000.vcf", strings.Repeat(card("Ann"), 1000)})
	at := bytes.Index(data, []byte("PK\x01\x02"))
	end := bytes.Index(data, []byte("PK\x05\x06"))
	entry, tail := data[at:end], append([]byte(nil), data[end:]...)
	out := append([]byte(nil), data[:at]...)
	for i := range n {
		copied := append([]byte(nil), entry...)
		copy(copied[46:], fmt.Sprintf("%06d", i))
		out = append(out, copied...)
	}
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*len(entry)))
	return append(out, tail...)
}
