package csv

import (
	"bytes"
	"cmp"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// ordinary is a contact as people have them.
func ordinary() *contact.Contact {
	return &contact.Contact{
		Name:         contact.Name{Display: "Dr. Ana Ruiz", Prefix: "Dr.", Given: "Ana", Family: "Ruiz", Nickname: "Ani"},
		Organization: contact.Organization{Company: "Acme", Title: "Chemist", Manager: "Bo", Office: "4.12"},
		Emails: []contact.Email{{Address: "a@example.org", Name: "Ana at work", Type: "work"}, {Address: "b@example.org"},
			{Address: "c@example.org"}, {Address: "d@example.org"}},
		Phones: []contact.Phone{{Number: "1", Type: "work"}, {Number: "2", Type: "work"}, {Number: "3", Type: "work"}, {Number: "4", Type: "mobile"},
			{Number: "5", Type: "workFax"}},
		Addresses: []contact.Address{{Type: "home", Street: "Calle 1", Extended: "2b", City: "Soria", Country: "Spain"}, {Type: "home", City: "León"},
			{Type: "home", City: "Ávila"}},
		Websites:   []contact.Website{{URL: "https://a.example", Type: "work"}},
		IMs:        []contact.IM{{Address: "sip:a@example.org"}},
		Birthday:   contact.Date{Month: 7, Day: 22},
		Relations:  []contact.Relation{{Name: "Dan", Type: "spouse"}, {Name: "Eva", Type: "child"}},
		Categories: []string{"Gold", "VIP"},
		Favorite:   true,
		Notes:      "one\ntwo",
		Photo:      &contact.Photo{Data: []byte("x"), Path: "photos/ana.jpg"},
	}
}

func encode(t *testing.T, dialect string, c *contact.Contact) (map[string]string, []string, string) {
	t.Helper()
	var out bytes.Buffer
	e, err := NewEncoder(&out, Options{Dialect: dialect})
	if err != nil {
		t.Fatal(err)
	}
	losses, err := e.Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	rows, err := stdcsv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	cells := map[string]string{}
	for i, name := range rows[0] {
		if rows[1][i] != "" {
			cells[name] = rows[1][i]
		}
	}
	var lost []string
	for _, l := range losses {
		lost = append(lost, fmt.Sprintf("%s %s", l.Field, l.Kind))
	}
	return cells, lost, text
}

func TestWriting(t *testing.T) {
	tests := []struct {
		dialect string
		columns int
		cells   map[string]string
		losses  []string
	}{
		{"outlook", 93, map[string]string{
			"Title": "Dr.", "First Name": "Ana", "Last Name": "Ruiz", "Company": "Acme", "Job Title": "Chemist", "Manager's Name": "Bo",
			"Office Location": "4.12", "E-mail Address": "a@example.org", "E-mail Type": "SMTP", "E-mail Display Name": "Ana at work",
			"E-mail 2 Address": "b@example.org", "E-mail 2 Type": "SMTP", "E-mail 3 Address": "c@example.org", "E-mail 3 Type": "SMTP",
			"Business Phone": "1", "Business Phone 2": "2", "Other Phone": "3", "Mobile Phone": "4", "Business Fax": "5",
			"Home Street": "Calle 1", "Home Street 2": "2b", "Home City": "Soria", "Home Country/Region": "Spain", "Other City": "León",
			"Web Page": "https://a.example", "Birthday": "7/22/1604", "Spouse": "Dan", "Children": "Eva", "Categories": "Gold;VIP",
			"Notes": "one\ntwo", "Gender": "Unspecified", "Priority": "Normal", "Private": "False", "Sensitivity": "Normal", "Photo": "photos/ana.jpg",
		}, []string{"birthday moved", "name.nickname dropped", "emails[0].type dropped", "emails[3] dropped", "phones[2].type moved",
			"addresses[0].extended moved", "addresses[0].street moved", "addresses[1].type moved", "addresses[2] dropped", "ims[0] dropped",
			"favorite dropped"}},
		{"google", 115, map[string]string{
			"First Name": "Ana", "Last Name": "Ruiz", "Name Prefix": "Dr.", "Nickname": "Ani", "Organization Name": "Acme",
			"Organization Title": "Chemist", "Birthday": "--07-22", "Notes": "one\ntwo", "Photo": "photos/ana.jpg",
			"Labels": "Gold ::: VIP ::: * myContacts ::: * starred", "E-mail 1 - Label": "Work", "E-mail 1 - Value": "a@example.org",
			"E-mail 2 - Value": "b@example.org", "E-mail 3 - Value": "c@example.org", "E-mail 4 - Value": "d@example.org",
			"Phone 1 - Label": "Work", "Phone 1 - Value": "1", "Phone 2 - Label": "Work", "Phone 2 - Value": "2", "Phone 3 - Label": "Work",
			"Phone 3 - Value": "3", "Phone 4 - Label": "Mobile", "Phone 4 - Value": "4", "Phone 5 - Label": "Work Fax", "Phone 5 - Value": "5",
			"Address 1 - Label": "Home", "Address 1 - Street": "Calle 1", "Address 1 - Extended Address": "2b", "Address 1 - City": "Soria",
			"Address 1 - Country": "Spain", "Address 2 - Label": "Home", "Address 2 - City": "León", "Address 3 - Label": "Home",
			"Address 3 - City": "Ávila", "Website 1 - Label": "Work", "Website 1 - Value": "https://a.example",
			"Relation 1 - Label": "Manager", "Relation 1 - Value": "Bo", "Relation 2 - Label": "Spouse", "Relation 2 - Value": "Dan",
			"Relation 3 - Label": "Child", "Relation 3 - Value": "Eva",
		}, []string{"organization.office dropped", "emails[0].name dropped", "ims[0] dropped"}},
		{"thunderbird", 37, map[string]string{
			"First Name": "Ana", "Last Name": "Ruiz", "Display Name": "Dr. Ana Ruiz", "Nickname": "Ani", "Primary Email": "a@example.org",
			"Secondary Email": "b@example.org", "Screen Name": "sip:a@example.org", "Work Phone": "1", "Mobile Number": "4", "Fax Number": "5",
			"Home Address": "Calle 1", "Home Address 2": "2b", "Home City": "Soria", "Home Country": "Spain", "Job Title": "Chemist",
			"Organization": "Acme", "Web Page 1": "https://a.example", "Birth Month": "7", "Birth Day": "22", "Notes": "one\ntwo",
		}, []string{"name.prefix dropped", "organization.office dropped", "organization.manager dropped", "emails[0].name dropped",
			"emails[0].type dropped", "emails[2] dropped", "emails[3] dropped", "phones[1] dropped", "phones[2] dropped",
			"addresses[0].extended moved", "addresses[0].street moved", "addresses[1] dropped", "addresses[2] dropped", "relations[0] dropped",
			"relations[1] dropped", "categories[0] dropped", "categories[1] dropped", "favorite dropped", "photo dropped"}},
		{"generic", 100, map[string]string{
			"name.display": "Dr. Ana Ruiz", "name.prefix": "Dr.", "name.given": "Ana", "name.family": "Ruiz", "name.nickname": "Ani",
			"organization.company": "Acme", "organization.title": "Chemist", "organization.office": "4.12", "organization.manager": "Bo",
			"emails[0].address": "a@example.org", "emails[0].name": "Ana at work", "emails[0].type": "work", "emails[1].address": "b@example.org",
			"emails[2].address": "c@example.org", "phones[0].number": "1", "phones[0].type": "work", "phones[1].number": "2",
			"phones[1].type": "work", "phones[2].number": "3", "phones[2].type": "work", "phones[3].number": "4", "phones[3].type": "mobile",
			"phones[4].number": "5", "phones[4].type": "workFax", "addresses[0].type": "home", "addresses[0].street": "Calle 1",
			"addresses[0].extended": "2b", "addresses[0].city": "Soria", "addresses[0].country": "Spain", "addresses[1].type": "home",
			"addresses[1].city": "León", "addresses[2].type": "home", "addresses[2].city": "Ávila", "websites[0].url": "https://a.example",
			"websites[0].type": "work", "ims[0].address": "sip:a@example.org", "birthday": "--07-22", "relations[0].name": "Dan",
			"relations[0].type": "spouse", "relations[1].name": "Eva", "relations[1].type": "child", "notes": "one\ntwo", "categories[0]": "Gold",
			"categories[1]": "VIP", "favorite": "true", "photo.path": "photos/ana.jpg",
			"cardferry": `{"emails":[null,null,null,{"address":"d@example.org"}]}`,
		}, nil},
	}
	for _, test := range tests {
		t.Run(test.dialect, func(t *testing.T) {
			cells, losses, text := encode(t, test.dialect, ordinary())
			for name, want := range test.cells {
				if cells[name] != want {
					t.Errorf("%s: got %q, want %q", name, cells[name], want)
				}
			}
			for name, value := range cells {
				if _, ok := test.cells[name]; !ok {
					t.Errorf("%s: unexpected %q", name, value)
				}
			}
			if !slices.Equal(losses, test.losses) {
				t.Errorf("losses\n got %v\nwant %v", losses, test.losses)
			}
			header, _, _ := strings.Cut(text, "\r\n")
			if n := strings.Count(header, ",") + 1; n != test.columns {
				t.Errorf("%d columns", n)
			}
			if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
				t.Error("a line does not end in CR LF")
			}
		})
	}
}

// TestOutlookGivesItsColumnsBack reads what the model has no name for and writes it.
func TestOutlookGivesItsColumnsBack(t *testing.T) {
	in := "First Name,Account,Hobby,Priority,User 4,Birthday,E-mail Address,E-mail Type\nAna,acc,chess,High,u4,some day,a@example.org,FAX\n"
	contacts, _, _ := decode(t, strings.NewReader(in))
	cells, losses, _ := encode(t, "outlook", contacts[0])
	for name, want := range map[string]string{"Account": "acc", "Hobby": "chess", "Priority": "High", "User 4": "u4", "Birthday": "some day", "E-mail Type": "FAX"} {
		if cells[name] != want {
			t.Errorf("%s: got %q", name, cells[name])
		}
	}
	if len(losses) > 0 {
		t.Errorf("losses %v", losses)
	}
}

func TestEmptyTable(t *testing.T) {
	for _, dialect := range Dialects() {
		var out bytes.Buffer
		e, _ := NewEncoder(&out, Options{Dialect: dialect})
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if !sniff(out.Bytes()) {
			t.Errorf("%s: its own names are not known", dialect)
		}
		if contacts, bad, final := decode(t, &out); len(contacts)+len(bad) > 0 || final != nil {
			t.Errorf("%s: %d contacts, %v, %v", dialect, len(contacts), bad, final)
		}
	}
}

func TestTooLongToBeRead(t *testing.T) {
	e, _ := NewEncoder(io.Discard, Options{})
	if _, err := e.Encode(&contact.Contact{Notes: strings.Repeat("x", formats.MaxRecord+1)}); !formats.IsRecordError(err) {
		t.Errorf("got %v", err)
	}
	if _, err := e.Encode(&contact.Contact{Notes: "x"}); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriterFails(t *testing.T) {
	e, _ := NewEncoder(full{}, Options{})
	e.Encode(ordinary())
	if err := e.Close(); err == nil || formats.IsRecordError(err) {
		t.Errorf("got %v", err)
	}
}

func TestEncodeLeavesTheContactAlone(t *testing.T) {
	for _, dialect := range Dialects() {
		c, want := ordinary(), ordinary()
		e, _ := NewEncoder(io.Discard, Options{Dialect: dialect})
		e.Encode(c)
		if !contact.Equal(c, want) || string(c.Photo.Data) != "x" {
			t.Errorf("%s: the contact was changed", dialect)
		}
	}
}

// A contact that has a display name alone keeps a name that people see.
func TestDisplayNameAlone(t *testing.T) {
	for _, dialect := range Dialects() {
		var out bytes.Buffer
		e, err := NewEncoder(&out, Options{Dialect: dialect})
		if err != nil {
			t.Fatal(err)
		}
		losses, err := e.Encode(&contact.Contact{Name: contact.Name{Display: "Jane Doe"}, Phones: []contact.Phone{{Number: "1", Type: contact.Mobile}}})
		if err != nil {
			t.Fatal(err)
		}
		e.Close()
		back, _, _ := decode(t, &out)
		if got := cmp.Or(back[0].Name.Display, back[0].DerivedDisplay()); got != "Jane Doe" {
			t.Errorf("%s: the name is %q", dialect, got)
		}
		for _, l := range losses {
			if l.Kind != contact.Moved {
				t.Errorf("%s: %v", dialect, l)
			}
		}
	}
}

// A folder that a layout has no column for is named.
func TestFolders(t *testing.T) {
	for _, dialect := range Dialects() {
		for _, one := range []bool{false, true} {
			e, err := NewEncoder(io.Discard, Options{Dialect: dialect, OneFolder: one})
			if err != nil {
				t.Fatal(err)
			}
			losses, err := e.Encode(&contact.Contact{Name: contact.Name{Given: "Ann"}, Folder: "Customers/EMEA"})
			if err != nil {
				t.Fatal(err)
			}
			named := slices.ContainsFunc(losses, func(l contact.Loss) bool { return l.Field == "folder" && l.Kind == contact.Dropped })
			if want := dialect != "generic" && !one; named != want {
				t.Errorf("%s, one folder %v: %v", dialect, one, losses)
			}
		}
	}
}
