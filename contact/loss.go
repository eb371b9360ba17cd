package contact

import (
	"fmt"
	"strings"
)

// LossKind says what became of a value that could not stay where it was.
type LossKind string

const (
	Dropped   LossKind = "dropped"   // it is gone
	Truncated LossKind = "truncated" // a part of it is gone
	Moved     LossKind = "moved"     // it stands in another field, or in another form
	Stashed   LossKind = "stashed"   // it is hidden from people, and comes back on reading
)

// Loss is one value that an encoder, a decoder or a sink could not keep as it
// was. It names the field and the reason, never the value.
type Loss struct {
	Field  Field    `json:"field"` // a field's name, with an index for lists: "emails[3]"
	Kind   LossKind `json:"kind"`
	Reason string   `json:"reason"` // lowercase, no personal data
}

// String returns the loss as "emails[3] dropped: a contact holds 3 addresses".
func (l Loss) String() string { return fmt.Sprintf("%s %s: %s", l.Field, l.Kind, l.Reason) }

// Root returns the field without indexes: "emails" for "emails[3].type".
func (l Loss) Root() Field {
	root, _, _ := strings.Cut(string(l.Field), "[")
	return Field(root)
}

// Position says where a record was read. The zero value is nowhere.
type Position struct {
	File string `json:"file,omitzero"` // file or account
	Unit string `json:"unit,omitzero"` // what the record is there: card, row, line, contact
	// Number counts records of that unit from 1; Line is the line in the file on
	// which it begins, or on which the trouble is. Zero means unknown.
	Number int `json:"number,omitzero"`
	Line   int `json:"line,omitzero"`
}

// String returns the position as "people.vcf: card 3 (line 17)".
func (p Position) String() string {
	var b strings.Builder
	if p.Number > 0 {
		fmt.Fprintf(&b, "%s %d", p.Unit, p.Number)
		if p.Line > 0 && p.Unit != "line" {
			fmt.Fprintf(&b, " (line %d)", p.Line)
		}
	} else if p.Line > 0 {
		fmt.Fprintf(&b, "line %d", p.Line)
	}
	switch {
	case p.File == "":
		return b.String()
	case b.Len() == 0:
		return p.File
	}
	return p.File + ": " + b.String()
}
