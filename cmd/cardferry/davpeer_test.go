package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-vcard"
	"github.com/emersion/go-webdav"
	"github.com/emersion/go-webdav/carddav"

	"github.com/cardferry/cardferry/internal/dav/davtest"
)

// go-webdav is another CardDAV implementation, client and server. It shares no code with
// ours: what one of them writes, the other has to read.

// TestPeerReadsWhatWeWriteRealServers: go-webdav's client reads what an import has written.
func TestPeerReadsWhatWeWriteRealServers(t *testing.T) {
	for name, address := range map[string]string{"davtest": signedIn(davtest.New(t, davtest.Habits{}).URL), "radicale": os.Getenv("CARDDAV_RADICALE")} {
		t.Run(name, func(t *testing.T) {
			if address == "" {
				t.Skip("not started: make servers-test")
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			user := u.User
			password, _ := user.Password()
			u.User = nil
			vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_PROVIDER": "carddav", "CARDFERRY_BOX_URL": u.String(), "CARDFERRY_BOX_USERNAME": user.Username(), "CARDFERRY_BOX_PASSWORD": password}
			if code, out := cardferry(t.Context(), vars, "migrate", "sandbox:Customers", "box:Peer"); code != exitDone {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			defer cardferry(t.Context(), vars, "undo", "last", "--yes")
			file := filepath.Join(vars["HOME"], "peer.vcf")
			if code, out := cardferry(t.Context(), vars, "export", "box:Peer", file); code != exitDone {
				t.Fatalf("exit code %d\n%s", code, out)
			}
			ours := decodedCards(t, file)
			theirs := peerCards(t, u.String(), user.Username(), password, "Peer")
			if len(ours) == 0 || len(ours) != len(theirs) {
				t.Fatalf("we read %d cards, the peer %d", len(ours), len(theirs))
			}
			for uid, card := range ours {
				for _, field := range []string{vcard.FieldFormattedName, vcard.FieldEmail, vcard.FieldTelephone, vcard.FieldOrganization, vcard.FieldPhoto, vcard.FieldBirthday} {
					if got, want := theirs[uid].Values(field), card.Values(field); !slices.Equal(got, want) {
						t.Errorf("%s of a card: the peer reads %d values that are not our %d", field, len(got), len(want))
					}
				}
			}
		})
	}
}

func signedIn(address string) string {
	return strings.Replace(address, "//", "//"+davtest.User+":"+davtest.Password+"@", 1)
}

// decodedCards reads a file with the peer's reader of cards.
func decodedCards(t *testing.T, path string) map[string]vcard.Card {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]vcard.Card{}
	for d := vcard.NewDecoder(bytes.NewReader(data)); ; {
		card, err := d.Decode()
		if err != nil {
			return all
		}
		all[card.Value(vcard.FieldUID)] = card
	}
}

// peerCards reads a book with the peer's client.
func peerCards(t *testing.T, address, user, password, book string) map[string]vcard.Card {
	t.Helper()
	c, err := carddav.NewClient(webdav.HTTPClientWithBasicAuth(nil, user, password), address)
	if err != nil {
		t.Fatal(err)
	}
	home := "/" + user + "/" // of Radicale: the peer follows no redirect of a PROPFIND
	if _, err := c.FindAddressBooks(t.Context(), home); err != nil {
		home = "/dav/books/" + user + "/"
	}
	books, err := c.FindAddressBooks(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(books, func(b carddav.AddressBook) bool { return b.Name == book })
	if i < 0 {
		t.Fatalf("no book %q among %d", book, len(books))
	}
	changed, err := c.SyncCollection(t.Context(), books[i].Path, &carddav.SyncQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, o := range changed.Updated {
		paths = append(paths, o.Path)
	}
	objects, err := c.MultiGetAddressBook(t.Context(), books[i].Path, &carddav.AddressBookMultiGet{Paths: paths, DataRequest: carddav.AddressDataRequest{AllProp: true}})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]vcard.Card{}
	for _, o := range objects {
		all[o.Card.Value(vcard.FieldUID)] = o.Card
	}
	return all
}

// TestWeReadAndWriteAtThePeer: a server that is go-webdav's is one end like any other.
func TestWeReadAndWriteAtThePeer(t *testing.T) {
	peer := &peerBackend{books: map[string]*carddav.AddressBook{}, cards: map[string]*carddav.AddressObject{}}
	peer.CreateAddressBook(t.Context(), &carddav.AddressBook{Path: "/ann/books/contacts/", Name: "Contacts"})
	server := httptest.NewServer(&carddav.Handler{Backend: peer})
	defer server.Close()
	vars := map[string]string{"HOME": t.TempDir(), "CARDFERRY_BOX_PROVIDER": "carddav", "CARDFERRY_BOX_URL": server.URL, "CARDFERRY_BOX_USERNAME": "ann", "CARDFERRY_BOX_PASSWORD": "any"}
	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"migrate", "sandbox:", "box:"}, "250 created, 60 photos stored; a second run would create 0 and update 0"},
		{[]string{"verify", "sandbox:", "box:"}, "250 contacts on each side"},
		{[]string{"migrate", "sandbox:", "box:"}, "250 unchanged; a second run would create 0 and update 0"},
	} {
		if code, out := cardferry(t.Context(), vars, step.args...); code != exitDone || !strings.Contains(out, step.want) {
			t.Fatalf("%v: exit code %d\n%s", step.args, code, out)
		}
	}
}

// peerBackend keeps the books of one user in memory, for go-webdav's handler.
type peerBackend struct {
	mu      sync.Mutex
	books   map[string]*carddav.AddressBook
	cards   map[string]*carddav.AddressObject
	version int
}

func (b *peerBackend) CurrentUserPrincipal(context.Context) (string, error) { return "/ann/", nil }
func (b *peerBackend) AddressBookHomeSetPath(context.Context) (string, error) {
	return "/ann/books/", nil
}

func (b *peerBackend) ListAddressBooks(context.Context) (all []carddav.AddressBook, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(b.books)) {
		all = append(all, *b.books[path])
	}
	return all, nil
}

func notThere(path string) error {
	return webdav.NewHTTPError(http.StatusNotFound, fmt.Errorf("there is no %s", path))
}

func (b *peerBackend) GetAddressBook(_ context.Context, path string) (*carddav.AddressBook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if book := b.books[path]; book != nil {
		return book, nil
	}
	return nil, notThere(path)
}

func (b *peerBackend) CreateAddressBook(_ context.Context, book *carddav.AddressBook) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.books[book.Path] = book
	return nil
}

func (b *peerBackend) DeleteAddressBook(_ context.Context, path string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.books, path)
	return nil
}

func (b *peerBackend) GetAddressObject(_ context.Context, path string, _ *carddav.AddressDataRequest) (*carddav.AddressObject, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o := b.cards[path]; o != nil {
		return o, nil
	}
	return nil, notThere(path)
}

func (b *peerBackend) ListAddressObjects(_ context.Context, book string, _ *carddav.AddressDataRequest) (all []carddav.AddressObject, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(b.cards)) {
		if strings.HasPrefix(path, book) {
			all = append(all, *b.cards[path])
		}
	}
	return all, nil
}

func (b *peerBackend) QueryAddressObjects(ctx context.Context, book string, _ *carddav.AddressBookQuery) ([]carddav.AddressObject, error) {
	return b.ListAddressObjects(ctx, book, nil)
}

func (b *peerBackend) PutAddressObject(_ context.Context, path string, card vcard.Card, o *carddav.PutAddressObjectOptions) (*carddav.AddressObject, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.cards[path]
	if old != nil && o.IfNoneMatch.IsSet() || old == nil && o.IfMatch.IsSet() {
		return nil, webdav.NewHTTPError(http.StatusPreconditionFailed, fmt.Errorf("a condition is not met"))
	}
	if o.IfMatch.IsSet() {
		if tag, err := o.IfMatch.ETag(); err != nil || tag != old.ETag {
			return nil, webdav.NewHTTPError(http.StatusPreconditionFailed, fmt.Errorf("a condition is not met"))
		}
	}
	b.version++
	sum := sha256.Sum256([]byte(fmt.Sprint(path, b.version)))
	b.cards[path] = &carddav.AddressObject{Path: path, ETag: hex.EncodeToString(sum[:8]), Card: card}
	return b.cards[path], nil
}

func (b *peerBackend) DeleteAddressObject(_ context.Context, path string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cards[path] == nil {
		return notThere(path)
	}
	delete(b.cards, path)
	return nil
}
