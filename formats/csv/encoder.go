package csv

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// NewEncoder returns an encoder that writes the layout of o.Dialect: UTF-8 without
// a byte order mark, lines that end in CR LF, the names of the columns first, even
// when no contact follows.
//
//   - outlook: the 92 columns of an English desktop Outlook, and as the last one
//     Photo, which Outlook passes over and this package reads.
//   - outlook-com: the 61 columns of outlook.com and the new Outlook, and Photo.
//   - google: the layout of 2024, with columns for 5 emails, 8 phones, 4 addresses,
//     5 relations, 3 websites, 4 events and 6 custom fields.
//   - google-old: the layout before, with as many, 3 chat addresses and an organization.
//   - thunderbird: its 37 columns.
//   - generic: our own, which keeps everything.
//
// Behind them stand o.Columns and the columns of o.Excel and o.Stash.
func NewEncoder(w io.Writer, o Options) (formats.Encoder, error) {
	e := &encoder{w: w, excel: o.Excel, rowStash: o.Stash && o.Dialect != "generic", folders: !o.OneFolder && !o.Stash && o.Dialect != "generic"}
	var err error
	switch o.Dialect {
	case "", "outlook":
		o.Dialect, e.header = "outlook", outlookColumns
		s := newOutlookSheet()
		e.cells, err = rowWriter(&s.row, s.fill, e.header)
	case "outlook-com":
		e.header = outlookComColumns
		e.cells, err = outlookComWriter()
	case "thunderbird":
		r := new(thunderbirdRow)
		e.header = thunderbirdColumns
		e.cells, err = rowWriter(r, r.fill, e.header)
	case "google":
		e.header, e.cells = googleNew.header(), googleNew.writer()
	case "google-old":
		e.header, e.cells = googleOld.header(), googleOld.writer()
	case "generic":
		e.header, e.cells = genericHeader(), newGenericWriter().row
	default:
		return nil, unknownDialect(o.Dialect)
	}
	e.addColumns(o)
	e.cmp, e.layout = newComparison(o.Dialect), newLayout(e.header, nil)
	if err = errors.Join(err, e.layout.bind()); err != nil {
		return nil, err
	}
	return e, nil
}

// addColumns adds the further columns that the options ask for, unless the layout has
// them, and those that are ours.
func (e *encoder) addColumns(o Options) {
	own := len(e.header)
	e.header = slices.Clone(e.header)
	if o.Dialect != "generic" {
		e.addMore(o.Columns)
	}
	if o.Excel {
		e.header = append(e.header, guardColumn)
	}
	if e.rowStash {
		e.header = append(e.header, folderColumn, stashColumn)
	}
	if len(e.header) == own {
		return
	}
	row, fill := make([]string, len(e.header)), e.cells
	e.cells = func(c *contact.Contact) ([]string, error) {
		cells, err := fill(c)
		n := copy(row, cells)
		for i, name := range e.more {
			row[n+i] = extraOf(c, name)
		}
		if e.rowStash {
			row[len(row)-2] = string(c.Folder)
		}
		return row, err
	}
}

// addMore adds the columns of those names that the layout does not have.
func (e *encoder) addMore(names []string) {
	known := map[string]bool{stashColumn: true, folderColumn: true, restColumn: true, guardColumn: true}
	for _, name := range e.header {
		known[key(name)] = true
	}
	for _, name := range names {
		if _, isPath := parsePath(name); isPath || known[key(name)] || key(name) == "" || len(e.header) >= formats.MaxExtra-3 {
			continue
		}
		known[key(name)] = true
		e.header, e.more = append(e.header, name), append(e.more, name)
	}
}

// rowWriter returns what makes the cells of a row by filling it with a contact.
func rowWriter[T any](row *T, fill func(*contact.Contact), columns []string) (func(*contact.Contact) ([]string, error), error) {
	members, err := bind(row, columns)
	cells := make([]string, len(columns))
	return func(c *contact.Contact) ([]string, error) {
		fill(c)
		for i, member := range members {
			cells[i] = *member
		}
		return cells, nil
	}, err
}

type encoder struct {
	w      io.Writer
	out    []byte // rows to be written
	excel  bool
	header []string
	more   []string                                 // the further columns
	cells  func(*contact.Contact) ([]string, error) // valid until the next call
	layout *layout                                  // reads back what is written
	back   contact.Contact                          // what was read back last: its lists are used again
	cmp    *comparison
	begun  bool
	number int
	// rowStash: the last cell is for what the others do not hold.
	rowStash bool
	// folders: the layout has no column for them, and they are not known otherwise.
	folders bool
}

// outLen is how much is gathered for one Write.
const outLen = 32 << 10

// Encode implements [formats.Encoder].
func (e *encoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	e.number++
	e.begin()
	c = withPhotoFile(c)
	cells, err := e.cells(c)
	if e.rowStash {
		cells[len(cells)-1] = ""
	}
	start := len(e.out)
	e.out = appendRow(e.out, cells, e.excel)
	losses := e.cmp.of(c, e.readBack(cells))
	if e.rowStash && len(losses) > 0 && err == nil {
		losses, err = e.stash(c, cells, losses)
		e.out = appendRow(e.out[:start], cells, e.excel)
	}
	if e.folders && c.Folder != "" {
		losses = append(losses, contact.Loss{Field: "folder", Kind: contact.Dropped, Reason: e.cmp.noColumn})
	}
	if len(e.out)-start > formats.MaxRecord {
		err = errTooLong
	}
	if err != nil {
		e.out = e.out[:start]
		return nil, &formats.RecordError{At: contact.Position{Unit: "row", Number: e.number}, Err: err}
	}
	if len(e.out) >= outLen {
		if err := e.flush(); err != nil {
			return nil, err
		}
	}
	return losses, nil
}

// stash puts what the row does not hold of c into its last cell. What then comes back is
// stashed, and the rest is lost as it was.
func (e *encoder) stash(c *contact.Contact, cells []string, losses []contact.Loss) ([]contact.Loss, error) {
	text, err := contact.Stash(c, contact.Normalize(e.back.Clone()))
	if err != nil {
		return nil, err
	}
	if cells[len(cells)-1] = text; len(text) > formats.MaxRecord/2 {
		return nil, errTooLong
	}
	left := e.cmp.of(c, e.readBack(cells))
	for i := range losses {
		l := &losses[i]
		if !slices.ContainsFunc(left, func(m contact.Loss) bool { return m.Root() == l.Root() }) {
			l.Kind = contact.Stashed
		}
	}
	return losses, nil
}

// readBack returns the contact that a decoder would make of the row, until the
// next call.
func (e *encoder) readBack(cells []string) *contact.Contact {
	b := &e.back // normalised no further than it is compared
	*b = contact.Contact{Emails: b.Emails[:0], Phones: b.Phones[:0], Addresses: b.Addresses[:0], Websites: b.Websites[:0],
		IMs: b.IMs[:0], Relations: b.Relations[:0], Categories: b.Categories[:0], Extra: b.Extra[:0]}
	e.layout.read(b, cells)
	return b
}

// begin writes the names of the columns, once.
func (e *encoder) begin() {
	if !e.begun {
		e.begun = true
		if e.excel {
			e.out = append(e.out, "\xef\xbb\xbf"...)
		}
		e.out = appendRow(e.out, e.header, e.excel)
	}
}

func (e *encoder) flush() error {
	_, err := e.w.Write(e.out)
	e.out = e.out[:0]
	if err != nil {
		return fmt.Errorf("writing the table up to row %d: %w", e.number, err)
	}
	return nil
}

// Close implements [formats.Encoder].
func (e *encoder) Close() error {
	e.begin()
	return e.flush()
}

// withPhotoFile returns c without the bytes of a photo that is in a file, and
// without a photo that is not fetched.
func withPhotoFile(c *contact.Contact) *contact.Contact {
	p := c.Photo
	if p == nil || p.Path == "" && (len(p.Data) > 0 || p.URL != "") {
		return c
	}
	shown := *c
	shown.Photo = nil
	if p.Path != "" {
		named := *p
		named.Data = nil
		shown.Photo = &named
	}
	return &shown
}
