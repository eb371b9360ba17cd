package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/internal/auth"
)

func newAccounts(u *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "accounts",
		Short: "List the accounts that are configured",
		Long: `Accounts lists the accounts of the configuration file, of the environment, and the
built-in sandbox:. An account is a table of the file:

  [work]
  provider  = "outlook"         # or carddav, sandbox
  dialect   = "graph-v1.0"      # graph-beta, outlook-v2.0, outlook-beta
  client_id = "…"               # of your own app registration
  tenant    = "example.org"

  [home]
  provider = "carddav"
  preset   = "nextcloud"        # or icloud, fastmail, google, mailbox.org, …
  url      = "https://cloud.example.org/"
  username = "ann"
  password_command = "pass show cloud"

or the same keys in the environment: CARDFERRY_WORK_CLIENT_ID=… and so on. Other
keys are url, user, limits (outlook or none), auth (see: cardferry login --help),
authority, certificate, and the secrets token, password and client_secret, each also
with _file or _command behind it. A CardDAV account signs in by auth = "basic" (the
default), "token", "client-certificate", or "browser" and "device" with client_id
(OAuth 2.0: preset google knows where; elsewhere set oauth_authorize or oauth_device,
oauth_token and oauth_scope). Without a url the domain of its username is asked for
one. groups = "cards" has its categories written as groups, "categories" not.

` + exitCodesHelp,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return u.accounts() },
	}
}

type accountLine struct {
	Type     string `json:"type"` // account
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Dialect  string `json:"dialect"`
	URL      string `json:"url,omitzero"`
	Auth     string `json:"auth"`
	SignedIn bool   `json:"signedIn"` // a login is kept, or none is needed
}

func (u *ui) accounts() error {
	names, err := u.accountNames()
	if err != nil {
		return err
	}
	logins, err := u.store().List()
	if err != nil {
		u.line("some logins cannot be read: %s", oneLine(err))
	}
	table := tabwriter.NewWriter(u.stdout, 0, 0, 2, ' ', 0)
	for _, name := range names {
		a, err := u.env.account(name)
		if err != nil {
			return err
		}
		state, signedIn := signInState(a, logins)
		if u.json {
			u.object(accountLine{"account", name, a.provider, a.kind(), a.url, a.signsInBy(), signedIn})
			continue
		}
		fmt.Fprintf(table, "%s:\t%s\t%s\t%s\t%s\n", name, a.provider, a.kind(), state, a.url)
	}
	u.note("the configuration file is %s", u.configPath())
	return table.Flush()
}

// signInState says how an account signs in, and whether it has.
func signInState(a *account, logins []auth.Login) (string, bool) {
	switch {
	case a.provider == providerSandbox:
		return "needs no sign-in", true
	case a.dav != nil && a.auth.Method == "":
		return "signs in by " + a.dav.method, true
	case a.auth.Method != auth.Device && a.auth.Method != auth.Browser:
		return "signs in by " + string(a.auth.Method), true
	}
	for _, l := range logins {
		if l.Account == a.name {
			return "signed in", true
		}
	}
	return "not signed in", false
}
