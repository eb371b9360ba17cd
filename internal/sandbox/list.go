package sandbox

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// scope lists the ids of the contacts that a collection holds: those of the
// folder in the path; without one the whole mailbox in the beta versions and
// the default folder in the others. Contact groups have the id 0.
func (c *call) scope(t *txn) ([]uint64, error) {
	f := t.st.folders[c.box.contacts]
	ids := f.order
	if c.inFolder {
		var err error
		if f, err = c.findFolder(t, c.folder); err != nil {
			return nil, err
		}
		ids = f.order
	} else if c.d.beta {
		ids = c.mailboxOrder(t)
	}
	if n := c.s.quirks.groups; n > 0 && f.wellKnown() {
		ids = append(make([]uint64, n, n+len(ids)), ids...)
	}
	return ids, nil
}

// mailboxOrder lists the ids of all contacts; those of the hidden folder are
// among them only if it is shown.
func (c *call) mailboxOrder(t *txn) []uint64 {
	hidden := t.st.folders[c.box.hidden]
	if hidden == nil || c.s.quirks.hiddenFolders {
		return c.box.order
	}
	return slices.DeleteFunc(slices.Clone(c.box.order), func(id uint64) bool {
		_, in := slices.BinarySearch(hidden.order, id)
		return in
	})
}

// listed narrows and orders the scope as $filter and $orderby want.
func (c *call) listed(t *txn) ([]uint64, error) {
	ids, err := c.scope(t)
	if err != nil {
		return nil, err
	}
	if c.opt.filter != "" {
		pred, err := parseFilter(c.d, c.opt.filter)
		if err != nil {
			return nil, err
		}
		if ids, err = filtered(t, ids, pred); err != nil {
			return nil, err
		}
		if namesExtended(c.opt.filter) {
			ids = c.s.unfiltered.found(ids)
		}
	}
	if c.opt.order == "" {
		return ids, nil
	}
	return c.ordered(t, ids)
}

func filtered(t *txn, scope []uint64, pred *predicate) ([]uint64, error) {
	tried := scope
	if pred.index != "" {
		tried = t.candidates(pred.index, pred.value)
	}
	var ids []uint64
	var it item
	for _, id := range tried {
		if _, in := slices.BinarySearch(scope, id); id == 0 || pred.index != "" && !in {
			continue
		}
		if _, err := t.item(id, &it); err != nil {
			return nil, err
		}
		if pred.match(&it) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// ordered sorts by one property. Together with a filter that does not name
// the property, the service finds that too complex.
func (c *call) ordered(t *txn, ids []uint64) ([]uint64, error) {
	name, direction, _ := strings.Cut(strings.TrimSpace(c.opt.order), " ")
	direction = strings.TrimSpace(direction)
	if c.opt.filter != "" && !strings.Contains(c.opt.filter, name) {
		return nil, badRequest("ErrorInvalidRestriction", "The restriction or sort order is too complex for this operation.")
	}
	if direction != "" && direction != "asc" && direction != "desc" {
		return nil, badRequest("ErrorInvalidUrlQuery", "The $orderby expression is not valid.")
	}
	i, ok := c.d.byName[name]
	if !ok || !c.d.fields[i].sortable() {
		return nil, badRequest("ErrorInvalidUrlQuery", "The $orderby expression is not valid.")
	}
	type keyed struct {
		id  uint64
		key []byte
	}
	all := make([]keyed, len(ids))
	var it item
	for n, id := range ids {
		found, err := t.item(id, &it)
		if err != nil {
			return nil, err
		}
		if !found {
			continue // a group, which comes first
		}
		all[n] = keyed{id, bytes.Clone(c.d.fields[i].sortKey(&it))}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		if direction == "desc" {
			a, b = b, a
		}
		return bytes.Compare(a.key, b.key)
	})
	sorted := make([]uint64, len(all))
	for n := range all {
		sorted[n] = all[n].id
	}
	return sorted, nil
}

func (c *call) listContacts() (*answer, error) {
	if err := c.opt.selectContact(c.d); err != nil {
		return nil, err
	}
	buffer := c.s.buffers.Get().(*[]byte)
	var body []byte
	err := c.s.store.view(func(t *txn) error {
		ids, err := c.listed(t)
		if err != nil {
			return err
		}
		page := ids[min(c.opt.skip, len(ids)):]
		page = page[:min(c.opt.top, len(page))]
		body, err = c.appendPage((*buffer)[:0], t, page, len(ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	a := jsonAnswer(http.StatusOK, body)
	a.pooled = buffer
	return a, nil
}

// appendPage renders one page of a list of total contacts.
func (c *call) appendPage(dst []byte, t *txn, page []uint64, total int) ([]byte, error) {
	dst = append(dst, `{"@odata.context":`...)
	dst = appendString(dst, c.contactsContext(false))
	if c.opt.count {
		dst = appendInt(append(dst, ','), "@odata.count", total)
	}
	dst = append(dst, `,"value":[`...)
	page, next := bendPage(c, page, c.listLinks(c.opt.skip+len(page), total))
	v := c.view()
	v.listing = true
	var it item
	rows := 0
	for _, id := range page {
		found, err := t.item(id, &it)
		if err != nil {
			return dst, err
		}
		if !found {
			continue
		}
		if rows > 0 {
			dst = append(dst, ',')
		}
		rows++
		dst = v.appendContact(dst, &it, "")
	}
	dst = append(dst, ']')
	if next != "" {
		dst = appendMember(append(dst, ','), "@odata.nextLink", next)
	}
	return append(dst, '}'), nil
}

func (c *call) countContacts() (*answer, error) {
	var n int
	err := c.s.store.view(func(t *txn) error {
		ids, err := c.listed(t)
		n = len(ids)
		return err
	})
	a := &answer{status: http.StatusOK, body: strconv.AppendInt(nil, int64(n), 10)}
	return a.with("Content-Type", "text/plain"), err
}

// user answers GET /me: who is signed in.
func (c *call) user() (*answer, error) {
	name := c.box.address()
	body := appendMember([]byte("{"), "@odata.context", c.apiBase()+"/$metadata#"+c.d.cased("users")+"/$entity")
	body = appendMember(append(body, ','), c.d.cased("id"), c.box.userID())
	body = appendMember(append(body, ','), c.d.cased("displayName"), "Sandbox")
	body = appendMember(append(body, ','), c.d.cased("mail"), name)
	body = appendMember(append(body, ','), c.d.cased("userPrincipalName"), name)
	return jsonAnswer(http.StatusOK, append(body, '}')), nil
}
