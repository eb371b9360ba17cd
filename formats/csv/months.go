package csv

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/cardferry/cardferry/contact"
)

// monthNames are the names of the months, and what they are shortened to, in the
// languages whose tables are understood, folded.
var monthNames = monthTable(
	"january jan januar jänner janvier janv enero ene gennaio gen januari janeiro",
	"february feb februar feber février févr fév febrero febbraio februari fevereiro fev",
	"march mar märz mrz mär mars marzo maart mrt março",
	"april apr avril avr abril abr aprile",
	"may mai mayo maggio mag mei maio",
	"june jun juni juin junio giugno giu junho",
	"july jul juli juillet juil julio luglio lug julho",
	"august aug août aoû agosto ago augustus",
	"september sep sept septembre septiembre settembre set setembro",
	"october oct oktober okt octobre octubre ottobre ott outubro out",
	"november nov novembre noviembre novembro",
	"december dec dezember dez décembre déc diciembre dic dicembre dezembro",
)

func monthTable(lists ...string) map[string]int {
	table := map[string]int{}
	for i, words := range lists {
		for word := range strings.FieldsSeq(words) {
			table[fold(word)] = i + 1
		}
	}
	return table
}

// parseNamed reads a date with the name of its month: March 4, 1980; 4-Mar-80;
// 4. März 1980; 4 de marzo de 1980; March 4, without a year.
func parseNamed(s string) (d contact.Date, ok bool) {
	var numbers []string
	before := 0 // the month
	for _, word := range strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch month, isMonth := monthNames[word]; {
		case isMonth && d.Month == 0:
			d.Month, before = month, len(numbers)
		case word == "de", word == "of":
		default:
			for _, end := range []string{"st", "nd", "rd", "th", "er"} {
				word = strings.TrimSuffix(word, end)
			}
			numbers = append(numbers, word)
		}
	}
	if d.Month == 0 || len(numbers) == 0 || len(numbers) > 2 {
		return contact.Date{}, false
	}
	if len(numbers) == 2 && len(numbers[0]) == 4 { // 1980 March 4
		numbers[0], numbers[1] = numbers[1], numbers[0]
	}
	var n [2]int
	for i, word := range numbers {
		v, err := strconv.Atoi(word)
		if err != nil || v < 1 || len(word) > 2 && (i == 0 || len(word) != 4) || i == 1 && len(word) < 4 && (before > 1 || len(word) == 1) {
			return contact.Date{}, false
		}
		n[i] = v
	}
	d.Day = n[0]
	if len(numbers) == 2 {
		d.Year = fullYear(n[1], len(numbers[1]))
		return withoutUnknownYear(d), inCalendar(d)
	}
	return d, d.Valid()
}
