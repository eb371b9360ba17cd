package contact_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func TestFolderPathNames(t *testing.T) {
	tests := []struct {
		path  contact.FolderPath
		names []string
		clean contact.FolderPath
	}{
		{"", nil, ""},
		{"Customers", []string{"Customers"}, "Customers"},
		{"Customers/EMEA", []string{"Customers", "EMEA"}, "Customers/EMEA"},
		{`A\/B/C`, []string{"A/B", "C"}, `A\/B/C`},
		{`A\\/B`, []string{`A\`, "B"}, `A\\/B`},
		{`A\\\/B`, []string{`A\/B`}, `A\\\/B`},
		{"/A//B/", []string{"A", "B"}, "A/B"},
		{" A / B ", []string{"A", "B"}, "A/B"},
		{"///", nil, ""},
		{` / \/ `, []string{"/"}, `\/`},
		{`\`, []string{`\`}, `\\`},
		{`A\`, []string{`A\`}, `A\\`},
		{`A\n`, []string{`A\n`}, `A\\n`},
		{"客户/📇", []string{"客户", "📇"}, "客户/📇"},
	}
	for _, test := range tests {
		if got := test.path.Names(); !slices.Equal(got, test.names) {
			t.Errorf("Names of %q = %q, want %q", test.path, got, test.names)
		}
		if got := test.path.Clean(); got != test.clean {
			t.Errorf("Clean of %q = %q, want %q", test.path, got, test.clean)
		}
	}
}

func TestFolderPathJoin(t *testing.T) {
	tests := []struct{ p, q, want contact.FolderPath }{
		{"", "", ""}, {"A", "", "A"}, {"", "B", "B"}, {"A", "B/C", "A/B/C"},
	}
	for _, test := range tests {
		if got := test.p.Join(test.q); got != test.want {
			t.Errorf("%q.Join(%q) = %q, want %q", test.p, test.q, got, test.want)
		}
	}
}

func FuzzFolderPath(f *testing.F) {
	f.Add("A/B", `C\`, "/")
	f.Add("", " ", `\/`)
	f.Add(`x\\/y`, "a/b", `\\`)
	f.Fuzz(func(t *testing.T, path, first, second string) {
		clean := contact.FolderPath(path).Clean()
		if again := clean.Clean(); again != clean {
			t.Errorf("%q: clean is %q, clean again %q", path, clean, again)
		}
		names := clean.Names()
		if !slices.Equal(names, contact.FolderPath(path).Names()) {
			t.Errorf("%q: cleaning changed the names to %q", path, names)
		}
		for _, name := range []string{first, second} {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
				clean = clean.Child(name)
			}
		}
		if got := clean.Names(); !slices.Equal(got, names) {
			t.Errorf("names of %q are %q, want %q", clean, got, names)
		}
	})
}
