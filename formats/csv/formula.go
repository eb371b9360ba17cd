package csv

import "strings"

// Spreadsheets run a cell that begins with one of these as a formula (OWASP, "CSV
// Injection"), some also where it is one of the wide forms of East Asia.
const formulaStarts = "=+-@\t\n＝＋－＠"

// guard is what a spreadsheet shows and does not run.
const guard = "'"

// isFormula reports whether a spreadsheet would run a cell, or would if guards before it
// were taken off.
func isFormula(cell string) bool {
	bare := strings.TrimLeft(cell, guard)
	for _, r := range bare {
		return strings.ContainsRune(formulaStarts, r)
	}
	return false
}

// guarded returns the cell made harmless. With excel false only a cell that has a guard of
// its own gets another one, so that reading, which takes one off, gives it back.
func guarded(cell string, excel bool) string {
	if (excel || cell[0] == guard[0]) && isFormula(cell) {
		return guard + cell
	}
	return cell
}

// unguarded returns a cell without the guard before its formula, whoever put it there.
func unguarded(cell string) string {
	if strings.HasPrefix(cell, guard) && isFormula(cell) {
		return cell[len(guard):]
	}
	return cell
}
