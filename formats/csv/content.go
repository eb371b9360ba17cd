package csv

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// What stands in a column tells what it is where its name does not. Only what looks like
// nothing else is recognised; of a column of words or of plain numbers nothing is assumed
// but in a table without names.

var emailPattern = regexp.MustCompile(`^[^\s@<>"',;]+@[^\s@<>"',;]+$`)

func isEmail(cell string) bool { return emailPattern.MatchString(strings.Trim(cell, ",; ")) }

func isWebPage(cell string) bool {
	cell = strings.ToLower(strings.TrimSpace(cell))
	if strings.ContainsAny(cell, " \n") {
		return false
	}
	u, err := url.Parse(cell)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") || strings.HasPrefix(cell, "www.") && strings.Count(cell, ".") > 1
}

// isNumber reports whether a cell is a phone number: a plus, a zero or a bracket at its
// beginning, or blanks, hyphens and slashes within, tell it from other numbers.
func isNumber(cell string) bool {
	cell = strings.TrimSpace(cell)
	if cell == "" || looksLikeDate(cell) {
		return false
	}
	digits, others := 0, 0
	for _, r := range cell {
		switch {
		case unicode.IsDigit(r):
			digits++
		case strings.ContainsRune("+-()/. ", r):
			others++
		default:
			return false
		}
	}
	marked := strings.ContainsRune("+0(", rune(cell[0])) || others > 0 && !strings.Contains(cell, ".")
	return marked && digits >= 6 && digits <= 15
}

func looksLikeDate(cell string) bool {
	if _, ok := parseNumeric(cell); ok {
		return true
	}
	d, ok := parseDate(cell)
	return ok && d.Full()
}

// isPersonName reports whether a cell can be the name of a person: two to four words that
// begin with capitals.
func isPersonName(cell string) bool {
	words := strings.Fields(cell)
	if len(words) < 2 || len(words) > 4 {
		return false
	}
	for _, w := range words {
		first := []rune(w)[0]
		if !unicode.IsUpper(first) && !unicode.Is(unicode.Lo, first) && !strings.Contains(" von van de da der den del di la le ", " "+w+" ") {
			return false
		}
		if strings.ContainsAny(w, "0123456789@/:;") {
			return false
		}
	}
	return true
}

func isWord(cell string) bool {
	cell = strings.TrimSpace(cell)
	for _, r := range cell {
		if !unicode.IsLetter(r) && !strings.ContainsRune("-'’.", r) {
			return false
		}
	}
	return cell != "" && unicode.IsUpper([]rune(cell)[0])
}

var companyPattern = regexp.MustCompile(`(?i)\b(gmbh|ag|kg|ohg|inc|ltd|llc|corp|plc|s\.?a\.?|s\.?l\.?|s\.?r\.?l|b\.?v|e\.?v)\.?$`)

// isData reports whether the first row of a table of unknown names is no row of names.
func isData(cells []string) bool {
	for _, cell := range cells {
		if strings.Contains(cell, "@") || isWebPage(cell) || isNumber(cell) || looksLikeDate(cell) {
			return true
		}
	}
	return false
}

// content is a kind of cell that is recognised.
type content struct {
	is      func(cell string) bool
	what    string // in an explanation
	word    string // of a mapping; one that ends in a colon is followed by the column's name
	unnamed bool   // only in a table without names, and only for one column of it
}

var contents = []content{
	{isEmail, "email addresses", "email:", false},
	{isWebPage, "web pages", "website:", false},
	{isNumber, "phone numbers", "phone:", false},
	{looksLikeDate, "dates", "birthday", true},
	{companyPattern.MatchString, "names of companies", "organization.company", true},
	{isPersonName, "names of two to four words", "name.display", true},
	{isWord, "single words with capitals, the first such column", "name.given", true},
	{isWord, "single words with capitals, the second such column", "name.family", true},
}

// understand gives meaning to the columns that have none by their names: seven of ten of
// the values that are there must be alike.
func (l *layout) understand(rows [][]string) {
	named := false
	for i := range l.columns {
		named = named || l.columns[i].name != ""
	}
	taken := map[string]bool{}
	for i := range l.columns {
		col := &l.columns[i]
		if col.isKnown() || col.kept || col.double || l.rest == i || l.stash == i {
			continue
		}
		for _, kind := range contents {
			if kind.unnamed && (named || taken[kind.what]) {
				continue
			}
			n, of := count(rows, i, kind.is)
			if of == 0 || n*10 < of*7 {
				continue
			}
			word := kind.word
			if strings.HasSuffix(word, ":") {
				word = strings.TrimSpace(word + " " + col.name)
			}
			found, err := meaning(word)
			if err != nil {
				continue
			}
			col.set, col.place, col.word = found.set, found.place, word
			col.why = fmt.Sprintf("%d of %d values are %s", n, of, kind.what)
			if col.place != nil {
				l.ours = true
			}
			taken[kind.what] = true
			l.known++
			break
		}
	}
	l.findDates()
}

// count returns how many of the values of a column are of a kind.
func count(rows [][]string, i int, is func(string) bool) (n, of int) {
	for _, cells := range rows[:min(len(rows), sampleLen)] {
		if i >= len(cells) || isBlank(cells[i]) {
			continue
		}
		of++
		if is(cells[i]) {
			n++
		}
	}
	return n, of
}
