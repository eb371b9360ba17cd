// Package jcard reads and writes jCard (RFC 7095): a vCard 4.0 as JSON.
//
// What properties mean is the matter of package vcard: a jCard is read as the card that it
// renders, and written from the card that a contact makes. So it keeps what a vCard 4.0
// keeps, which is everything.
//
// A file holds one jCard, or an array of them, or one on each line; many are written as an
// array. Values of a type that their property does not have by default keep it as VALUE. A
// value that would not come back from its JSON form exactly is written with the type
// "unknown", as RFC 7095 has it for what nobody knows the syntax of.
package jcard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/internal/cardtext"
	"github.com/cardferry/cardferry/formats/internal/jsonseq"
	"github.com/cardferry/cardferry/formats/vcard"
)

// Format returns the format's row for a [formats.Table].
func Format() formats.Format {
	return formats.Format{
		Name:         "jcard",
		Extensions:   []string{".jcard"},
		Sniff:        sniff,
		NewDecoder:   NewDecoder,
		NewEncoder:   NewEncoder,
		EmbedsPhotos: true,
	}
}

var beginning = regexp.MustCompile(`^\s*(\[\s*)?\[\s*"(?i:vcard)"`)

// sniff reports whether head begins with a jCard, or an array of them.
func sniff(head []byte) bool { return beginning.Match(head[:min(len(head), 1<<10)]) }

// NewDecoder returns a decoder of r. A value that is no jCard is a [*formats.RecordError],
// and so is one of broken JSON if the next one begins on a line of its own; else that ends
// the sequence.
func NewDecoder(r io.Reader) formats.Decoder { return stream.NewDecoder(r) }

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) formats.Encoder { return stream.NewEncoder(w) }

var stream = &cardtext.Stream{Unmarshal: Unmarshal, Marshal: Marshal, IsRecord: alone.Match, Begins: record.Match}

// record matches the beginning of a jCard.
var record = regexp.MustCompile(`^\[\s*"(?i:vcard)"`)

// alone matches the beginning of a jCard that is not in an array of them.
var alone = regexp.MustCompile(`^\s*\[\s*"`)

// Unmarshal reads one jCard.
func Unmarshal(text []byte) (*contact.Contact, error) {
	all, unread, err := parse(text)
	if err != nil {
		return nil, err
	}
	return cardtext.Contact(all, unread)
}

// Marshal returns a contact as one jCard, and what of it the jCard does not hold.
func Marshal(c *contact.Contact) ([]byte, []contact.Loss, error) {
	card, losses, err := vcard.Marshal(c, vcard.Options{Version: "4.0"})
	if err != nil {
		return nil, nil, err
	}
	b := []byte(`["vcard",[["version",{},"text","4.0"]`)
	for _, p := range cardtext.Parse(card) {
		b = AppendProperty(append(b, ','), &p)
	}
	b = append(b, "]]"...)
	back, err := Unmarshal(b)
	if err != nil {
		return nil, nil, err
	}
	return b, cardtext.Losses(c, back, losses), nil
}

var errNoCard = errors.New("not a jCard: an array of \"vcard\" and an array of properties")

// parse returns the properties of a jCard, and what of them could not be read.
func parse(text []byte) ([]cardtext.Property, []string, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	var all []cardtext.Property
	var unread []string
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != jsontext.KindBeginArray {
		return nil, nil, errNoCard
	}
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != jsontext.KindString || !bytes.EqualFold([]byte(tok.String()), []byte("vcard")) {
		return nil, nil, errNoCard
	}
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != jsontext.KindBeginArray {
		return nil, nil, errNoCard
	}
	for n := 1; dec.PeekKind() != jsontext.KindEndArray; n++ {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, nil, jsonseq.Reason(err)
		}
		if n > formats.MaxExtra {
			return nil, nil, fmt.Errorf("more than %d properties", formats.MaxExtra)
		}
		p, err := ParseProperty(value)
		if err != nil {
			unread = append(unread, fmt.Sprintf("property %d: %v", n, err))
			continue
		}
		if p.Name != "VERSION" {
			all = append(all, p)
		}
	}
	for dec.ReadToken(); dec.PeekKind() != jsontext.KindEndArray; {
		value, err := dec.ReadValue()
		if err != nil {
			return nil, nil, jsonseq.Reason(err)
		}
		if string(value) != "[]" { // which stands for the components of an event in jCal (RFC 7265)
			unread = append(unread, "more stands behind its properties")
		}
	}
	return all, unread, nil
}
