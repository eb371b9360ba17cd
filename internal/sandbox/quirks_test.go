package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestQuirkSpec(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                 "",
		"over-quota, groups=3":             "",
		"inactive=A@b.example,inactive=c@": "",
		"full":                             `quirk "full": no quirk has this name`,
		"groups":                           `quirk "groups": want groups=N`,
		"groups=-1":                        `quirk "groups": want groups=N`,
		"over-quota=1":                     `quirk "over-quota": want over-quota`,
		"inactive=":                        `quirk "inactive": want inactive=ADDRESS`,
		"over-quota,":                      `quirk "": no quirk has this name`,
	} {
		_, err := parseQuirks(spec)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%q: %v, want %s", spec, err, want)
		}
	}
	if _, err := Open(Options{Quirks: "x"}); err == nil {
		t.Error("Open takes a faulty spec")
	}
	for i := range quirkTable {
		k := &quirkTable[i]
		if !strings.Contains(QuirksHelp(), "  "+k.usage()+" ") || k.help == "" {
			t.Errorf("no help for %s", k.name)
		}
		var q quirks
		if !k.set(&q, "7") || fmt.Sprint(q) == fmt.Sprint(quirks{}) {
			t.Errorf("%s sets nothing", k.name)
		}
	}
}

func TestQuirkOverQuota(t *testing.T) {
	c := numbered(t, 3, Options{})
	c.s.quirks.overQuota = true
	id := c.all("/v1.0/me/contacts", "id")[0]
	statuses := map[int]bool{}
	for _, tt := range []struct{ method, path, body, header string }{
		{"GET", contactDelta, "", ""}, {"GET", "/v1.0/me/contactFolders/delta", "", ""}, {"GET", "/api/beta/me/contacts", "", tracking},
		{"POST", "/v1.0/me/contacts", "{}", ""}, {"PATCH", "/v1.0/me/contacts/" + id, "{}", ""}, {"POST", "/v1.0/me/contactFolders", `{"displayName":"x"}`, ""},
		{"PUT", "/v1.0/me/contacts/" + id + "/photo/$value", "x", "Content-Type: image/jpeg"},
	} {
		r := c.do(tt.method, tt.path, tt.body, append([]string{"Accept: */*"}, tt.header)[:1+min(1, len(tt.header))]...)
		statuses[r.status] = true
		if got := r.code(t); got != "ErrorQuotaExceeded" {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, r.status, got)
		}
	}
	if len(statuses) != 2 || !statuses[403] || !statuses[507] {
		t.Errorf("statuses %v", statuses)
	}
	c.want(204, "DELETE", "/v1.0/me/contacts/"+id, "")
	if got := c.all("/v1.0/me/contacts", "id"); len(got) != 2 {
		t.Errorf("%d contacts", len(got))
	}
}

func TestQuirksOfDelta(t *testing.T) {
	c := numbered(t, 20, Options{Quirks: "replay=3"})
	ids := c.all("/v1.0/me/contacts?$top=100", "id")
	rd := c.round(contactDelta, nil)
	rd = c.round(rd.link, nil)
	rd.wantRows(t, ids[17:], nil)
	c.want(204, "DELETE", "/v1.0/me/contacts/"+ids[18], "")
	rd = c.round(rd.link, nil)
	rd.wantRows(t, []string{ids[16], ids[17], ids[19]}, []string{ids[18]})
	c.round(rd.link, nil).wantRows(t, []string{ids[17], ids[19]}, []string{ids[18]})

	c = numbered(t, 2, Options{Quirks: "no-delta"})
	r := c.wantError(400, "ErrorInvalidUrlQuery", "GET", contactDelta, "")
	if r.text(t, "error/message") != "Parameter 'DeltaToken' not supported for this resource." {
		t.Errorf("message %q", r.text(t, "error/message"))
	}
	c = numbered(t, 2, Options{Quirks: "delta-no-expand"})
	c.wantError(400, "ErrorInvalidUrlQuery", "GET", contactDelta+"?$expand=singleValueExtendedProperties($filter=id eq 'String 0x1a')", "")
	c.want(200, "GET", contactDelta+"?$select=id", "")
}

func TestQuirkHiddenFolders(t *testing.T) {
	c := open(t, Options{Quirks: "hidden-folders"})
	if empty, err := c.s.Empty(); !empty || err != nil {
		t.Errorf("not empty: %v", err)
	}
	mine := c.create("/v1.0/me/contacts", `{"displayName":"Mine"}`)
	if empty, _ := c.s.Empty(); empty {
		t.Error("still empty")
	}
	for path, want := range map[string]int{
		"/v1.0/me/contacts": 1, "/beta/me/contacts": 4, "/api/beta/me/contacts": 4, "/v1.0/me/contactFolders": 0, "/beta/me/contactFolders": 2,
	} {
		if got := c.want(200, "GET", path, "").json(t)["value"].([]any); len(got) != want {
			t.Errorf("%s lists %d, want %d", path, len(got), want)
		}
	}
	hidden := c.want(200, "GET", "/beta/me/contactFolders?$filter=displayName eq 'Recipient Cache'", "").text(t, "value/0/id")
	if got := c.all("/v1.0/me/contactFolders/"+hidden+"/contacts", "displayName"); len(got) != 3 {
		t.Errorf("hidden contacts %q", got)
	}
	c.wantError(403, "ErrorDeleteDistinguishedFolder", "DELETE", "/v1.0/me/contactFolders/"+hidden, "")
	c.round("/beta/me/contactFolders/delta", nil).wantRows(t, []string{hidden, c.want(200, "GET", "/v1.0/me/contactFolders/contacts", "").text(t, "id")}, nil)
	c.s.quirks.hiddenFolders = false // as the same file opened without the quirk
	if got := c.all("/beta/me/contacts", "id"); !slices.Equal(got, []string{mine}) {
		t.Errorf("without the quirk: %q", got)
	}
	if got := c.all("/beta/me/contactFolders", "displayName"); !slices.Equal(got, []string{"Contacts"}) {
		t.Errorf("without the quirk: %q", got)
	}
}

func TestQuirkGroups(t *testing.T) {
	c := numbered(t, 17, Options{Quirks: "groups=3"})
	r := c.want(200, "GET", "/v1.0/me/contacts?$count=true", "")
	if rows := r.values(t, "id"); len(rows) != 7 || dig(r.json(t), "@odata.count") != 20.0 {
		t.Errorf("%d rows, count %v", len(rows), dig(r.json(t), "@odata.count"))
	}
	for _, path := range []string{"/v1.0/me/contacts", "/beta/me/contacts?$top=3", "/v1.0/me/contacts?$orderby=givenName", "/v1.0/me/contacts?$filter=givenName ne 'x'"} {
		if got := c.all(path, "id"); len(got) != 17 || slices.Contains(got, "") {
			t.Errorf("%s: %d contacts", path, len(got))
		}
	}
	if got := c.want(200, "GET", "/v1.0/me/contacts/$count", "").body; got != "20" {
		t.Errorf("$count %s", got)
	}
	if rd := c.round(contactDelta, nil); len(rd.changed) != 17 {
		t.Errorf("delta has %d contacts", len(rd.changed))
	}
}

func TestQuirksOfContacts(t *testing.T) {
	c := open(t, Options{Quirks: "move-ignored,no-picture-property,photo-quiet,filter-lag=2"})
	folder := c.create("/v1.0/me/contactFolders", `{"displayName":"Other"}`)
	const id1 = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Key"
	id := c.create("/v1.0/me/contacts", ext1(id1, "k"))
	find := "/v1.0/me/contacts?$filter=singleValueExtendedProperties/any(ep: ep/id eq '" + id1 + "' and ep/value eq 'k')"
	for n, want := range []int{0, 0, 1, 1} {
		if got := c.all(find, "id"); len(got) != want {
			t.Errorf("look-up %d finds %d", n, len(got))
		}
	}
	r := c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"parentFolderId":"`+folder+`"}`)
	if r.text(t, "id") != id || r.text(t, "parentFolderId") == folder {
		t.Error("moved")
	}
	before := c.want(200, "GET", "/v1.0/me/contacts/"+id, "").text(t, "changeKey")
	link := c.round(contactDelta, nil).link
	c.want(200, "PUT", "/v1.0/me/contacts/"+id+"/photo/$value", jpegOf(t, 2, 2), "Content-Type: image/jpeg")
	r = c.want(200, "GET", "/v1.0/me/contacts/"+id+"?$expand=singleValueExtendedProperties($filter=id eq '"+hasPicture+"')", "")
	if r.text(t, "changeKey") != before || strings.Contains(r.body, "singleValueExtendedProperties\"") {
		t.Errorf("after the photo: %s", r.body)
	}
	c.want(200, "GET", "/v1.0/me/contacts/"+id+"/photo/$value", "")
	c.round(link, nil).wantRows(t, nil, nil)
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"surname":"x"}`)
	c.round(link, nil).wantRows(t, []string{id}, nil)
	c.want(204, "DELETE", "/v1.0/me/contacts/"+id, "")
	c.round(link, nil).wantRows(t, nil, []string{id})
}

func TestQuirksOfWriting(t *testing.T) {
	c := open(t, Options{Quirks: "address-null-ignored,drop-unknown,directory-names,read-lag=2"})
	id := c.create("/v1.0/me/contacts", `{"homeAddress":{"city":"Lund"},"shoeSize":7,"emailAddresses":[{"address":"ann@example.org","name":"Ann"},{"address":"bob@example.net","name":"Bob"}]}`)
	c.wantError(404, "ErrorItemNotFound", "GET", "/v1.0/me/contacts/"+id, "")
	c.want(404, "GET", "/v1.0/me/contacts/"+id, "")
	r := c.want(200, "GET", "/v1.0/me/contacts/"+id, "")
	if r.text(t, "emailAddresses/0/name") != "ann (Example Organisation)" || r.text(t, "emailAddresses/1/name") != "Bob" {
		t.Errorf("names: %s", r.body)
	}
	if r := c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"homeAddress":null}`); r.text(t, "homeAddress/city") != "Lund" {
		t.Errorf("null cleared the address: %s", r.body)
	}
	if r := c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"homeAddress":{"city":null}}`); r.text(t, "homeAddress/city") != "" {
		t.Errorf("an object of nulls did not: %s", r.body)
	}
	usual := open(t, Options{})
	usual.want(400, "POST", "/v1.0/me/contacts", `{"shoeSize":7}`)
}

func TestQuirksOfReading(t *testing.T) {
	c := open(t, Options{Quirks: "top-refused,batch-no-photo,image-not-found,no-device-code"})
	c.want(400, "GET", "/v1.0/me/contacts?$top=1001", "")
	c.want(200, "GET", "/v1.0/me/contacts?$top=1000", "")
	id := c.create("/v1.0/me/contacts", `{}`)
	c.wantError(404, "ImageNotFound", "GET", "/v1.0/me/contacts/"+id+"/photo/$value", "")
	answers, _ := c.batch("/v1.0/$batch", `{"id":"1","method":"GET","url":"/me/contacts/`+id+`/photo/$value"}`)
	if answers["1"].Status != 400 {
		t.Errorf("a photo within a batch: %d", answers["1"].Status)
	}
	c.wantRefused(400, "invalid_grant", 53003, "/contoso.example/oauth2/v2.0/devicecode", "client_id", "cardferry-sandbox", "scope", "Contacts.Read")
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Quirks: "latency=50"})
		start := time.Now()
		c.want(200, "GET", "/v1.0/me/contacts", "")
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("it took %v", took)
		}
	})
}
