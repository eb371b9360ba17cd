package vcard

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

// The benchmarks read and write what six programs write (testdata/programs), half
// of it vCard 3.0 with the habits of Google, Apple, Exchange and Android, the rest
// 4.0 and 2.1. internal/bench runs them for its rows: the library's decoder does
// less on the same bytes, for its result is still escaped and has no dates.

const benchRounds = 300 // each file of testdata/programs so many times

// benchFile returns the cards, numbered so that no two are the same. With photo, one
// card in four has one of that many bytes, folded as programs fold.
func benchFile(b *testing.B, photo int) []byte {
	files, err := filepath.Glob("testdata/programs/*.vcf")
	if err != nil || len(files) == 0 {
		b.Fatal("no cards to measure with", err)
	}
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	var out bytes.Buffer
	for j, original := range texts { // one program's cards after another's: a file is from one
		for i := range benchRounds {
			text := original
			text = strings.ReplaceAll(text, "4711", fmt.Sprintf("%04d", i))
			if photo > 0 && (i+j)%4 == 0 {
				line := []byte("PHOTO;ENCODING=b;TYPE=JPEG:" + base64.StdEncoding.EncodeToString(append([]byte("\xff\xd8\xff\xe0"), bytes.Repeat([]byte{byte(i), byte(j)}, photo/2)...)))
				text = strings.Replace(text, "\r\nN:", "\r\n"+string(appendFolded(nil, line))+"N:", 1)
			}
			out.WriteString(text)
		}
	}
	return out.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	for name, photo := range map[string]int{"text": 0, "photos": 16 << 10} {
		b.Run(name+"/cardferry", func(b *testing.B) {
			file := benchFile(b, photo)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range NewDecoder(bytes.NewReader(file)).All() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(name+"/go-vcard", func(b *testing.B) { // to its Card, with nothing decoded
			file := benchFile(b, photo)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				for dec := gv.NewDecoder(bytes.NewReader(file)); ; {
					if _, err := dec.Decode(); err == io.EOF {
						break
					}
				}
			}
		})
	}
}

// The library writes cards that it has read; where they would not come out right,
// it is no slower for that.
func BenchmarkEncode(b *testing.B) {
	for name, photo := range map[string]int{"text": 0, "photos": 16 << 10} {
		b.Run(name+"/cardferry", func(b *testing.B) {
			file := benchFile(b, photo)
			var all []*contact.Contact
			for c, err := range NewDecoder(bytes.NewReader(file)).All() {
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, c)
			}
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				enc := NewEncoder(io.Discard, Options{})
				for _, c := range all {
					if _, err := enc.Encode(c); err != nil && !formats.IsRecordError(err) {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(name+"/go-vcard", func(b *testing.B) {
			file := benchFile(b, photo)
			var cards []gv.Card
			for dec := gv.NewDecoder(bytes.NewReader(file)); ; {
				card, err := dec.Decode()
				if err == io.EOF {
					break
				}
				if card != nil {
					cards = append(cards, card)
				}
			}
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				enc := gv.NewEncoder(io.Discard)
				for _, card := range cards {
					enc.Encode(card)
				}
			}
		})
	}
}
