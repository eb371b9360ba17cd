package journal_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cardferry/cardferry/contact/contacttest"
	"github.com/cardferry/cardferry/importer/journal"
)

// BenchmarkBatch notes the intents and outcomes of a batch of creates.
func BenchmarkBatch(b *testing.B) {
	const size = 256
	j := journal.New(filepath.Join(b.TempDir(), "a.journal"), journal.Info{})
	defer j.Close()
	c := contacttest.Sparse(rand.New(rand.NewPCG(1, 1)))
	b.ReportAllocs()
	for b.Loop() {
		batch := make([]*journal.Entry, size)
		for i := range batch {
			batch[i] = &journal.Entry{Kind: journal.Create, At: "a.vcf: card 17", Key: fmt.Sprint(i), Want: c}
		}
		if err := j.Intend(batch...); err != nil {
			b.Fatal(err)
		}
		for _, e := range batch {
			j.Note(e, journal.Outcome{Status: journal.Done, NewID: "AAkALgAIoIoCG3GswnLcJFdOurYbMDhhMDhhMDItMWI3MS1hY2MyLTcyZAAAAAAAAAD7AAA=", NewVersion: "v"})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/size, "µs/write")
}
