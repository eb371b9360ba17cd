package dav

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/vcard"
)

// stashName is the property in which a card carries what its server does not keep as it
// was sent; see [Stash].
const stashName = "X-CARDFERRY-STASH"

// Decode reads a card: a contact with id, version and key, and the group that it stands
// for, nil if it is none. Where several cards are in one place the first is read and the
// others are named as unread.
func Decode(card *Card) (*contact.Contact, *Group, error) {
	var c *contact.Contact
	others := 0
	for read, err := range vcard.NewDecoder(bytes.NewReader(card.Data)).All() {
		switch {
		case c != nil:
			others++
		case err != nil:
			return nil, nil, err
		default:
			c = read
		}
	}
	if c == nil {
		return nil, nil, fmt.Errorf("it holds no card")
	}
	if others > 0 {
		c.Unread = append(c.Unread, contact.Loss{Field: "extra", Kind: contact.Dropped, Reason: fmt.Sprintf("%d more cards stand in the same place", others)})
	}
	if text := takeStash(c); text != "" {
		_ = contact.Unstash(c, text) // one that is damaged is passed over: the card shows what it shows
	}
	c.ID, c.Version, c.Folder = contact.ID(card.Href), card.ETag, ""
	if c.Key == "" {
		c.Key = keyInName(card.Href)
	}
	return c, GroupOf(c), nil
}

// CardHref returns the address in a book of the card that is created under a key: the
// same at every attempt, so that it is created once.
func CardHref(book, key string) string { return book + ownBook + keyName(key) + ".vcf" }

var ownCard = regexp.MustCompile(`^` + ownBook + `([0-9a-f]{32})\.vcf$`)

// keyInName returns the key under which the card at an address was created, "" if its
// name tells none: some servers drop properties that they do not know.
func keyInName(href string) string {
	if m := ownCard.FindStringSubmatch(baseName(href)); m != nil {
		return m[1]
	}
	return ""
}

var hex32 = regexp.MustCompile(`^[0-9a-f]{32}$`)

func keyName(key string) string {
	if hex32.MatchString(key) {
		return key
	}
	return contact.KeyOf(key)
}

// UIDOf returns the UID that a contact without one is created with: made of its key.
func UIDOf(key string) string {
	k := keyName(key)
	return k[:8] + "-" + k[8:12] + "-" + k[12:16] + "-" + k[16:20] + "-" + k[20:]
}

// Stash returns a copy of carrier with what shown lacks of full hidden in a property that
// servers keep; shown is what the server makes of carrier. [Decode] brings it out again.
func Stash(carrier, full, shown *contact.Contact) (*contact.Contact, error) {
	text, err := contact.Stash(full, shown)
	if err != nil {
		return nil, err
	}
	c := carrier.Clone()
	c.Extra = append(c.Extra, contact.Extra{Origin: "vcard", Name: stashName, Value: base64.RawURLEncoding.EncodeToString([]byte(text))})
	return c, nil
}

// takeStash removes the property of a stash and returns the stash, "" where there is none.
func takeStash(c *contact.Contact) string {
	i := slices.IndexFunc(c.Extra, func(x contact.Extra) bool { return x.Name == stashName })
	if i < 0 {
		return ""
	}
	value := c.Extra[i].Value
	c.Extra = slices.DeleteFunc(c.Extra, func(x contact.Extra) bool { return x.Name == stashName })
	if len(c.Extra) == 0 {
		c.Extra = nil
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(text)
}

// Shown returns what a card shows to everybody: without what is hidden in it.
func Shown(data []byte) (*contact.Contact, error) {
	c, err := vcard.Unmarshal(data)
	if err == nil {
		takeStash(c)
		c.Folder = ""
	}
	return c, err
}
