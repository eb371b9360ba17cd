package vcard

import (
	"fmt"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

// noYear is the year that Apple's programs write for none (X-APPLE-OMIT-YEAR).
const noYear = 1604

const paramNoYear = "X-APPLE-OMIT-YEAR"

// dateReader reads a date of which the model holds one. A text ("circa 1800") and
// a second date are kept as they are.
func dateReader(name string, at func(*contact.Contact) *contact.Date) reader {
	return func(r *cardReader, p *property) bool {
		if strings.TrimSpace(p.value) == "" {
			return true
		}
		d, clock, ok := parseDate(p)
		if !ok {
			return false
		}
		dst := at(r.c)
		if dst.IsZero() {
			*dst = d
			r.attach(name, p, clock)
			return true
		}
		return *dst == d && clock == "" && r.scalarParams(p) == nil
	}
}

// parseDate reads a date, and returns the time of day that follows it ("T2310Z"):
// the model has none. Midnight is none either.
func parseDate(p *property) (d contact.Date, clock string, ok bool) {
	text := value(p.value)
	if i := strings.IndexAny(text, "Tt "); i > 0 {
		text, clock = text[:i], "T"+text[i+1:]
	}
	d, err := contact.ParseDate(text)
	if err != nil || !isClock(clock) {
		return d, "", false
	}
	if omitted := p.get(paramNoYear); d.Month != 0 && (d.Year == noYear || omitted != "" && omitted == fmt.Sprintf("%04d", d.Year)) {
		d.Year = 0
	}
	if clock != "" && strings.Trim(clock, "T0:Z+-.,") == "" {
		clock = ""
	}
	return d, clock, true
}

// isClock reports whether s is made of what a time of day is made of.
func isClock(s string) bool {
	return s == "" || s[0] == 'T' && strings.Trim(s[1:], "0123456789:.,Z+-") == ""
}

// readLabelledDate reads Apple's X-ABDATE, of which the model knows the one that
// is labelled as anniversary.
func readLabelledDate(r *cardReader, p *property) bool {
	l := r.labelOf(p.group)
	if l == nil || !strings.EqualFold(l.text, "_$!<Anniversary>!$_") && !strings.EqualFold(l.text, "anniversary") {
		return false
	}
	d, clock, ok := parseDate(p)
	bare := property{head: &head{params: p.params}} // the group was for the label
	switch {
	case !ok:
		return false
	case r.c.Anniversary.IsZero():
		r.c.Anniversary = d
		r.attach(gv.FieldAnniversary, &bare, clock)
	case r.c.Anniversary != d || clock != "" || r.scalarParams(&bare) != nil:
		return false
	}
	l.used = true
	return true
}

// dated returns the date to write for d: 3.0 has none without a year, and is given
// those of the dialect. omitsYear says that Apple's parameter belongs to it.
func (w *writer) dated(d contact.Date) (written contact.Date, omitsYear bool) {
	if !w.v4 && w.dialect.yearless == as1604 && d.Year == 0 && d.Month != 0 && d.Day != 0 {
		d.Year = noYear
		return d, true
	}
	return d, false
}

// appendDate appends a date in the form of the version: 3.0 has the extended format
// of ISO 8601, 4.0 the basic one (RFC 6350, 4.3.1), and so has 2.1 as Outlook writes
// it, but for Apple's year.
func (w *writer) appendDate(b []byte, d contact.Date) []byte {
	begin := len(b)
	b, _ = d.AppendText(b)
	kept := begin
	switch {
	case d.Full() && (w.v4 || w.v2 && d.Year != noYear):
	case w.v4 && d.Year == 0 && d.Month != 0 && d.Day != 0:
		kept += len("--")
	default:
		return b
	}
	for _, c := range b[kept:] {
		if c != '-' {
			b[kept] = c
			kept++
		}
	}
	return b[:kept]
}

// parseTime reads the timestamps of REV in all the forms that programs write:
// basic and extended, with a point or a comma before fractions. One without a
// zone is taken for UTC. Fractions, which 4.0 has no form for, are cut off.
func parseTime(s string) (time.Time, bool) {
	if t, ok := parseUsualTime(s); ok {
		return t, true
	}
	layouts := [...]string{"20060102T150405Z0700", "20060102T150405", "20060102"}
	if len(s) > 4 && s[4] == '-' {
		layouts = [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02"}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return t.UTC().Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}

// parseUsualTime reads 20060102T150405Z and 2006-01-02T15:04:05Z, as nearly all are.
func parseUsualTime(s string) (time.Time, bool) {
	if len(s) == len("2006-01-02T15:04:05Z") && s[4] == '-' && s[7] == '-' && s[13] == ':' && s[16] == ':' {
		s = s[:4] + s[5:7] + s[8:13] + s[14:16] + s[17:]
	}
	if len(s) != len("20060102T150405Z") || s[8] != 'T' || s[15] != 'Z' {
		return time.Time{}, false
	}
	var n [6]int // year, month, day, hour, minute, second
	at := 0
	for i, size := range [...]int{4, 2, 2, 2, 2, 2} {
		if i == 3 {
			at++
		}
		for ; size > 0; size-- {
			c := s[at]
			if c < '0' || c > '9' {
				return time.Time{}, false
			}
			n[i] = 10*n[i] + int(c-'0')
			at++
		}
	}
	d := contact.Date{Year: n[0], Month: n[1], Day: n[2]}
	if !d.Valid() || !d.Full() || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC), true
}

func readRevision(r *cardReader, p *property) bool {
	text := value(p.value)
	if text == "" || p.get(paramEmpty) != "" {
		return true
	}
	t, ok := parseTime(text)
	if !ok || !r.c.Modified.IsZero() {
		return false
	}
	r.c.Modified = t
	r.attach(gv.FieldRevision, p, "")
	return true
}

func readCreated(r *cardReader, p *property) bool {
	t, ok := parseTime(value(p.value))
	if !ok || !r.c.Created.IsZero() || r.scalarParams(p) != nil {
		return false
	}
	r.c.Created = t
	return true
}

// readFlag reads our own form of Outlook's flag: status;start;due;completed.
func readFlag(r *cardReader, p *property) bool {
	parts := r.split(p.value, ';')
	if len(parts) != 4 || r.c.Flag != (contact.Flag{}) {
		return false
	}
	f := contact.Flag{Status: value(parts[0])}
	for i, dst := range []*time.Time{&f.Start, &f.Due, &f.Completed} {
		text := value(parts[i+1])
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return false
		}
		*dst = t
	}
	r.c.Flag = f
	return true
}
