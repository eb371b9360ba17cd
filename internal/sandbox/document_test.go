package sandbox

import (
	"strings"
	"testing"
)

// The tests of this file are the samples of the Outlook Contacts REST API
// reference (beta): the requests as they stand there, and answers of the same
// shape, member for member and in the same order.

const created = `{
  "@odata.context":"http://sandbox.test/api/beta/$metadata#Me/Contacts/$entity",
  "@odata.id":"http://sandbox.test/api/beta/Users('{oid}@{tid}')/Contacts('{id}')",
  "@odata.etag":"W/\"{key}\"",
  "Id":"{id}",
  "CreatedDateTime":"{time}",
  "LastModifiedDateTime":"{modified}",
  "ChangeKey":"{key}",
  "Categories":[],
  "ParentFolderId":"{folder}",
  "Birthday":{birthday},
  "FileAs":"",
  "DisplayName":"Pavel Bansky",
  "GivenName":"Pavel",
  "Initials":null,
  "MiddleName":null,
  "NickName":null,
  "Surname":"Bansky",
  "Title":null,
  "YomiGivenName":null,
  "YomiSurname":null,
  "YomiCompanyName":null,
  "Generation":null,
  "EmailAddresses":[{"Name":"Pavel Bansky","Address":"pavelb@contoso.onmicrosoft.com"}],
  "Websites":[],
  "ImAddresses":[],
  "JobTitle":null,
  "CompanyName":null,
  "Department":null,
  "OfficeLocation":null,
  "Profession":null,
  "AssistantName":null,
  "Manager":null,
  "Phones":[{"Type":"Business","Number":"+1 732 555 0102"}],
  "PostalAddresses":{addresses},
  "SpouseName":null,
  "PersonalNotes":null,
  "Children":[],
  "Gender":null,
  "IsFavorite":null,
  "Flag":{flag}
}`

// wantDocument compares an answer with a sample whose variable parts are
// taken from the answer.
func wantDocument(t *testing.T, r reply, sample string, parts ...string) {
	t.Helper()
	v := r.json(t)
	self, _ := v["@odata.id"].(string)
	_, rest, _ := strings.Cut(self, "/Users('")
	owner, _, _ := strings.Cut(rest, "')")
	oid, tid, _ := strings.Cut(owner, "@")
	pairs := []string{"{oid}", oid, "{tid}", tid}
	for part, name := range map[string]string{
		"{id}": "Id", "{key}": "ChangeKey", "{time}": "CreatedDateTime", "{modified}": "LastModifiedDateTime", "{folder}": "ParentFolderId",
	} {
		text, _ := v[name].(string)
		pairs = append(pairs, part, text)
	}
	want := compact(t, strings.NewReplacer(append(pairs, parts...)...).Replace(sample))
	if r.body != want {
		t.Errorf("got  %s\nwant %s", r.body, want)
	}
}

func TestDocumentCreateAndUpdate(t *testing.T) {
	c := open(t, Options{})
	r := c.want(201, "POST", "/api/beta/me/contacts", `{
	  "GivenName": "Pavel",
	  "Surname": "Bansky",
	  "EmailAddresses": [{"Address": "pavelb@contoso.onmicrosoft.com", "Name": "Pavel Bansky"}],
	  "Phones": [{"Type": "Business", "Number": "+1 732 555 0102"}]
	}`, "Content-Type: application/json")
	unset := []string{"{birthday}", "null", "{addresses}", "[]", "{flag}", `{"FlagStatus":"NotFlagged"}`}
	wantDocument(t, r, created, unset...)
	id := r.text(t, "Id")
	wantDocument(t, c.want(200, "GET", "/api/beta/me/contacts/"+id, ""), created, unset...)

	const addresses = `[{"Type":"Business","Street":"Some street","City":"Seattle","State":"WA","PostalCode":"98121"}]`
	r = c.want(200, "PATCH", "/api/beta/me/contacts/"+id, `{
	  "PostalAddresses": `+addresses+`,
	  "Birthday": "1974-07-22",
	  "Flag": {
	    "FlagStatus": "Flagged",
	    "DueDateTime": {"DateTime": "2017-12-22T08:00:00.0000000", "TimeZone": "UTC"},
	    "StartDateTime": {"DateTime": "2017-12-18T08:00:00.0000000", "TimeZone": "UTC"}
	  }
	}`)
	wantDocument(t, r, created, "{birthday}", `"1974-07-22T00:00:00Z"`, "{addresses}", addresses, "{flag}", `{
	  "FlagStatus":"Flagged",
	  "DueDateTime":{"DateTime":"2017-12-22T08:00:00.0000000","TimeZone":"UTC"},
	  "StartDateTime":{"DateTime":"2017-12-18T08:00:00.0000000","TimeZone":"UTC"}
	}`)

	r = c.want(200, "PATCH", "/api/beta/me/contacts/"+id, `{
	  "Flag": {
	    "CompletedDateTime": {"DateTime": "2018-02-05T18:00:00", "TimeZone": "Pacific Standard Time"},
	    "FlagStatus": "Complete"
	  }
	}`)
	wantDocument(t, r, created, "{birthday}", `"1974-07-22T00:00:00Z"`, "{addresses}", addresses, "{flag}", `{
	  "FlagStatus":"Complete",
	  "CompletedDateTime":{"DateTime":"2018-02-06T00:00:00.0000000","TimeZone":"UTC"}
	}`)
	if got := c.want(204, "DELETE", "/api/beta/me/contacts/"+id, ""); got.body != "" {
		t.Errorf("DELETE answered %q", got.body)
	}
	c.wantError(404, "ErrorItemNotFound", "GET", "/api/beta/me/contacts/"+id, "")
}

func TestDocumentSelect(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/api/beta/me/contacts", `{"GivenName":"Rob","Surname":"Young","EmailAddresses":[{"Address":"roby@contoso.example"}]}`)
	const row = `"@odata.id":"http://sandbox.test/api/beta/Users('{oid}@{tid}')/Contacts('{id}')","@odata.etag":"{etag}",
		"Id":"{id}","GivenName":"Rob","Surname":"Young","EmailAddresses":[{"Name":"roby@contoso.example","Address":"roby@contoso.example"}]`
	r := c.want(200, "GET", "/api/beta/me/contacts/"+id+"?$select=EmailAddresses,GivenName,Surname", "")
	etag := strings.ReplaceAll(r.text(t, "@odata.etag"), `"`, `\"`)
	wantDocument(t, r, `{"@odata.context":"http://sandbox.test/api/beta/$metadata#Me/Contacts(EmailAddresses,GivenName,Surname)/$entity",`+row+`}`, "{etag}", etag)
	owner := strings.TrimSuffix(strings.TrimPrefix(r.text(t, "@odata.id"), "http://sandbox.test/api/beta/Users('"), "')/Contacts('"+id+"')")
	oid, tid, _ := strings.Cut(owner, "@")
	list := c.want(200, "GET", "/api/beta/me/contacts?$select=EmailAddresses,GivenName,Surname", "")
	want := compact(t, strings.NewReplacer("{id}", id, "{etag}", etag, "{oid}", oid, "{tid}", tid).Replace(
		`{"@odata.context":"http://sandbox.test/api/beta/$metadata#Me/Contacts(EmailAddresses,GivenName,Surname)","value":[{`+row+`}]}`))
	if list.body != want {
		t.Errorf("got  %s\nwant %s", list.body, want)
	}
}

func TestDocumentFolders(t *testing.T) {
	c := open(t, Options{})
	root := c.want(200, "GET", "/api/beta/me/contactfolders", "").text(t, "value/0/ParentFolderId")
	c.want(201, "POST", "/api/beta/me/contactfolders", `{"DisplayName":"Finance","ParentFolderId":"`+root+`"}`)
	r := c.want(200, "GET", "/api/beta/me/contactfolders", "")
	owner, _, _ := strings.Cut(r.text(t, "value/0/@odata.id"), "/ContactFolders")
	row := func(i, name, wellKnown string) string {
		id := r.text(t, "value/"+i+"/Id")
		return `{"@odata.id":"` + owner + `/ContactFolders('` + id + `')","Id":"` + id + `","ParentFolderId":"` + root + `","DisplayName":"` + name + `","WellKnownName":` + wellKnown + `}`
	}
	want := `{"@odata.context":"http://sandbox.test/api/beta/$metadata#Me/ContactFolders","value":[` + row("0", "Contacts", `"contacts"`) + `,` + row("1", "Finance", "null") + `]}`
	if r.body != want {
		t.Errorf("got  %s\nwant %s", r.body, want)
	}
	finance := r.text(t, "value/1/Id")
	one := c.want(200, "GET", "/api/beta/me/contactfolders/"+finance, "")
	if want := `{"@odata.context":"http://sandbox.test/api/beta/$metadata#Me/ContactFolders/$entity",` + row("1", "Finance", "null")[1:]; one.body != want {
		t.Errorf("got  %s\nwant %s", one.body, want)
	}
}

func TestDocumentPhoto(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/api/beta/me/contacts", `{"GivenName":"Rob"}`)
	c.wantError(404, "ErrorItemNotFound", "GET", "/api/beta/me/contacts('"+id+"')/photo/$value", "")
	picture := jpegOf(t, 103, 77)
	c.want(200, "PUT", "/api/beta/me/contacts('"+id+"')/photo/$value", picture, "Content-Type: image/jpeg")
	r := c.want(200, "GET", "/api/beta/me/contacts('"+id+"')/photo", "")
	v := r.json(t)
	self := v["@odata.id"].(string)
	if !strings.HasSuffix(self, "')/contacts('"+id+"')/photo") {
		t.Errorf("@odata.id is %s", self)
	}
	want := `{"@odata.context":"http://sandbox.test/api/beta/$metadata#Me/Contacts('` + id + `')/photo/$entity","@odata.id":"` + self +
		`","@odata.readLink":"` + self + `","@odata.mediaContentType":"image/jpeg","Id":"103X77","Width":103,"Height":77}`
	if r.body != want {
		t.Errorf("got  %s\nwant %s", r.body, want)
	}
	if got := c.want(200, "GET", "/api/beta/me/contacts('"+id+"')/photo/$value", ""); got.body != picture || got.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("photo of %d bytes came back as %d bytes of %s", len(picture), len(got.body), got.header.Get("Content-Type"))
	}
}
