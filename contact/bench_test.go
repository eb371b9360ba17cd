package contact_test

import (
	"math/rand/v2"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/contact/contacttest"
)

// half is a contact with about half of all fields, as most are that people keep with
// care.
func half() *contact.Contact { return contacttest.Sparse(rand.New(rand.NewPCG(1, 1))) }

func BenchmarkNormalize(b *testing.B) {
	c := half()
	b.ReportAllocs()
	for b.Loop() {
		contact.Normalize(c)
	}
}

func BenchmarkDiff(b *testing.B) {
	c, d := half(), half()
	b.ReportAllocs()
	for b.Loop() {
		if fields := contact.Diff(c, d); len(fields) > 0 {
			b.Fatal(fields)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	c, d := half(), half()
	b.ReportAllocs()
	for b.Loop() {
		contact.Merge(c, d, contact.Fill)
	}
}
