package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// folderNames are the members of a folder; wellKnownName is one of the beta
// versions only.
func (d *dialect) folderNames() []string {
	names := []string{d.cased("id"), d.cased("parentFolderId"), d.cased("displayName")}
	if d.beta {
		names = append(names, d.cased("wellKnownName"))
	}
	return names
}

// checkFolderSelect refuses names that folders do not have.
func (c *call) checkFolderSelect() error {
	for _, name := range c.opt.selected {
		if name != "*" && !slices.Contains(c.d.folderNames(), name) {
			return badRequest("RequestBroker--ParseUri", "Could not find a property named '%s' on type 'Microsoft.OutlookServices.ContactFolder'.", name)
		}
	}
	if c.opt.expand != nil || c.opt.order != "" {
		return badRequest("ErrorInvalidUrlQuery", "The query option is not supported for folders.")
	}
	return nil
}

func (c *call) folderContext(entity bool) string {
	context := c.apiBase() + "/$metadata#" + c.contextOwner() + "/" + c.d.cased("contactFolders")
	if c.inFolder && c.resource == resFolders && !entity {
		context += "('" + c.folder + "')/" + c.d.cased("childFolders")
	}
	if len(c.opt.selected) > 0 {
		context += "(" + strings.Join(c.opt.selected, ",") + ")"
	}
	if entity {
		context += "/$entity"
	}
	return context
}

func (c *call) appendFolder(dst []byte, f *folder, context string) []byte {
	id := string(c.box.ids.appendFolder(nil, f.id))
	dst = append(dst, '{')
	if context != "" {
		dst = append(appendMember(dst, "@odata.context", context), ',')
	}
	if c.d.outlook {
		dst = append(appendMember(dst, "@odata.id", c.outlookOwner()+"/ContactFolders('"+id+"')"), ',')
	}
	dst = appendMember(dst, c.d.cased("id"), id)
	if c.folderShows("parentFolderId") {
		dst = appendMember(append(dst, ','), c.d.cased("parentFolderId"), c.box.ids.appendFolder(nil, f.parent))
	}
	if c.folderShows("displayName") {
		dst = appendMember(append(dst, ','), c.d.cased("displayName"), f.name)
	}
	if c.d.beta && c.folderShows("wellKnownName") {
		dst = append(append(append(dst, `,"`...), c.d.cased("wellKnownName")...), `":`...)
		if f.wellKnown() {
			dst = append(dst, `"contacts"`...)
		} else {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
}

func (c *call) folderShows(name string) bool {
	return len(c.opt.selected) == 0 || slices.Contains(c.opt.selected, "*") || slices.Contains(c.opt.selected, c.d.cased(name))
}

// shownFolders lists the folders of the collection in the path. New folders
// lie below the default folder; the list of a mailbox shows these, and in the
// beta versions the default folder and its siblings before them.
func (c *call) shownFolders(t *txn) ([]*folder, error) {
	parent := t.st.folders[c.box.contacts]
	var ids []uint64
	if c.inFolder {
		var err error
		if parent, err = c.findFolder(t, c.folder); err != nil {
			return nil, err
		}
	} else if c.d.beta {
		ids = append(ids, t.st.folders[c.box.root].children...)
	}
	var shown []*folder
	for _, id := range append(ids, parent.children...) {
		if f := t.st.folders[id]; !f.hidden || c.s.quirks.hiddenFolders {
			shown = append(shown, f)
		}
	}
	if c.opt.filter == "" {
		return shown, nil
	}
	name, err := c.folderNameFilter()
	return slices.DeleteFunc(shown, func(f *folder) bool { return !strings.EqualFold(f.name, name) }), err
}

// folderNameFilter understands displayName eq '…'.
func (c *call) folderNameFilter() (string, error) {
	p := &filterParser{d: c.d, tokens: lex(c.opt.filter)}
	if p.next() != c.d.cased("displayName") || !p.word("eq") {
		return "", errFilter
	}
	name, err := p.quoted()
	if err == nil && !p.done() {
		err = errFilter
	}
	return name, err
}

func (c *call) listFolders() (*answer, error) {
	if err := c.checkFolderSelect(); err != nil {
		return nil, err
	}
	body := appendMember([]byte("{"), "@odata.context", c.folderContext(false))
	err := c.s.store.view(func(t *txn) error {
		all, err := c.shownFolders(t)
		if err != nil {
			return err
		}
		page := all[min(c.opt.skip, len(all)):]
		page = page[:min(c.opt.top, len(page))]
		page, next := bendPage(c, page, c.listLinks(c.opt.skip+len(page), len(all)))
		if c.opt.count {
			body = appendInt(append(body, ','), "@odata.count", len(all))
		}
		body = append(body, `,"value":[`...)
		for i, f := range page {
			if i > 0 {
				body = append(body, ',')
			}
			body = c.appendFolder(body, f, "")
		}
		body = append(body, ']')
		if next != "" {
			body = appendMember(append(body, ','), "@odata.nextLink", next)
		}
		return nil
	})
	return jsonAnswer(http.StatusOK, append(body, '}')), err
}

func (c *call) getFolder() (*answer, error) {
	if err := c.checkFolderSelect(); err != nil {
		return nil, err
	}
	var body []byte
	err := c.s.store.view(func(t *txn) error {
		f, err := c.findFolder(t, c.folder)
		if err == nil {
			body = c.appendFolder(nil, f, c.folderContext(true))
		}
		return err
	})
	return jsonAnswer(http.StatusOK, body), err
}

// folderBody reads the body of a folder's POST or PATCH.
func (c *call) folderBody() (name, parent string, err error) {
	body, err := readBody(c.r)
	if err != nil {
		return "", "", err
	}
	all, ok := members(body)
	if !ok {
		return "", "", errBadJSON
	}
	for _, m := range all {
		text, isText := stringValue(m.value)
		switch {
		case m.name == "@odata.type":
		case m.name == c.d.cased("displayName") && isText:
			name = text
		case m.name == c.d.cased("parentFolderId") && isText:
			parent = text
		default:
			return "", "", unreadable("The property '%s' does not exist on type 'microsoft.graph.contactFolder' or cannot be set.", m.name)
		}
	}
	return name, parent, nil
}

// findParent is findFolder for a folder to put another into, which may be the
// root of the mailbox: so a sibling of the default folder is made.
func (c *call) findParent(t *txn, id string) (*folder, error) {
	if parsed, ok := c.box.ids.parse(id); ok && !parsed.foreign && parsed.kind == folderID && parsed.folder == c.box.root {
		return t.st.folders[c.box.root], nil
	}
	return c.findFolder(t, id)
}

// createFolder makes a folder below the one in the path, or below the default
// folder.
func (c *call) createFolder() (*answer, error) {
	name, parentID, err := c.folderBody()
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(name) == "" {
		return nil, badRequest("ErrorInvalidFolderName", "The folder name is missing or empty.")
	}
	if c.inFolder {
		parentID = c.folder
	} else if parentID == "" {
		parentID = "contacts"
	}
	var body []byte
	err = c.s.store.update(func(t *txn) error {
		parent, err := c.findParent(t, parentID)
		if err != nil {
			return err
		}
		f, err := t.createFolder(parent, name)
		if err == nil {
			body = c.appendFolder(nil, f, c.folderContext(true))
		}
		return err
	})
	return jsonAnswer(http.StatusCreated, body), err
}

// updateFolder renames or moves a folder; neither is possible for the default
// folder, nor can a folder be put below itself.
func (c *call) updateFolder() (*answer, error) {
	name, parentID, err := c.folderBody()
	if err != nil {
		return nil, err
	}
	var body []byte
	err = c.s.store.update(func(t *txn) error {
		f, err := c.findFolder(t, c.folder)
		if err != nil {
			return err
		}
		if f.wellKnown() || f.hidden {
			return &failure{status: http.StatusForbidden, code: "ErrorAccessDenied", message: "Distinguished folders cannot be changed."}
		}
		parent := t.st.folders[f.parent]
		if parentID != "" {
			if parent, err = c.findParent(t, parentID); err != nil {
				return err
			}
		}
		if t.st.within(parent, f) {
			return badRequest("ErrorMoveCopyFailed", "The folder cannot be moved below itself.")
		}
		if name == "" {
			name = f.name
		}
		if err := t.changeFolder(f, name, parent); err != nil {
			return err
		}
		changed := *f
		changed.name, changed.parent = name, parent.id
		body = c.appendFolder(nil, &changed, c.folderContext(true))
		return nil
	})
	return jsonAnswer(http.StatusOK, body), err
}

// deleteFolder deletes a folder with all that is in it.
func (c *call) deleteFolder() (*answer, error) {
	err := c.s.store.update(func(t *txn) error {
		f, err := c.findFolder(t, c.folder)
		if err != nil {
			return err
		}
		if f.wellKnown() || f.hidden {
			return errDeleteDefault
		}
		return t.removeFolder(f)
	})
	return &answer{status: http.StatusNoContent}, err
}
