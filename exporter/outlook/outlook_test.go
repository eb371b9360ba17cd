package outlook

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
	"github.com/cardferry/cardferry/ratelimit"
	"github.com/go-json-experiment/json"
)

var paths = map[outlook.Dialect]string{
	outlook.GraphV1: "/v1.0", outlook.GraphBeta: "/beta", outlook.OutlookV2: "/api/v2.0", outlook.OutlookBeta: "/api/beta",
}

// service starts an empty service with faults.
func service(t *testing.T, faults string) *httptest.Server {
	t.Helper()
	return serve(t, sandbox.Options{Faults: faults})
}

// quirky starts an empty service with quirks.
func quirky(t *testing.T, quirks string) *httptest.Server {
	t.Helper()
	return serve(t, sandbox.Options{Quirks: quirks})
}

func serve(t *testing.T, o sandbox.Options) *httptest.Server {
	t.Helper()
	box, err := sandbox.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	t.Cleanup(func() {
		server.Close()
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// signedIn sends the token of the embedded service along.
type signedIn struct{ *http.Client }

func (s signedIn) Do(req *http.Request) (*http.Response, error) {
	req.Header.Set("Authorization", "Bearer sandbox")
	return s.Client.Do(req)
}

func client(t *testing.T, server *httptest.Server, d outlook.Dialect) *odata.Client {
	t.Helper()
	c, err := odata.NewClient(signedIn{server.Client()}, odata.Account{BaseURL: server.URL + paths[d], Dialect: d, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fill stores contents in the account, parents before children.
func fill(t *testing.T, c *odata.Client, held exportertest.Contents) {
	t.Helper()
	ids := map[contact.FolderPath]string{"": odata.DefaultFolder}
	for _, path := range slices.Sorted(maps.Keys(held)) {
		var parent contact.FolderPath
		names := path.Names()
		for i, name := range names {
			if i < len(names)-1 {
				parent = parent.Child(name)
				continue
			}
			ids[path] = post(t, c, []string{"contactFolders", ids[parent], "childFolders"}, map[string]string{"displayName": name})
		}
		for _, person := range held[path] {
			body, _, err := outlook.Create(person, c.Dialect())
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal(body, &members); err != nil {
				t.Fatal(err)
			}
			id := post(t, c, []string{"contactFolders", ids[path], "contacts"}, members)
			if person.Photo != nil {
				if err := c.SetPhoto(t.Context(), contact.ID(id), person.Photo.Data); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// post sends an object, in the casing of the dialect, and returns the id of what
// it makes.
func post(t *testing.T, c *odata.Client, segments []string, object any) string {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Dialect().Graph() {
		body = bytes.Replace(body, []byte("displayName"), []byte("DisplayName"), 1)
	}
	link, err := c.Link(segments)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Send(t.Context(), http.MethodPost, link, body)
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

func TestSourceKeepsTheContract(t *testing.T) {
	for _, d := range outlook.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			exportertest.TestSource(t, func(t *testing.T, held exportertest.Contents) exporter.Source {
				c := client(t, service(t, ""), d)
				fill(t, c, held)
				s := New(c)
				s.size = 7
				return s
			})
		})
	}
}

// editor changes an account by requests of its own.
type editor struct {
	t *testing.T
	c *odata.Client
}

func (e *editor) folder(path contact.FolderPath) string {
	e.t.Helper()
	folders, err := e.c.Folders(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, f := range folders {
		if f.Path == path {
			return string(f.ID)
		}
	}
	var parent contact.FolderPath
	names := path.Names()
	for _, name := range names[:len(names)-1] {
		parent = parent.Child(name)
	}
	return post(e.t, e.c, []string{"contactFolders", e.folder(parent), "childFolders"}, map[string]string{"displayName": names[len(names)-1]})
}

func (e *editor) Put(path contact.FolderPath, person *contact.Contact) contact.ID {
	e.t.Helper()
	body, _, err := outlook.Create(person, e.c.Dialect())
	if err != nil {
		e.t.Fatal(err)
	}
	if person.ID != "" {
		e.send(http.MethodPatch, body, "contacts", string(person.ID))
		return person.ID
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		e.t.Fatal(err)
	}
	return contact.ID(post(e.t, e.c, []string{"contactFolders", e.folder(path), "contacts"}, members))
}

func (e *editor) Delete(id contact.ID) { e.send(http.MethodDelete, nil, "contacts", string(id)) }

func (e *editor) DeleteFolder(path contact.FolderPath) {
	e.send(http.MethodDelete, nil, "contactFolders", e.folder(path))
}

func (e *editor) send(method string, body []byte, segments ...string) {
	e.t.Helper()
	link, err := e.c.Link(segments)
	if err == nil {
		_, err = e.c.Send(e.t.Context(), method, link, body)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// TestSourceTracks runs against services that answer what the documents leave open
// in one way and the other.
func TestSourceTracks(t *testing.T) {
	for _, d := range outlook.Dialects() {
		for _, quirks := range []string{"", "delta-no-expand", "no-delta", "replay=5", "odata-trackchanges"} {
			if d.Graph() == (quirks == "odata-trackchanges") && quirks != "" {
				continue
			}
			t.Run(string(d)+" "+quirks, func(t *testing.T) {
				t.Parallel()
				exportertest.TestTracking(t, func(t *testing.T, held exportertest.Contents) (exporter.Source, exportertest.Editor) {
					c := client(t, quirky(t, quirks), d)
					fill(t, c, held)
					s := New(c)
					s.size = 7
					return s, &editor{t, c}
				})
			})
		}
	}
}

// TestDialectsReadEachOther stores through one dialect and reads through the rest.
func TestDialectsReadEachOther(t *testing.T) {
	person := contact.Normalize(&contact.Contact{
		UID: "uid-1", Name: contact.Name{Given: "Ana", Family: "Ruiz", PhoneticMiddle: "x"},
		Emails: []contact.Email{{Address: "a@example.org", Type: contact.Work}, {Address: "b@example.org", Type: "Label", Preferred: true},
			{Address: "c@example.org"}, {Address: "d@example.org", Name: "D"}, {Address: "not an address"}},
		Phones: []contact.Phone{{Number: "1", Type: contact.Home}, {Number: "2", Type: contact.Work}, {Number: "3", Type: contact.Work},
			{Number: "4", Type: contact.Work}, {Number: "5", Type: contact.Car}, {Number: "6", Type: contact.Radio}, {Number: "7", Type: "Hotline"}, {Number: "8"}},
		Addresses: []contact.Address{{Type: contact.Home, POBox: "PO 1", City: "Rome"}, {Type: contact.Work, Street: "A 1\nB"}, {City: "Oslo"}, {Type: contact.Home, City: "Bern"}},
		Websites:  []contact.Website{{URL: "https://example.org/w", Type: contact.Work}, {URL: "https://example.org/h", Type: contact.Home}, {URL: "https://example.org/b", Type: contact.Blog}},
		Relations: []contact.Relation{{Name: "Sam", Type: contact.Spouse}, {Name: "Kim", Type: contact.Child}, {Name: "Flo", Type: contact.Friend}},
		Birthday:  contact.Date{Month: 7, Day: 4}, Anniversary: contact.Date{Year: 2001, Month: 9, Day: 1}, Gender: "female",
		Notes: "\nbegins with a line break " + strings.Repeat("and is long ", 60), Extra: []contact.Extra{{Origin: "vcard", Name: "X-A", Value: "1"}},
	})
	for _, from := range outlook.Dialects() {
		server := service(t, "")
		fill(t, client(t, server, from), exportertest.Contents{"": {person}})
		for _, to := range outlook.Dialects() {
			n := 0
			src := New(client(t, server, to))
			folders, err := src.Folders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for page, err := range src.Pages(t.Context(), folders[0], "") {
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range page.Contacts {
					n++
					for _, f := range contact.Diff(person, c) {
						t.Errorf("%s -> %s: %s: want %s, got %s", from, to, f, person.Value(f), c.Value(f))
					}
					if c.UID != person.UID || len(c.Unread) > 0 {
						t.Errorf("%s -> %s: uid %q, unread %v", from, to, c.UID, c.Unread)
					}
				}
			}
			if n != 1 {
				t.Errorf("%s -> %s: %d contacts", from, to, n)
			}
		}
	}
}

// TestListingSurvives lists an account through faults that a client has to survive.
func TestListingSurvives(t *testing.T) {
	want := listAll(t, "")
	if len(want) < 40 {
		t.Fatalf("%d contacts without faults", len(want))
	}
	for _, faults := range []string{"empty-page:#4", "repeat-link:#4", "repeat-link:#4,repeat-link:#5,repeat-link:#6", "loop-link:#5",
		"duplicate-rows:#3", "bad-json:#4", "bad-json:#9", "truncate:#9", "reset-before:#9", "gone:#1", "503:#9", "504:#9",
		"empty-page:10%,repeat-link:10%,loop-link:10%,duplicate-rows:10%,bad-json:10%"} {
		t.Run(faults, func(t *testing.T) {
			t.Parallel()
			if got := listAll(t, faults); !maps.Equal(got, want) {
				t.Errorf("%d contacts, %d without faults", len(got), len(want))
			}
		})
	}
}

// listAll returns how often each contact of a sample of 40 is listed, by name and
// folder.
func listAll(t *testing.T, faults string) map[string]int {
	t.Helper()
	box, err := sandbox.Open(sandbox.Options{Faults: faults, TimeScale: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if err := box.Fill(sandbox.Sample{Contacts: 40, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	defer server.Close()
	doer := ratelimit.New(signedIn{server.Client()}, ratelimit.Options{})
	c, err := odata.NewClient(doer, odata.Account{BaseURL: server.URL + "/v1.0", Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	src := New(c)
	src.size = 4
	folders, err := src.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]int{}
	for _, folder := range folders {
		for page, err := range src.Pages(t.Context(), folder, "") {
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Bad) > 0 {
				t.Errorf("bad: %v", page.Bad)
			}
			for _, c := range page.Contacts {
				listed[string(folder.Path)+"/"+c.Name.Display+c.Notes]++
			}
		}
	}
	return listed
}

func TestForeignLinkIsNotFollowed(t *testing.T) {
	server := service(t, "foreign-link:#2")
	c := client(t, server, outlook.GraphV1)
	fill(t, c, exportertest.Contents{"": {{Notes: "a"}, {Notes: "b"}, {Notes: "c"}}})
	src := New(c)
	src.size = 1
	var last error
	for range 3 { // the fault comes with the second listing that has another page
		folder := contact.Folder{ID: odata.DefaultFolder}
		for _, err := range src.Pages(t.Context(), folder, "") {
			last = err
		}
		if last != nil {
			break
		}
	}
	if foreign, ok := errors.AsType[*odata.ForeignLinkError](last); !ok || foreign.Host == "" || strings.Contains(server.URL, foreign.Host) {
		t.Errorf("the listing ends with %v", last)
	}
}
