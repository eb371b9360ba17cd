package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

// maxDecisions bounds the size of the file of --decisions, in bytes.
const maxDecisions = 256 << 20

// readDecisions reads tables of --review in which somebody has filled in decisions, as
// a spreadsheet wrote them: with commas, semicolons or tabs, as UTF-8 or UTF-16. Rows
// without a decision are passed over. A decision that cannot be understood is one
// that the importer will not carry out. Of two about one record that of the later table
// stands.
func readDecisions(paths []string) (decisions []importer.Decision, err error) {
	for _, path := range paths {
		more, err := readDecisionTable(path)
		if err != nil {
			return nil, err
		}
		later := map[string]bool{}
		for _, d := range more {
			later[d.Record] = true
		}
		decisions = append(slices.DeleteFunc(decisions, func(old importer.Decision) bool { return later[old.Record] }), more...)
	}
	return decisions, nil
}

func readDecisionTable(path string) (decisions []importer.Decision, err error) {
	rows, err := decisionRows(path, columnRecord)
	for _, row := range rows {
		d := decide(row.text, func(candidate int) string { return row.cell(fmt.Sprintf(columnCandidate, candidate)) })
		d.Record, d.Where = row.id, row.where
		decisions = append(decisions, d)
	}
	return decisions, err
}

// decisionRow is a row of a table in which somebody has decided.
type decisionRow struct {
	text, id, where string
	cell            func(column string) string
}

// decisionRows reads a table; the column of that name holds what is decided about.
func decisionRows(path, idColumn string) (rows []decisionRow, err error) {
	table, err := readTable(path)
	if err != nil {
		return nil, err
	}
	columns := map[string]int{}
	for i, name := range table[0] {
		columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, name := range []string{idColumn, columnDecision} {
		if _, ok := columns[name]; !ok {
			return nil, usage("write one with --review FILE.csv", "--decisions %s: it has no column %q", path, name)
		}
	}
	seen := map[string]int{} // the row of each id
	for n, cells := range table[1:] {
		cell := func(name string) string {
			if i, ok := columns[name]; ok && i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		row := decisionRow{text: cell(columnDecision), id: strings.TrimPrefix(cell(idColumn), idMark), where: fmt.Sprintf("%s: row %d", path, n+2), cell: cell}
		if row.text == "" {
			continue
		}
		if row.id == "" {
			return nil, usage("", "--decisions %s: row %d decides about nothing: its %q is empty", path, n+2, idColumn)
		}
		if other, ok := seen[row.id]; ok {
			return nil, usage("leave one of them", "--decisions %s: rows %d and %d decide about the same", path, other, n+2)
		}
		seen[row.id] = n + 2
		rows = append(rows, row)
	}
	return rows, nil
}

// decide understands "create", "skip", "merge 2", and "merge" where there is but one
// candidate. What it does not understand is an action that nobody knows.
func decide(text string, candidate func(int) string) importer.Decision {
	verb, rest, _ := strings.Cut(strings.ToLower(text), " ")
	rest = strings.TrimSpace(rest)
	switch action := importer.Action(verb); {
	case action == importer.ActMerge:
		if rest == "" && candidate(2) == "" {
			rest = "1"
		}
		n, err := strconv.Atoi(rest)
		if err != nil || candidate(n) == "" {
			break
		}
		return importer.Decision{Action: action, Into: contact.ID(strings.TrimPrefix(candidate(n), idMark))}
	case rest == "" && slices.Contains([]importer.Action{importer.ActCreate, importer.ActSkip}, action):
		return importer.Decision{Action: action}
	}
	return importer.Decision{Action: "unknown"}
}

func readTable(path string) ([][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxDecisions+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxDecisions {
		return nil, usage("", "--decisions %s: it is larger than %d MiB", path, maxDecisions>>20)
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		if text, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(text); err != nil {
			return nil, err
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(text), -1, true
	table, err := r.ReadAll()
	if err != nil {
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			err = usage("", "--decisions %s: line %d is no row of a table", path, pe.Line)
		}
		return nil, err
	}
	if len(table) == 0 {
		return nil, usage("write one with --review FILE.csv", "--decisions %s: it is empty", path)
	}
	return table, nil
}

// separator is the one that the first line has most of: spreadsheets write what is
// usual in their country.
func separator(text []byte) rune {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', 0
	for _, r := range []rune{',', ';', '\t'} {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}
