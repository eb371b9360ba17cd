package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

const contactDelta = "/v1.0/me/contactFolders/contacts/contacts/delta"

// A round is what a client gathers by following links to the delta link.
type round struct {
	rows    []map[string]any
	pages   int
	changed map[string]bool
	removed map[string]string
	link    string // the delta link
}

// round follows the links from path; between is called after every page but
// the last.
func (c *client) round(path string, between func(), headers ...string) round {
	c.t.Helper()
	rd := round{changed: map[string]bool{}, removed: map[string]string{}}
	for path != "" {
		if rd.pages++; rd.pages > 1000 {
			c.t.Fatal("the round does not end")
		}
		r := c.want(200, "GET", path, "", headers...)
		for _, v := range r.json(c.t)["value"].([]any) {
			row := v.(map[string]any)
			rd.rows = append(rd.rows, row)
			id := row["id"].(string)
			if why, ok := dig(row, "@removed/reason").(string); ok {
				rd.removed[id] = why
				delete(rd.changed, id)
				continue
			}
			rd.changed[id] = true
			delete(rd.removed, id)
		}
		path = r.next(c.t)
		rd.link = r.text(c.t, "@odata.deltaLink")
		if (path == "") != (rd.link != "") {
			c.t.Fatalf("a page with next %q and delta link %q", path, rd.link)
		}
		if path != "" && between != nil {
			between()
		}
	}
	u, err := url.Parse(rd.link)
	if err != nil || u.Host != "sandbox.test" {
		c.t.Fatalf("delta link %q", rd.link)
	}
	rd.link = u.RequestURI()
	return rd
}

func (rd round) wantRows(t *testing.T, changed, removed []string) {
	t.Helper()
	slices.Sort(changed)
	slices.Sort(removed)
	if got := slices.Sorted(maps.Keys(rd.changed)); !slices.Equal(got, changed) {
		t.Errorf("changed %d rows %q, want %q", len(got), got, changed)
	}
	if got := slices.Sorted(maps.Keys(rd.removed)); !slices.Equal(got, removed) {
		t.Errorf("removed %q, want %q", got, removed)
	}
}

func TestDeltaPages(t *testing.T) {
	c := numbered(t, 250, Options{})
	for _, tt := range []struct {
		prefer string
		pages  int
	}{{"Prefer: ", 25}, {"Prefer: odata.maxpagesize=100", 3}, {"Prefer: odata.maxpagesize=500", 2}} {
		rd := c.round(contactDelta, nil, tt.prefer)
		if rd.pages != tt.pages || len(rd.changed) != 250 {
			t.Errorf("%s: %d pages with %d contacts", tt.prefer, rd.pages, len(rd.changed))
		}
		if next := c.round(rd.link, nil, tt.prefer); next.pages != 1 || len(next.rows) != 0 {
			t.Errorf("%s: nothing changed, yet %d pages, %d rows", tt.prefer, next.pages, len(next.rows))
		}
	}
	r := c.want(200, "GET", contactDelta, "", "Prefer: odata.maxpagesize=500")
	if got := r.header.Get("Preference-Applied"); got != "odata.maxpagesize=200" {
		t.Errorf("Preference-Applied %q", got)
	}
}

func TestDeltaRounds(t *testing.T) {
	for _, dialect := range []string{"v1.0", "beta"} {
		t.Run(dialect, func(t *testing.T) {
			c := numbered(t, 12, Options{})
			ids := c.all("/v1.0/me/contacts?$top=100", "id")
			folder := c.create("/v1.0/me/contactFolders", `{"displayName":"Other"}`)
			link := c.round("/"+dialect+"/me/contacts/delta()", nil).link

			c.want(200, "PATCH", "/v1.0/me/contacts/"+ids[3], `{"surname":"Changed"}`)
			c.want(200, "PATCH", "/v1.0/me/contacts/"+ids[3], `{"surname":"Again"}`)
			c.want(204, "DELETE", "/v1.0/me/contacts/"+ids[5], "")
			moved := c.want(200, "PATCH", "/v1.0/me/contacts/"+ids[7], `{"parentFolderId":"`+folder+`"}`).text(t, "id")
			added := c.create("/v1.0/me/contacts", `{"givenName":"New"}`)
			short := c.create("/v1.0/me/contacts", `{"givenName":"Short-lived"}`)
			c.want(204, "DELETE", "/v1.0/me/contacts/"+short, "")
			c.want(200, "PUT", "/v1.0/me/contacts/"+ids[1]+"/photo/$value", jpegOf(t, 2, 2), "Content-Type: image/jpeg")
			c.create("/v1.0/me/contactFolders/"+folder+"/contacts", `{"givenName":"Elsewhere"}`)

			rd := c.round(link, nil)
			rd.wantRows(t, []string{ids[3], added}, []string{ids[5], ids[7], short})
			if rd.removed[ids[5]] != "deleted" || rd.removed[ids[7]] != "changed" {
				t.Errorf("reasons %v", rd.removed)
			}
			if len(rd.rows) != 5 {
				t.Errorf("%d rows", len(rd.rows))
			}
			c.want(200, "PATCH", "/v1.0/me/contacts/"+ids[1], `{"surname":"After the photo"}`)
			contacts := c.want(200, "GET", "/v1.0/me/contactFolders/contacts", "").text(t, "id")
			back := c.want(200, "PATCH", "/v1.0/me/contacts/"+moved, `{"parentFolderId":"`+contacts+`"}`).text(t, "id")
			again := c.round(rd.link, nil)
			again.wantRows(t, []string{ids[1], back}, nil)
			c.round(link, nil).wantRows(t, []string{ids[1], ids[3], added, back}, []string{ids[5], short}) // the old link is good still
		})
	}
}

// TestDeltaUnderChange changes contacts while a round goes on; the next round
// makes up for whatever this one missed.
func TestDeltaUnderChange(t *testing.T) {
	c := numbered(t, 35, Options{})
	ids := c.all("/v1.0/me/contacts?$top=100", "id")
	n := 0
	change := func() {
		c.want(200, "PATCH", "/v1.0/me/contacts/"+ids[n], `{"surname":"x"}`)
		c.want(204, "DELETE", "/v1.0/me/contacts/"+ids[34-n], "")
		ids = append(ids, c.create("/v1.0/me/contacts", `{}`))
		n++
	}
	have := map[string]bool{}
	take := func(rd round) round {
		maps.Copy(have, rd.changed)
		for id := range rd.removed {
			delete(have, id)
		}
		return rd
	}
	rd := take(c.round(contactDelta, change))
	if n == 0 || !rd.changed[ids[0]] {
		t.Fatal("nothing was changed during the round")
	}
	rd = take(c.round(rd.link, change))
	if !rd.changed[ids[0]] {
		t.Error("a change that the first round may have shown is not replayed")
	}
	take(c.round(rd.link, nil))
	want := c.all("/v1.0/me/contacts?$top=100", "id")
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(have)); !slices.Equal(got, want) {
		t.Errorf("the client has %d contacts, the service %d", len(got), len(want))
	}
}

func TestDeltaFreezesTheQuery(t *testing.T) {
	c := numbered(t, 25, Options{})
	const expand = "&$expand=singleValueExtendedProperties($filter=id eq 'String 0x1a')"
	r := c.want(200, "GET", contactDelta+"?$select=givenName"+expand, "")
	for pages := 0; ; pages++ {
		row := r.json(t)["value"].([]any)[0].(map[string]any)
		if len(row) != 4 || row["givenName"] == nil || row["singleValueExtendedProperties"] == nil {
			t.Fatalf("page %d shows %v", pages, row)
		}
		if r.next(t) == "" {
			break
		}
		r = c.want(200, "GET", r.next(t), "")
	}
	id := c.create("/v1.0/me/contacts", `{"givenName":"x","surname":"y"}`)
	next := c.round(strings.TrimPrefix(r.text(t, "@odata.deltaLink"), "http://sandbox.test"), nil, `Prefer: IdType="ImmutableId"`)
	if len(next.rows) != 1 || len(next.rows[0]) != 4 || next.changed[id] || len(next.rows[0]["id"].(string)) != 72 {
		t.Errorf("next round: %v", next.rows)
	}
	for _, option := range []string{"$filter=givenName eq 'x'", "$top=5", "$orderby=givenName", "$skip=1", "$count=true"} {
		c.wantError(400, "ErrorInvalidUrlQuery", "GET", contactDelta+"?"+option, "")
	}
	c.wantError(400, "ErrorInvalidUrlQuery", "GET", contactDelta+"?$deltatoken=latest", "")
	c.wantError(400, "ErrorInvalidUrlQuery", "GET", "/v1.0/me/contacts?$deltatoken=x", "")
	c.wantError(400, "RequestBroker--ParseUri", "GET", contactDelta+"?$select=nonsense", "")
}

func TestDeltaTokensGo(t *testing.T) {
	c := numbered(t, 15, Options{})
	first := c.want(200, "GET", contactDelta, "")
	link := c.round(contactDelta, nil).link
	folder := c.create("/v1.0/me/contactFolders", `{"displayName":"Other"}`)
	token := link[strings.Index(link, "=")+1:]
	flipped := strings.Replace(token, token[8:9], map[bool]string{true: "B", false: "A"}[token[8:9] == "A"], 1)
	for name, path := range map[string]string{
		"another folder":  "/v1.0/me/contactFolders/" + folder + "/contacts/delta?$deltatoken=" + token,
		"another user":    "/v1.0/users/adele@sandbox.example/contacts/delta?$deltatoken=" + token,
		"another version": "/beta/me/contacts/delta?$deltatoken=" + token,
		"folders":         "/v1.0/me/contactFolders/delta?$deltatoken=" + token,
		"a changed token": contactDelta + "?$deltatoken=" + flipped,
	} {
		t.Run(name, func(t *testing.T) { (&client{t, c.s}).wantError(410, "SyncStateNotFound", "GET", path, "") })
	}
	c.wantError(410, "SyncStateInvalid", "GET", contactDelta+"?$skiptoken=!", "")
	synctest.Test(t, func(t *testing.T) {
		c := &client{t, c.s}
		time.Sleep(20 * 365 * 24 * time.Hour) // the bubble's clock starts in 2000
		issued := c.round(contactDelta, nil).link
		time.Sleep(tokenLife - time.Minute)
		c.want(200, "GET", issued, "")
		time.Sleep(2 * time.Minute)
		r := c.wantError(410, "resyncRequired", "GET", issued, "")
		if got := r.header.Get("Location"); got != "http://sandbox.test"+contactDelta {
			t.Errorf("Location %q", got)
		}
	})
	if first.next(t) == "" {
		t.Error("one page")
	}
	of := c.round("/v1.0/me/contactFolders/"+folder+"/contacts/delta", nil).link
	c.want(204, "DELETE", "/v1.0/me/contactFolders/"+folder, "")
	c.wantError(404, "ErrorSyncFolderNotFound", "GET", of, "")
}

func TestDeltaOutlivesARestart(t *testing.T) {
	o := Options{Data: filepath.Join(t.TempDir(), "mailbox.db")}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t, s}
	gone := c.create("/v1.0/me/contacts", `{}`)
	link := c.round(contactDelta, nil).link
	c.want(204, "DELETE", "/v1.0/me/contacts/"+gone, "")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	c.round(link, nil).wantRows(t, nil, []string{gone})
}

func TestFolderDelta(t *testing.T) {
	c := open(t, Options{})
	one := c.create("/v1.0/me/contactFolders", `{"displayName":"One"}`)
	two := c.create("/v1.0/me/contactFolders/"+one+"/childFolders", `{"displayName":"Two"}`)
	contacts := c.want(200, "GET", "/v1.0/me/contactFolders/contacts", "").text(t, "id")
	rd := c.round("/v1.0/me/contactFolders/delta", nil)
	rd.wantRows(t, []string{one, two}, nil)
	c.round("/beta/me/contactFolders/delta?$select=displayName", nil).wantRows(t, []string{one, two, contacts}, nil)
	c.create("/v1.0/me/contactFolders/"+one+"/contacts", `{}`)
	c.want(200, "PATCH", "/v1.0/me/contactFolders/"+two, `{"displayName":"Zwei"}`)
	three := c.create("/v1.0/me/contactFolders", `{"displayName":"Three"}`)
	rd = c.round(rd.link, nil)
	rd.wantRows(t, []string{two, three}, nil)
	if rd.rows[0]["displayName"] != "Zwei" {
		t.Errorf("rows %v", rd.rows)
	}
	c.want(204, "DELETE", "/v1.0/me/contactFolders/"+one, "")
	c.round(rd.link, nil).wantRows(t, nil, []string{one, two})
}

// TestDeltaIsCheap asks a full mailbox for its few changes.
func TestDeltaIsCheap(t *testing.T) {
	c := filled(t, Sample{Contacts: 5000, Seed: 1})
	path := "/v1.0/me/contactFolders/contacts/contacts/delta"
	rd := c.round(path, nil, "Prefer: odata.maxpagesize=200")
	if len(rd.changed) != 2500 || rd.pages != 13 {
		t.Fatalf("%d contacts in %d pages", len(rd.changed), rd.pages)
	}
	var want []string
	for id := range rd.changed {
		if len(want) == 100 {
			break
		}
		want = append(want, id)
		c.want(200, "PATCH", "/v1.0/me/contacts/"+id, fmt.Sprintf(`{"jobTitle":"%d"}`, len(want)))
	}
	rd = c.round(rd.link, nil, "Prefer: odata.maxpagesize=200")
	rd.wantRows(t, want, nil)
	if rd.pages != 1 {
		t.Errorf("%d pages", rd.pages)
	}
	c.s.store.view(func(t2 *txn) error {
		if n := t2.changes.Stats().KeyN; n != 5003 {
			t.Errorf("%d entries in the log", n)
		}
		return nil
	})
}

// TestDeltaOfAnOldFile opens a data file that was written without a log.
func TestDeltaOfAnOldFile(t *testing.T) {
	o := Options{Data: filepath.Join(t.TempDir(), "mailbox.db")}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t, s}
	a, b := c.create("/v1.0/me/contacts", `{}`), c.create("/v1.0/me/contacts", `{}`)
	if err := s.store.db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketChanges) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	rd := c.round(contactDelta, nil)
	rd.wantRows(t, []string{a, b}, nil)
	c.want(204, "DELETE", "/v1.0/me/contacts/"+a, "")
	c.want(200, "PATCH", "/v1.0/me/contacts/"+b, `{}`)
	c.round(rd.link, nil).wantRows(t, []string{b}, []string{a})
}
