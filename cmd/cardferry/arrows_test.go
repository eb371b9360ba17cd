package main

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/cardferry/cardferry/"

// mayImport says which rooms of ours each room may enter. A room includes the
// packages below it, where they have no row of their own.
var mayImport = map[string][]string{
	"contact":             {},
	"contact/contacttest": {"contact"},
	"formats":             {"contact", "formats"},
	"ratelimit":           {},
	"exporter":            {"contact", "formats", "exporter", "internal"},
	"importer":            {"contact", "formats", "importer", "internal"},
	"internal":            {"contact", "formats", "internal"},
	"internal/sandbox":    {}, // an imitation that shares our mapping would share its errors
	"internal/auth":       {"internal/atomicfile", "internal/filelock"},
	"cmd":                 {"cmd", "contact", "formats", "ratelimit", "exporter", "importer", "internal"},
}

// homes says which rooms alone may import a library.
var homes = map[string][]string{
	"github.com/emersion/go-vcard":      {"formats/vcard"},
	"github.com/gocarina/gocsv":         {"formats/csv"},
	"github.com/schollz/progressbar/v3": {"cmd"},
	"github.com/spf13/cobra":            {"cmd"},
	"github.com/BurntSushi/toml":        {"cmd"},
	"github.com/nyaruka/phonenumbers":   {"internal/spelling"},
	"golang.org/x/oauth2":               {"internal/auth"},
	"github.com/zalando/go-keyring":     {"internal/auth"},
	"go.etcd.io/bbolt":                  {"internal/sandbox", "importer/journal"},
}

// TestArrows keeps the import arrows of docs/architecture.md.
func TestArrows(t *testing.T) {
	list := func(format string) [][]string {
		out, err := exec.Command("go", "list", "-f", format, "../../...").Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		var rows [][]string
		for line := range strings.Lines(string(out)) {
			rows = append(rows, strings.Fields(line))
		}
		return rows
	}
	rows := list(`{{.ImportPath}} {{join .Imports " "}}`)
	if len(rows) < 10 {
		t.Fatalf("go list shows %d packages: the test does not see the project", len(rows))
	}
	for _, row := range rows {
		pkg := strings.TrimPrefix(row[0], module)
		room := roomOf(pkg)
		allowed, ok := mayImport[room]
		if !ok {
			t.Errorf("%s is in no room", pkg)
		}
		for _, imported := range row[1:] {
			if ours, ok := strings.CutPrefix(imported, module); ok {
				if !within(ours, allowed) {
					t.Errorf("%s imports %s", pkg, ours)
				}
				continue
			}
			if room == "contact" && strings.Contains(imported, ".") {
				t.Errorf("%s imports %s: the vocabulary needs the standard library alone", pkg, imported)
			}
			for library, rooms := range homes {
				if under(imported, library) && !within(pkg, rooms) {
					t.Errorf("%s imports %s, which belongs to %s", pkg, imported, strings.Join(rooms, " and "))
				}
			}
		}
	}
	for _, row := range list(`{{.ImportPath}} {{join .Deps " "}}`) {
		pkg := strings.TrimPrefix(row[0], module)
		for _, dep := range row[1:] {
			dep = strings.TrimPrefix(dep, module)
			if under(pkg, "exporter") && under(dep, "importer") || under(pkg, "importer") && under(dep, "exporter") {
				t.Errorf("%s depends on %s: the read side and the write side stay apart", pkg, dep)
			}
		}
	}
}

// roomOf returns the longest row of mayImport that pkg is in.
func roomOf(pkg string) string {
	for room := pkg; ; {
		if _, ok := mayImport[room]; ok {
			return room
		}
		i := strings.LastIndex(room, "/")
		if i < 0 {
			return ""
		}
		room = room[:i]
	}
}

func under(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

func within(pkg string, rooms []string) bool {
	for _, room := range rooms {
		if under(pkg, room) {
			return true
		}
	}
	return false
}
