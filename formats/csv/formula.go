package csv

import "strings"

// Spreadsheets run a cell that begins with one of these as a formula (OWASP, "CSV
// Injection"), some also where it is one of the wide forms of East Asia.
const formulaStarts = "=+-@\t\n＝＋－＠"

// guard is what a spreadsheet shows and does not run.
const guard = "'"

// guardColumn is the name of a column without values that says that every cell which
// begins as a formula has a guard. Spreadsheets keep it, where they drop the byte order
// mark; without it an apostrophe belongs to the cell, as in "'-ism' is a suffix".
const guardColumn = "cardferry-apostrophes"

// isFormula reports whether a spreadsheet would run a cell, or would if guards before it
// were taken off.
func isFormula(cell string) bool {
	bare := strings.TrimLeft(cell, guard)
	for _, r := range bare {
		return strings.ContainsRune(formulaStarts, r)
	}
	return false
}

// guarded returns the cell made harmless.
func guarded(cell string) string {
	if isFormula(cell) {
		return guard + cell
	}
	return cell
}

// unguard takes the guards off that stand before formulas.
func unguard(cells []string) {
	for i, cell := range cells {
		if strings.HasPrefix(cell, guard) && isFormula(cell) {
			cells[i] = cell[len(guard):]
		}
	}
}
