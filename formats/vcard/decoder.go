package vcard

import (
	"io"
	"iter"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

type decoder struct {
	src io.Reader
}

// NewDecoder returns a decoder of the cards in r, of any version and in any
// charset that r says or shows to be in.
//
// A line that is no property costs that line, and stands in the contact's Unread
// with its number; so does a line that alone makes the card too large. A card without END ends where the next begins, or with the
// stream, and says so in Unread. A card that is too large without such a line, or of which nothing can
// be read, is a [*formats.RecordError], and so is text between cards.
func NewDecoder(r io.Reader) formats.Decoder { return &decoder{src: r} }

func (d *decoder) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		src, converted := asUTF8(d.src)
		cards := newSplitter(src)
		r := cardReader{tokens: tokenizer{converted: converted}}
		for {
			card, err := cards.next()
			switch {
			case err == io.EOF:
				return
			case err != nil:
				if !yield(nil, err) || !formats.IsRecordError(err) {
					return
				}
				continue
			}
			c, err := r.read(card)
			if !yield(c, err) {
				return
			}
		}
	}
}
