package exportertest_test

import (
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/exporter/exportertest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	exportertest.TestSource(t, func(t *testing.T, held exportertest.Contents) exporter.Source {
		f := exportertest.NewFake(held)
		f.PageSize = 4
		return f
	})
}

func TestFakeTracks(t *testing.T) {
	exportertest.TestTracking(t, func(t *testing.T, held exportertest.Contents) (exporter.Source, exportertest.Editor) {
		f := exportertest.NewFake(held)
		f.PageSize = 4
		return f, f
	})
}

// TestFakeTellsChanges checks the part of the contract that a service need not have.
func TestFakeTellsChanges(t *testing.T) {
	f := exportertest.NewFake(exportertest.Contents{"": {{Notes: "a"}, {Notes: "b"}}})
	folders, err := f.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list := func(from exporter.Cursor) (ids, deleted []contact.ID, next exporter.Cursor) {
		for page, err := range f.Pages(t.Context(), folders[0], from) {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page.Contacts {
				ids = append(ids, c.ID)
			}
			deleted, next = append(deleted, page.Deleted...), page.Next
		}
		return ids, deleted, next
	}
	first, _, next := list("")
	if len(first) != 2 || next == "" {
		t.Fatalf("listed %v up to %q", first, next)
	}
	f.Delete(first[0])
	added := f.Put("", &contact.Contact{Notes: "c"})
	ids, deleted, _ := list(next)
	if len(ids) != 1 || ids[0] != added || len(deleted) != 1 || deleted[0] != first[0] {
		t.Errorf("since then: %v, deleted %v", ids, deleted)
	}
}
