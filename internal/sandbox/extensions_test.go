package sandbox

import (
	"strings"
	"testing"
)

func TestExtensions(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/v1.0/me/contacts", `{"givenName":"Ada","extensions":[{"@odata.type":"microsoft.graph.openTypeExtension","extensionName":"com.example.first","color":"blue"}]}`)
	path := "/v1.0/me/contacts/" + id + "/extensions"
	r := c.want(201, "POST", path, `{"@odata.type":"#microsoft.graph.openTypeExtension","extensionName":"com.example.second","size":3,"nested":{"a":[1]}}`)
	if r.text(t, "id") != "Microsoft.OutlookServices.OpenTypeExtension.com.example.second" || r.text(t, "@odata.type") != "#microsoft.graph.openTypeExtension" {
		t.Errorf("created %s", r.body)
	}
	if got := strings.Join(c.want(200, "GET", path, "").values(t, "extensionName"), " "); got != "com.example.first com.example.second" {
		t.Errorf("listed %s", got)
	}
	c.want(200, "PATCH", path+"/COM.example.second", `{"size":null,"weight":4}`)
	for _, name := range []string{"com.example.second", "microsoft.outlookServices.openTypeExtension.com.example.second"} {
		if r := c.want(200, "GET", path+"/"+name, ""); dig(r.json(t), "weight") != 4.0 || strings.Contains(r.body, "size") || !strings.Contains(r.body, `"nested":{"a":[1]}`) {
			t.Errorf("changed %s", r.body)
		}
	}
	expanded := c.want(200, "GET", "/v1.0/me/contacts/"+id+"?$select=id&$expand=extensions($filter=id eq 'com.example.first')", "")
	if expanded.text(t, "extensions/0/color") != "blue" || strings.Contains(expanded.body, "second") {
		t.Errorf("expanded %s", expanded.body)
	}
	if found := c.all("/v1.0/me/contacts?$filter=extensions/any(e: e/id eq 'com.example.second')", "id"); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	delta := c.want(200, "GET", contactDelta, "").text(t, "@odata.deltaLink")
	c.want(204, "DELETE", path+"/com.example.second", "")
	c.wantError(404, "ErrorItemNotFound", "GET", path+"/com.example.second", "")
	c.wantError(404, "ErrorItemNotFound", "DELETE", path+"/com.example.second", "")
	if rows := c.want(200, "GET", strings.TrimPrefix(delta, "http://sandbox.test"), "").values(t, "id"); len(rows) != 0 {
		t.Errorf("change tracking saw an extension: %v", rows)
	}
	if found := c.all("/v1.0/me/contacts?$filter=extensions/any(e: e/id eq 'com.example.second')", "id"); len(found) != 0 {
		t.Errorf("found after deletion %v", found)
	}
	for _, body := range []string{`{}`, `{"extensionName":""}`, `{"extensionName":7}`, `[]`} {
		c.want(400, "POST", path, body)
	}
	c.want(400, "GET", "/v1.0/me/contacts?$expand=extensions", "")
	// Outlook spells it all with capitals.
	outlook := c.want(200, "GET", "/api/beta/me/contacts('"+id+"')/Extensions", "")
	if outlook.text(t, "value/0/ExtensionName") != "com.example.first" {
		t.Errorf("outlook %s", outlook.body)
	}
}

func TestManyValues(t *testing.T) {
	c := open(t, Options{})
	const id = "StringArray {66f5a359-4659-4830-9070-00050ec6ac6e} Name Recreation"
	contact := c.create("/v1.0/me/contacts", `{"multiValueExtendedProperties":[{"id":"`+id+`","value":["Food","Hiking"]}]}`)
	r := c.want(200, "GET", "/v1.0/me/contacts/"+contact+"?$expand=singleValueExtendedProperties($filter=id eq 'String 0x3a06'),multiValueExtendedProperties($filter=id eq '"+id+"')", "")
	if r.text(t, "multiValueExtendedProperties/0/value/1") != "Hiking" || r.text(t, "multiValueExtendedProperties/0/id") != id {
		t.Errorf("expanded %s", r.body)
	}
	c.want(400, "GET", "/v1.0/me/contacts?$filter=singleValueExtendedProperties/any(e: e/id eq '"+id+"' and e/value eq 'Food')", "")
	c.want(400, "POST", "/v1.0/me/contacts", `{"multiValueExtendedProperties":[{"id":"String 0x3a06","value":["x"]}]}`)
	c.want(400, "POST", "/v1.0/me/contacts", `{"singleValueExtendedProperties":[{"id":"`+id+`","value":"x"}]}`)
	c.want(200, "PATCH", "/v1.0/me/contacts/"+contact, `{"multiValueExtendedProperties":[{"id":"`+id+`","value":null}]}`)
	if r := c.want(200, "GET", "/v1.0/me/contacts/"+contact+"?$expand=multiValueExtendedProperties($filter=id eq '"+id+"')", ""); strings.Contains(r.body, "Hiking") {
		t.Errorf("removed, but %s", r.body)
	}
}
