package importer

import (
	"context"
	"fmt"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// folderSteps returns the steps that make the folders along a path that are not
// there yet, so that the journal knows them. Where the sink cannot list its folders
// there are none, and the folder is made on the way to its first contact.
func (im *importing) folderSteps(ctx context.Context, path contact.FolderPath) ([]step, error) {
	remover, ok := im.sink.(FolderRemover)
	if !ok || im.o.Journal == nil || path == "" {
		return nil, nil
	}
	if im.folders == nil {
		tree, err := remover.Folders(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the folders: %w", err)
		}
		im.folders = map[contact.FolderPath]contact.FolderPath{}
		for _, f := range tree {
			im.folders[folderKey(im.sink, f.Path)] = f.Path
		}
	}
	var steps []step
	var at contact.FolderPath
	for _, name := range path.Names() {
		at = at.Child(name)
		if _, ok := im.folders[folderKey(im.sink, at)]; ok {
			continue
		}
		im.folders[folderKey(im.sink, at)] = at
		entry := &journal.Entry{Kind: journal.MakeFolder, Folder: at}
		steps = append(steps, step{entry, func(ctx context.Context) error {
			id, err := im.sink.EnsureFolder(ctx, entry.Folder)
			if err != nil {
				return nil // its contacts will say
			}
			im.o.Journal.Note(entry, journal.Outcome{Status: journal.Done, NewID: contact.ID(id)})
			return nil
		}})
	}
	return steps, nil
}

// noteSpelling notes that a contact's folder is there in other capitals.
func (im *importing) noteSpelling(d *decision) {
	path := im.o.Folder.Join(d.contact.Folder)
	if there, ok := im.folders[folderKey(im.sink, path)]; ok && there != path {
		d.losses = append(d.losses, contact.Loss{Field: "folder", Kind: contact.Moved, Reason: "the account has this folder in other capitals"})
	}
}

// folderKey returns the form in which paths are compared: most services tell no
// capitals apart.
func folderKey(sink Sink, path contact.FolderPath) contact.FolderPath {
	if _, ok := sink.(CaseSink); ok {
		return path
	}
	return contact.FolderPath(strings.ToLower(string(path)))
}
