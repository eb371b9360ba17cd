package vcard

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

type encoder struct {
	dst io.Writer
	w   writer
	err error // sticky
}

// NewEncoder returns an encoder that writes cards to w, one after another. Each
// card is written whole, in one call. With options that do not validate it
// encodes nothing and returns the error of [Options.Validate].
func NewEncoder(w io.Writer, o Options) formats.Encoder {
	version, d := o.resolved()
	return &encoder{dst: w, w: writer{version: version, v4: version == "4.0", v2: version == "2.1", dialect: d}, err: o.Validate()}
}

func (e *encoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	if e.err != nil {
		return nil, e.err
	}
	losses, err := e.w.card(c)
	if err != nil {
		return nil, err
	}
	if _, e.err = e.dst.Write(e.w.out); e.err != nil {
		return nil, e.err
	}
	if cap(e.w.out) > 1<<20 {
		e.w.out, e.w.line = nil, nil // one huge photo does not cost memory for ever
	}
	return losses, nil
}

func (e *encoder) Close() error { return e.err }

// card writes the whole card to w.out.
func (w *writer) card(c *contact.Contact) ([]contact.Loss, error) {
	w.c, w.probe, w.out, w.losses, w.count, w.grouped = c, nil, w.out[:0], nil, 0, false
	w.attachParams()
	w.out = append(append(append(w.out, "BEGIN:VCARD\r\nVERSION:"...), w.version...), "\r\n"...)
	w.names()
	w.organization()
	w.reach()
	w.dates()
	w.relations()
	w.rest()
	w.photo(c.Photo)
	for _, x := range w.others {
		w.extra(x)
	}
	w.c, w.probe = nil, nil
	clear(w.attached)
	clear(w.others)
	w.out = append(w.out, "END:VCARD\r\n"...)
	if w.count >= formats.MaxExtra || len(w.out) > formats.MaxRecord {
		return nil, formats.RecordErrorf(c.At, "a card of more than %d bytes or %d properties", formats.MaxRecord, formats.MaxExtra)
	}
	return w.losses, nil
}

// names writes who the contact is. FN must be there and not be empty.
func (w *writer) names() {
	c := w.c
	w.scalar(gv.FieldUID, c.DerivedUID())
	if display := w.display(); display != "" {
		w.scalar(gv.FieldFormattedName, display)
	} else {
		w.open(gv.FieldFormattedName)
		w.param(paramEmpty, "TRUE")
		w.text(c.DerivedUID())
		w.end()
	}
	n := &c.Name
	w.openScalar(gv.FieldName, gv.FieldName)
	lists := w.attachedTo(gv.FieldName)[paramLists]
	for i, s := range nameParts(n) {
		if i == 0 {
			w.colon()
		} else {
			w.line = append(w.line, ';')
		}
		if len(lists) > 0 && lists[i] != "" {
			w.line = append(w.line, lists[i]...)
		} else {
			w.escape(*s, ";")
		}
	}
	w.more(gv.FieldName)
	w.end()
	if n.Nickname != "" {
		w.openScalar(gv.FieldNickname, gv.FieldNickname)
		w.colon()
		w.listItem(n.Nickname)
		w.end()
	}
}

// display returns the name to show, "" if there is nothing to make it of.
func (w *writer) display() string {
	if w.c.Name.Display != "" {
		return w.c.Name.Display
	}
	return strings.TrimSpace(w.c.DerivedDisplay())
}

func (w *writer) organization() {
	o := &w.c.Organization
	if o.Company != "" || o.Department != "" || len(o.Units) > 0 {
		w.openScalar(gv.FieldOrganization, gv.FieldOrganization)
		w.structured(o.Company)
		if o.Department != "" || len(o.Units) > 0 {
			w.component(o.Department)
		}
		for _, unit := range o.Units {
			w.component(unit)
		}
		w.end()
	}
	for i := range scalars {
		s := &scalars[i]
		v := *s.at(w.c)
		w.scalar(s.name, v)
		if s.twice != "" && v != "" && w.dialect.repeats {
			w.open(s.twice)
			w.text(v)
			w.end()
		}
	}
}

// scalar writes a text property, unless it is empty.
func (w *writer) scalar(name, v string) {
	if v == "" {
		return
	}
	w.openScalar(name, name)
	w.text(v)
	w.end()
}

// more writes the end of a value that the model has no place for.
func (w *writer) more(key string) {
	if rest := w.attachedTo(key)[paramMore]; len(rest) == 1 {
		w.line = append(append(w.line, ';'), rest[0]...)
	}
}

// own writes a property of ours.
func (w *writer) own(name, v string) {
	if v != "" {
		w.line = append(append(w.line[:0], "X-CARDFERRY-"...), name...)
		w.text(v)
		w.end()
	}
}

func (w *writer) dates() {
	w.date(gv.FieldBirthday, gv.FieldBirthday, "birthday", w.c.Birthday)
	if w.c.Anniversary.IsZero() {
		return
	}
	for i, name := range w.dialect.anniversary {
		switch {
		case name == propABDate && (i > 0 || w.attachedTo(gv.FieldAnniversary) == nil):
			w.labelledDate(w.c.Anniversary)
		case name == propABDate: // its parameters have no place in a group of Apple's
			w.date("X-ANNIVERSARY", gv.FieldAnniversary, "anniversary", w.c.Anniversary)
			w.labelledDate(w.c.Anniversary)
		default:
			w.date(name, gv.FieldAnniversary, "anniversary", w.c.Anniversary)
		}
	}
}

// labelledDate writes an anniversary as Apple does.
func (w *writer) labelledDate(d contact.Date) {
	w.count1604("anniversary", d)
	group := w.newGroup()
	d, omitsYear := w.dated(d)
	w.openIn(group, propABDate)
	if omitsYear {
		w.param(paramNoYear, "1604")
	}
	w.colon()
	w.line = w.appendDate(w.line, d)
	w.end()
	w.openIn(group, "X-ABLabel")
	w.text("_$!<Anniversary>!$_")
	w.end()
}

// count1604 reports a date in the year that stands for none, once.
func (w *writer) count1604(f contact.Field, d contact.Date) {
	if d.Year == noYear && d.Month != 0 && !slices.ContainsFunc(w.losses, func(l contact.Loss) bool { return l.Field == f }) {
		w.lose(f, contact.Truncated, "the year 1604 stands for no year in vCards")
	}
}

func (w *writer) date(name, key string, f contact.Field, d contact.Date) {
	if d.IsZero() {
		return
	}
	w.count1604(f, d)
	d, omitsYear := w.dated(d)
	w.openScalar(name, key)
	if omitsYear {
		w.param(paramNoYear, "1604")
	}
	w.colon()
	w.line = w.appendDate(w.line, d)
	if clock := w.attachedTo(key)[paramMore]; len(clock) == 1 {
		w.line = append(w.line, clock[0]...)
	}
	w.end()
}

// rest writes what is neither name nor address nor date.
func (w *writer) rest() {
	c := w.c
	w.scalar(gv.FieldNote, c.Notes)
	for i, category := range c.Categories {
		if i == 0 {
			w.openScalar(gv.FieldCategories, gv.FieldCategories)
			w.colon()
		} else {
			w.line = append(w.line, ',')
		}
		w.listItem(category)
	}
	if len(c.Categories) > 0 {
		w.end()
	}
	w.gender()
	w.own("FOLDER", string(c.Folder))
	if c.Favorite {
		w.own("FAVORITE", "TRUE")
	}
	w.flag()
	if !c.Modified.IsZero() {
		w.openScalar(gv.FieldRevision, gv.FieldRevision)
		w.colon()
		w.line = w.appendTime(w.line, c.Modified)
	} else { // one that is older than any, and the same in every run
		w.open(gv.FieldRevision)
		w.param(paramEmpty, "TRUE")
		w.colon()
		w.line = w.appendTime(w.line, time.Unix(0, 0))
	}
	w.end()
	if !c.Created.IsZero() {
		w.open("CREATED") // RFC 9554, 3.1
		if !w.v4 {
			w.open("X-CARDFERRY-CREATED")
		}
		w.colon()
		w.line = w.appendTime(w.line, c.Created)
		w.end()
	}
}

// appendTime appends an instant in the version's form. time.AppendFormat, which reads
// its layout anew each time, takes several times as long.
func (w *writer) appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.UTC().Date()
	hour, minute, second := t.UTC().Clock()
	date, clock := "-", ":"
	if w.v4 {
		date, clock = "", ""
	}
	if year < 0 || year > 9999 {
		b = t.UTC().AppendFormat(b, "2006")
	} else {
		b = appendTwo(appendTwo(b, year/100), year%100)
	}
	b = appendTwo(append(b, date...), int(month))
	b = append(appendTwo(append(b, date...), day), 'T')
	b = appendTwo(append(appendTwo(b, hour), clock...), minute)
	return append(appendTwo(append(b, clock...), second), 'Z')
}

// appendTwo appends a number below 100 with two digits.
func appendTwo(b []byte, n int) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// sexCodes has what GENDER has for our words (RFC 6350, 6.2.7).
var sexCodes = map[string]string{"male": "M", "female": "F", "other": "O", "none": "N", "unknown": "U"}

// gender writes GENDER in 4.0, and in 3.0 where only its second component keeps
// what was read; else 3.0 has X-GENDER.
func (w *writer) gender() {
	g := w.c.Gender
	if g == "" {
		return
	}
	code, known := sexCodes[g]
	if !w.v4 && len(w.attachedTo(gv.FieldGender)[paramMore]) == 0 {
		w.openScalar("X-GENDER", gv.FieldGender)
		if known {
			g = strings.ToUpper(g[:1]) + g[1:]
		}
		w.structured(g) // reading takes what stands behind a semicolon for GENDER's text
		w.end()
		return
	}
	w.openScalar(gv.FieldGender, gv.FieldGender)
	if known {
		w.structured(code)
		w.more(gv.FieldGender)
	} else {
		w.structured("", g)
	}
	w.end()
}

func (w *writer) flag() {
	f := &w.c.Flag
	if *f == (contact.Flag{}) {
		return
	}
	form := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	w.open("X-CARDFERRY-FLAG")
	w.structured(f.Status, form(f.Start), form(f.Due), form(f.Completed))
	w.end()
}
