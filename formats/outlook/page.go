package outlook

import (
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Page is one answer of a listing.
type Page struct {
	Contacts []*contact.Contact // normalised, their positions counted within the page
	// Cut holds the indexes of contacts that the listing may have cut short: it
	// shows some notes without their line breaks and their end, and it may do so
	// with long hidden properties. Read singly they are whole.
	Cut []int
	// Bare holds the indexes of contacts that the answer shows without the message
	// class, which everything that is one has: a listing asked for with [Tracked]
	// did not show their extended properties, or not the contacts at all.
	Bare    []int
	Removed []Removed
	Bad     []*formats.RecordError // objects that are no contacts

	NextLink  string // "" on the last one
	DeltaLink string // where changes are followed from
	Count     int    // of all contacts, -1 if the answer does not say
}

// Removed is a row of a delta that says that a contact is gone.
type Removed struct {
	ID    contact.ID
	After int // so many of the page's contacts
}

// DecodePage reads one answer of a listing, in any dialect. An answer that ends too
// early, or is no page, is an error: it is to be asked for again.
func DecodePage(body []byte) (*Page, error) {
	f := &framer{buf: body, keep: -1, line: 1, failure: io.EOF}
	page, r, it := &Page{}, newReader(), &item{}
	for {
		line, err := f.decode(r, it)
		if err == io.EOF {
			break
		}
		if re, ok := err.(*formats.RecordError); ok {
			if id := contact.ID(it.text[slotID]); re.Err == errRemoved && id != "" {
				page.Removed = append(page.Removed, Removed{id, len(page.Contacts)})
				continue
			}
			page.Bad = append(page.Bad, re)
			continue
		}
		if err != nil {
			return nil, err
		}
		c := it.restore()
		c.At = f.at(line)
		if it.text[slotClass] == "" {
			page.Bare = append(page.Bare, len(page.Contacts))
		}
		if it.cut(c) {
			page.Cut = append(page.Cut, len(page.Contacts))
		}
		page.Contacts = append(page.Contacts, c)
	}
	if !f.page.seen {
		return nil, errNoPage
	}
	page.NextLink, page.DeltaLink, page.Count = f.page.nextLink, f.page.deltaLink, f.page.count
	return page, nil
}

// listedNotes is how many characters of the notes a listing shows when it cuts
// them, give or take the last.
const listedNotes = 255

// cut reports whether the listing may not show all of the contact. Notes that begin
// with a line break are shown without any, and cut (microsoft-graph-docs 17598).
func (it *item) cut(c *contact.Contact) bool {
	for _, l := range c.Unread {
		if l.Field == "stash" {
			return true
		}
	}
	notes := it.text[slotNotes]
	if len(notes) < listedNotes || strings.Contains(notes, "\n") {
		return false
	}
	near := func(n int) bool { return n == listedNotes || n == listedNotes+1 }
	return near(utf8.RuneCountInString(notes)) || near(len(utf16.Encode([]rune(notes))))
}
