package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/internal/jsonseq"
)

// maxRepairs limits how many bad values are cut out of one line.
const maxRepairs = 64

// What is wrong with a line as a whole.
var (
	errNoObject  = errors.New("not a JSON object")
	errTooBroken = fmt.Errorf("more than %d values cannot be read", maxRepairs)
)

// salvage reads a line of which some values cannot be read, by cutting out one
// after another and listing it in Unread.
func salvage(line []byte) (*contact.Contact, error) {
	var unread []contact.Loss
	rest := line
	for range maxRepairs {
		c, err := readLine(rest, strict, tolerant)
		if err == nil {
			c.Unread = append(unread, mangled(line, c)...)
			return c, nil
		}
		bad, ok := errors.AsType[*json.SemanticError](err)
		if !ok || bad.JSONPointer == "" {
			return nil, reasonOf(err)
		}
		unread = append(unread, contact.Loss{Field: fieldAt(bad.JSONPointer), Kind: contact.Dropped, Reason: reasonOf(bad).Error()})
		if rest, err = cutOut(rest, bad.JSONPointer, errors.Is(bad, json.ErrUnknownName)); err != nil {
			return nil, reasonOf(err)
		}
	}
	return nil, errTooBroken
}

// reasonOf returns the error without what the JSON package quotes of the line.
func reasonOf(err error) error {
	bad, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return jsonseq.Reason(err)
	case errors.Is(bad, json.ErrUnknownName):
		return errors.New("unknown member")
	case bad.JSONPointer == "":
		return errNoObject
	}
	return fmt.Errorf("not the kind of value that stands here, at byte %d", bad.ByteOffset+1)
}

// fieldAt returns the field's name in reports: "emails[2].address" for the
// pointer /emails/2/address. A name that is not the model's own may be personal
// data and is left out.
func fieldAt(p jsontext.Pointer) contact.Field {
	var b strings.Builder
	for token := range p.Tokens() {
		switch _, err := strconv.ParseUint(token, 10, 32); {
		case err == nil:
			b.WriteString("[" + token + "]")
		case !words[token]:
			return contact.Field(b.String())
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return contact.Field(b.String())
}

// cutOut returns the line with the value at p replaced by null, or gone together
// with its name.
func cutOut(line []byte, p jsontext.Pointer, name bool) ([]byte, error) {
	at, err := locate(line, p)
	if err != nil {
		return nil, err
	}
	if !name {
		return slices.Concat(line[:at.value], []byte("null"), line[at.end:]), nil
	}
	before, after := bytes.TrimRight(line[:at.name], " \t\r\n"), bytes.TrimLeft(line[at.end:], " \t\r\n")
	if bytes.HasPrefix(after, []byte(",")) {
		after = after[1:]
	} else {
		before = bytes.TrimSuffix(before, []byte(","))
	}
	return slices.Concat(before, after), nil
}

// span says where a member or an element begins (its name, its value) and ends.
type span struct{ name, value, end int }

// locate finds the value at p.
func locate(line []byte, p jsontext.Pointer) (at span, err error) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(line), tolerant)
	for token := range p.Tokens() {
		if at.name, err = enter(dec, token); err != nil {
			return at, err
		}
	}
	value, err := dec.ReadValue()
	if err != nil {
		return at, err
	}
	at.end = int(dec.InputOffset())
	at.value = at.end - len(value)
	return at, nil
}

// enter moves dec into the object or array that comes next and up to the value
// that token names there. It returns where the name begins.
func enter(dec *jsontext.Decoder, token string) (int, error) {
	open, err := dec.ReadToken()
	if err != nil {
		return 0, err
	}
	if open.Kind() == jsontext.KindBeginArray {
		n, err := strconv.Atoi(token)
		for i := 0; err == nil && i < n; i++ {
			err = dec.SkipValue()
		}
		return 0, err
	}
	for {
		raw, err := dec.ReadValue()
		if err != nil {
			return 0, err
		}
		name, err := jsontext.AppendUnquote(nil, raw)
		if err != nil && !bytes.ContainsRune(name, '\uFFFD') {
			return 0, err
		}
		if string(name) == token {
			return int(dec.InputOffset()) - len(raw), nil
		}
		if err := dec.SkipValue(); err != nil {
			return 0, err
		}
	}
}

// mangled lists the fields of c in which bytes that are not UTF-8 were replaced.
func mangled(line []byte, c *contact.Contact) []contact.Loss {
	var losses []contact.Loss
	if jsontext.Value(line).IsValid() {
		return nil
	}
	for _, f := range contact.Fields() {
		if strings.ContainsRune(c.Value(f), '\uFFFD') {
			losses = append(losses, contact.Loss{Field: f, Kind: contact.Truncated, Reason: "bytes that are not UTF-8 were replaced"})
		}
	}
	return losses
}
