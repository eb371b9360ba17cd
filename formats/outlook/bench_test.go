package outlook

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// typical is a well-kept contact, without anything that needs the stash but its
// UID.
func typical() *contact.Contact {
	return contact.Normalize(&contact.Contact{
		UID: "urn:uuid:6f1c7a8e-0000-4000-8000-000000000001", Key: contact.KeyOf("x"),
		Name:         contact.Name{Display: "Dr. Garth Fort", Prefix: "Dr.", Given: "Garth", Family: "Fort", FileAs: "Fort, Garth", Initials: "G.F."},
		Organization: contact.Organization{Company: "Contoso, Inc.", Department: "Sales & Marketing", Title: "Web Marketing Manager", Office: "20/1101"},
		Emails:       []contact.Email{{Address: "garth@example.com", Name: "Garth"}, {Address: "gf@example.org"}},
		Phones:       []contact.Phone{{Number: "+1 918 555 0101", Type: contact.Work}, {Number: "+1 918 555 0102", Type: contact.Mobile}, {Number: "+1 918 555 0103", Type: contact.WorkFax}},
		Addresses:    []contact.Address{{Type: contact.Work, POBox: "P.O. Box 100", Street: "123 Some street", City: "Seattle", Region: "WA", PostalCode: "98121", Country: "USA"}},
		Websites:     []contact.Website{{URL: "https://example.com", Type: contact.Work}},
		IMs:          []contact.IM{{Address: "sip:garth@example.com"}},
		Birthday:     contact.Date{Year: 1974, Month: 7, Day: 22}, Notes: "Met at the fair.\nLikes tea.", Categories: []string{"Customers"},
	})
}

// wirePage is a page of n contacts as Graph sends them, null members included.
func wirePage(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users('me')/contacts","value":[`)
	for i := range n {
		body, _, err := Create(typical(), GraphV1)
		if err != nil {
			panic(err)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"@odata.etag":"W/\"EQAAABYAAACd9nJ/tVysQos2hTfspaWRAAADTIa4\"","id":"AAMkAGI2THk0%06d=","createdDateTime":"2014-10-19T23:08:24Z","lastModifiedDateTime":"2014-10-19T23:08:24Z","changeKey":"EQAAABYAAACd9nJ/tVysQos2hTfspaWRAAADTIa4","parentFolderId":"AAMkAGI2AAEOAAA=","middleName":null,"nickName":null,"yomiGivenName":null,"yomiSurname":null,"yomiCompanyName":null,"generation":null,"profession":null,"assistantName":null,"manager":null,"homePhones":[],"spouseName":null,"children":[],"homeAddress":{},"otherAddress":{},%s`, i, strings.TrimPrefix(string(body), "{"))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkDecodePage(b *testing.B) {
	page := wirePage(100)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := DecodePage(page); err != nil || len(p.Contacts) != 100 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/contact")
}

func BenchmarkCreate(b *testing.B) {
	for _, d := range Dialects() {
		b.Run(string(d), func(b *testing.B) {
			c := typical()
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Create(c, d); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFileDecode(b *testing.B) {
	page := wirePage(100)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range Format(Options{}).NewDecoder(bytes.NewReader(page)).All() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 100 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/contact")
}

func BenchmarkFileEncode(b *testing.B) {
	c := typical()
	e := Format(Options{}).NewEncoder(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Encode(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProject(b *testing.B) {
	c := typical()
	b.ReportAllocs()
	for b.Loop() {
		if _, losses := Project(c, GraphV1); len(losses) > 0 {
			b.Fatal(losses)
		}
	}
}
