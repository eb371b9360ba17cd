package csv

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/cardferry/cardferry/formats"
)

// read returns the names and notes of a table's contacts, and what was wrong with
// the others.
func read(t *testing.T, in string) (got string, errs string) {
	t.Helper()
	contacts, bad, final := decode(t, strings.NewReader(in))
	var rows, faults []string
	for _, c := range contacts {
		rows = append(rows, strings.Join([]string{c.Name.Display, c.Notes}, "/"))
	}
	for _, b := range bad {
		faults = append(faults, b.Error())
	}
	if final != nil {
		faults = append(faults, "final: "+final.Error())
	}
	return strings.Join(rows, " "), strings.Join(faults, " ")
}

func TestRows(t *testing.T) {
	const quote = "a quote is opened and not closed, or stands where none belongs"
	tests := []struct{ name, in, want, bad string }{
		{"comma", "Name,Notes\na,b\nc,d", "a/b c/d", ""},
		{"semicolon", "Name;Notes\na,x;b\n", "a,x/b", ""},
		{"tab", "Name\tNotes\na\tb\n", "a/b", ""},
		{"bar", "Name|Notes\na|b\n", "a/b", ""},
		{"sep= line", "sep=;\r\nName;Notes\r\na;b\r\n", "a/b", ""},
		{"CR only", "Name,Notes\ra,b\rc,d\r", "a/b c/d", ""},
		{"CRLF and blank lines", "\r\nName,Notes\r\n\r\na,b\r\n,\r\n\r\nc,d\r\n", "a/b c/d", ""},
		{"lines in a cell", "Name,Notes\r\na,\"x\r\ny\"\r\nc,d\r\n", "a/x\ny c/d", ""},
		{"doubled quotes", "Name,Notes\n\"a \"\"b\"\"\",\"\"\"\"\n", "a \"b\"/\"", ""},
		{"stray quotes", "Name,Notes\n\"a \"b\" c\",5\" pipe\n", "a \"b\" c/5\" pipe", ""},
		{"blanks around quotes", "Name, Notes\na, \"x,y\" \n", "a/x,y", ""},
		{"short rows", "Name,Notes,E-mail\na\nc,d\n", "a/ c/d", ""},
		{"a quote never closed", "Name,Notes\na,b\nc,\"d\ne,f\ng,h\n", "a/b e/f g/h", "row 2 (line 3): " + quote},
		{"a quote never closed on the last line", "Name,Notes\na,\"b", "", "row 1 (line 2): " + quote},
		{"a quote closed in the next row", "Name,Notes\nc,\"d\ne,\"f\"\ng,h\n", "e/f g/h", "row 1 (line 2): " + quote},
		{"lines of a broken cell", "Name,Notes,E-mail\nc,\"d \"x\nmore\",\ng,h,i@x\n", "g/h", "row 1 (line 2): " + quote + "; the line after it has too few cells and belongs to it"},
		{"a quote never closed on the first of many", "Name,Notes\n\"a,b\nx\ny\nz\nc,d\n", "c/d", "row 1 (line 2): " + quote + "; 3 lines after it have too few cells and belong to it"},
		{"no names", "1,2,3\n4,5,6\n", "", "final: " + errNoColumns.Error()},
		{"nothing", "", "", ""},
		{"names only", "Name,Notes\n", "", ""},
		{"names never closed", "\"Name,Notes\na,b\n", "", "final: the row of names, line 1: " + quote},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, bad := read(t, test.in)
			if got != test.want || bad != test.bad {
				t.Errorf("got %q, bad %q", got, bad)
			}
		})
	}
}

func TestLinesAfterABrokenRowAreCountedRight(t *testing.T) {
	contacts, bad, _ := decode(t, strings.NewReader("Name,Notes\na,\"x\ny\"\nb,\"c\nd,e\nf,g\n"))
	if len(contacts) != 3 || len(bad) != 1 || bad[0].At.Line != 4 || contacts[1].At.Line != 5 || contacts[2].At.Line != 6 {
		t.Errorf("%d contacts, %v", len(contacts), bad)
	}
}

func TestCharsets(t *testing.T) {
	const table = "Name,Notes\r\nJörg,Straße\r\nŽižek,“x” €\r\n"
	encoded := func(s string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	tests := map[string]string{
		"UTF-8":           table,
		"UTF-8 with mark": "\xef\xbb\xbf" + table,
		"quoted mark":     "\xef\xbb\xbf" + strings.Replace(table, "Name", `"Name"`, 1),
		"UTF-16LE":        encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)),
		"UTF-16BE":        encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(table)),
		"UTF-16LE bare":   encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(table)),
		"UTF-16BE bare":   encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(table)),
		"windows-1252":    encoded(charmap.Windows1252.NewEncoder().String(table)),
		// the head is valid; one cell far on is not
		"mixed": "Name,Notes\r\n" + strings.Repeat("\r\n", headLen) + "Jörg,Stra\xdfe\r\nŽižek,“x” €\r\n",
	}
	for name, in := range tests {
		if got, bad := read(t, in); got != "Jörg/Straße Žižek/“x” €" || bad != "" {
			t.Errorf("%s: got %q, bad %q", name, got, bad)
		}
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", formats.MaxRecord)
	wide := strings.Repeat(",", formats.MaxExtra+1)
	tests := []struct{ name, in, want, bad string }{
		{"a long line", "Name,Notes\na,b\nc," + long + "\ne,f\n", "a/b e/f", "row 2 (line 3): longer than 32 MiB"},
		{"a long cell", "Name,Notes\nc,\"x\n" + long + "\"\ne,f\n", "e/f", "row 1 (line 2): longer than 32 MiB; the line after it has too few cells and belongs to it"},
		{"many columns", "Name,Notes\na" + wide + "\ne,f\n", "e/f", "row 1 (line 2): more than 1024 columns"},
		{"many names", "Name" + wide + "\n", "", "final: the row of names, line 1: more than 1024 columns"},
	}
	for _, test := range tests {
		if got, bad := read(t, test.in); got != test.want || bad != test.bad {
			t.Errorf("%s: got %.80q, bad %q", test.name, got, bad)
		}
	}
}

// TestBrokenRowsTakeLinearTime reads a table in which every row opens a quote.
func TestBrokenRowsTakeLinearTime(t *testing.T) {
	const n = 20000
	contacts, bad, final := decode(t, strings.NewReader("Name,Notes\n"+strings.Repeat("a,\"b\n", n)))
	if final != nil || len(contacts)+len(bad) < n/2 {
		t.Errorf("%d contacts, %d bad, %v", len(contacts), len(bad), final)
	}
}

func TestReaderFails(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("Name,Notes\n"+strings.Repeat("a,b\n", headLen)), iotest.ErrReader(errors.New("disk gone")))
	contacts, _, final := decode(t, broken)
	if final == nil || !strings.Contains(final.Error(), "disk gone") || len(contacts) == 0 {
		t.Errorf("%d contacts, %v", len(contacts), final)
	}
	if _, _, final = decode(t, iotest.ErrReader(errors.New("disk gone"))); final == nil {
		t.Error("a reader that fails at once is not reported")
	}
}

func TestStopsWhenAsked(t *testing.T) {
	n := 0
	for range NewDecoder(strings.NewReader("Name\na\nb\nc\n"), Options{}).All() {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Error(fmt.Sprint(n))
	}
}
