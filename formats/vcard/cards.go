package vcard

import (
	"bytes"
	"fmt"
	"io"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// rawCard is one card as its unfolded lines, without BEGIN and END. It is valid
// until the next one is read.
type rawCard struct {
	at     contact.Position
	lines  []rawLine
	all    string         // the lines, one behind the other
	long   []string       // but for long ones: a photo shall not live as long as the name beside it
	clean  bool           // every line is UTF-8 without control characters
	faults []contact.Loss // what is wrong with the card as a whole, or was too large
}

// rawLine is an unfolded line.
type rawLine struct {
	from, to int // in the card's text; to is -1 for one of the long lines, from its index
	number   int // of the physical line on which it begins
}

func (c *rawCard) text(l rawLine) string {
	if l.to < 0 {
		return c.long[l.from]
	}
	return c.all[l.from:l.to]
}

// longLine is from how many bytes on a line has a string of its own.
const longLine = 2 << 10

// splitter cuts a stream into cards. A card ends with its END, with the BEGIN of
// the next (two people never become one) or with the stream.
type splitter struct {
	in    lineReader
	count int
	begun bool // BEGIN of the next card has been read

	card   rawCard
	buf    []byte // the card's short lines, and the one being unfolded
	from   int    // where that one begins in buf, -1 if there is none
	number int    // of its first physical line
	enc    form
	nested int  // depth of cards within the card (AGENT)
	size   int  // bytes of the card so far
	before int  // bytes of it before the line being unfolded
	skips  bool // the line that these may belong to was too large
}

// form is how the value of the line being unfolded is written, as far as it
// decides what belongs to it.
type form int

const (
	unknown form = iota // not looked at yet
	plain
	quotedPrintable
	base64Lines
)

func newSplitter(r io.Reader) *splitter {
	return &splitter{in: lineReader{src: r, limit: formats.MaxRecord}, from: -1}
}

// next returns the next card. A *formats.RecordError concerns one card, or text
// between cards, and the next call goes on behind it; any other error is final.
func (s *splitter) next() (*rawCard, error) {
	if !s.begun {
		if err := s.seek(); err != nil {
			return nil, err
		}
	}
	return s.collect()
}

// seek reads up to a BEGIN. Text before it is reported once.
func (s *splitter) seek() error {
	stray := 0
	for !s.begun {
		line, err := s.in.next()
		switch {
		case err == errLongLine, err == nil && !s.isBegin(bytes.TrimLeft(line, " \t")) && len(bytes.TrimSpace(trimBOM(line))) > 0:
			if stray == 0 {
				stray = s.in.number
			}
		case err == io.EOF && stray > 0:
			return strayError(stray)
		case err != nil:
			return err
		}
	}
	if stray > 0 {
		return strayError(stray)
	}
	return nil
}

func strayError(line int) error {
	return formats.RecordErrorf(contact.Position{Unit: "card", Line: line}, "text outside of any card was passed over")
}

// isBegin reports whether line begins a card, and notes it.
func (s *splitter) isBegin(line []byte) bool {
	if !isMark(line, "BEGIN") {
		return false
	}
	s.begun = true
	return true
}

func (s *splitter) collect() (*rawCard, error) {
	s.reset()
	for {
		s.takePlain()
		line, err := s.in.next()
		switch {
		case err == io.EOF:
			s.fault("the card has no end")
			return s.finish(), nil
		case err == errLongLine && s.nested == 0:
			s.passOver()
			continue
		case err == errLongLine:
			return nil, s.abandon("is larger than %d bytes", formats.MaxRecord)
		case err != nil:
			return nil, err
		case s.nested > 0:
			s.addNested(line)
		case isMark(line, "END"):
			return s.finish(), nil
		case isMark(line, "BEGIN") && s.expectsNested():
			s.addNested(line)
		case s.isBegin(line):
			s.fault("the card has no end before the next one begins")
			return s.finish(), nil
		default:
			s.add(line)
		}
		s.size += len(line) + 1
		switch {
		case s.size > formats.MaxRecord && !s.drop():
			return nil, s.abandon("is larger than %d bytes", formats.MaxRecord)
		case len(s.card.lines) >= formats.MaxExtra && s.from >= 0:
			return nil, s.abandon("has more than %d properties", formats.MaxExtra)
		}
	}
}

// passOver is told that a physical line was longer than a card may be. What it goes on
// with goes with it.
func (s *splitter) passOver() {
	if first := s.in.skipped[0]; s.from >= 0 && (first == ' ' || first == '\t' || s.form() != plain) {
		s.dropLine()
		return
	}
	s.endLine()
	s.lose(s.in.skipped[:], s.in.number)
	s.skips = true
}

// drop drops the line being unfolded if it is what makes the card too large.
func (s *splitter) drop() bool {
	if s.from < 0 || s.nested > 0 || len(s.buf)-s.from < formats.MaxRecord/2 {
		return false
	}
	s.dropLine()
	return true
}

func (s *splitter) dropLine() {
	s.lose(s.buf[s.from:], s.number)
	s.buf, s.from, s.size, s.skips = s.buf[:s.from], -1, s.before, true
}

// lose notes that a line that begins so was dropped.
func (s *splitter) lose(begin []byte, line int) {
	f := contact.Field("extra")
	if photo := []byte("PHOTO"); len(begin) >= len(photo) && bytes.EqualFold(begin[:len(photo)], photo) {
		f = "photo"
	}
	s.card.faults = append(s.card.faults, contact.Loss{Field: f, Kind: contact.Dropped, Reason: fmt.Sprintf("line %d: too long, a card has at most %d bytes", line, formats.MaxRecord)})
}

func (s *splitter) reset() {
	s.begun = false
	s.count++
	s.card.at = contact.Position{Unit: "card", Number: s.count, Line: s.in.number}
	s.card.lines, s.card.long, s.card.faults = s.card.lines[:0], nil, nil
	if cap(s.buf) > 1<<20 {
		s.buf = nil // one huge card does not cost memory for ever
	}
	s.buf, s.from, s.nested, s.size, s.skips = s.buf[:0], -1, 0, 0, false
}

func (s *splitter) fault(reason string) {
	s.card.faults = append(s.card.faults, contact.Loss{Field: "extra", Kind: contact.Truncated, Reason: fmt.Sprintf("line %d: %s", s.in.number, reason)})
}

// takePlain takes the lines of the card that are read already and are nothing but
// properties: no fold, no soft break, no base64 without indentation, no frame. Most
// lines are, and what takes care of the others need not look at them.
func (s *splitter) takePlain() {
	if s.nested > 0 || s.from >= 0 && !endsPlain(s.buf[s.from:]) {
		return
	}
	for s.size < formats.MaxRecord && len(s.card.lines) < formats.MaxExtra-1 {
		w := s.in.buf[s.in.start:s.in.end]
		lf := bytes.IndexByte(w, '\n')
		if lf < 2 || lf+1 == len(w) || w[lf+1] == ' ' || w[lf+1] == '\t' {
			return
		}
		line := w[:lf]
		if line[lf-1] == '\r' {
			line = line[:lf-1]
		}
		if !isPlainLine(line) {
			return
		}
		s.endLine()
		s.in.consume(lf + 1)
		s.in.number++
		s.from, s.number, s.enc = len(s.buf), s.in.number, unknown
		s.before, s.skips = s.size, false
		s.buf = append(s.buf, line...)
		s.size += lf
	}
}

// endsPlain reports whether no line can belong to this one but an indented one.
func endsPlain(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	switch line[len(line)-1] {
	case '=', ':', ' ', '\t':
		return false
	}
	return true
}

// isPlainLine reports whether a line is a property, and complete.
func isPlainLine(line []byte) bool {
	if len(line) < 2 || len(line) >= longLine || line[0]|0x20 < 'a' || line[0]|0x20 > 'z' || !endsPlain(line) {
		return false
	}
	return bytes.IndexByte(line, ':') > 0 && bytes.IndexByte(line, '\r') < 0 && !isMark(line, "END") && !isMark(line, "BEGIN")
}

// add takes one physical line into the card: a line of its own, or the
// continuation of the one before.
func (s *splitter) add(line []byte) {
	switch {
	case s.skips && (len(line) == 0 || line[0] == ' ' || line[0] == '\t' || isBase64(line)):
	case s.from >= 0 && s.softBreak():
		s.buf = append(s.buf, line...)
	case len(line) == 0:
	case s.from >= 0 && (line[0] == ' ' || line[0] == '\t'):
		s.buf = append(s.buf, line[1:]...)
	case s.from >= 0 && isBase64(line) && s.form() == base64Lines:
		s.buf = append(s.buf, line...)
	default:
		s.endLine()
		s.from, s.number, s.enc = len(s.buf), s.in.number, unknown
		s.before, s.skips = s.size, false
		if line[0] == ' ' || line[0] == '\t' {
			line = bytes.TrimLeft(line, " \t")
		}
		s.buf = append(s.buf, line...)
	}
}

// softBreak reports whether the line being unfolded ends with the "=" by which
// quoted-printable text goes on in the next line, and removes it.
func (s *splitter) softBreak() bool {
	end := len(s.buf)
	for end > s.from && end > len(s.buf)-80 && (s.buf[end-1] == ' ' || s.buf[end-1] == '\t') {
		end--
	}
	if end == s.from || s.buf[end-1] != '=' || s.form() != quotedPrintable {
		return false
	}
	s.buf = s.buf[:end-1]
	return true
}

// form looks at the parameters of the line being unfolded.
func (s *splitter) form() form {
	if s.enc != unknown {
		return s.enc
	}
	s.enc = plain
	quoted := false
	for i, from := s.from, s.from; i < len(s.buf); i++ {
		switch b := s.buf[i]; {
		case b == '"':
			quoted = !quoted
		case quoted || b != ';' && b != ':':
		default:
			if f := formOf(s.buf[from:i]); f != plain {
				s.enc = f
			}
			if from = i + 1; b == ':' {
				return s.enc
			}
		}
	}
	if len(s.buf)-s.from < longLine { // the parameters go on
		s.enc = unknown
	}
	return plain
}

// formOf returns what one parameter says of the value's form.
func formOf(parameter []byte) form {
	name, value, named := bytes.Cut(bytes.TrimSpace(parameter), []byte("="))
	switch {
	case !named:
		value = name
	case !bytes.EqualFold(name, []byte(paramEncoding)):
		return plain
	}
	switch {
	case bytes.EqualFold(value, []byte("QUOTED-PRINTABLE")):
		return quotedPrintable
	case bytes.EqualFold(value, []byte("BASE64")), bytes.EqualFold(value, []byte("B")):
		return base64Lines
	}
	return plain
}

// endLine completes the line being unfolded.
func (s *splitter) endLine() {
	if s.from < 0 {
		return
	}
	l := rawLine{from: s.from, to: len(s.buf), number: s.number}
	if l.to-l.from >= longLine {
		s.card.long = append(s.card.long, string(s.buf[l.from:]))
		s.buf = s.buf[:l.from]
		l.from, l.to = len(s.card.long)-1, -1
	}
	s.card.lines = append(s.card.lines, l)
	s.from = -1
}

// finish completes the card.
func (s *splitter) finish() *rawCard {
	s.endLine()
	s.card.all = string(s.buf)
	s.card.clean = isClean(s.card.all)
	for _, text := range s.card.long {
		s.card.clean = s.card.clean && isClean(text)
	}
	return &s.card
}

// abandon passes over the rest of a card that is too large.
func (s *splitter) abandon(than string, limit int) error {
	reason := formats.RecordErrorf(s.card.at, "the card "+than, limit)
	for {
		line, err := s.in.next()
		switch {
		case err == errLongLine:
		case err == io.EOF:
			return reason
		case err != nil:
			return err
		case isMark(line, "END"), s.isBegin(line):
			return reason
		}
	}
}

// expectsNested reports whether the line being unfolded is an AGENT without a
// value: vCard 2.1 puts the agent's whole card behind it.
func (s *splitter) expectsNested() bool {
	if s.from < 0 {
		return false
	}
	line := bytes.TrimRight(s.buf[s.from:], " \t")
	return len(line) > 5 && bytes.EqualFold(line[:5], []byte("AGENT")) && (line[5] == ':' || line[5] == ';') && line[len(line)-1] == ':'
}

// addNested takes a line of a card within the card into the AGENT property, in
// the form that vCard 3.0 gives it: one escaped text (RFC 2426, 3.5.4).
func (s *splitter) addNested(line []byte) {
	if s.nested > 0 {
		s.buf = append(s.buf, `\n`...)
	}
	switch {
	case isMark(line, "BEGIN"):
		s.nested++
	case isMark(line, "END"):
		s.nested--
	}
	s.buf = appendEscaped(s.buf, string(line))
}

// isMark reports whether line is BEGIN:VCARD or END:VCARD, however it is spelled.
func isMark(line []byte, mark string) bool {
	if len(line) < 9 || len(line) > 64 || line[0] < 0x80 && (line[0]|0x20 != mark[0]|0x20 || line[1]|0x20 != mark[1]|0x20) {
		return false
	}
	name, value, ok := bytes.Cut(trimBOM(line), []byte(":"))
	return ok && bytes.EqualFold(bytes.TrimSpace(name), []byte(mark)) && bytes.EqualFold(bytes.TrimSpace(value), []byte("VCARD"))
}

func trimBOM(line []byte) []byte { return bytes.TrimPrefix(line, []byte("\ufeff")) }

// isBase64 reports whether line can be a line of base64 and nothing else.
func isBase64(line []byte) bool {
	for i, b := range line {
		switch {
		case 'A' <= b && b <= 'Z', 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '+', b == '/', b == '=':
		case b == ' ' || b == '\t':
			return len(bytes.TrimSpace(line[i:])) == 0
		default:
			return false
		}
	}
	return true
}
