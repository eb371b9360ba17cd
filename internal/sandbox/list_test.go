package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// numbered opens a mailbox of n contacts named 000, 001, …
func numbered(t *testing.T, n int, o Options) *client {
	t.Helper()
	c := open(t, o)
	for i := range n {
		c.create("/v1.0/me/contacts", fmt.Sprintf(`{"givenName":"%03d","jobTitle":"job %d"}`, i, i%3))
	}
	return c
}

func TestPaging(t *testing.T) {
	c := numbered(t, 25, Options{})
	tests := []struct {
		path, prefer string
		sizes        []int
	}{
		{"/v1.0/me/contacts", "", []int{10, 10, 5}},
		{"/v1.0/me/contacts?$top=12", "", []int{12, 12, 1}},
		{"/v1.0/me/contacts?$top=25", "", []int{25}},
		{"/v1.0/me/contacts?$top=5000", "", []int{25}},
		{"/v1.0/me/contacts?$skip=20", "", []int{5}},
		{"/v1.0/me/contacts?$skip=90", "", []int{0}},
		{"/v1.0/me/contacts?$top=0", "", []int{0}},
		{"/v1.0/me/contacts", "odata.maxpagesize=20", []int{20, 5}},
		{"/v1.0/me/contacts", `IdType="ImmutableId", odata.maxpagesize=24`, []int{24, 1}},
		{"/api/beta/me/contacts?$top=13", "", []int{13, 12}},
		{"/api/beta/me/contacts?top=13", "", []int{13, 12}},
		{"/v1.0/me/contacts?top=13", "", []int{10, 10, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.prefer, func(t *testing.T) {
			c := &client{t, c.s}
			var sizes []int
			for path := tt.path; path != ""; {
				r := c.want(200, "GET", path, "", "Prefer: "+tt.prefer)
				sizes = append(sizes, len(r.json(t)["value"].([]any)))
				path = r.next(t)
			}
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("pages of %v, want %v", sizes, tt.sizes)
			}
		})
	}
}

func TestNextLinkCarriesTheQuery(t *testing.T) {
	c := numbered(t, 3, Options{})
	r := c.want(200, "GET", "/v1.0/me/contacts?$top=1&$select=givenName&$count=true&$expand=singleValueExtendedProperties($filter=id eq 'String 0x3a24')", "")
	u, err := url.Parse(r.text(t, "@odata.nextLink"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("$select") != "givenName" || q.Get("$top") != "1" || q.Get("$skip") != "1" || !strings.HasPrefix(q.Get("$expand"), "singleValue") || q.Get("$count") != "true" {
		t.Errorf("next link %s", u)
	}
	if r.json(t)["@odata.count"] != 3.0 {
		t.Errorf("count %v", r.json(t)["@odata.count"])
	}
	if got := c.want(200, "GET", "/v1.0/me/contacts/$count", ""); got.body != "3" {
		t.Errorf("$count answers %q", got.body)
	}
}

// TestSkipShifts shows what deleting while paging does, here as there.
func TestSkipShifts(t *testing.T) {
	c := numbered(t, 20, Options{})
	r := c.want(200, "GET", "/v1.0/me/contacts", "")
	c.want(204, "DELETE", "/v1.0/me/contacts/"+r.text(t, "value/0/id"), "")
	if got := c.want(200, "GET", r.next(t), "").text(t, "value/0/givenName"); got != "011" {
		t.Errorf("second page begins with %s", got)
	}
}

func TestFiltersAndOrder(t *testing.T) {
	c := open(t, Options{})
	const name = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name "
	c.create("/v1.0/me/contacts", `{"givenName":"Anna","surname":"O'Brien","jobTitle":"Chef","birthday":"1980-01-01","categories":["VIP"],"emailAddresses":[{"address":"Anna@Example.org"}],
		"singleValueExtendedProperties":[{"id":"`+name+`Key","value":"Job-1/Alpha"}]}`)
	c.create("/v1.0/me/contacts", `{"givenName":"Bert","surname":"Zorn","fileAs":"Zorn, Bert","birthday":"1990-06-01","emailAddresses":[{"address":"x@example.org"},{"address":"bert+tag@example.org"}],
		"singleValueExtendedProperties":[{"id":"`+name+`Key","value":"job-1/beta"},{"id":"String 0x3a24","value":"+1 555"}]}`)
	c.create("/v1.0/me/contacts", `{"givenName":"anna","surname":"Abt","personalNotes":"chef"}`)
	any := func(id, condition string) string {
		return "singleValueExtendedProperties/Any(ep: ep/id eq '" + id + "' and " + condition + ")"
	}
	tests := []struct {
		filter, order string
		want          string // surnames, or the code of the error
	}{
		{"emailAddresses/any(a:a/address eq 'anna@example.ORG')", "", "O'Brien"},
		{"emailAddresses/any(a:a/address eq 'bert+tag@example.org')", "", "Zorn"},
		{"emailAddresses/any(a:a/address eq 'nobody@example.org')", "", ""},
		{"emailAddresses/any(a:startswith(a/address,'anna'))", "", "ErrorInvalidUrlQueryFilter"},
		{"emailAddresses/any(a:a/name eq 'anna')", "", "ErrorInvalidUrlQueryFilter"},
		{"emailAddresses/any(a:a/address ne 'x')", "", "ErrorInvalidUrlQueryFilter"},
		{any(name+"Key", "ep/value eq 'JOB-1/ALPHA'"), "", "O'Brien"},
		{any(strings.ToUpper("String {66f5a359-4659-4830-9070-00047ec6ac6e}")+" Name Key", "ep/value eq 'job-1/beta'"), "", "Zorn"},
		{any(name+"key", "ep/value eq 'job-1/beta'"), "", ""},
		{any(name+"Key", "startswith(ep/value,'job-1/')"), "", "O'Brien,Zorn"},
		{any(name+"Key", "contains(ep/value,'alp')"), "", "O'Brien"},
		{any(name+"Key", "ep/value ne 'job-1/alpha'"), "", "Zorn"},
		{any("String 0x3A24", "ep/value eq '+1 555'"), "", "Zorn"},
		{any("String 0x3a06", "ep/value eq 'ANNA'"), "", "O'Brien,Abt"},
		{any("Color", "ep/value eq 'x'"), "", "ErrorInvalidUrlQueryFilter"},
		{"givenName eq 'anna'", "", "O'Brien,Abt"},
		{"givenName eq 'anna' and surname eq 'O''Brien'", "", "O'Brien"},
		{"givenName eq 'bert' or surname eq 'abt'", "", "Zorn,Abt"},
		{"not (givenName eq 'anna')", "", "Zorn"},
		{"startswith(surname,'z')", "", "Zorn"},
		{"jobTitle eq null", "", "Zorn,Abt"},
		{"birthday ge 1985-01-01T00:00:00Z", "", "Zorn"},
		{"categories/any(c:c eq 'vip')", "", "O'Brien"},
		{"createdDateTime ge 2001-01-01T00:00:00Z", "surname", "ErrorInvalidRestriction"},
		{"contains(surname,'o')", "", "RequestBroker--ParseUri"},
		{"personalNotes eq 'chef'", "", "ErrorInvalidUrlQueryFilter"},
		{"givenName eq", "", "ErrorInvalidUrlQueryFilter"},
		{"givenName like 'x'", "", "ErrorInvalidUrlQueryFilter"},
		{"shoeSize eq '42'", "", "RequestBroker--ParseUri"},
		{"", "surname", "Abt,O'Brien,Zorn"},
		{"", "surname desc", "Zorn,O'Brien,Abt"},
		{"givenName eq 'anna'", "givenName", "O'Brien,Abt"},
		{"", "phones", "ErrorInvalidUrlQuery"},
	}
	for _, tt := range tests {
		t.Run(tt.filter+" "+tt.order, func(t *testing.T) {
			c := &client{t, c.s}
			path := "/v1.0/me/contacts?$top=100"
			if tt.filter != "" {
				path += "&$filter=" + url.QueryEscape(tt.filter)
			}
			if tt.order != "" {
				path += "&$orderby=" + url.QueryEscape(tt.order)
			}
			r := c.do("GET", path, "")
			got := r.code(t)
			if r.status == 200 {
				got = strings.Join(r.values(t, "surname"), ",")
			}
			if got != tt.want {
				t.Errorf("got %q (%d), want %q", got, r.status, tt.want)
			}
		})
	}
	outlook := "/api/beta/me/contacts?$filter=" + url.QueryEscape("SingleValueExtendedProperties/Any(ep: ep/PropertyId eq '"+name+"Key' and ep/Value eq 'job-1/beta')")
	if got := c.want(200, "GET", outlook, "").values(t, "Surname"); !slices.Equal(got, []string{"Zorn"}) {
		t.Errorf("Outlook's filter finds %q", got)
	}
}

func TestIndexFollowsTheContact(t *testing.T) {
	c := open(t, Options{})
	const key = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Key"
	find := func(value string) int {
		t.Helper()
		return len(c.all("/v1.0/me/contacts?$select=id&$filter="+url.QueryEscape("singleValueExtendedProperties/Any(ep: ep/id eq '"+key+"' and ep/value eq '"+value+"')"), "id"))
	}
	id := c.create("/v1.0/me/contacts", `{"singleValueExtendedProperties":[{"id":"`+key+`","value":"one"}]}`)
	if find("one") != 1 || find("two") != 0 {
		t.Fatal("not found right after POST")
	}
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"singleValueExtendedProperties":[{"id":"`+key+`","value":"two"}]}`)
	if find("one") != 0 || find("two") != 1 {
		t.Error("not found by the new value")
	}
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"singleValueExtendedProperties":[{"id":"`+key+`","value":null}]}`)
	if find("two") != 0 {
		t.Error("found by a removed value")
	}
	c.want(200, "PATCH", "/v1.0/me/contacts/"+id, `{"singleValueExtendedProperties":[{"id":"`+key+`","value":"three"}]}`)
	c.want(204, "DELETE", "/v1.0/me/contacts/"+id, "")
	if find("three") != 0 {
		t.Error("a deleted contact is found")
	}
}

func TestFolders(t *testing.T) {
	for _, d := range shapes4() {
		t.Run(d.prefix[1:], func(t *testing.T) {
			c := open(t, Options{})
			base := d.prefix + "/me/contactFolders"
			beta := strings.HasSuffix(d.prefix, "beta")
			top := c.all(base, d.display)
			if want := []string{"Contacts"}; beta && !slices.Equal(top, want) || !beta && len(top) != 0 {
				t.Errorf("a new mailbox lists %q", top)
			}
			main := c.want(200, "GET", base+"/contacts", "").text(t, d.id)
			r := c.want(201, "POST", base, `{"`+d.display+`":"Customers"}`)
			customers := r.text(t, d.id)
			if r.text(t, d.parent) != main {
				t.Errorf("new folder's parent is %s", r.text(t, d.parent))
			}
			emea := c.want(201, "POST", base+"/"+customers+"/childFolders", `{"`+d.display+`":"EMEA"}`).text(t, d.id)
			c.wantError(409, "ErrorFolderExists", "POST", base, `{"`+d.display+`":"customers"}`)
			c.wantError(409, "ErrorFolderExists", "POST", base+"/"+customers+"/childFolders", `{"`+d.display+`":"EMEA"}`)
			c.wantError(400, "ErrorInvalidFolderName", "POST", base, `{"`+d.display+`":""}`)
			if got := c.all(base+"/contacts/childFolders", d.id); !slices.Equal(got, []string{customers}) {
				t.Errorf("children of the default folder: %q", got)
			}
			if got := c.all(base+"/"+customers+"/childFolders", d.id); !slices.Equal(got, []string{emea}) {
				t.Errorf("children of Customers: %q", got)
			}
			if got := c.all(base+"?$filter="+d.display+" eq 'Customers'", d.id); !slices.Equal(got, []string{customers}) {
				t.Errorf("filter finds %q", got)
			}
			one := c.create(base+"/"+emea+"/contacts", `{"`+d.given+`":"In EMEA"}`)
			c.create(base+"/"+customers+"/childFolders/"+emea+"/contacts", `{"`+d.given+`":"By the long way"}`)
			if got := c.all(base+"/"+emea+"/contacts", d.given); len(got) != 2 {
				t.Errorf("EMEA lists %q", got)
			}
			if got := c.all(d.prefix+"/me/contacts", d.given); beta != (len(got) == 2) {
				t.Errorf("/contacts lists %q", got)
			}
			c.want(200, "GET", base+"/"+emea+"/contacts/"+one, "")
			c.wantError(404, "ErrorItemNotFound", "GET", base+"/"+customers+"/contacts/"+one, "")
			if r := c.want(200, "PATCH", base+"/"+emea, `{"`+d.display+`":"Europe","`+d.parent+`":"`+main+`"}`); r.text(t, d.parent) != main || r.text(t, d.display) != "Europe" {
				t.Errorf("after moving: %s", r.body)
			}
			c.wantError(400, "ErrorMoveCopyFailed", "PATCH", base+"/"+customers, `{"`+d.parent+`":"`+customers+`"}`)
			c.wantError(403, "ErrorDeleteDistinguishedFolder", "DELETE", base+"/contacts", "")
			c.want(204, "DELETE", base+"/"+emea, "")
			c.wantError(404, "ErrorItemNotFound", "GET", d.prefix+"/me/contacts/"+one, "")
			c.wantError(404, "ErrorItemNotFound", "GET", base+"/"+emea, "")
			c.want(204, "POST", base+"/"+customers+"/permanentDelete", "")
		})
	}
}

func TestFolderPages(t *testing.T) {
	c := open(t, Options{})
	for i := range 23 {
		c.create("/v1.0/me/contactFolders", fmt.Sprintf(`{"displayName":"F%02d"}`, i))
	}
	if got := c.all("/v1.0/me/contactFolders", "displayName"); len(got) != 23 || got[22] != "F22" {
		t.Errorf("folders: %q", got)
	}
	r := c.want(200, "GET", "/beta/me/contactFolders?$top=1&$select=displayName&$count=true", "")
	if want := `"displayName":"Contacts"}]`; !strings.Contains(r.body, want) || r.json(t)["@odata.count"] != 24.0 || strings.Contains(r.body, "parentFolderId") {
		t.Errorf("selected: %s", r.body)
	}
	c.wantError(400, "RequestBroker--ParseUri", "GET", "/v1.0/me/contactFolders?$select=wellKnownName", "")
}
