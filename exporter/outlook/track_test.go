package outlook

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
)

// bare makes a service leave the extended properties out of delta's rows without a
// word.
type bare struct{ signedIn }

func (b bare) Do(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/delta") {
		q := req.URL.Query()
		q.Del("$expand")
		req.URL.RawQuery = q.Encode()
	}
	return b.signedIn.Do(req)
}

// TestBareRows: what is stashed, and the key, come through a service that shows no
// extended properties in its rounds.
func TestBareRows(t *testing.T) {
	exportertest.TestTracking(t, func(t *testing.T, held exportertest.Contents) (exporter.Source, exportertest.Editor) {
		c, edit := bareClient(t)
		fill(t, edit, held)
		s := New(c)
		s.size = 7
		return s, &editor{t, edit}
	})
	c, edit := bareClient(t)
	stashed := contact.Normalize(&contact.Contact{UID: "uid-1", Key: "k", Name: contact.Name{Given: "Ana"}, Birthday: contact.Date{Month: 7, Day: 4}})
	fill(t, edit, exportertest.Contents{"": {stashed}})
	s := New(c)
	folder := contact.Folder{ID: odata.DefaultFolder}
	var cursor exporter.Cursor
	for round := range 2 {
		seen := 0
		for page, err := range s.Track(t.Context(), folder, cursor) {
			if err != nil {
				t.Fatal(err)
			}
			for _, ref := range page.Refs {
				read, err := s.Contacts(t.Context(), []contact.ID{ref.ID})
				if err != nil {
					t.Fatal(err)
				}
				page.Contacts = append(page.Contacts, read...)
			}
			for _, got := range page.Contacts {
				seen++
				if got.UID != "uid-1" || got.Key != "k" || got.Birthday != stashed.Birthday {
					t.Errorf("round %d: read %v, key %q, birthday %v", round, got, got.Key, got.Birthday)
				}
			}
			cursor = page.Next
		}
		if seen != 1 || cursor == "" {
			t.Errorf("round %d: %d contacts, cursor %q", round, seen, cursor)
		}
		if round == 0 {
			changed := stashed.Clone()
			changed.ID, changed.Name.Nickname = onlyID(t, s), "A"
			(&editor{t, edit}).Put("", changed)
		}
	}
}

func bareClient(t *testing.T) (c, edit *odata.Client) {
	server := service(t, "")
	c, err := odata.NewClient(bare{signedIn{server.Client()}}, odata.Account{BaseURL: server.URL + "/v1.0", Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c, client(t, server, outlook.GraphV1)
}

func onlyID(t *testing.T, s *Source) contact.ID {
	t.Helper()
	for page, err := range s.Pages(t.Context(), contact.Folder{ID: odata.DefaultFolder}, "") {
		if err != nil || len(page.Contacts) != 1 {
			t.Fatalf("%v, %v", page, err)
		}
		return page.Contacts[0].ID
	}
	return ""
}

// TestOverQuota: a mailbox that has no room for the state of a round is listed, and
// the next run lists it again.
func TestOverQuota(t *testing.T) {
	data := filepath.Join(t.TempDir(), "box.db")
	box, err := sandbox.Open(sandbox.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Fill(sandbox.Sample{Contacts: 40, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(box)
	cursors := map[outlook.Dialect]exporter.Cursor{}
	for _, d := range outlook.Dialects() {
		n, cursor := track(t, New(client(t, server, d)), "")
		if n != 20 || cursor == "" {
			t.Errorf("%s, with room: %d contacts, cursor %q", d, n, cursor)
		}
		cursors[d] = cursor
	}
	server.Close()
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	full := serve(t, sandbox.Options{Data: data, Quirks: "over-quota"})
	for _, d := range outlook.Dialects() {
		s := New(client(t, full, d))
		if n, cursor := track(t, s, ""); n != 20 || cursor != "" {
			t.Errorf("%s, without room: %d contacts, cursor %q", d, n, cursor)
		}
		for _, err := range s.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, cursors[d]) {
			if !errors.Is(err, exporter.ErrCursorExpired) {
				t.Errorf("%s, with an old cursor: %v", d, err)
			}
		}
		folders, cursor, err := s.Tree(t.Context(), "")
		if err != nil || len(folders) != 4 || cursor != "" {
			t.Errorf("%s: %d folders, cursor %q, %v", d, len(folders), cursor, err)
		}
	}
}

// track follows the default folder and returns how many different contacts there
// were, and the last cursor.
func track(t *testing.T, s *Source, from exporter.Cursor) (int, exporter.Cursor) {
	t.Helper()
	ids := map[contact.ID]bool{}
	for page, err := range s.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, from) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			ids[c.ID] = true
		}
		for _, ref := range page.Refs {
			ids[ref.ID] = true
		}
		from = page.Next
	}
	return len(ids), from
}

// TestTrackingSurvives follows a folder through faults that befall rounds.
func TestTrackingSurvives(t *testing.T) {
	for _, d := range outlook.Dialects() {
		for _, faults := range []string{"gone:#1", "gone:#2", "gone:50%", "gone:100%", "empty-page:#2", "repeat-link:#2", "loop-link:#2", "loop-link:#1",
			"duplicate-rows:50%", "empty-page:20%,repeat-link:20%,loop-link:20%,duplicate-rows:20%,gone:10%"} {
			t.Run(fmt.Sprint(d, " ", faults), func(t *testing.T) {
				t.Parallel()
				box, err := sandbox.Open(sandbox.Options{Faults: faults})
				if err != nil {
					t.Fatal(err)
				}
				defer box.Close()
				if err := box.Fill(sandbox.Sample{Contacts: 80, Seed: 1}); err != nil {
					t.Fatal(err)
				}
				server := httptest.NewServer(box)
				defer server.Close()
				s := New(client(t, server, d))
				s.size = 9
				n, cursor := track(t, s, "")
				if n != 40 {
					t.Fatalf("%d contacts, want 40", n)
				}
				var last error
				for _, err := range s.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, cursor) {
					last = err
				}
				if last != nil && !errors.Is(last, exporter.ErrCursorExpired) {
					t.Errorf("the next round ends with %v", last)
				}
			})
		}
	}
}

// TestLoopsLoseNoDeletion: a link of a later round that leads to the start of all
// rounds would pass over what the rest of the round tells to be gone.
func TestLoopsLoseNoDeletion(t *testing.T) {
	for _, fault := range []string{"loop-link", "repeat-link", "empty-page"} {
		box, err := sandbox.Open(sandbox.Options{Faults: fault + ":#6"})
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		server := httptest.NewServer(box)
		defer server.Close()
		c := client(t, server, outlook.GraphV1)
		var held exportertest.Contents = map[contact.FolderPath][]*contact.Contact{"": nil}
		for i := range 50 {
			held[""] = append(held[""], &contact.Contact{Notes: fmt.Sprint(i)})
		}
		fill(t, c, held)
		s := New(c)
		s.size = 10 // the first round has five pages, and the sixth begins the next
		edit := &editor{t, c}
		var cursor exporter.Cursor
		var ids []contact.ID
		for page, err := range s.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, "") {
			if err != nil {
				t.Fatal(err)
			}
			cursor = page.Next
			for _, c := range page.Contacts {
				ids = append(ids, c.ID)
			}
		}
		for _, id := range ids[:30] {
			edit.Delete(id)
		}
		gone := 0
		for page, err := range s.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, cursor) {
			if err != nil {
				t.Fatal(err)
			}
			gone += len(page.Deleted)
		}
		if gone != 30 {
			t.Errorf("%s: %d deletions, want 30", fault, gone)
		}
	}
}

// TestForeignCursors: a cursor that leads to another host is an error that names it,
// and so is a link of a round.
func TestForeignCursors(t *testing.T) {
	server := service(t, "")
	for _, d := range outlook.Dialects() {
		s := New(client(t, server, d))
		for _, list := range []string{"pages", "track"} {
			var last error
			cursor := exporter.Cursor("https://attacker.invalid/v1.0/me/contacts/delta?$deltatoken=x")
			seq := s.Pages
			if list == "track" {
				seq = s.Track
			}
			for _, err := range seq(t.Context(), contact.Folder{ID: odata.DefaultFolder}, cursor) {
				last = err
			}
			if foreign, ok := errors.AsType[*odata.ForeignLinkError](last); !ok || !strings.Contains(foreign.Host, "attacker.invalid") {
				t.Errorf("%s, %s: %v", d, list, last)
			}
		}
		foreign := New(client(t, service(t, "foreign-link:100%"), d))
		var last error
		for _, err := range foreign.Track(t.Context(), contact.Folder{ID: odata.DefaultFolder}, "") {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "graph.attacker.invalid") {
			t.Errorf("%s: the round ends with %v", d, last)
		}
	}
}

// TestSettle: of the rows of one contact the last counts.
func TestSettle(t *testing.T) {
	page, err := outlook.DecodePage([]byte(`{"value":[{"id":"a"},{"id":"b"},{"@removed":{"reason":"changed"},"id":"b"},{"id":"c"},
		{"@removed":{"reason":"deleted"},"id":"d"},{"id":"d"},{"id":"e","@removed":{"reason":"deleted"}}]}`))
	if err != nil || len(page.Bad) > 0 {
		t.Fatal(err, page)
	}
	settle(page)
	var left []contact.ID
	for _, c := range page.Contacts {
		left = append(left, c.ID)
	}
	if fmt.Sprint(left, page.Removed, page.Bare) != "[a c d] [{b 2} {e 4}] [0 1 2]" {
		t.Errorf("%v, removed %v, bare %v", left, page.Removed, page.Bare)
	}
}
