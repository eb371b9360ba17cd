package sandbox

import (
	"strconv"
	"strings"
)

// A propID names a MAPI property the way singleValueExtendedProperties do:
//
//	String 0x3a24
//	Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015
//	String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Color
//
// Type, GUID and number are compared without case, a Name with it, so ids are
// kept in one canonical spelling: the type capitalised as here, GUID and hex
// digits in lower case, no leading zeros. Answers carry that spelling and not
// the caller's (an assumption about the service: clients must compare ids
// rather than strings).
type propID struct {
	canonical string
	kind      string // String, Boolean, Short, …
	slot      slot   // slotCount where the property is stored as given
}

var propKinds = [...]string{
	"String", "Boolean", "Short", "Integer", "Long", "SystemTime", "Float", "Double", "Currency", "ApplicationTime",
	"CLSID", "Binary",
}

// arrayMark is what the type of a property of several values ends with.
const arrayMark = "Array"

// many reports whether the property is one of multiValueExtendedProperties.
func (p propID) many() bool { return strings.HasSuffix(p.kind, arrayMark) }

// parsePropID reads an extended property id; ok is false where it is none.
func parsePropID(text string) (p propID, ok bool) {
	kind, rest, found := strings.Cut(strings.TrimSpace(text), " ")
	if !found {
		return propID{}, false
	}
	for _, known := range propKinds {
		switch {
		case strings.EqualFold(kind, known):
			p.kind = known
		case strings.EqualFold(kind, known+arrayMark):
			p.kind = known + arrayMark
		}
	}
	tail, ok := canonicalTail(strings.TrimSpace(rest))
	if p.kind == "" || !ok {
		return propID{}, false
	}
	p.canonical = p.kind + " " + tail
	p.slot = slotCount
	if s, known := slotByTag[p.canonical]; known {
		p.slot = s
	}
	return p, true
}

// canonicalTail brings what follows the type into its canonical spelling.
func canonicalTail(text string) (string, bool) {
	if !strings.HasPrefix(text, "{") {
		return canonicalHex(text)
	}
	guid, rest, found := strings.Cut(text[1:], "}")
	if !found || !validGUID(guid) {
		return "", false
	}
	verb, name, found := strings.Cut(strings.TrimSpace(rest), " ")
	name = strings.TrimSpace(name)
	if !found || name == "" {
		return "", false
	}
	prefix := "{" + strings.ToLower(guid) + "} "
	if strings.EqualFold(verb, "Name") {
		return prefix + "Name " + name, true
	}
	if !strings.EqualFold(verb, "Id") {
		return "", false
	}
	number, ok := canonicalHex(name)
	return prefix + "Id " + number, ok
}

func canonicalHex(text string) (string, bool) {
	if len(text) < 3 || !strings.EqualFold(text[:2], "0x") {
		return "", false
	}
	n, err := strconv.ParseUint(text[2:], 16, 16)
	if err != nil {
		return "", false
	}
	return "0x" + strconv.FormatUint(n, 16), true
}

func validGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

// normalValue checks a value against the type of the property and returns the
// form in which it is stored.
func (p propID) normalValue(value string) (string, bool) {
	switch p.kind {
	case "Boolean":
		switch {
		case strings.EqualFold(value, "true"):
			return "true", true
		case strings.EqualFold(value, "false"):
			return "false", true
		}
		return "", false
	case "Short":
		n, err := strconv.ParseInt(value, 10, 16)
		if p.slot == slotGender && (n < 0 || n > 2) {
			return "", false
		}
		return strconv.FormatInt(n, 10), err == nil
	case "Integer":
		n, err := strconv.ParseInt(value, 10, 32)
		if p.slot == slotFlagStatus {
			return flagState(n), err == nil && flagState(n) != ""
		}
		return strconv.FormatInt(n, 10), err == nil
	case "Long":
		n, err := strconv.ParseInt(value, 10, 64)
		return strconv.FormatInt(n, 10), err == nil
	case "SystemTime":
		instant, ok := normalInstant(value)
		if ok && p.slot >= slotFlagStart && p.slot <= slotFlagCompleted {
			instant = strings.TrimSuffix(instant, "Z") + ".0000000"
		}
		return instant, ok
	}
	return value, true
}

// flagState is the state of a follow-up flag that PidTagFlagStatus numbers.
func flagState(n int64) string {
	if n < 0 || n >= int64(len(flagStates)) {
		return ""
	}
	return flagStates[n]
}

// mapiValue is the value of a slot as the extended property shows it: flags
// alone are kept in the words of the API rather than in those of MAPI.
func (p propID) mapiValue(value []byte) []byte {
	switch {
	case value == nil:
	case p.slot == slotFlagStatus:
		n, _ := indexFold(flagStates[:], string(value))
		return strconv.AppendInt(nil, int64(n), 10)
	case p.slot >= slotFlagStart && p.slot <= slotFlagCompleted:
		seconds, _, _ := strings.Cut(string(value), ".")
		return []byte(seconds + "Z")
	}
	return value
}
