package sandbox

import (
	"slices"
	"strings"
	"testing"
)

const tracking = "Prefer: odata.track-changes, odata.maxpagesize=10"

// trackRound runs a round as the Outlook document tells clients to: from the
// first request of all the second is made whatever its token is called.
func (c *client) trackRound(path string, first bool) (ids []string, kinds, link string) {
	c.t.Helper()
	for {
		r := c.want(200, "GET", path, "", tracking)
		if got := r.header.Get("Preference-Applied"); !strings.Contains(got, "odata.track-changes") {
			c.t.Fatalf("Preference-Applied %q", got)
		}
		ids = append(ids, r.values(c.t, "Id")...)
		link = strings.TrimPrefix(r.text(c.t, "@odata.deltaLink"), "http://sandbox.test")
		isDelta := strings.Contains(link, "/?%24deltatoken=")
		if !isDelta && !strings.Contains(link, "/?%24skiptoken=") || r.next(c.t) != "" {
			c.t.Fatalf("links in %s", r.body)
		}
		kinds += map[bool]string{true: "d", false: "s"}[isDelta]
		if isDelta && !first {
			return ids, kinds, link
		}
		first, path = false, link
	}
}

func TestTrackChanges(t *testing.T) {
	for _, tt := range []struct {
		contacts     int
		first, later string // the kinds of tokens that the answers bear
	}{{0, "dd", "d"}, {7, "dd", "d"}, {10, "dd", "d"}, {11, "dd", "sd"}, {35, "dssd", "sssd"}} {
		for _, path := range []string{"/api/beta/me/Contacts", "/api/v2.0/me/contacts", "/api/beta/me/ContactFolders/contacts"} {
			c := numbered(t, tt.contacts, Options{})
			ids, kinds, link := c.trackRound(path, true)
			want := c.all("/v1.0/me/contacts?$top=100", "id")
			if kinds != tt.first || !slices.Equal(ids, want) {
				t.Errorf("%s, %d contacts: tokens %s, %d ids", path, tt.contacts, kinds, len(ids))
			}
			if tt.contacts > 0 {
				c.want(204, "DELETE", "/v1.0/me/contacts/"+want[0], "")
				want = append(want[1:], c.create("/v1.0/me/contacts", "{}"))
			}
			ids, kinds, link = c.trackRound(link, false)
			if kinds != tt.later || !slices.Equal(ids, want) {
				t.Errorf("%s, %d contacts, later: tokens %s, %d ids of %d", path, tt.contacts, kinds, len(ids), len(want))
			}
			if ids, _, _ = c.trackRound(link, false); !slices.Equal(ids, want) {
				t.Errorf("the third round has %d ids of %d", len(ids), len(want))
			}
		}
	}
}

func TestTrackChangesOfOneFolder(t *testing.T) {
	c := numbered(t, 3, Options{})
	id := c.create("/v1.0/me/contactFolders", `{"displayName":"Finance"}`)
	inside := c.create("/v1.0/me/contactFolders/"+id+"/contacts", `{"givenName":"Inside","surname":"x"}`)
	for _, path := range []string{"/api/beta/me/ContactFolders/Finance", "/api/beta/me/contactfolders/" + id + "/contacts", "/api/beta/me/contactfolders('" + id + "')"} {
		if ids, _, _ := c.trackRound(path, true); !slices.Equal(ids, []string{inside}) {
			t.Errorf("%s: %q", path, ids)
		}
	}
	if ids, _, _ := c.trackRound("/api/beta/me/contacts", true); len(ids) != 3 {
		t.Errorf("the root folder has %d contacts", len(ids))
	}
	r := c.want(200, "GET", "/api/beta/me/ContactFolders/Finance?$select=GivenName", "", tracking)
	r = c.want(200, "GET", strings.TrimPrefix(r.text(t, "@odata.deltaLink"), "http://sandbox.test"), "", tracking)
	r = c.want(200, "GET", strings.TrimPrefix(r.text(t, "@odata.deltaLink"), "http://sandbox.test"), "", tracking)
	if row := r.json(t)["value"].([]any)[0].(map[string]any); len(row) != 4 || row["GivenName"] != "Inside" {
		t.Errorf("selected row %v", row)
	}
	token := r.text(t, "@odata.deltaLink")
	token = token[strings.Index(token, "=")+1:]
	c.wantError(410, "SyncStateNotFound", "GET", "/api/beta/me/contacts/?%24deltatoken="+token, "", tracking)
	c.wantError(400, "ErrorInvalidIdMalformed", "GET", "/api/beta/me/contactfolders/Nowhere/contacts", "", tracking)
}

func TestTrackChangesHasNoOptions(t *testing.T) {
	c := numbered(t, 3, Options{})
	for _, option := range []string{"$filter=GivenName eq 'x'", "$top=5", "$orderby=GivenName"} {
		c.wantError(400, "ErrorInvalidUrlQuery", "GET", "/api/beta/me/contacts?"+option, "", tracking)
	}
	for _, path := range []string{"/v1.0/me/contacts", "/api/beta/me/contactfolders", "/api/beta/me/contacts/" + c.all("/v1.0/me/contacts", "id")[0]} {
		if got := c.want(200, "GET", path, "", tracking).header.Get("Preference-Applied"); strings.Contains(got, "track") {
			t.Errorf("%s: Preference-Applied %q", path, got)
		}
	}
	c = numbered(t, 3, Options{Quirks: "odata-trackchanges"})
	if got := c.want(200, "GET", "/api/beta/me/contacts", "", tracking).header.Get("Preference-Applied"); got != "odata.maxpagesize=10, odata-trackchanges" {
		t.Errorf("Preference-Applied %q", got)
	}
	c = numbered(t, 25, Options{Faults: "gone:#1"})
	r := c.want(200, "GET", "/api/beta/me/contacts", "", tracking)
	c.want(410, "GET", strings.TrimPrefix(r.text(t, "@odata.deltaLink"), "http://sandbox.test"), "", tracking)
}
