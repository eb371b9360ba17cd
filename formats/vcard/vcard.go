// Package vcard reads and writes vCards: 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350,
// with RFC 6474, 6715, 6868 and 9554), as programs write them rather than as they
// should.
//
// Everything that a property says and [contact.Contact] has a place for goes
// there, under whatever name a program gives it (X-MS-SPOUSE, X-EVOLUTION-SPOUSE,
// X-ABRELATEDNAMES with a label). Where the model holds one value (a title), the
// first one fills it. Every other property goes to Extra as it is, with its group
// as the parameter GROUP, and is written back as it was. Particulars:
//
//   - Parameters of a list's members (a phone's PREF=2) are in their Params, as
//     are TYPE values that the model does not name. Parameters of a scalar are an
//     Extra of the property's name without a value.
//   - Several NOTEs become one, with an empty line between them. Of several
//     nicknames the first is the model's. The words of a list within a name
//     ("Philip,Paul") become one text; that they were a list is attached, and they
//     are one again where the version has lists.
//   - An Apple label (X-ABLabel) is the type of its group's property.
//   - A group's name becomes a category of its members where files are read whole
//     ([Groups]); the group itself stays a contact.
//   - Midnight as the time of a birthday is no time; another one is kept.
//
// A contact that is written and read again is the same contact, in all versions and
// for all destinations, but for what an encoder returns as losses. What has no standard property is in X-CARDFERRY ones:
// folder, key, flag, favourite, initials, and Extra of other formats as JSON. A contact
// without a UID is given its [contact.Contact.DerivedUID], one without a time of
// change a REV that reading passes over.
//
// The package uses the names of github.com/emersion/go-vcard, and a reader and a
// writer of its own: that package's lose data that real files hold.
package vcard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

// Options says how cards are written. The zero value is 3.0, which most programs
// accept.
type Options struct {
	Version string // "2.1", "3.0" or "4.0"; "" is what For wants, else 3.0
	For     string // the program that is going to read them, one of Destinations; "" is all
}

// Validate reports whether cards can be written so.
func (o Options) Validate() error {
	if !slices.Contains([]string{"", "2.1", "3.0", "4.0"}, o.Version) {
		return fmt.Errorf("unknown vcard version %q: known are 2.1, 3.0 and 4.0", o.Version)
	}
	if _, known := dialects[o.For]; o.For != "" && !known {
		return fmt.Errorf("no vcard dialect for %q: known are %s", o.For, strings.Join(Destinations(), ", "))
	}
	return nil
}

// Format returns the row of the table of formats. Its encoders return the error
// of [Options.Validate], if there is one, before they write anything.
func Format(o Options) formats.Format {
	return formats.Format{
		Name:         "vcard",
		Extensions:   []string{"." + gv.Extension, ".vcard"},
		Sniff:        sniff,
		NewDecoder:   NewDecoder,
		NewEncoder:   func(w io.Writer) formats.Encoder { return NewEncoder(w, o) },
		EmbedsPhotos: true,
		Groups:       Groups,
	}
}

// sniff reports whether the first line that is not blank begins a card, in UTF-8
// or UTF-16.
func sniff(head []byte) bool {
	head = head[:min(len(head), 1<<10)]
	if in, converted := asUTF8(bytes.NewReader(head)); converted {
		head, _ = io.ReadAll(in)
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(trimBOM(head), " \t\r\n"), []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte("\r"))
	return isMark(line, "BEGIN")
}

// Unmarshal reads a single card. More than one is an error, and so is none.
func Unmarshal(data []byte) (*contact.Contact, error) {
	var found *contact.Contact
	var trouble error
	for c, err := range NewDecoder(bytes.NewReader(data)).All() {
		switch {
		case err != nil:
			trouble = err
		case found != nil:
			return nil, errors.New("more than one card")
		default:
			found = c
		}
	}
	switch {
	case found == nil && trouble != nil:
		return nil, trouble
	case found == nil:
		return nil, errors.New("no card")
	case trouble != nil:
		found.Unread = append(found.Unread, contact.Loss{Field: "extra", Kind: contact.Dropped, Reason: trouble.Error()})
	}
	return found, nil
}

// Marshal returns a contact as a single card, and what of it the card does not
// hold.
func Marshal(c *contact.Contact, o Options) ([]byte, []contact.Loss, error) {
	var b bytes.Buffer
	losses, err := NewEncoder(&b, o).Encode(c)
	if err != nil {
		return nil, nil, err
	}
	return b.Bytes(), losses, nil
}
