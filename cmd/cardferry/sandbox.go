package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/internal/atomicfile"
	"github.com/cardferry/cardferry/internal/sandbox"
)

type sandboxCommand struct {
	*ui
	listen, limits, faults, data, token string
	quirks, signIn                      string
	tls                                 bool
	sample                              sandbox.Sample
	timeScale                           float64
}

func newSandbox(u *ui) *cobra.Command {
	x := &sandboxCommand{ui: u}
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Serve the embedded contacts service on loopback",
		Long: `Sandbox serves a faithful imitation of Microsoft's contacts service until it is
interrupted: Graph at /v1.0 and /beta, Outlook REST at /api/v2.0 and /api/beta,
over the same mailboxes of invented people, and an identity provider at
/{tenant}/oauth2/v2.0 with the clients "cardferry-sandbox" (public) and
"cardferry-app" (secret "sandbox-secret"). When it is ready it prints one JSON line
with its address on stdout, and with --tls the file of its certificate authority as
"ca". GET /_sandbox/stats counts what was asked of it, DELETE starts the count anew.

Use it from another terminal as an account:

  export CARDFERRY_TRY_URL=http://127.0.0.1:8787 CARDFERRY_TRY_TOKEN=sandbox
  cardferry export try: try.vcf

--faults takes a list such as '429:5%,reset-after-write:#17': a fault by its
probability, or at the n-th request that it concerns:
` + sandbox.FaultsHelp() + `
--quirks takes a list of switches for what is not known of the real service, or
differs between mailboxes:
` + sandbox.QuirksHelp() + `

` + exitCodesHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return x.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVar(&x.listen, "listen", "127.0.0.1:0", "the loopback `ADDRESS` to listen on; port 0 is any free one")
	f.IntVar(&x.sample.Contacts, "contacts", builtInSample.Contacts, "how many invented contacts a new mailbox begins with")
	f.Float64Var(&x.sample.Photos, "photos", builtInSample.Photos, "which `FRACTION` of them has a photo")
	f.Uint64Var(&x.sample.Seed, "seed", builtInSample.Seed, "another seed makes other people")
	choice(c, &x.limits, "limits", "none", []string{"none", "outlook"}, "throttle as the real service is documented to")
	f.Float64Var(&x.timeScale, "time-scale", 1, "let the limits' clock run `N` times as fast")
	f.StringVar(&x.faults, "faults", "", "fail as `SPEC` says")
	f.StringVar(&x.quirks, "quirks", "", "behave as `SPEC` says where the real service's behaviour is not known")
	f.StringVar(&x.signIn, "sign-in", "", "the `ADDRESS` that is signed in without being asked")
	f.BoolVar(&x.tls, "tls", false, "serve https, with a certificate made for this run")
	f.StringVar(&x.data, "data", "", "keep the mailbox in `DIR`; by default it goes with the process")
	f.StringVar(&x.token, "token", sandboxToken, "the bearer token to ask for")
	return c
}

func (x *sandboxCommand) run(ctx context.Context) error {
	if err := x.check(); err != nil {
		return err
	}
	o := sandbox.Options{Token: x.token, Limits: x.limits == "outlook", TimeScale: x.timeScale, Faults: x.faults, Quirks: x.quirks, SignIn: x.signIn}
	if x.data != "" {
		if err := os.MkdirAll(x.data, 0o700); err != nil {
			return err
		}
		o.Data = filepath.Join(x.data, "mailbox.db")
	}
	service, err := sandbox.Open(o)
	if errors.Is(err, sandbox.ErrLocked) {
		return err
	}
	if err != nil {
		return usage("see: cardferry sandbox --help", "%w", err)
	}
	defer service.Close()
	if x.sample.Contacts > 0 {
		if err := fillOnce(service, x.sample); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", x.listen)
	if err != nil {
		return usage("choose another address with --listen", "cannot listen there: %w", err)
	}
	ready := map[string]string{"type": "ready", "url": "http://" + listener.Addr().String(), "token": x.token}
	if x.tls {
		certificate, authority, err := sandbox.NewCertificate()
		if err != nil {
			return err
		}
		ca, remove, err := x.writeAuthority(authority)
		if err != nil {
			return err
		}
		defer remove()
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
		ready["url"], ready["ca"] = "https://"+listener.Addr().String(), ca
	}
	x.object(ready)
	return serve(ctx, listener, service)
}

// writeAuthority writes the certificate authority to a file for clients to trust: in
// the data directory, else one that goes with the process.
func (x *sandboxCommand) writeAuthority(pem []byte) (path string, remove func(), err error) {
	if x.data != "" {
		path = filepath.Join(x.data, "ca.pem")
		return path, func() {}, atomicfile.Write(path, pem, 0o644)
	}
	f, err := os.CreateTemp("", "cardferry-ca-*.pem")
	if err != nil {
		return "", nil, err
	}
	_, err = f.Write(pem)
	return f.Name(), func() { os.Remove(f.Name()) }, errors.Join(err, f.Close())
}

// serve serves until ctx ends, and lets requests under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if server.Shutdown(closing) != nil {
		server.Close()
	}
	return nil
}

func (x *sandboxCommand) check() error {
	switch {
	case x.sample.Contacts < 0:
		return usage("", "--contacts must not be negative")
	case x.sample.Photos < 0 || x.sample.Photos > 1:
		return usage("", "--photos must be from 0 to 1")
	case x.timeScale <= 0:
		return usage("", "--time-scale must be more than 0")
	}
	return loopbackOnly(x.listen)
}

func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usage("for example --listen 127.0.0.1:8787", "--listen %s is not an address with a port", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("for example --listen 127.0.0.1:8787", "--listen %s is not on loopback: the sandbox protects nothing", address)
	}
	return nil
}
