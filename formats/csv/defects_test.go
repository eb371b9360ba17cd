package csv

import (
	stdcsv "encoding/csv"
	"strings"
	"testing"

	"github.com/gocarina/gocsv"
	"golang.org/x/text/encoding/unicode"
)

// person is a row as gocsv is asked for it.
type person struct {
	Name  string `csv:"First Name"`
	Email string `csv:"E-mail Address"`
}

// TestLibraryDefects shows for each defect of gocsv (docs/library-defects.md) what it makes
// of a table, and what this package does. Where gocsv does what we do, a defect is mended.
func TestLibraryDefects(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("First Name,E-mail Address\nAna,a@b.c\n")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, in, theirs, ours string }{
		{"a byte order mark before a quoted name", "\xef\xbb\xbf\"First Name\",\"E-mail Address\"\nAna,a@b.c\n", "error", "Ana=a@b.c"},
		{"semicolons", "First Name;E-mail Address\nAna;a@b.c\n", "=", "Ana=a@b.c"},
		{"Excel's sep= line", "sep=,\nFirst Name,E-mail Address\nAna,a@b.c\n", "= =", "Ana=a@b.c"},
		{"line ends of old Macs", "First Name,E-mail Address\rAna,a@b.c\r", "", "Ana=a@b.c"},
		{"UTF-16", utf16, "error", "Ana=a@b.c"},
		{"a row without its trailing cells", "First Name,E-mail Address\nAna\nBo,b@b.c\n", "error", "Ana= Bo=b@b.c"},
		{"a row with one cell too many", "First Name,E-mail Address\nAna,a@b.c,x\nBo,b@b.c\n", "error", "Ana=a@b.c Bo=b@b.c"},
		{"a name in other capitals", "FIRST NAME,e-mail address\nAna,a@b.c\n", "=", "Ana=a@b.c"},
		{"a quote within a cell", "First Name,E-mail Address\n5\" Ana,a@b.c\n", "error", "5\" Ana=a@b.c"},
		{"a quote that is never closed", "First Name,E-mail Address\n\"Ana,a@b.c\nBo,b@b.c\n", "error", "bad Bo=b@b.c"},
		{"a column that stands twice", "First Name,First Name,E-mail Address\nAna,Eva,a@b.c\n", "Eva=a@b.c", "Ana=a@b.c"},
	}
	for _, test := range tests {
		var rows []person
		theirs := "error"
		if err := gocsv.Unmarshal(strings.NewReader(test.in), &rows); err == nil {
			var all []string
			for _, p := range rows {
				all = append(all, p.Name+"="+p.Email)
			}
			theirs = strings.Join(all, " ")
		}
		if theirs != test.theirs {
			t.Errorf("%s: gocsv reads %q, and not %q any more", test.name, theirs, test.theirs)
		}
		contacts, bad, final := decode(t, strings.NewReader(test.in))
		var all []string
		for range bad {
			all = append(all, "bad")
		}
		for _, c := range contacts {
			email := ""
			if len(c.Emails) > 0 {
				email = c.Emails[0].Address
			}
			all = append(all, c.Name.Given+"="+email)
		}
		if ours := strings.Join(all, " "); ours != test.ours || final != nil {
			t.Errorf("%s: read %q, %v", test.name, ours, final)
		}
	}
}

// TestUnmatchedColumns: gocsv drops unknown columns but where it is asked for them, and
// then panics at a row with a cell too many. Here they are kept.
func TestUnmatchedColumns(t *testing.T) {
	const in = "First Name,Shoe size\nAna,38,x\n"
	r := stdcsv.NewReader(strings.NewReader(in))
	r.FieldsPerRecord = -1
	panicked := func() (yes bool) {
		defer func() { yes = recover() != nil }()
		u, err := gocsv.NewUnmarshaller(r, person{})
		if err != nil {
			t.Fatal(err)
		}
		u.ReadUnmatched()
		return false
	}()
	if !panicked {
		t.Error("gocsv panics no more")
	}
	contacts, _, _ := decode(t, strings.NewReader(in))
	if len(contacts) != 1 || len(contacts[0].Extra) != 2 {
		t.Errorf("%v", contacts)
	}
}

// TestNumbersStayTexts: gocsv reads "010" into a number as 8. A phone number is a text.
func TestNumbersStayTexts(t *testing.T) {
	var rows []struct {
		N int `csv:"Home Phone"`
	}
	if err := gocsv.Unmarshal(strings.NewReader("Home Phone\n010\n"), &rows); err != nil || rows[0].N != 8 {
		t.Errorf("gocsv: %v, %v", rows, err)
	}
	contacts, _, _ := decode(t, strings.NewReader("Home Phone\n010\n"))
	if len(contacts) != 1 || contacts[0].Phones[0].Number != "010" {
		t.Errorf("%v", contacts)
	}
}
