package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/internal/auth"
	"github.com/cardferry/cardferry/internal/odata"
)

func newDoctor(u *ui) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor ACCOUNT",
		Short: "Check that an account can be used, also when nobody is there",
		Long: `Doctor checks an account: its configuration, that the sign-in renews itself without
anybody being asked (as it must from cron), what it allows, that the service can be
reached, and that the mailbox answers and has room. It says what to do about each failure.

` + exitCodesHelp,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return u.doctor(c.Context(), args[0]) },
	}
}

// check is one line of a doctor's report.
type check struct {
	Type  string `json:"type"` // check
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitzero"`
}

func (u *ui) doctor(ctx context.Context, text string) error {
	a, err := u.namedAccount(text)
	if err != nil {
		return err
	}
	u.report1("configuration", fmt.Sprintf("%s, %s, signs in by %s", a.provider, cmp.Or(a.kind(), "of any kind"), a.signsInBy()), nil)
	return u.session(func(s *session) error {
		if a.dav == nil || a.auth.Method != "" { // elsewhere it shows with the first request
			if err := u.checkSignIn(ctx, a); err != nil {
				return err
			}
		}
		src, err := s.source(end{account: a.name})
		if err != nil {
			return err
		}
		start := time.Now()
		folders, err := src.Folders(ctx)
		if odata.NoAnswer(err) {
			return u.report1("service", "", err)
		}
		u.report1("service", fmt.Sprintf("answers in %d ms", time.Since(start).Milliseconds()), nil)
		if err != nil {
			return u.report1("mailbox", "", err)
		}
		n, err := countFolder(ctx, src.Source, folders[0])
		if err != nil {
			return u.report1("mailbox", "", err)
		}
		u.report1("mailbox", fmt.Sprintf("%s, %s in the default one", count(len(folders), "folder"), count(n, "contact")), nil)
		if src, ok := src.Source.(interface{ Room(context.Context) error }); ok {
			if err := src.Room(ctx); err != nil {
				return u.report1("room", "", err)
			}
		}
		if text := a.unseen(); text != "" {
			u.report1("dialect", text, nil)
		}
		if u.json {
			u.lastObject(map[string]any{"type": "summary", "command": u.command, "ok": true})
		}
		return nil
	})
}

func (u *ui) checkSignIn(ctx context.Context, a *account) error {
	signer, err := u.signer(a, auth.ReadOnly, auth.Options{})
	if err != nil {
		return u.report1("sign-in", "", err)
	}
	login, err := signer.Check(ctx)
	if err != nil {
		return u.report1("sign-in", "", err)
	}
	switch a.auth.Method {
	case auth.Device, auth.Browser:
		u.report1("sign-in", fmt.Sprintf("renewed just now; signed in %s days ago; allows %s", days(login.SignedIn), strings.Join(login.Scopes, " ")), nil)
		if a.dav == nil && !slices.ContainsFunc(login.Scopes, func(scope string) bool { return strings.Contains(scope, "ReadWrite") }) {
			u.report1("permissions", "to read; to import, sign in with: cardferry login "+a.name+" --write", nil)
		}
	default:
		u.report1("sign-in", "works without a person", nil)
	}
	return nil
}

func days(since time.Time) string { return fmt.Sprintf("%d", int(time.Since(since).Hours()/24)) }

// report1 prints one check and returns its error.
func (u *ui) report1(what, text string, err error) error {
	c := check{Type: "check", Check: what, OK: err == nil, Text: text}
	if err != nil {
		c.Text = err.Error()
		_, c.Hint = exitCode(context.Background(), err)
	}
	if u.json {
		u.object(c)
		return err
	}
	if err == nil {
		fmt.Fprintf(u.stdout, "ok      %s: %s\n", what, text)
	} else {
		fmt.Fprintf(u.stdout, "failed  %s\n", what)
	}
	return err
}
