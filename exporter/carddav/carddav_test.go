package carddav

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
	"github.com/cardferry/cardferry/formats/vcard"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/cardferry/cardferry/ratelimit"
)

// login signs requests in.
type login struct{ client *http.Client }

func (l login) Do(req *http.Request) (*http.Response, error) {
	req.SetBasicAuth(davtest.User, davtest.Password)
	return l.client.Do(req)
}

func client(t *testing.T, url string) *dav.Client {
	t.Helper()
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(plain.CloseIdleConnections)
	c, err := dav.NewClient(ratelimit.New(login{plain}, ratelimit.Options{}), dav.Account{URL: url, User: davtest.User, Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fill stores contents without a request.
func fill(t *testing.T, s *davtest.Server, held exportertest.Contents) {
	t.Helper()
	for i, path := range slices.Sorted(maps.Keys(held)) {
		book := "contacts"
		if path != "" {
			book = fmt.Sprintf("book %d", i)
		}
		s.MakeBook(book, string(path))
		for n, c := range held[path] {
			s.Put(book, fmt.Sprintf("card %d@%%.vcf", n), marshal(t, c))
		}
	}
}

func marshal(t *testing.T, c *contact.Contact) string {
	t.Helper()
	bare := c.Clone()
	bare.Folder = ""
	card, _, err := vcard.Marshal(bare, vcard.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return string(card)
}

// habits are those of servers, by their name, one habit at a time besides.
var habits = map[string]davtest.Habits{
	"by the book":         {},
	"davical":             {SilentRestart: true, NoETagOnPut: true, MissingLeftOut: true, AtRoot: "/caldav.php/"},
	"sogo":                {SilentRestart: true, SecondTokens: true, IgnoreIfNoneMatch: true, XVCard: true, ClosesSilently: true, IgnoresNames: true, AtRoot: "/SOGo/dav/"},
	"sabre":               {NoWellKnown: true, NoSync: true, MissingSpoils: true, XVCard: true, AtRoot: "/"},
	"xandikos":            {TokenError: 500, RefusesIn207: true},
	"cyrus":               {SyncLimit: 5, Representation: true, Advertises4: true},
	"weak tags":           {WeakETags: true},
	"bare tags":           {BareETags: true},
	"no multiget":         {NoMultiget: true},
	"busy now and then":   {Fault: func(n int, _ *http.Request) string { return map[int]string{0: "503"}[n%41] }},
	"breaks now and then": {Fault: func(n int, _ *http.Request) string { return map[int]string{3: "reset-before", 11: "reset-after"}[n%53] }},
}

func TestSourceKeepsTheContract(t *testing.T) {
	for name, h := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exportertest.TestSource(t, func(t *testing.T, held exportertest.Contents) exporter.Source {
				server := davtest.New(t, h)
				fill(t, server, held)
				s := New(client(t, server.URL))
				s.sizes = sizes{first: 7, most: 7, bytes: 1 << 20}
				return s
			})
		})
	}
}

// run lists the default folder from a cursor on.
type run struct {
	names   []string
	deleted []contact.ID
	bad     []string
	next    exporter.Cursor
}

func list(t *testing.T, s *Source, from exporter.Cursor) (r run) {
	t.Helper()
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for page, err := range s.Pages(t.Context(), folders[0], from) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			r.names = append(r.names, c.Name.Display+" "+strings.Join(c.Categories, "+"))
		}
		for _, bad := range page.Bad {
			r.bad = append(r.bad, bad.Error())
		}
		r.deleted = append(r.deleted, page.Deleted...)
		r.next = page.Next
	}
	slices.Sort(r.names)
	return r
}

func card(name string, more ...string) string {
	return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:uid-" + name + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\n" + strings.Join(append(more, ""), "\r\n") + "END:VCARD\r\n"
}

// TestChanges: whatever a server does with its tokens, a cursor yields what has changed
// since, and what is gone.
func TestChanges(t *testing.T) {
	for name, h := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := davtest.New(t, h)
			for i := range 12 {
				server.Put("contacts", fmt.Sprintf("%02d.vcf", i), card(fmt.Sprintf("p%02d", i)))
			}
			s := New(client(t, server.URL))
			first := list(t, s, "")
			if len(first.names) != 12 || first.next == "" {
				t.Fatalf("%d contacts, cursor %q", len(first.names), first.next)
			}
			if idle := list(t, s, first.next); len(idle.names)+len(idle.deleted) > 0 {
				t.Errorf("nothing has changed, and the cursor yields %v, %v", idle.names, idle.deleted)
			}
			server.Put("contacts", "03.vcf", card("changed"))
			server.Put("contacts", "99.vcf", card("new"))
			server.Remove("contacts", "07.vcf")
			server.Put("contacts", "98.vcf", card("short-lived"))
			server.Remove("contacts", "98.vcf")
			check := func(when string, got run) {
				t.Helper()
				if fmt.Sprint(got.names) != "[changed  new ]" || len(got.deleted) != 1 || !strings.HasSuffix(string(got.deleted[0]), "/07.vcf") {
					t.Errorf("%s: %v, deleted %v", when, got.names, got.deleted)
				}
			}
			second := list(t, s, first.next)
			check("with a good token", second)
			server.Forget()
			check("with a forgotten token", list(t, s, first.next))
			if idle := list(t, s, second.next); len(idle.names)+len(idle.deleted) > 0 {
				t.Errorf("with a forgotten token and no changes: %v, %v", idle.names, idle.deleted)
			}
		})
	}
}

func TestDamagedCursorHasExpired(t *testing.T) {
	s := New(client(t, davtest.New(t, davtest.Habits{}).URL))
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []exporter.Cursor{"x", "!", "e30", "AAAA"} {
		for _, err := range s.Pages(t.Context(), folders[0], from) {
			if !errors.Is(err, exporter.ErrCursorExpired) {
				t.Errorf("%q: %v", from, err)
			}
		}
	}
}

// TestGroups: groups of either kind are contacts, and categories of their members. A
// group that is new, changes or goes brings its members.
func TestGroups(t *testing.T) {
	for name, h := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := davtest.New(t, h)
			for _, p := range []string{"ann", "bob", "cid"} {
				server.Put("contacts", p+".vcf", card(p, "CATEGORIES:own"))
			}
			server.Put("contacts", "A-apple.vcf", card("Ski", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:UID-ann", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:uid-bob"))
			server.Put("contacts", "z-four.vcf", strings.ReplaceAll(card("Chess", "KIND:group", "MEMBER:urn:uuid:uid-bob", "MEMBER:urn:uuid:nobody"), "3.0", "4.0"))
			s := New(client(t, server.URL))
			at := list(t, s, "")
			check := func(when, want string, gone int) {
				t.Helper()
				if fmt.Sprint(at.names) != want || len(at.bad) > 0 || len(at.deleted) != gone {
					t.Errorf("%s: %v, bad %v, deleted %v, want %s", when, at.names, at.bad, at.deleted, want)
				}
			}
			check("at first", "[Chess  Ski  ann own+Ski bob own+Ski+Chess cid own]", 0)
			server.Put("contacts", "bob.vcf", card("bob"))
			at = list(t, s, at.next)
			check("after a change of a member", "[bob Ski+Chess]", 0)
			server.Put("contacts", "A-apple.vcf", card("Ski", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:uid-cid"))
			at = list(t, s, at.next)
			check("after a change of a group", "[Chess  Ski  ann own bob Chess cid own+Ski]", 0)
			server.Remove("contacts", "A-apple.vcf")
			at = list(t, s, at.next)
			check("after the end of a group", "[Chess  ann own bob Chess cid own]", 1)
			server.Put("contacts", "new.vcf", card("Go", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:uid-ann"))
			at = list(t, s, at.next)
			check("after a new group", "[Chess  Go  ann own+Go bob Chess cid own]", 0)
			server.Put("contacts", "cid.vcf", card("Bridge", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:uid-bob"))
			at = list(t, s, at.next)
			check("after a contact has become a group", "[Bridge  Chess  Go  ann own+Go bob Bridge+Chess]", 0)
			server.Put("contacts", "empty.vcf", card("Nobody", "X-ADDRESSBOOKSERVER-KIND:group"))
			at = list(t, s, at.next)
			check("after a new group of nobody", "[Bridge  Chess  Go  Nobody  ann own+Go bob Bridge+Chess]", 0)
			at = list(t, s, at.next)
			check("after nothing", "[]", 0)
		})
	}
}

// TestBadCards: what cannot be read costs itself alone, and is named.
func TestBadCards(t *testing.T) {
	for name, h := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.Undelivered = func(name string) bool { return name == "ghost.vcf" }
			server := davtest.New(t, h)
			for i := range 20 {
				server.Put("contacts", fmt.Sprintf("%02d.vcf", i), card(fmt.Sprintf("p%02d", i)))
			}
			server.Put("contacts", "latin.vcf", card("J\xf6rg"))
			server.Put("contacts", "bell.vcf", card("bell", "NOTE:a\x01b"))
			server.Put("contacts", "garbage.vcf", "this is no card")
			server.Put("contacts", "ghost.vcf", card("ghost"))
			server.Put("contacts", "two.vcf", card("one")+card("other"))
			got := list(t, New(client(t, server.URL)), "")
			if len(got.names) != 23 || !slices.Contains(got.names, "Jörg ") || !slices.Contains(got.names, "one ") {
				t.Errorf("%d contacts: %v", len(got.names), got.names)
			}
			slices.Sort(got.bad)
			if len(got.bad) != 2 || !strings.Contains(got.bad[0]+got.bad[1], "garbage.vcf") || !strings.Contains(got.bad[0]+got.bad[1], "ghost.vcf is listed, but not delivered") {
				t.Errorf("bad: %q", got.bad)
			}
		})
	}
}

// TestListingCutOff: a listing that the server cuts off is no listing, of cards or of
// books: what it lacks would be taken for gone.
func TestListingCutOff(t *testing.T) {
	server := davtest.New(t, davtest.Habits{NoSync: true, ListLimit: 8})
	for i := range 7 {
		server.Put("contacts", fmt.Sprintf("%02d.vcf", i), card(fmt.Sprintf("p%02d", i)))
	}
	s := New(client(t, server.URL))
	first := list(t, s, "")
	if len(first.names) != 7 {
		t.Fatalf("contacts %v", first.names)
	}
	folders, err := s.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.Put("contacts", "98.vcf", card("new"))
	for _, from := range []exporter.Cursor{"", first.next} {
		pages := 0
		for _, err = range s.Pages(t.Context(), folders[0], from) {
			pages++
		}
		if pages != 1 || err == nil || !strings.Contains(err.Error(), "a part") {
			t.Errorf("from %.4q: %d pages, error %v", from, pages, err)
		}
	}
	if n, err := s.Count(t.Context(), folders[0]); err == nil {
		t.Errorf("counted %d", n)
	}
	for i := range 8 {
		server.MakeBook(fmt.Sprintf("more-%d", i), "")
	}
	if folders, err := New(client(t, server.URL)).Folders(t.Context()); err == nil {
		t.Errorf("%d folders of 9, and no error", len(folders))
	}
}

// TestListedWithAnError: a card of which a listing says only what is wrong with it is
// named, not left out.
func TestListedWithAnError(t *testing.T) {
	for _, h := range []davtest.Habits{{}, {NoSync: true}} {
		h.Unlistable = func(name string) bool { return name == "ill.vcf" }
		h.Undelivered = h.Unlistable
		server := davtest.New(t, h)
		server.Put("contacts", "ann.vcf", card("ann"))
		server.Put("contacts", "ill.vcf", card("ill"))
		if got := list(t, New(client(t, server.URL)), ""); len(got.names) != 1 || len(got.bad) != 1 || !strings.Contains(got.bad[0], "ill.vcf") {
			t.Errorf("NoSync %t: contacts %v, bad %v", h.NoSync, got.names, got.bad)
		}
	}
}

// TestNoBook: an account without an address book is an empty one.
func TestNoBook(t *testing.T) {
	server := davtest.New(t, davtest.Habits{})
	server.RemoveBook("contacts")
	got := list(t, New(client(t, server.URL)), "")
	if len(got.names) > 0 {
		t.Errorf("contacts %v", got.names)
	}
}

// TestDiscovery: any address from which the books can be found will do.
func TestDiscovery(t *testing.T) {
	server := davtest.New(t, davtest.Habits{})
	server.Put("contacts", "a.vcf", card("ann"))
	server.Put("other", "b.vcf", card("bob"))
	for path, folders := range map[string]int{"": 2, "/": 2, "/dav/": 2, "/dav": 2, "/dav/principals/alice/": 2, "/dav/books/alice/contacts/": 1, "/dav/books/alice/other": 1} {
		s := New(client(t, server.URL+path))
		got, err := s.Folders(t.Context())
		if err != nil || len(got) != folders {
			t.Errorf("%q: %d folders, %v, want %d", path, len(got), err, folders)
		}
	}
}

// TestNoSuchBook: a url that names a book which is not there stands for nothing, and not
// for all the others.
func TestNoSuchBook(t *testing.T) {
	for name, h := range habits {
		if h.Fault != nil {
			continue
		}
		server := davtest.New(t, h)
		server.Put("contacts", "a.vcf", card("ann"))
		root := cmp.Or(h.AtRoot, "/dav/")
		for _, path := range []string{"books/alice/none/", "books/alice/none"} {
			if folders, err := New(client(t, server.URL+root+path)).Folders(t.Context()); !errors.Is(err, dav.ErrNoBook) {
				t.Errorf("%s: %d folders, %v", name, len(folders), err)
			}
		}
		if folders, err := New(client(t, server.URL+"/elsewhere/")).Folders(t.Context()); err != nil || len(folders) != 1 {
			t.Errorf("%s: %d folders, %v", name, len(folders), err)
		}
	}
}

// TestOrder: a full export has the order of an incremental one.
func TestOrder(t *testing.T) {
	server := davtest.New(t, davtest.Habits{})
	for i, name := range []string{"a-1", "a1", "Z", "b_c", "a", "9", "~x"} {
		server.Put("contacts", name+".vcf", card(fmt.Sprintf("p%d", i)))
	}
	var ids []contact.ID
	for c, err := range exporter.Contacts(t.Context(), New(client(t, server.URL)), exporter.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	if len(ids) != 7 || !slices.IsSortedFunc(ids, exporter.CompareIDs) {
		t.Errorf("the order is %v", ids)
	}
}
