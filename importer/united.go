package importer

import (
	"hash/maphash"
	"slices"

	"github.com/cardferry/cardferry/contact"
)

// Which records of one input are one person: those with the same key, or with an address
// in common, unless a name contradicts; and those without an address that have the name and
// a number of just one person, and contradict it in nothing. The order of the records does
// not matter.

// join finds the earlier records that are the same person as record i: those with
// its key or one of its addresses, unless a name contradicts.
func (in *input) join(i int32, c *contact.Contact, key string, emails []string) error {
	sameKey := in.withKey(key)
	candidates := slices.Clone(sameKey)
	for _, e := range emails {
		candidates = append(candidates, in.withMark(e)...)
	}
	seen := map[int32]bool{}
	for _, other := range candidates {
		l := in.leader[other]
		if seen[l] || l == in.leader[i] || len(seen) == maxSharing {
			continue
		}
		seen[l] = true
		same, err := in.unite(l, in.leader[i])
		if err != nil {
			return err
		}
		if !same {
			in.shares[i] = other
			if slices.Contains(sameKey, other) {
				in.rekeyed[i] = true
			}
		}
	}
	return nil
}

// unite makes one person of those of two leaders, unless a name of the one contradicts
// one of the other. It reports whether it has.
func (in *input) unite(a, b int32) (bool, error) {
	if b < a {
		a, b = b, a
	}
	for _, m := range in.members(b) {
		c, err := in.spool.Get(in.slots[m])
		if err != nil {
			return false, err
		}
		if same, err := in.samePerson(c, a); err != nil || !same {
			return false, err
		}
	}
	for _, m := range in.members(b) {
		in.leader[m] = a
		in.others[a] = append(in.others[a], m)
	}
	if !slices.IsSorted(in.others[a]) {
		slices.Sort(in.others[a])
	}
	delete(in.others, b)
	return true, nil
}

// samePerson reports whether c's name contradicts that of no record of l's person.
func (in *input) samePerson(c *contact.Contact, l int32) (bool, error) {
	for _, m := range in.members(l) {
		other, err := in.spool.Get(in.slots[m])
		if err != nil {
			return false, err
		}
		if !in.rules.CompatibleNames(c, other) {
			return false, nil
		}
	}
	return true, nil
}

// members are the records of a person in their order.
func (in *input) members(leader int32) []int32 {
	return append([]int32{leader}, in.others[leader]...)
}

// joinBare joins the records without an address to the one person that has their name and
// one of their numbers. Where several have, nobody can tell whose they are.
func (in *input) joinBare() error {
	if len(in.bare) == 0 {
		return nil
	}
	names, byMark := map[uint64]bool{}, map[string][]int32{}
	for _, i := range in.bare {
		c, err := in.spool.Get(in.slots[i])
		if err != nil {
			return err
		}
		names[in.nameHash(c)] = true
		for _, m := range personMarks(c, in.rules) {
			for _, other := range byMark[m] {
				if in.leader[other] == in.leader[i] {
					continue
				}
				if err := in.uniteBare(in.leader[other], in.leader[i]); err != nil {
					return err
				}
			}
			byMark[m] = append(byMark[m], i)
		}
	}
	owners := map[int32][]int32{} // who else has the name and a number, by leader
	for n := range in.slots {
		i := int32(n)
		c, err := in.spool.Get(in.slots[i])
		if err != nil {
			return err
		}
		if len(c.Emails) == 0 || !names[in.nameHash(c)] {
			continue
		}
		for _, m := range personMarks(c, in.rules) {
			for _, bare := range byMark[m] {
				l := in.leader[bare]
				if owner := in.leader[i]; owner != l && !slices.Contains(owners[l], owner) {
					owners[l] = append(owners[l], owner)
				}
			}
		}
	}
	for _, i := range in.bare {
		l := in.leader[i]
		if all := owners[l]; len(all) == 1 && in.leader[all[0]] != l {
			if err := in.uniteBare(in.leader[all[0]], l); err != nil {
				return err
			}
		}
	}
	return nil
}

// uniteBare makes one person of those of two leaders where nothing of either would be lost
// by it: a name and a number, of a family or a firm, are less than an address.
func (in *input) uniteBare(a, b int32) error {
	var all *contact.Contact
	for _, m := range append(in.members(a), in.members(b)...) {
		c, err := in.spool.Get(in.slots[m])
		if err != nil {
			return err
		}
		switch {
		case all == nil:
			all = c
			continue
		case len(slices.DeleteFunc(contradictions(in.rules, all, c), isList)) > 0, c.Folder != all.Folder:
			return nil
		case c.Photo != nil && all.Photo != nil && c.Photo.SHA256 != all.Photo.SHA256:
			return nil
		}
		all = in.rules.Merge(all, c, contact.Fill)
	}
	_, err := in.unite(a, b)
	return err
}

func (in *input) nameHash(c *contact.Contact) uint64 {
	return maphash.String(in.seed, in.rules.NameKey(c))
}
