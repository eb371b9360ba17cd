package contact

import "strings"

// domainKey returns the form in which internet domains are compared: in lower case,
// labels of punycode ("xn--bcher-kva", RFC 3492) as what they stand for, without the
// dot of the root. The full stops of other scripts are dots (RFC 3490, 3.1).
func domainKey(domain string) string {
	domain = strings.TrimSuffix(dots.Replace(strings.ToLower(domain)), ".")
	if !strings.Contains(domain, acePrefix) {
		return domain
	}
	labels := strings.Split(domain, ".")
	for i, label := range labels {
		if code, ok := strings.CutPrefix(label, acePrefix); ok {
			if text, ok := decodePunycode(code); ok {
				labels[i] = strings.ToLower(text)
			}
		}
	}
	return strings.Join(labels, ".")
}

const acePrefix = "xn--"

var dots = strings.NewReplacer("\u3002", ".", "\uff0e", ".", "\uff61", ".")

// The parameters of RFC 3492, section 5.
const (
	punyBase, punyTMin, punyTMax, punySkew, punyDamp = 36, 1, 26, 38, 700
	punyBias, punyN                                  = 72, 0x80
	maxLabel                                         = 63 // bytes, RFC 1035
)

// decodePunycode is the algorithm of RFC 3492, section 6.2. It reports false for a
// code that stands for nothing.
func decodePunycode(code string) (string, bool) {
	if code == "" || len(code) > maxLabel {
		return "", false
	}
	var text []rune
	if i := strings.LastIndexByte(code, '-'); i >= 0 {
		text, code = []rune(code[:i]), code[i+1:]
	}
	n, at, bias := rune(punyN), 0, punyBias
	for code != "" {
		before, weight := at, 1
		for k := punyBase; ; k += punyBase {
			if code == "" {
				return "", false
			}
			digit := punyDigit(code[0])
			code = code[1:]
			if digit < 0 {
				return "", false
			}
			if at += digit * weight; at > 1<<26 { // beyond what a label can hold
				return "", false
			}
			t := min(max(k-bias, punyTMin), punyTMax)
			if digit < t {
				break
			}
			weight *= punyBase - t
		}
		bias = adaptBias(at-before, len(text)+1, before == 0)
		n += rune(at / (len(text) + 1))
		at %= len(text) + 1
		if n > '\U0010FFFF' || 0xD800 <= n && n < 0xE000 {
			return "", false
		}
		text = append(text[:at], append([]rune{n}, text[at:]...)...)
		at++
	}
	return string(text), true
}

func punyDigit(b byte) int {
	switch {
	case 'a' <= b && b <= 'z':
		return int(b - 'a')
	case '0' <= b && b <= '9':
		return int(b-'0') + 26
	}
	return -1
}

func adaptBias(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
