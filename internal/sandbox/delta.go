package sandbox

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// deltaPage is the ceiling of a delta page, whatever is asked for.
const deltaPage = 200

// A deltaRow is a contact or folder that a round reports: as it is now, or as
// removed from folder for a reason.
type deltaRow struct {
	id, folder uint64
	removed    string
}

// A deltaRound answers one request of delta. A round without a token lists
// everything that there is; a later one goes through the log. What changes while
// a round goes on is reported by the next one, whether this one has shown it
// already or not.
type deltaRound struct {
	c     *call
	t     *txn
	token syncToken
	all   []uint64 // ids of what there is, ascending
	event func(logEntry) (deltaRow, bool)
}

// deltaContacts reports the contacts of one folder; without one in the path
// that is the default folder in every version.
func (c *call) deltaContacts() (*answer, error) {
	return c.delta(func(t *txn) (*deltaRound, error) {
		f := t.st.folders[c.box.contacts]
		if c.inFolder {
			var err error
			if f, err = c.findFolder(t, c.folder); err != nil {
				return nil, err
			}
		}
		return &deltaRound{c: c, t: t, token: syncToken{Kind: syncContacts, Of: f.id}, all: f.order, event: func(e logEntry) (deltaRow, bool) {
			return contactRow(t, e)
		}}, nil
	})
}

// contactRow is what an entry of the log means today: what has come back is
// not reported as removed.
func contactRow(t *txn, e logEntry) (deltaRow, bool) {
	row := deltaRow{id: e.id, folder: e.folder}
	var it item
	found, err := t.item(e.id, &it)
	here := found && err == nil && it.folder == e.folder
	switch e.kind {
	case contactChanged:
		return row, here
	case contactRemoved:
		row.removed = "deleted"
	case contactLeft:
		row.removed = "changed"
	}
	return row, !here
}

// deltaFolders reports the folders of the mailbox at all depths, or the children of
// the folder in the path; the default folder is among them where the dialect lists it.
func (c *call) deltaFolders() (*answer, error) {
	if err := c.checkFolderSelect(); err != nil {
		return nil, err
	}
	return c.delta(func(t *txn) (*deltaRound, error) {
		tracks := c.tracksFolder
		if c.inFolder {
			parent, err := c.findFolder(t, c.folder)
			if err != nil {
				return nil, err
			}
			tracks = func(f *folder) bool { return f.parent == parent.id && c.tracksFolder(f) }
		}
		var all []uint64
		for id, f := range t.st.folders {
			if tracks(f) {
				all = append(all, id)
			}
		}
		slices.Sort(all)
		return &deltaRound{c: c, t: t, token: syncToken{Kind: syncFolders, Of: c.box.root}, all: all, event: func(e logEntry) (deltaRow, bool) {
			f := t.st.folders[e.id]
			if e.kind == folderRemoved {
				return deltaRow{id: e.id, removed: "deleted"}, f == nil
			}
			return deltaRow{id: e.id}, f != nil && tracks(f)
		}}, nil
	})
}

func (c *call) tracksFolder(f *folder) bool {
	return f.box == c.box && f.id != c.box.root && (c.d.beta || !f.wellKnown()) && (!f.hidden || c.d.beta && c.s.quirks.hiddenFolders)
}

// delta runs a round that open prepares.
func (c *call) delta(open func(*txn) (*deltaRound, error)) (*answer, error) {
	if err := c.deltaAllowed(); err != nil {
		return nil, err
	}
	var a *answer
	err := c.s.store.view(func(t *txn) error {
		r, err := open(t)
		if errors.Is(err, errNoFolder) {
			err = errNoSyncFolder
		}
		if err != nil {
			return err
		}
		if gone := r.resume(); gone != nil {
			a = c.gone(gone)
			return nil
		}
		a, err = r.answer()
		return err
	})
	return a, err
}

// deltaAllowed refuses what delta does not do, in the words of the service.
func (c *call) deltaAllowed() error {
	q := &c.s.quirks
	switch {
	case q.noDelta:
		return badRequest("ErrorInvalidUrlQuery", "Parameter 'DeltaToken' not supported for this resource.")
	case q.overQuota:
		return errQuota(c)
	case c.opt.deltaToken != "" || c.opt.skipToken != "":
		return nil // the token says all, whatever else is sent
	}
	refused := c.opt.given
	if q.deltaNoExpand && c.opt.expand != nil {
		refused = append(refused, "$expand")
	}
	if len(refused) > 0 {
		return untrackable(refused)
	}
	return nil
}

func untrackable(options []string) *failure {
	return badRequest("ErrorInvalidUrlQuery", "The following parameters are not supported with change tracking over the 'Contacts' resource: '%s'.", strings.Join(options, ", "))
}

// gone is the answer to a token that is of no use any more; some carry the
// address to start from.
func (c *call) gone(f *failure) *answer {
	a := c.failed(f)
	if f == errResync {
		a.with("Location", c.base+c.r.URL.EscapedPath())
	}
	return a
}

// resume brings the round to where the token of the request says.
func (r *deltaRound) resume() *failure {
	c, latest := r.c, r.t.meta.Sequence()
	text := c.opt.deltaToken + c.opt.skipToken
	if text == "" {
		r.token.Until, r.token.Select, r.token.Expand = latest, strings.Join(c.opt.selected, ","), c.opt.expanded
		return nil
	}
	if strings.EqualFold(text, "latest") {
		return badRequest("ErrorInvalidUrlQuery", "DeltaToken 'latest' is not supported for this resource.")
	}
	token, bad := c.unseal(text, r.token.Kind, r.token.Of, latest)
	if bad != nil {
		return bad
	}
	if c.opt.deltaToken != "" {
		token.Since, token.Until = token.Until, latest
		token.After = token.Since
		if n := c.s.quirks.replay; n > 0 {
			token.After = r.t.before(r.token.Of, token.Since, n)
		}
	}
	r.token = token
	c.opt.selected, c.opt.expand = nil, nil
	if token.Select != "" {
		c.opt.selected = strings.Split(token.Select, ",")
	}
	if token.Expand != "" && c.opt.setExpand(c.d, token.Expand) != nil {
		return errSyncInvalid
	}
	return nil
}

// page collects the rows of the page and brings the token to behind them.
func (r *deltaRound) page() (rows []deltaRow, more bool) {
	size := r.c.opt.top
	if r.token.Since == 0 {
		from, _ := slices.BinarySearch(r.all, r.token.After+1)
		rest := r.all[from:]
		page := rest[:min(size, len(rest))]
		for _, id := range page {
			rows = append(rows, deltaRow{id: id, folder: r.token.Of})
			r.token.After = id
		}
		return rows, len(rest) > len(page)
	}
	r.t.changesOf(r.token.Of, r.token.After, r.token.Until, func(version uint64, e logEntry) bool {
		row, shown := r.event(e)
		if shown && len(rows) == size {
			more = true
			return false
		}
		if shown {
			rows = append(rows, row)
		}
		r.token.After = version
		return true
	})
	return rows, more
}

func (r *deltaRound) answer() (*answer, error) {
	c := r.c
	if err := c.opt.selectContact(c.d); r.token.Kind == syncContacts && err != nil {
		return nil, err
	}
	links := pageLinks{again: r.link("skiptoken"), start: c.base + c.r.URL.EscapedPath()}
	rows, more := r.page()
	links.onward = r.link("skiptoken")
	if more {
		links.next = links.onward
	}
	rows, next := bendPage(c, rows, links)
	kind := "contact"
	if r.token.Kind == syncFolders {
		kind = "contactFolder"
	}
	body := appendMember([]byte("{"), "@odata.context", c.apiBase()+"/$metadata#Collection("+kind+")")
	body = append(body, `,"value":[`...)
	for i, row := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		var err error
		if body, err = r.appendRow(body, row); err != nil {
			return nil, err
		}
	}
	body = append(body, ']')
	if next != "" {
		body = appendMember(append(body, ','), "@odata.nextLink", next)
	} else {
		body = appendMember(append(body, ','), "@odata.deltaLink", r.link("deltatoken"))
	}
	return jsonAnswer(http.StatusOK, append(body, '}')), nil
}

// link leads on in the round, or to the next one.
func (r *deltaRound) link(parameter string) string {
	token := r.token
	if parameter == "deltatoken" {
		token.Since, token.After = 0, 0
	}
	return r.c.base + r.c.r.URL.EscapedPath() + "?$" + parameter + "=" + r.c.seal(token)
}

func (r *deltaRound) appendRow(dst []byte, row deltaRow) ([]byte, error) {
	c := r.c
	if row.removed != "" {
		dst = append(dst, `{"@removed":{"reason":`...)
		dst = append(appendString(dst, row.removed), `},"id":"`...)
		if r.token.Kind == syncFolders {
			dst = c.box.ids.appendFolder(dst, row.id)
		} else {
			dst = c.view().appendID(dst, &item{id: row.id, folder: row.folder})
		}
		return append(dst, `"}`...), nil
	}
	if r.token.Kind == syncFolders {
		return c.appendFolder(dst, r.t.st.folders[row.id], ""), nil
	}
	var it item
	if found, err := r.t.item(row.id, &it); !found || err != nil {
		return dst, errDamaged
	}
	v := c.view()
	v.listing = true
	return v.appendContact(dst, &it, ""), nil
}
