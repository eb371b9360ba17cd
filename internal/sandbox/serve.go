package sandbox

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A call is one request being answered.
type call struct {
	s *Server
	r *http.Request
	target
	box   *mailbox
	opt   options
	base  string // scheme and host
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

// ServeHTTP answers one request. /_sandbox/stats needs no token; everything
// else does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_sandbox/stats" {
		s.serveStats(w, r)
		return
	}
	c := &call{s: s, r: r, n: s.serial.Add(1), base: baseURL(r)}
	a, alive := s.run(c)
	if !alive {
		hangUp(w)
		return
	}
	if a.status == http.StatusTooManyRequests {
		s.stats.throttled.Add(1)
	}
	s.write(w, c, a)
	s.log.Debug("sandbox request", "n", c.n, "method", r.Method, "status", a.status, "bytes", len(a.body))
}

// run makes the answer. The request counts as in flight until then and not
// until its answer is written: the client that has it may come back before.
func (s *Server) run(c *call) (a *answer, alive bool) {
	defer s.stats.begin(c.r)()
	return s.faults.around(c, s.answer)
}

// answer checks the token and the limits and does what is asked.
func (s *Server) answer(c *call) *answer {
	var unknown error
	c.target, unknown = parseTarget(c.r.URL)
	if c.d == nil {
		return c.failed(unknown)
	}
	if err := s.authorize(c.r); err != nil {
		return c.failed(err)
	}
	if unknown != nil {
		return c.failed(unknown)
	}
	if err := c.openMailbox(); err != nil {
		return c.failed(err)
	}
	if s.throttle != nil {
		done, wait, refused := s.throttle.admit(c.box.name, c.r)
		defer done()
		if refused != nil {
			return c.failed(refused).with("Retry-After", wait)
		}
	}
	c.stall()
	a, err := c.dispatch()
	if err != nil {
		return c.failed(err)
	}
	return a
}

func (s *Server) authorize(r *http.Request) error {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found || token == "" {
		return errEmptyToken
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
		return errBadToken
	}
	return nil
}

// dispatch finds and runs the operation.
func (c *call) dispatch() (*answer, error) {
	var err error
	if c.opt, err = parseOptions(c.r, c.d); err != nil {
		return nil, err
	}
	if c.resource == resNotBuilt {
		return nil, errNotBuilt
	}
	operation := operations[c.resource][c.r.Method]
	if operation == nil {
		return nil, errNotSupported
	}
	return operation(c)
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
}

// openMailbox finds the mailbox of the owner: "me", its object id, or any
// address, which has a mailbox of its own from its first use on. Addresses
// below .invalid and other ids belong to nobody.
func (c *call) openMailbox() error {
	name := strings.ToLower(c.owner)
	me, err := c.s.store.openMailbox("me")
	if err != nil {
		return err
	}
	switch {
	case name == "me" || name == me.userID():
		c.box = me
	case !strings.Contains(name, "@") || strings.HasSuffix(name, ".invalid") || len(name) > maxAddress || !utf8.ValidString(name):
		return errInvalidUser
	default:
		c.box, err = c.s.store.openMailbox(name)
	}
	return err
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

func (s *Server) write(w http.ResponseWriter, c *call, a *answer) {
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("request-id", c.requestID())
	h.Set("client-request-id", c.clientRequestID())
	if len(c.opt.applied) > 0 && a.status < 300 {
		h.Set("Preference-Applied", strings.Join(c.opt.applied, ", "))
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
