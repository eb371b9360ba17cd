package contact

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
)

// DerivedDisplay returns the display name that stands in for a missing one: the
// name's parts in their order, else the nickname, the company, the first email
// address or the first number.
func (c *Contact) DerivedDisplay() string {
	n := &c.Name
	if s := joinNonEmpty(" ", n.Prefix, n.Given, n.Middle, n.Family, n.Suffix); s != "" {
		return s
	}
	if n.Nickname != "" {
		return n.Nickname
	}
	if c.Organization.Company != "" {
		return c.Organization.Company
	}
	for _, e := range c.Emails {
		if e.Name != "" {
			return e.Name
		}
		if e.Address != "" {
			return e.Address
		}
	}
	if len(c.Phones) > 0 {
		return c.Phones[0].Number
	}
	return ""
}

// DerivedFileAs returns what a list is sorted by where nothing was said: "Family,
// Given Middle", else the display name.
func (c *Contact) DerivedFileAs() string {
	n := &c.Name
	if s := joinNonEmpty(", ", n.Family, joinNonEmpty(" ", n.Given, n.Middle)); s != "" {
		return s
	}
	if n.Display != "" {
		return n.Display
	}
	return c.DerivedDisplay()
}

func joinNonEmpty(sep string, parts ...string) string {
	size, last := 0, ""
	for _, p := range parts {
		if p != "" {
			size += len(sep) + len(p)
			last = p
		}
	}
	if size <= len(sep)+len(last) { // one of them, or none
		return last
	}
	b := make([]byte, 0, size)
	for _, p := range parts {
		if p == "" {
			continue
		}
		if len(b) > 0 {
			b = append(b, sep...)
		}
		b = append(b, p...)
	}
	return string(b)
}

// EmailKey returns the form in which addresses are compared: trimmed, without
// "mailto:" and angle brackets, in lower case, an internationalised domain as people
// read it (ann@xn--bcher-kva.example is ann@bücher.example).
func (r Rules) EmailKey(address string) string {
	s := r.fold(strings.TrimSpace(address))
	s = strings.TrimSpace(strings.TrimPrefix(s, "mailto:"))
	if len(s) > 1 && s[0] == '<' && s[len(s)-1] == '>' {
		s = s[1 : len(s)-1]
	}
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		if domain := domainKey(s[at+1:]); domain != s[at+1:] {
			s = s[:at+1] + domain
		}
	}
	return s
}

// EmailKeys returns the distinct keys of the contact's addresses, in order.
func (c *Contact) EmailKeys() []string { return Rules{}.EmailKeys(c) }

// EmailKeys is [Contact.EmailKeys] under the rules.
func (r Rules) EmailKeys(c *Contact) []string {
	keys := make([]string, 0, len(c.Emails))
	for _, e := range c.Emails {
		if k := r.EmailKey(e.Address); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// PhoneKey returns the form in which numbers are compared: digits, a leading plus,
// and what distinguishes numbers beside them: pauses, codes, and letters, which are
// dialled too or mark an extension ("ext" is "x"). A number without digits stays as
// it is.
func PhoneKey(number string) string {
	var b strings.Builder
	hasDigit := false
	for i, r := range number {
		isDigit := unicode.IsDigit(r)
		hasDigit = hasDigit || isDigit
		if isDigit || unicode.IsLetter(r) || r == '+' && i == 0 || strings.ContainsRune(",;*#", r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	if !hasDigit {
		return number
	}
	return strings.ReplaceAll(b.String(), "ext", "x")
}

// CompatibleNames reports whether two contacts can be one person by their names.
// They can when one of them has no name, or when every word of the shorter name
// stands in the longer one, in any order, an initial standing for a word ("J.
// Smith" for "Smith, John"). Capitals, punctuation and honorifics do not count;
// two different suffixes (Sr., Jr.) do.
func (r Rules) CompatibleNames(a, b *Contact) bool {
	if j, k := a.Name.Suffix, b.Name.Suffix; j != "" && k != "" && !strings.EqualFold(strings.Trim(j, "."), strings.Trim(k, ".")) {
		return false // father and son
	}
	x, y := r.nameWords(a), r.nameWords(b)
	if strings.Join(x, "") == strings.Join(y, "") { // not every script puts blanks between words
		return true
	}
	if len(x) > len(y) {
		x, y = y, x
	}
	x, y = withoutCommon(x, y) // before an initial takes a whole word's place
	for _, word := range x {
		i := slices.IndexFunc(y, func(w string) bool { return initialOf(word, w) || initialOf(w, word) })
		if i < 0 {
			return false
		}
		y = slices.Delete(y, i, i+1)
	}
	return true
}

// withoutCommon returns the words that stand in one of the two lists only.
func withoutCommon(x, y []string) (restX, restY []string) {
	restY = slices.Clone(y)
	for _, word := range x {
		if i := slices.Index(restY, word); i >= 0 {
			restY = slices.Delete(restY, i, i+1)
		} else {
			restX = append(restX, word)
		}
	}
	return restX, restY
}

// initialOf holds in alphabetic scripts alone: one Chinese character is a name.
func initialOf(initial, word string) bool {
	r := []rune(initial)
	return len(r) == 1 && r[0] < 0x2E80 && strings.HasPrefix(word, initial)
}

// nameWords returns the words of the contact's name in lower case, none when the
// name is empty or only repeats an email address.
func (r Rules) nameWords(c *Contact) []string {
	n := &c.Name
	s := joinNonEmpty(" ", n.Given, n.Middle, n.Family)
	isDisplay := s == ""
	if isDisplay {
		s = n.Display
		for _, e := range c.Emails {
			if r.EmailKey(s) == r.EmailKey(e.Address) {
				return nil
			}
		}
	}
	if s == "" {
		s = n.Nickname
	}
	if s == "" {
		s = c.Organization.Company
	}
	words := r.words(s)
	for isDisplay && len(words) > 1 && isHonorific(words[0]) {
		words = words[1:]
	}
	return words
}

// isHonorific knows what display names begin with most often.
func isHonorific(word string) bool {
	switch word {
	case "mr", "mrs", "ms", "mx", "miss", "dr", "prof", "sir", "herr", "frau", "mme", "mlle":
		return true
	}
	return false
}

// NameKey returns the words of the name in one string, for exact comparison;
// empty when there is no name.
func (c *Contact) NameKey() string { return Rules{}.NameKey(c) }

// NameKey is [Contact.NameKey] under the rules.
func (r Rules) NameKey(c *Contact) string { return strings.Join(r.nameWords(c), " ") }

// UIDKey returns the form in which UIDs are compared: a UUID in lower case and without
// "urn:uuid:", which vCard 4.0 puts before it and 3.0 does not.
func UIDKey(uid string) string {
	key := strings.ToLower(uid)
	key = strings.TrimPrefix(key, "urn:uuid:")
	if len(key) != 36 || strings.Trim(key, "0123456789abcdef-") != "" {
		return uid
	}
	return key
}

// DerivedUID returns the UID, or for a contact without one a stable stand-in: the
// same contact read again, from the same account or as the same record, gets the
// same. It is a version 5 UUID (RFC 9562, 5.5) of the id, else of the content.
func (c *Contact) DerivedUID() string {
	switch {
	case c.UID != "":
		return c.UID
	case c.ID != "":
		return uuid5("id:", []byte(c.ID))
	}
	content := c.fingerprint()
	return uuid5("content:", content[:])
}

// DerivedKey returns the idempotency key under which an import creates the
// contact: the Key it already has, else 32 hex digits made from [DerivedUID].
func (c *Contact) DerivedKey() string {
	if c.Key != "" {
		return c.Key
	}
	return KeyOf(c.DerivedUID())
}

// KeyOf returns the idempotency key made from an identity.
func KeyOf(identity string) string {
	sum := sha256.Sum256([]byte("cardferry key:" + identity))
	return hex.EncodeToString(sum[:16])
}

// namespace is cardferry's own for version 5 UUIDs; it never changes, so that an
// export made today has the UIDs of one made last year.
var namespace = [16]byte{0x6c, 0x1f, 0x2b, 0x0e, 0x5d, 0x0a, 0x4e, 0x0b, 0x9a, 0x71, 0x3e, 0x57, 0x8d, 0x42, 0xc4, 0x11}

func uuid5(prefix string, name []byte) string {
	var room [256]byte
	u := sha1.Sum(append(append(append(room[:0], namespace[:]...), prefix...), name...))
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	text := room[:0]
	for i, b := range u[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = append(text, hexDigits[b>>4], hexDigits[b&0x0f])
	}
	return string(text)
}
