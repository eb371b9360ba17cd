// Package sandbox is an embedded imitation of Microsoft's contacts service,
// for trying things out and for tests. A Server is an http.Handler that serves
// Graph at /v1.0 and /beta and Outlook REST at /api/v2.0 and /api/beta, all
// four over the same mailboxes, with the documented limits, answers and
// oddities of the real service, and the identity provider at /{tenant}, by which
// people and apps get the tokens for them.
//
// The package knows the service and nothing of this project: it shares no
// table with the clients, so that a mistake there cannot cancel out here.
//
// Behaviour follows Microsoft's reference pages for contact, contactFolder and
// profilePhoto and the Outlook Contacts REST API reference (beta). Where they
// are silent the choice is stated beside the code, or is a quirk: see QuirksHelp.
package sandbox

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a Server is to behave. The zero value is a mailbox in a
// temporary file, without limits or faults, for the token "sandbox".
type Options struct {
	Data      string       // the file that holds the mailboxes, in a directory that exists; "": a temporary file
	Token     string       // a bearer token that is accepted for everything; "": sandbox
	Clients   []Client     // the apps that the identity provider knows; nil: DefaultClients
	SignIn    string       // the address of a user who is signed in without being asked; "": nobody
	Limits    bool         // throttle as the Outlook service does
	TimeScale float64      // 0 or 1: real time; 100: windows and waits a hundred times shorter
	Faults    string       // NAME:5% or NAME:#17, joined with commas; "": none
	Quirks    string       // NAME or NAME=VALUE of QuirksHelp, joined with commas; "": none
	Log       *slog.Logger // nil: discard. Never sees personal data
}

// A Server serves the mailboxes of one file. It is safe for concurrent use.
type Server struct {
	store              *store
	token              string
	log                *slog.Logger
	scale              float64
	throttle           *throttle // nil: no limits
	identity           *identity
	faults             *faultPlan
	quirks             quirks
	unread, unfiltered lag // new contacts that are not found by id, or by a filter
	stats              counters
	serial             atomic.Uint64 // number of the latest request
	broken             atomic.Pointer[error]
	buffers            sync.Pool
}

// Open opens or creates the data file, with the mailbox of the signed-in user
// ("me") in it. It returns ErrLocked when another process has the file, and an
// error that explains faulty Faults, Quirks, Clients or SignIn. The caller closes the Server.
func Open(o Options) (*Server, error) {
	if o.TimeScale < 0 {
		return nil, fmt.Errorf("time scale %v is negative", o.TimeScale)
	}
	faults, err := parseFaults(o.Faults)
	if err != nil {
		return nil, err
	}
	quirks, err := parseQuirks(o.Quirks)
	if err != nil {
		return nil, err
	}
	s := &Server{token: o.Token, log: o.Log, scale: o.TimeScale, faults: faults, quirks: quirks}
	if s.identity, err = newIdentity(s, o.Clients, o.SignIn); err != nil {
		return nil, err
	}
	if s.store, err = openStore(o.Data); err != nil {
		return nil, err
	}
	s.buffers.New = func() any { return new([]byte) }
	if s.token == "" {
		s.token = "sandbox"
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.scale == 0 {
		s.scale = 1
	}
	if o.Limits {
		s.throttle = newThrottle(s.scale)
	}
	return s, nil
}

// Close closes the data file; a temporary one is gone then. Requests must have
// ended.
func (s *Server) Close() error { return s.store.close() }

// Empty reports whether nothing was ever stored.
func (s *Server) Empty() (bool, error) { return s.store.empty() }

// now is the time stamp of writes, in whole seconds as the service keeps it.
func (s *Server) now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// scaled shortens a duration of the real service by the time scale.
func (s *Server) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / s.scale) }

var _ http.Handler = (*Server)(nil)
