package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// TestDecisionTables: tables as spreadsheets write them, with columns in any order.
func TestDecisionTables(t *testing.T) {
	table := "\ufeffdecision,choices,person,record id,candidate 1 id,candidate 2 id\r\n" +
		"create,,\"Ann, the\r\nfirst\",id:k1-aa,id:c1,\r\n" +
		",,Bob,id:k2-bb,id:c1,\r\n" +
		" Merge ,,Cid,id:k3-cc,id:0012,\r\n" +
		"merge 2,,Dan,id:k4-dd,id:c1,id:=c2\r\n" +
		"merge,,Eve,id:k5-ee,id:c1,id:c2\r\n" +
		"merge 3,,Fay,id:k6-ff,id:c1,id:c2\r\n" +
		"skip it,,Gil,id:k7-gg,id:c1,id:c2\r\n" +
		"SKIP,,Hal,id:k8-hh,id:c1,id:c2\r\n"
	wide := []byte("\xff\xfe")
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(strings.TrimPrefix(table, "\ufeff"), ",", "\t"))) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	want := []importer.Decision{
		{Record: "k1-aa", Action: importer.ActCreate, Where: "row 2"},
		{Record: "k3-cc", Action: importer.ActMerge, Into: "0012", Where: "row 4"},
		{Record: "k4-dd", Action: importer.ActMerge, Into: "=c2", Where: "row 5"},
		{Record: "k5-ee", Action: "unknown", Where: "row 6"},
		{Record: "k6-ff", Action: "unknown", Where: "row 7"},
		{Record: "k7-gg", Action: "unknown", Where: "row 8"},
		{Record: "k8-hh", Action: importer.ActSkip, Where: "row 9"},
	}
	for name, text := range map[string]string{
		"commas": table, "semicolons": strings.ReplaceAll(table, ",", ";"), "tabs in UTF-16": string(wide), "line feeds": strings.ReplaceAll(table, "\r\n", "\n"),
	} {
		path := filepath.Join(t.TempDir(), "d.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readDecisions([]string{path})
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %v, %+v", name, err, got)
			continue
		}
		for i := range want {
			want := want[i]
			if want.Where = path + ": " + want.Where; got[i] != want {
				t.Errorf("%s: %+v, want %+v", name, got[i], want)
			}
		}
	}
	for text, reason := range map[string]string{
		"":                              "empty",
		"a,b\n":                         "no column",
		"decision\ncreate\n":            "no column",
		"decision,record id\ncreate,\n": "about nothing",
		"decision,record id\nskip,a-1\ncreate,a-1\n": "rows 2 and 3",
	} {
		path := filepath.Join(t.TempDir(), "d.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readDecisions([]string{path}); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestReviewTable: what is written is read, whatever stands in it.
func TestReviewTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "review.csv")
	r, err := newReviewFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rc := &importer.ReviewCase{ID: "key-1e5", Record: &contact.Contact{Name: contact.Name{Display: "=1+1;\"x\"\n,"}}}
	for range importer.MaxCandidates {
		rc.Candidates = append(rc.Candidates, importer.Candidate{Contact: &contact.Contact{ID: "+1,;\"", Organization: contact.Organization{Title: "a\nb"}}, Differs: []contact.Field{"organization.title"}})
	}
	if err := r.add("a.csv: row 1", "why", rc); err != nil {
		t.Fatal(err)
	}
	if err := r.finish(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.Replace(string(text), "\n\"\",", "\nmerge 5,", 1)
	if filled = strings.Replace(filled, "\n,", "\nmerge 5,", 1); filled == string(text) {
		t.Fatalf("no place for a decision: %q", text)
	}
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readDecisions([]string{path})
	if err != nil || len(got) != 1 || got[0].Record != rc.ID || got[0].Into != "+1,;\"" {
		t.Errorf("%+v, %v", got, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}
