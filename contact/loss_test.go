package contact_test

import (
	"slices"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func TestLoss(t *testing.T) {
	l := contact.Loss{Field: "emails[3].type", Kind: contact.Dropped, Reason: "a contact holds 3 addresses"}
	if got := l.String(); got != "emails[3].type dropped: a contact holds 3 addresses" {
		t.Errorf("String = %q", got)
	}
	for field, root := range map[contact.Field]contact.Field{"emails[3].type": "emails", "name.given": "name.given", "notes": "notes", "": ""} {
		if got := (contact.Loss{Field: field}).Root(); got != root {
			t.Errorf("Root of %q = %q, want %q", field, got, root)
		}
	}
}

func TestPosition(t *testing.T) {
	tests := []struct {
		at   contact.Position
		want string
	}{
		{contact.Position{}, ""},
		{contact.Position{File: "people.vcf"}, "people.vcf"},
		{contact.Position{File: "people.vcf", Unit: "card", Number: 3, Line: 17}, "people.vcf: card 3 (line 17)"},
		{contact.Position{Unit: "row", Number: 3}, "row 3"},
		{contact.Position{Unit: "line", Number: 3, Line: 3}, "line 3"},
		{contact.Position{File: "a.csv", Line: 9}, "a.csv: line 9"},
	}
	for _, test := range tests {
		if got := test.at.String(); got != test.want {
			t.Errorf("%+v is %q, want %q", test.at, got, test.want)
		}
	}
}

func TestLedger(t *testing.T) {
	var l contact.Ledger
	if l.Total() != 0 || len(l.Rows()) != 0 {
		t.Error("an empty ledger has rows")
	}
	l.Add()
	l.Add(
		contact.Loss{Field: "notes", Kind: contact.Truncated, Reason: "long"},
		contact.Loss{Field: "emails[3]", Kind: contact.Dropped, Reason: "first"},
		contact.Loss{Field: "emails[4]", Kind: contact.Dropped, Reason: "second"},
	)
	l.Add(contact.Loss{Field: "emails[0]", Kind: contact.Moved, Reason: "elsewhere"})
	want := []contact.LedgerRow{
		{Field: "emails", Kind: contact.Dropped, Count: 2, Reason: "first"},
		{Field: "emails", Kind: contact.Moved, Count: 1, Reason: "elsewhere"},
		{Field: "notes", Kind: contact.Truncated, Count: 1, Reason: "long"},
	}
	if got := l.Rows(); !slices.Equal(got, want) || l.Total() != 4 {
		t.Errorf("%d in %+v, want %+v", l.Total(), got, want)
	}
}
