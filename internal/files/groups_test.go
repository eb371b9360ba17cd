package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A group's members have its name as a category, wherever the group stands; the group
// is still there, members and all.
func TestGroups(t *testing.T) {
	ann := "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:AAAA\r\nFN:Ann\r\nCATEGORIES:Friends,Work\r\nEND:VCARD\r\n"
	bob := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:BBBB\r\nFN:Bob\r\nEND:VCARD\r\n"
	friends := "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Friends\r\nKIND:group\r\nUID:g1\r\nMEMBER:urn:uuid:aaaa\r\nMEMBER:urn:uuid:bbbb\r\nMEMBER:mailto:c@d\r\nEND:VCARD\r\n"
	apple := "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Team\\, B\r\nFN:Team\\, B\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:BBBB\r\nEND:VCARD\r\n"
	long := strings.Repeat(bob, 10000) // the group stands beyond any buffer
	for name, files := range map[string]map[string]string{
		"before":      {"all.vcf": friends + apple + ann + bob},
		"behind":      {"all.vcf": ann + bob + apple + friends},
		"far away":    {"all.vcf": ann + long + friends + apple},
		"other files": {"1.vcf": ann, "2.vcf": bob, "sub/3.vcf": friends + apple},
	} {
		dir := t.TempDir()
		for path, text := range files {
			path = filepath.Join(dir, path)
			os.MkdirAll(filepath.Dir(path), 0o700)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		path := dir
		if len(files) == 1 {
			path = filepath.Join(dir, "all.vcf")
		}
		got, bad := read(t, bothFormats(), path)
		if len(bad) > 0 {
			t.Fatal(name, bad)
		}
		groups := 0
		for _, c := range got {
			all := strings.Join(c.Categories, "|")
			switch c.Name.Display {
			case "Ann":
				if all != "Friends|Work" {
					t.Errorf("%s: Ann has %s", name, all)
				}
			case "Bob":
				if all != "Friends|Team, B" && all != "Team, B|Friends" {
					t.Errorf("%s: Bob has %s", name, all)
				}
			default:
				if groups++; all != "" || len(c.Extra) < 2 {
					t.Errorf("%s: the group is %+v", name, c)
				}
			}
		}
		if groups != 2 {
			t.Errorf("%s: %d groups", name, groups)
		}
	}
}
