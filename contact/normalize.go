package contact

import (
	"strings"
	"unicode/utf8"
)

// Normalize brings c into the canonical form that every contact in cardferry
// has, in place, and returns it:
//
//   - text is valid UTF-8 without control characters; line ends are "\n"; blanks
//     around it are gone (but not those of notes);
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
	c.UID = cleanText(c.UID)
	c.Folder = FolderPath(cleanRunes(string(c.Folder))).Clean()
	return c
}

// cleanText returns s trimmed and without what no field may hold.
func cleanText(s string) string {
	return strings.TrimSpace(cleanRunes(s))
}

func cleanNotes(s string) string {
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
