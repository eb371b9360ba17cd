package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestSlotsAreShared writes through one dialect and reads through another.
func TestSlotsAreShared(t *testing.T) {
	address := func(id string) string { return "String {00062004-0000-0000-C000-000000000046} Id " + id }
	task := func(id string) string { return "SystemTime {00062003-0000-0000-C000-000000000046} Id " + id }
	tests := []struct{ name, write, body, read, member, want string }{
		{"business fax", "v1.0", ext1("String 0x3a24", "1"), "api/beta", "Phones", `[{"Number":"1","Type":"BusinessFax"}]`},
		{"home fax", "v1.0", ext1("string 0x3A25", "1"), "beta", "phones", `[{"number":"1","type":"homeFax"}]`},
		{"second home phone", "v1.0", ext1("String 0x3a2f", "1"), "v1.0", "homePhones", `["1"]`},
		{"mobile", "api/beta", `{"Phones":[{"Type":"Mobile","Number":"1"}]}`, "api/v2.0", "MobilePhone1", `"1"`},
		{"anniversary", "v1.0", ext1("SystemTime 0x3a41", "2010-06-12T00:00:00Z"), "beta", "weddingAnniversary", `"2010-06-12"`},
		{"anniversary in Outlook", "beta", `{"weddingAnniversary":"2010-06-12"}`, "api/beta", "WeddingAnniversary", `"2010-06-12"`},
		{"birthday", "v1.0", ext1("SystemTime 0x3a42", "1974-07-22"), "api/v2.0", "Birthday", `"1974-07-22T00:00:00Z"`},
		{"gender", "v1.0", ext1("Short 0x3a4d", "1"), "api/beta", "Gender", `"Female"`},
		{"home page", "v1.0", ext1("String 0x3a50", "x"), "beta", "websites", `[{"address":"x","displayName":null,"type":"home"}]`},
		{"business page", "v1.0", `{"businessHomePage":"x"}`, "api/beta", "Websites", `[{"Address":"x","DisplayName":null,"Type":"Work"}]`},
		{"home PO box", "v1.0", ext1("String 0x3a5e", "7"), "beta", "postalAddresses", `[{"postOfficeBox":"7","type":"home"}]`},
		{"business PO box", "v1.0", ext1(address("0x804a"), "7"), "api/beta", "PostalAddresses", `[{"PostOfficeBox":"7","Type":"Business"}]`},
		{"business city", "v1.0", ext1(address("0x8046"), "x"), "v1.0", "businessAddress", `{"city":"x"}`},
		{"first e-mail", "v1.0", ext1(address("0x8083"), "a@b.c"), "v1.0", "emailAddresses", `[{"address":"a@b.c","name":"a@b.c"}]`},
		{"IM address", "v1.0", ext1(address("0x8062"), "x"), "beta", "imAddresses", `["x"]`},
		{"flag status", "v1.0", ext1("Integer 0x1090", "2"), "api/beta", "Flag", `{"FlagStatus":"Flagged"}`},
		{"flag with dates", "v1.0", `{"singleValueExtendedProperties":[{"id":"` + task("0x8105") + `","value":"2026-03-08T17:00:00Z"},{"id":"` + task("0x8104") + `","value":"2026-03-04"},{"id":"Integer 0x1090","value":"2"}]}`,
			"beta", "flag", `{"dueDateTime":{"dateTime":"2026-03-08T17:00:00.0000000","timeZone":"UTC"},"flagStatus":"flagged","startDateTime":{"dateTime":"2026-03-04T00:00:00.0000000","timeZone":"UTC"}}`},
		{"a complete flag", "api/v2.0", `{"SingleValueExtendedProperties":[{"PropertyId":"Integer 0x1090","Value":"1"},{"PropertyId":"` + task("0x810F") + `","Value":"2026-03-09T00:00:00Z"}]}`,
			"beta", "flag", `{"completedDateTime":{"dateTime":"2026-03-09T00:00:00.0000000","timeZone":"UTC"},"flagStatus":"complete"}`},
		{"given name", "v1.0", ext1("String 0x3a06", "x"), "v1.0", "displayName", `"x"`},
		{"Outlook's spelling", "api/beta", `{"SingleValueExtendedProperties":[{"PropertyId":"String 0x3a24","Value":"1"}]}`, "beta", "phones", `[{"number":"1","type":"businessFax"}]`},
	}
	c := open(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t, c.s}
			id := c.create("/"+tt.write+"/me/contacts", tt.body)
			got, err := json.Marshal(c.want(200, "GET", "/"+tt.read+"/me/contacts/"+id, "").json(t)[tt.member])
			if err != nil || string(got) != tt.want {
				t.Errorf("%s is %s, want %s", tt.member, got, tt.want)
			}
		})
	}
}

func TestExtendedProperties(t *testing.T) {
	const expand = "?$expand=singleValueExtendedProperties($filter=id eq '%s')"
	tests := []struct{ name, body, id, want string }{
		{"a slot", `{"businessPhones":["1","2"]}`, "String 0x3a1b", `[{"id":"String 0x3a1b","value":"2"}]`},
		{"any spelling", `{"businessPhones":["1"]}`, "string 0X3A08", `[{"id":"String 0x3a08","value":"1"}]`},
		{"a PO box outlives its address", `{"homeAddress":{"city":"x"},"singleValueExtendedProperties":[{"id":"String 0x3a5e","value":"7"}]}`, "String 0x3a5e", `[{"id":"String 0x3a5e","value":"7"}]`},
		{"a named property", `{"singleValueExtendedProperties":[{"id":"String {66F5A359-4659-4830-9070-00047EC6AC6E} Name Color","value":"Grün"}]}`,
			"String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color", `[{"id":"String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color","value":"Grün"}]`},
		{"names have a case", `{"singleValueExtendedProperties":[{"id":"String {66F5A359-4659-4830-9070-00047EC6AC6E} Name Color","value":"x"}]}`,
			"String {66f5a359-4659-4830-9070-00047ec6ac6e} Name color", `null`},
		{"a car phone", `{"singleValueExtendedProperties":[{"id":"String 0x3a1e","value":"1"}]}`, "String 0x3a1e", `[{"id":"String 0x3a1e","value":"1"}]`},
		{"a flag", `{}`, "Integer 0x1090", `null`},
		{"sensitivity", `{"singleValueExtendedProperties":[{"id":"Integer 0x0036","value":"2"}]}`, "Integer 0x36", `[{"id":"Integer 0x36","value":"2"}]`},
		{"message class", `{}`, "String 0x001A", `[{"id":"String 0x1a","value":"IPM.Contact"}]`},
		{"has no picture, whatever is sent", `{"singleValueExtendedProperties":[{"id":"` + hasPicture + `","value":"true"}]}`, hasPicture, `null`},
		{"unset", `{}`, "String 0x3a24", `null`},
	}
	c := open(t, Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &client{t, c.s}
			id := c.create("/v1.0/me/contacts", tt.body)
			got, err := json.Marshal(c.want(200, "GET", "/v1.0/me/contacts/"+id+fmt.Sprintf(expand, tt.id), "").json(t)["singleValueExtendedProperties"])
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
	flagged := c.create("/beta/me/contacts", `{"flag":{"flagStatus":"flagged","startDateTime":{"dateTime":"2026-03-04T08:00:00","timeZone":"UTC"}}}`)
	start := "SystemTime {00062003-0000-0000-c000-000000000046} Id 0x8104"
	shown := c.want(200, "GET", "/v1.0/me/contacts/"+flagged+"?$expand=singleValueExtendedProperties($filter=id eq 'Integer 0x1090' or id eq '"+start+"')", "")
	if shown.text(t, "singleValueExtendedProperties/0/value") != "2" || shown.text(t, "singleValueExtendedProperties/1/value") != "2026-03-04T08:00:00Z" {
		t.Errorf("flag: %s", shown.body)
	}
	if got := c.all("/v1.0/me/contacts?$filter=singleValueExtendedProperties/any(ep: ep/id eq 'Integer 0x1090' and ep/value eq '2')", "id"); len(got) != 1 || got[0] != flagged {
		t.Errorf("flagged contacts: %q", got)
	}
	c.want(400, "PATCH", "/v1.0/me/contacts/"+flagged, ext1("Integer 0x1090", "3"))
	c.want(200, "PATCH", "/v1.0/me/contacts/"+flagged, `{"singleValueExtendedProperties":[{"id":"Integer 0x1090","value":null},{"id":"`+start+`","value":null}]}`)
	if got := compact(t, c.want(200, "GET", "/beta/me/contacts/"+flagged+"?$select=flag", "").body); !strings.Contains(got, `"flag":{"flagStatus":"notFlagged"}`) {
		t.Errorf("after clearing: %s", got)
	}
	id := c.create("/v1.0/me/contacts", `{"mobilePhone":"1","businessPhones":["2"]}`)
	const two = "($filter=id eq 'String 0x3a1c' or id eq 'String 0x3a08')"
	r := c.want(200, "GET", "/v1.0/me/contacts/"+id+"?$select=id&$expand=singleValueExtendedProperties"+two, "")
	if r.text(t, "singleValueExtendedProperties/0/value") != "1" || r.text(t, "singleValueExtendedProperties/1/value") != "2" {
		t.Errorf("two properties: %s", r.body)
	}
	r = c.want(200, "GET", "/api/beta/me/contacts/"+id+"?$select=Id&$expand=SingleValueExtendedProperties($filter=PropertyId eq 'String 0x3a1c')", "")
	if r.text(t, "SingleValueExtendedProperties/0/PropertyId") != "String 0x3a1c" || r.text(t, "SingleValueExtendedProperties/0/Value") != "1" {
		t.Errorf("Outlook's spelling: %s", r.body)
	}
}

// ext1 is a body with one extended property.
func ext1(id, value string) string {
	return fmt.Sprintf(`{"singleValueExtendedProperties":[{"id":%q,"value":%q}]}`, id, value)
}

func TestPropID(t *testing.T) {
	for text, want := range map[string]string{
		"String 0x3A24":  "String 0x3a24",
		"string 0X001a":  "String 0x1a",
		" Short 0x3a4d ": "Short 0x3a4d",
		"BOOLEAN {00062004-0000-0000-C000-000000000046} ID 0x8015": "Boolean {00062004-0000-0000-c000-000000000046} Id 0x8015",
		"String {66F5A359-4659-4830-9070-00047ec6ac6e} name A b":   "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name A b",
		"String":         "",
		"String 3a24":    "",
		"String 0x1ffff": "",
		"Text 0x3a24":    "",
		"String {66F5A359-4659-4830-9070-00047ec6ac6e}":       "",
		"String {66F5A359-4659-4830-9070-00047ec6ac6e} Name ": "",
		"String {nonsense} Name A":                            "",
	} {
		p, ok := parsePropID(text)
		if ok != (want != "") || p.canonical != want && ok {
			t.Errorf("%q: %q, %v; want %q", text, p.canonical, ok, want)
		}
	}
}
