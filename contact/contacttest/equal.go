package contacttest

import (
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// Equal fails the test, naming every field with both its values, unless
// [contact.Diff] finds got and want equal and they have the same uid, key and
// folder.
func Equal(t testing.TB, got, want *contact.Contact) {
	t.Helper()
	if got == nil || want == nil {
		if got != want {
			t.Errorf("got contact %v, want %v", got, want)
		}
		return
	}
	for _, f := range contact.Diff(got, want) {
		t.Errorf("%s\n got %s\nwant %s", f, orNothing(got.Value(f)), orNothing(want.Value(f)))
	}
	bookkeeping := []struct{ name, got, want string }{
		{"uid", got.UID, want.UID},
		{"key", got.Key, want.Key},
		{"folder", string(got.Folder), string(want.Folder)},
	}
	for _, b := range bookkeeping {
		if b.got != b.want {
			t.Errorf("%s\n got %q\nwant %q", b.name, b.got, b.want)
		}
	}
}

func orNothing(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}
