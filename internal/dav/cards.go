package dav

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
)

// Entry is a card as a listing names it.
type Entry struct {
	Href string // canonical
	ETag string // as the service spells it, quotes included
}

// Card is a card with its bytes, or why they are not there.
type Card struct {
	Entry
	Data []byte
	Err  error
	// Reduced: whoever does not ask for vCard 4.0 gets this card without its photo.
	Reduced bool
}

// List returns all entries of a book, or an error. An entry of which the service says
// only what is wrong with it has no ETag.
func (c *Client) List(ctx context.Context, book string) ([]Entry, error) {
	m, err := c.propfind(ctx, book, "1", "<D:getetag/><D:resourcetype/>")
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for i := range m.responses {
		if r := &m.responses[i]; r.isCard(book) && !r.gone() {
			entries = append(entries, Entry{r.href, r.prop.ETag})
		}
	}
	return entries, nil
}

// isCard reports whether a response is about something in the book that may be a card.
func (r *response) isCard(book string) bool {
	return r.href != book && r.href != strings.TrimSuffix(book, "/") && !strings.HasSuffix(r.href, "/") && r.prop.ResourceType.Collection == nil
}

// gone reports whether a response says that there is nothing at the address.
func (r *response) gone() bool {
	return r.status == http.StatusNotFound || r.status == http.StatusGone
}

// Changes is what a book says has changed since a token.
type Changes struct {
	Changed []Entry
	Deleted []string // addresses
	Token   string   // where the next question starts
	More    bool     // there is more: ask again with Token
}

// Sync asks what has changed since a token; "" is everything (RFC 6578). A token that
// the service does not know any more is an error for which [Expired] is true.
func (c *Client) Sync(ctx context.Context, book, token string) (*Changes, error) {
	body := "<D:sync-collection" + namespaces + "><D:sync-token>" + escapeXML(token) +
		"</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
	m, err := c.report(ctx, book, "0", body)
	if err != nil {
		return nil, err
	}
	ch := &Changes{Token: m.syncToken, More: m.truncated}
	for i := range m.responses {
		r := &m.responses[i]
		switch {
		case !r.isCard(book):
		case r.gone():
			ch.Deleted = append(ch.Deleted, r.href)
		default:
			ch.Changed = append(ch.Changed, Entry{r.href, r.prop.ETag})
		}
	}
	return ch, nil
}

// Multiget reads cards by their addresses (RFC 6352, 8.7). The answer has a card, or an
// error, for every entry, in their order, whatever the service leaves out.
//
// Cards come in vCard 3.0, or as they are stored: which of the two depends on the server
// where they are stored in 4.0. To ask for 4.0 would have others made into that; so only
// what has come to harm is read again.
func (c *Client) Multiget(ctx context.Context, book *Book, entries []Entry) ([]Card, error) {
	var b strings.Builder
	// DAV:prop comes first (10.7): DAViCal insists on it.
	b.WriteString("<C:addressbook-multiget" + namespaces + "><D:prop><D:getetag/><C:address-data/></D:prop>")
	for _, e := range entries {
		b.WriteString("<D:href>" + escapeXML(e.Href) + "</D:href>")
	}
	b.WriteString("</C:addressbook-multiget>")
	m, err := c.report(ctx, book.Href, "0", b.String())
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(entries))
	cards := make([]Card, len(entries))
	for i, e := range entries {
		at[e.Href] = i
		cards[i] = Card{Entry: e, Err: errLeftOut}
	}
	for i := range m.responses {
		r := &m.responses[i]
		n, ok := at[r.href]
		switch {
		case !ok:
		case r.prop.Data != nil:
			cards[n].Data, cards[n].Err = []byte(*r.prop.Data), nil
			if r.prop.ETag != "" {
				cards[n].ETag = r.prop.ETag
			}
		case r.err != nil:
			cards[n].Err = r.err
		}
	}
	c.kept.look(cards)
	if book.V4 {
		for i := range cards {
			if err := c.restore(ctx, &cards[i]); err != nil {
				return nil, err
			}
		}
	}
	return cards, nil
}

// reduced finds a photo that has been made a data: URI in a card that is said to be of
// 3.0, where there are none. Cyrus cuts off all of it but the type.
var reduced = regexp.MustCompile(`(?mi)^(?:[a-z0-9-]+\.)?PHOTO[^:\r\n]*:data:`)

// isReduced reports whether a card that came as 3.0 has been made of one of 4.0, and
// lacks the photo.
func isReduced(data []byte) bool {
	return bytes.Contains(data, []byte("VERSION:3.0")) && bytes.Contains(data, []byte(":data:")) && reduced.Match(data)
}

// restore reads a card of 4.0 again, as it is, where what came was made of it and lacks
// the photo.
func (c *Client) restore(ctx context.Context, card *Card) error {
	if card.Err != nil || !isReduced(card.Data) {
		return nil
	}
	whole, err := c.Get(ctx, card.Href, true)
	if err != nil {
		return err
	}
	card.Data, card.Reduced = whole.Data, true
	return nil
}

// errLeftOut: an answer does not speak of what was asked for. Some servers leave out
// what is not there.
var errLeftOut error = &Error{Method: "REPORT", Status: http.StatusNotFound}

// Get reads one card, in vCard 4.0 if there is a choice and v4 is set.
func (c *Client) Get(ctx context.Context, href string, v4 bool) (*Card, error) {
	accept := "text/vcard, text/x-vcard;q=0.9, */*;q=0.1"
	if v4 {
		accept = "text/vcard; version=4.0, " + accept
	}
	a, err := c.send(ctx, http.MethodGet, href, http.Header{"Accept": {accept}}, nil)
	if err != nil {
		return nil, err
	}
	return &Card{Entry: Entry{href, a.header.Get("Etag")}, Data: a.body}, nil
}

// Listed reports whether a card is in the listing of its book still, were it with an
// error.
func (c *Client) Listed(ctx context.Context, href string) (bool, error) {
	m, err := c.propfind(ctx, href, "0", "<D:getetag/>")
	switch {
	case NotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case len(m.responses) == 0:
		_, err = m.first()
		return false, err
	}
	return !m.responses[0].gone(), nil
}

// Put stores a card: a new one when etag is "", else in place of the one of that etag.
// It returns the card as the service says that it stored it: its Data nil, and its ETag
// "", where it does not say. The ETag may be that of what was sent. An error for which [Changed] is true means that there is one
// already, or another one.
func (c *Client) Put(ctx context.Context, href, etag string, card []byte) (*Card, error) {
	header := http.Header{"Content-Type": {"text/vcard; charset=utf-8"}, "Prefer": {"return=representation"}}
	if etag == "" {
		header.Set("If-None-Match", "*")
	} else {
		header.Set("If-Match", strongETag(etag))
	}
	isV4 := bytes.Contains(card[:min(len(card), 200)], []byte("VERSION:4.0"))
	if isV4 { // to be shown it as others are
		header.Set("Accept", "text/vcard; version=3.0, text/vcard;q=0.9, */*;q=0.1")
	}
	a, err := c.send(ctx, http.MethodPut, href, header, card)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusMultiStatus { // a refusal that looks like a success (Xandikos)
		if err := c.refusedWithin(http.MethodPut, a, card); err != nil {
			return nil, err
		}
	}
	stored := &Card{Entry: Entry{href, a.header.Get("Etag")}}
	if isCardType(a.header.Get("Content-Type")) && len(a.body) > 0 && stored.ETag != "" {
		stored.Data, stored.Reduced = a.body, isReduced(a.body)
		if isV4 && bytes.Contains(a.body, []byte("VERSION:4.0")) {
			stored.Data = nil // nor does it tell what others are shown
		}
	}
	return stored, nil
}

// SameETag reports whether two tags stand for one version: not if one is not known.
func SameETag(a, b string) bool {
	bare := func(s string) string { return strings.Trim(strings.TrimPrefix(s, "W/"), `"`) }
	return a != "" && bare(a) == bare(b)
}

func isCardType(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/vcard") || strings.HasPrefix(mediaType, "text/x-vcard")
}

// strongETag returns the tag as If-Match takes it: a weak one never matches (RFC 9110,
// 13.1.1), and those of contact servers are weak only because something on the way
// compresses.
func strongETag(etag string) string { return strings.TrimPrefix(etag, "W/") }

// Delete removes the card of that etag. One that is gone already is no error.
func (c *Client) Delete(ctx context.Context, href, etag string) error {
	header := http.Header{}
	if etag != "" {
		header.Set("If-Match", strongETag(etag))
	}
	a, err := c.send(ctx, http.MethodDelete, href, header, nil)
	if err == nil && a.status == http.StatusMultiStatus {
		err = c.refusedWithin(http.MethodDelete, a, nil)
	}
	if NotFound(err) {
		return nil
	}
	return err
}
