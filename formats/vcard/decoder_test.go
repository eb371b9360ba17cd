package vcard

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// readAll returns the contacts of a stream and the text of its errors.
func readAll(t *testing.T, r io.Reader) (all []*contact.Contact, errs []string) {
	t.Helper()
	for c, err := range NewDecoder(r).All() {
		if (c == nil) == (err == nil) {
			t.Fatalf("contact %v with error %v", c, err)
		}
		if err != nil {
			errs = append(errs, err.Error())
			continue
		}
		all = append(all, c)
	}
	return all, errs
}

func card(version string, lines ...string) string {
	return "BEGIN:VCARD\r\nVERSION:" + version + "\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VCARD\r\n"
}

func extra(name, value string, params contact.Params) contact.Extra {
	return contact.Extra{Origin: "vcard", Name: name, Params: params, Value: value}
}

// Each row is what one program writes, and the contact that it means.
func TestDecodeProperties(t *testing.T) {
	photo := contact.NewPhoto([]byte("\xff\xd8\xff\xe0 a jpeg"))
	b64 := base64.StdEncoding.EncodeToString(photo.Data)
	tests := []struct {
		name, version, lines string
		want                 contact.Contact
	}{
		{"bare parameters", "2.1", "TEL;HOME;VOICE:1\nTEL;WORK;FAX;PREF:2\nTEL;CELL:3\nEMAIL;PREF;INTERNET:a@b\nADR;WORK:;;Main St 1;Berlin;;10115;DE\nURL;WORK:http://x/", contact.Contact{
			Phones:    []contact.Phone{{Number: "1", Type: "home"}, {Number: "2", Type: "workFax", Preferred: true}, {Number: "3", Type: "mobile"}},
			Emails:    []contact.Email{{Address: "a@b", Preferred: true}},
			Addresses: []contact.Address{{Type: "work", Street: "Main St 1", City: "Berlin", PostalCode: "10115", Country: "DE"}},
			Websites:  []contact.Website{{URL: "http://x/", Type: "work"}}}},
		{"quoted-printable", "2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:- A;=D0=9F==\nD0=A1\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\nTel: two=\n three=\n\nTEL;CELL:1", contact.Contact{
			Name: contact.Name{Family: "- A", Given: "ПС"}, Notes: "one\nTel: two three", Phones: []contact.Phone{{Number: "1", Type: "mobile"}}}},
		{"charset without quoted-printable", "2.1", "FN;CHARSET=ISO-8859-2:\xb9", contact.Contact{Name: contact.Name{Display: "š"}}},
		{"no charset, not UTF-8", "3.0", "FN:M\xfcller \x80", contact.Contact{Name: contact.Name{Display: "Müller €"}}},
		{"a fold within a character", "3.0", "FN:M\xc3\n \xbcl\n\tler", contact.Contact{Name: contact.Name{Display: "Müller"}}},
		{"escapes", "3.0", `N:Doe\;Smith;John\, Jr.;a\:b;c\\;d\x`, contact.Contact{Name: contact.Name{Family: "Doe;Smith", Given: "John, Jr.", Middle: "a:b", Prefix: `c\`, Suffix: `d\x`}}},
		{"name lists", "4.0", "N:Stevenson;John;Philip,Paul;Dr.;Jr.,M.D.,A.C.P.", contact.Contact{
			Name:  contact.Name{Family: "Stevenson", Given: "John", Middle: "Philip Paul", Prefix: "Dr.", Suffix: "Jr., M.D., A.C.P."},
			Extra: []contact.Extra{extra("N", "", contact.Params{"X-CARDFERRY-LISTS": {"", "", "Philip,Paul", "", "Jr.,M.D.,A.C.P."}})}}},
		{"categories", "3.0", "CATEGORIES:Friends,Work\\, old\nCATEGORIES:More", contact.Contact{Categories: []string{"Friends", "Work, old", "More"}}},
		{"organization", "3.0", `ORG:R\;D GmbH;Dept;;Unit 2;`, contact.Contact{Organization: contact.Organization{Company: "R;D GmbH", Department: "Dept", Units: []string{"Unit 2"}}}},
		{"quoted lists of types", "4.0", `TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555;ext=5` + "\nTEL;TYPE=\"cell\",\"work\";PREF=7:2", contact.Contact{
			Phones: []contact.Phone{{Number: "+1-555;ext=5", Type: "home", Preferred: true}, {Number: "2", Type: "workMobile", Params: contact.Params{"PREF": {"7"}}}}}},
		{"phone types", "3.0", "TEL;TYPE=FAX:1\nTEL;TYPE=OTHER,FAX:2\nTEL;type=IPHONE;type=CELL;type=VOICE:3\nTEL;TYPE=HOME,CELL,MSG:4\nX-MS-TEL;TYPE=TTYTDD:5", contact.Contact{
			Phones: []contact.Phone{{Number: "1", Type: "otherFax"}, {Number: "2", Type: "otherFax"}, {Number: "3", Type: "mobile", Params: contact.Params{"TYPE": {"IPHONE"}}},
				{Number: "4", Type: "mobile", Params: contact.Params{"TYPE": {"HOME", "MSG"}}}, {Number: "5", Type: "tty"}}}},
		{"apple labels", "3.0", "item1.TEL:1\nitem1.X-ABLabel:_$!<HomeFAX>!$_\nITEM2.EMAIL;type=INTERNET:a@b\nitem2.X-ABLabel:Ferien\nitem3.ADR;type=HOME:;;S;;;;\nitem3.X-ABADR:de\nitem4.X-FOO:x\nitem4.X-ABLabel:L", contact.Contact{
			Phones: []contact.Phone{{Number: "1", Type: "homeFax"}}, Emails: []contact.Email{{Address: "a@b", Type: "Ferien"}},
			Addresses: []contact.Address{{Type: "home", Street: "S", Params: contact.Params{"GROUP": {"item3"}}}},
			Extra:     []contact.Extra{extra("X-ABADR", "de", contact.Params{"GROUP": {"item3"}}), extra("X-FOO", "x", contact.Params{"GROUP": {"item4"}}), extra("X-ABLabel", "L", contact.Params{"GROUP": {"item4"}})}}},
		{"labels of addresses", "2.1", "LABEL;HOME:before\nADR;WORK:;;W;;;;\nADR;HOME:;;H;;;;\nLABEL;WORK;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab\nLABEL:alone", contact.Contact{
			Addresses: []contact.Address{{Type: "work", Street: "W", Label: "a\nb"}, {Type: "home", Street: "H", Label: "before"}, {Label: "alone"}}}},
		{"label as parameter", "4.0", `ADR;LABEL="Mr. X, 1 Main St^nRear: ^'B^'":;;1 Main St;;;;`, contact.Contact{Addresses: []contact.Address{{Street: "1 Main St", Label: "Mr. X, 1 Main St\nRear: \"B\""}}}},
		{"outlook's office", "2.1", "ADR;WORK:;Room 4;S;;;;\nX-MS-OL-DEFAULT-POSTAL-ADDRESS:2", contact.Contact{Organization: contact.Organization{Office: "Room 4"},
			Addresses: []contact.Address{{Type: "work", Street: "S"}}, Extra: []contact.Extra{extra("X-MS-OL-DEFAULT-POSTAL-ADDRESS", "2", nil)}}},
		{"dates", "3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29\nX-ANNIVERSARY:2001-09-08T00:00:00Z\nitem1.X-ABDATE:2001-09-08\nitem1.X-ABLabel:_$!<Anniversary>!$_\nX-ABDATE:1999-01-01", contact.Contact{
			Birthday: contact.Date{Month: 2, Day: 29}, Anniversary: contact.Date{Year: 2001, Month: 9, Day: 8}, Extra: []contact.Extra{extra("X-ABDATE", "1999-01-01", nil)}}},
		{"a birthday with a time, and one in words", "4.0", "BDAY:19531015T231000Z\nBDAY;VALUE=text:circa 1953", contact.Contact{Birthday: contact.Date{Year: 1953, Month: 10, Day: 15},
			Extra: []contact.Extra{extra("BDAY", "", contact.Params{"X-CARDFERRY-MORE": {"T231000Z"}}), extra("BDAY", "circa 1953", contact.Params{"VALUE": {"text"}})}}},
		{"several of one", "3.0", "TITLE:a\nTITLE;LANGUAGE=fr:b\nNICKNAME:Jim,Jimmie\nNOTE:1\nNOTE:2\nFN:x\nFN:x", contact.Contact{Name: contact.Name{Display: "x", Nickname: "Jim"}, Notes: "1\n\n2",
			Organization: contact.Organization{Title: "a"}, Extra: []contact.Extra{extra("TITLE", "b", contact.Params{"LANGUAGE": {"fr"}}), extra("NICKNAME", "Jimmie", nil)}}},
		{"parameters of scalars", "4.0", `N;SORT-AS="Harten,Rene":van der Harten;Rene` + "\nORG;TYPE=work:X", contact.Contact{Name: contact.Name{Family: "van der Harten", Given: "Rene"}, Organization: contact.Organization{Company: "X"},
			Extra: []contact.Extra{extra("N", "", contact.Params{"SORT-AS": {"Harten,Rene"}}), extra("ORG", "", contact.Params{"TYPE": {"work"}})}}},
		{"gender", "4.0", "GENDER:M;Fellow\nX-GENDER:male", contact.Contact{Gender: "male", Extra: []contact.Extra{extra("GENDER", "", contact.Params{"X-CARDFERRY-MORE": {"Fellow"}})}}},
		{"gender in words", "4.0", `GENDER:;it's complicated\, really`, contact.Contact{Gender: "it's complicated, really"}},
		{"people", "3.0", "X-SPOUSE:S\nX-MS-SPOUSE:S\nitem1.X-ABRELATEDNAMES:S\nitem1.X-ABLabel:_$!<Spouse>!$_\nitem2.X-ABRELATEDNAMES:M\nitem2.X-ABLabel:_$!<Manager>!$_\nX-MS-CHILD:C\nX-EVOLUTION-ASSISTANT:A\nRELATED;TYPE=co-worker;VALUE=text:W\nRELATED;TYPE=friend:urn:uuid:1", contact.Contact{
			Organization: contact.Organization{Manager: "M", Assistant: "A"},
			Relations:    []contact.Relation{{Name: "S", Type: "spouse"}, {Name: "C", Type: "child"}, {Name: "W", Type: "co-worker"}},
			Extra:        []contact.Extra{extra("RELATED", "urn:uuid:1", contact.Params{"TYPE": {"friend"}})}}},
		{"agent", "2.1", "AGENT:\nBEGIN:VCARD\nFN:Joe, Aide\nEND:VCARD\nTEL:1", contact.Contact{Organization: contact.Organization{Assistant: "Joe, Aide"}, Phones: []contact.Phone{{Number: "1"}},
			Extra: []contact.Extra{extra("AGENT", `BEGIN:VCARD\nFN:Joe\, Aide\nEND:VCARD`, nil)}}},
		{"chat", "3.0", "X-AIM;TYPE=HOME:noor r\nIMPP;X-SERVICE-TYPE=AIM;TYPE=HOME:aim:noor%20r\nX-SKYPE-USERNAME:sk\nX-MS-IMADDRESS:bare", contact.Contact{
			IMs: []contact.IM{{Address: "aim:noor%20r", Type: "home", Params: contact.Params{"X-SERVICE-TYPE": {"AIM"}}}, {Address: "bare"}, {Address: "skype:sk"}}}},
		{"reading of a Japanese name", "2.1", "SOUND;X-IRMC-N:a;b;c;;", contact.Contact{Name: contact.Name{PhoneticFamily: "a", PhoneticGiven: "b", PhoneticMiddle: "c"}}},
		{"google's urls", "3.0", `URL:http\://x/a,b`, contact.Contact{Websites: []contact.Website{{URL: "http://x/a,b"}}}},
		{"base64 behind the property", "2.1", "PHOTO;ENCODING=BASE64;JPEG:\n\n " + b64[:8] + "\n " + b64[8:] + "\n\nFN:x", contact.Contact{Photo: photo, Name: contact.Name{Display: "x"}}},
		{"base64 not indented", "2.1", "PHOTO;BASE64:" + b64[:8] + "\n" + b64[8:] + "\nFN:x", contact.Contact{Photo: photo, Name: contact.Name{Display: "x"}}},
		{"data uri", "4.0", `PHOTO:data:image/jpeg;base64\,` + b64, contact.Contact{Photo: photo}},
		{"photo by address", "3.0", "PHOTO;VALUE=URL;TYPE=PNG:http://x/p,1.png", contact.Contact{Photo: &contact.Photo{URL: "http://x/p,1.png", MediaType: "image/png"}}},
		{"ours", "4.0", `X-CARDFERRY-FOLDER:a/b` + "\nX-CARDFERRY-FAVORITE:TRUE\nX-CARDFERRY-EXTRA:{\"origin\":\"csv\"\\,\"name\":\"Hobby\"\\,\"value\":\"x\"}", contact.Contact{Folder: "a/b", Favorite: true,
			Extra: []contact.Extra{{Origin: "csv", Name: "Hobby", Value: "x"}}}},
		{"lower case", "3.0", "fn:x\nx-abShowAs:COMPANY", contact.Contact{Name: contact.Name{Display: "x"}, Extra: []contact.Extra{extra("x-abShowAs", "COMPANY", nil)}}},
		{"exchange", "3.0", "PROFILE:VCARD\nORG:Contoso;\nADR;TYPE=HOME:;;;;;;\nADR;TYPE=POSTAL:;;S;;;;\nTITLE:\nX-MS-IMADDRESS:", contact.Contact{Organization: contact.Organization{Company: "Contoso"},
			Addresses: []contact.Address{{Type: "other", Street: "S"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, eol := range []string{"\n", "\r\n", "\r", "\r\r\n"} {
				text := strings.ReplaceAll(strings.ReplaceAll(card(tt.version, tt.lines), "\r\n", "\n"), "\n", eol)
				got, err := Unmarshal([]byte(text))
				if err != nil {
					t.Fatalf("%q: %v", eol, err)
				}
				if len(got.Unread) > 0 {
					t.Errorf("%q: unread %v", eol, got.Unread)
				}
				got.At = contact.Position{}
				if !reflect.DeepEqual(got, &tt.want) {
					t.Errorf("%q: got  %+v\nwant %+v", eol, got, &tt.want)
				}
			}
		})
	}
}

func TestDecodeBroken(t *testing.T) {
	data, err := os.ReadFile("testdata/broken.vcf")
	if err != nil {
		t.Fatal(err)
	}
	all, errs := readAll(t, bytes.NewReader(data))
	if len(all) != 4 || all[0].Name.Display != "First" || all[1].Name.Display != "Second" || all[2].Name.Display != "Third" || all[3].Notes != "café " {
		t.Fatalf("got %+v", all)
	}
	if all[1].Phones[0].Number != "2" || all[1].Organization.Assistant != "Nested Agent" {
		t.Errorf("the card with an agent is %+v", all[1])
	}
	wantErrs := []string{"line 1: text outside of any card was passed over", "line 17: text outside of any card was passed over"}
	if !slices.Equal(errs, wantErrs) {
		t.Errorf("errors %q, want %q", errs, wantErrs)
	}
	for i, want := range []string{
		"[extra truncated: line 8: the card has no end before the next one begins extra dropped: line 6: not a property]",
		"[]", "[photo dropped: line 20: the photo is not proper base64]", "[]"} {
		var losses []string
		for _, l := range all[i].Unread {
			losses = append(losses, l.String())
		}
		if got := "[" + strings.Join(losses, " ") + "]"; got != want {
			t.Errorf("card %d: unread %s, want %s", i+1, got, want)
		}
	}
	if at := all[2].At; at != (contact.Position{Unit: "card", Number: 3, Line: 18}) {
		t.Errorf("the third card is at %+v", at)
	}
}

// A line that is too large for a card costs itself and what it goes on with.
func TestDecodeHugeLines(t *testing.T) {
	huge, vast := strings.Repeat("AAAA", formats.MaxRecord/4), strings.Repeat("AAAA", formats.MaxRecord*9/16)
	folded := strings.Repeat(strings.Repeat("A", 1<<20)+"\r\n ", formats.MaxRecord>>20+4) + "A"
	for _, test := range []struct{ name, lines, want string }{
		{"photo in one line", "PHOTO:" + vast + "\r\n AAAA", "[photo dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"note", "NOTE:" + huge + "\r\n and more", "[extra dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"photo", "photo;ENCODING=b:" + huge, "[photo dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"photo of 2.1", "PHOTO;ENCODING=b:\r\n" + huge + "\r\nAAAA\r\n", "[photo dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"folded once", "X-Y:1\r\n " + vast + "\r\n 2", "[extra dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"folded", "PHOTO;ENCODING=b:" + folded, "[photo dropped: line 4: too long, a card has at most 33554432 bytes]"},
		{"two", "NOTE:" + folded + "\r\nPHOTO:" + folded, "[extra dropped: line 4: too long, a card has at most 33554432 bytes photo dropped: line 41: too long, a card has at most 33554432 bytes]"},
	} {
		all, errs := readAll(t, strings.NewReader(card("3.0", "FN:x", test.lines, "TEL:1")+card("3.0", "FN:y")))
		if len(all) != 2 || len(errs) > 0 || all[0].Name.Display != "x" || len(all[0].Phones) != 1 || all[0].Phones[0].Number != "1" || len(all[0].Extra) > 0 || all[0].Notes != "" {
			t.Fatalf("%s: %v, %d cards", test.name, errs, len(all))
		}
		if got := fmt.Sprint(all[0].Unread); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestDecodeTroubles(t *testing.T) {
	long := strings.Repeat("x", formats.MaxRecord+2)
	good := card("3.0", "FN:good")
	photo := base64.StdEncoding.EncodeToString(make([]byte, formats.MaxPhoto+1))
	tests := []struct {
		name, text string
		cards      int
		errs       []string
	}{
		{"nothing", "", 0, nil},
		{"blank", " \r\n\t\n\n", 0, nil},
		{"byte order marks of files put together", "\ufeff" + good + "\ufeff" + good, 2, nil},
		{"UTF-16 without a byte order mark", utf16(good, false), 1, nil},
		{"UTF-16, big end first", utf16(good, true), 1, nil},
		{"no line end", strings.TrimSpace(good), 1, nil},
		{"a long line", card("3.0", "NOTE:"+long) + good, 2, nil},
		{"many lines", card("3.0", strings.Repeat("NOTE:"+strings.Repeat("x", 1<<20)+"\r\n", 40)) + good, 1, []string{"card 1 (line 1): the card is larger"}},
		{"many properties", card("3.0", strings.Repeat("NOTE:x\r\n", formats.MaxExtra)) + good, 1, []string{"card 1 (line 1): the card has more than"}},
		{"a long line between cards", good + long + "\n" + good, 2, []string{"line 5: text outside"}},
		{"nothing readable", "BEGIN:VCARD\njunk\njunk\nEND:VCARD\n" + good, 1, []string{"card 1 (line 1): no line of the card could be read"}},
		{"a large photo", card("3.0", "FN:x", "PHOTO;ENCODING=b:"+photo), 1, nil},
		{"an abandoned card that the next one ends", "BEGIN:VCARD\n" + strings.Repeat("NOTE:x\r\n", formats.MaxExtra+2) + good, 1, []string{"card 1 (line 1): the card has more than"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, errs := readAll(t, strings.NewReader(tt.text))
			if len(all) != tt.cards || len(errs) != len(tt.errs) {
				t.Fatalf("%d cards, errors %q", len(all), errs)
			}
			for i, want := range tt.errs {
				if !strings.HasPrefix(errs[i], want) {
					t.Errorf("error %q, want %q", errs[i], want)
				}
			}
		})
	}
}

// utf16 returns ASCII text in UTF-16.
func utf16(s string, big bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if big {
			b.Write([]byte{0, c})
		} else {
			b.Write([]byte{c, 0})
		}
	}
	return b.String()
}

// However a stream comes in, it reads the same.
func TestDecodeInPieces(t *testing.T) {
	for _, file := range []string{"outlook-21.vcf", "apple-30.vcf", "modern-40.vcf", "broken.vcf", "utf16.vcf", "phones-jp.vcf"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		want, wantErrs := readAll(t, bytes.NewReader(data))
		for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(data)), iotest.HalfReader(bytes.NewReader(data)), iotest.DataErrReader(bytes.NewReader(data))} {
			got, errs := readAll(t, r)
			if !reflect.DeepEqual(got, want) || !slices.Equal(errs, wantErrs) {
				t.Errorf("%s reads differently in pieces", file)
			}
		}
		if len(want) == 0 {
			t.Errorf("%s has no cards", file)
		}
	}
}

func TestDecodeFailingReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	text := card("3.0", "FN:one") + "BEGIN:VCARD\nFN:two\n"
	all, errs := readAll(t, io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
	if len(all) != 1 || len(errs) != 1 || errs[0] != broken.Error() {
		t.Errorf("%d contacts, errors %q", len(all), errs)
	}
}

func TestDecodeFixtures(t *testing.T) {
	read := func(name string) []*contact.Contact {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all, errs := readAll(t, bytes.NewReader(data))
		if len(errs) > 0 {
			t.Errorf("%s: %q", name, errs)
		}
		return all
	}
	c := read("outlook-21.vcf")[0]
	if c.Name.Family != "Müßig" || c.Notes != "erste Zeile\nzweite Zeile: mit =\nTEL;WORK;VOICE:das ist keine Nummer" || len(c.Phones) != 5 || c.Phones[4].Type != "assistant" ||
		c.Organization.Office != "Raum 4" || c.Addresses[0].Label != "Hafenweg 1\n20457 Hamburg\nDeutschland" || c.Photo.MediaType != "image/png" || c.Anniversary.Year != 2001 || len(c.Relations) != 2 {
		t.Errorf("outlook: %+v", c)
	}
	c = read("utf16.vcf")[0]
	if c.Name.Family != "Ørsted" || c.Name.Given != "Åse" {
		t.Errorf("utf16: %+v", c.Name)
	}
	c = read("phones-jp.vcf")[0]
	if c.Name.Family != "山田" || c.Name.PhoneticGiven != "ﾀﾛｳ" || c.Addresses[0].Extended != "東京都" || c.Photo == nil {
		t.Errorf("phones-jp: %+v", c)
	}
	apple := read("apple-30.vcf")
	if c = apple[0]; c.Organization.Manager != "Ada Boss" || c.Birthday != (contact.Date{Month: 2, Day: 29}) || len(c.IMs) != 1 || c.Websites[0].Type != "homePage" || c.Emails[1].Type != "Ferienhaus" {
		t.Errorf("apple: %+v", c)
	}
	if len(apple) != 2 || len(apple[1].Extra) != 2 {
		t.Errorf("apple's group: %+v", apple[1])
	}
}

// endless is a stream of cards that does not end.
type endless struct{ rest []byte }

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		e.rest = []byte(card("3.0", "FN:one of many"))
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// A decoder reads on demand, and stops when its consumer does.
func TestDecodeOnDemand(t *testing.T) {
	n := 0
	for _, err := range NewDecoder(&endless{}).All() {
		if n++; err != nil || n == 5000 {
			break
		}
	}
	if n != 5000 {
		t.Errorf("%d cards", n)
	}
}

func TestUnmarshal(t *testing.T) {
	for text, want := range map[string]string{"": "no card", "junk": "line 1: text outside", card("3.0", "FN:a") + card("3.0", "FN:b"): "more than one card"} {
		if _, err := Unmarshal([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
	c, err := Unmarshal([]byte("junk\n" + card("3.0", "FN:a")))
	if err != nil || len(c.Unread) != 1 {
		t.Errorf("text before a card: %+v, %v", c, err)
	}
}

func TestSniff(t *testing.T) {
	f := Format(Options{})
	wide, err := os.ReadFile("testdata/utf16.vcf")
	if err != nil {
		t.Fatal(err)
	}
	for head, want := range map[string]bool{"BEGIN:VCARD\r\nVERSION:3.0": true, "\n\n begin:vcard \nfn:x": true, "BEGIN:VCARD": true, string(wide): true, "BEGIN:VCALENDAR\n": false, "First Name,BEGIN:VCARD\n": false, "": false, "{\"a\":1}": false} {
		if got := f.Sniff([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
