// Package jscontact reads and writes JSContact cards (RFC 9553), by the rules of RFC 9555
// for converting them from and to vCards.
//
// What the properties of a vCard mean is the matter of package vcard: a JSContact card is
// written from the vCard 4.0 that a contact makes, and read as the vCard that it stands
// for. In between nothing is lost:
//
//   - A property of the vCard that JSContact has a member for, and that comes back from it
//     exactly as it was, becomes that member; its parameters that JSContact does not name go
//     to vCardParams. Every other property goes to vCardProps.
//   - A member that vCard has no property for becomes JSPROP with its place as JSPTR, which
//     a contact carries as Extra, and goes back to its place.
//   - A property in another language (ALTID and LANGUAGE) is a localization of the member
//     that it is an alternative of, and a localization is such a property; others are kept
//     whole.
//
// A file holds one card, or an array of them, or one on each line; many are written as an
// array.
package jscontact

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/internal/cardtext"
	"github.com/cardferry/cardferry/formats/vcard"
)

// Format returns the format's row for a [formats.Table].
func Format() formats.Format {
	return formats.Format{
		Name:         "jscontact",
		Extensions:   []string{".jscontact"},
		Sniff:        sniff,
		NewDecoder:   NewDecoder,
		NewEncoder:   NewEncoder,
		EmbedsPhotos: true,
	}
}

// sniff reports whether head begins with an object, or an array of them, that says that
// it is a Card.
func sniff(head []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(head), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	if dec.PeekKind() == jsontext.KindBeginArray {
		dec.ReadToken()
	}
	if open, err := dec.ReadToken(); err != nil || open.Kind() != jsontext.KindBeginObject {
		return false
	}
	for dec.PeekKind() == jsontext.KindString {
		name, err := dec.ReadToken()
		if err != nil {
			return false
		}
		if name.String() == "@type" {
			value, err := dec.ReadValue()
			return err == nil && string(value) == `"Card"`
		}
		if dec.SkipValue() != nil {
			return false
		}
	}
	return false
}

// NewDecoder returns a decoder of r. A value that is no card is a [*formats.RecordError],
// and so is one of broken JSON if the next one begins on a line of its own; else that ends
// the sequence.
func NewDecoder(r io.Reader) formats.Decoder { return stream.NewDecoder(r) }

// NewEncoder returns an encoder that writes to w.
func NewEncoder(w io.Writer) formats.Encoder { return stream.NewEncoder(w) }

var stream = &cardtext.Stream{Unmarshal: Unmarshal, Marshal: Marshal, Begins: func(line []byte) bool { return line[0] == '{' }}

var errNoCard = errors.New(`not a JSContact card: an object whose "@type" is "Card"`)

// Unmarshal reads one card.
func Unmarshal(text []byte) (*contact.Contact, error) {
	card, err := parseObject(text)
	if err != nil {
		return nil, err
	}
	if t, ok := card.get("@type"); ok && t != "Card" {
		return nil, errNoCard
	}
	r := &reader{card: card}
	r.read()
	if len(r.all) > formats.MaxExtra {
		return nil, fmt.Errorf("more than %d properties", formats.MaxExtra)
	}
	return cardtext.Contact(r.all, nil)
}

// Marshal returns a contact as one card, and what of it the card does not hold.
func Marshal(c *contact.Contact) ([]byte, []contact.Loss, error) {
	card, losses, err := vcard.Marshal(c, vcard.Options{Version: "4.0"})
	if err != nil {
		return nil, nil, err
	}
	w := newWriter(cardtext.Parse(card))
	w.write()
	text := appendJSON(nil, w.card)
	back, err := Unmarshal(text)
	if err != nil {
		return nil, nil, err
	}
	return text, cardtext.Losses(c, back, losses), nil
}
