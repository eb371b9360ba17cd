package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newRequest(method, path string) (*http.Request, error) {
	return http.NewRequest(method, "http://sandbox.test"+path, nil)
}

func TestPersistence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailbox.db")
	o := Options{Data: path}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if empty, err := s.Empty(); !empty || err != nil {
		t.Errorf("a new file is not empty: %v", err)
	}
	c := &client{t, s}
	c.do("GET", "/v1.0/me/contacts", "")
	if empty, err := s.Empty(); !empty || err != nil {
		t.Errorf("a mailbox that was only read is not empty: %v", err)
	}
	if _, err := Open(o); !errors.Is(err, ErrLocked) {
		t.Errorf("second Open: %v", err)
	}
	folder := c.create("/v1.0/me/contactFolders", `{"displayName":"Customers"}`)
	child := c.create("/v1.0/me/contactFolders/"+folder+"/childFolders", `{"displayName":"EMEA"}`)
	id := c.create("/v1.0/me/contactFolders/"+child+"/contacts", `{"givenName":"Ümit","categories":["a","b"],"emailAddresses":[{"address":"u@example.org"}],
		"singleValueExtendedProperties":[{"id":"String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Key","value":"k"}]}`)
	c.want(200, "PUT", "/v1.0/me/contacts/"+id+"/photo/$value", jpegOf(t, 5, 6), "Content-Type: image/jpeg")
	c.create("/v1.0/users/adele@sandbox.example/contacts", `{}`)
	var want []string
	paths := []string{
		"/beta/me/contacts", "/beta/me/contactFolders", "/v1.0/me/contactFolders/" + folder + "/childFolders", "/v1.0/me/contacts/" + id + "/photo",
		"/beta/me/contacts?$filter=emailAddresses/any(a:a/address eq 'U@example.org')", "/v1.0/users/adele@sandbox.example/contacts",
		"/beta/me/contacts?$filter=singleValueExtendedProperties/Any(ep: ep/id eq 'String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Key' and ep/value eq 'K')",
	}
	for _, path := range paths {
		want = append(want, c.want(200, "GET", path, "").body)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c = open(t, o)
	for i, path := range paths {
		if got := c.want(200, "GET", path, "").body; got != want[i] {
			t.Errorf("%s: got %s, want %s", path, got, want[i])
		}
	}
	if empty, err := c.s.Empty(); empty || err != nil {
		t.Errorf("the file is empty again: %v", err)
	}
}

func TestTemporaryFileGoes(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Fill(Sample{Contacts: 20, Photos: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailbox.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Data: path}); err == nil {
		t.Error("a damaged file opens")
	}
}

// TestConcurrentUse runs readers and writers together; the race detector and
// the final count judge.
func TestConcurrentUse(t *testing.T) {
	c := open(t, Options{})
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				r := c.do("POST", "/v1.0/me/contacts", fmt.Sprintf(`{"givenName":"%d-%d"}`, w, i))
				if r.status != 201 {
					t.Errorf("POST answered %d", r.status)
				}
				if i%5 == 0 {
					c.do("DELETE", "/v1.0/me/contacts/"+r.text(t, "id"), "")
				} else {
					c.do("PATCH", "/beta/me/contacts/"+r.text(t, "id"), `{"isFavorite":true}`)
				}
			}
		})
		wg.Go(func() {
			for range each {
				c.do("GET", "/api/beta/me/contacts?$top=100&$orderby=GivenName", "")
			}
		})
	}
	wg.Wait()
	if got := c.all("/v1.0/me/contacts?$top=100", "givenName"); len(got) != writers*each*4/5 {
		t.Errorf("%d contacts", len(got))
	}
}

func TestIDs(t *testing.T) {
	c := numbered(t, 90, Options{})
	folded := map[string]int{}
	ids := append(c.all("/v1.0/me/contacts?$top=1000", "id"), c.all("/v1.0/me/contacts?$top=1000", "id", `Prefer: IdType="ImmutableId"`)...)
	ids = append(ids, c.want(200, "GET", "/v1.0/me/contactFolders/contacts", "").text(t, "id"))
	for _, id := range ids {
		if len(id) < 72 || len(id) > 152 || !strings.HasSuffix(id, "=") || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") != "" {
			t.Fatalf("id %q", id)
		}
		folded[strings.ToLower(id)]++
	}
	same := 0
	for _, n := range folded {
		if n > 1 {
			same++
		}
	}
	if same == 0 {
		t.Error("no two ids differ by their case alone")
	}
}
