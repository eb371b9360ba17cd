package csv

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// DateOrder says which of the first two numbers of a date is the month. Zero means that
// nobody knows.
type DateOrder int

const (
	MonthFirst DateOrder = 1 + iota // 7/22/1974
	DayFirst                        // 22/7/1974, 22-7-1974
)

// ParseDateOrder returns the order that "mdy" and "dmy" name; "" is zero.
func ParseDateOrder(name string) (DateOrder, error) {
	switch name {
	case "":
		return 0, nil
	case "mdy":
		return MonthFirst, nil
	case "dmy":
		return DayFirst, nil
	}
	return 0, fmt.Errorf("unknown order of dates %q: known are mdy and dmy", name)
}

// numericDate is a date in which day and month can change places.
type numericDate struct {
	first, second int
	year          int
	shows         DateOrder // the order that it shows by itself; zero if it could be both
}

// parseNumeric reads a date of slashes or hyphens that does not begin with its year.
func parseNumeric(cell string) (d numericDate, ok bool) {
	day, _, _ := strings.Cut(strings.TrimSpace(cell), " ")
	sep := strings.IndexAny(day, "/-")
	if sep < 1 || sep > 2 {
		return d, false
	}
	parts := strings.Split(day, day[sep:sep+1])
	if len(parts) != 3 || len(parts[1]) > 2 || len(parts[2]) != 2 && len(parts[2]) != 4 {
		return d, false
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 {
			return d, false
		}
		n[i] = v
	}
	d = numericDate{first: n[0], second: n[1], year: fullYear(n[2], len(parts[2]))}
	switch {
	case d.first > 31 || d.second > 31 || d.first == 0 || d.second == 0:
		return d, false
	case d.first > 12:
		d.shows = DayFirst
	case d.second > 12:
		d.shows = MonthFirst
	}
	return d, true
}

// in returns the date as parseDate reads it whatever the order.
func (d numericDate) in(order DateOrder) string {
	month, day := d.first, d.second
	if order == DayFirst {
		month, day = day, month
	}
	return withoutUnknownYear(contact.Date{Year: d.year, Month: month, Day: day}).String()
}

// orderOf returns the order that the dates of the rows show, zero where none does, or
// some show one and some the other. It notes in l whether any date depends on it.
func (l *layout) orderOf(rows [][]string) DateOrder {
	var shown [3]bool
	for _, cells := range rows {
		for _, i := range l.dates {
			if i < len(cells) {
				if d, ok := parseNumeric(cells[i]); ok {
					shown[d.shows] = true
					l.asked = l.asked || d.shows == 0 && d.first != d.second
				}
			}
		}
	}
	switch {
	case shown[MonthFirst] && !shown[DayFirst]:
		return MonthFirst
	case shown[DayFirst] && !shown[MonthFirst]:
		return DayFirst
	}
	return 0
}

// settleDates rewrites the dates of a row, so that all that read them agree on the order.
// One that may be another one, in a table that shows no order, is named in c.
func (l *layout) settleDates(c *contact.Contact, cells []string) {
	for _, i := range l.dates {
		if i >= len(cells) || cells[i] == "" {
			continue
		}
		d, ok := parseNumeric(cells[i])
		if !ok {
			if _, ok := parseDate(cells[i]); !ok && !isBlank(cells[i]) {
				c.Unread = append(c.Unread, contact.Loss{Field: l.dateField(i), Kind: contact.Moved,
					Reason: "it is in no form of a date that is understood, and kept as it stands"})
			}
			continue
		}
		order := d.shows
		if order == 0 {
			order = l.order
		}
		if order == 0 && d.first != d.second {
			c.Unread = append(c.Unread, contact.Loss{Field: l.dateField(i), Kind: contact.Moved,
				Reason: "read as month/day, but nothing in the table shows that it is not day/month"})
		}
		cells[i] = d.in(order)
	}
}

// dateField names the field that a column of dates is for.
func (l *layout) dateField(i int) contact.Field {
	col := &l.columns[i]
	switch {
	case col.place != nil:
		return contact.Field(col.place.name)
	case col.target == "Birthday":
		return "birthday"
	}
	return "anniversary"
}

// isDate reports whether a column holds dates.
func (col *column) isDate() bool {
	switch {
	case col.target == "Birthday", col.target == "Anniversary":
		return true
	case col.place != nil:
		return col.place.name == "birthday" || col.place.name == "anniversary"
	}
	return col.group != nil && col.group.kind == "event" && col.part == &col.group.value
}
