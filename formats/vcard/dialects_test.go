package vcard

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

var update = flag.Bool("update", false, "write the golden files of testdata/dialects anew")

// somebody has what programs disagree about: labels, people, dates without a year, an
// address of a chat service, text of every script, a photo.
func somebody() *contact.Contact {
	return contact.Normalize(&contact.Contact{
		UID:  "5f3c4711-0000-4000-8000-0123456789ab",
		Name: contact.Name{Display: "Jörg O'Neil; 山田", Given: "Jörg", Family: "O'Neil; 山田", Nickname: "Jo, the 2nd"},
		Emails: []contact.Email{{Address: "jo@example.org", Type: contact.Work, Preferred: true}, {Address: "j@example.net", Name: "Jo, at home"},
			{Address: "farm@example.org", Type: "Farm"}},
		Phones:       []contact.Phone{{Number: "+49 30 1", Type: contact.Mobile}, {Number: "+49 30 2", Type: "Weekend"}, {Number: "+49 30 3"}},
		Addresses:    []contact.Address{{Type: contact.Work, Street: "Hafenweg 1\nHof", City: "Hamburg", Label: "Hafenweg 1\n20457 Hamburg"}},
		Websites:     []contact.Website{{URL: "https://example.org/?a=1,2;b"}},
		IMs:          []contact.IM{{Address: "xmpp:jo@chat.example", Type: contact.Home}},
		Birthday:     contact.Date{Month: 2, Day: 29},
		Anniversary:  contact.Date{Year: 2004, Month: 6, Day: 5},
		Relations:    []contact.Relation{{Name: "Ann, née Lee", Type: contact.Spouse}, {Name: "Bo", Type: "mother"}, {Name: "Cy", Type: "coach"}},
		Notes:        "first line\nC:\\new; done, = 100 %",
		Categories:   []string{"a, b", "Grüße"},
		Organization: contact.Organization{Company: "R; D, GmbH", Manager: "Ada", Title: "Chef"},
		Photo:        contact.NewPhoto([]byte("\xff\xd8\xff\xe0" + strings.Repeat("photo", 30))),
	})
}

// What each program is given, byte for byte: the files are for people to look at, too.
func TestDialects(t *testing.T) {
	for _, o := range everyForm() {
		card, losses, err := Marshal(somebody(), o)
		if err != nil {
			t.Fatal(err)
		}
		path := "testdata/dialects/" + strings.ReplaceAll(o.String(), ".", "") + ".vcf"
		if *update {
			if err := os.WriteFile(path, card, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(card, want) {
			t.Errorf("%s is not what is written (%v); if it should be: go test ./formats/vcard -run TestDialects -update\n%s", path, err, card)
		}
		if faults := identityFaults(somebody(), o); len(faults) > 0 {
			t.Errorf("%s: %s", o, strings.Join(faults, "\n"))
		}
		if o.For != "outlook" && len(losses) > 0 {
			t.Errorf("%s: losses %v", o, losses)
		}
	}
}

// The facts about programs that the table of dialects is made of.
func TestDialectFacts(t *testing.T) {
	tests := []struct {
		program       string
		has, hasNever []string
	}{
		{"google", []string{"VERSION:3.0", ".X-ABLabel:Farm", "BDAY:--02-29", ".X-ABDATE:2004-06-05", "PHOTO;ENCODING=b;TYPE=JPEG:"}, []string{"X-MS-", "X-ANNIVERSARY", "data:", "QUOTED"}},
		{"apple", []string{"VERSION:3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29", "_$!<Anniversary>!$_", "PHOTO;ENCODING=b;TYPE=JPEG:"}, []string{"X-MS-", "data:", "QUOTED"}},
		{"outlook", []string{"VERSION:2.1", "TEL;CELL:", "TEL;VOICE:", ".TEL;VOICE:", "URL;WORK:", "CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE", "X-MS-ANNIVERSARY:20040605", "X-MS-SPOUSE", "X-MS-MANAGER:Ada", "PHOTO;ENCODING=BASE64;TYPE=JPEG:"}, []string{"TYPE=CELL"}},
		{"nextcloud", []string{"VERSION:4.0", "BDAY:--0229", "ANNIVERSARY:20040605", "RELATED;TYPE=spouse", "PHOTO:data:image/jpeg;base64,"}, []string{`base64\,`, "X-MS-"}},
		{"android", []string{"VERSION:3.0", "TEL;TYPE=X-Weekend:", "EMAIL;TYPE=X-Farm:", "ANNIVERSARY:2004-06-05", "BDAY:--02-29", "cursor.item/relation;Bo;8;;", "cursor.item/relation;Cy;0;coach;", "X-JABBER;TYPE=HOME:jo@chat.example"}, []string{"INTERNET", "X-ABLabel", "data:"}},
	}
	for _, tt := range tests {
		card, _, err := Marshal(somebody(), Options{For: tt.program})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(card), "\r\n ", "")
		for _, s := range tt.has {
			if !strings.Contains(text, s) {
				t.Errorf("%s: nothing says %s in\n%s", tt.program, s, text)
			}
		}
		for _, s := range tt.hasNever {
			if strings.Contains(text, s) {
				t.Errorf("%s: there is %s in\n%s", tt.program, s, text)
			}
		}
	}
}

// Another version than the program's own is written where it is asked for.
func TestDialectVersions(t *testing.T) {
	for _, name := range Destinations() {
		for _, version := range []string{"2.1", "3.0", "4.0"} {
			o := Options{For: name, Version: version}
			card, _, err := Marshal(somebody(), o)
			if err != nil || !bytes.Contains(card, []byte("VERSION:"+version+"\r\n")) {
				t.Errorf("%s: %v\n%s", o, err, card)
			}
			if faults := identityFaults(somebody(), o); len(faults) > 0 {
				t.Errorf("%s: %s", o, strings.Join(faults, "\n"))
			}
		}
	}
	if err := (Options{For: "fax"}).Validate(); err == nil || !strings.Contains(err.Error(), "google") {
		t.Errorf("an unknown program: %v", err)
	}
}

func TestPhotoLimits(t *testing.T) {
	c := &contact.Contact{Photo: contact.NewPhoto(append([]byte("\xff\xd8\xff"), make([]byte, PhotoLimit("apple"))...))}
	_, losses, err := Marshal(c, Options{For: "apple"})
	if err != nil || len(losses) != 1 || losses[0].Field != "photo" || losses[0].Kind != contact.Dropped {
		t.Errorf("%v, %v", losses, err)
	}
	if _, losses, _ := Marshal(c, Options{}); len(losses) > 0 || PhotoLimit("google") != 0 || !OneCardPerFile("outlook") || OneCardPerFile("") {
		t.Errorf("limits where there are none: %v", losses)
	}
}
