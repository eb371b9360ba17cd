package files

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/csv"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/formats/vcard"
)

func allFormats() formats.Table {
	return formats.Table{vcard.Format(vcard.Options{}), csv.Format(csv.Options{}), jsonl.Format()}
}

// rejectThem imports records, of which those fail that cannot be read and those whose
// display name is in refused, and returns what the file of rejects holds.
func rejectThem(t *testing.T, refused string, r *Reader, paths ...string) (texts []string, written []string) {
	t.Helper()
	rejects, err := NewRejects(filepath.Join(t.TempDir(), "rejects.out"), r)
	if err != nil {
		t.Fatal(err)
	}
	defer rejects.Close()
	for c, err := range rejects.Watch(r.Contacts(paths...)) {
		if re, ok := errors.AsType[*formats.RecordError](err); ok {
			rejects.Add(re.At, re.Err.Error(), nil)
		} else if err != nil {
			t.Fatal(err)
		} else if strings.Contains(refused, called(c)) {
			rejects.Add(c.At, `the service says: "no", so`, c)
		}
	}
	if written, err = rejects.Write(); err != nil {
		t.Fatal(err)
	}
	for _, path := range written {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts, written
}

func called(c *contact.Contact) string { return cmp.Or(c.Name.Display, c.DerivedDisplay()) }

func inFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wide(text string) string {
	b := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestRejects(t *testing.T) {
	const why = `"the service says: ""no"", so"`
	tests := []struct {
		name, file, text, refused string
		want                      string
	}{
		{"a card", "a.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob\r\nNOTE:caf\xe9\r\nEND:VCARD\r\n", "Bob",
			"BEGIN:VCARD\r\nX-CARDFERRY-REASON:the service says: \"no\"\\, so\r\nVERSION:3.0\r\nFN:Bob\r\nNOTE:caf\xe9\r\nEND:VCARD\r\n"},
		{"the first card", "a.vcf", "\n\nBEGIN:VCARD\nFN:Ann\nEND:VCARD\nBEGIN:VCARD\nFN:Bob\nEND:VCARD", "Ann",
			"BEGIN:VCARD\nX-CARDFERRY-REASON:the service says: \"no\"\\, so\r\nFN:Ann\nEND:VCARD\n"},
		{"text between cards", "a.vcf", "BEGIN:VCARD\nFN:Ann\nEND:VCARD\nsomebody \xff wrote\nthis\nBEGIN:VCARD\nFN:Bob\nEND:VCARD", "",
			"X-CARDFERRY-REASON:text outside of any card was passed over\r\nsomebody \xff wrote\nthis\n"},
		{"lines that end as on old Macs", "a.vcf", "BEGIN:VCARD\rFN:Ann\rEND:VCARD\rBEGIN:VCARD\rFN:Bob\rEND:VCARD", "Bob",
			"BEGIN:VCARD\rX-CARDFERRY-REASON:the service says: \"no\"\\, so\r\nFN:Bob\rEND:VCARD\n"},
		{"lines that were converted twice", "a.vcf", "BEGIN:VCARD\r\r\nFN:Ann\r\r\nEND:VCARD\r\r\nBEGIN:VCARD\r\r\nFN:Bob\r\r\nEND:VCARD\r\r\n", "Bob",
			"BEGIN:VCARD\r\r\nX-CARDFERRY-REASON:the service says: \"no\"\\, so\r\nFN:Bob\r\r\nEND:VCARD\r\r\n"},
		{"UTF-16", "a.vcf", wide("BEGIN:VCARD\nFN:Ann\nEND:VCARD\nBEGIN:VCARD\nFN:Bob\nNOTE:ü\nEND:VCARD\n"), "Bob",
			wide("BEGIN:VCARD\nX-CARDFERRY-REASON:the service says: \"no\"\\, so\r\nFN:Bob\nNOTE:ü\nEND:VCARD\n")},
		{"rows", "a.csv", "\xef\xbb\xbfFirst Name;E-mail Address\r\nAnn;ann@example.org\r\n\"Bob\r\nB.\";bob@example.org\r\nCid;cid@example.org\r\n", "Bob\nB.",
			"\xef\xbb\xbfX-CARDFERRY-REASON;First Name;E-mail Address\r\n" + why + ";\"Bob\r\nB.\";bob@example.org\r\n"},
		{"a broken row", "a.csv", "sep=,\nFirst Name,E-mail Address\nAnn,ann@example.org\n\"Bob,bob@example.org\nCid,cid@example.org\n", "",
			"sep=,\nX-CARDFERRY-REASON,First Name,E-mail Address\n\"a quote is opened and not closed, or stands where none belongs\",\"Bob,bob@example.org\n"},
		{"lines", "a.jsonl", "{\"name\":{\"display\":\"Ann\"}}\n{\"name\":{\"display\":\"\xffbroken\n{\"name\":{\"display\":\"Cid\"}}", "Cid",
			"{\"X-CARDFERRY-REASON\":\"invalid JSON at byte 28\"}\n{\"name\":{\"display\":\"\xffbroken\n" +
				"{\"X-CARDFERRY-REASON\":\"the service says: \\\"no\\\", so\"}\n{\"name\":{\"display\":\"Cid\"}}\n"},
		{"nothing", "a.vcf", "BEGIN:VCARD\nFN:Ann\nEND:VCARD\n", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := inFile(t, tt.file, tt.text)
			got, _ := rejectThem(t, tt.refused, &Reader{Table: allFormats()}, path)
			if len(got) != 1 || got[0] != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if fromPipe, _ := rejectThem(t, tt.refused, &Reader{Table: allFormats(), Stdin: file}, Stdio); strings.Join(fromPipe, "") != tt.want {
				t.Errorf("from standard input: %q", fromPipe)
			}
		})
	}
}

// TestRejectsAreReadAgain: the file is an input like any other, and the reasons are no
// part of what is in it.
func TestRejectsAreReadAgain(t *testing.T) {
	people := []*contact.Contact{named("", "Ann"), named("", "Bob"), named("", "Cid")}
	for i, c := range people {
		c.Emails = []contact.Email{{Address: strings.ToLower(c.Name.Display) + "@example.org"}}
		c.Name.Given, c.Birthday = c.Name.Display, contact.Date{Year: 1970 + i, Month: 3, Day: 4}
	}
	for _, format := range allFormats() {
		path := filepath.Join(t.TempDir(), "in"+format.Extensions[0])
		out, err := CreateFile(path, &format)
		if err != nil {
			t.Fatal(err)
		}
		write(t, out, people...)
		r := &Reader{Table: allFormats()}
		before, _ := read(t, r, path)
		_, written := rejectThem(t, called(before[1]), r, path)
		after, bad := read(t, &Reader{Table: allFormats()}, written...)
		if len(after) != 1 || len(bad) > 0 {
			t.Fatalf("%s: %d contacts, %v", format.Name, len(after), bad)
		}
		if d := contact.Diff(after[0], before[1]); len(d) > 0 || len(after[0].Unread) > 0 {
			t.Errorf("%s: differs in %v, unread %v", format.Name, d, after[0].Unread)
		}
	}
}

// TestRejectsOfSeveralFiles: what cannot stand in one file stands in several.
func TestRejectsOfSeveralFiles(t *testing.T) {
	cards := inFile(t, "a.vcf", "BEGIN:VCARD\nFN:Ann\nEND:VCARD\n")
	more := inFile(t, "b.vcf", "BEGIN:VCARD\nFN:Bob\nEND:VCARD\n")
	table := inFile(t, "c.csv", "First Name,Last Name\nCid,Poe\n")
	texts, written := rejectThem(t, "Ann Bob Cid Poe", &Reader{Table: allFormats()}, cards, table, more)
	if len(texts) != 2 || strings.Count(texts[0], "BEGIN") != 2 || !strings.Contains(texts[1], "Cid,Poe") || !strings.HasSuffix(written[1], "rejects-2.out") {
		t.Errorf("%v: %q", written, texts)
	}
}

// TestRejectsOfAnAccount: a record that stands on no lines is written whole.
func TestRejectsOfAnAccount(t *testing.T) {
	rejects, err := NewRejects(filepath.Join(t.TempDir(), "r.jsonl"), nil)
	if err != nil {
		t.Fatal(err)
	}
	ann := named("A/B", "Ann")
	ann.Photo = contact.NewPhoto([]byte("\xff\xd8\xff photo"))
	var seq iter.Seq2[*contact.Contact, error] = func(yield func(*contact.Contact, error) bool) { yield(ann, nil) }
	for c := range rejects.Watch(seq) {
		rejects.Add(contact.Position{File: "work", Unit: "contact", Number: 7}, "refused", c)
		rejects.Add(contact.Position{File: "gone.vcf", Unit: "card", Number: 1, Line: 3}, "refused", c) // of a plan
	}
	paths, err := rejects.Write()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(paths[0])
	if !bytes.HasPrefix(text, []byte(`{"X-CARDFERRY-REASON":"work: contact 7: refused"}`+"\n")) {
		t.Errorf("%s", text)
	}
	got, bad := read(t, reader(), paths...)
	if len(got) != 2 || len(bad) > 0 || !contact.Equal(got[1], ann) || got[1].Photo == nil || !bytes.Equal(got[1].Photo.Data, ann.Photo.Data) {
		t.Errorf("read back: %+v, %v", got, bad)
	}
}
