package sandbox

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func jpegOf(t *testing.T, width, height int) string {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const hasPicture = "Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015"

func TestPhoto(t *testing.T) {
	var pngBytes bytes.Buffer
	if err := png.Encode(&pngBytes, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	picture := jpegOf(t, 10, 20)
	tests := []struct {
		name, method, dialect, kind, body string
		status                            int
		seen                              string // what a GET then answers; "": 404
	}{
		{"put", "PUT", "v1.0", "image/jpeg", picture, 200, picture},
		{"patch in Graph", "PATCH", "beta", "image/jpeg", picture, 200, picture},
		{"patch in Outlook", "PATCH", "api/beta", "image/jpeg", picture, 405, ""},
		{"delete", "DELETE", "v1.0", "", "", 405, ""},
		{"a PNG is taken and lost", "PUT", "v1.0", "image/png", pngBytes.String(), 200, ""},
		{"base64 is kept as it is", "PUT", "v1.0", "image/jpeg", "/9j/4AAQSkZJRg==", 200, "/9j/4AAQSkZJRg=="},
		{"empty", "PUT", "v1.0", "image/jpeg", "", 400, ""},
		{"not an image", "PUT", "v1.0", "application/json", "{}", 415, ""},
		{"4 MB", "PUT", "v1.0", "image/jpeg", strings.Repeat("x", maxBody), 200, strings.Repeat("x", maxBody)},
		{"more than 4 MB", "PUT", "v1.0", "image/jpeg", strings.Repeat("x", maxBody+1), 413, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := open(t, Options{})
			id := c.create("/v1.0/me/contacts", `{"givenName":"Rob"}`)
			before := c.want(200, "GET", "/v1.0/me/contacts/"+id, "").text(t, "changeKey")
			c.want(tt.status, tt.method, "/"+tt.dialect+"/me/contacts/"+id+"/photo/$value", tt.body, "Content-Type: "+tt.kind)
			r := c.do("GET", "/v1.0/me/contacts/"+id+"/photo/$value", "")
			if tt.seen == "" && r.status != 404 || tt.seen != "" && (r.status != 200 || r.body != tt.seen) {
				t.Errorf("GET answers %d and %d bytes", r.status, len(r.body))
			}
			contact := c.want(200, "GET", "/v1.0/me/contacts/"+id+"?$expand=singleValueExtendedProperties($filter=id eq '"+hasPicture+"')", "")
			if got := contact.text(t, "singleValueExtendedProperties/0/value"); (got == "true") != (tt.seen != "") {
				t.Errorf("has-picture is %q", got)
			}
			if after := contact.text(t, "changeKey"); (after != before) != (tt.seen != "") {
				t.Errorf("change key %s became %s", before, after)
			}
		})
	}
}

func TestPhotoMetadataInGraph(t *testing.T) {
	c := open(t, Options{})
	id := c.create("/v1.0/me/contacts", `{"givenName":"Rob"}`)
	c.wantError(404, "ErrorItemNotFound", "GET", "/v1.0/me/contacts/"+id+"/photo", "")
	c.want(200, "PUT", "/v1.0/me/contacts/"+id+"/photo/$value", jpegOf(t, 96, 64), "Content-Type: image/jpeg")
	v := c.want(200, "GET", "/v1.0/me/contactFolders/contacts/contacts/"+id+"/photo", "").json(t)
	if v["id"] != "96X64" || v["width"] != 96.0 || v["height"] != 64.0 || v["@odata.mediaContentType"] != "image/jpeg" || v["@odata.mediaEtag"] == "" {
		t.Errorf("metadata: %v", v)
	}
	c.want(204, "DELETE", "/v1.0/me/contacts/"+id, "")
	c.wantError(404, "ErrorItemNotFound", "GET", "/v1.0/me/contacts/"+id+"/photo/$value", "")
	c.wantError(400, "BadRequest", "GET", "/v1.0/me/contacts/"+id+"/photos/48x48/$value", "")
}
