package main

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/internal/auth"
)

func newLogin(u *ui) *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "login ACCOUNT",
		Short: "Sign in to an account, once",
		Long: `Login signs in to an account as its configuration says, and keeps what is needed to
stay signed in: in the system's keyring, or in a file that only you can read
(CARDFERRY_KEYRING=off chooses the file). It asks for permission to read contacts;
with --write also to change them, which import and migrate need.

  auth = "device"              a code to enter in a browser on any machine (the default)
  auth = "browser"             a page that opens in the browser of this machine
  auth = "client-secret"       a program's own secret
  auth = "client-certificate"  a program's key and certificate
  auth = "token"               an access token from elsewhere

The first four need client_id, the id of your own app registration, and mostly
tenant; programs have a tenant of their own. authority is the identity platform.
CardDAV accounts sign in here by browser or device alone, where the provider has OAuth
2.0 (preset google); their permission is always to change contacts too.

` + exitCodesHelp,
		Example: "  cardferry login work:\n  cardferry login new: --write",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return u.login(c.Context(), args[0], auth.Access(write)) },
	}
	c.Flags().BoolVar(&write, "write", false, "ask for permission to change contacts too")
	return c
}

func (u *ui) login(ctx context.Context, text string, access auth.Access) error {
	a, err := u.namedAccount(text)
	if err != nil {
		return err
	}
	if a.dav != nil && a.auth.Method == "" {
		return usage("see whether that works with: cardferry doctor "+a.name+":", "account %s signs in by %s with every request: there is nothing to keep", a.name, a.dav.method)
	}
	signer, err := u.signer(a, access, auth.Options{Interactive: true, Prompt: u.showCode, OpenBrowser: u.openBrowser})
	if err != nil {
		return err
	}
	login, err := signer.SignIn(ctx)
	if err != nil {
		return err
	}
	if u.json {
		u.object(loginLine(login))
		return nil
	}
	u.note("signed in to %s:%s", a.name, lasting(login, a.auth.Method))
	return nil
}

// lasting says how long a sign-in will do.
func lasting(l auth.Login, method auth.Method) string {
	switch {
	case method == auth.ReadyToken:
		return " the token is at hand; whether the service takes it, doctor tells"
	case l.Renewable:
		return " it renews itself"
	case method == auth.Device || method == auth.Browser:
		return fmt.Sprintf(" it does not renew itself, and ends at %s", l.Expiry.Local().Format(time.DateTime))
	}
	return " a program signs in anew whenever it has to"
}

// namedAccount returns the account that a command line names, with or without the
// colon.
func (u *ui) namedAccount(text string) (*account, error) {
	name := strings.TrimSuffix(text, ":")
	if !accountName.MatchString(name) {
		return nil, usage("for example: cardferry login work:", "%q is no account", text)
	}
	return u.account(name)
}

func (u *ui) showCode(uri, code, _ string) {
	if u.json {
		u.object(map[string]string{"type": "code", "verificationUri": uri, "userCode": code})
		return
	}
	u.line("to sign in, open %s and enter the code %s", uri, code)
}

func (u *ui) openBrowser(address string) error {
	command := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if command == nil {
		command = []string{"xdg-open"}
	}
	if u.json {
		u.object(map[string]string{"type": "browse", "url": address})
	} else {
		u.line("to sign in, open %s", address)
	}
	if path, err := exec.LookPath(command[0]); err == nil && u.terminal {
		return exec.Command(path, append(command[1:], address)...).Start()
	}
	return nil // the address has been shown
}

func newLogout(u *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "logout ACCOUNT",
		Short: "Forget the sign-in of an account",
		Long:  "Logout forgets what login has kept of an account. The identity platform is not told:\nit has no way to be; an administrator can revoke sessions there.\n\n" + exitCodesHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := u.namedAccount(args[0])
			if err != nil {
				return err
			}
			if err := u.store().Delete(c.Context(), a.name); err != nil {
				return err
			}
			u.note("signed out of %s:", a.name)
			return nil
		},
	}
}

// loginEvent is what --json says of a sign-in.
type loginEvent struct {
	Type      string    `json:"type"` // login
	Account   string    `json:"account"`
	Scopes    []string  `json:"scopes,omitempty"`
	SignedIn  time.Time `json:"signedIn,omitzero"`
	Expiry    time.Time `json:"expiry,omitzero"`
	Renewable bool      `json:"renewable"`
	Keyring   bool      `json:"keyring"`
}

func loginLine(l auth.Login) loginEvent {
	return loginEvent{"login", l.Account, l.Scopes, l.SignedIn, l.Expiry, l.Renewable, l.Keyring}
}
