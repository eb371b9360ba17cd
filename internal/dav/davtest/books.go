package davtest

import (
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func escape(s string) string { return html.EscapeString(s) }

// propstat is a response with properties that are there.
func propstat(path, props string) string {
	return "<D:response><D:href>" + escape((&url.URL{Path: path}).EscapedPath()) + "</D:href><D:propstat><D:prop>" + props +
		"</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
}

// status is a response with a status alone.
func status(path string, code int, inside string) string {
	return "<D:response><D:href>" + escape((&url.URL{Path: path}).EscapedPath()) + "</D:href><D:status>HTTP/1.1 " +
		strconv.Itoa(code) + " " + http.StatusText(code) + "</D:status>" + inside + "</D:response>"
}

func multistatus(w http.ResponseWriter, responses ...string) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(http.StatusMultiStatus)
	io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">`+
		strings.Join(responses, "")+"</D:multistatus>")
}

// failed answers with a precondition.
func failed(w http.ResponseWriter, code int, condition, message string) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:s="http://sabredav.org/ns">`+
		condition+"<s:message>"+escape(message)+"</s:message></D:error>")
}

func (s *Server) listHome(w http.ResponseWriter, r *http.Request) {
	all := []string{propstat(s.home(), "<D:resourcetype><D:collection/></D:resourcetype>")}
	if r.Header.Get("Depth") == "1" {
		for _, name := range slices.Sorted(maps.Keys(s.books)) {
			all = append(all, s.aboutBook(name))
		}
	}
	multistatus(w, s.cutOff(s.home(), all)...)
}

// cutOff ends a listing at the server's limit, in the way of RFC 5323 (5.3.2) and 6578.
func (s *Server) cutOff(path string, all []string) []string {
	if limit := s.habits.ListLimit; limit > 0 && len(all) > limit {
		return append(all[:limit:limit], status(path, http.StatusInsufficientStorage, ""))
	}
	return all
}

func (s *Server) aboutBook(name string) string {
	reports := ""
	for _, report := range []string{"C:addressbook-multiget", "D:sync-collection"} {
		if report != "D:sync-collection" || !s.habits.NoSync {
			reports += "<D:supported-report><D:report><" + report + "/></D:report></D:supported-report>"
		}
	}
	versions := `<C:address-data-type content-type="text/vcard" version="3.0"/>`
	if s.habits.Advertises4 {
		versions += `<C:address-data-type content-type="text/vcard" version="4.0"/>`
	}
	props := "<D:resourcetype><D:collection/><C:addressbook/></D:resourcetype><D:displayname>" + escape(s.books[name].name) +
		"</D:displayname><D:supported-report-set>" + reports + "</D:supported-report-set><C:supported-address-data>" + versions + "</C:supported-address-data>"
	if s.habits.MaxCard > 0 {
		props += "<C:max-resource-size>" + strconv.Itoa(s.habits.MaxCard) + "</C:max-resource-size>"
	}
	if s.habits.ReadOnly {
		props += "<D:current-user-privilege-set><D:privilege><D:read/></D:privilege></D:current-user-privilege-set>"
	}
	return propstat(s.home()+name+"/", props)
}

// inHome serves a book, or a card in it where name is not empty.
func (s *Server) inHome(w http.ResponseWriter, r *http.Request, bookName, name string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "broken off", http.StatusBadRequest)
		return
	}
	b := s.books[bookName]
	switch {
	case s.habits.ReadOnly && !slices.Contains([]string{"GET", "PROPFIND", "REPORT"}, r.Method):
		failed(w, http.StatusForbidden, "<D:need-privileges/>", "")
	case r.Method == "MKCOL" && name == "":
		s.makeBook(w, bookName, b != nil, body)
	case b == nil:
		http.NotFound(w, r)
	case name == "" && r.Method == "PROPFIND" && r.Header.Get("Depth") == "1":
		all := []string{s.aboutBook(bookName)}
		for _, n := range slices.Sorted(maps.Keys(b.cards)) {
			all = append(all, s.about(bookName, n, false))
		}
		multistatus(w, s.cutOff(s.home()+bookName+"/", all)...)
	case name == "" && r.Method == "PROPFIND":
		multistatus(w, s.aboutBook(bookName))
	case name == "" && r.Method == "DELETE":
		delete(s.books, bookName)
		w.WriteHeader(http.StatusNoContent)
	case name == "" && r.Method == "PROPPATCH":
		var request struct {
			Name string `xml:"set>prop>displayname"`
		}
		xml.Unmarshal(body, &request)
		b.name = request.Name
		multistatus(w, propstat(s.home()+bookName+"/", "<D:displayname/>"))
	case name == "" && r.Method == "REPORT":
		s.report(w, bookName, b, body)
	case name != "" && r.Method == "PUT":
		s.put(w, r, bookName, b, name, string(body))
	case b.cards[name] == nil:
		http.NotFound(w, r)
	case r.Method == "PROPFIND":
		multistatus(w, s.about(bookName, name, false))
	case r.Method == "GET" && s.undelivered(name):
		http.NotFound(w, r)
	case r.Method == "GET":
		s.writeCard(w, r, b.cards[name], http.StatusOK)
	case r.Method == "DELETE" && r.Header.Get("If-Match") != "" && !s.matches(r.Header.Get("If-Match"), b.cards[name]):
		w.WriteHeader(http.StatusPreconditionFailed)
	case r.Method == "DELETE":
		s.remove(b, name)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// shown is a card as those see it who do not ask for vCard 4.0.
func (s *Server) shown(data string) string {
	if s.habits.Shows3 != nil && strings.Contains(data, "VERSION:4.0") {
		return s.habits.Shows3(data)
	}
	return data
}

func (s *Server) undelivered(name string) bool {
	return s.habits.Undelivered != nil && s.habits.Undelivered(name)
}

func (s *Server) writeCard(w http.ResponseWriter, r *http.Request, c *card, code int) {
	mediaType := "text/vcard; charset=utf-8"
	if s.habits.XVCard {
		mediaType = "text/x-vcard; charset=utf-8"
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("ETag", s.etag(c))
	w.WriteHeader(code)
	if strings.Contains(r.Header.Get("Accept"), "version=4.0") {
		io.WriteString(w, c.data)
		return
	}
	io.WriteString(w, s.shown(c.data))
}

func (s *Server) makeBook(w http.ResponseWriter, name string, exists bool, body []byte) {
	var request struct {
		Name string    `xml:"set>prop>displayname"`
		Book *struct{} `xml:"set>prop>resourcetype>addressbook"`
	}
	switch {
	case exists:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case xml.Unmarshal(body, &request) != nil || request.Book == nil:
		w.WriteHeader(http.StatusForbidden)
		return
	case s.habits.IgnoresNames:
		request.Name = name
	}
	s.clock++
	s.books[name] = newBook(request.Name)
	w.WriteHeader(http.StatusCreated)
}

// about is a response about a card, with its data where that is asked for.
func (s *Server) about(bookName, name string, data bool) string {
	if !data && s.habits.Unlistable != nil && s.habits.Unlistable(name) {
		return status(s.home()+bookName+"/"+name, http.StatusInternalServerError, "")
	}
	c := s.books[bookName].cards[name]
	props := "<D:resourcetype/><D:getetag>" + escape(s.etag(c)) + "</D:getetag>"
	if data {
		props += "<C:address-data>" + rawXML(s.shown(c.data)) + "</C:address-data>"
	}
	return propstat(s.home()+bookName+"/"+name, props)
}

// rawXML escapes what has to be, and leaves bytes that no XML can hold as they are: so
// do servers.
func rawXML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;").Replace(s)
}

func (s *Server) report(w http.ResponseWriter, bookName string, b *book, body []byte) {
	var request struct {
		XMLName xml.Name
		Token   string   `xml:"sync-token"`
		Hrefs   []string `xml:"href"`
	}
	if err := xml.Unmarshal(body, &request); err != nil {
		http.Error(w, "no XML", http.StatusBadRequest)
		return
	}
	switch request.XMLName.Local {
	case "sync-collection":
		if s.habits.NoSync {
			failed(w, http.StatusForbidden, "<D:supported-report/>", "")
			return
		}
		s.sync(w, bookName, b, request.Token)
	case "addressbook-multiget":
		if s.habits.NoMultiget {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		s.multiget(w, bookName, b, request.Hrefs)
	default:
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
	}
}

// property returns the value of a line of a card.
func property(data, name string) string {
	for line := range strings.Lines(data) {
		if head, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok && strings.EqualFold(head, name) {
			return value
		}
	}
	return ""
}

func (s *Server) multiget(w http.ResponseWriter, bookName string, b *book, hrefs []string) {
	var all []string
	for _, h := range hrefs {
		u, err := url.Parse(h)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		name := strings.TrimPrefix(u.Path, s.home()+bookName+"/")
		switch {
		case b.cards[name] != nil && !s.undelivered(name):
			all = append(all, s.about(bookName, name, true))
		case s.habits.MissingSpoils:
			w.WriteHeader(http.StatusNotFound)
			return
		case !s.habits.MissingLeftOut:
			all = append(all, status(s.home()+bookName+"/"+name, http.StatusNotFound, ""))
		}
	}
	multistatus(w, all...)
}

// sync answers a sync-collection. A token is the number of a change.
func (s *Server) sync(w http.ResponseWriter, bookName string, b *book, token string) {
	since, err := strconv.Atoi(strings.TrimPrefix(token, "token:"))
	switch known := err == nil && since >= b.forgets && strings.HasPrefix(token, "token:"); {
	case token == "" || known:
	case s.habits.SilentRestart:
		since = 0
	case s.habits.TokenError != 0:
		w.WriteHeader(s.habits.TokenError)
		return
	default:
		failed(w, http.StatusForbidden, "<D:valid-sync-token/>", "")
		return
	}
	if s.habits.SecondTokens && since > 0 {
		since-- // the last change is told again
	}
	type change struct {
		name string
		when int
	}
	var changes []change
	for name, c := range b.cards {
		changes = append(changes, change{name, c.changed})
	}
	if since > 0 {
		for name, when := range b.deleted {
			changes = append(changes, change{name, when})
		}
	}
	changes = slices.DeleteFunc(changes, func(c change) bool { return c.when <= since })
	slices.SortFunc(changes, func(a, b change) int { return a.when - b.when })
	next, all := s.clock, []string{}
	if limit := s.habits.SyncLimit; limit > 0 && len(changes) > limit {
		changes = changes[:limit]
		next = changes[limit-1].when
		all = append(all, status(s.home()+bookName+"/", http.StatusInsufficientStorage, "<D:error><D:number-of-matches-within-limits/></D:error>"))
	}
	for _, c := range changes {
		if b.cards[c.name] != nil {
			all = append(all, s.about(bookName, c.name, false))
		} else {
			all = append(all, status(s.home()+bookName+"/"+c.name, http.StatusNotFound, ""))
		}
	}
	all = append(all, fmt.Sprintf("<D:sync-token>token:%d</D:sync-token>", next))
	multistatus(w, all...)
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, bookName string, b *book, name, data string) {
	old := b.cards[name]
	match := r.Header.Get("If-Match")
	switch {
	case r.Header.Get("If-None-Match") == "*" && old != nil && !s.habits.IgnoreIfNoneMatch,
		match != "" && (old == nil || !s.matches(match, old)):
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	if code, condition, why := s.objection(b, name, data); code != 0 {
		if s.habits.RefusesIn207 {
			multistatus(w, status(s.home()+bookName+"/"+name, http.StatusPreconditionFailed, "<D:error>"+condition+"</D:error><D:responsedescription>"+escape(why)+"</D:responsedescription>"))
			return
		}
		failed(w, code, condition, why)
		return
	}
	if s.habits.Rewrites != nil {
		data = s.habits.Rewrites(data)
	}
	s.clock++
	delete(b.deleted, name)
	b.cards[name] = &card{data, s.clock}
	code := http.StatusCreated
	if old != nil {
		code = http.StatusNoContent
	}
	if !s.habits.NoETagOnPut {
		w.Header().Set("ETag", s.etag(b.cards[name]))
	}
	if s.habits.Representation && strings.Contains(r.Header.Get("Prefer"), "return=representation") {
		s.writeCard(w, r, b.cards[name], http.StatusCreated)
		return
	}
	w.WriteHeader(code)
}

// objection says why a card is not taken.
func (s *Server) objection(b *book, name, data string) (code int, condition, why string) {
	uid := property(data, "UID")
	switch {
	case !strings.HasPrefix(data, "BEGIN:VCARD") || !utf8.ValidString(data):
		return http.StatusForbidden, "<C:valid-address-data/>", "this is no card"
	case s.habits.MaxCard > 0 && len(data) > s.habits.MaxCard:
		return http.StatusForbidden, "<C:max-resource-size/>", "too large"
	case s.habits.Room > 0 && len(b.cards) >= s.habits.Room && b.cards[name] == nil:
		return http.StatusInsufficientStorage, "<D:quota-not-exceeded/>", "no room"
	}
	if s.habits.Refuses != nil {
		if why := s.habits.Refuses(data); why != "" {
			return http.StatusForbidden, "<C:valid-address-data/>", why
		}
	}
	if s.habits.UniqueUIDs {
		for other, c := range b.cards {
			if other != name && property(c.data, "UID") == uid {
				return http.StatusConflict, "<C:no-uid-conflict/>", ""
			}
		}
	}
	return 0, "", ""
}
