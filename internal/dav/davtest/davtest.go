// Package davtest is an address book server in memory, with the habits of servers that
// are hard to come by in a test: what they ignore, rewrite, forget and refuse. It shares
// no code with the client that it tests.
package davtest

import (
	"cmp"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Habits are what servers do besides, or instead of, what RFC 6352 says. The zero value
// is a server that keeps to it.
type Habits struct {
	// Bearer says whether an access token is good; then nobody signs in by password.
	Bearer func(token string) bool
	// Certificate: whoever has shown a certificate is signed in, and nobody else.
	Certificate bool
	NoWellKnown bool   // 404 there (Sabre)
	AtRoot      string // where the service is; "" is "/dav/"

	NoSync         bool // no sync-collection (Sabre 1.8)
	SyncLimit      int  // changes in one answer; the rest after a 507 (Cyrus)
	ListLimit      int  // responses to a PROPFIND of depth 1; then a 507, and no more
	SilentRestart  bool // a token that is not known gets everything (DAViCal, SOGo)
	SecondTokens   bool // the last change is reported for ever (SOGo)
	TokenError     int  // the status for a token that is not known; 0 is 403 (Xandikos: 500)
	NoMultiget     bool // addressbook-multiget is not implemented
	MissingSpoils  bool // one missing address fails the whole multiget (Sabre)
	MissingLeftOut bool // it is left out (DAViCal)
	Undelivered    func(name string) bool
	Unlistable     func(name string) bool // a listing has a 500 in the place of its properties

	IgnoreIfNoneMatch bool // PUT overwrites what is there (SOGo)
	NoETagOnPut       bool // (DAViCal)
	WeakETags         bool
	BareETags         bool // without quotes (mailbox.org)
	XVCard            bool // text/x-vcard (SOGo, Sabre)
	ClosesSilently    bool // the connection ends after each answer, unannounced (SOGo)
	RefusesIn207      bool // a refusal looks like a success (Xandikos)
	UniqueUIDs        bool // 409 no-uid-conflict (Radicale)
	Representation    bool // Prefer: return=representation is honoured (Cyrus)
	IgnoresNames      bool // MKCOL takes no display name (SOGo)
	MaxCard           int  // bytes; 403 max-resource-size
	ReadOnly          bool // every write is 403, and the privileges tell
	Room              int  // cards; then 507
	Advertises4       bool // vCard 4.0 in supported-address-data
	// Shows3 makes what is shown to those who do not ask for 4.0 of a card that is stored
	// in it (Cyrus, sabre/dav); nil shows it as it is.
	Shows3 func(card string) string

	// Rewrites changes a card before it is stored. Nil keeps the bytes.
	Rewrites func(card string) string
	// Refuses returns why a card is not taken, "" if it is.
	Refuses func(card string) string
	// Fault is asked at every request, which is the n-th, and returns what goes wrong:
	// "503", "reset-before" (nothing is done), "reset-after" (done, the answer lost).
	Fault func(n int, r *http.Request) string
}

// Server is the service: one user with a home of address books.
type Server struct {
	*httptest.Server
	habits Habits

	mu       sync.Mutex
	books    map[string]*book // by their name in the home
	requests []string         // methods
	clock    int              // counts changes
}

type book struct {
	name    string
	cards   map[string]*card
	deleted map[string]int // name -> when
	forgets int            // tokens below are not known
}

type card struct {
	data    string
	changed int
}

// User and Password are the login that the server accepts.
const (
	User     = "alice"
	Password = "alicepw"
)

// New starts a server that ends with the test.
func New(t testing.TB, h Habits) *Server {
	s := Start(h)
	t.Cleanup(s.Close)
	return s
}

// Start starts a server with the one empty book "contacts". Close it.
func Start(h Habits) *Server {
	s := &Server{habits: h, books: map[string]*book{"contacts": newBook("Contacts")}}
	s.Server = httptest.NewUnstartedServer(s)
	s.Server.Start()
	return s
}

// StartTLS is Start with https, and asks clients for a certificate.
func StartTLS(h Habits) *Server {
	s := &Server{habits: h, books: map[string]*book{"contacts": newBook("Contacts")}}
	s.Server = httptest.NewUnstartedServer(s)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.Server.StartTLS()
	return s
}

// Escaping returns what escapes semicolons in properties whose names begin with prefix,
// as Radicale and Cyrus do beyond the standard: such a card is written twice, the second
// time with what is hidden. It is for [Habits].Rewrites.
func Escaping(prefix string) func(card string) string {
	return func(card string) string {
		lines := strings.SplitAfter(card, "\r\n")
		for i, line := range lines {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.HasPrefix(line, prefix) {
				lines[i] = name + ":" + strings.ReplaceAll(value, ";", `\;`)
			}
		}
		return strings.Join(lines, "")
	}
}

func newBook(name string) *book {
	return &book{name: name, cards: map[string]*card{}, deleted: map[string]int{}}
}

// Put stores a card in a book without a request.
func (s *Server) Put(bookName, name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	b := s.books[bookName]
	if b == nil {
		b = newBook(bookName)
		s.books[bookName] = b
	}
	delete(b.deleted, name)
	b.cards[name] = &card{data, s.clock}
}

// Remove deletes a card without a request.
func (s *Server) Remove(bookName, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(s.books[bookName], name)
}

func (s *Server) remove(b *book, name string) {
	s.clock++
	delete(b.cards, name)
	b.deleted[name] = s.clock
}

// Forget makes all tokens so far unknown.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock++
	for _, b := range s.books {
		b.forgets = s.clock
		clear(b.deleted)
	}
}

// Cards returns the cards of a book by their names.
func (s *Server) Cards(bookName string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	if b := s.books[bookName]; b != nil {
		for name, c := range b.cards {
			all[name] = c.data
		}
	}
	return all
}

// Books returns the names of the books' collections, sorted.
func (s *Server) Books() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.books))
}

// Count returns how many requests of a method have come; "" is all.
func (s *Server) Count(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, m := range s.requests {
		if method == "" || m == method {
			n++
		}
	}
	return n
}

// ResetCount forgets the requests so far.
func (s *Server) ResetCount() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) root() string { return cmp.Or(s.habits.AtRoot, "/dav/") }
func (s *Server) home() string { return s.root() + "books/" + User + "/" }

func (s *Server) etag(c *card) string {
	sum := sha256.Sum256([]byte(strconv.Itoa(c.changed) + c.data))
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	switch {
	case s.habits.WeakETags:
		return "W/" + tag
	case s.habits.BareETags:
		return strings.Trim(tag, `"`)
	}
	return tag
}

// matches reports whether an If-Match names the card's version, by strong comparison.
func (s *Server) matches(header string, c *card) bool {
	bare := func(s string) string { return strings.Trim(s, `"`) }
	tag := strings.TrimPrefix(s.etag(c), "W/")
	return !strings.HasPrefix(header, "W/") && bare(header) == bare(tag)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method)
	n := len(s.requests)
	s.mu.Unlock()
	fault := ""
	if s.habits.Fault != nil {
		fault = s.habits.Fault(n, r)
	}
	switch fault {
	case "503":
		w.Header().Set("Retry-After", "0")
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	case "reset-before":
		hangUp(w)
		return
	case "reset-after":
		s.serve(httptest.NewRecorder(), r)
		hangUp(w)
		return
	}
	if !s.habits.ClosesSilently {
		s.serve(w, r)
		return
	}
	rec := httptest.NewRecorder()
	s.serve(rec, r)
	closeSilently(w, rec)
}

// hangUp ends the connection without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		conn.Close()
	}
}

// closeSilently answers as if the connection could be used again, and ends it.
func closeSilently(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	fmt.Fprintf(buffered, "HTTP/1.1 %d %s\r\n", rec.Code, http.StatusText(rec.Code))
	rec.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
	rec.Header().Write(buffered)
	buffered.WriteString("\r\n")
	buffered.Write(rec.Body.Bytes())
	buffered.Flush()
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := r.URL.Path
	if path == "/.well-known/carddav" && !s.habits.NoWellKnown {
		http.Redirect(w, r, s.URL+strings.TrimSuffix(s.root(), "/"), http.StatusMovedPermanently)
		return
	}
	if !s.signedIn(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="books"`)
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	rest, ok := strings.CutPrefix(path, s.home())
	switch {
	case ok && rest != "":
		bookName, name, _ := strings.Cut(rest, "/")
		s.inHome(w, r, bookName, name)
	case r.Method == "PROPFIND" && (ok || path+"/" == s.home()):
		s.listHome(w, r)
	case r.Method == "PROPFIND" && (path == s.root() || path+"/" == s.root()):
		multistatus(w, propstat(path, "<D:resourcetype><D:collection/></D:resourcetype>"+href("D:current-user-principal", s.root()+"principals/"+User+"/")))
	case r.Method == "PROPFIND" && path == s.root()+"principals/"+User+"/":
		multistatus(w, propstat(path, "<D:resourcetype><D:collection/><D:principal/></D:resourcetype>"+href("C:addressbook-home-set", s.home())))
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) signedIn(r *http.Request) bool {
	switch {
	case s.habits.Certificate:
		return r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	case s.habits.Bearer != nil:
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return ok && s.habits.Bearer(token)
	}
	user, password, _ := r.BasicAuth()
	return user == User && password == Password
}

func href(element, path string) string {
	return "<" + element + "><D:href>" + escape((&url.URL{Path: path}).EscapedPath()) + "</D:href></" + element + ">"
}

// MakeBook makes an address book without a request, or names the one that is there.
func (s *Server) MakeBook(bookName, displayName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.books[bookName] == nil {
		s.books[bookName] = newBook(displayName)
	}
	s.books[bookName].name = displayName
}

// RemoveBook removes an address book without a request.
func (s *Server) RemoveBook(bookName string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.books, bookName)
}
