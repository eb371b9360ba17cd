// Package outlook translates between contacts and Microsoft's wire JSON, in all
// its four dialects, for the clients of the service as for files of saved pages.
//
// There is one mapping, in one table (members and properties). A contact is
// placed into an item, which has the slots of an Exchange contact and nothing
// else: three email addresses, two home and two business phones, one of every
// other kind, one address of each type. An item is written in a dialect, and read
// back from any: reading never asks which dialect it has before it.
//
// What a dialect has no name for travels as a MAPI property in its extended
// properties, so that all dialects carry all slots but one: the favourite mark,
// which Exchange gives no MAPI property. What no slot can hold (a fourth address,
// a year-less birthday, a label of the user's own, the UID) goes to the stash, a
// property that people do not see (see [contact.Stash]), and is a [contact.Loss]
// of the kind Stashed unless it is bookkeeping. Text beyond 8 KiB of stash is
// dropped, the largest first, and reported.
//
// Beside that:
//
//   - A birthday is written as midnight UTC, and read as the day that it is twelve
//     hours later, which is right for every local midnight from UTC-11 to UTC+12
//     and for the 11:59 UTC of Outlook's own.
//   - Display name and file-as are always sent, derived where the contact has none.
//   - An email address that the service would take for malformed, and swallow, is
//     stashed instead. So are line breaks before the first line of the notes, which
//     the service does not show in listings.
//   - A listing that shows notes in part tells so by their length (see [Page]); of
//     short notes that begin with a line break it shows one line, and that it does
//     not tell.
//   - Null, an empty text and absence are one and the same in whatever is read.
package outlook

import (
	"fmt"
	"strings"
)

// Dialect is one version of Microsoft's contact JSON. The zero value stands for
// [GraphV1].
type Dialect string

// The dialects: two casings (Graph's camelCase, Outlook's PascalCase) of two
// shapes (flat, and collections).
const (
	GraphV1     Dialect = "graph-v1.0"
	GraphBeta   Dialect = "graph-beta"
	OutlookV2   Dialect = "outlook-v2.0"
	OutlookBeta Dialect = "outlook-beta"
)

// Dialects returns all dialects, the default first.
func Dialects() []Dialect { return []Dialect{GraphV1, GraphBeta, OutlookV2, OutlookBeta} }

// ParseDialect returns the dialect of that name; "" is the default.
func ParseDialect(name string) (Dialect, error) {
	if name == "" {
		return GraphV1, nil
	}
	var names []string
	for _, d := range Dialects() {
		if string(d) == name {
			return d, nil
		}
		names = append(names, string(d))
	}
	return "", fmt.Errorf("unknown dialect %q: known are %s", name, strings.Join(names, ", "))
}

// BaseURL returns the address under which Microsoft serves, or served, the
// dialect.
func (d Dialect) BaseURL() string {
	switch d {
	case GraphBeta:
		return "https://graph.microsoft.com/beta"
	case OutlookV2:
		return "https://outlook.office.com/api/v2.0"
	case OutlookBeta:
		return "https://outlook.office.com/api/beta"
	}
	return "https://graph.microsoft.com/v1.0"
}

// Graph reports whether the dialect is one of Microsoft Graph's.
func (d Dialect) Graph() bool { return d != OutlookV2 && d != OutlookBeta }

// Unseen says what a contact may hold that the dialect does not show, neither in a member
// nor in a documented extended property, and which dialect of the same API does; both are
// "" for a dialect that shows everything.
func (d Dialect) Unseen() (what string, seen Dialect) {
	switch {
	case d.bit()&flat == 0:
		return "", ""
	case d.Graph():
		return "favorites, further web pages and labels of email addresses", GraphBeta
	}
	return "favorites and further web pages", OutlookBeta
}

// dialects is a set of dialects.
type dialects uint8

const (
	graphV1 dialects = 1 << iota
	graphBeta
	outlookV2
	outlookBeta

	flat        = graphV1 | outlookV2
	collections = graphBeta | outlookBeta
	all         = flat | collections
	none        = dialects(0) // understood when it is read, never written
)

func (d Dialect) bit() dialects {
	switch d {
	case GraphBeta:
		return graphBeta
	case OutlookV2:
		return outlookV2
	case OutlookBeta:
		return outlookBeta
	}
	return graphV1
}
