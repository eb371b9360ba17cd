package outlook

import (
	"fmt"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// The canonical form of a slot and its forms on the wire.

// readValue returns the canonical form of a value as it was read.
func readValue(k kind, s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	switch k {
	case asInstant:
		return readInstant(s)
	case asDayInstant, asDay:
		return readDay(s)
	case asGender:
		return readGender(s), nil
	case asStatus:
		return readStatus(s), nil
	case asNumber:
		return strings.TrimLeft(s, "0"), nil
	case asMark:
		if strings.EqualFold(s, "true") || s == "1" {
			return "true", nil
		}
		return "", nil
	}
	return s, nil
}

// noValue returns what an extended property is written as to clear it; "" is null. Of
// marks and numbers the service takes no null.
func noValue(k kind) string {
	switch k {
	case asMark:
		return "false"
	case asNumber:
		return "0"
	}
	return ""
}

// wireValue returns the form in which an extended property is written.
func wireValue(k kind, s string) string {
	switch {
	case k == asDayInstant:
		return s + "T00:00:00Z"
	case k == asGender && s == "female", k == asStatus && s == contact.Complete:
		return "1"
	case k == asGender && s == "male", k == asStatus && s == contact.Flagged:
		return "2"
	}
	return s
}

// readDay returns the day of a birthday or an anniversary. A date-time is an
// instant that stands for a day in some zone: the day that it is twelve hours
// later is the right one for midnight in all zones from UTC-11 to UTC+12, and for
// the 11:59 UTC of Outlook.
func readDay(s string) (string, error) {
	d, err := contact.ParseDate(s)
	if err != nil {
		return "", fmt.Errorf("not a date")
	}
	written := d
	if len(s) > len("2006-01-02") {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err == nil {
			d = contact.DateOf(t.UTC().Add(12 * time.Hour))
		} else if _, err := time.Parse("2006-01-02T15:04:05", s); err != nil {
			return "", fmt.Errorf("not a date")
		}
	}
	switch {
	case d.Year >= noDateYear || d.Year <= 1:
		return "", nil
	case d == written && len(s) >= len("2006-01-02") && s[4] == '-':
		return s[:len("2006-01-02")], nil
	}
	return d.String(), nil
}

func readInstant(s string) (string, error) {
	t, err := parseInstant(s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	if err != nil {
		return "", fmt.Errorf("not a date-time")
	}
	switch {
	case t.Year() >= noDateYear || t.Year() <= 1:
		return "", nil
	case s[len(s)-1] == 'Z':
		return s, nil
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

// parseInstant is time.Parse of RFC 3339. Every contact has two instants of the form in
// which services write them, to the second and in UTC, and each is read twice.
func parseInstant(s string) (time.Time, error) {
	const form = "0000-00-00T00:00:00Z"
	if len(s) != len(form) {
		return time.Parse(time.RFC3339Nano, s)
	}
	var n [6]int // year, month, day, hour, minute, second
	at := 0
	for i := range len(form) {
		switch digit := s[i] - '0'; {
		case form[i] == '0' && digit <= 9:
			n[at] = n[at]*10 + int(digit)
		case form[i] == '0' || form[i] != s[i]:
			return time.Parse(time.RFC3339Nano, s)
		default:
			at++
		}
	}
	if n[1] < 1 || n[1] > 12 || n[2] < 1 || n[2] > 28 || n[3] > 23 || n[4] > 59 || n[5] > 59 { // and for the ends of months
		return time.Parse(time.RFC3339Nano, s)
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC), nil
}

// readGender understands the numbers of PidTagGender and words. What it does not
// know is the user's own text.
func readGender(s string) string {
	switch low := strings.ToLower(s); low {
	case "0", "unspecified":
		return ""
	case "1", "female":
		return "female"
	case "2", "male":
		return "male"
	}
	return s
}

// readStatus understands the numbers of PidTagFlagStatus and the words of the
// flag.
func readStatus(s string) string {
	switch strings.ToLower(s) {
	case "1", "complete":
		return contact.Complete
	case "2", "flagged":
		return contact.Flagged
	}
	return ""
}

// readZoned reads an instant given as a local date-time and a time zone. The
// service answers in UTC unless it is asked for another.
func readZoned(local, zone string) (string, error) {
	loc := time.UTC
	if zone != "" && !strings.EqualFold(zone, "UTC") {
		var err error
		if loc, err = time.LoadLocation(zone); err != nil {
			return "", fmt.Errorf("a time zone that is unknown here")
		}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", strings.TrimSuffix(local, "Z"), loc)
	if err != nil {
		return "", fmt.Errorf("not a date-time")
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}
