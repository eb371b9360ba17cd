package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Outlook's synchronisation, which the client asks for with
// Prefer: odata.track-changes: each round reports all contacts of one folder.
// The first answer of all bears a deltatoken even if more follows, and the next
// request is made with it; from then on a skiptoken says that there is more and
// a deltatoken that the round is complete. Both travel in @odata.deltaLink.

// tracks reports whether the request is one of a round: contacts of a folder,
// which the document also spells /contactfolders/{name}.
func (c *call) tracks() bool {
	return c.d.outlook && c.opt.track && c.r.Method == http.MethodGet && (c.resource == resContacts || c.resource == resFolder)
}

// trackedFolder is the folder in the path, by its id or by its name, and the
// default folder without one.
func (c *call) trackedFolder(t *txn) (*folder, error) {
	standard := t.st.folders[c.box.contacts]
	if c.folder == "" {
		return standard, nil
	}
	f, err := c.findFolder(t, c.folder)
	if errors.Is(err, errMalformedID) {
		if named := t.st.childNamed(standard, c.folder); named != nil {
			return named, nil
		}
	}
	return f, err
}

func (c *call) trackContacts() (*answer, error) {
	if c.s.quirks.overQuota {
		return nil, errQuota(c)
	}
	if len(c.opt.given) > 0 {
		return nil, untrackable(c.opt.given)
	}
	spelling := "odata.track-changes"
	if c.s.quirks.proseSpelling {
		spelling = "odata-trackchanges"
	}
	var a *answer
	err := c.s.store.view(func(t *txn) error {
		f, err := c.trackedFolder(t)
		if err != nil {
			return err
		}
		token, gone := c.trackToken(t, f)
		if gone != nil {
			a = c.gone(gone)
			return nil
		}
		if err := c.opt.selectContact(c.d); err != nil {
			return err
		}
		a, err = c.trackPage(t, f, token)
		return err
	})
	c.opt.applied = append(c.opt.applied, spelling)
	return a, err
}

// trackToken reads where the round is; a token remembers $select.
func (c *call) trackToken(t *txn, f *folder) (syncToken, *failure) {
	text := c.opt.deltaToken + c.opt.skipToken
	if text == "" {
		return syncToken{Kind: syncTrack, Of: f.id, Select: strings.Join(c.opt.selected, ",")}, nil
	}
	token, gone := c.unseal(text, syncTrack, f.id, t.meta.Sequence())
	if gone == nil && token.Select != "" {
		c.opt.selected = strings.Split(token.Select, ",")
	}
	return token, gone
}

func (c *call) trackPage(t *txn, f *folder, token syncToken) (*answer, error) {
	from, _ := slices.BinarySearch(f.order, token.After+1)
	rest := f.order[from:]
	page := rest[:min(c.opt.top, len(rest))]
	page, link := bendPage(c, page, c.trackLinks(token, page, len(page) < len(rest)))
	body := appendMember([]byte("{"), "@odata.context", c.contactsContext(false))
	body = append(body, `,"value":[`...)
	v := c.view()
	v.listing = true
	var it item
	for i, id := range page {
		if _, err := t.item(id, &it); err != nil {
			return nil, err
		}
		if i > 0 {
			body = append(body, ',')
		}
		body = v.appendContact(body, &it, "")
	}
	body = appendMember(append(body, ']', ','), "@odata.deltaLink", link)
	return jsonAnswer(http.StatusOK, append(body, '}')), nil
}

// trackLinks are where a page of a round leads, which began with the token.
func (c *call) trackLinks(token syncToken, page []uint64, more bool) pageLinks {
	links := pageLinks{again: c.trackLink("skiptoken", token), start: c.trackLink("", token)}
	if len(page) > 0 {
		token.After = page[len(page)-1]
	}
	links.onward = c.trackLink("skiptoken", token)
	switch {
	case c.opt.deltaToken+c.opt.skipToken == "":
		links.next = c.trackLink("deltatoken", token)
	case more:
		links.next = links.onward
	default:
		token.After = 0
		links.next = c.trackLink("deltatoken", token)
	}
	return links
}

// trackLink spells the address as the document does, a slash before the query
// and its $ escaped; without a parameter it starts anew.
func (c *call) trackLink(parameter string, token syncToken) string {
	path := c.base + strings.TrimRight(c.r.URL.EscapedPath(), "/")
	if parameter == "" {
		return path
	}
	return path + "/?%24" + parameter + "=" + c.seal(token)
}
