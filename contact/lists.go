package contact

import "slices"

// items says how the items of a list behave. same: both mean one thing (one
// number written two ways); equal: they do not differ at all.
type items[T any] struct {
	ordered bool // the order of the list has a meaning
	equal   func(a, b T) bool
	alike   func(r Rules, a, b T) bool // what same asks
	rules   Rules                      // under which they are the same
	empty   func(T) bool
	clean   func(*T)
	settle  func(*T)                      // what clean does beside cleaning texts; nil: nothing
	join    func(dst *T, src T, win bool) // nil: same items need no joining
	kind    func(*T) *string              // the item's type; nil: it has none
}

func list[T any](f Field, at func(*Contact) *[]T, it items[T]) definition {
	return definition{
		field: f,
		empty: func(c *Contact) bool { return len(*at(c)) == 0 },
		equal: func(a, b *Contact) bool {
			if it.ordered {
				return slices.EqualFunc(*at(a), *at(b), it.equal)
			}
			return equalUnordered(*at(a), *at(b), it.equal)
		},
		set:   func(dst, src *Contact) { *at(dst) = *at(src) },
		unite: func(dst, src *Contact, win bool, r Rules) { *at(dst) = it.under(r).unite(*at(dst), *at(src), win) },
		clean: func(c *Contact) {
			if all := at(c); *all != nil {
				*all = it.cleaned(*all, it.clean)
			}
		},
		tidy: func(c *Contact) {
			if all := at(c); *all != nil {
				*all = it.cleaned(*all, it.settle)
			}
		},
		missing: func(dst, src *Contact) []int { return it.missing(*at(dst), *at(src)) },
		keep: func(c *Contact, indexes []int) {
			all := *at(c)
			var kept []T
			for _, i := range indexes {
				if i >= 0 && i < len(all) {
					kept = append(kept, all[i])
				}
			}
			*at(c) = kept
		},
	}
}

func (it items[T]) same(a, b T) bool { return it.alike(it.rules, a, b) }

// under returns the items with the rules in force.
func (it items[T]) under(r Rules) items[T] {
	it.rules = r
	return it
}

func equalUnordered[T any](a, b []T, equal func(a, b T) bool) bool {
	if len(a) != len(b) {
		return false
	}
	if slices.EqualFunc(a, b, equal) { // the usual case, without bookkeeping
		return true
	}
	taken := make([]bool, len(b))
	for _, v := range a {
		found := false
		for j, w := range b {
			if !taken[j] && equal(v, w) {
				taken[j], found = true, true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// cleaned returns the list with its items cleaned by clean, which may be nil, and
// empty items and exact repetitions gone.
func (it items[T]) cleaned(all []T, clean func(*T)) []T {
	kept := all[:0]
	for i := range all {
		if clean != nil {
			clean(&all[i])
		}
		if it.empty(all[i]) || slices.ContainsFunc(kept, func(w T) bool { return it.equal(w, all[i]) }) {
			continue
		}
		if len(kept) == i { // nothing before it is gone
			kept = all[:i+1]
		} else {
			kept = append(kept, all[i])
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// unite returns a list that holds dst's items and those of src that dst lacks.
// Neither list is changed; the result may be dst itself. Where src wins, each of its
// items is joined to another item of the list, so that none undoes what another did.
// Afterwards every item of src is contained in an item of the list, so that uniting
// again changes nothing.
func (it items[T]) unite(dst, src []T, win bool) []T {
	if len(src) == 0 {
		return dst
	}
	united := slices.Clone(dst)
	taken := make([]bool, len(dst), len(dst)+len(src))
	for _, v := range src {
		if i := slices.IndexFunc(united, func(w T) bool { return it.contains(w, v, win) }); i >= 0 {
			taken[i] = true
			continue
		}
		i := it.partner(united, v, func(i int) bool { return !win || !taken[i] })
		if i < 0 {
			united, taken = append(united, v), append(taken, true)
			continue
		}
		it.join(&united[i], v, win)
		taken[i] = true
	}
	return united
}

// contains reports whether w is the same as v, and joining v to it changes nothing.
func (it items[T]) contains(w, v T, win bool) bool {
	if it.equal(w, v) {
		return true
	}
	if !it.same(w, v) {
		return false
	}
	joined := w
	if it.join != nil {
		it.join(&joined, v, win)
	}
	return it.equal(joined, w)
}

// partner returns the index of the first item that is the same as v, rather one of
// the same type; -1 if there is none among those that are free.
func (it items[T]) partner(all []T, v T, isFree func(i int) bool) int {
	partner := -1
	for i, w := range all {
		if !isFree(i) || !it.same(w, v) {
			continue
		}
		if it.kind != nil && *it.kind(&w) == *it.kind(&v) {
			return i
		}
		if partner < 0 {
			partner = i
		}
	}
	return partner
}

// missing returns the indexes of the items of full that are not in shown. An item
// of shown stands for one item of full: for one that is the same if it can, else for one
// that would be but for its type, else for one of its type, of which the place shows
// another form.
func (it items[T]) missing(shown, full []T) []int {
	taken := make([]bool, len(shown))
	found := make([]bool, len(full))
	for _, like := range []func(w, v T) bool{it.equal, it.same, it.sameButForType, it.sameType} {
		for i, v := range full {
			for j, w := range shown {
				if !found[i] && !taken[j] && like(w, v) {
					found[i], taken[j] = true, true
				}
			}
		}
	}
	var missing []int
	for i := range full {
		if !found[i] {
			missing = append(missing, i)
		}
	}
	return missing
}

func (it items[T]) sameType(a, b T) bool { return it.kind != nil && *it.kind(&a) == *it.kind(&b) }

func (it items[T]) sameButForType(a, b T) bool {
	if it.kind == nil {
		return it.same(a, b)
	}
	*it.kind(&a), *it.kind(&b) = "", ""
	return it.same(a, b)
}
