package vcard

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/cardferry/cardferry/contact"
	gv "github.com/emersion/go-vcard"
)

const benchCards = 2000

func benchContacts(photo int) []*contact.Contact {
	all := make([]*contact.Contact, benchCards)
	for i := range all {
		c := &contact.Contact{
			UID:          fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", i),
			Name:         contact.Name{Display: fmt.Sprintf("Jörg Muster %d", i), Given: "Jörg", Family: fmt.Sprintf("Muster %d", i), Prefix: "Dr."},
			Organization: contact.Organization{Company: "Nordwind, GmbH", Department: "Einkauf", Title: "Leiter"},
			Emails:       []contact.Email{{Address: fmt.Sprintf("joerg%d@nordwind.example", i), Type: "work"}, {Address: fmt.Sprintf("j%d@home.example", i), Type: "home"}},
			Phones:       []contact.Phone{{Number: fmt.Sprintf("+49 40 555%04d", i), Type: "work"}, {Number: fmt.Sprintf("+49 171 55%05d", i), Type: "mobile"}},
			Addresses:    []contact.Address{{Type: "work", Street: "Hafenweg 1", City: "Hamburg", PostalCode: "20457", Country: "Deutschland"}},
			Websites:     []contact.Website{{URL: "https://nordwind.example/", Type: "work"}},
			Birthday:     contact.Date{Year: 1970, Month: 1 + i%12, Day: 1 + i%28},
			Notes:        "Met at the fair in Hanover; wants to hear about the new catalogue,\nbut not before March.",
			Categories:   []string{"Customers", "North"},
		}
		if photo > 0 {
			c.Photo = contact.NewPhoto(append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte{byte(i)}, photo)...))
		}
		all[i] = contact.Normalize(c)
	}
	return all
}

func benchFile(b *testing.B, photo int) []byte {
	var out bytes.Buffer
	enc := NewEncoder(&out, Options{})
	for _, c := range benchContacts(photo) {
		if _, err := enc.Encode(c); err != nil {
			b.Fatal(err)
		}
	}
	return out.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	for _, photo := range []int{0, 16 << 10} {
		name := "text"
		if photo > 0 {
			name = "photos"
		}
		b.Run(name+"/cardferry", func(b *testing.B) {
			file := benchFile(b, photo)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range NewDecoder(bytes.NewReader(file)).All() {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != benchCards {
					b.Fatal(n)
				}
			}
		})
		b.Run(name+"/go-vcard", func(b *testing.B) { // to its Card, with nothing decoded
			file := benchFile(b, photo)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				dec, n := gv.NewDecoder(bytes.NewReader(file)), 0
				for {
					_, err := dec.Decode()
					if err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != benchCards {
					b.Fatal(n)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	all := benchContacts(0)
	file := benchFile(b, 0)
	b.Run("cardferry", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			enc := NewEncoder(io.Discard, Options{})
			for _, c := range all {
				if _, err := enc.Encode(c); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("go-vcard", func(b *testing.B) { // of cards that are made already
		var cards []gv.Card
		for dec := gv.NewDecoder(bytes.NewReader(file)); ; {
			card, err := dec.Decode()
			if err == io.EOF {
				break
			}
			cards = append(cards, card)
		}
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			enc := gv.NewEncoder(io.Discard)
			for _, card := range cards {
				if err := enc.Encode(card); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
