package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// A resource is what a path below /me or /users/{id} names.
type resource uint8

const (
	resUser resource = iota
	resContacts
	resContactCount
	resContact
	resContactDelete
	resPhoto
	resPhotoValue
	resFolders
	resFolder
	resFolderDelete
	resContactDelta
	resFolderDelta
	resExtensions
	resExtension
	resOutlook // names nothing by itself
	resCategories
	resCategory
	resTranslate
	resBatch
)

// listed reports whether GET answers with a page of rows.
func (r resource) listed() bool { return r == resContacts || r == resFolders || r.delta() }

func (r resource) delta() bool { return r == resContactDelta || r == resFolderDelta }

// A target is a parsed path.
type target struct {
	d        *dialect
	owner    string // "me" or the id of /users/{id}
	resource resource
	inFolder bool   // folder was named; with resFolders: its children
	folder   string // id as sent
	contact  string // id as sent
	name     string // of an extension, or id of a category, as sent
}

// parseTarget reads a path. Segments are compared without case, keys may be
// written as /contacts/{id} or as /contacts('{id}').
func parseTarget(u *url.URL) (target, error) {
	d, rest := dialectFor(strings.TrimPrefix(u.EscapedPath(), "/"))
	if d == nil {
		return target{}, &failure{status: http.StatusNotFound, code: "NotFound", message: "Resource not found."}
	}
	t := target{d: d}
	segments, err := splitPath(rest)
	if err != nil {
		return t, err
	}
	switch {
	case d.batchPath(segments):
		t.resource = resBatch
		return t, nil
	case len(segments) > 0 && strings.EqualFold(segments[0], "me"):
		t.owner, segments = "me", segments[1:]
	case len(segments) > 1 && strings.EqualFold(segments[0], "users"):
		t.owner, segments = segments[1], segments[2:]
	default:
		return t, errSegment
	}
	if t.owner == "" {
		return t, errInvalidUser
	}
	return t, t.walk(segments)
}

// batchPath knows where the dialect takes batches: Outlook below the user.
func (d *dialect) batchPath(segments []string) bool {
	if d.outlook {
		return len(segments) == 2 && strings.EqualFold(segments[0], "me") && strings.EqualFold(segments[1], "$batch")
	}
	return len(segments) == 1 && strings.EqualFold(segments[0], "$batch")
}

// splitPath unescapes the segments and turns keys in parentheses into segments
// of their own. Empty segments at the end are dropped.
func splitPath(path string) ([]string, error) {
	var segments []string
	for raw := range strings.SplitSeq(strings.TrimRight(path, "/"), "/") {
		text, err := url.PathUnescape(raw)
		if err != nil {
			return nil, errSegment
		}
		name, id, found := strings.Cut(text, "('")
		if found && strings.HasSuffix(id, "')") {
			id = strings.ReplaceAll(strings.TrimSuffix(id, "')"), "''", "'")
			segments = append(segments, name, id)
			continue
		}
		segments = append(segments, text)
	}
	return segments, nil
}

// walk follows the segments from the user to the resource.
func (t *target) walk(segments []string) error {
	for len(segments) > 0 {
		name := strings.ToLower(segments[0])
		segments = segments[1:]
		var id string
		keyed := len(segments) > 0
		if keyed {
			id = segments[0]
		}
		var err error
		used := false
		switch t.resource {
		case resUser, resFolder:
			used, err = t.collection(name, id, keyed)
		case resContact:
			used, err = t.contactPart(name, id, keyed)
		case resOutlook:
			used, err = t.categories(name, id, keyed)
		case resPhoto:
			if name != "$value" {
				err = errSegment
			}
			t.resource = resPhotoValue
		default:
			err = errSegment
		}
		if err != nil {
			return err
		}
		if used {
			segments = segments[1:]
		}
	}
	return nil
}

// collection steps into a set of contacts or folders and, if the path has an
// id after it, on to its member. An id that is there but empty names nothing
// that any method applies to.
func (t *target) collection(name, id string, keyed bool) (used bool, err error) {
	inFolder := t.resource == resFolder
	switch {
	case name == "contacts":
		t.resource = resContacts
	case name == "contactfolders" && !inFolder, name == "childfolders" && inFolder:
		t.resource = resFolders
	case name == "permanentdelete" && inFolder:
		t.resource = resFolderDelete
		return false, nil
	case name == "outlook" && !inFolder:
		t.resource = resOutlook
		return false, nil
	case (name == "translateexchangeids" || name == "microsoft.graph.translateexchangeids") && !inFolder:
		t.resource = resTranslate
		return false, nil
	default:
		return false, errSegment
	}
	t.inFolder = inFolder
	switch {
	case !keyed:
		return false, nil
	case id == "":
		return false, errNotSupported
	case !t.d.outlook && isDelta(id):
		t.resource = map[resource]resource{resContacts: resContactDelta, resFolders: resFolderDelta}[t.resource]
	case id == "$count" && t.resource == resContacts:
		t.resource = resContactCount
	case t.resource == resContacts:
		t.resource, t.contact = resContact, id
	default:
		t.resource, t.folder = resFolder, id
	}
	return true, nil
}

// isDelta knows the spellings of the function.
func isDelta(segment string) bool {
	name := strings.TrimPrefix(strings.ToLower(segment), "microsoft.graph.")
	return name == "delta" || name == "delta()"
}

// syncing reports whether a request goes on with change tracking. Plain lists
// have skip tokens too, of a few characters, when a fault made them.
func syncing(u *url.URL) bool {
	q := u.Query()
	t, err := parseTarget(u)
	token := q.Get("$deltatoken") + q.Get("$skiptoken")
	return err == nil && (t.resource.delta() || t.d.outlook) && len(token) > sealSize
}

func (t *target) contactPart(name, id string, keyed bool) (used bool, err error) {
	switch name {
	case "photo":
		t.resource = resPhoto
	case "permanentdelete":
		t.resource = resContactDelete
	case "extensions":
		if t.resource = resExtensions; keyed && id != "" {
			t.resource, t.name = resExtension, id
			return true, nil
		}
	case "photos":
		return false, badRequest("BadRequest", "Unsupported segment type. ODataQuery: %s", "photos")
	default:
		return false, errSegment
	}
	return false, nil
}

// categories steps into the master list and, if the path has an id after it, on to
// the category.
func (t *target) categories(name, id string, keyed bool) (used bool, err error) {
	if name != "mastercategories" {
		return false, errSegment
	}
	if t.resource = resCategories; keyed && id != "" {
		t.resource, t.name = resCategory, id
		return true, nil
	}
	return false, nil
}
