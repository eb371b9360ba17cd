package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rules say when two values that are written differently mean one thing, as far as
// that takes knowledge of the world which this package has not. The zero value knows
// what the texts themselves tell.
type Rules struct {
	// Phone returns the one form of a number that all ways of writing it share,
	// as E.164 has it where that can be told, and "" where it cannot: [PhoneKey]
	// then stands. It must agree with PhoneKey where that finds two numbers equal,
	// and may be called concurrently. Nil tells of none.
	Phone func(number string) string
	// Text returns the one form of a text that all ways of encoding it share (NFKC of
	// Unicode's annex 15): an "ö" is one character or two, a letter full or half as wide.
	// It may be called concurrently. Nil takes texts as they are.
	Text func(text string) string
}

// fold returns the form in which texts are compared, in lower case.
func (r Rules) fold(s string) string {
	if r.Text != nil && !isASCII(s) {
		s = r.Text(s)
	}
	return strings.ToLower(s)
}

// sameFold reports whether two texts are one but for capitals.
func (r Rules) sameFold(a, b string) bool {
	return strings.EqualFold(a, b) || r.Text != nil && !(isASCII(a) && isASCII(b)) && strings.EqualFold(r.Text(a), r.Text(b))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// PhoneKey returns the form in which numbers are compared under the rules.
func (r Rules) PhoneKey(number string) string {
	if r.Phone != nil {
		if key := r.Phone(number); key != "" {
			return key
		}
	}
	return PhoneKey(number)
}

func (r Rules) sameNumber(a, b string) bool {
	x, y := PhoneKey(a), PhoneKey(b)
	if x == y || r.Phone == nil {
		return x == y
	}
	if differAtEnd(x, y) { // most numbers do, and asking costs more
		return false
	}
	return r.PhoneKey(a) == r.PhoneKey(b)
}

// differAtEnd reports whether two keys end in two different digits: no way of
// writing a number changes its end.
func differAtEnd(x, y string) bool {
	if x == "" || y == "" {
		return false
	}
	a, b := x[len(x)-1], y[len(y)-1]
	return a != b && '0' <= a && a <= '9' && '0' <= b && b <= '9'
}

// websiteKey returns the form in which web addresses are compared: without "http://"
// or "https://", the host as [EmailKey] has it, no slash at the end.
func websiteKey(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	switch {
	case !found:
		scheme, rest = "", url
	case strings.EqualFold(scheme, "http"), strings.EqualFold(scheme, "https"):
		scheme = ""
	default:
		scheme = strings.ToLower(scheme) + "://"
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	return scheme + domainKey(host) + strings.TrimSuffix(path, "/")
}

// sameWords reports whether two texts have the same words in the same order,
// whatever stands between them and whatever their capitals.
func (r Rules) sameWords(a, b string) bool {
	if r.sameFold(a, b) {
		return true
	}
	x, y := strings.Join(r.words(a), " "), strings.Join(r.words(b), " ")
	return x != "" && x == y
}

// words returns the words of a text in the form in which they are compared: an "ß" is an
// "ss", as in capitals, and every sigma the same.
func (r Rules) words(s string) []string {
	s = r.fold(s)
	if !isASCII(s) {
		s = spellings.Replace(s)
	}
	return strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

var spellings = strings.NewReplacer("ß", "ss", "ς", "σ")
