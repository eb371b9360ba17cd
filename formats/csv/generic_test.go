package csv

import (
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// TestDamagedRest: what was done to the cell of column cardferry does not cost the
// other columns, and is named.
func TestDamagedRest(t *testing.T) {
	for _, rest := range []string{`{"emails":`, `[1]`, `{"emails":5}`, `{"name":"Ana"}`} {
		in := "name.given,emails[0].address,created,birthday,cardferry\nAna,a@example.org,yesterday,soon,\"" + strings.ReplaceAll(rest, `"`, `""`) + "\"\n"
		contacts, bad, final := decode(t, strings.NewReader(in))
		if len(contacts) != 1 || len(bad) > 0 || final != nil {
			t.Fatalf("%s: %d contacts, %v, %v", rest, len(contacts), bad, final)
		}
		c := contacts[0]
		if c.Name.Given != "Ana" || len(c.Emails) != 1 || len(c.Extra) != 2 {
			t.Errorf("%s: read as %+v", rest, c)
		}
		if len(c.Unread) != 1 || c.Unread[0].Kind != contact.Dropped || !strings.HasSuffix(c.Unread[0].Reason, ", line 2") {
			t.Errorf("%s: unread %v", rest, c.Unread)
		}
	}
}

// TestRestThatSaysNothing: the cell of column cardferry may be any JSON of no value.
func TestRestThatSaysNothing(t *testing.T) {
	for _, rest := range []string{"null", "{}", " {} ", "{\"\"emails\"\":null}"} {
		contacts, bad, final := decode(t, strings.NewReader("name.given,Hobby,cardferry\nAna,chess,\""+rest+"\"\n"))
		if len(contacts) != 1 || len(bad) > 0 || final != nil {
			t.Fatalf("%s: %d contacts, %v, %v", rest, len(contacts), bad, final)
		}
		if c := contacts[0]; c.Name.Given != "Ana" || len(c.Extra) != 1 || len(c.Unread) > 0 {
			t.Errorf("%s: read as %+v", rest, c)
		}
	}
}

func TestParsePath(t *testing.T) {
	tests := []struct{ name, want string }{
		{"name.given", "name.given"}, {"emails[0].address", "emails[0].address"}, {"emails[12].address", "emails[12].address"},
		{"emails[01].address", "emails[1].address"}, {"categories[3]", "categories[3]"}, {"notes", "notes"}, {"photo.path", "photo.path"},
		{"emails[5000].address", ""}, {"emails[-1].address", ""}, {"emails[x].address", ""}, {"emails.address", ""}, {"name.shoe", ""},
		{"Notes", ""}, {"", ""}, {"[0]", ""}, {"]emails[", ""}, {"emails[0][1].address", ""}, {"emails.address[0]", ""}, {"[0]emails.address", ""},
	}
	for _, test := range tests {
		p, ok := parsePath(test.name)
		if ok != (test.want != "") || ok && p.name != test.want {
			t.Errorf("%q: %v", test.name, p)
		}
	}
	for _, name := range genericHeader() {
		if _, ok := parsePath(name); !ok && name != restColumn {
			t.Errorf("%q has no place", name)
		}
	}
}
