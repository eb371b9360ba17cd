package importer

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer/journal"
)

// TestStoppedAnywhere: an import of which any part was carried out ends as if it had never
// been stopped, also where the records share addresses, names and numbers: whom it had
// created already makes nobody else wait for review.
func TestStoppedAnywhere(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 5))
		var there, input []string
		for range rng.IntN(3) {
			there = append(there, anybody(rng))
		}
		for range 2 + rng.IntN(4) {
			input = append(input, anybody(rng))
		}
		checkStopped(t, []OnDuplicate{Fill, Update}[seed%2], there, input)
	}
}

// TestStoppedAmongNamesakes: those found by it and by the kill tests.
func TestStoppedAmongNamesakes(t *testing.T) {
	for _, tt := range []struct{ there, input []string }{
		{nil, []string{"Ann Lee; a@example.org; +1 555 201 0100", "Ann Lee; b@example.org; +1 555 201 0100", "Ann Lee; +1 555 201 0100"}},
		{nil, []string{"Ann Lee; info@example.org", "Bob Lee; info@example.org", "Cid Lee; info@example.org"}},
		{[]string{"Lee; +1 555 201 0100; uid:2", "A. Lee; +1 555 201 0100"}, []string{"Lee; +1 555 201 0101", "A. Lee; info@example.org; +1 555 201 0101; uid:2"}},
		{[]string{"Bob Lee; b@example.org; info@example.org; +1 555 201 0101; uid:2"},
			[]string{"Bob Lee; +1 555 201 0100", "Bob Lee; a@example.org; +1 555 201 0101; uid:1", "Lee; info@example.org; +1 555 201 0100"}},
	} {
		checkStopped(t, Fill, tt.there, tt.input)
	}
}

// anybody is one of few people, in the notation of personOf.
func anybody(rng *rand.Rand) string {
	one := func(texts ...string) string { return texts[rng.IntN(len(texts))] }
	parts := []string{one("Ann Lee", "A. Lee", "Bob Lee", "Lee")}
	for _, p := range []string{one("", "", "a@example.org", "b@example.org"), one("", "", "info@example.org"), one("", "+1 555 201 0100", "+1 555 201 0101"), one("", "", "", "uid:1", "uid:2")} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "; ")
}

// checkStopped imports, then takes away each part of what was created, and imports again.
func checkStopped(t *testing.T, policy OnDuplicate, there, input []string) {
	t.Helper()
	all := func(texts []string) (all []*contact.Contact) {
		for _, text := range texts {
			all = append(all, personOf(text))
		}
		return all
	}
	j := journal.New(filepath.Join(t.TempDir(), "run.journal"), journal.Info{ID: "run"})
	defer j.Close()
	m, o := newMailbox(all(there)...), Options{Policy: policy, Journal: j}
	before := len(m.contacts)
	if _, _, err := try(t, m, o, all(input)...); err != nil {
		t.Fatal(err)
	}
	want, whole := held(m), slices.Clone(m.contacts)
	for parts := range 1 << (len(whole) - before) {
		var kept []*contact.Contact
		for i, c := range whole {
			if i < before || parts>>(i-before)&1 == 1 {
				kept = append(kept, c.Clone())
			}
		}
		m.contacts = kept
		if _, results, err := try(t, m, o, all(input)...); err != nil || held(m) != want {
			t.Errorf("there %q, input %q, and %b of it there: %v\n got %s\nwant %s\n%v", there, input, parts, err, held(m), want, reasons(results))
			return
		}
	}
}

// held tells what a mailbox holds.
func held(m *mailbox) string {
	var texts []string
	for _, c := range m.contacts {
		text := c.Name.Display
		for _, e := range c.Emails {
			text += "; " + e.Address
		}
		for _, p := range c.Phones {
			text += "; " + p.Number
		}
		texts = append(texts, text)
	}
	slices.Sort(texts)
	return strings.Join(texts, " | ")
}

func reasons(results map[int]Result) (texts []string) {
	for n := range len(results) {
		r := results[n+1]
		texts = append(texts, fmt.Sprintf("%d %s %s", n+1, r.Outcome, r.Reason))
	}
	return texts
}
