package csv

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// typical is what most contacts of a mailbox are like.
func typical() *contact.Contact {
	return &contact.Contact{
		Name:         contact.Name{Display: "Ana María Ruiz", Given: "Ana", Middle: "María", Family: "Ruiz"},
		Organization: contact.Organization{Company: "Acme Shipping Ltd", Department: "Customs", Title: "Broker"},
		Emails: []contact.Email{{Address: "ana.ruiz@acme.example", Name: "Ana Ruiz", Type: contact.Work},
			{Address: "ana@ruiz.example", Type: contact.Home}},
		Phones: []contact.Phone{{Number: "+34 975 123 456", Type: contact.Work}, {Number: "+34 600 123 456", Type: contact.Mobile}},
		Addresses: []contact.Address{{Type: contact.Work, Street: "Calle Mayor 1\nPiso 2", City: "Soria", Region: "Castilla y León",
			PostalCode: "42001", Country: "Spain"}},
		Birthday: contact.Date{Year: 1974, Month: 7, Day: 22},
		Notes:    "Met at the fair in Bilbao.\nPrefers to be called in the morning, before ten.",
	}
}

// kinds are the contacts that the benchmarks work on: typical ones, and such as
// have every field.
func kinds() map[string][]*contact.Contact {
	rng := rand.New(rand.NewPCG(5, 6))
	var random []*contact.Contact
	for range 64 {
		random = append(random, contacttest.Random(rng))
	}
	return map[string][]*contact.Contact{"typical": {typical()}, "random": random}
}

func eachKind(b *testing.B, run func(b *testing.B, dialect string, contacts []*contact.Contact)) {
	for kind, contacts := range kinds() {
		for _, dialect := range Dialects() {
			b.Run(dialect+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				run(b, dialect, contacts)
			})
		}
	}
}

// BenchmarkEncode measures one Encode.
func BenchmarkEncode(b *testing.B) {
	eachKind(b, func(b *testing.B, dialect string, contacts []*contact.Contact) {
		e, err := NewEncoder(io.Discard, Options{Dialect: dialect})
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			if _, err := e.Encode(contacts[i%len(contacts)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecode measures one row of a table without end.
func BenchmarkDecode(b *testing.B) {
	eachKind(b, func(b *testing.B, dialect string, contacts []*contact.Contact) {
		for _, err := range NewDecoder(endless(b, dialect, contacts), Options{}).All() {
			if err != nil {
				b.Fatal(err)
			}
			if !b.Loop() {
				return
			}
		}
	})
}

// endless returns a table in which the contacts come again and again.
func endless(b *testing.B, dialect string, contacts []*contact.Contact) io.Reader {
	var out bytes.Buffer
	e, err := NewEncoder(&out, Options{Dialect: dialect})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range contacts {
		if _, err := e.Encode(c); err != nil {
			b.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	header, rows, _ := bytes.Cut(out.Bytes(), []byte("\n"))
	return io.MultiReader(bytes.NewReader(header), bytes.NewReader([]byte("\n")), &repeated{text: rows})
}

// repeated is a reader of one text over and over.
type repeated struct {
	text []byte
	off  int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.off:])
	r.off = (r.off + n) % len(r.text)
	return n, nil
}
