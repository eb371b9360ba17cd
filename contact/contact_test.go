package contact_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

func TestClone(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 50 {
		c := contacttest.Random(rng)
		c.Unread = []contact.Loss{{Field: "photo"}}
		before := asJSON(t, c)
		d := c.Clone()
		if !reflect.DeepEqual(c, d) {
			t.Fatal("a clone differs")
		}
		eachString(reflect.ValueOf(d).Elem(), func(string) string { return "changed" })
		d.Photo.MediaType = "changed"
		if got := asJSON(t, c); got != before {
			t.Fatalf("changing a clone changed the original to %s", got)
		}
		if c.Unread[0].Field != "photo" {
			t.Error("changing a clone changed what was unread")
		}
	}
	if d := (&contact.Contact{Emails: []contact.Email{}}).Clone(); d.Emails != nil || d.Photo != nil {
		t.Errorf("clone of nothing: %+v", d)
	}
}

func TestJSON(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for range 200 {
		c := contacttest.Random(rng)
		var back contact.Contact
		if err := json.Unmarshal([]byte(asJSON(t, c)), &back); err != nil {
			t.Fatal(err)
		}
		c.Version = "" // has no place in a file
		if !reflect.DeepEqual(&back, c) {
			contacttest.Equal(t, &back, c)
			t.Fatalf("got  %+v\nwant %+v", &back, c)
		}
	}
	if got := asJSON(t, &contact.Contact{}); got != "{}" {
		t.Errorf("an empty contact is %s", got)
	}
}

// TestLogShowsNobody: the log of a contact holds nothing of the person.
func TestLogShowsNobody(t *testing.T) {
	c := &contact.Contact{
		UID: "secret", ID: "AAMk", Key: "secret", Folder: "secret", Name: contact.Name{Given: "secret"},
		Emails: []contact.Email{{Address: "secret@example.org"}}, Notes: "secret",
		At: contact.Position{Unit: "card", Number: 3, Line: 17},
	}
	var b bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(handler).Info("read", "contact", c)
	}
	if strings.Contains(b.String(), "secret") || strings.Count(b.String(), "card 3 (line 17)") != 2 || strings.Count(b.String(), "AAMk") != 2 {
		t.Errorf("logged %s", b.String())
	}
}

func TestRef(t *testing.T) {
	if got := (&contact.Contact{ID: "1", Version: "v"}).Ref(); got != (contact.Ref{ID: "1", Version: "v"}) {
		t.Errorf("Ref = %v", got)
	}
}
