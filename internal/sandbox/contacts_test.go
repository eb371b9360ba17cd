package sandbox

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
)

// A shape is a dialect with the names that a test needs.
type shape struct {
	prefix                       string
	id, given, surname, display  string
	emails, key, parent, contact string
}

func shapes4() []shape {
	graph := shape{id: "id", given: "givenName", surname: "surname", display: "displayName", emails: "emailAddresses", key: "changeKey", parent: "parentFolderId", contact: "contacts"}
	outlook := shape{id: "Id", given: "GivenName", surname: "Surname", display: "DisplayName", emails: "EmailAddresses", key: "ChangeKey", parent: "ParentFolderId", contact: "Contacts"}
	all := []shape{graph, graph, outlook, outlook}
	for i, prefix := range []string{"/v1.0", "/beta", "/api/v2.0", "/api/beta"} {
		all[i].prefix = prefix
	}
	return all
}

func TestContactLife(t *testing.T) {
	for _, d := range shapes4() {
		t.Run(d.prefix[1:], func(t *testing.T) {
			c := open(t, Options{})
			base := d.prefix + "/me/" + d.contact
			r := c.want(201, "POST", base, `{"`+d.given+`":"Åsa","`+d.surname+`":"Łuk"}`)
			id, first := r.text(t, d.id), r.text(t, d.key)
			if r.text(t, d.display) != "Åsa Łuk" {
				t.Errorf("display name %q", r.text(t, d.display))
			}
			if r.text(t, "@odata.etag") != `W/"`+first+`"` || r.header.Get("ETag") != `W/"`+first+`"` {
				t.Errorf("etag %q of change key %q", r.text(t, "@odata.etag"), first)
			}
			for _, path := range []string{base + "/" + id, base + "('" + id + "')", strings.ToUpper(base) + "/" + id, d.prefix + "/me/contactFolders/contacts/contacts/" + id} {
				if got := c.want(200, "GET", path, ""); got.text(t, d.id) != id {
					t.Errorf("GET %s answers %s", path, got.body)
				}
			}
			r = c.want(200, "PATCH", base+"/"+id, `{"`+d.given+`":"Eva"}`)
			if r.text(t, d.display) != "Eva Łuk" || r.text(t, d.key) == first || r.text(t, d.id) != id {
				t.Errorf("after PATCH: %s", r.body)
			}
			r = c.want(200, "PATCH", base+"/"+id, `{"`+d.surname+`":null,"`+d.display+`":"Someone else"}`)
			if v := r.json(t); v[d.surname] != nil || v[d.display] != "Someone else" {
				t.Errorf("after the second PATCH: %s", r.body)
			}
			c.want(204, "POST", base+"/"+id+"/permanentDelete", "")
			c.wantError(404, "ErrorItemNotFound", "GET", base+"/"+id, "")
			c.wantError(404, "ErrorItemNotFound", "DELETE", base+"/"+id, "")
		})
	}
}

// TestFullContact writes everything that a dialect can name and expects it back.
func TestFullContact(t *testing.T) {
	flatBody := `{"categories":["A","Ü"],"birthday":"1974-07-22T11:59:00Z","fileAs":"x","displayName":"d","givenName":"g","initials":"i","middleName":"m",
		"nickName":"n","surname":"s","title":"t","yomiGivenName":"yg","yomiSurname":"ys","yomiCompanyName":"yc","generation":"III",
		"emailAddresses":[{"name":"a","address":"a@example.org"},{"name":"b","address":"b@example.org"},{"name":"c","address":"c@example.org"}],
		"imAddresses":["1","2","3"],"jobTitle":"j","companyName":"c","department":"d","officeLocation":"o","profession":"p",
		"businessHomePage":"https://example.org","assistantName":"as","manager":"ma","homePhones":["1","2"],"mobilePhone":"3","businessPhones":["4","5"],
		"homeAddress":{"street":"s","city":"c","state":"st","postalCode":"p","countryOrRegion":"co"},"businessAddress":{"city":"c2"},"otherAddress":{"street":"s3\nline"},
		"spouseName":"sp","personalNotes":"notes \"quoted\" \\ \t","children":["x","y"]}`
	collectionsBody := `{"phones":[{"type":"home","number":"1"},{"type":"home","number":"2"},{"type":"business","number":"3"},{"type":"business","number":"4"},
		{"type":"mobile","number":"5"},{"type":"other","number":"6"},{"type":"assistant","number":"7"},{"type":"homeFax","number":"8"},
		{"type":"businessFax","number":"9"},{"type":"otherFax","number":"10"},{"type":"pager","number":"11"},{"type":"radio","number":"12"}],
		"postalAddresses":[{"type":"home","postOfficeBox":"b","street":"s"},{"type":"business","city":"c"},{"type":"other","countryOrRegion":"co"}],
		"websites":[{"type":"other","address":"a1","displayName":"n1"},{"type":"home","address":"a2","displayName":null},{"type":"work","address":"a3","displayName":"n3"},
		{"type":"blog","address":"a4","displayName":null},{"type":"profile","address":"a5","displayName":null}],
		"weddingAnniversary":"2001-09-08","gender":"Female","isFavorite":true,
		"flag":{"flagStatus":"flagged","dueDateTime":{"dateTime":"2024-01-12T17:00:00.0000000","timeZone":"UTC"}}}`
	v2 := strings.ReplaceAll(pascalBody(t, flatBody), `"MobilePhone"`, `"MobilePhone1"`)
	for _, tt := range []struct{ prefix, body string }{
		{"/v1.0", flatBody}, {"/beta", collectionsBody}, {"/api/v2.0", v2}, {"/api/beta", pascalBody(t, collectionsBody)},
	} {
		t.Run(tt.prefix[1:], func(t *testing.T) {
			c := open(t, Options{})
			got := c.want(201, "POST", tt.prefix+"/me/contacts", tt.body).json(t)
			var sent map[string]any
			if err := json.Unmarshal([]byte(tt.body), &sent); err != nil {
				t.Fatal(err)
			}
			for name, want := range sent {
				if address, ok := got[name].(map[string]any); ok && tt.prefix == "/api/v2.0" {
					delete(address, "Type") // which v2.0 adds
				}
				if !reflect.DeepEqual(got[name], want) {
					t.Errorf("%s: sent %v, got %v", name, want, got[name])
				}
			}
		})
	}
}

// pascalBody turns a Graph body into Outlook's casing, types included.
func pascalBody(t *testing.T, body string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(pascalValue(v, ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func pascalValue(v any, name string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[pascal(k)] = pascalValue(e, k)
		}
		return out
	case []any:
		for i := range v {
			v[i] = pascalValue(v[i], "")
		}
	case string:
		if name == "type" || name == "flagStatus" {
			return pascal(v)
		}
	}
	return v
}

func TestNullsAndEmptyMembers(t *testing.T) {
	tests := []struct {
		name, prefix, before, patch, member, want string
	}{
		{"null clears a scalar", "/v1.0", `{"jobTitle":"x"}`, `{"jobTitle":null}`, "jobTitle", "null"},
		{"null clears a birthday", "/v1.0", `{"birthday":"1974-07-22"}`, `{"birthday":null}`, "birthday", "null"},
		{"empty clears a collection", "/v1.0", `{"businessPhones":["1","2"]}`, `{"businessPhones":[]}`, "businessPhones", "[]"},
		{"an array is replaced", "/v1.0", `{"businessPhones":["1","2"]}`, `{"businessPhones":["3"]}`, "businessPhones", `["3"]`},
		{"an object is replaced", "/v1.0", `{"homeAddress":{"city":"x","street":"y"}}`, `{"homeAddress":{"city":"z"}}`, "homeAddress", `{"city":"z"}`},
		{"null clears an address", "/v1.0", `{"homeAddress":{"city":"x"}}`, `{"homeAddress":null}`, "homeAddress", `{}`},
		{"nulls clear an address", "/v1.0", `{"homeAddress":{"city":"x"}}`, `{"homeAddress":{"city":null}}`, "homeAddress", `{}`},
		{"absent stays", "/v1.0", `{"jobTitle":"x"}`, `{"manager":"y"}`, "jobTitle", `"x"`},
		{"a flag is lowered", "/beta", `{"flag":{"flagStatus":"flagged"}}`, `{"flag":{"flagStatus":"notFlagged"}}`, "flag", `{"flagStatus":"notFlagged"}`},
		{"an empty number stays as a placeholder", "/beta", `{}`, `{"phones":[{"type":"home","number":""}]}`, "phones", `[{"number":"","type":"home"}]`},
		{"an unset file-as is empty", "/v1.0", `{"fileAs":"x"}`, `{"fileAs":null}`, "fileAs", `""`},
		{"an offset becomes UTC", "/v1.0", `{}`, `{"birthday":"1974-07-22T23:00:00-02:00"}`, "birthday", `"1974-07-23T01:00:00Z"`},
		{"a fraction is dropped", "/v1.0", `{}`, `{"birthday":"1974-07-22T00:00:00.000Z"}`, "birthday", `"1974-07-22T00:00:00Z"`},
	}
	c := open(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t, c.s}
			id := c.create(tt.prefix+"/me/contacts", tt.before)
			v := c.want(200, "PATCH", tt.prefix+"/me/contacts/"+id, tt.patch).json(t)
			got, err := json.Marshal(v[tt.member])
			if err != nil || string(got) != tt.want {
				t.Errorf("%s is %s, want %s", tt.member, got, tt.want)
			}
		})
	}
}

func TestEmailQuirks(t *testing.T) {
	tests := []struct{ name, sent, want string }{
		{"the name becomes the address", `[{"address":"a@example.org"}]`, `[{"address":"a@example.org","name":"a@example.org"}]`},
		{"a malformed address is lost", `[{"address":"a at example","name":"A"}]`, `[{"name":"A"}]`},
		{"with it goes all but the name", `[{"address":"a b@example.org"}]`, `[{"name":"a b@example.org"}]`},
		{"legacy addresses are kept", `[{"address":"/o=X/cn=y","name":"Y"}]`, `[{"address":"/o=X/cn=y","name":"Y"}]`},
		{"an empty entry is nothing", `[{"address":"","name":""},{"address":"b@example.org","name":"B"}]`, `[{"address":"b@example.org","name":"B"}]`},
	}
	c := open(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t, c.s}
			got, err := json.Marshal(c.want(201, "POST", "/v1.0/me/contacts", `{"emailAddresses":`+tt.sent+`}`).json(t)["emailAddresses"])
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	id := c.create("/beta/me/contacts", `{"emailAddresses":[{"address":"a@example.org","type":"other","otherLabel":"club"}]}`)
	if r := c.want(200, "GET", "/beta/me/contacts/"+id, ""); r.text(t, "emailAddresses/0/otherLabel") != "club" || r.text(t, "emailAddresses/0/type") != "other" {
		t.Errorf("typed address: %s", r.body)
	}
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"secondaryEmailAddress":{"address":"b@example.org"}}`)
	if r := c.want(200, "GET", "/api/beta/me/contacts/"+id, ""); r.text(t, "EmailAddresses/1/Address") != "b@example.org" {
		t.Errorf("second address: %s", r.body)
	}
}

func TestNotesInLists(t *testing.T) {
	c := open(t, Options{})
	long := "\n" + strings.Repeat("ä line\r\nof text\n", 40)
	id := c.create("/v1.0/me/contacts", `{"personalNotes":`+string(appendString(nil, long))+`}`)
	if got := c.want(200, "GET", "/v1.0/me/contacts/"+id, "").text(t, "personalNotes"); got != long {
		t.Errorf("GET cuts the note to %d bytes", len(got))
	}
	listed := c.want(200, "GET", "/v1.0/me/contacts", "").text(t, "value/0/personalNotes")
	if n := len([]rune(listed)); n != 256 || strings.ContainsAny(listed, "\r\n") || !strings.HasPrefix(listed, "ä lineof text") {
		t.Errorf("list shows %d characters: %.40q", n, listed)
	}
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"personalNotes":"inner\nnewline"}`)
	if got := c.want(200, "GET", "/v1.0/me/contacts", "").text(t, "value/0/personalNotes"); got != "inner\nnewline" {
		t.Errorf("list shows %q", got)
	}
}

func TestMoveKeepsTheImmutableID(t *testing.T) {
	c := open(t, Options{})
	folder := c.create("/v1.0/me/contactFolders", `{"displayName":"Target"}`)
	id := c.create("/v1.0/me/contacts", `{"givenName":"Wanda"}`)
	const immutable = `Prefer: IdType="ImmutableId"`
	r := c.want(200, "GET", "/v1.0/me/contacts/"+id, "", immutable)
	kept := r.text(t, "id")
	if kept == id || len(kept) != 72 || r.header.Get("Preference-Applied") != `IdType="ImmutableId"` {
		t.Fatalf("immutable id %q, applied %q", kept, r.header.Get("Preference-Applied"))
	}
	r = c.want(200, "PATCH", "/v1.0/me/contacts/"+kept, `{"parentFolderId":"`+folder+`"}`)
	if moved := r.text(t, "id"); moved == id || r.text(t, "parentFolderId") != folder {
		t.Errorf("after the move: %s", r.body)
	}
	c.wantError(404, "ErrorItemNotFound", "GET", "/v1.0/me/contacts/"+id, "")
	c.want(200, "GET", "/v1.0/me/contacts/"+kept, "")
	if got := c.all("/v1.0/me/contactFolders/"+folder+"/contacts", "id", immutable); len(got) != 1 || got[0] != kept {
		t.Errorf("target lists %q", got)
	}
	if got := c.all("/v1.0/me/contacts", "id"); len(got) != 0 {
		t.Errorf("default folder still lists %q", got)
	}
}

func TestUsersHaveMailboxesOfTheirOwn(t *testing.T) {
	c := open(t, Options{})
	mine := c.create("/v1.0/me/contacts", `{"givenName":"Mine"}`)
	c.create("/v1.0/users/Adele@sandbox.example/contacts", `{"givenName":"Hers"}`)
	if got := c.all("/v1.0/users/adele@SANDBOX.example/contacts", "givenName"); len(got) != 1 || got[0] != "Hers" {
		t.Errorf("her mailbox lists %q", got)
	}
	me := c.want(200, "GET", "/v1.0/me", "").text(t, "id")
	for _, path := range []string{"/v1.0/users/me/contacts", "/v1.0/users/Me@sandbox.example/contacts", "/v1.0/users/" + me + "/contacts", "/v1.0/users('" + me + "')/contacts", "/api/beta/users/me/contacts"} {
		r := c.want(200, "GET", path, "")
		if rows := r.json(t)["value"].([]any); len(rows) != 1 {
			t.Errorf("%s lists %d contacts", path, len(rows))
		}
	}
	c.wantError(404, "ErrorItemNotFound", "GET", "/v1.0/users/adele@sandbox.example/contacts/"+mine, "")
	adele := c.want(200, "GET", "/v1.0/users/adele@sandbox.example", "").text(t, "id")
	if got := c.all("/v1.0/users/"+adele+"/contacts", "givenName"); len(got) != 1 || got[0] != "Hers" {
		t.Errorf("her mailbox by its id lists %q", got)
	}
	c.s.quirks.inactive = []string{"adele@sandbox.example"}
	c.wantError(404, "MailboxNotEnabledForRESTAPI", "GET", "/v1.0/users/"+adele+"/contacts", "")
	c.s.quirks.inactive = nil
	c.wantError(404, "ErrorInvalidUser", "GET", "/v1.0/users/nobody/contacts", "")
	c.wantError(404, "ErrorInvalidUser", "GET", "/v1.0/users/nobody@example.invalid/contacts", "")
}

// TestCompressedBody sends a body as Microsoft's Go SDK does.
func TestCompressedBody(t *testing.T) {
	c := open(t, Options{})
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, `{"givenName":"Ada"}`)
	w.Close()
	if got := c.want(201, "POST", "/v1.0/me/contacts", zipped.String(), "Content-Encoding: gzip").text(t, "givenName"); got != "Ada" {
		t.Errorf("given name %q", got)
	}
	c.want(400, "POST", "/v1.0/me/contacts", "{}", "Content-Encoding: gzip")
	c.want(415, "POST", "/v1.0/me/contacts", "{}", "Content-Encoding: br")
}
