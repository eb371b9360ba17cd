package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A call is one request being answered, or one part of a batch.
type call struct {
	s *Server
	r *http.Request
	target
	who   principal
	box   *mailbox
	opt   options
	base  string // scheme and host
	part  bool   // of a batch
	fault fault  // what goes wrong in the answer, if anything
	n     uint64
}

// An answer is a response before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
	pooled *[]byte // the buffer to give back once body is written
}

// ServeHTTP answers one request. /_sandbox/stats and the identity provider need
// no token; everything else does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_sandbox/stats" {
		s.serveStats(w, r)
		return
	}
	if a := s.identity.serve(r); a != nil {
		s.write(w, a)
		return
	}
	s.stats.sent.Add(1)
	pause(r, time.Duration(s.quirks.latency)*time.Millisecond)
	c := &call{s: s, r: r, n: s.serial.Add(1), base: baseURL(r)}
	a, alive := c.run()
	if !alive {
		hangUp(w)
		return
	}
	s.write(w, a)
	s.log.Debug("sandbox request", "n", c.n, "method", r.Method, "status", a.status, "bytes", len(a.body))
}

// Err returns the first error of its own that a request met, such as that of a full disk;
// a client is only told that there was one. It is nil if all went well.
func (s *Server) Err() error {
	if err := s.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// pause waits, but no longer than the client does.
func pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// run makes the answer. The request counts as in flight until then and not
// until its answer is written: the client that has it may come back before.
// Of a batch the parts are counted and not the whole.
func (c *call) run() (a *answer, alive bool) {
	s := c.s
	if t, err := parseTarget(c.r.URL); err == nil && t.resource == resBatch {
		s.stats.batches.Add(1)
	} else {
		defer s.stats.begin(c.r)()
	}
	a, alive = s.faults.around(c, s.answer)
	if !alive {
		return nil, false
	}
	if a.status == http.StatusTooManyRequests {
		s.stats.throttled.Add(1)
	}
	if s.throttle != nil && !c.part {
		a.with("RateLimit-Policy", s.throttle.policy())
	}
	return a.with("request-id", c.requestID()).with("client-request-id", c.clientRequestID()), true
}

// answer checks the token and the limits and does what is asked.
func (s *Server) answer(c *call) *answer {
	var unknown error
	c.target, unknown = parseTarget(c.r.URL)
	if c.d == nil {
		return c.failed(unknown)
	}
	var err error
	if c.who, err = c.identify(); err != nil {
		return c.failed(err)
	}
	if unknown != nil {
		return c.failed(unknown)
	}
	if c.resource == resBatch {
		return c.result(c.batch())
	}
	if err := c.openMailbox(); err != nil {
		return c.failed(err)
	}
	if s.throttle != nil {
		done, wait, refused := s.throttle.admit(c.who.app+" "+c.box.name, c.r)
		defer done()
		if refused != nil {
			return c.failed(refused).with("Retry-After", wait)
		}
	}
	if err := c.permit(); err != nil {
		return c.failed(err)
	}
	pause(c.r, time.Duration(s.quirks.work)*time.Millisecond)
	c.stall()
	return c.result(c.dispatch())
}

// result is the answer, or that of the error.
func (c *call) result(a *answer, err error) *answer {
	if err != nil {
		a = c.failed(err)
	}
	if len(c.opt.applied) > 0 && a.status < 300 {
		a.with("Preference-Applied", strings.Join(c.opt.applied, ", "))
	}
	return a
}

// dispatch finds and runs the operation.
func (c *call) dispatch() (*answer, error) {
	var err error
	ceiling := maxPage
	if c.resource.delta() {
		ceiling = deltaPage
	}
	if c.opt, err = parseOptions(c.r, c.d, ceiling); err != nil {
		return nil, err
	}
	operation := operations[c.resource][c.r.Method]
	switch {
	case operation == nil:
		return nil, errNotSupported
	case c.opt.topCut && c.s.quirks.topRefused:
		return nil, badRequest("ErrorInvalidUrlQuery", "The value of $top must not be more than %d.", maxPage)
	case c.part && c.resource == resPhotoValue && c.s.quirks.batchNoPhoto:
		return nil, badRequest("BadRequest", "The request is not supported within a batch.")
	case c.tracks():
		return c.trackContacts()
	case c.opt.deltaToken != "" && !c.resource.delta():
		return nil, badRequest("ErrorInvalidUrlQuery", "The query option '$deltatoken' is not supported.")
	case c.s.quirks.overQuota && c.writes():
		return nil, errQuota(c)
	}
	return operation(c)
}

// writes reports whether the request needs room in the mailbox.
func (c *call) writes() bool {
	switch c.r.Method {
	case http.MethodPost, http.MethodPatch, http.MethodPut:
		return c.resource != resContactDelete && c.resource != resFolderDelete && c.resource != resTranslate
	}
	return false
}

// operations are what the methods do to the resources. Methods that are not
// here are answered with 405.
var operations = map[resource]map[string]func(*call) (*answer, error){
	resUser:          {"GET": (*call).user},
	resContacts:      {"GET": (*call).listContacts, "POST": (*call).createContact},
	resContactCount:  {"GET": (*call).countContacts},
	resContact:       {"GET": (*call).getContact, "PATCH": (*call).updateContact, "DELETE": (*call).deleteContact},
	resContactDelete: {"POST": (*call).deleteContact},
	resPhoto:         {"GET": (*call).getPhoto},
	resPhotoValue:    {"GET": (*call).getPhotoBytes, "PUT": (*call).putPhoto, "PATCH": (*call).putPhoto},
	resFolders:       {"GET": (*call).listFolders, "POST": (*call).createFolder},
	resFolder:        {"GET": (*call).getFolder, "PATCH": (*call).updateFolder, "DELETE": (*call).deleteFolder},
	resFolderDelete:  {"POST": (*call).deleteFolder},
	resContactDelta:  {"GET": (*call).deltaContacts},
	resFolderDelta:   {"GET": (*call).deltaFolders},
	resExtensions:    {"GET": (*call).listExtensions, "POST": (*call).createExtension},
	resExtension:     {"GET": (*call).getExtension, "PATCH": (*call).updateExtension, "DELETE": (*call).deleteExtension},
	resCategories:    {"GET": (*call).listCategories, "POST": (*call).createCategory},
	resCategory:      {"GET": (*call).getCategory, "PATCH": (*call).updateCategory, "DELETE": (*call).deleteCategory},
	resTranslate:     {"POST": (*call).translateIDs},
}

// openMailbox finds the mailbox of the owner: "me", which apps on their own are
// not, the object id of a user, or
// any address, which has a mailbox of its own from its first use on. Addresses
// below .invalid and other ids belong to nobody.
func (c *call) openMailbox() error {
	owner := c.owner
	if strings.EqualFold(owner, "me") && !c.who.anyone {
		if owner = c.who.user; owner == "" {
			return errAppOnlyMe
		}
	}
	box, err := c.s.mailbox(owner)
	if err != nil {
		return err
	}
	c.box = box
	if slices.Contains(c.s.quirks.inactive, box.address()) {
		return errInactive
	}
	if c.s.quirks.hiddenFolders {
		return c.s.store.ensureHidden(box, c.s.now())
	}
	return nil
}

// mailbox opens the mailbox of a user named as in a path.
func (s *Server) mailbox(user string) (*mailbox, error) {
	name := strings.ToLower(user)
	if name == signedInAddress {
		name = "me"
	}
	if name != "me" && !strings.Contains(name, "@") {
		box := s.store.userWithID(name)
		if box == nil {
			return nil, errInvalidUser
		}
		return box, nil
	}
	if strings.HasSuffix(name, ".invalid") || len(name) > maxAddress || !utf8.ValidString(name) {
		return nil, errInvalidUser
	}
	return s.store.openMailbox(name)
}

func (st *store) userWithID(id string) *mailbox {
	st.mu.RLock()
	defer st.mu.RUnlock()
	for _, box := range st.mailboxes {
		if box.userID() == id {
			return box
		}
	}
	return nil
}

// signedInAddress is the address of the user whom "me" stands for unless an
// access token names another.
const signedInAddress = "me@sandbox.example"

func (box *mailbox) address() string {
	if box.name == "me" {
		return signedInAddress
	}
	return box.name
}

const maxAddress = 320 // of RFC 3696: 64 characters, @, 255 characters

// userID is the object id of the mailbox's user.
func (box *mailbox) userID() string {
	var id mailboxKey
	for i, b := range box.key {
		id[len(id)-1-i] = b ^ 0x5a
	}
	return id.guid()
}

// failed renders an error as the dialect does.
func (c *call) failed(err error) *answer {
	var f *failure
	if !errors.As(err, &f) {
		c.s.log.Error("sandbox request failed", "n", c.n, "error", err)
		c.s.broken.CompareAndSwap(nil, &err)
		f = errInternal
	}
	body := appendMember([]byte(`{"error":{`), "code", f.code)
	body = appendMember(append(body, ','), "message", strings.ToValidUTF8(f.message, "?"))
	if c.d == nil || !c.d.outlook {
		inner := "innerError"
		if c.n%2 == 0 {
			inner = "innererror" // both spellings occur
		}
		body = append(append(append(body, `,"`...), inner...), `":{`...)
		body = appendMember(body, "date", c.s.now().Format("2006-01-02T15:04:05"))
		body = appendMember(append(body, ','), "request-id", c.requestID())
		body = append(appendMember(append(body, ','), "client-request-id", c.clientRequestID()), '}')
	}
	a := jsonAnswer(f.status, append(body, "}}"...))
	if f.status == http.StatusUnauthorized {
		return a.with("WWW-Authenticate", `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`)
	}
	return a
}

func (c *call) requestID() string {
	return fmt.Sprintf("5a4d0b0c-0000-4000-8000-%012x", c.n)
}

func (c *call) clientRequestID() string {
	if id := c.r.Header.Get("client-request-id"); id != "" {
		return id
	}
	return c.requestID()
}

func jsonAnswer(status int, body []byte) *answer {
	return (&answer{status: status, body: body}).with("Content-Type", "application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8")
}

func (a *answer) with(name, value string) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
	return a
}

func (s *Server) write(w http.ResponseWriter, a *answer) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if a.status != http.StatusNoContent && h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	w.Write(a.body) // an error means that the client has gone
	if a.pooled != nil {
		*a.pooled = a.body[:0]
		s.buffers.Put(a.pooled)
	}
}

func baseURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
