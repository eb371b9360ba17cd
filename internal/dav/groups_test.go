package dav

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/formats"
)

// FuzzEditMembers: whoever joins a group and leaves it again leaves no trace, whatever
// else is in its card.
func FuzzEditMembers(f *testing.F) {
	f.Add(string(NewGroup("Ski, of course")), "person-1")
	f.Add("BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:x\nMEMBER:urn:uuid:a\n b\nEND:VCARD\n", "AB")
	f.Add("BEGIN:VCARD\r\nVERSION:3.0\r\nitem1.X-ADDRESSBOOKSERVER-MEMBER;X=1:urn:uuid:a\r\nEND:VCARD\r\n", "urn:uuid:"+strings.Repeat("ä", 80))
	f.Add("\t\tEND", "\xcc")
	f.Fuzz(func(t *testing.T, card, uid string) {
		if key := formats.MemberKey(uid); key == "" || formats.MemberKey(bareUID(uid)) != key {
			return
		}
		joined, changed := EditMembers([]byte(card), []string{uid}, nil)
		if !changed {
			if !bytes.Equal(joined, []byte(card)) {
				t.Fatalf("nothing is said to have changed: %q", joined)
			}
			return
		}
		if again, changed := EditMembers(joined, []string{uid}, nil); changed {
			t.Fatalf("it joined twice: %q", again)
		}
		left, changed := EditMembers(joined, nil, []string{uid})
		if !changed || string(left) != card {
			t.Fatalf("%q has become %q", card, left)
		}
	})
}
