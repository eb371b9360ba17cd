package csv

import (
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/cardferry/cardferry/contact"
)

// What stands in a single cell: dates, lists, flags, photos.

// unknownYear is the year in which Outlook's own clients put a birthday that has
// none: a leap year, and the first one that a date of theirs can have.
const unknownYear = 1604

// parseDate reads a date as programs write it into tables: 1974-07-22, --07-22,
// 7/22/1974, 22.7.1974 and 22.7.74, a time of day after it, or with the name of its month. ok is false for what
// is none; a date of zeros is no date at all.
func parseDate(s string) (d contact.Date, ok bool) {
	s = strings.TrimSpace(s)
	if strings.Trim(s, "0/.- :") == "" {
		return contact.Date{}, true
	}
	if strings.ContainsFunc(s, unicode.IsLetter) {
		if d, ok := parseNamed(s); ok {
			return d, true
		}
	}
	if i := strings.IndexAny(s, "/."); i != 1 && i != 2 { // there it cannot be a date of that form
		if d, err := contact.ParseDate(s); err == nil {
			return d, true
		}
	}
	day, _, _ := strings.Cut(s, " ")
	first, rest, _ := cutPart(day)
	second, third, ok := cutPart(rest)
	if _, _, more := cutPart(third); !ok || more {
		return contact.Date{}, false
	}
	var n [3]int
	for i, p := range [...]string{first, second, third} {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 4 {
			return contact.Date{}, false
		}
		n[i] = v
	}
	d = contact.Date{Year: fullYear(n[2], len(third)), Month: n[0], Day: n[1]}
	switch {
	case len(first) == 4: // 1974/07/22
		d = contact.Date{Year: n[0], Month: n[1], Day: n[2]}
	case strings.Contains(day, ".") || n[0] > 12:
		d.Month, d.Day = n[1], n[0]
	}
	if !inCalendar(d) {
		return contact.Date{}, false
	}
	return withoutUnknownYear(d), true
}

// cutPart returns what stands before and behind the next separator of a date's
// parts, several in a row being one.
func cutPart(s string) (before, after string, found bool) {
	s = strings.Trim(s, "/.")
	i := strings.IndexAny(s, "/.")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimLeft(s[i:], "/."), true
}

// inCalendar reports whether there is such a day, of a date whose parts are all
// known.
func inCalendar(d contact.Date) bool { return d.Full() && contact.DateOf(d.Time()) == d }

func fullYear(year, digits int) int {
	switch {
	case digits > 2:
		return year
	case year < 30:
		return 2000 + year
	}
	return 1900 + year
}

func withoutUnknownYear(d contact.Date) contact.Date {
	if d.Year == unknownYear && d.Full() {
		d.Year = 0
	}
	return d
}

// slashDate writes a date as an English Outlook reads it, one without a year in the
// year that stands for none, and "" for one without a day.
func slashDate(d contact.Date) string {
	if d.Month == 0 || d.Day == 0 {
		return ""
	}
	if d.Year == 0 {
		d.Year = unknownYear
	}
	var room [len("12/31/9999")]byte
	text := append(strconv.AppendInt(room[:0], int64(d.Month), 10), '/')
	text = append(strconv.AppendInt(text, int64(d.Day), 10), '/')
	for least := 1000; d.Year < least && least > 1; least /= 10 {
		text = append(text, '0')
	}
	return string(strconv.AppendInt(text, int64(d.Year), 10))
}

// splitList takes the labels of a cell apart, at " ::: " or at semicolons.
func splitList(s string) []string { return appendList(nil, s) }

// appendList appends what splitList returns.
func appendList(all []string, s string) []string {
	sep := ";"
	if strings.Contains(s, ":::") {
		sep = ":::"
	}
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// unsaid is what Outlook writes for the gender of which nothing was said.
const unsaid = "Unspecified"

// gender reads the words of English and German tables.
func gender(s string) string {
	if s == "" || s == unsaid {
		return ""
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "male", "männlich", "m":
		return "male"
	case "female", "weiblich", "f", "w":
		return "female"
	case "unspecified", "keine angabe":
		return ""
	}
	return s
}

// truth reads a yes or no.
func truth(s string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "1", "wahr", "ja", "ein", "on":
		return true, true
	case "false", "no", "0", "falsch", "nein", "aus", "off", "":
		return false, true
	}
	return false, false
}

// photo reads what a table says of a photo: an address, or a file beside it.
func photo(s string) (*contact.Photo, bool) {
	s = strings.TrimSpace(s)
	switch scheme, _, found := strings.Cut(s, "://"); {
	case s == "":
		return nil, true
	case found && scheme != "" && !strings.ContainsAny(scheme, "/\\ "):
		return &contact.Photo{URL: s}, true
	}
	file := strings.ReplaceAll(s, `\`, "/")
	clean := path.Clean(file)
	if path.IsAbs(clean) || strings.HasPrefix(clean, "../") || clean == ".." || clean == "." || strings.Contains(clean, ":") {
		return nil, false
	}
	return &contact.Photo{Path: clean}, true
}

// photoCell writes where the photo is, "" for one that is nowhere yet.
func photoCell(p *contact.Photo) string {
	switch {
	case p == nil:
		return ""
	case p.Path != "":
		return p.Path
	}
	return p.URL
}

// joinLines joins the parts of a street that a table has in several columns.
func joinLines(lines ...string) string {
	joined := ""
	for _, line := range lines {
		switch {
		case joined == "":
			joined = line
		case line != "":
			joined += "\n" + line
		}
	}
	return joined
}
