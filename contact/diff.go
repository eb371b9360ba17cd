package contact

// Diff returns the fields in which two normalised contacts differ, in the order
// of [Fields]. Bookkeeping is not compared, nor the order of lists in which it
// has no meaning (all but emails). A display name or file-as that only one side
// spells out, as the other's would be derived, is no difference. Two photos are
// compared by their hash as far as both are fetched.
func Diff(a, b *Contact) []Field {
	var fields []Field
	for i := range table {
		if d := &table[i]; !d.equal(a, b) {
			fields = append(fields, d.field)
		}
	}
	return fields
}

// NormalizeDiff returns Diff(a, Normalize(b)) for a normalised a. It takes a fraction of
// the time where b is mostly like a: of b it normalises what differs, and no more.
func NormalizeDiff(a, b *Contact) []Field {
	var fields []Field
	cleaned := false
	for i := range table {
		d := &table[i]
		if d.equal(a, b) {
			continue
		}
		fields = append(fields, d.field)
		if !d.empty(b) {
			d.clean(b)
			cleaned = true
		}
	}
	if cleaned { // fields that are derived from others may be equal now, or no longer
		return Diff(a, b)
	}
	return fields
}

// Equal reports whether [Diff] finds nothing.
func Equal(a, b *Contact) bool {
	for i := range table {
		if !table[i].equal(a, b) {
			return false
		}
	}
	return true
}

// FieldUID is the UID, which is bookkeeping, in the fields of a [Patch].
const FieldUID Field = "uid"

// Patch is a change to a stored contact: New as a whole, and the fields in which
// it differs from Old. A sink sends those fields only. The photo is never among
// them; it has a pass of its own. FieldUID is, where one of the two has no UID: it is
// added or taken away, and never exchanged for another.
type Patch struct {
	Old, New *Contact
	Fields   []Field
}

// NewPatch returns the change that makes old into new.
func NewPatch(old, new *Contact) Patch {
	p := Patch{Old: old, New: new}
	if (old.UID == "") != (new.UID == "") {
		p.Fields = append(p.Fields, FieldUID)
	}
	for _, f := range Diff(old, new) {
		if f != "photo" {
			p.Fields = append(p.Fields, f)
		}
	}
	if len(p.Fields) > 0 {
		p.Fields = append(p.Fields, underived(old, new, p.Fields)...)
	}
	return p
}

// underived returns the fields in which old and new are alike only as long as they
// follow from others, which change: a display name that old leaves to the given name,
// and that new spells out and has no given name.
func underived(old, new *Contact, changed []Field) (fields []Field) {
	next := *old
	for _, f := range changed {
		next.Set(f, new)
	}
	for i := range table {
		if d := &table[i]; d.derived && !d.equal(&next, new) {
			fields = append(fields, d.field)
		}
	}
	return fields
}

// Empty reports whether there is nothing to change.
func (p Patch) Empty() bool { return len(p.Fields) == 0 }
