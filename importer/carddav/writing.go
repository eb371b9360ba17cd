package carddav

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/vcard"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
)

// writing is one contact on its way into one card.
type writing struct {
	sink *Sink
	book *dav.Book
	href string
	want *contact.Contact // what the card is to say
	v4   bool             // in vCard 4.0
	// fresh: it is created in vCard 4.0, because the service says that it takes that.
	fresh bool
	// plain: the service refuses the card with all that it says. What is uncommon in it
	// is hidden.
	plain   bool
	addsUID bool // the card that is to be replaced has none
	losses  []contact.Loss
	unkept  []contact.Loss // what the card that was sent last does not hold
	// ignored is what of it the service is known to drop.
	ignored []contact.Loss
}

// isV4 reports whether a card is of version 4.0: it stays so.
func isV4(card []byte) bool {
	head := bytes.ToUpper(card[:min(len(card), 200)])
	return bytes.Contains(head, []byte("VERSION:4.0"))
}

// encode returns a card that says what c is.
func (w *writing) encode(c *contact.Contact) ([]byte, []contact.Loss, error) {
	o := vcard.Options{Version: "3.0"}
	if w.v4 {
		o.Version = "4.0"
	}
	if dav.GroupOf(c) != nil {
		c = dav.AsGroup(c, w.v4)
	}
	return vcard.Marshal(c, o)
}

// marshal returns the card to be sent.
func (w *writing) marshal(c *contact.Contact) ([]byte, []contact.Loss, error) {
	if !w.plain {
		return w.encode(c)
	}
	bare := plain(c)
	hidden, err := dav.Stash(bare, c, bare)
	if err != nil {
		return nil, nil, err
	}
	card, losses, err := w.encode(hidden)
	for _, f := range contact.Diff(c, bare) {
		losses = append(losses, contact.Loss{Field: f, Kind: contact.Stashed, Reason: "the service refuses a card that shows all of it"})
	}
	return card, losses, err
}

// plain returns the contact without what some servers do not understand: parameters,
// names of addresses, and properties that the model has no name for.
func plain(c *contact.Contact) *contact.Contact {
	p := c.Clone()
	p.Extra = nil
	for i := range p.Emails {
		p.Emails[i].Params, p.Emails[i].Name = nil, ""
	}
	for i := range p.Phones {
		p.Phones[i].Params = nil
	}
	for i := range p.Addresses {
		p.Addresses[i].Params = nil
	}
	for i := range p.Websites {
		p.Websites[i].Params, p.Websites[i].Name = nil, ""
	}
	for i := range p.IMs {
		p.IMs[i].Params = nil
	}
	for i := range p.Relations {
		p.Relations[i].Params = nil
	}
	return p
}

// create stores a card at an address where none is. One that is there and has the same
// key is what an earlier attempt has left.
func (w *writing) create(ctx context.Context) (importer.Stored, error) {
	there, err := w.sink.guard.occupied(ctx, w.sink.client, w.href)
	if err != nil {
		return importer.Stored{}, err
	}
	if there {
		return w.earlier(ctx, nil)
	}
	w.fresh = w.book.V4 && !w.sink.only3.Load()
	w.v4 = w.fresh
	stored, card, err := w.put(ctx, "")
	if dav.UIDConflict(err) && w.want.UID != dav.UIDOf(cmpKey(w.want)) {
		w.want.UID = dav.UIDOf(cmpKey(w.want))
		w.losses = append(w.losses, contact.Loss{Field: "uid", Kind: contact.Moved, Reason: "another contact of the address book has the same UID: it was given its own"})
		stored, card, err = w.put(ctx, "")
	}
	if dav.Changed(err) {
		return w.earlier(ctx, err)
	}
	if dav.Ambiguous(err) { // it may be there
		if stored, lookErr := w.earlier(ctx, err); lookErr == nil {
			return stored, nil
		}
	}
	if err != nil {
		return importer.Stored{}, err
	}
	if err := w.sink.guard.learn(ctx, w.sink.client, w.href, card); err != nil {
		return importer.Stored{}, err
	}
	return w.settle(ctx, stored)
}

// earlier returns the contact that stands where a new one was to be created.
func (w *writing) earlier(ctx context.Context, refusal error) (importer.Stored, error) {
	card, c, _, err := w.sink.read(ctx, contact.ID(w.href))
	if err != nil {
		return importer.Stored{}, err
	}
	if c.Key != w.want.Key {
		return importer.Stored{}, errors.Join(importer.ErrRejected, errors.New("another contact stands in its place"), refusal)
	}
	return w.complete(ctx, card, c)
}

// complete makes of a card, which an attempt has left that may not have come to its end,
// what it was to be. One that says what nobody wanted to write is somebody else's by now,
// and is left.
func (w *writing) complete(ctx context.Context, card *dav.Card, got *contact.Contact) (importer.Stored, error) {
	if len(w.changedFields(got)) == 0 || card.ETag == "" || !saysNoMore(card.Data, w.want) {
		return importer.Stored{Contact: got}, nil
	}
	w.v4 = isV4(card.Data)
	stored, err := w.replace(ctx, card.ETag)
	if dav.Changed(err) {
		return importer.Stored{Contact: got}, nil
	}
	return stored, err
}

// saysNoMore reports whether every value of a card is one that the contact has too, but
// for the ways in which servers spell: then nobody has added anything to it.
func saysNoMore(card []byte, want *contact.Contact) bool {
	ours, _, err := vcard.Marshal(want, vcard.Options{})
	if err != nil {
		return false
	}
	written := values(ours)
	for v := range values(card) {
		if !written[v] {
			return false
		}
	}
	return true
}

// ignoredNames begin the lines that say nothing of a person, or that servers add; photos
// are compared elsewhere.
var ignoredNames = []string{"REV", "UID", "PRODID", "VERSION", "PHOTO", "X-CARDFERRY-KEY", "X-CARDFERRY-STASH", "X-CARDFERRY-UID"}

// values returns the values of a card: of each the letters and digits alone.
func values(card []byte) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(strings.NewReplacer("\r\n ", "", "\n ", "").Replace(string(card))) {
		name, value, _ := strings.Cut(line, ":")
		name, _, _ = strings.Cut(name, ";")
		if slices.Contains(ignoredNames, strings.ToUpper(name)) {
			continue
		}
		word := strings.ToLower(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, strings.NewReplacer(`\n`, "", `\N`, "").Replace(value)))
		if word != "" {
			all[word] = true
		}
	}
	return all
}

// replace stores a card in place of the one of that etag. A UID that it is to get, and
// that the service refuses, it does not get.
func (w *writing) replace(ctx context.Context, etag string) (importer.Stored, error) {
	stored, _, err := w.put(ctx, etag)
	if dav.UIDConflict(err) && w.addsUID {
		w.want.UID = ""
		w.losses = append(w.losses, contact.Loss{Field: contact.FieldUID, Kind: contact.Dropped, Reason: "another contact of the address book has the same UID"})
		stored, _, err = w.put(ctx, etag)
	}
	if err != nil {
		return importer.Stored{}, err
	}
	return w.settle(ctx, stored)
}

// put sends the card, and a plainer one where that is refused.
func (w *writing) put(ctx context.Context, etag string) (stored *dav.Card, card []byte, err error) {
	stored, card, err = w.fit(ctx, etag)
	if !dav.NotACard(err) || w.plain {
		return stored, card, err
	}
	w.plain = true
	if stored, card, again := w.fit(ctx, etag); again == nil {
		return stored, card, nil
	}
	return nil, nil, err
}

// fit sends the card, with a smaller photo where it is too large.
func (w *writing) fit(ctx context.Context, etag string) (stored *dav.Card, card []byte, err error) {
	original := w.want.Photo
	for _, limit := range w.photoLimits() {
		var losses []contact.Loss
		if w.want.Photo, losses = w.photoWithin(original, limit); err != nil && limit > 0 && w.want.Photo == original {
			continue // it is the card itself, or the photo is small already
		}
		if card, w.unkept, err = w.marshal(w.want); err != nil {
			return nil, nil, errors.Join(importer.ErrRejected, err)
		}
		w.unkept = append(losses, w.unkept...)
		if stored, err = w.sink.client.Put(ctx, w.href, etag, card); err == nil {
			return stored, card, nil
		}
		if !dav.TooLarge(err) || original == nil {
			return nil, nil, err
		}
	}
	return nil, nil, err
}

// settle compares what the service has stored with what it was sent. What it does not
// keep is sent a second time, hidden in the card; but for what somebody else has done to
// it meanwhile. A new card that does not show all of itself in vCard 4.0 is sent in 3.0.
func (w *writing) settle(ctx context.Context, stored *dav.Card) (importer.Stored, error) {
	card, got, err := w.readBack(ctx, stored)
	if err != nil {
		return importer.Stored{}, err
	}
	changed := w.changedFields(got)
	ours := dav.SameETag(stored.ETag, card.ETag) || saysNoMore(card.Data, w.want)
	switch {
	case w.fresh && w.v4 && ours && (card.Reduced || len(changed) > 0):
		w.sink.only3.Store(true)
		w.v4 = false
		again, err := w.replaceOurs(ctx, card.ETag)
		if err != nil || again == nil {
			return w.overtaken(got, changed), err
		}
		return w.settle(ctx, again)
	case len(changed) == 0:
		return w.done(got, nil, nil)
	case !ours:
		return w.overtaken(got, changed), nil
	}
	data, err := w.hiding(card)
	if err != nil {
		return w.done(got, changed, nil)
	}
	stored, err = w.sink.client.Put(ctx, w.href, card.ETag, data)
	if err != nil {
		if dav.Rejected(err) { // it stays as it is
			return w.done(got, changed, nil)
		}
		return importer.Stored{}, err
	}
	if _, got, err = w.readBack(ctx, stored); err != nil {
		return importer.Stored{}, err
	}
	return w.done(got, w.changedFields(got), changed)
}

// replaceOurs sends the card in place of the one that has just been stored. It returns
// nil where that is not there any more.
func (w *writing) replaceOurs(ctx context.Context, etag string) (*dav.Card, error) {
	stored, _, err := w.put(ctx, etag)
	if dav.Changed(err) {
		return nil, nil
	}
	return stored, err
}

// overtaken names what somebody else has changed before what was stored had been read
// back. It stands.
func (w *writing) overtaken(got *contact.Contact, changed []contact.Field) importer.Stored {
	losses := slices.Concat(w.losses, w.unkept, w.ignored)
	for _, f := range changed {
		losses = append(losses, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "it was changed on the server meanwhile: that value stands"})
	}
	return importer.Stored{Contact: got, Losses: losses}
}

// hiding returns the card with all that the stored one does not show hidden in it.
func (w *writing) hiding(stored *dav.Card) ([]byte, error) {
	shown, err := dav.Shown(stored.Data)
	if err != nil {
		return nil, err
	}
	carrier := w.want
	if w.plain {
		carrier = plain(w.want)
	}
	hidden, err := dav.Stash(carrier, w.want, shown)
	if err != nil {
		return nil, err
	}
	data, _, err := w.encode(hidden)
	return data, err
}

// readBack returns the card as it is stored now.
func (w *writing) readBack(ctx context.Context, stored *dav.Card) (*dav.Card, *contact.Contact, error) {
	if stored.Data == nil {
		var err error
		if stored, err = readCard(ctx, w.sink.client, w.book, w.href); err != nil {
			return nil, nil, err
		}
	}
	got, _, err := dav.Decode(stored)
	if err != nil {
		return nil, nil, errors.Join(importer.ErrRejected, errors.New("the service has stored something else than it was sent"), err)
	}
	return stored, got, nil
}

// changedFields returns the fields in which what is stored is not what was sent.
func (w *writing) changedFields(got *contact.Contact) []contact.Field {
	want, _, ignored := w.sink.project(w.want)
	w.ignored = ignored
	return contact.Diff(want, got)
}

// done names what the service did not keep, and what is hidden.
func (w *writing) done(got *contact.Contact, lost, hidden []contact.Field) (importer.Stored, error) {
	for _, f := range hidden {
		if !slices.Contains(lost, f) {
			w.losses = append(w.losses, contact.Loss{Field: f, Kind: contact.Stashed, Reason: "the service changes it when it stores it"})
		}
	}
	for _, f := range lost {
		kind := contact.Truncated
		if !got.Has(f) {
			kind = contact.Dropped
		}
		w.losses = append(w.losses, contact.Loss{Field: f, Kind: kind, Reason: "the service does not keep it as it was sent"})
	}
	return importer.Stored{Contact: got, Losses: slices.Concat(w.losses, w.unkept, w.ignored)}, nil
}

// Project implements importer.Projector: what a card holds, less what the service is
// known to drop.
func (s *Sink) Project(c *contact.Contact) (*contact.Contact, []contact.Loss) {
	kept, losses, ignored := s.project(c)
	return kept, append(losses, ignored...)
}

func (s *Sink) project(c *contact.Contact) (kept *contact.Contact, losses, ignored []contact.Loss) {
	p := prepared(c)
	photo := p.Photo
	p.Photo = nil
	card, losses, err := vcard.Marshal(p, vcard.Options{})
	if err != nil {
		return p, losses, nil
	}
	if kept, err = vcard.Unmarshal(card); err != nil {
		return p, losses, nil
	}
	if bare, drops := s.client.WithoutIgnored(card); drops {
		if rest, err := vcard.Unmarshal(bare); err == nil {
			for _, f := range contact.Diff(kept, rest) {
				ignored = append(ignored, contact.Loss{Field: f, Kind: contact.Dropped, Reason: "the service drops properties that it does not know"})
			}
			rest.Key = p.Key // its name tells it
			kept = rest
		}
	}
	kept.ID, kept.Version, kept.Folder, kept.Photo = c.ID, c.Version, c.Folder, photo
	if c.ID != "" { // it is there, with the UID that it has
		kept.UID = c.UID
	}
	kept.Created, kept.Modified, kept.At, kept.Unread = c.Created, c.Modified, c.At, c.Unread
	return kept, losses, ignored
}

// guard keeps new cards from being written over others. Most servers do that themselves
// when asked (If-None-Match: *); SOGo is known not to.
type guard struct {
	state atomic.Int32
}

const (
	unknown int32 = iota
	asking
	kept
	ignored
)

// occupied reports whether a card is at the address, on a server that has been found to
// ignore If-None-Match.
func (g *guard) occupied(ctx context.Context, c *dav.Client, href string) (bool, error) {
	if g.state.Load() != ignored {
		return false, nil
	}
	return c.Listed(ctx, href)
}

// learn finds out, once, whether the server keeps to If-None-Match: the card that has
// just been created is sent again.
func (g *guard) learn(ctx context.Context, c *dav.Client, href string, card []byte) error {
	if !g.state.CompareAndSwap(unknown, asking) {
		return nil
	}
	_, err := c.Put(ctx, href, "", card)
	switch {
	case err == nil:
		g.state.Store(ignored)
		return nil
	case dav.Changed(err):
		g.state.Store(kept)
		return nil
	case dav.Rejected(err) || strings.Contains(err.Error(), "409"):
		g.state.Store(kept)
		return nil
	}
	g.state.Store(unknown)
	return err
}
