package vcard

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

func sample() *contact.Contact {
	return &contact.Contact{
		UID: "u-1", Key: "k", Folder: "Customers/EMEA", Modified: time.Date(2024, 2, 29, 9, 41, 37, 0, time.UTC),
		Name:         contact.Name{Display: "Dr. Ann O'Neil", Prefix: "Dr.", Given: "Ann", Family: "O'Neil; Smith", Nickname: "An,nie"},
		Organization: contact.Organization{Company: "R;D, Inc.", Department: "Lab", Manager: "Max"},
		Emails:       []contact.Email{{Address: "ann@example.org", Type: "work", Preferred: true}, {Address: "a@home.example", Type: "Holiday home"}},
		Phones:       []contact.Phone{{Number: "+49 171 1", Type: "workMobile"}, {Number: "2", Type: "homeFax"}},
		Addresses:    []contact.Address{{Type: "work", Street: "Main St 1\nRear", City: "Berlin", Label: "Main St 1, \"Rear\"\nBerlin"}},
		IMs:          []contact.IM{{Address: "sip:ann@example.org"}, {Address: "ann.im"}},
		Birthday:     contact.Date{Month: 2, Day: 29}, Anniversary: contact.Date{Year: 2001, Month: 9, Day: 8},
		Relations: []contact.Relation{{Name: "Kim", Type: "spouse"}}, Notes: "one\ntwo", Categories: []string{"a,b", "c"}, Gender: "female",
		Photo: contact.NewPhoto([]byte("\xff\xd8\xff")), Extra: []contact.Extra{{Origin: "vcard", Name: "X-Foo", Value: `raw\,;x`}, {Origin: "csv", Name: "Hobby", Value: "x"}},
	}
}

func TestEncodeText(t *testing.T) {
	for version, want := range map[string]string{"3.0": `BEGIN:VCARD
VERSION:3.0
UID:u-1
FN:Dr. Ann O'Neil
N:O'Neil\; Smith;Ann;;Dr.;
NICKNAME:An\,nie
ORG:R\;D\, Inc.;Lab
X-MANAGER:Max
X-MS-MANAGER:Max
X-CARDFERRY-KEY:k
EMAIL;TYPE=INTERNET,WORK,PREF:ann@example.org
item1.EMAIL;TYPE=INTERNET:a@home.example
item1.X-ABLabel:Holiday home
TEL;TYPE=CELL,WORK:+49 171 1
TEL;TYPE=HOME,FAX:2
ADR;TYPE=WORK:;;Main St 1\nRear;Berlin;;;
LABEL;TYPE=WORK:Main St 1\, "Rear"\nBerlin
IMPP:sip:ann@example.org
X-MS-IMADDRESS:ann.im
BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29
X-ANNIVERSARY:2001-09-08
item2.X-ABDATE:2001-09-08
item2.X-ABLabel:_$!<Anniversary>!$_
item3.X-ABRELATEDNAMES:Kim
item3.X-ABLabel:_$!<Spouse>!$_
X-SPOUSE:Kim
X-MS-SPOUSE:Kim
NOTE:one\ntwo
CATEGORIES:a\,b,c
X-GENDER:Female
X-CARDFERRY-FOLDER:Customers/EMEA
REV:2024-02-29T09:41:37Z
PHOTO;ENCODING=b;TYPE=JPEG:/9j/
X-Foo:raw\,;x
X-CARDFERRY-EXTRA:{"origin":"csv"\,"name":"Hobby"\,"value":"x"}
END:VCARD
`, "4.0": `BEGIN:VCARD
VERSION:4.0
UID:u-1
FN:Dr. Ann O'Neil
N:O'Neil\; Smith;Ann;;Dr.;
NICKNAME:An\,nie
ORG:R\;D\, Inc.;Lab
X-MANAGER:Max
X-CARDFERRY-KEY:k
EMAIL;TYPE=work;PREF=1:ann@example.org
item1.EMAIL:a@home.example
item1.X-ABLabel:Holiday home
TEL;TYPE=cell,work:+49 171 1
TEL;TYPE=home,fax:2
ADR;TYPE=work;LABEL="Main St 1, ^'Rear^'^nBerlin":;;Main St 1\nRear;Berlin;
 ;;
IMPP:sip:ann@example.org
X-MS-IMADDRESS:ann.im
BDAY:--0229
ANNIVERSARY:20010908
RELATED;TYPE=spouse;VALUE=text:Kim
NOTE:one\ntwo
CATEGORIES:a\,b,c
GENDER:F
X-CARDFERRY-FOLDER:Customers/EMEA
REV:20240229T094137Z
PHOTO:data:image/jpeg;base64,/9j/
X-Foo:raw\,;x
X-CARDFERRY-EXTRA:{"origin":"csv"\,"name":"Hobby"\,"value":"x"}
END:VCARD
`} {
		got, losses, err := Marshal(sample(), Options{Version: version})
		if err != nil || len(losses) > 0 {
			t.Fatal(err, losses)
		}
		if text := strings.ReplaceAll(string(got), "\r\n", "\n"); text != want {
			t.Errorf("%s:\n%s\nwant\n%s", version, text, want)
		}
		if faults := identityFaults(sample(), Options{Version: version}); len(faults) > 0 {
			t.Errorf("%s: %s", version, strings.Join(faults, "\n"))
		}
	}
}

// A reader that is not ours finds the same: as far as go-vcard reads vCards.
func TestEncodeForOthers(t *testing.T) {
	card, _, err := Marshal(sample(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := gv.NewDecoder(bytes.NewReader(card)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{gv.FieldFormattedName: "Dr. Ann O'Neil", gv.FieldUID: "u-1", gv.FieldNote: "one\ntwo", gv.FieldTelephone: "+49 171 1", gv.FieldEmail: "ann@example.org"} {
		if got.Value(name) != want {
			t.Errorf("%s is %q", name, got.Value(name))
		}
	}
	if got.PreferredValue(gv.FieldEmail) != "ann@example.org" {
		t.Error("the preferred address is another one")
	}
}

func TestEncodeNameless(t *testing.T) {
	for name, c := range map[string]*contact.Contact{
		"nothing": {}, "uid": {UID: "x"}, "uid as name": {UID: "x", Name: contact.Name{Display: "x"}}, "phone": {Phones: []contact.Phone{{Number: "1"}}}, "note": {Notes: " "}, "company": {Organization: contact.Organization{Company: "C"}}} {
		for _, o := range everyForm() {
			if faults := identityFaults(contact.Normalize(c), o); len(faults) > 0 {
				t.Errorf("%s: %s", name, strings.Join(faults, "\n"))
			}
		}
	}
}

func TestEncodeLosses(t *testing.T) {
	tests := []struct {
		name string
		c    contact.Contact
		want string
	}{
		{"a photo not fetched", contact.Contact{Photo: &contact.Photo{}}, "photo dropped: its bytes are not here"},
		{"a photo too large", contact.Contact{Photo: &contact.Photo{Data: make([]byte, formats.MaxPhoto+1)}}, "photo dropped: the photo has more than 16777216 bytes"},
		{"a parameter of ours", contact.Contact{Phones: []contact.Phone{{Number: "1"}, {Number: "2", Params: contact.Params{"VALUE": {"x"}}}}}, "phones[1] truncated: a parameter that a vCard cannot carry"},
		{"the year of no year", contact.Contact{Birthday: contact.Date{Year: 1604, Month: 1, Day: 2}}, "birthday truncated: the year 1604 stands for no year in vCards"},
	}
	for _, tt := range tests {
		_, losses, err := Marshal(&tt.c, Options{})
		if err != nil || len(losses) != 1 || losses[0].String() != tt.want {
			t.Errorf("%s: %v, %v", tt.name, losses, err)
		}
	}
}

// Text from a contact never becomes a line of its own.
func TestEncodeInjection(t *testing.T) {
	evil := "a\r\nEMAIL:evil@example.org\rTEL:1\nEND:VCARD"
	c := &contact.Contact{Name: contact.Name{Display: evil}, Notes: evil, Websites: []contact.Website{{URL: evil}},
		Emails: []contact.Email{{Address: "x", Name: evil, Params: contact.Params{"X-A": {evil}, "X-B\r\nTEL": {"1"}, "GROUP": {"g\r\nTEL:1"}}}},
		Extra:  []contact.Extra{{Origin: "vcard", Name: "X-A", Value: evil}, {Origin: "vcard", Name: "X\r\nTEL:2\r\nX", Value: "1"}}}
	for _, o := range everyForm() {
		card, _, err := Marshal(c, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Unmarshal(card)
		if err != nil || len(got.Phones) > 0 || len(got.Emails) != 1 || got.Emails[0].Address != "x" {
			t.Errorf("%s: %v\n%s", o, err, card)
		}
	}
}

func TestEncodeVersions(t *testing.T) {
	for version, ok := range map[string]bool{"": true, "3.0": true, "4.0": true, "2.1": true, "5": false} {
		enc := Format(Options{Version: version}).NewEncoder(io.Discard)
		_, err := enc.Encode(&contact.Contact{})
		if (err == nil) != ok || (enc.Close() == nil) != ok || (Options{Version: version}.Validate() == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestEncodeTooMuch(t *testing.T) {
	c := &contact.Contact{}
	for range formats.MaxExtra {
		c.Extra = append(c.Extra, contact.Extra{Origin: "vcard", Name: "X-A", Value: "1"})
	}
	var out bytes.Buffer
	enc := NewEncoder(&out, Options{})
	if _, err := enc.Encode(c); !formats.IsRecordError(err) || out.Len() > 0 {
		t.Errorf("error %v, %d bytes written", err, out.Len())
	}
	if _, err := enc.Encode(&contact.Contact{UID: "x"}); err != nil || out.Len() == 0 {
		t.Errorf("the next one: %v", err)
	}
}

func TestEncodeFailingWriter(t *testing.T) {
	full := errors.New("the disk is full")
	enc := NewEncoder(failingWriter{full}, Options{})
	for range 2 {
		if _, err := enc.Encode(sample()); !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
	}
	if err := enc.Close(); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// Base64 is folded as any other line is, wherever it begins.
func TestFoldedBase64(t *testing.T) {
	noise := make([]byte, 300)
	for i := range noise {
		noise[i] = byte(i * i * 7)
	}
	for begin := range 160 {
		head := []byte(strings.Repeat("ü", begin/2) + strings.Repeat("x", begin%2) + ":")
		for size := range 300 {
			data := noise[:size]
			whole := base64.StdEncoding.AppendEncode(slices.Clone(head), data)
			if got, want := appendFoldedBase64(nil, head, data), appendFolded(nil, whole); !bytes.Equal(got, want) {
				t.Fatalf("%d octets behind %d:\n%s\nwant\n%s", size, len(head), got, want)
			}
		}
	}
}

// What 4.0 writes otherwise than 3.0 and 2.1 has the form of the version that is written,
// whichever it was read from.
func TestForms(t *testing.T) {
	for _, test := range []struct{ name, v21, v30, v40 string }{
		{"logo", "LOGO;ENCODING=BASE64;TYPE=PNG:AAAA\r\n", "LOGO;ENCODING=b;TYPE=PNG:AAAA", "LOGO:data:image/png;base64,AAAA"},
		{"sound", "SOUND;ENCODING=BASE64;TYPE=BASIC:AAAA\r\n", "SOUND;ENCODING=b;TYPE=BASIC:AAAA", "SOUND:data:audio/basic;base64,AAAA"},
		{"PGP key", "KEY;ENCODING=BASE64;TYPE=PGP:AAAA\r\n", "KEY;ENCODING=b;TYPE=PGP:AAAA", "KEY:data:application/pgp-keys;base64,AAAA"},
		{"key of no type", "KEY;ENCODING=BASE64:AA==\r\n", "KEY;ENCODING=b:AA==", "KEY:data:application/octet-stream;base64,AA=="},
		{"link", "LOGO;VALUE=url:https://a.example/,b", "LOGO;VALUE=uri:https://a.example/,b", "LOGO:https://a.example/,b"},
		{"data that is no base64", "KEY;VALUE=url:data:,a", "KEY;VALUE=uri:data:,a", "KEY:data:,a"},
		{"with other parameters", "LOGO;ENCODING=BASE64;LANGUAGE=de;TYPE=GIF:AAAA\r\n", "LOGO;ENCODING=b;LANGUAGE=de;TYPE=GIF:AAAA", "LOGO;LANGUAGE=de:data:image/gif;base64,AAAA"},
		{"place", "GEO:-122.08,37.38", "GEO:37.38;-122.08", "GEO:geo:37.38,-122.08"},
		{"place with an uncertainty", "GEO:geo:1,2;u=3", "GEO:geo:1,2;u=3", "GEO:geo:1,2;u=3"},
		{"agent", "AGENT:\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN:a;b\r\nEND:VCARD", `AGENT:BEGIN:VCARD\nVERSION:2.1\nN:a\;b\nEND:VCARD`,
			`X-CARDFERRY-EXTRA:{"origin":"vcard"\,"name":"AGENT"\,"value":"BEGIN:VCARD\\` + "\r\n " + `\\nVERSION:2.1\\\\nN:a\\\\\;b\\\\nEND:VCARD"}`},
		{"text", "KEY;VALUE=text:a\\,b", "KEY;VALUE=text:a\\,b", "KEY;VALUE=text:a\\,b"},
	} {
		lines := map[string]string{"2.1": test.v21, "3.0": test.v30, "4.0": test.v40}
		for from, line := range lines {
			c, err := Unmarshal([]byte("BEGIN:VCARD\r\nVERSION:" + from + "\r\n" + line + "\r\nEND:VCARD\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			for to, want := range lines {
				card, losses, err := Marshal(c, Options{Version: to})
				if err != nil || len(losses) > 0 || !strings.Contains(string(card), "\r\n"+want+"\r\n") {
					t.Errorf("%s of %s in %s: %v, %v\n%s\nwant %s", test.name, from, to, err, losses, card, want)
				}
			}
		}
	}
}
