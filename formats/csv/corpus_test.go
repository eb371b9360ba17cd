package csv

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpus is a collection of files of other programs that lies beside the project
// where it is developed.
const corpus = "../../../shared/corpus"

type corpusFile struct {
	Encoding  string     `json:"encoding"`
	Delimiter string     `json:"delimiter"`
	Header    []string   `json:"header"`
	Rows      [][]string `json:"rows"`
	Count     int        `json:"data_rows"`
}

func corpusFiles(t *testing.T) map[string]corpusFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(corpus, "expected.json"))
	if err != nil {
		t.Skip("no corpus of foreign files beside the project")
	}
	var all struct{ Files map[string]json.RawMessage }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	files := map[string]corpusFile{}
	for name, raw := range all.Files {
		var f corpusFile
		if strings.HasPrefix(name, "csv/") && json.Unmarshal(raw, &f) == nil {
			files[name] = f
		}
	}
	return files
}

// TestCorpus checks that every row of every file is a contact and that every value
// of the table, as another reader sees it, is found in it.
func TestCorpus(t *testing.T) {
	for name, want := range corpusFiles(t) {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(filepath.Join(corpus, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			contacts, bad, final := decode(t, f)
			if strings.HasSuffix(name, "tab_comma_mixed.csv") {
				// The collection counts its first row for one of names. It is not: there are none, and
				// the first row has other separators than the rest.
				if final != nil || len(contacts) != want.Count+1 || contacts[1].Emails[0].Address != "2@host.invalid" {
					t.Errorf("%d contacts, %v", len(contacts), final)
				}
				return
			}
			checkExplanation(t, name, want)
			if final != nil || len(bad) > 0 || len(contacts) != want.Count {
				t.Fatalf("%d contacts of %d, bad %v, final %v", len(contacts), want.Count, bad, final)
			}
			for i, c := range contacts {
				text, _ := json.Marshal(c)
				shown := strings.ToLower(string(text))
				for j, cell := range want.Rows[i] {
					if !appears(shown, cell) {
						t.Errorf("row %d, column %q: the value is missing", i+1, columnName(at(want.Header, j), j))
					}
				}
			}
		})
	}
}

// checkExplanation compares what is found out of a table with what is known of it.
func checkExplanation(t *testing.T, name string, want corpusFile) {
	t.Helper()
	f, err := os.Open(filepath.Join(corpus, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var e Explanation
	for range NewDecoder(f, Options{Explain: func(x Explanation) { e = x }}).All() {
		break
	}
	charset, _, _ := strings.Cut(strings.NewReplacer("ASCII", "UTF-8", "UTF-16LE", "UTF-16").Replace(want.Encoding), " ")
	if len(e.Columns) != len(want.Header) || e.Separator != separatorName(want.Delimiter[0]) || e.Charset != charset || e.NamesLine != 1 {
		t.Errorf("%d columns in %s between %ss, names in line %d", len(e.Columns), e.Charset, e.Separator, e.NamesLine)
	}
	for i, col := range e.Columns {
		if col.Name != strings.TrimSpace(want.Header[i]) {
			t.Errorf("column %d is %q", i+1, col.Name)
		}
	}
}

func at(header []string, i int) string {
	if i < len(header) {
		return header[i]
	}
	return ""
}

// appears reports whether every word of a cell stands in the JSON of a contact,
// but for what tables say where they have nothing to say.
func appears(shown, cell string) bool {
	if slices.Contains([]string{"0.0.00", "Keine Angabe", "Normal", "Aus", "SMTP", "* My Contacts"}, cell) {
		return true
	}
	if d, ok := parseDate(cell); ok && !d.IsZero() && strings.Contains(shown, d.String()) {
		return true
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(cell), isBreak) {
		quoted, _ := json.Marshal(word)
		word = strings.Trim(string(quoted), `"`)
		if !slices.Contains([]string{":::", "*", "my", "contacts"}, word) && !strings.Contains(shown, word) {
			return false
		}
	}
	return true
}
