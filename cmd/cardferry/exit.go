package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/importer/journal"
	"github.com/cardferry/cardferry/internal/auth"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/filelock"
	"github.com/cardferry/cardferry/internal/files"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
	"github.com/cardferry/cardferry/ratelimit"
)

// Exit codes. Scripts rely on them: add, never change.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitSignIn      = 4
	exitTemporary   = 5
	exitRefused     = 6
	exitDifferent   = 8
	exitNotFound    = 10
	exitLocked      = 11
	exitInterrupted = 130
)

const exitCodesHelp = `Exit codes:
    0  done
    1  failed
    2  usage: the command line or the configuration is wrong
    3  finished, but some records failed or wait for review, parts of them could
       not be read, or --strict was given and something was lost
    4  sign-in is needed
    5  temporary: the service cannot be reached or is busy; try later
    6  refused by a guard; --yes overrides it
    8  verify or roundtrip found differences
   10  no such account, folder or file
   11  another run holds the lock
  130  interrupted; the same command goes on where it stopped
`

// fault is an error with the exit code that it means, and what to do about it.
type fault struct {
	code int
	err  error
	hint string // can be pasted, or empty
}

func (f *fault) Error() string { return f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

func usage(hint, format string, args ...any) error {
	return &fault{exitUsage, fmt.Errorf(format, args...), hint}
}

func notFound(hint, format string, args ...any) error {
	return &fault{exitNotFound, fmt.Errorf(format, args...), hint}
}

// errIncomplete ends a run that did all it could, and has said what it could not.
var errIncomplete = errors.New("finished, but not everything came through")

// errDifferent ends a comparison that found differences, and has listed them.
var errDifferent = errors.New("the two ends differ")

// errNotAsWritten ends a run whose --verify found differences, and has listed them.
var errNotAsWritten = errors.New("finished, but not everything is as it was written")

// exitCode is the one place where an error becomes an exit code and a hint.
func exitCode(ctx context.Context, err error) (code int, hint string) {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.code, f.hint
	}
	switch {
	case err == nil:
		return exitDone, ""
	case ctx.Err() != nil:
		return exitInterrupted, "run the same command again: it goes on where it stopped"
	case errors.Is(err, errIncomplete):
		return exitIncomplete, ""
	case errors.Is(err, errDifferent), errors.Is(err, errNotAsWritten):
		return exitDifferent, ""
	case errors.Is(err, journal.ErrNotWritten):
		return exitFailed, "make space or mend it, and run the same command again: it goes on where it stopped"
	case errors.Is(err, journal.ErrDamaged), errors.Is(err, journal.ErrFormat):
		return exitFailed, "what that run wrote is in the account; it can be taken back by hand only"
	case errors.Is(err, sandbox.ErrLocked), errors.Is(err, filelock.ErrLocked), errors.Is(err, journal.ErrInUse):
		return exitLocked, "wait for the other run to end, and try again"
	case errors.Is(err, exporter.ErrNoFolder):
		return exitNotFound, "list the folders with: cardferry folders ACCOUNT:"
	case errors.Is(err, dav.ErrNoBook):
		return exitNotFound, "set url to the server's address to have all of the account's address books, and list them with: cardferry folders ACCOUNT:"
	case errors.Is(err, files.ErrUnknownFormat):
		return exitUsage, "name the format of what is read: --format vcard, or with convert --from vcard"
	case isUntrusted(err):
		return exitFailed, "check the account's url; an authority of your own is trusted when SSL_CERT_FILE names its certificate"
	case isForeign(err):
		return exitFailed, "if that is the same service, name it as the url of the account"
	case errors.Is(err, fs.ErrNotExist):
		return exitNotFound, ""
	case errors.Is(err, auth.ErrSignIn), errors.Is(err, odata.ErrSignIn), errors.Is(err, dav.ErrSignIn):
		if e, ok := errors.AsType[*auth.SignInError](err); ok {
			return exitSignIn, e.Hint
		}
		return exitSignIn, "sign in again: cardferry login ACCOUNT"
	case errors.Is(err, auth.ErrTemporary), errors.Is(err, importer.ErrTemporary), errors.Is(err, importer.ErrAmbiguous), errors.Is(err, ratelimit.ErrTooLong), odata.Temporary(err), dav.Temporary(err):
		hint = "try again later; an import goes on where it stopped"
		if odata.NoAnswer(err) {
			hint = "check the network and the account's url; " + hint
		}
		return exitTemporary, hint
	}
	return exitFailed, serviceHint(err)
}

// serviceHint says what to do about what a service refuses.
func serviceHint(err error) string {
	switch {
	case odata.NoMailbox(err):
		return "check the account's user; the mailbox may be without a licence, on a server of your own, or of an endpoint that is switched off (then use a Graph dialect)"
	case odata.Full(err):
		return "make room in the mailbox; until then it can be exported, but not written to"
	case odata.Forbidden(err):
		return "allow it: cardferry login ACCOUNT --write to change contacts; an administrator may have to consent"
	case odata.NoAnswer(err):
		return "check the network and the account's url"
	}
	return ""
}

// isUntrusted recognises a server whose certificate cannot be verified.
func isUntrusted(err error) bool {
	_, is := errors.AsType[*tls.CertificateVerificationError](err)
	return is
}

// isForeign recognises a link or redirect to another host.
func isForeign(err error) bool {
	_, is := errors.AsType[*odata.ForeignLinkError](err)
	return is
}

// usageError recognises what cobra and pflag say of a wrong command line.
func usageError(err error) bool {
	text := err.Error()
	for _, sign := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires at least", "invalid argument", "flag needs an argument", "required flag"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}
