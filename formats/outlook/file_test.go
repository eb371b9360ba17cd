package outlook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// read decodes a stream, one byte at a time if slow.
func read(text string, slow bool) (contacts []*contact.Contact, bad []*formats.RecordError, err error) {
	var r io.Reader = strings.NewReader(text)
	if slow {
		r = iotest.OneByteReader(r)
	}
	for c, e := range Format(Options{}).NewDecoder(r).All() {
		switch re, ok := errors.AsType[*formats.RecordError](e); {
		case ok:
			bad = append(bad, re)
		case e != nil:
			err = e
		default:
			contacts = append(contacts, c)
		}
	}
	return contacts, bad, err
}

func names(contacts []*contact.Contact) string {
	var all []string
	for _, c := range contacts {
		all = append(all, fmt.Sprintf("%s@%d:%d", c.Name.Given, c.At.Number, c.At.Line))
	}
	return strings.Join(all, " ")
}

func TestShapes(t *testing.T) {
	tests := []struct {
		name, text string
		want       string
		bad        string
		final      string
	}{
		{name: "empty", text: " \n"},
		{name: "page", text: `{"@odata.context":"x","value":[{"givenName":"A"},{"GivenName":"B"}]}`, want: "A@1:1 B@2:1"},
		{name: "empty page", text: `{"value":[]}`},
		{name: "two pages", text: "{\"value\":[{\"givenName\":\"A\"}],\"@odata.nextLink\":\"y\"}\n{\"value\":[{\"givenName\":\"B\"}]}", want: "A@1:1 B@2:2"},
		{name: "array", text: "[\n{\"givenName\":\"A\"},\n{\"givenName\":\"B\"}\n]", want: "A@1:2 B@2:3"},
		{name: "one object", text: "{\n\"givenName\":\"A\"}", want: "A@1:1"},
		{name: "byte order mark", text: "\xef\xbb\xbf{\"givenName\":\"A\"}", want: "A@1:1"},
		{name: "lines", text: "{\"givenName\":\"A\"}\n\n{\"givenName\":\"B\"}\n", want: "A@1:1 B@2:3"},
		{name: "on one line", text: `{"givenName":"A"}{"givenName":"B"} {"givenName":"C"}`, want: "A@1:1 B@2:1 C@3:1"},
		{name: "brackets in strings", text: `[{"givenName":"A","notes":"}]\"{\\"},{"givenName":"B"}]`, want: "A@1:1 B@2:1"},
		{name: "no object", text: `[1,"x",{"givenName":"A"},null,[{"givenName":"no"}]]`, want: "A@3:1",
			bad: "contact 1 (line 1) contact 2 (line 1) contact 4 (line 1) contact 5 (line 1)"},
		{name: "removed", text: `{"value":[{"id":"1","@removed":{"reason":"deleted"}},{"givenName":"A"}]}`, want: "A@2:1", bad: "contact 1 (line 1)"},
		{name: "saved error", text: `{"error":{"code":"X","message":"y"}} {"givenName":"A","error":null}`, want: "A@2:1", bad: "contact 1 (line 1)"},
		{name: "bad within", text: `[{"givenName":tru},{"givenName":"A"}]`, want: "A@2:1", bad: "contact 1 (line 1)"},
		{name: "bad lines", text: "{\"givenName\":\"A\n{\"givenName\":\"B\"\n{\"givenName\":{}}}\n{\"x\":[}\ngarbage\n{\"givenName\":\"C\"}", want: "@3:3 C@6:6",
			bad: "contact 1 (line 1) contact 2 (line 2) contact 4 (line 3) contact 5 (line 4)"},
		{name: "unclosed in a page", text: "{\"value\":[\n  {\"givenName\":\"A\",\n   \"x\":{\"y\":1\n  },\n  {\"givenName\":\"B\"}\n]}", want: "B@2:5", bad: "contact 1 (line 2)"},
		{name: "cut in a page", text: `{"value":[{"givenName":"A"},{"givenName":"B`, want: "A@1:1", final: "line 1: the text ends in the middle"},
		{name: "cut behind a contact", text: `{"value":[{"givenName":"A"}`, want: "A@1:1", final: "line 1: the text ends in the middle"},
		{name: "cut line", text: "{\"givenName\":\"A\"}\n{\"givenName\":", want: "A@1:1", bad: "contact 2 (line 2)"},
		{name: "control characters", text: "{\"givenName\":\"A\x01\",\"surname\":\"x\ty\"}", want: "A@1:1"},
		{name: "not UTF-8", text: "{\"givenName\":\"A\xff\"}", want: "A\uFFFD@1:1"},
	}
	for _, test := range tests {
		for _, slow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s slow=%t", test.name, slow), func(t *testing.T) {
				contacts, bad, err := read(test.text, slow)
				if got := names(contacts); got != test.want {
					t.Errorf("contacts %q, want %q", got, test.want)
				}
				var at []string
				for _, b := range bad {
					at = append(at, b.At.String())
				}
				if got := strings.Join(at, " "); got != test.bad {
					t.Errorf("bad %q, want %q", got, test.bad)
				}
				if got := fmt.Sprint(err); got != test.final && !(err == nil && test.final == "") {
					t.Errorf("final error %q, want %q", got, test.final)
				}
			})
		}
	}
}

func TestReadErrorIsFinal(t *testing.T) {
	broken := errors.New("broken pipe")
	for _, text := range []string{`{"value":[{"givenName":"A"},`, `{"givenName":"A"}`, `{"givenName":"`} {
		d := Format(Options{}).NewDecoder(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		var last error
		for _, err := range d.All() {
			last = err
		}
		if !errors.Is(last, broken) || formats.IsRecordError(last) {
			t.Errorf("%s: ends with %v", text, last)
		}
	}
}

func TestGraphBetaFile(t *testing.T) {
	got := readFile(t, "testdata/graph-beta.json")[0]
	want := &contact.Contact{
		ID: "AAMkAGExample0001=", Version: "EQAAABYAAABx",
		Created: time.Date(2019, 3, 1, 10, 0, 0, 0, time.UTC), Modified: time.Date(2020, 4, 2, 11, 30, 0, 0, time.UTC),
		Name: contact.Name{Display: "Noor Haddad", Given: "Noor", Family: "Haddad"},
		Emails: []contact.Email{{Address: "noor@example.org"}, {Address: "n.haddad@example.com", Name: "Noor H.", Type: contact.Home},
			{Address: "club@example.net", Name: "Noor", Type: "Chess club"}},
		Phones:     []contact.Phone{{Number: "+1 206 555 0100", Type: contact.Work}, {Number: "12", Type: contact.Radio}},
		Addresses:  []contact.Address{{Type: contact.Work, City: "Beirut"}, {City: "Tyre"}},
		Websites:   []contact.Website{{URL: "https://example.org/blog", Name: "My blog", Type: contact.Blog}},
		IMs:        []contact.IM{{Address: "sip:noor@example.org"}},
		Birthday:   contact.Date{Year: 1982, Month: 6, Day: 30},
		Categories: []string{"Friends"}, Anniversary: contact.Date{Year: 2008, Month: 9, Day: 13}, Gender: "female", Favorite: true,
		Flag:  contact.Flag{Status: contact.Flagged, Due: time.Date(2021, 1, 2, 8, 0, 0, 0, time.UTC)},
		Notes: "one\ntwo",
		Extra: []contact.Extra{{Origin: "outlook", Name: "futureMember", Value: `{"a": [1, 2]}`}},
		At:    contact.Position{Unit: "contact", Number: 1, Line: 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestOutlookV2File(t *testing.T) {
	all := readFile(t, "testdata/outlook-v2.json")
	if len(all) != 2 {
		t.Fatalf("%d contacts", len(all))
	}
	c := all[0]
	if c.Birthday.String() != "1970-01-01" || c.Version != "EQ1" || c.Name.PhoneticFamily != "いとう" {
		t.Errorf("birthday %v, version %q, name %+v", c.Birthday, c.Version, c.Name)
	}
	wantPhones := []contact.Phone{{Number: "1", Type: contact.Home}, {Number: "2", Type: contact.Home}, {Number: "3", Type: contact.Mobile}, {Number: "4", Type: contact.WorkFax}}
	if !reflect.DeepEqual(c.Phones, wantPhones) {
		t.Errorf("phones %v", c.Phones)
	}
	wantAddresses := []contact.Address{{Type: contact.Home, Street: "1-2-3", City: "東京"}, {Type: contact.Work, POBox: "PO 7"}}
	if !reflect.DeepEqual(c.Addresses, wantAddresses) {
		t.Errorf("addresses %v", c.Addresses)
	}
	if want := []contact.Extra{{Origin: "outlook", Name: "Integer 0x0036", Value: `"2"`}}; !reflect.DeepEqual(c.Extra, want) {
		t.Errorf("extra %v", c.Extra)
	}
	if got := fmt.Sprint(all[1].Unread); got != "[birthday dropped: not a date (line 28) emails dropped: not of the expected form (line 29)]" {
		t.Errorf("unread %s", got)
	}
}

func readFile(t *testing.T, path string) []*contact.Contact {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	contacts, bad, err := read(string(text), false)
	if err != nil || len(bad) > 0 {
		t.Fatalf("bad %v, error %v", bad, err)
	}
	return contacts
}

func TestFileRoundTrip(t *testing.T) {
	for _, d := range Dialects() {
		var b bytes.Buffer
		var all []*contact.Contact
		e := Format(Options{Dialect: d}).NewEncoder(&b)
		for seed := range uint64(100) {
			c := newRandom(seed).contact()
			c.ID, c.Version, c.Folder = contact.ID(fmt.Sprint("id", seed)), "v", `A\/B/C`
			c.Created, c.Modified = time.Unix(int64(seed)*1e6, 0).UTC(), time.Unix(1e9, 5e8).UTC()
			c.Extra = append(c.Extra, contact.Extra{Origin: "outlook", Name: "future", Value: `{"a":[1]}`}, contact.Extra{Origin: "outlook", Name: "Integer 0x0036", Value: `"2"`})
			if seed%2 == 0 {
				c.Photo = &contact.Photo{Path: "photos/é.jpg", MediaType: "image/jpeg", SHA256: "00"}
			}
			if seed%5 == 1 {
				c.Photo = &contact.Photo{}
			}
			all = append(all, c)
			before := c.Clone()
			losses, err := e.Encode(c)
			if err != nil {
				t.Fatal(err)
			}
			same(t, before, c)
			for _, l := range losses {
				if l.Kind != contact.Stashed || l.Field == "extra[4]" {
					t.Errorf("%v", l)
				}
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		got, bad, err := read(b.String(), false)
		if err != nil || len(bad) > 0 || len(got) != len(all) {
			t.Fatalf("%d of %d contacts, bad %v, error %v", len(got), len(all), bad, err)
		}
		for i, c := range all {
			same(t, c, got[i])
			if c.ID != got[i].ID || c.Version != got[i].Version || c.Folder != got[i].Folder || !c.Created.Equal(got[i].Created) || !c.Modified.Equal(got[i].Modified) {
				t.Errorf("bookkeeping: %+v, want %+v", got[i], c)
			}
			if !reflect.DeepEqual(c.Photo, got[i].Photo) {
				t.Errorf("photo: %+v, want %+v", got[i].Photo, c.Photo)
			}
			if t.Failed() {
				t.Fatalf("%s: contact %d", d, i)
			}
		}
	}
}

// TestForms writes every form in every dialect: each begins as it should, is recognised,
// and reads back as it was.
func TestForms(t *testing.T) {
	begins := map[Form]string{"": `{"@odata.context":`, InPage: `{"@odata.context":`, InArray: "[\n{", InLines: "{"}
	for _, d := range Dialects() {
		for form, begin := range begins {
			for _, n := range []int{0, 1, 3} {
				var b bytes.Buffer
				e := Format(Options{Dialect: d, Form: form}).NewEncoder(&b)
				var all []*contact.Contact
				for seed := range uint64(n) {
					all = append(all, newRandom(seed).contact())
					if _, err := e.Encode(all[seed]); err != nil {
						t.Fatal(err)
					}
				}
				if err := e.Close(); err != nil {
					t.Fatal(err)
				}
				text := b.String()
				if n > 0 && (!strings.HasPrefix(text, begin) || !sniff([]byte(text))) || form == InLines && strings.Count(text, "\n") != n {
					t.Errorf("%s in %q: %.200s", d, form, text)
				}
				got, bad, err := read(text, true)
				if err != nil || len(bad) > 0 || len(got) != n {
					t.Fatalf("%s in %q: %d of %d contacts, bad %v, error %v", d, form, len(got), n, bad, err)
				}
				for i := range all {
					same(t, all[i], got[i])
				}
			}
		}
	}
}

func TestEmptyFile(t *testing.T) {
	var b bytes.Buffer
	if err := Format(Options{}).NewEncoder(&b).Close(); err != nil {
		t.Fatal(err)
	}
	if got, bad, err := read(b.String(), false); len(got)+len(bad) > 0 || err != nil {
		t.Errorf("%s: %v %v %v", b.String(), got, bad, err)
	}
	if !Format(Options{}).Sniff(b.Bytes()) {
		t.Errorf("not recognised: %s", b.String())
	}
}

func TestPhotoBytesDoNotFit(t *testing.T) {
	losses, err := Format(Options{}).NewEncoder(io.Discard).Encode(&contact.Contact{Photo: &contact.Photo{Data: []byte("x")}})
	if err != nil || len(losses) != 1 || losses[0].Field != "photo" || losses[0].Kind != contact.Dropped {
		t.Errorf("losses %v, error %v", losses, err)
	}
}

func TestSniff(t *testing.T) {
	tests := map[string]bool{
		`{"value":[{"givenName":"A"}]}`: true, ` [ {"Surname" : "B"}]`: true, `{"@odata.context":"x","value":[]}`: true, `{ "value": []}`: true,
		`{"uid":"1","name":{"given":"A"},"emails":[{"address":"a"}]}`:         false,
		`{"extra":[{"origin":"outlook","name":"givenName","value":"\"x\""}]}`: false,
		"BEGIN:VCARD\r\n": false, "Name,E-mail\r\n": false, "": false, "[1,2]": false,
	}
	for head, want := range tests {
		if got := sniff([]byte(head)); got != want {
			t.Errorf("%s: %t", head, got)
		}
	}
}

// TestCorpus reads the samples of Microsoft's documentation.
func TestCorpus(t *testing.T) {
	paths, err := filepath.Glob("../../../shared/corpus/json/graph-docs/*.json")
	if err != nil || len(paths) == 0 {
		t.Skip("the corpus is not beside the repository")
	}
	for _, path := range paths {
		for _, c := range readFile(t, path) {
			if len(c.Extra) > 0 {
				t.Errorf("%s: unknown members %v", path, c.Extra)
			}
			for _, l := range c.Unread {
				if l.Field != "birthday" { // "datetime-value"
					t.Errorf("%s: %v", path, l)
				}
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, path := range []string{"testdata/graph-beta.json", "testdata/outlook-v2.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, d := range Dialects() {
		body, _, err := Create(newRandom(3).contact(), d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte("{\"givenName\":\"A\n{\"givenName\":\"B\"\n[{\"x\":[}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		fast, badFast, errFast := read(string(text), false)
		slow, badSlow, errSlow := read(string(text), true)
		if len(fast) != len(slow) || len(badFast) != len(badSlow) || (errFast == nil) != (errSlow == nil) {
			t.Fatalf("%d %d %v read whole, %d %d %v byte by byte", len(fast), len(badFast), errFast, len(slow), len(badSlow), errSlow)
		}
		for i := range fast { // what is read where it stands, and what is framed first
			if !reflect.DeepEqual(fast[i], slow[i]) {
				t.Fatalf("contact %d differs when it is read byte by byte: %v", i, contact.Diff(fast[i], slow[i]))
			}
		}
		for _, c := range fast {
			again := contact.Normalize(c.Clone())
			if !contact.Equal(c, again) {
				t.Fatalf("not normalised: %v", contact.Diff(c, again))
			}
			projected, losses := Project(c, GraphV1)
			for _, field := range contact.Diff(c, projected) {
				named := false
				for _, l := range losses {
					named = named || l.Root() == field && l.Kind == contact.Dropped
				}
				if !named {
					t.Fatalf("%s is lost, and not named", field)
				}
			}
		}
		if page, err := DecodePage(text); err == nil && len(page.Contacts)+len(page.Bad) == 0 && len(fast) > 0 {
			t.Fatal("a page without the contacts of the file")
		}
	})
}

func TestPage(t *testing.T) {
	long := strings.Repeat("ä", 255) + "🙂"
	page, err := DecodePage([]byte(`{"@odata.count":7,"value":[{"id":"1","personalNotes":"` + long + `"},5,{"id":"2","personalNotes":"` + long + `x"},
		{"id":"3","singleValueExtendedProperties":[{"id":"` + stashID + `","value":"{\"v\":1,\"uid"}]}],"@odata.nextLink":"https:\/\/x"}`))
	if err != nil || page.NextLink != "https://x" || page.Count != 7 || len(page.Contacts) != 3 || len(page.Bad) != 1 || fmt.Sprint(page.Cut) != "[0 2]" {
		t.Errorf("%+v, error %v", page, err)
	}
	if page, err := DecodePage([]byte(`{"value":[]}`)); err != nil || page.Count != -1 {
		t.Errorf("%+v, error %v", page, err)
	}
	for _, bad := range []string{``, `{}`, `{"error":{"code":"x"}}`, `{"value":[{"id":"1"}`, `{"value":[{"id":"1"}]`, `<html>`, `{"value":{}}`} {
		if page, err := DecodePage([]byte(bad)); err == nil {
			t.Errorf("%s is a page: %+v", bad, page)
		}
	}
}

func TestLongListsAreCut(t *testing.T) {
	c, err := Decode([]byte(`{"children":[` + strings.Repeat(`"a",`, 5000) + `"b"]}`))
	if err != nil || len(c.Unread) != 1 || c.Unread[0].Field != "relations" {
		t.Errorf("unread %v, error %v", c.Unread, err)
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]string{
		"1974-07-22": "1974-07-22", "1974-07-22T00:00:00Z": "1974-07-22", "1974-07-22T11:59:00Z": "1974-07-22",
		"1974-07-21T12:00:00Z": "1974-07-22", "1974-07-21T13:00:00.000Z": "1974-07-22", "1974-07-22T08:00:00Z": "1974-07-22",
		"1974-07-22T00:00:00+12:00": "1974-07-22", "1974-07-22T11:00:00": "1974-07-22", "0001-01-01T00:00:00Z": "", "4501-01-01T00:00:00Z": "",
	} {
		if got, err := readDay(text); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, bad := range []string{"datetime-value", "1974-07-22X", "1974-13-01", "1974-07-22T25:00:00Z"} {
		if got, err := readDay(bad); err == nil {
			t.Errorf("%s: %s", bad, got)
		}
	}
}

// TestHostileFile: a stream of records none of which ends is given up on in time.
func TestHostileFile(t *testing.T) {
	text := "[" + strings.Repeat("\n{\"x\":[", 1<<17)
	var last error
	for _, err := range Format(Options{}).NewDecoder(strings.NewReader(text)).All() {
		last = err
	}
	if last == nil || formats.IsRecordError(last) {
		t.Errorf("the last error is %v", last)
	}
}
