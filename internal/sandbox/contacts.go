package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// view prepares the rendering of contacts for this call.
func (c *call) view() *view {
	v := &view{d: c.d, box: c.box, immutable: c.opt.immutable, fields: c.opt.fields, expand: c.opt.expand, extensions: c.opt.extensions, noPicture: c.s.quirks.noPictureProp}
	if c.d.outlook {
		v.odataID = append([]byte(`"@odata.id":"`), c.outlookOwner()+`/Contacts('`...)
	}
	return v
}

// apiBase is the URL of the dialect's version.
func (c *call) apiBase() string { return c.base + "/" + c.d.prefix }

// outlookOwner is the URL by which @odata.id names the owner: object id and
// tenant id.
func (c *call) outlookOwner() string {
	return c.apiBase() + "/Users('" + c.box.userID() + "@1717622f-1d94-4d0c-9d74-709fad664b77')"
}

// contextOwner is how @odata.context names the owner.
func (c *call) contextOwner() string {
	if c.d.outlook && strings.EqualFold(c.owner, "me") {
		return "Me"
	}
	id := c.owner
	if strings.EqualFold(id, "me") {
		id = c.box.userID()
	}
	return c.d.cased("users") + "('" + strings.ReplaceAll(id, "'", "''") + "')"
}

// contactsContext is the @odata.context of contacts, of one with entity set.
func (c *call) contactsContext(entity bool) string {
	context := c.apiBase() + "/$metadata#" + c.contextOwner() + "/"
	if c.inFolder && !entity {
		context += c.d.cased("contactFolders") + "('" + c.folder + "')/"
	}
	context += c.d.cased("contacts")
	if len(c.opt.selected) > 0 {
		context += "(" + strings.Join(c.opt.selected, ",") + ")"
	}
	if entity {
		context += "/$entity"
	}
	return context
}

// findFolder resolves a folder id or the alias of the default folder.
func (c *call) findFolder(t *txn, id string) (*folder, error) {
	if strings.EqualFold(id, "contacts") {
		return t.st.folders[c.box.contacts], nil
	}
	parsed, ok := c.box.ids.parse(id)
	if !ok || parsed.kind != folderID {
		return nil, errMalformedID
	}
	f := t.st.folders[parsed.folder]
	if parsed.foreign || f == nil || f.box != c.box || f.id == c.box.root {
		return nil, errNoFolder
	}
	return f, nil
}

// findContact resolves the id of the path into it, which aliases t's memory.
func (c *call) findContact(t *txn, it *item) error {
	id, ok := c.box.ids.parse(c.contact)
	if !ok || id.kind == folderID {
		return errMalformedID
	}
	if id.foreign {
		return errItemNotFound
	}
	found, err := t.item(id.item, it)
	if err != nil {
		return err
	}
	if !found || id.kind == mutableID && id.folder != it.folder || t.st.folders[it.folder].box != c.box {
		return errItemNotFound
	}
	if c.r.Method == http.MethodGet && len(c.s.unread.found([]uint64{it.id})) == 0 {
		return errItemNotFound
	}
	if !c.inFolder {
		return nil
	}
	f, err := c.findFolder(t, c.folder)
	if err == nil && f.id != it.folder {
		err = errItemNotFound
	}
	return err
}

func (c *call) getContact() (*answer, error) {
	if err := c.opt.selectContact(c.d); err != nil {
		return nil, err
	}
	var a *answer
	err := c.s.store.view(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		a = c.contactAnswer(http.StatusOK, &it)
		return nil
	})
	return a, err
}

func (c *call) contactAnswer(status int, it *item) *answer {
	body := c.view().appendContact(nil, it, c.contactsContext(true))
	return jsonAnswer(status, body).with("ETag", `W/"`+string(appendChangeKey(nil, c.box.key, it.version))+`"`)
}

// createContact stores a new contact in the folder of the path. The Outlook
// document calls GivenName required; whether the service enforced it is not
// known, so contacts without one are taken.
func (c *call) createContact() (*answer, error) {
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	it := &item{}
	ch := &change{d: c.d, it: it, create: true, q: &c.s.quirks}
	if err := ch.apply(body); err != nil {
		return nil, err
	}
	err = c.s.store.update(func(t *txn) error {
		f := t.st.folders[c.box.contacts]
		var err error
		if c.inFolder {
			f, err = c.findFolder(t, c.folder)
		} else if ch.folder != "" {
			f, err = c.findFolder(t, ch.folder)
		}
		if err != nil {
			return err
		}
		it.folder = f.id
		return t.create(it, c.s.now())
	})
	if err != nil {
		return nil, err
	}
	c.s.unfiltered.add(it.id, c.s.quirks.filterLag)
	c.s.unread.add(it.id, c.s.quirks.readLag)
	c.opt.fields = nil
	a := c.contactAnswer(http.StatusCreated, it)
	return a.with("Location", c.apiBase()+"/"+c.contextPath()+"('"+string(c.view().appendID(nil, it))+"')"), nil
}

func (c *call) contextPath() string { return c.contextOwner() + "/" + c.d.cased("contacts") }

// updateContact changes what the body names. If-Match is not looked at, as
// the service does not: the last write wins. A parentFolderId other than the
// contact's moves it, which changes its id but not its immutable one; whether
// the service does so is not known, so there is a quirk for it.
func (c *call) updateContact() (*answer, error) {
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	var a *answer
	err = c.s.store.update(func(t *txn) error {
		var old item
		if err := c.findContact(t, &old); err != nil {
			return err
		}
		it := old
		it.named = slices.Clone(old.named)
		ch := &change{d: c.d, it: &it, q: &c.s.quirks}
		if err := ch.apply(body); err != nil {
			return err
		}
		if ch.folder != "" {
			f, err := c.findFolder(t, ch.folder)
			if err != nil {
				return err
			}
			if !c.s.quirks.moveIgnored {
				it.folder = f.id
			}
		}
		if err := t.replace(&old, &it, c.s.now()); err != nil {
			return err
		}
		c.opt.fields = nil
		a = c.contactAnswer(http.StatusOK, &it)
		return nil
	})
	return a, err
}

// deleteContact deletes and deletes for good alike: nothing here lists the
// recoverable items.
func (c *call) deleteContact() (*answer, error) {
	err := c.s.store.update(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		return t.remove(&it)
	})
	return &answer{status: http.StatusNoContent}, err
}
