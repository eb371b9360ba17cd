package planfile_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/importer/planfile"
)

func records() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for seed := range uint64(20) {
			c := contacttest.Random(rand.New(rand.NewPCG(seed, 1)))
			c.At = contact.Position{File: "a.vcf", Unit: "card", Number: int(seed) + 1}
			c.Unread = []contact.Loss{{Field: "extra", Kind: contact.Dropped, Reason: "a broken line"}}
			c.Photo = contact.NewPhoto([]byte("\xff\xd8\xff photo"))
			if !yield(c, nil) {
				return
			}
		}
		yield(nil, formats.RecordErrorf(contact.Position{File: "a.vcf", Unit: "card", Number: 21}, "broken"))
	}
}

func plan(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := planfile.NewWriter(&b, planfile.Header{Sink: "work:", Identity: "mailbox", Options: []byte(`{"policy":"fill"}`)})
	for range w.Watch(records()) {
		continue
	}
	w.Outcome(planfile.Outcome{At: "a.vcf: card 1", Outcome: "created"})
	if err := w.End("state"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(text []byte) (*planfile.Reader, error) {
	return planfile.Open(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
}

func TestRecordsComeBack(t *testing.T) {
	p, err := read(plan(t))
	if err != nil {
		t.Fatal(err)
	}
	if p.Header.Sink != "work:" || p.Header.Identity != "mailbox" || string(p.Header.Options) != `{"policy":"fill"}` || p.End.State != "state" || p.End.Records != 21 {
		t.Errorf("%+v %+v", p.Header, p.End)
	}
	next, stop := iter.Pull2(records())
	defer stop()
	n := 0
	for got, err := range p.Records() {
		n++
		want, wantErr, _ := next()
		if want == nil {
			bad, ok := errors.AsType[*formats.RecordError](err)
			if !ok || bad.Error() != wantErr.Error() {
				t.Errorf("record %d: %v, want %v", n, err, wantErr)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		contacttest.Equal(t, got, want)
		if got.At != want.At || len(got.Unread) != 1 || got.Photo == nil || !bytes.Equal(got.Photo.Data, want.Photo.Data) {
			t.Errorf("record %d: %+v", n, got)
		}
	}
	if n != 21 {
		t.Errorf("%d records", n)
	}
	for range p.Records() {
		break
	}
}

// TestChangedPlan: what is not whole, or was edited, is refused.
func TestChangedPlan(t *testing.T) {
	good := plan(t)
	for name, text := range map[string][]byte{
		"empty":     nil,
		"no plan":   []byte("BEGIN:VCARD\n"),
		"cut off":   good[:len(good)/2],
		"no end":    good[:bytes.LastIndexByte(good[:len(good)-1], '\n')+1],
		"edited":    bytes.Replace(good, []byte(`"fill"`), []byte(`"skip"`), 1),
		"appended":  append(bytes.Clone(good), []byte("{\"type\":\"record\"}\n")...),
		"newer":     bytes.Replace(good, []byte(`"version":1`), []byte(`"version":2`), 1),
		"last byte": good[:len(good)-1],
	} {
		if _, err := read(text); !errors.Is(err, planfile.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
