package jsonl

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
)

// full has something in every member.
func full() *contact.Contact {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	params := contact.Params{"LABEL": {"a", "b"}, "ALTID": {"1"}}
	return &contact.Contact{
		UID: "u1", ID: "i1", Key: "k1", Folder: `Customers/A\/B`,
		Created: day.Add(time.Hour), Modified: day.Add(90*time.Minute + 5*time.Millisecond),
		Name: contact.Name{Display: "Dr. Ana <b> & \u2028Ruiz", Prefix: "Dr.", Given: "Ana", Middle: "M", Family: "Ruiz", Suffix: "Jr.",
			Nickname: "Ani", Initials: "A.R.", FileAs: "Ruiz, Ana", PhoneticGiven: "アナ", PhoneticMiddle: "m", PhoneticFamily: "ルイス"},
		Organization: contact.Organization{Company: "Acme", PhoneticCompany: "acme", Department: "R&D", Units: []string{"Lab", "Bench"},
			Title: "Chemist", Profession: "Chemistry", Office: "4.12", Manager: "Bo", Assistant: "Cy"},
		Emails:      []contact.Email{{Address: "ana@example.org", Name: "Ana at work", Type: "work", Preferred: true, Params: params}},
		Phones:      []contact.Phone{{Number: "+34 600 000 000", Type: "mobile", Preferred: true, Params: params}},
		Addresses:   []contact.Address{{Type: "home", POBox: "1", Extended: "2b", Street: "Calle 1\nbajo", City: "Soria", Region: "CL", PostalCode: "42001", Country: "Spain", Label: "l", Preferred: true, Params: params}},
		Websites:    []contact.Website{{URL: "https://example.org", Name: "n", Type: "work", Preferred: true, Params: params}},
		IMs:         []contact.IM{{Address: "sip:ana@example.org", Type: "work", Preferred: true, Params: params}},
		Birthday:    contact.Date{Month: 2, Day: 29},
		Anniversary: contact.Date{Year: 1999, Month: 12, Day: 31},
		Relations:   []contact.Relation{{Name: "Dan", Type: "spouse", Params: params}},
		Notes:       "  one\n\ttwo  ", Categories: []string{"a;b", "c"}, Gender: "female", Favorite: true,
		Flag:  contact.Flag{Status: contact.Flagged, Start: day, Due: day, Completed: day},
		Photo: &contact.Photo{Data: []byte{1, 2, 3}, Path: "photos/a.jpg", URL: "https://example.org/a.jpg", MediaType: "image/jpeg", SHA256: "00"},
		Extra: []contact.Extra{{Origin: "vcard", Name: "X-A", Params: params, Value: "v"}, {Origin: "jsonl", Name: "x", Value: `{"a":[1,"\u0041"]}`},
			{Origin: "jsonl", Name: "name", Value: "1"}, {Origin: "jsonl", Name: "x", Value: "2"}, {Origin: "jsonl", Name: "y", Value: "{ }"}},
	}
}

func TestMarshalKeepsEverything(t *testing.T) {
	for _, c := range []*contact.Contact{full(), {}, {Photo: &contact.Photo{}}, {Notes: "x"}} {
		line, err := Marshal([]byte("before "), c)
		if err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(string(line), "before ")
		if !ok || strings.Contains(text, "\n") {
			t.Errorf("not one line appended: %q", line)
		}
		got, err := Unmarshal([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !contact.Equal(c, got) || len(c.Extra) != len(got.Extra) {
			t.Errorf("differs in %v: %s", contact.Diff(c, got), text)
		}
		got.Extra, c.Extra = nil, nil // their order may change
		if !reflect.DeepEqual(c, got) {
			t.Errorf("got  %+v\nwant %+v", got, c)
		}
	}
}

func TestMarshalLeavesEmptyMembersOut(t *testing.T) {
	tests := []struct {
		c    contact.Contact
		want string
	}{
		{contact.Contact{}, `{}`},
		{contact.Contact{Emails: []contact.Email{}, Categories: []string{}, Extra: []contact.Extra{}}, `{}`},
		{contact.Contact{Emails: []contact.Email{{Address: "a@b", Params: contact.Params{}}}}, `{"emails":[{"address":"a@b"}]}`},
		{contact.Contact{Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, `{"created":"2026-01-02T03:04:05Z"}`},
		{contact.Contact{Birthday: contact.Date{Month: 7, Day: 4}}, `{"birthday":"--07-04"}`},
		{contact.Contact{Photo: &contact.Photo{Data: []byte("hi")}}, `{"photo":{"data":"aGk="}}`},
		{contact.Contact{Extra: []contact.Extra{{Origin: "jsonl", Name: "mood", Value: `"good"`}}}, `{"mood":"good"}`},
	}
	for _, test := range tests {
		if got, err := Marshal(nil, &test.c); err != nil || string(got) != test.want {
			t.Errorf("got %s, %v; want %s", got, err, test.want)
		}
	}
}

func TestUnmarshalNamesWhatItCannotRead(t *testing.T) {
	tests := []struct{ line, want, unread string }{
		{`{"name":{"given":5,"family":"Ruiz"}}`, `{"name":{"family":"Ruiz"}}`, "name.given"},
		{`{"birthday":"soon","notes":"n"}`, `{"notes":"n"}`, "birthday"},
		{`{"emails":[{"address":"a@b"},7,{"address":"c@d","x":1,"type":"home"}]}`, `{"emails":[{"address":"a@b"},{"address":"c@d","type":"home"}]}`, "emails[1] emails[2]"},
		{`{"emails":"a@b","photo":{"data":"***","path":"p"}}`, `{"photo":{"path":"p"}}`, "emails photo.data"},
		{`{"flag":{"due":"tomorrow", "zip":[1,2] }, "uid":"u"}`, `{"uid":"u"}`, "flag.due flag"},
		{`{"extra":[{"origin":"vcard","name":"X","value":1}]}`, `{"extra":[{"origin":"vcard","name":"X"}]}`, "extra[0].value"},
		{"{\"notes\":\"a\xffb\"}", `{"notes":"a` + "\uFFFD" + `b"}`, "notes"},
		{`{"mood":{"a" : 1},"notes":"n"}`, `{"notes":"n","mood":{"a":1}}`, ""},
	}
	for _, test := range tests {
		c, err := Unmarshal([]byte(test.line))
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		var fields []string
		for _, l := range c.Unread {
			fields = append(fields, string(l.Field))
		}
		got, _ := Marshal(nil, contact.Normalize(c))
		if string(got) != test.want || strings.Join(fields, " ") != test.unread {
			t.Errorf("%s:\n got %s, unread %v\nwant %s, unread %s", test.line, got, c.Unread, test.want, test.unread)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	for _, line := range []string{``, `null`, `[]`, `"x"`, `{"uid":"u"`, `{"uid":"u","uid":"v"}`, `{"uid":"u"}{}`, `{"secret":tru}`} {
		if c, err := Unmarshal([]byte(line)); err == nil {
			t.Errorf("%s: read as %+v", line, c)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "tru") && strings.Contains(err.Error(), "'") {
			t.Errorf("%s: the error quotes the line: %v", line, err)
		}
	}
}

func decode(t *testing.T, r io.Reader) (contacts []*contact.Contact, bad []*formats.RecordError, final error) {
	t.Helper()
	for c, err := range NewDecoder(r).All() {
		re, isRecord := errors.AsType[*formats.RecordError](err)
		switch {
		case final != nil:
			t.Fatal("the sequence goes on after a final error")
		case isRecord:
			bad = append(bad, re)
		case err != nil:
			final = err
		default:
			contacts = append(contacts, c)
		}
	}
	return contacts, bad, final
}

func TestDecoder(t *testing.T) {
	tests := []struct {
		name, in string
		notes    string // of the contacts, joined
		bad      string
		final    string
	}{
		{"lines", "{\"notes\":\"a\"}\n{\"notes\":\"b\"}", "a b", "", ""},
		{"mark, CRLF, empty lines", "\xef\xbb\xbf\r\n{\"notes\":\"a\"}\r\n  \r\n{\"notes\":\"b\"}\r\n", "a b", "", ""},
		{"a bad line", "{\"notes\":\"a\"}\n{oops\n{\"notes\":\"b\"}\n", "a b", "line 2: invalid JSON at byte 2", ""},
		{"array", "[{\"notes\":\"a\"},\n 5,\n{\"notes\":\"b\"}]", "a b", "object 2: not a JSON object", ""},
		{"array cut off", "[{\"notes\":\"a\"},{\"no", "a", "", "object 2: invalid JSON at byte 20"},
		{"spread out", "{\n \"notes\": \"a\"\n}\n{\n \"notes\": \"b\"\n}\n", "a b", "", ""},
		{"empty", "", "", "", ""},
		{"blanks", "\n \n", "", "", ""},
		{"not normalised", `{"notes":"a","categories":[" x ","x"]}`, "a", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			contacts, bad, final := decode(t, strings.NewReader(test.in))
			var notes []string
			for _, c := range contacts {
				notes = append(notes, c.Notes)
				if c.At.Number == 0 {
					t.Error("a contact without a position")
				}
				if len(c.Categories) > 1 {
					t.Error("a contact that is not normalised")
				}
			}
			badText, finalText := "", ""
			if len(bad) > 0 {
				badText = bad[0].Error()
			}
			if final != nil {
				finalText = final.Error()
			}
			if strings.Join(notes, " ") != test.notes || badText != test.bad || finalText != test.final {
				t.Errorf("got %q, bad %q, final %q", notes, badText, finalText)
			}
		})
	}
}

func TestDecoderLimits(t *testing.T) {
	long := `{"notes":"` + strings.Repeat("x", formats.MaxRecord) + `"}`
	contacts, bad, final := decode(t, strings.NewReader("{\"notes\":\"a\"}\n"+long+"\n{\"notes\":\"b\"}\n"))
	if len(contacts) != 2 || len(bad) != 1 || bad[0].At.Line != 2 || final != nil {
		t.Errorf("long line: %d contacts, %v, %v", len(contacts), bad, final)
	}
	contacts, _, final = decode(t, strings.NewReader("[{\"notes\":\"a\"},"+long+"]"))
	if len(contacts) != 1 || final == nil {
		t.Errorf("long object: %d contacts, %v", len(contacts), final)
	}
	var many strings.Builder
	for i := range formats.MaxExtra + 1 {
		many.WriteString(`,"m` + strings.Repeat("i", i) + `":1`)
	}
	_, bad, _ = decode(t, strings.NewReader("{"+many.String()[1:]+"}"))
	if len(bad) != 1 {
		t.Error("too many members are accepted")
	}
	big := []byte(`{"photo":{"data":"` + strings.Repeat("AAAA", formats.MaxPhoto/3+1) + `"}}`)
	contacts, _, _ = decode(t, bytes.NewReader(big))
	if len(contacts) != 1 || len(contacts[0].Unread) != 1 {
		t.Error("a photo beyond the limit is not named")
	}
}

type failing struct{ n int }

func (f *failing) Read(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errors.New("disk gone")
	}
	return copy(p, "{\"notes\":\"a\"}\n"), nil
}

func TestDecoderEndsWithTheReadersError(t *testing.T) {
	contacts, _, final := decode(t, &failing{n: 3})
	if final == nil || !strings.Contains(final.Error(), "disk gone") {
		t.Errorf("got %v after %d contacts", final, len(contacts))
	}
}

func TestEncoderPhoto(t *testing.T) {
	tests := []struct {
		photo *contact.Photo
		want  string
	}{
		{&contact.Photo{}, `{}`},
		{&contact.Photo{MediaType: "image/png"}, `{}`},
		{&contact.Photo{Data: []byte("hi")}, `{"photo":{"data":"aGk="}}`},
		{&contact.Photo{Data: []byte("hi"), Path: "p.jpg", SHA256: "s"}, `{"photo":{"path":"p.jpg","sha256":"s"}}`},
		{&contact.Photo{URL: "https://example.org/p"}, `{"photo":{"url":"https://example.org/p"}}`},
	}
	for _, test := range tests {
		var out bytes.Buffer
		losses, err := NewEncoder(&out).Encode(&contact.Contact{Photo: test.photo})
		if err != nil || len(losses) > 0 || strings.TrimSpace(out.String()) != test.want {
			t.Errorf("got %s, %v, %v; want %s", out.String(), losses, err, test.want)
		}
	}
}

func TestEncoderNamesWhatItChanges(t *testing.T) {
	var out bytes.Buffer
	enc := NewEncoder(&out)
	losses, err := enc.Encode(&contact.Contact{Extra: []contact.Extra{{Origin: "vcard", Name: "X", Value: "a\xff"}}})
	if err != nil || len(losses) != 1 || losses[0].Field != "extra" {
		t.Errorf("got %v, %v", losses, err)
	}
	if _, err = enc.Encode(&contact.Contact{Created: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}); !formats.IsRecordError(err) {
		t.Errorf("a time that JSON cannot hold: %v", err)
	}
	if _, err = enc.Encode(&contact.Contact{Notes: "next"}); err != nil || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("after a bad contact: %v, %q", err, out.String())
	}
}

func TestSniff(t *testing.T) {
	tests := []struct {
		head string
		want bool
	}{
		{`{"uid":"u","name":{"given":"A"}}`, true},
		{"\n {\"emails\":[{\"address\":\"a", true},
		{`[{"name":{}}]`, true},
		{"{\n \"notes\": \"n\"\n}", true},
		{`{"@odata.context":"x","value":[]}`, false},
		{`{"value":[{"id":"x"}]}`, false},
		{`{"id":"x","displayName":"A","birthday":"2000-01-01T00:00:00Z"}`, false},
		{`{"Id":"x","DisplayName":"A"}`, false},
		{`["vcard",[["fn",{},"text","X"]]]`, false},
		{`{"other":1}`, false}, {`{}`, false}, {``, false}, {`BEGIN:VCARD`, false}, {`First Name,Last Name`, false},
	}
	for _, test := range tests {
		if got := Format().Sniff([]byte(test.head)); got != test.want {
			t.Errorf("%s: %v", test.head, got)
		}
	}
}

func FuzzLine(f *testing.F) {
	line, _ := Marshal(nil, full())
	f.Add(line)
	f.Add([]byte(`{"emails":[{"address":1,"x":[{}]}],"x":{"a":1},"extra":[{"origin":"jsonl","name":"x","value":"1"}]}`))
	f.Add([]byte("[{\"notes\":\"\xff\"}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for range NewDecoder(bytes.NewReader(data)).All() {
		}
		c, err := Unmarshal(data)
		if err != nil {
			return
		}
		contact.Normalize(c)
		line, err := Marshal(nil, c)
		if err != nil {
			return
		}
		again, err := Unmarshal(line)
		if err != nil {
			t.Fatalf("own line refused: %v: %s", err, line)
		}
		if diff := contact.Diff(c, again); len(diff) > 0 || len(again.Unread) > 0 {
			t.Fatalf("differs in %v, unread %v: %s", diff, again.Unread, line)
		}
	})
}

func BenchmarkMarshal(b *testing.B) {
	c, buf := full(), []byte(nil)
	for b.Loop() {
		buf, _ = Marshal(buf[:0], c)
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	line, _ := Marshal(nil, full())
	for b.Loop() {
		Unmarshal(line)
	}
}

// TestAppenderWritesWhatTheTagsSay compares what is written member by member with what
// the struct tags of a contact say, by reflection.
func TestAppenderWritesWhatTheTagsSay(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	contacts := []*contact.Contact{full(), {}, {Photo: &contact.Photo{}}, {Notes: "\x00\x1f\"\\ \u2028 \U0001F600"}}
	for range 300 {
		contacts = append(contacts, contacttest.Random(rng))
	}
	for _, c := range contacts {
		c.Extra = slices.DeleteFunc(c.Extra, func(x contact.Extra) bool { return x.Origin == origin })
		want, err := json.Marshal(c, json.Deterministic(true), jsonv1.OmitEmptyWithLegacySemantics(true))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Marshal(nil, c); err != nil || string(got) != string(want) {
			t.Fatalf("got %s, %v\nwant %s", got, err, want)
		}
	}
}
