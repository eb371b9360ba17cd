package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Normalize brings c into the canonical form that every contact in cardferry
// has, in place, and returns it:
//
//   - text is valid UTF-8 without control characters; line ends are "\n", and a blank
//     stands for soft ones (VT, FF); blanks around it are gone (but not those of
//     notes);
//   - empty items of lists and exact repetitions are gone, and so is an email's
//     name that only repeats its address, and "mailto:" before an address;
//   - the folder path is clean.
//
// It is idempotent, and it loses nothing that a person would miss: what a user
// wrote is not rewritten (numbers, capitals, dates stay as they are).
func Normalize(c *Contact) *Contact {
	for i := range table {
		table[i].clean(c)
	}
	cleanInPlace(&c.UID)
	if c.Folder != "" {
		c.Folder = FolderPath(cleanRunes(string(c.Folder))).Clean()
	}
	return c
}

// Tidy is [Normalize] for a contact of which every text is clean and trimmed already,
// as a decoder knows that has looked at the whole record: it puts lists and the folder
// in order.
func Tidy(c *Contact) *Contact {
	for _, i := range untidy {
		table[i].tidy(c)
	}
	if c.Folder != "" {
		c.Folder = c.Folder.Clean()
	}
	return c
}

// untidy are the fields, by their index, that have something to be put in order.
var untidy = func() (all []int) {
	for i := range table {
		if table[i].tidy != nil {
			all = append(all, i)
		}
	}
	return all
}()

func cleanInPlace(s *string) {
	if *s != "" && !IsTidy(*s) {
		*s = cleanText(*s)
	}
}

func cleanAll(texts ...*string) {
	for _, s := range texts {
		cleanInPlace(s)
	}
}

// cleanText returns s trimmed and without what no field may hold.
func cleanText(s string) string { return strings.TrimSpace(cleanRunes(s)) }

// CleanNotes returns notes as [Normalize] would have them.
func CleanNotes(s string) string {
	if IsTidy(s) {
		return s
	}
	s = cleanRunes(s)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

func cleanRunes(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\v', r == '\f': // soft line ends of word processors
			return ' '
		case r < ' ' && r != '\n' && r != '\t', r == 0x7f, r == 0xFEFF:
			return -1
		}
		return r
	}, s)
}

// isClean reports whether cleanRunes would change nothing.
func isClean(s string) bool {
	ascii := true
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b < ' ' && b != '\n' && b != '\t', b == 0x7f:
			return false
		case b >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s) && !strings.Contains(s, "\uFEFF")
}

// IsTidy reports whether s is printable text of one line without blanks around it, of
// which [Normalize] would change nothing. Every text of every contact passes here, and
// most are ASCII: it looks at eight bytes at a time.
func IsTidy(s string) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	if s == "" {
		return true
	}
	all := s
	if s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for ; len(s) >= 8; s = s[8:] {
		x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		// What is subtracted from a byte that is too small borrows from its high bit.
		if (x|(x-' '*ones)|(x^0x7f*ones-ones))&high != 0 {
			return isPrintable(s) && !hasBlankEnd(all)
		}
	}
	for i := range len(s) {
		if b := s[i]; b < ' ' || b >= 0x7f {
			return isPrintable(s) && !hasBlankEnd(all)
		}
	}
	return true
}

// isPrintable reports whether s is UTF-8 without control characters and byte order
// marks.
func isPrintable(s string) bool {
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			if b < ' ' || b == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == 0xFEFF {
			return false
		}
		i += size
	}
	return true
}

func hasBlankEnd(s string) bool {
	if s[0] >= utf8.RuneSelf {
		if first, _ := utf8.DecodeRuneInString(s); unicode.IsSpace(first) {
			return true
		}
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(last)
}
