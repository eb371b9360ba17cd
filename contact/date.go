package contact

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a day in the calendar, without a zone. A part that is zero is not
// known: a birthday without a year is Date{Month: 7, Day: 4}. The zero value is
// no date.
type Date struct {
	Year, Month, Day int
}

// IsZero reports whether nothing of the date is known.
func (d Date) IsZero() bool { return d == Date{} }

// Full reports whether year, month and day are all known.
func (d Date) Full() bool { return d.Year != 0 && d.Month != 0 && d.Day != 0 }

// Time returns midnight UTC of a full date.
func (d Date) Time() time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, int(m), d}
}

// String returns the date as YYYY-MM-DD, --MM-DD, YYYY-MM, YYYY, --MM or ---DD:
// the extended forms of ISO 8601:2000 that vCard 4.0 allows (RFC 6350, 4.3.1).
func (d Date) String() string {
	var room [16]byte
	return string(d.append(room[:0]))
}

// append appends the form of [Date.String].
func (d Date) append(b []byte) []byte {
	if d.IsZero() {
		return b
	}
	switch {
	case d.Year > 9999:
		b = strconv.AppendInt(b, int64(d.Year), 10)
	case d.Year != 0:
		b = appendTwo(appendTwo(b, d.Year/100), d.Year%100)
	default:
		b = append(b, '-')
	}
	switch {
	case d.Month != 0:
		b = appendTwo(append(b, '-'), d.Month)
	case d.Year != 0: // a day of no month says nothing
		return b
	default:
		b = append(b, '-')
	}
	if d.Day != 0 {
		b = appendTwo(append(b, '-'), d.Day)
	}
	return b
}

// appendTwo appends a number below 100 with two digits.
func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// ParseDate reads the forms that [Date.String] writes, the same without hyphens
// (19740722, --0722), and drops a time of day that follows after "T" or a blank.
// It does not move the date into another zone: dates are dates. A day that the
// month does not have is an error.
func ParseDate(s string) (Date, error) {
	text, _, _ := strings.Cut(strings.TrimSpace(s), "T")
	text, _, _ = strings.Cut(text, " ")
	d, ok := parseDate(text)
	if !ok || !d.Valid() {
		return Date{}, fmt.Errorf("not a date of the form YYYY-MM-DD or --MM-DD")
	}
	return d, nil
}

func parseDate(s string) (d Date, ok bool) {
	year, rest := "", s
	switch {
	case strings.HasPrefix(s, "---"):
		d.Day, ok = number(s[3:], 2)
		return d, ok
	case strings.HasPrefix(s, "--"):
		rest = s[2:]
	default:
		if len(s) < 4 {
			return d, false
		}
		year, rest = s[:4], strings.TrimPrefix(s[4:], "-")
		if d.Year, ok = number(year, 4); !ok || d.Year == 0 {
			return Date{}, false
		}
		if rest == "" {
			return d, true
		}
	}
	month, day := rest, ""
	if len(rest) > 2 {
		month, day = rest[:2], strings.TrimPrefix(rest[2:], "-")
	}
	if d.Month, ok = number(month, 2); !ok || d.Month == 0 {
		return Date{}, false
	}
	if day != "" {
		if d.Day, ok = number(day, 2); !ok || d.Day == 0 {
			return Date{}, false
		}
	}
	return d, true
}

// number reads exactly n decimal digits.
func number(s string, n int) (v int, ok bool) {
	if len(s) != n {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = 10*v + int(s[i]-'0')
	}
	return v, true
}

// Valid reports whether there can be such a day, as far as it is known; no date is none.
func (d Date) Valid() bool {
	if d.IsZero() || d.Month > 12 || d.Day > 31 {
		return false
	}
	if d.Month == 0 || d.Day <= 28 {
		return true
	}
	return d.Day <= daysIn(d.Year, d.Month)
}

// daysIn returns how many days a month has. In the year 0, which stands for none,
// February has 29: a birthday on that day needs no year.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 != 0 || year%100 == 0 && year%400 != 0 {
			return 28
		}
		return 29
	}
	return 31
}

// MarshalText returns the form of [Date.String].
func (d Date) MarshalText() ([]byte, error) { return d.append(nil), nil }

// AppendText appends the form of [Date.String]; there is never an error.
func (d Date) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

// UnmarshalText reads what [ParseDate] reads; empty text is no date.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}
