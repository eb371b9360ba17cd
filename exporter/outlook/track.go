package outlook

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
)

// Change tracking goes in rounds: the first tells of everything, a later one of what
// has changed since. What the documents leave open is found out by asking:
//
//   - Whether rows hold extended properties, and with them what is stashed: every
//     contact has a message class, so a row without one is bare. The first round is
//     then good for its end alone, and what it should have told is listed; of later
//     rounds bare rows are references, and so are those whose notes are cut short.
//   - Whether the service tracks at all, and for this mailbox: where it says no, as
//     it does for mailboxes over their quota, the folder is listed, and again by the
//     next run.
//
// Graph's rounds tell what changed. Those of Outlook, which the Preference-Applied
// header has to confirm, name every contact with its version, each time.

// deltaSize is the size of a page in a round of Graph's, which has been seen to give no
// more.
const deltaSize = 200

// errBare says that the rows of a round are bare.
var errBare = errors.New("the rows of the round lack extended properties")

// errUntracked says that an answer is that of a plain listing.
var errUntracked = errors.New("the service does not track the folder")

// Track implements exporter.Tracker.
func (s *Source) Track(ctx context.Context, folder contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		t := &tracking{listing: s.newListing(folder), graph: s.client.Dialect().Graph()}
		var err error
		if from == "" {
			err = t.begin(ctx, yield)
		} else if err = t.follow(ctx, string(from), yield); refused(err) {
			err = exporter.ErrCursorExpired // whatever the service calls it
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// refused reports whether an error is the service's own about a round, so that it
// may answer something else; it is not if no answer came, or somebody has to sign in.
func refused(err error) bool {
	if errors.Is(err, errBare) || errors.Is(err, errUntracked) || errors.Is(err, odata.ErrNonsense) {
		return true
	}
	e, ok := errors.AsType[*odata.Error](err)
	return ok && e.Err == nil && e.Status != http.StatusUnauthorized && e.Status != http.StatusTooManyRequests
}

// tracking is a folder whose changes are followed.
type tracking struct {
	*listing
	graph bool
}

// begin lists the whole folder, and ends with a cursor if the service has one.
func (t *tracking) begin(ctx context.Context, yield func(*exporter.Page, error) bool) error {
	if t.graph {
		err := t.persist(t.roundSize(), true, func(size int) error { return t.firstRound(ctx, size, yield) })
		if !refused(err) {
			return err
		}
	}
	var cursor string
	err := t.persist(t.roundSize(), true, func(size int) (err error) {
		cursor, err = t.mark(ctx, size)
		return err
	})
	if err != nil && !refused(err) {
		return err
	}
	return t.persist(t.source.size, true, func(size int) error {
		return t.plain(ctx, "", size, func(page *exporter.Page, err error) bool {
			last := page.Next == ""
			if page.Next = ""; last && cursor != "" {
				page.Next = exporter.Cursor(cursor)
			}
			return yield(page, err)
		})
	})
}

// roundSize is the size of a page in a round. The rows of Outlook's are short.
func (t *tracking) roundSize() int {
	if t.graph {
		return min(t.source.size, deltaSize)
	}
	return t.source.size
}

// firstRound is a first round of Graph's whose rows are whole.
func (t *tracking) firstRound(ctx context.Context, size int, yield func(*exporter.Page, error) bool) error {
	d := t.source.client.Dialect()
	link, err := t.deltaLink("$select", outlook.Select(d), "$expand", outlook.Tracked(d))
	if err != nil {
		return err
	}
	return t.round(ctx, link, size, func(a roundAnswer) (bool, error) {
		if len(a.page.Bare) > 0 {
			return false, errBare
		}
		page, err := t.page(ctx, a.page, true)
		if err != nil {
			return false, err
		}
		page.Deleted, page.Next = t.deleted(a.page.Removed, true), exporter.Cursor(a.next+a.delta)
		return yield(page, nil), nil
	})
}

// mark runs a first round for where it ends.
func (t *tracking) mark(ctx context.Context, size int) (cursor string, err error) {
	link, err := t.deltaLink("$select", "id")
	if !t.graph {
		link, err = t.source.client.Link(contactsOf(t.folder), "$select", "Id,ChangeKey")
	}
	if err != nil {
		return "", err
	}
	err = t.round(ctx, link, size, func(a roundAnswer) (bool, error) {
		cursor = a.delta
		return true, nil
	})
	return cursor, err
}

func (t *tracking) deltaLink(query ...string) (string, error) {
	return t.source.client.Link(append(contactsOf(t.folder), "delta"), query...)
}

// follow tells what a later round does.
func (t *tracking) follow(ctx context.Context, from string, yield func(*exporter.Page, error) bool) error {
	link, err := t.source.client.Relative(from)
	if err != nil {
		return err
	}
	return t.persist(t.roundSize(), false, func(size int) error {
		return t.round(ctx, link, size, func(a roundAnswer) (bool, error) {
			var refs []contact.Ref
			if t.graph {
				refs = takePartial(a.page)
			} else {
				refs = refsOf(a.page.Contacts)
				a.page.Contacts, a.page.Cut = nil, nil
			}
			page, err := t.page(ctx, a.page, true)
			if err != nil {
				return false, err
			}
			page.Deleted, page.Next, page.Refs = t.deleted(a.page.Removed, false), exporter.Cursor(a.next+a.delta), refs
			page.All = !t.graph && a.next == ""
			return yield(page, nil), nil
		})
	})
}

// deleted returns what is to be told of removed rows: all, or, in a first round, what
// it has listed before. Those may be listed again.
func (t *tracking) deleted(rows []outlook.Removed, listedOnly bool) []contact.ID {
	var gone []contact.ID
	for _, row := range rows {
		if _, ok := t.listed[t.sum(row.ID)]; ok || !listedOnly {
			gone = append(gone, row.ID)
		}
		delete(t.listed, t.sum(row.ID))
	}
	return gone
}

// settle leaves of the rows of one contact, if one of them removes it, the last.
func settle(page *outlook.Page) {
	if len(page.Removed) == 0 {
		return
	}
	last := map[contact.ID]int{} // the place of a removing row among the contacts
	for _, row := range page.Removed {
		last[row.ID] = row.After
	}
	back := map[contact.ID]bool{}
	keep(page, func(i int, c *contact.Contact) bool {
		after, removed := last[c.ID]
		back[c.ID] = removed && i >= after
		return !removed || i >= after
	})
	page.Removed = slices.DeleteFunc(page.Removed, func(row outlook.Removed) bool { return back[row.ID] })
}

// takePartial takes those rows out of a page that do not show all of a contact: bare
// ones, and those with notes that were cut short.
func takePartial(page *outlook.Page) (refs []contact.Ref) {
	bare, cut := page.Bare, page.Cut
	keep(page, func(i int, c *contact.Contact) bool {
		_, isBare := slices.BinarySearch(bare, i)
		_, isCut := slices.BinarySearch(cut, i)
		if isBare || isCut {
			refs = append(refs, c.Ref())
		}
		return !isBare && !isCut
	})
	return refs
}

// keep leaves those contacts in a page for which it is true.
func keep(page *outlook.Page, is func(i int, c *contact.Contact) bool) {
	left := outlook.Page{}
	for i, c := range page.Contacts {
		if !is(i, c) {
			continue
		}
		if _, ok := slices.BinarySearch(page.Cut, i); ok {
			left.Cut = append(left.Cut, len(left.Contacts))
		}
		if _, ok := slices.BinarySearch(page.Bare, i); ok {
			left.Bare = append(left.Bare, len(left.Contacts))
		}
		left.Contacts = append(left.Contacts, c)
	}
	page.Contacts, page.Cut, page.Bare = left.Contacts, left.Cut, left.Bare
}

func refsOf(contacts []*contact.Contact) []contact.Ref {
	refs := make([]contact.Ref, len(contacts))
	for i, c := range contacts {
		refs[i] = c.Ref()
	}
	return refs
}

// roundAnswer is one answer of a round.
type roundAnswer struct {
	page  *outlook.Page
	next  string // the next answer, "" on the last one
	delta string // the next round, on the last one
}

// round follows a round to its end. take returns false, or an error, to stop.
func (t *tracking) round(ctx context.Context, link string, size int, take func(roundAnswer) (bool, error)) error {
	prefer := pagesOf(size)
	parse := t.parseDelta
	if !t.graph {
		prefer = "odata.track-changes, " + prefer
		parse = t.parseTracked
	}
	var failed error
	err := odata.Walk(ctx, t.source.client, odata.Listing{Link: link, Prefer: prefer, First: t.source.take(link)}, parse, func(a roundAnswer, next string) bool {
		a.next = next
		var more bool
		more, failed = take(a)
		return more && failed == nil
	})
	return errors.Join(err, failed)
}

func pagesOf(size int) string { return "odata.maxpagesize=" + strconv.Itoa(size) }

// Prepare implements exporter.Preparer. Graph alone is asked: Outlook's rounds are long.
func (s *Source) Prepare(ctx context.Context, from []exporter.Cursor) {
	var links []string
	for _, cursor := range from {
		if link, err := s.client.Relative(string(cursor)); err == nil && odata.HasToken(link) {
			links = append(links, link)
		}
	}
	if !s.client.Dialect().Graph() || len(links) < 2 {
		return
	}
	first := s.client.Ahead(ctx, links, pagesOf(min(s.size, deltaSize)))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared = first
}

// take returns the answer that has been prepared for a link, once.
func (s *Source) take(link string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := s.prepared[link]
	delete(s.prepared, link)
	return body
}

// parseDelta reads an answer of Graph's.
func (t *tracking) parseDelta(a odata.Answer) (roundAnswer, string, error) {
	page, _, err := odata.DecodePage(a)
	if err != nil {
		return roundAnswer{}, "", err
	}
	settle(page)
	next, delta, err := t.source.client.Onward(page.NextLink, page.DeltaLink)
	return roundAnswer{page: page, delta: delta}, next, err
}

// parseTracked reads an answer of Outlook's. The link in it says by its token whether
// there is more, whatever it is called; the one of the very first answer is followed
// in any case.
func (t *tracking) parseTracked(a odata.Answer) (roundAnswer, string, error) {
	if !isTracked(a.Header) {
		return roundAnswer{}, "", odata.Final(errUntracked)
	}
	page, _, err := odata.DecodePage(a)
	if err != nil {
		return roundAnswer{}, "", err
	}
	link := page.DeltaLink
	if link == "" {
		link = page.NextLink
	}
	next, _, err := t.source.client.Onward(link, "")
	if err == nil && odata.HasToken(a.Link) && !odata.HasSkipToken(next) {
		return roundAnswer{page: page, delta: next}, "", nil
	}
	return roundAnswer{page: page}, next, err
}

// isTracked reports whether the service says that it tracks. The documents spell the
// word in two ways.
func isTracked(h http.Header) bool {
	applied := strings.ToLower(strings.Join(h.Values("Preference-Applied"), ","))
	return strings.Contains(applied, "odata.track-changes") || strings.Contains(applied, "odata-trackchanges")
}
