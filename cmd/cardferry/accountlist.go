package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newAccounts(u *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "accounts",
		Short: "List the accounts that are configured",
		Long: `Accounts lists the accounts of the configuration file, of the environment, and the
built-in sandbox:. An account is a table of the file:

  [work]
  provider = "outlook"
  dialect  = "graph-v1.0"
  token_command = "pass show graph-token"

or the same keys in the environment: CARDFERRY_WORK_PROVIDER=outlook and so on.

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
}

func (u *ui) accounts() error {
	names, err := u.accountNames()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(u.stdout, 0, 0, 2, ' ', 0)
	for _, name := range names {
		a, err := u.env.account(name)
		if err != nil {
			return err
		}
		if u.json {
			u.object(accountLine{"account", name, a.provider, string(a.dialect), a.url})
			continue
		}
		fmt.Fprintf(table, "%s:\t%s\t%s\t%s\n", name, a.provider, a.dialect, a.url)
	}
	u.note("the configuration file is %s", u.configPath())
	return table.Flush()
}
