package sandbox

import (
	"slices"
	"testing"
)

func TestCategories(t *testing.T) {
	c := open(t, Options{})
	const path = "/v1.0/me/outlook/masterCategories"
	id := c.create(path, `{"displayName":"Friends","color":"preset3"}`)
	c.create(path, `{"displayName":"Work"}`)
	c.want(409, "POST", path, `{"displayName":"FRIENDS"}`)
	r := c.want(200, "PATCH", path+"/"+id, `{"color":"preset24"}`)
	if r.text(t, "color") != "preset24" || r.text(t, "displayName") != "Friends" {
		t.Errorf("changed %s", r.body)
	}
	names := c.want(200, "GET", path, "").values(t, "displayName")
	slices.Sort(names)
	if !slices.Equal(names, []string{"Friends", "Work"}) {
		t.Errorf("listed %v", names)
	}
	if got := c.want(200, "GET", "/api/v2.0/me/Outlook/MasterCategories/"+id, ""); got.text(t, "Color") != "Preset24" {
		t.Errorf("outlook %s", got.body)
	}
	if got := c.want(200, "GET", "/v1.0/users/other@sandbox.example/outlook/masterCategories", "").values(t, "id"); len(got) != 0 {
		t.Errorf("another mailbox has %v", got)
	}
	c.want(400, "PATCH", path+"/"+id, `{"displayName":"Foes"}`)
	for _, body := range []string{`{}`, `{"displayName":"x","color":"preset25"}`, `{"displayName":"x","color":"red"}`, `{"displayName":""}`, `{"name":"x"}`, `7`} {
		c.want(400, "POST", path, body)
	}
	c.want(204, "DELETE", path+"/"+id, "")
	c.wantError(404, "ErrorItemNotFound", "GET", path+"/"+id, "")
	c.want(405, "GET", "/v1.0/me/outlook", "")
	signed := open(t, Options{SignIn: signedInAddress})
	token := bearer(signed.tokens(tokenPath, redemption(signed.device("Contacts.ReadWrite"))...))
	signed.wantError(403, "ErrorAccessDenied", "GET", path, "", token)
	token = bearer(signed.tokens(tokenPath, redemption(signed.device("MailboxSettings.ReadWrite"))...))
	signed.want(201, "POST", path, `{"displayName":"x"}`, token)
}
