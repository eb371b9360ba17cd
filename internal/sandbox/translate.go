package sandbox

import (
	"net/http"
	"strings"
)

// maxTranslated is how many ids one request translates.
const maxTranslated = 1000

// ewsID and restID turn the two spellings of one id into each other: EWS writes the
// characters that a URL would need escaped.
var (
	ewsID  = strings.NewReplacer("-", "/", "_", "+")
	restID = strings.NewReplacer("/", "-", "+", "_")
)

// translateIDs answers translateExchangeIds
// (learn.microsoft.com/graph/api/user-translateexchangeids) for the formats restId,
// restImmutableEntryId and ewsId. The two formats of MAPI entry ids are not served.
// An id that cannot be translated is told in its place.
func (c *call) translateIDs() (*answer, error) {
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	all, ok := members(body)
	if !ok {
		return nil, errBadJSON
	}
	var ids []string
	var from, to string
	for _, m := range all {
		switch strings.ToLower(m.name) { // the parameters of actions have no case: Microsoft's Go SDK capitalises them
		case "inputids":
			ids, ok = stringValues(m.value)
		case "sourceidtype":
			from, ok = stringValue(m.value)
		case "targetidtype":
			to, ok = stringValue(m.value)
		}
		if !ok {
			return nil, wrongBody(m.name)
		}
	}
	if len(ids) == 0 || len(ids) > maxTranslated || !isIDFormat(from) || !isIDFormat(to) {
		return nil, badRequest("ErrorInvalidArgument", "The ids or their formats are not valid.")
	}
	out := appendMember([]byte("{"), "@odata.context", c.apiBase()+"/$metadata#Collection(microsoft.graph.convertIdResult)")
	out = append(out, `,"value":[`...)
	err = c.s.store.view(func(t *txn) error {
		for i, id := range ids {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendMember(append(out, '{'), c.d.cased("sourceId"), id)
			if target := c.translated(t, id, to); target != "" {
				out = appendMember(append(out, ','), c.d.cased("targetId"), target)
			} else {
				out = append(append(append(out, `,"`...), c.d.cased("errorDetails")...), `":{"code":"ErrorInvalidIdMalformed","message":"Id is malformed."}`...)
			}
			out = append(out, '}')
		}
		return nil
	})
	return jsonAnswer(http.StatusOK, append(out, "]}"...)), err
}

func wrongBody(name string) *failure {
	return unreadable("Cannot convert the value of the property '%s' to the expected type.", name)
}

func isIDFormat(text string) bool {
	switch strings.ToLower(text) {
	case "restid", "restimmutableentryid", "ewsid":
		return true
	}
	return false
}

// translated returns the id in another format; "" if it is none of this mailbox.
func (c *call) translated(t *txn, text, to string) string {
	id, ok := c.box.ids.parse(restID.Replace(text))
	if !ok || id.foreign {
		return ""
	}
	var target string
	switch {
	case id.kind == folderID: // the same in all formats
		target = string(c.box.ids.appendFolder(nil, id.folder))
	case strings.EqualFold(to, "restImmutableEntryId"):
		target = string(c.box.ids.appendImmutable(nil, id.item))
	default:
		var it item
		if found, err := t.item(id.item, &it); !found || err != nil {
			return ""
		}
		target = string(c.box.ids.appendItem(nil, it.id, it.folder))
	}
	if strings.EqualFold(to, "ewsId") {
		target = ewsID.Replace(target)
	}
	return target
}
