package importer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/internal/spelling"
)

// people makes contacts as personOf does; those whose names begin with "/" get a given
// and a family name, the others a display name.
func people(texts ...string) (all []*contact.Contact) {
	for _, text := range texts {
		text, inParts := strings.CutPrefix(text, "/")
		c := personOf(text)
		if inParts {
			given, family, _ := strings.Cut(c.Name.Display, " ")
			c.Name = contact.Name{Given: given, Family: family}
		}
		all = append(all, c)
	}
	return all
}

// TestWhoWaitsIsMatchedAnew: a record that waits for review because of what another one
// changes is decided in the same run, as a second one would.
func TestWhoWaitsIsMatchedAnew(t *testing.T) {
	tests := []struct {
		name           string
		policy         OnDuplicate
		there, records []string
		want           Counts
	}{
		{"a contact gets the name that tells them apart", Fill, []string{"/Li; uid:u1; li@x.example"},
			[]string{"/Li Berg; li@x.example", "/Li Hara; uid:u1; li@x.example"}, Counts{Read: 2, Created: 1, Updated: 1}},
		{"a contact is renamed", Update, []string{"Li Ray; uid:u1; li@x.example"},
			[]string{"Ann Ray; uid:u1; li@x.example", "Li Ray; li@x.example"}, Counts{Read: 2, Created: 1, Updated: 1}},
		{"an address goes", Replace, []string{"Ann Ray; a@x.example; b@x.example"},
			[]string{"Ann Ray; a@x.example", "Bob Ray; b@x.example"}, Counts{Read: 2, Created: 1, Updated: 1}},
		{"nothing changes", Fill, []string{"Ann Ray; a@x.example"}, []string{"Bob Ray; a@x.example"}, Counts{Read: 1, Review: 1}},
		{"nothing that matters changes", Fill, []string{"Ann Ray; a@x.example"}, []string{"Bob Ray; a@x.example", "Cid Poe; c@x.example"}, Counts{Read: 2, Created: 1, Review: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox()
			do(t, m, Options{}, people(tt.there...)...)
			if r, _ := do(t, m, Options{Policy: tt.policy, DryRun: true}, people(tt.records...)...); r.Counts != tt.want {
				t.Errorf("dry run: %+v, want %+v", r.Counts, tt.want)
			}
			if r, _ := do(t, m, Options{Policy: tt.policy}, people(tt.records...)...); r.Counts != tt.want {
				t.Errorf("%+v, want %+v", r.Counts, tt.want)
			}
			writes := m.writes
			if r, _ := do(t, m, Options{Policy: tt.policy}, people(tt.records...)...); m.writes != writes || r.Review != tt.want.Review {
				t.Errorf("a second run writes %d times: %+v", m.writes-writes, r.Counts)
			}
		})
	}
}

// TestSecondRunAtRandom: of people who share names, addresses, numbers and identities in
// every way, a second run writes nothing, and a dry run foretells the first.
func TestSecondRunAtRandom(t *testing.T) {
	rules, err := spelling.Rules("DE")
	if err != nil {
		t.Fatal(err)
	}
	random := func(rng *rand.Rand, n int) (texts []string) {
		for range n {
			parts := []string{[]string{"Ann", "Ann Ray", "A. Ray", "Bob Ray", "Ann B. Ray", "Ray", "Li"}[rng.IntN(7)]}
			if rng.IntN(2) == 0 {
				parts[0] = "/" + parts[0]
			}
			for range rng.IntN(3) {
				parts = append(parts, fmt.Sprintf("%d@x.example", rng.IntN(5)))
			}
			for range rng.IntN(2) {
				parts = append(parts, fmt.Sprintf("+49 30 123%d", rng.IntN(3)))
			}
			if rng.IntN(2) == 0 {
				parts = append(parts, fmt.Sprintf("uid:u%d", rng.IntN(6)))
			}
			texts = append(texts, strings.Join(parts, "; "))
		}
		return texts
	}
	runs := 1000
	if testing.Short() {
		runs = 300
	}
	for seed := range runs {
		rng := rand.New(rand.NewPCG(uint64(seed), 42))
		there, input := random(rng, rng.IntN(5)), random(rng, 1+rng.IntN(5))
		policy := Policies()[seed%len(Policies())]
		m := newMailbox()
		do(t, m, Options{Policy: Create, Rules: rules}, people(there...)...)
		o := Options{Policy: policy, Rules: rules}
		tell := func(what string, r *Report) {
			t.Fatalf("seed %d, %s, %s: %+v\nthere %q\ninput %q", seed, policy, what, r.Counts, there, input)
		}
		o.DryRun = true
		foretold, _ := do(t, m, o, people(input...)...)
		o.DryRun = false
		first, _ := do(t, m, o, people(input...)...)
		if foretold.Counts != first.Counts {
			tell(fmt.Sprintf("a dry run said %+v", foretold.Counts), first)
		}
		writes := m.writes
		if r, _ := do(t, m, o, people(input...)...); m.writes != writes {
			tell(fmt.Sprintf("a second run writes %d times after %+v", m.writes-writes, first.Counts), r)
		}
	}
}
