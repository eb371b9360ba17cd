package contact

// Policy says whose value stands when two contacts are joined.
type Policy string

const (
	// Fill adds what is missing and overwrites nothing. Lists are united.
	Fill Policy = "fill"
	// Update lets the incoming value stand wherever there is one. Lists are
	// united; of two items that mean the same the incoming one stands.
	Update Policy = "update"
	// Replace lets the incoming contact stand as a whole; fields that it leaves
	// empty become empty. A photo is replaced, never removed.
	Replace Policy = "replace"
)

// Merge is Rules{}.Merge.
func Merge(stored, incoming *Contact, policy Policy) *Contact {
	return Rules{}.Merge(stored, incoming, policy)
}

// Merge returns what becomes of stored when incoming is joined to it under the
// policy. The bookkeeping is that of stored; a UID is added if it has none, unless it
// is what an export calls a contact without one (see [Contact.DerivedUID]).
// Neither argument is changed.
func (r Rules) Merge(stored, incoming *Contact, policy Policy) *Contact {
	merged := stored.Clone()
	for i := range table {
		d := &table[i]
		if policy == Replace {
			if d.field != "photo" || incoming.Photo != nil {
				d.set(merged, incoming)
			}
			continue
		}
		d.unite(merged, incoming, policy == Update, r)
	}
	if merged.UID == "" && (stored.ID == "" || incoming.UID != stored.DerivedUID()) {
		merged.UID = incoming.UID
	}
	return merged
}
