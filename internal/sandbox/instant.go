package sandbox

import "time"

const (
	instantLayout = "2006-01-02T15:04:05Z"
	dateLayout    = "2006-01-02"
	flagLayout    = "2006-01-02T15:04:05.0000000"
)

// normalInstant turns a date or a date-time into the instant that Exchange
// keeps: whole seconds of UTC. A bare date becomes its midnight, which is what
// the Outlook document shows for Birthday. MAPI times start in 1601.
func normalInstant(text string) (string, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", dateLayout} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		t = t.UTC().Truncate(time.Second)
		if t.Year() < 1601 || t.Year() > 4500 {
			return "", false
		}
		return t.Format(instantLayout), true
	}
	return "", false
}

// flagTime reads the dateTime and timeZone of a follow-up flag as UTC.
func flagTime(text, zone string) (time.Time, bool) {
	place, ok := loadZone(zone)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", dateLayout} { // Parse accepts a fraction after the seconds
		if t, err := time.ParseInLocation(layout, text, place); err == nil {
			return t.UTC(), true
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), true
	}
	return time.Time{}, false
}

// loadZone knows UTC, IANA names, and the Windows names of the zones that
// people of the sample mailboxes live in.
func loadZone(name string) (*time.Location, bool) {
	if iana, ok := windowsZones[name]; ok {
		name = iana
	}
	place, err := time.LoadLocation(name)
	return place, err == nil
}

var windowsZones = map[string]string{
	"Pacific Standard Time":          "America/Los_Angeles",
	"Mountain Standard Time":         "America/Denver",
	"Central Standard Time":          "America/Chicago",
	"Eastern Standard Time":          "America/New_York",
	"E. South America Standard Time": "America/Sao_Paulo",
	"GMT Standard Time":              "Europe/London",
	"W. Europe Standard Time":        "Europe/Berlin",
	"Romance Standard Time":          "Europe/Paris",
	"Central Europe Standard Time":   "Europe/Budapest",
	"FLE Standard Time":              "Europe/Kyiv",
	"GTB Standard Time":              "Europe/Bucharest",
	"Israel Standard Time":           "Asia/Jerusalem",
	"Russian Standard Time":          "Europe/Moscow",
	"Arab Standard Time":             "Asia/Riyadh",
	"India Standard Time":            "Asia/Kolkata",
	"China Standard Time":            "Asia/Shanghai",
	"SE Asia Standard Time":          "Asia/Bangkok",
	"Korea Standard Time":            "Asia/Seoul",
	"Tokyo Standard Time":            "Asia/Tokyo",
	"AUS Eastern Standard Time":      "Australia/Sydney",
	"tzone://Microsoft/Utc":          "UTC",
}
