package importertest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

func testDelete(t *testing.T, a Account) {
	deleter, ok := a.Sink.(importer.Deleter)
	if !ok {
		t.Skip("not a Deleter")
	}
	in := folder(t, a, "A/B")
	goes, stays := create(t, a, in, person(1)).Contact, create(t, a, in, person(2)).Contact
	for range 2 { // the second time it is gone already
		if err := deleter.Delete(t.Context(), goes.Ref()); err != nil {
			t.Fatal(err)
		}
	}
	all := held(t, a)
	if len(all) != 1 || all[stays.ID] == nil {
		t.Errorf("%d contacts are left, want the other one", len(all))
	}
	if err := deleter.Delete(t.Context(), contact.Ref{}); err == nil {
		t.Error("deleting an empty id is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := deleter.Delete(ctx, stays.Ref()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if len(held(t, a)) != 1 {
		t.Error("what was cancelled, or had no id, deleted something")
	}
	create(t, a, in, person(1))
	if len(held(t, a)) != 2 {
		t.Error("what was deleted cannot be created again")
	}
}

func testRemoveFolder(t *testing.T, a Account) {
	remover, ok := a.Sink.(importer.FolderRemover)
	if !ok {
		t.Skip("not a FolderRemover")
	}
	full, parent, empty := folder(t, a, "Full"), folder(t, a, "Parent"), folder(t, a, "Parent/Empty")
	create(t, a, full, person(1))
	tree := func() (paths []contact.FolderPath) {
		folders, err := remover.Folders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			paths = append(paths, f.Path)
		}
		slices.Sort(paths)
		return paths
	}
	if got := tree(); !slices.Equal(got, []contact.FolderPath{"", "Full", "Parent", "Parent/Empty"}) {
		t.Fatalf("folders %q", got)
	}
	for _, id := range []contact.FolderID{folder(t, a, ""), full, parent} {
		if err := remover.RemoveFolder(t.Context(), id); !errors.Is(err, importer.ErrRejected) {
			t.Errorf("removing what is not empty: %v, want ErrRejected", err)
		}
	}
	for _, id := range []contact.FolderID{empty, empty, parent} {
		if err := remover.RemoveFolder(t.Context(), id); err != nil {
			t.Errorf("removing an empty folder: %v", err)
		}
	}
	if got := tree(); !slices.Equal(got, []contact.FolderPath{"", "Full"}) || len(held(t, a)) != 1 {
		t.Errorf("folders %q, contacts %d", got, len(held(t, a)))
	}
	create(t, a, folder(t, a, "Parent/Empty"), person(2)) // it is made again
	if got := tree(); !slices.Contains(got, "Parent/Empty") {
		t.Errorf("folders %q", got)
	}
}
