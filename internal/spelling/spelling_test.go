package spelling

import (
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func TestNumbers(t *testing.T) {
	tests := []struct {
		region string
		a, b   string
		same   bool
	}{
		{"DE", "030 123456", "+49 30 123456", true},
		{"DE", "030/12 34 56", "0049 (30) 123-456", true},
		{"DE", "+49 (0)30 123456", "030123456", true},
		{"de", "030 123456", "+49 30 123456", true},
		{"DE", "0171 1234567", "+49 171 1234567", true},
		{"DE", "030 123456", "040 123456", false},
		{"DE", "030 123456", "+43 30 123456", false},
		{"DE", "030 123456 ext. 7", "+49 30 123456 x7", true},
		{"DE", "030 123456 ext. 7", "+49 30 123456", false},
		{"US", "(555) 201-0123", "+1 555 201 0123", true},
		{"US", "1-555-201-0123", "555.201.0123", true},
		{"US", "1-800-FLOWERS", "+1 800 356 9377", true},
		{"GB", "020 7946 0000", "+44 20 7946 0000", true},
		{"IT", "06 698 12345", "+39 06 698 12345", true},
		{"IT", "06 698 12345", "+39 6 698 12345", false}, // the zero is part of it
		{"FR", "01 23 45 67 89", "+33 1 23 45 67 89", true},
		// Without a region only what the digits and the country code tell.
		{"", "030 123456", "030123456", true},
		{"", "030 123456", "+49 30 123456", false},
		{"", "+49 (0)30 123456", "+49 30 123456", true},
		{"", "+44 (0) 20 7946 0000", "+442079460000", true},
		{"", "0049 30 123456", "+49 30 123456", false},
		{"", "+39 06 698 12345", "+39 6 698 12345", false},
		// What is no number of a person stays what it is.
		{"DE", "110", "112", false},
		{"DE", "*21#", "21", false},
		{"DE", "030 123456,42", "030 123456", false},
		{"DE", "ask Ann", "ask Bob", false},
		{"DE", "", "0", false},
	}
	for _, test := range tests {
		rules, err := Rules(test.region)
		if err != nil {
			t.Fatal(err)
		}
		if got := rules.PhoneKey(test.a) == rules.PhoneKey(test.b); got != test.same {
			t.Errorf("%s: %q (%s) and %q (%s): same %v", test.region, test.a, rules.PhoneKey(test.a), test.b, rules.PhoneKey(test.b), got)
		}
		stored := &contact.Contact{Phones: []contact.Phone{{Number: test.a, Type: contact.Home}}}
		incoming := &contact.Contact{Phones: []contact.Phone{{Number: test.b, Type: contact.Home}}}
		for _, policy := range []contact.Policy{contact.Fill, contact.Update} {
			merged := rules.Merge(stored, incoming, policy)
			if got := len(merged.Phones) == 1; got != test.same {
				t.Errorf("%s: %q and %q are united to %d numbers", test.region, test.a, test.b, len(merged.Phones))
			}
			if again := rules.Merge(merged, incoming, policy); !contact.Equal(again, merged) {
				t.Errorf("%s: %q and %q: uniting again changes something", test.region, test.a, test.b)
			}
		}
	}
}

func TestRegions(t *testing.T) {
	for _, region := range []string{"XX", "D", "49", "Germany"} {
		if _, err := Rules(region); err == nil {
			t.Errorf("%q was taken for a region", region)
		}
	}
}
