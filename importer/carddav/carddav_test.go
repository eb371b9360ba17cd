package carddav

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/importertest"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/dav/davtest"
	"github.com/cardferry/cardferry/ratelimit"
)

// login signs requests in.
type login struct {
	client         *http.Client
	user, password string
}

func (l login) Do(req *http.Request) (*http.Response, error) {
	if l.user != "" {
		req.SetBasicAuth(l.user, l.password)
	}
	return l.client.Do(req)
}

func (l login) CloseIdleConnections() { l.client.CloseIdleConnections() }

func client(t *testing.T, address string, p dav.Provider) *dav.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	l := login{client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	l.user = u.User.Username()
	l.password, _ = u.User.Password()
	u.User = nil
	c, err := dav.NewClient(ratelimit.New(l, ratelimit.Options{}), dav.Account{URL: u.String(), User: l.user, Name: "test", Provider: p})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func signedIn(address string) string {
	return strings.Replace(address, "//", "//"+davtest.User+":"+davtest.Password+"@", 1)
}

// reader reads the account plainly, without the read side of the product.
type reader struct{ client *dav.Client }

func (r reader) Contacts(ctx context.Context) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		tree, err := r.client.Folders(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, folder := range tree {
			book, err := r.client.Book(ctx, string(folder.ID))
			if err != nil {
				yield(nil, err)
				return
			}
			entries, err := r.client.List(ctx, book.Href)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range entries {
				cards, err := r.client.Multiget(ctx, book, []dav.Entry{e})
				if err == nil {
					err = cards[0].Err
				}
				var c *contact.Contact
				if err == nil {
					c, _, err = dav.Decode(&cards[0])
				}
				if err != nil {
					yield(nil, err)
					return
				}
				c.Folder = folder.Path
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// habits are those of servers, by their name, one habit at a time besides.
var habits = map[string]davtest.Habits{
	"by the book": {},
	"davical":     {SilentRestart: true, NoETagOnPut: true, MissingLeftOut: true, AtRoot: "/caldav.php/", Rewrites: addREV},
	"sogo":        {IgnoreIfNoneMatch: true, XVCard: true, ClosesSilently: true, IgnoresNames: true, AtRoot: "/SOGo/dav/"},
	"sabre":       {NoWellKnown: true, NoSync: true, MissingSpoils: true, XVCard: true, AtRoot: "/"},
	"xandikos":    {RefusesIn207: true},
	"cyrus":       {Representation: true, Advertises4: true, SyncLimit: 5},
	"radicale":    {UniqueUIDs: true, Rewrites: upperNames},
	"weak tags":   {WeakETags: true},
	"bare tags":   {BareETags: true},
	"breaks now and then": {Fault: func(n int, _ *http.Request) string {
		return map[int]string{20: "reset-before", 50: "reset-after"}[n%61]
	}},
}

func addREV(card string) string {
	return strings.TrimSuffix(card, "END:VCARD\r\n") + "REV:20261125T030000Z\r\nEND:VCARD\r\n"
}

// upperNames spells the names of properties in capitals, as Radicale does.
func upperNames(card string) string {
	lines := strings.SplitAfter(card, "\r\n")
	for i, line := range lines {
		if end := strings.IndexAny(line, ";:"); end > 0 && line[0] != ' ' {
			lines[i] = strings.ToUpper(line[:end]) + line[end:]
		}
	}
	return strings.Join(lines, "")
}

func TestSinkKeepsTheContract(t *testing.T) {
	for name, h := range habits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			importertest.TestSink(t, func(t *testing.T) importertest.Account {
				c := client(t, signedIn(davtest.New(t, h).URL), dav.Provider{})
				return importertest.Account{Sink: New(c), Reader: reader{c}}
			})
		})
	}
}

// TestCardWithoutUID: it gets the record's UID; where the server says that another card
// has it, it gets all else. Either way a second run writes nothing.
func TestCardWithoutUID(t *testing.T) {
	for _, taken := range []bool{false, true} {
		for _, policy := range []importer.OnDuplicate{importer.Fill, importer.Update, importer.Replace} {
			c := client(t, signedIn(davtest.New(t, davtest.Habits{UniqueUIDs: true}).URL), dav.Provider{})
			books, err := c.Books(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			put := func(name, card string) {
				if _, err := c.Put(t.Context(), books[0].Href+name, "", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\n"+card+"END:VCARD\r\n")); err != nil {
					t.Fatal(err)
				}
			}
			put("bare.vcf", "FN:Ann Lee\r\nN:Lee;Ann;;;\r\nEMAIL:ann@example.org\r\n")
			if taken {
				put("other.vcf", "FN:Ann Lee\r\nN:Lee;Ann;;;\r\nUID:u1\r\nEMAIL:other@example.org\r\n")
			}
			record := contact.Normalize(&contact.Contact{UID: "u1", Name: contact.Name{Given: "Ann", Family: "Lee", Display: "Ann Lee"},
				Emails: []contact.Email{{Address: "ann@example.org"}}, Notes: "new"})
			run := func() *importer.Report {
				t.Helper()
				r, err := importer.Import(t.Context(), func(yield func(*contact.Contact, error) bool) { yield(record.Clone(), nil) },
					reader{c}, New(c), importer.Options{Policy: policy, TempDir: t.TempDir()}, importer.Observer{})
				if err != nil || r.Failed > 0 || r.Again.Create+r.Again.Update > 0 {
					t.Fatalf("%s: %+v, %v", policy, r, err)
				}
				return r
			}
			if r := run(); r.Updated != 1 {
				t.Errorf("%s: %+v", policy, r.Counts)
			}
			for got, err := range (reader{c}).Contacts(t.Context()) {
				if err != nil || strings.HasSuffix(string(got.ID), "bare.vcf") && (got.Notes != "new" || (got.UID == "u1") == taken) {
					t.Errorf("%s: taken %v: UID %q, notes %q, %v", policy, taken, got.UID, got.Notes, err)
				}
			}
			if r := run(); r.Unchanged != 1 {
				t.Errorf("%s, once more: %+v", policy, r.Counts)
			}
		}
	}
}

// TestUIDThatTheServerRefuses: somebody has given it to another card meanwhile.
func TestUIDThatTheServerRefuses(t *testing.T) {
	c := client(t, signedIn(davtest.New(t, davtest.Habits{UniqueUIDs: true}).URL), dav.Provider{})
	books, err := c.Books(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, uid := range map[string]string{"bare.vcf": "", "other.vcf": "UID:u1\r\n"} {
		if _, err := c.Put(t.Context(), books[0].Href+name, "", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nN:Ann;;;;\r\n"+uid+"END:VCARD\r\n")); err != nil {
			t.Fatal(err)
		}
	}
	for old := range (reader{c}).Contacts(t.Context()) {
		if old.UID != "" {
			continue
		}
		next := old.Clone()
		next.UID, next.Notes = "u1", "new"
		stored, err := New(c).Update(t.Context(), old.Ref(), contact.NewPatch(old, next))
		if err != nil || stored.Contact.Notes != "new" || stored.Contact.UID == "u1" || len(stored.Losses) != 1 || stored.Losses[0].Field != contact.FieldUID {
			t.Errorf("%v, %+v", err, stored)
		}
	}
}

// servers are those that others wrote; .ci/servers starts them.
var servers = []string{"CARDDAV_RADICALE", "CARDDAV_XANDIKOS", "CARDDAV_CYRUS"}

func TestSinkKeepsTheContractOnRealServers(t *testing.T) {
	for _, variable := range servers {
		t.Run(strings.ToLower(strings.TrimPrefix(variable, "CARDDAV_")), func(t *testing.T) {
			address := os.Getenv(variable)
			if address == "" {
				t.Skip("not started: make servers-test")
			}
			importertest.TestSink(t, func(t *testing.T) importertest.Account {
				c := client(t, address, dav.Provider{})
				empty(t, c)
				return importertest.Account{Sink: New(c), Reader: reader{c}}
			})
		})
	}
}

// empty removes all that an earlier test has left: other books, and all cards.
func empty(t *testing.T, c *dav.Client) {
	t.Helper()
	books, err := c.Books(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range books {
		if b.Missing {
			continue
		}
		if i > 0 {
			if err := c.Delete(t.Context(), b.Href, ""); err != nil {
				t.Fatal(err)
			}
			continue
		}
		entries, err := c.List(t.Context(), b.Href)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if err := c.Delete(t.Context(), e.Href, e.ETag); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestReadOnly: an account that may only be read is recognised before anything is sent.
func TestReadOnly(t *testing.T) {
	for _, readOnly := range []bool{true, false} {
		server := davtest.New(t, davtest.Habits{ReadOnly: readOnly})
		server.MakeBook("friends", "Friends")
		sink := New(client(t, signedIn(server.URL), dav.Provider{}))
		for path, want := range map[contact.FolderPath]bool{"": readOnly, "Friends": readOnly, "None": false} {
			if got, err := sink.ReadOnly(t.Context(), path); err != nil || got != want {
				t.Errorf("read-only %t: %q is %t, %v", readOnly, path, got, err)
			}
		}
	}
}

// TestReadOnlyOnRealServers: what they say of a book that can be written to.
func TestReadOnlyOnRealServers(t *testing.T) {
	for _, variable := range servers {
		if address := os.Getenv(variable); address != "" {
			if got, err := New(client(t, address, dav.Provider{})).ReadOnly(t.Context(), ""); err != nil || got {
				t.Errorf("%s: read-only %t, %v", variable, got, err)
			}
		}
	}
}
