package outlook

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// framer finds the objects of contacts in a stream: those of the value array of
// pages, of bare arrays, and those that stand alone, one or many, in any order. It
// follows brackets and quotes and nothing else, so that one object that is no
// valid JSON is one bad record and not the end of the stream.
type framer struct {
	r       io.Reader // nil once it is exhausted
	failure error     // why it is: io.EOF, or trouble
	buf     []byte
	pos     int // the next byte to be looked at
	keep    int // the first byte that is still needed, -1 when pos is
	line    int // of pos
	begin   int // where that line begins; negative when that is no longer in buf
	column  int // of the record: how many bytes stand before it on its line
	number  int // of the record
	wasted  int // bytes looked at for records that turned out to be broken
	stack   []context
	page    pageMembers
}

// maxWasted bounds the search for the end of broken records, each of which may lead
// to the end of the stream.
const maxWasted = 4 * formats.MaxRecord

// context is what the framer is within.
type context byte

const (
	inArray context = iota // an array of contacts
	inPage                 // a page, before or after its value array
)

// pageMembers are the members that a page has beside its contacts.
type pageMembers struct {
	nextLink, deltaLink string
	count               int  // -1: the page does not say
	seen                bool // a value array was there
}

var (
	errUnfinished = errors.New("the text ends in the middle")
	errBroken     = errors.New("not valid JSON")
	errNoPage     = errors.New("not a page of contacts")
	errTooLong    = fmt.Errorf("longer than %d MiB", formats.MaxRecord>>20)
)

func newFramer(r io.Reader) *framer { return &framer{r: r, keep: -1, line: 1} }

// at returns the position of the record that was read last.
func (f *framer) at(line int) contact.Position {
	return contact.Position{Unit: "contact", Number: f.number, Line: line}
}

// seek moves to the next object. A *formats.RecordError concerns one record; io.EOF
// is the regular end.
func (f *framer) seek() error {
	for {
		b, ok := f.peek()
		if !ok {
			return f.atEnd()
		}
		switch {
		case b == ',' || b == 0xef || b == 0xbb || b == 0xbf: // a separator, a byte order mark
			f.pos++
		case len(f.stack) == 0 && b == '[':
			f.pos++
			f.stack = append(f.stack, inArray)
		case len(f.stack) > 0 && f.top() == inArray && b == ']', len(f.stack) > 0 && f.top() == inPage && b == '}':
			f.pos++
			f.stack = f.stack[:len(f.stack)-1]
		case len(f.stack) > 0 && f.top() == inPage:
			if err := f.pageMember(); err != nil {
				return err
			}
		case b == '{':
			return nil
		default:
			return f.junk()
		}
	}
}

// pass moves over the object at pos, which somebody else has read and found to be n
// bytes long.
func (f *framer) pass(n int) {
	raw := f.buf[f.pos : f.pos+n]
	if lines := bytes.Count(raw, []byte{'\n'}); lines > 0 {
		f.line, f.begin = f.line+lines, f.pos+bytes.LastIndexByte(raw, '\n')+1
	}
	f.pos += n
	f.number++
}

// junk moves over what is no object: a value of an array, else the rest of a line.
func (f *framer) junk() error {
	f.number++
	bad := formats.RecordErrorf(f.at(f.line), "not a JSON object")
	if len(f.stack) == 0 {
		f.skipLine()
		return bad
	}
	if _, err := f.value(); err != nil {
		return fmt.Errorf("line %d: %w", f.line, err)
	}
	return bad
}

func (f *framer) top() context { return f.stack[len(f.stack)-1] }

// atEnd tells a regular end of the stream from one in the middle of it.
func (f *framer) atEnd() error {
	if err := f.unfinished(); err != errUnfinished || len(f.stack) > 0 {
		return fmt.Errorf("line %d: %w", f.line, err)
	}
	return io.EOF
}

// object returns the text of the object at pos, valid until the next fill, and the
// line on which it begins. Its errors are those of seek. If it turns out to be a
// page, it enters it and returns nothing.
func (f *framer) object() ([]byte, int, error) {
	line, begin := f.line, f.begin
	f.keep, f.column = f.pos, f.pos-f.begin
	if len(f.stack) == 0 {
		if f.entersPage() {
			return nil, 0, nil
		}
		begin += f.keep - (begin + f.column) // the buffer may have moved
		f.pos, f.line, f.begin = f.keep, line, begin
	}
	f.number++
	raw, err := f.value()
	f.wasted += max(f.pos-f.keep, 0)
	switch {
	case err == nil:
		f.wasted = 0
		return raw, line, nil
	case err != errUnfinished && err != errBroken && err != errTooLong:
		return nil, 0, fmt.Errorf("line %d: %w", line, err)
	case f.wasted > maxWasted:
		return nil, 0, fmt.Errorf("line %d: too much of it is broken: %w", line, err)
	case f.resume(line) || len(f.stack) == 0: // else nothing tells where the array goes on
		return nil, 0, formats.RecordErrorf(f.at(line), "%w", err)
	}
	return nil, 0, fmt.Errorf("line %d: %w", line, err)
}

// entersPage looks into the object at pos: one that has a member "value" with an
// array is a page. Then pos is within that array.
func (f *framer) entersPage() bool {
	f.pos++
	f.page = pageMembers{count: -1}
	for {
		b, ok := f.peek()
		if !ok || b != '"' && b != ',' {
			return false
		}
		if b == ',' {
			f.pos++
			continue
		}
		name, err := f.name()
		if err != nil {
			return false
		}
		if f.entersValue(name) {
			f.stack, f.keep = append(f.stack, inPage, inArray), -1
			return true
		}
		if f.member(name) != nil {
			return false
		}
	}
}

// entersValue enters the array of a page if that is what stands at pos.
func (f *framer) entersValue(name string) bool {
	b, ok := f.peek()
	if !ok || b != '[' || !bytes.EqualFold([]byte(name), []byte("value")) {
		return false
	}
	f.pos++
	f.page.seen = true
	return true
}

// pageMember reads a member of a page after its contacts.
func (f *framer) pageMember() error {
	f.keep = f.pos
	name, err := f.name()
	if err == nil {
		if f.entersValue(name) {
			f.stack, f.keep = append(f.stack, inArray), -1
			return nil
		}
		err = f.member(name)
	}
	f.keep = -1
	if err != nil {
		return fmt.Errorf("line %d: %w", f.line, err)
	}
	return nil
}

// name reads the name of a member and the colon after it.
func (f *framer) name() (string, error) {
	if b, _ := f.peek(); b != '"' {
		return "", errBroken
	}
	from := f.pos - f.keep
	if err := f.string(); err != nil {
		return "", err
	}
	name := string(f.buf[f.keep+from+1 : f.pos-1])
	if b, _ := f.peek(); b != ':' {
		return "", errBroken
	}
	f.pos++
	return name, nil
}

// member reads the value of a page's member and keeps the ones of interest.
func (f *framer) member(name string) error {
	if _, ok := f.peek(); !ok {
		return errUnfinished
	}
	from := f.pos - f.keep
	if err := f.skipValue(); err != nil {
		return err
	}
	raw := f.buf[f.keep+from : f.pos]
	switch name {
	case "@odata.nextLink":
		f.page.nextLink = linkOf(raw)
	case "@odata.deltaLink":
		f.page.deltaLink = linkOf(raw)
	case "@odata.count":
		f.page.count = countOf(raw)
	}
	return nil
}
