package outlook

import (
	"bytes"
	"io"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Options choose what [Format] writes.
type Options struct {
	Dialect Dialect // zero: [GraphV1]
	Form    Form    // zero: [InPage]
}

// Form is how the contacts of a file stand in it. Reading finds out by itself.
type Form string

const (
	InPage  Form = "page"  // as the service answers: an object whose member "value" is an array
	InArray Form = "array" // a bare array
	InLines Form = "lines" // an object on each line
)

// Format returns the file format of saved API pages. It reads pages (one, or many
// on end), bare arrays, single objects and objects one per line, in every dialect,
// also mixed. It writes one page (or an array, or lines) in the dialect of the options, as
// the service would send it with its extended properties expanded, so that nothing is lost; a
// photo's file and the folder's path stand in annotations of this project,
// @cardferry.photo and @cardferry.folder.
//
// The row of a removed contact, as a saved delta page has it, and a saved error are
// records that cannot be read.
func Format(o Options) formats.Format {
	return formats.Format{
		Name:       "outlook-json",
		Extensions: []string{".json"},
		Sniff:      sniff,
		NewDecoder: func(r io.Reader) formats.Decoder { return &decoder{newFramer(r)} },
		NewEncoder: func(w io.Writer) formats.Encoder { return &encoder{w: w, dialect: o.Dialect, form: o.Form} },
	}
}

type decoder struct{ framer *framer }

// All implements formats.Decoder.
func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		r, it := newReader(), &item{}
		r.inFile = true
		for {
			line, err := d.framer.decode(r, it)
			if err == io.EOF {
				return
			}
			if err != nil {
				if !yield(nil, err) || !formats.IsRecordError(err) {
					return
				}
				continue
			}
			c := it.restore()
			c.At = d.framer.at(line)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// encoder writes one page, or one of the other forms.
type encoder struct {
	w       io.Writer
	dialect Dialect
	form    Form
	begun   bool
	err     error
}

// Encode implements formats.Encoder.
func (e *encoder) Encode(c *contact.Contact) ([]contact.Loss, error) {
	if e.err != nil {
		return nil, e.err
	}
	p := prepare(c, e.dialect, true)
	w := newWriter(make([]byte, 0, 2048), e.dialect)
	w.raw(e.separator())
	w.open('{')
	w.bookkeeping(c, p)
	w.contact(p.item, func(*member) bool { return true })
	w.close('}')
	if e.form == InLines {
		w.b = append(w.b, '\n')
	}
	if _, e.err = e.w.Write(w.b); e.err != nil {
		return nil, e.err
	}
	e.begun = true
	return p.losses, nil
}

// bookkeeping places what the service keeps of a contact, and appends what has no
// member of its own: the photo, the folder and the members that nobody knows.
func (w *writer) bookkeeping(c *contact.Contact, p *prepared) {
	it := p.item
	it.text[slotID], it.text[slotVersion] = string(c.ID), c.Version
	if !c.Created.IsZero() {
		it.text[slotCreated] = formatInstant(c.Created)
	}
	if !c.Modified.IsZero() {
		it.text[slotModified] = formatInstant(c.Modified)
	}
	if c.Folder != "" {
		w.annotation("@cardferry.folder")
		w.string(string(c.Folder))
	}
	w.photo(c.Photo, p)
	for _, x := range it.extra {
		if !isProperty(x) {
			w.annotation(x.Name)
			w.raw(x.Value)
		}
	}
}

// annotation begins a member whose name is not of the mapping.
func (w *writer) annotation(name string) {
	w.next()
	w.string(name)
	w.b = append(w.b, ':')
}

func (w *writer) photo(photo *contact.Photo, p *prepared) {
	switch {
	case photo == nil:
		return
	case photo.Path == "" && photo.URL == "":
		if len(photo.Data) > 0 {
			p.losses = append(p.losses, contact.Loss{Field: "photo", Kind: contact.Dropped, Reason: "the format holds no bytes of photos"})
			return
		}
		p.item.text[slotPicture] = "true"
		return
	}
	w.annotation("@cardferry.photo")
	w.open('{')
	for _, m := range [][2]string{{"path", photo.Path}, {"url", photo.URL}, {"mediaType", photo.MediaType}, {"sha256", photo.SHA256}} {
		if m[1] != "" {
			w.annotation(m[0])
			w.string(m[1])
		}
	}
	w.close('}')
}

func (e *encoder) separator() string {
	switch {
	case e.form == InLines:
		return ""
	case e.begun:
		return ",\n"
	}
	return e.head()
}

func (e *encoder) head() string {
	if e.form == InArray {
		return "[\n"
	}
	entity := "/$metadata#users('me')/contacts"
	if !e.dialect.Graph() {
		entity = "/$metadata#Me/Contacts"
	}
	return `{"@odata.context":"` + e.dialect.BaseURL() + entity + `","value":[` + "\n"
}

// Close implements formats.Encoder.
func (e *encoder) Close() error {
	if e.err != nil {
		return e.err
	}
	tail := "]}\n"
	switch e.form {
	case InArray:
		tail = "]\n"
	case InLines:
		return nil
	}
	if e.begun {
		tail = "\n" + tail
	} else {
		tail = e.head() + tail
	}
	_, e.err = io.WriteString(e.w, tail)
	return e.err
}

// sniff looks for JSON that names what contacts of the service have and the
// project's own JSON Lines have not.
func sniff(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 || head[0] != '{' && head[0] != '[' {
		return false
	}
	for i := range sniffed {
		if bytes.Contains(head, sniffed[i]) {
			return true
		}
	}
	// A page whose contacts begin behind what was looked at, or that has none.
	return bytes.HasPrefix(bytes.TrimLeft(head[1:], " \t\r\n"), []byte(`"value"`))
}

var sniffed = func() (names [][]byte) {
	for _, name := range []string{"@odata.context", "@odata.etag", "@odata.nextLink", "changeKey", "parentFolderId",
		"emailAddresses", "givenName", "displayName", "surname", "businessPhones", "homePhones", "mobilePhone",
		"postalAddresses", "businessAddress", "homeAddress", "otherAddress", "companyName", "jobTitle",
		"personalNotes", "imAddresses", "singleValueExtendedProperties"} {
		for _, spelling := range []string{name, outlookName(name)} {
			names = append(names, []byte(`"`+spelling+`":`), []byte(`"`+spelling+`" :`))
		}
	}
	return names
}()
