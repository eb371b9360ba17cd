package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A partReply is one answer of a batch.
type partReply struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// batch sends parts and returns their answers by id, and the order they came in.
func (c *client) batch(path string, parts ...string) (map[string]partReply, []string) {
	c.t.Helper()
	r := c.want(200, "POST", path, `{"requests":[`+strings.Join(parts, ",")+`]}`, "Content-Type: application/json")
	var out struct{ Responses []partReply }
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		c.t.Fatal(err)
	}
	byID, order := map[string]partReply{}, []string{}
	for _, p := range out.Responses {
		byID[p.ID] = p
		order = append(order, p.ID)
	}
	return byID, order
}

const jsonHeader = `"headers":{"Content-Type":"application/json"}`

func TestBatch(t *testing.T) {
	for _, tt := range []struct{ path, id, name string }{
		{"/v1.0/$batch", "id", "givenName"}, {"/beta/$batch", "id", "givenName"}, {"/api/v2.0/me/$batch", "Id", "GivenName"}, {"/api/beta/me/$batch", "Id", "GivenName"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			c := open(t, Options{})
			var parts, want []string
			for n := range maxParts {
				parts = append(parts, fmt.Sprintf(`{"id":"p%d","method":"POST","url":"/me/contacts",%s,"body":{%q:"N%d"}}`, n, jsonHeader, tt.name, n))
				want = append(want, fmt.Sprintf("p%d", n))
			}
			got, order := c.batch(tt.path, parts...)
			if slices.Equal(order, want) {
				t.Error("the answers come in the order of the requests")
			}
			for n, id := range want {
				r := reply{body: string(got[id].Body)}
				if got[id].Status != 201 || r.text(t, tt.name) != fmt.Sprintf("N%d", n) || got[id].Headers["Content-Type"] == "" {
					t.Fatalf("part %s: %d %s", id, got[id].Status, got[id].Body)
				}
			}
			if got := c.all("/v1.0/me/contacts?$top=100", "id"); len(got) != maxParts {
				t.Errorf("%d contacts", len(got))
			}
			if st := c.s.Stats(); st.Batches != 1 || st.Writes != maxParts || st.MaxInFlight > batchWidth {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestBatchParts(t *testing.T) {
	c := open(t, Options{})
	if answers, _ := c.batch("/v1.0/$batch", `{"id":"1","method":"GET","url":"/me/contacts","headers":{},"body":null,"dependsOn":[]}`); answers["1"].Status != 200 {
		t.Errorf("a body of null: %+v", answers["1"])
	}
	id := c.create("/v1.0/me/contacts", `{"givenName":"Rob"}`)
	photo := jpegOf(t, 2, 2)
	got, _ := c.batch("/v1.0/$batch",
		`{"id":"get","method":"get","url":"me/contacts/`+id+`?$select=givenName","headers":{"Prefer":"IdType=\"ImmutableId\""}}`,
		`{"id":"none","method":"GET","url":"/me/contacts/`+unknownID(c)+`"}`,
		`{"id":"nested","method":"POST","url":"/$batch",`+jsonHeader+`,"body":{"requests":[]}}`,
		`{"id":"elsewhere","method":"GET","url":"https://graph.microsoft.com/v1.0/me"}`,
		`{"id":"put","method":"PUT","url":"/me/contacts/`+id+`/photo/$value","headers":{"content-type":"image/jpeg"},"body":"`+base64.URLEncoding.EncodeToString([]byte(photo))+`"}`,
		`{"id":"count","method":"GET","url":"/me/contacts/$count"}`,
		`{"id":"Gruß","method":"DELETE","url":"/users/adele@sandbox.example/contacts/`+id+`"}`)
	for id, want := range map[string]int{"get": 200, "none": 404, "nested": 400, "elsewhere": 400, "put": 200, "count": 200, "Gruß": 404} {
		if got[id].Status != want {
			t.Errorf("%s: status %d: %s", id, got[id].Status, got[id].Body)
		}
	}
	one := reply{body: string(got["get"].Body)}
	if len(one.text(t, "id")) != 72 || one.text(t, "givenName") != "Rob" || got["get"].Headers["Preference-Applied"] == "" {
		t.Errorf("get: %v", got["get"])
	}
	if string(got["count"].Body) != `"MQ=="` {
		t.Errorf("count: %s", got["count"].Body)
	}
	read, _ := c.batch("/v1.0/$batch", `{"id":"1","method":"GET","url":"/me/contacts/`+id+`/photo/$value"}`)
	var text string
	if err := json.Unmarshal(read["1"].Body, &text); err != nil {
		t.Fatal(err)
	}
	if data, err := base64.URLEncoding.DecodeString(text); err != nil || string(data) != photo || read["1"].Headers["Content-Type"] != "image/jpeg" {
		t.Errorf("photo: %v, %v", err, read["1"].Headers)
	}
}

func TestBatchDependencies(t *testing.T) {
	c := open(t, Options{})
	post := func(id, after, body string) string {
		return fmt.Sprintf(`{"id":%q,"method":"POST","url":"/me/contacts","dependsOn":[%s],%s,"body":%s}`, id, after, jsonHeader, body)
	}
	got, _ := c.batch("/v1.0/$batch", post("1", "", `{"givenName":"a"}`), post("2", `"1"`, `{"nonsense":1}`), post("3", `"2"`, `{}`), post("4", `"3"`, `{}`), post("5", `"1"`, `{"givenName":"b"}`))
	for id, want := range map[string]int{"1": 201, "2": 400, "3": 424, "4": 424, "5": 201} {
		if got[id].Status != want {
			t.Errorf("part %s: status %d: %s", id, got[id].Status, got[id].Body)
		}
	}
	if got := c.all("/v1.0/me/contacts", "givenName"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("contacts %q", got)
	}
}

func TestBatchEnvelope(t *testing.T) {
	c := open(t, Options{})
	get := func(id string) string { return fmt.Sprintf(`{"id":%q,"method":"GET","url":"/me"}`, id) }
	many := strings.TrimSuffix(strings.Repeat(get("x")+",", maxParts+1), ",")
	for name, requests := range map[string]string{
		"none":            ``,
		"too many":        many,
		"the same id":     get("a") + "," + get("A"),
		"no id":           `{"method":"GET","url":"/me"}`,
		"no method":       `{"id":"1","url":"/me"}`,
		"no content type": `{"id":"1","method":"POST","url":"/me/contacts","body":{}}`,
		"unknown other":   `{"id":"1","method":"GET","url":"/me","dependsOn":["2"]}`,
		"itself":          `{"id":"1","method":"GET","url":"/me","dependsOn":["1"]}`,
		"two others":      get("1") + "," + get("2") + `,{"id":"3","method":"GET","url":"/me","dependsOn":["1","2"]}`,
		"not base64url":   `{"id":"1","method":"PUT","url":"/me/contacts/x/photo/$value","headers":{"Content-Type":"image/jpeg"},"body":"+/+/"}`,
	} {
		t.Run(name, func(t *testing.T) {
			(&client{t, c.s}).wantError(400, "BadRequest", "POST", "/v1.0/$batch", `{"requests":[`+requests+`]}`)
		})
	}
	c.wantError(400, "BadRequest", "POST", "/v1.0/$batch", `[]`)
	c.wantError(401, "InvalidAuthenticationToken", "POST", "/v1.0/$batch", `{}`, "Authorization: Bearer x")
	c.want(415, "POST", "/api/v2.0/me/$batch", "--x", "Content-Type: multipart/mixed; boundary=x")
	if st := c.s.Stats(); st.Requests != 0 {
		t.Errorf("stats %+v", st)
	}
}

// TestBatchThrottling finds the 429 of a part inside a 200.
func TestBatchThrottling(t *testing.T) {
	c := open(t, Options{Limits: true})
	for range requestLimit - 10 {
		c.want(200, "GET", "/v1.0/me", "")
	}
	var parts []string
	for n := range maxParts {
		parts = append(parts, fmt.Sprintf(`{"id":"%d","method":"GET","url":"/me"}`, n))
	}
	got, _ := c.batch("/v1.0/$batch", parts...)
	passed := 0
	for id, p := range got {
		switch {
		case p.Status == 200:
			passed++
		case p.Status != 429 || p.Headers["Retry-After"] == "":
			t.Errorf("part %s: %d %v", id, p.Status, p.Headers)
		}
	}
	if passed != 10 || c.s.Stats().Throttled != 10 {
		t.Errorf("%d passed, stats %+v", passed, c.s.Stats())
	}
}

func TestBatchFaults(t *testing.T) {
	c := open(t, Options{Faults: "429:#2,reset-before:#2,truncate:#3"})
	got, _ := c.batch("/v1.0/$batch", `{"id":"1","method":"GET","url":"/me"}`)
	if got["1"].Status != 429 || got["1"].Headers["Retry-After"] == "" {
		t.Errorf("part: %v", got["1"])
	}
	c = open(t, Options{Faults: "reset-after-write:#1"})
	server := c.serveNet()
	body := `{"requests":[{"id":"1","method":"POST","url":"/me/contacts",` + jsonHeader + `,"body":{}}]}`
	if _, _, err := get(t, server, "POST", "/v1.0/$batch", body); err == nil {
		t.Error("answered")
	}
	if got := c.all("/v1.0/me/contacts", "id"); len(got) != 1 {
		t.Errorf("%d contacts", len(got))
	}
}

// FuzzBatch sends envelopes of all sorts; what comes back is always JSON.
func FuzzBatch(f *testing.F) {
	s, err := Open(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/me/contacts?$top=1"},{"id":"2","method":"POST","url":"/me/contacts",` + jsonHeader + `,"body":{"givenName":"x"},"dependsOn":["1"]}]}`)
	f.Add(`{"requests":[{"id":"1","method":"PUT","url":"/me/contacts/x/photo/$value","headers":{"Content-Type":"image/jpeg"},"body":"_-8"}]}`)
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"%zz"},{"id":"2","method":"","url":"//x"}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		r := (&client{t, s}).do("POST", "/v1.0/$batch", body)
		if r.status != 200 && r.status != 400 || !json.Valid([]byte(r.body)) {
			t.Errorf("status %d: %q", r.status, r.body)
		}
	})
}
