package importertest_test

import (
	"testing"

	"github.com/cardferry/cardferry/importer/importertest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	importertest.TestSink(t, func(*testing.T) importertest.Account {
		f := importertest.NewFake()
		return importertest.Account{Sink: f, Reader: f}
	})
}
