// Package spelling knows by which rules the world writes the same telephone number, and
// the same text, in several ways.
package spelling

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/cardferry/cardferry/contact"
)

// unknownRegion is what the library takes for "none": numbers with a country code
// can then be told, and no others.
const unknownRegion = "ZZ"

// Rules returns the rules for the contacts of somebody who lives in a region, an ISO
// 3166 code of two letters such as "DE". Numbers that begin with no country code are
// taken as they are dialled there. With "" such numbers are the same only if their
// digits are.
func Rules(region string) (contact.Rules, error) {
	region = strings.ToUpper(region)
	if region == "" {
		region = unknownRegion
	} else if !phonenumbers.GetSupportedRegions()[region] {
		return contact.Rules{}, fmt.Errorf("%q is no region: it is the two letters of a country, as in DE, GB, US", region)
	}
	return contact.Rules{
		Phone: func(number string) string { return canonical(number, region) },
		Text:  Text,
	}, nil
}

// Text is contact.Rules.Text.
func Text(s string) string { return norm.NFKC.String(s) }

// canonical returns the number as E.164 has it, with its extension; "" if it is none
// that could be dialled.
func canonical(number, region string) string {
	if region == unknownRegion && !strings.HasPrefix(strings.TrimSpace(number), "+") {
		return ""
	}
	if strings.ContainsAny(number, ",*#") { // pauses and codes are part of what is dialled
		return ""
	}
	n, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	key := phonenumbers.Format(n, phonenumbers.E164)
	if ext := n.GetExtension(); ext != "" {
		key += "x" + ext
	}
	return key
}
