package main

import (
	"context"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
)

type migrateCommand struct {
	*ui
	runFlags
	importFlags
	folder string
}

func newMigrate(u *ui) *cobra.Command {
	x := &migrateCommand{ui: u}
	c := &cobra.Command{
		Use:   "migrate SOURCE SINK",
		Short: "Bring the contacts of one account into another, folders and photos included",
		Long: `Migrate reads the contacts of one account and brings them into another, as import
does with files. Folders are made where they do not exist.

` + onDuplicateHelp + "\n" + onLossHelp + "\n" + exitCodesHelp,
		Example: `  cardferry migrate old: new: --dry-run
  cardferry migrate old:Customers new:Customers`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args) },
	}
	x.runFlags.add(c)
	x.importFlags.add(c)
	c.Flags().StringVar(&x.folder, "folder", "", "the one `FOLDER` of SOURCE to migrate; same as SOURCE:FOLDER")
	return c
}

func (x *migrateCommand) run(ctx context.Context, args []string) error {
	from, err := parseEnd(args[0]).inFolder(x.folder)
	if err == nil {
		err = from.mustBeAccount("SOURCE")
	}
	if err != nil {
		return err
	}
	to := parseEnd(args[1])
	if err := to.mustBeAccount("SINK"); err != nil {
		return err
	}
	if strings.EqualFold(from.account, to.account) { // the environment tells no capitals apart
		return usage("name another account as SINK", "SOURCE and SINK are the same account")
	}
	return x.session(func(s *session) error {
		src, err := s.source(from)
		if err != nil {
			return err
		}
		x.noteUnseen(src.account)
		b := bringing{ui: x.ui, runFlags: x.runFlags, importFlags: x.importFlags, what: from.text, verb: "migrated", same: same("migrate", []string{from.text}, to)}
		contacts := x.withPhotos(ctx, src.contacts(ctx, x.photos))
		if from.folder != nil && to.folder != nil {
			contacts = intoOneFolder(contacts)
		}
		left, err := openLeftovers(x.ui, &x.importFlags, nil)
		if err != nil {
			return err
		}
		defer left.close()
		return b.bring(ctx, s, contacts, to, left)
	})
}

// intoOneFolder forgets the folders of contacts: they all go to the one that SINK
// names.
func intoOneFolder(contacts iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range contacts {
			if c != nil {
				c.Folder = ""
			}
			if !yield(c, err) {
				return
			}
		}
	}
}
