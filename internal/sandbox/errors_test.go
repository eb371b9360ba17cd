package sandbox

import (
	"strings"
	"testing"
)

func TestErrors(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/v1.0/me/contacts", `{"givenName":"Rob"}`)
	gone := c.create("/v1.0/me/contacts", `{"givenName":"Gone"}`)
	c.want(204, "DELETE", "/v1.0/me/contacts/"+gone, "")
	long := strings.Repeat("x", maxBody)
	tests := []struct {
		name               string
		status             int
		code               string
		method, path, body string
	}{
		{"four addresses", 400, "ErrorInvalidArgument", "POST", "/v1.0/me/contacts", `{"emailAddresses":[{"address":"a@b.c"},{"address":"b@b.c"},{"address":"c@b.c"},{"address":"d@b.c"}]}`},
		{"three business phones", 400, "ErrorInvalidArgument", "POST", "/v1.0/me/contacts", `{"businessPhones":["1","2","3"]}`},
		{"three home phones", 400, "ErrorInvalidArgument", "PATCH", "/v1.0/me/contacts/" + id, `{"homePhones":["1","2","3"]}`},
		{"four IM addresses", 400, "ErrorInvalidArgument", "POST", "/api/beta/me/contacts", `{"ImAddresses":["1","2","3","4"]}`},
		{"two mobiles", 400, "ErrorInvalidArgument", "POST", "/beta/me/contacts", `{"phones":[{"type":"mobile","number":"1"},{"type":"mobile","number":"2"}]}`},
		{"two home addresses", 400, "ErrorInvalidArgument", "POST", "/beta/me/contacts", `{"postalAddresses":[{"type":"home","city":"1"},{"type":"home","city":"2"}]}`},
		{"a null address on creation", 500, "ErrorInternalServerError", "POST", "/v1.0/me/contacts", `{"businessAddress":null}`},
		{"a null array on creation", 500, "ErrorInternalServerError", "POST", "/v1.0/me/contacts", `{"emailAddresses":null}`},
		{"a null array in an update", 400, "RequestBodyRead", "PATCH", "/v1.0/me/contacts/" + id, `{"emailAddresses":null}`},
		{"an unknown property", 400, "RequestBodyRead", "POST", "/v1.0/me/contacts", `{"shoeSize":"42"}`},
		{"a property of the other shape", 400, "RequestBodyRead", "POST", "/v1.0/me/contacts", `{"phones":[]}`},
		{"a property in the other casing", 400, "RequestBodyRead", "POST", "/api/beta/me/contacts", `{"givenName":"x"}`},
		{"a member in the other casing", 400, "RequestBodyRead", "POST", "/api/beta/me/contacts", `{"EmailAddresses":[{"address":"a@b.c"}]}`},
		{"a read-only property", 400, "RequestBodyRead", "PATCH", "/v1.0/me/contacts/" + id, `{"changeKey":"x"}`},
		{"an annotation", 400, "RequestBodyRead", "PATCH", "/v1.0/me/contacts/" + id, `{"@odata.etag":"x"}`},
		{"a wrong type", 400, "RequestBodyRead", "POST", "/v1.0/me/contacts", `{"givenName":7}`},
		{"no JSON", 400, "BadRequest", "POST", "/v1.0/me/contacts", `{"givenName":`},
		{"two objects", 400, "BadRequest", "POST", "/v1.0/me/contacts", `{}{}`},
		{"no such day", 400, "RequestBodyRead", "POST", "/v1.0/me/contacts", `{"birthday":"2023-02-29"}`},
		{"no such gender", 400, "ErrorInvalidArgument", "POST", "/beta/me/contacts", `{"gender":"x"}`},
		{"a completed date on a raised flag", 400, "ErrorInvalidArgument", "POST", "/beta/me/contacts", `{"flag":{"flagStatus":"flagged","completedDateTime":{"dateTime":"2018-02-05T18:00:00","timeZone":"UTC"}}}`},
		{"no such time zone", 400, "RequestBodyRead", "POST", "/beta/me/contacts", `{"flag":{"flagStatus":"complete","completedDateTime":{"dateTime":"2018-02-05T18:00:00","timeZone":"Nowhere"}}}`},
		{"a null Boolean", 400, "ErrorInvalidArgument", "POST", "/v1.0/me/contacts", `{"singleValueExtendedProperties":[{"id":"Boolean {00062008-0000-0000-C000-000000000046} Id 0x8506","value":null}]}`},
		{"a bad property id", 400, "ErrorInvalidArgument", "POST", "/v1.0/me/contacts", `{"singleValueExtendedProperties":[{"id":"Color","value":"x"}]}`},
		{"too large", 413, "ErrorMessageSizeExceeded", "POST", "/v1.0/me/contacts", `{"personalNotes":"` + long + `"}`},
		{"an empty id, PATCH", 405, "ErrorInvalidRequest", "PATCH", "/v1.0/me/contacts/", `{}`},
		{"an empty id, DELETE", 405, "ErrorInvalidRequest", "DELETE", "/api/beta/me/contacts('')", ""},
		{"an empty id in the middle", 405, "ErrorInvalidRequest", "GET", "/v1.0/me/contacts//photo", ""},
		{"a malformed id", 400, "ErrorInvalidIdMalformed", "GET", "/v1.0/me/contacts/AAMkbogus", ""},
		{"a truncated id", 400, "ErrorInvalidIdMalformed", "GET", "/v1.0/me/contacts/" + id[:140], ""},
		{"an id in another case", 400, "ErrorInvalidIdMalformed", "GET", "/v1.0/me/contacts/" + strings.ToLower(id), ""},
		{"an unknown id", 404, "ErrorItemNotFound", "GET", "/v1.0/me/contacts/" + gone, ""},
		{"an unknown id, PATCH", 404, "ErrorItemNotFound", "PATCH", "/api/beta/me/contacts/" + gone, `{}`},
		{"a contact for a folder", 400, "ErrorInvalidIdMalformed", "GET", "/v1.0/me/contactFolders/" + id, ""},
		{"PUT of a contact", 405, "ErrorInvalidRequest", "PUT", "/v1.0/me/contacts/" + id, `{}`},
		{"an unknown segment", 400, "BadRequest", "GET", "/v1.0/me/kontakte", ""},
		{"Outlook has no delta", 400, "ErrorInvalidIdMalformed", "GET", "/api/beta/me/contacts/delta", ""},
		{"another version", 404, "NotFound", "GET", "/v2.0/me/contacts", ""},
		{"a photo cannot be expanded", 400, "ExpandNotSupported", "GET", "/v1.0/me/contacts?$expand=photo", ""},
		{"an unknown selection", 400, "RequestBroker--ParseUri", "GET", "/v1.0/me/contacts?$select=phones", ""},
		{"a selection in the other casing", 400, "RequestBroker--ParseUri", "GET", "/api/beta/me/contacts?$select=givenName", ""},
		{"an unknown option", 400, "ErrorInvalidUrlQuery", "GET", "/v1.0/me/contacts?$search=x", ""},
		{"a negative page", 400, "ErrorInvalidUrlQuery", "GET", "/v1.0/me/contacts?$top=-1", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t, c.s}
			c.wantError(tt.status, tt.code, tt.method, tt.path, tt.body)
		})
	}
	if got := c.all("/v1.0/me/contacts", "id"); len(got) != 1 {
		t.Errorf("refused requests left %d contacts", len(got)-1)
	}
}

func TestLimitText(t *testing.T) {
	c := open(t, Options{})
	for body, want := range map[string]string{
		`{"BusinessPhones":["1","2","3"]}`:             "The multi value property BusinessPhones has 3 entries, that exceeds the max allowed value of 2",
		`{"EmailAddresses":[{},{},{},{},{}]}`:          "The multi value property EmailAddresses has 5 entries, that exceeds the max allowed value of 3",
		`{"HomePhones":["1","2","3","4"],"Title":"x"}`: "The multi value property HomePhones has 4 entries, that exceeds the max allowed value of 2",
	} {
		if got := c.want(400, "POST", "/api/v2.0/me/contacts", body).text(t, "error/message"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestEnvelopes(t *testing.T) {
	c := open(t, Options{})
	spellings := map[string]bool{}
	for range 2 {
		r := c.want(400, "GET", "/v1.0/me/contacts/x", "", "client-request-id: 12345678-0000-4000-8000-000000000000")
		e := r.json(t)["error"].(map[string]any)
		for _, name := range []string{"innerError", "innererror"} {
			inner, ok := e[name].(map[string]any)
			if !ok {
				continue
			}
			spellings[name] = true
			if inner["request-id"] != r.header.Get("request-id") || inner["client-request-id"] != "12345678-0000-4000-8000-000000000000" {
				t.Errorf("inner error %v, headers %v", inner, r.header)
			}
		}
	}
	if len(spellings) != 2 {
		t.Errorf("spellings of innerError: %v", spellings)
	}
	if got := c.want(400, "GET", "/api/beta/me/contacts/x", "").body; got != `{"error":{"code":"ErrorInvalidIdMalformed","message":"Id is malformed."}}` {
		t.Errorf("Outlook's envelope: %s", got)
	}
}

func TestToken(t *testing.T) {
	c := open(t, Options{Token: "secret"})
	for _, header := range []string{"Authorization: ", "Authorization: Bearer ", "Authorization: Bearer sandbox", "Authorization: Basic c2VjcmV0"} {
		r := c.wantError(401, "InvalidAuthenticationToken", "GET", "/v1.0/me/contacts", "", header)
		if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: challenge %q", header, r.header.Get("WWW-Authenticate"))
		}
	}
	c.wantError(401, "InvalidAuthenticationToken", "GET", "/v1.0/me/nonsense", "")
	c.want(200, "GET", "/v1.0/me/contacts", "", "Authorization: Bearer secret")
}
