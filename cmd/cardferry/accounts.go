package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	outlooksource "github.com/cardferry/cardferry/exporter/outlook"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/importer"
	outlooksink "github.com/cardferry/cardferry/importer/outlook"
	"github.com/cardferry/cardferry/internal/auth"
	"github.com/cardferry/cardferry/internal/filelock"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
	"github.com/cardferry/cardferry/ratelimit"
)

// session is what one run of a command has open. Close it when the command ends.
type session struct {
	env    *env
	boxes  map[string]*box              // embedded services, by account
	pacers map[string]*ratelimit.Client // by account
	onWait func(ratelimit.Wait)         // told what a run waits for; may be nil
	sink   string                       // the mailbox that is written to, once it is known
	// onDamaged is told the path of a journal that cannot be read; may be nil.
	onDamaged func(path string)
	// onUnsaved is told why a renewed sign-in could not be saved; nil makes it an error.
	onUnsaved func(error)
	closers   []func() error
}

// box is an embedded service with its address.
type box struct {
	service *sandbox.Server
	url     string
}

func (e *env) newSession() *session {
	return &session{env: e, boxes: map[string]*box{}, pacers: map[string]*ratelimit.Client{}}
}

func (s *session) Close() error {
	var err error
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	return err
}

// access says what a run may do to an account.
type access bool

const (
	readOnly  access = false
	readWrite access = true
)

// opened is an account's two sides.
type opened struct {
	account *account
	source  exporter.Source
	sink    importer.Sink
}

// open opens an account. This is the table of providers.
func (s *session) open(name string, may access) (o *opened, err error) {
	a, err := s.env.account(name)
	if err != nil {
		return nil, err
	}
	switch a.provider {
	case providerCardDAV:
		o, err = s.openDav(a, may)
	default:
		var c *odata.Client
		if c, err = s.client(a, may); err == nil {
			o = &opened{source: outlooksource.New(c), sink: outlooksink.New(c)}
		}
	}
	if err != nil {
		return nil, err
	}
	o.account = a
	return o, nil
}

// client opens an account at Microsoft's services for requests.
func (s *session) client(a *account, may access) (*odata.Client, error) {
	base := a.url
	var doer ratelimit.Doer = newHTTPClient()
	if a.provider == providerSandbox {
		b, err := s.box(a.name)
		if err != nil {
			return nil, err
		}
		base, doer = b.url, boxErrors{doer, a.name, b.service}
	}
	base, err := withDialectPath(cmp.Or(base, a.dialect.BaseURL()), a.dialect)
	if err != nil {
		return nil, err
	}
	return s.connect(a, base, doer, may)
}

// connect puts together what requests go through on their way: the sign-in, the
// pacing, and in a run that may only read what refuses writes.
func (s *session) connect(a *account, base string, doer ratelimit.Doer, may access) (*odata.Client, error) {
	signer, err := s.env.signer(a, auth.Access(may), auth.Options{Unsaved: s.onUnsaved})
	if err != nil {
		return nil, err
	}
	o := ratelimit.Options{OnWait: s.onWait}
	if a.limits {
		o.Limits = ratelimit.Outlook()
	}
	if may == readOnly {
		doer = refuseWrites{doer}
	}
	pacer := ratelimit.New(doer, o)
	s.pacers[a.name] = pacer
	signed, err := signer.Sign(pacer, base)
	if err != nil {
		return nil, usage("", "account %s: %w", a.name, err)
	}
	return odata.NewClient(signInErrors{signed.(readingDoer)}, odata.Account{BaseURL: base, Dialect: a.dialect, User: a.user, Name: a.name, Version: version, CountAs: ratelimit.WithParts, Throttled: pacer.Throttled})
}

// withDialectPath adds the dialect's path to a base URL that has none, so that the
// address of a service alone is enough.
func withDialectPath(base string, d outlook.Dialect) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = map[outlook.Dialect]string{
			outlook.GraphV1: "/v1.0", outlook.GraphBeta: "/beta",
			outlook.OutlookV2: "/api/v2.0", outlook.OutlookBeta: "/api/beta",
		}[d]
	}
	return u.String(), nil
}

// newHTTPClient returns a client that follows no redirect to another host: what it
// is sent with is for the one that was asked.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.ResponseHeaderTimeout = 100 * time.Second
	return &http.Client{
		Transport: transport,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if from := via[0].URL; req.URL.Host != from.Host || req.URL.Scheme != from.Scheme {
				return &odata.ForeignLinkError{Host: req.URL.Scheme + "://" + req.URL.Host}
			}
			if len(via) >= 5 {
				return errors.New("the service redirects in circles")
			}
			return nil
		},
	}
}

// refuseWrites is the transport of exports and dry runs: no request that could
// change anything leaves it.
type refuseWrites struct{ next ratelimit.Doer }

func (d refuseWrites) Do(req *http.Request) (*http.Response, error) {
	switch req.Method {
	case http.MethodGet, http.MethodHead, "PROPFIND", "REPORT": // the last two are WebDAV's questions
	default:
		if odata.ReadsAlone(req) {
			break
		}
		return nil, fmt.Errorf("a run that only reads tried to send %s: this is a defect of cardferry", req.Method)
	}
	return d.next.Do(req)
}

// source opens an account for reading.
func (s *session) source(e end) (*source, error) {
	o, err := s.open(e.account, readOnly)
	if err != nil {
		return nil, err
	}
	return &source{Source: o.source, account: o.account, end: e, isNotSink: s.isNotSink(o.account)}, nil
}

// source is an account opened for reading, and the part of it that is asked for.
type source struct {
	exporter.Source
	account   *account
	end       end
	isNotSink func([]contact.Folder) error
}

// contacts returns the account's contacts, all of one folder or of the whole tree.
func (s *source) contacts(ctx context.Context, photos bool) iter.Seq2[*contact.Contact, error] {
	o := exporter.Options{Folder: s.end.folder, Photos: photos, Tree: s.isNotSink}
	return withoutPhotos(photos, inAccount(s.end.account, exporter.Contacts(ctx, s.Source, o)))
}

// inAccount names the account in the position of every contact.
func inAccount(name string, contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		n := 0
		for c, err := range contacts {
			n++
			if c != nil {
				c.At = contact.Position{File: name, Unit: "contact", Number: n}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// withoutPhotos drops the photos of contacts unless they are wanted.
func withoutPhotos(wanted bool, contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	if wanted {
		return contacts
	}
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range contacts {
			if c != nil {
				c.Photo = nil
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// target is an account opened for writing, with the read side that its index is
// made from.
type target struct {
	sink importer.Sink
	read exporter.Source
	end  end

	account *account
	found   func([]contact.Folder) error // told of its folders before it is read
}

// Contacts reads the whole account, whatever folder is asked for: a person in
// another folder is the same person.
func (t *target) Contacts(ctx context.Context) iter.Seq2[*contact.Contact, error] {
	return exporter.Contacts(ctx, t.read, exporter.Options{Tree: t.found})
}

// photoOf returns a function that fetches photos of the account, nil for one whose
// photos cannot be read. A photo that does not come is none.
func (t *target) photoOf(ctx context.Context) func(contact.ID) *contact.Photo {
	reader, ok := t.sink.(importer.PhotoReader)
	if !ok {
		return nil
	}
	return func(id contact.ID) *contact.Photo {
		p, err := reader.Photo(ctx, id)
		if err != nil {
			return nil
		}
		return p
	}
}

func (s *session) target(e end, dryRun bool) (*target, error) {
	if !dryRun {
		if err := s.lock(e.account); err != nil {
			return nil, err
		}
	}
	o, err := s.open(e.account, access(!dryRun))
	if err != nil {
		return nil, err
	}
	return &target{sink: o.sink, read: o.source, end: e, account: o.account, found: s.isSink(o.account, !dryRun)}, nil
}

// guard refuses to begin where the service says that it would refuse everything.
func (t *target) guard(ctx context.Context, yes bool) error {
	sink, ok := t.sink.(importer.Guarded)
	if !ok || yes {
		return nil
	}
	var folder contact.FolderPath
	if t.end.folder != nil {
		folder = *t.end.folder
	}
	readOnly, err := sink.ReadOnly(ctx, folder)
	if err == nil && readOnly {
		err = &fault{exitRefused, fmt.Errorf("the service says that this login may read %s, and not write to it: nothing was sent", t.end.text), "have its owner allow it; --yes tries all the same"}
	}
	return err
}

// lock keeps a second run from writing to the account at the same time: neither would
// see what the other creates.
func (s *session) lock(account string) error {
	if err := s.lockFile(account); err != nil {
		return fmt.Errorf("account %s: %w", account, err)
	}
	return nil
}

func (s *session) lockFile(name string) error {
	if err := s.env.checkDirs(); err != nil {
		return err
	}
	dir := filepath.Join(s.env.stateDir(), "locks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	unlock, err := filelock.Try(filepath.Join(dir, name+".lock"))
	if err != nil {
		return err
	}
	s.closers = append(s.closers, func() error { unlock(); return nil })
	return nil
}

// sandboxToken is the bearer token of embedded services.
const sandboxToken = "sandbox"

// The sample mailbox that the account sandbox: is filled with on its first use.
var builtInSample = sandbox.Sample{Contacts: 250, Photos: 0.24, Seed: 1}

// box opens the embedded service of an account and serves it on loopback.
func (s *session) box(name string) (*box, error) {
	if b := s.boxes[name]; b != nil {
		return b, nil
	}
	dir := filepath.Join(s.env.stateDir(), "sandbox")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	service, err := sandbox.Open(sandbox.Options{Data: filepath.Join(dir, name+".db"), Token: sandboxToken})
	if err != nil {
		return nil, fmt.Errorf("opening the embedded mailbox of %s: %w", name, err)
	}
	s.closers = append(s.closers, service.Close)
	if name == builtIn {
		if err := fillOnce(service, builtInSample); err != nil {
			return nil, fmt.Errorf("filling the embedded mailbox: %w", err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the embedded mailbox: %w", err)
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener)
	s.closers = append(s.closers, server.Close)
	s.boxes[name] = &box{service, "http://" + listener.Addr().String()}
	return s.boxes[name], nil
}

// boxErrors makes a fault of an embedded service, such as that of a full disk, an error
// of this run: nothing comes of trying again.
type boxErrors struct {
	next    ratelimit.Doer
	account string
	service *sandbox.Server
}

func (d boxErrors) Do(req *http.Request) (*http.Response, error) {
	resp, err := d.next.Do(req)
	if own := d.service.Err(); own != nil && err == nil && resp.StatusCode >= 500 {
		resp.Body.Close()
		return nil, &fault{exitFailed, fmt.Errorf("the embedded mailbox of %s: %w", d.account, own), "make space or mend it, and run the same command again: it goes on where it stopped"}
	}
	return resp, err
}

func fillOnce(service *sandbox.Server, sample sandbox.Sample) error {
	empty, err := service.Empty()
	if err != nil || !empty {
		return err
	}
	return service.Fill(sample)
}
