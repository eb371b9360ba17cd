package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
)

func newFolders(u *ui) *cobra.Command {
	return &cobra.Command{
		Use:     "folders SOURCE",
		Short:   "List an account's folders with their counts",
		Long:    "Folders lists the folders of an account, as SOURCE:FOLDER takes them, with the\nnumber of contacts in each. The default folder has no path; it comes first.\n\n" + exitCodesHelp,
		Example: "  cardferry folders sandbox:",
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return u.folders(c.Context(), args[0]) },
	}
}

type folderLine struct {
	Type    string             `json:"type"` // folder
	Path    contact.FolderPath `json:"path"`
	Name    string             `json:"name"`
	Default bool               `json:"default,omitzero"`
	Count   int                `json:"count"`
}

func (u *ui) folders(ctx context.Context, text string) error {
	e := parseEnd(text)
	if err := e.mustBeAccount("SOURCE"); err != nil {
		return err
	}
	return u.session(func(s *session) error {
		src, err := s.source(e)
		if err != nil {
			return err
		}
		folders, err := src.Folders(ctx)
		if err != nil {
			return fmt.Errorf("listing folders: %w", err)
		}
		if e.folder != nil {
			folder, ok := exporter.FindFolder(folders, *e.folder)
			if !ok {
				return exporter.ErrNoFolder
			}
			folders = []contact.Folder{folder}
		}
		total := 0
		table := tabwriter.NewWriter(u.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		for _, f := range folders {
			n, err := countFolder(ctx, src.Source, f)
			if err != nil {
				return err
			}
			total += n
			line := folderLine{"folder", f.Path, f.Name, f.Default, n}
			if u.json {
				u.object(line)
				continue
			}
			fmt.Fprintf(table, "%d\t  %s\n", n, shownFolder(e.account, f))
		}
		if u.json {
			u.lastObject(map[string]any{"type": "summary", "command": u.command, "folders": len(folders), "read": total})
			return nil
		}
		return table.Flush()
	})
}

func shownFolder(account string, f contact.Folder) string {
	if f.Default {
		return fmt.Sprintf("%s:  (%s, the default folder)", account, f.Name)
	}
	return fmt.Sprintf("%s:%s", account, f.Path)
}

func countFolder(ctx context.Context, src exporter.Source, f contact.Folder) (int, error) {
	if counter, ok := src.(exporter.Counter); ok {
		return counter.Count(ctx, f)
	}
	n := 0
	for page, err := range src.Pages(ctx, f, "") {
		if err != nil {
			return 0, err
		}
		n += len(page.Contacts) + len(page.Bad)
	}
	return n, nil
}
