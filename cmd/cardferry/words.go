package main

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/cardferry/cardferry/contact"
)

// Words for people about contacts: personal data, for pages and tables that the owner
// asked for and for nothing else.

// displayName is what a contact is called; "" for nil.
func displayName(c *contact.Contact) string {
	switch {
	case c == nil:
		return ""
	case c.Name.Display != "":
		return c.Name.Display
	}
	return c.DerivedDisplay()
}

// personLine tells people apart in one line: name, company, addresses, numbers.
func personLine(c *contact.Contact) string {
	parts := []string{displayName(c)}
	if company := c.Organization.Company; company != parts[0] {
		parts = append(parts, company)
	}
	for _, e := range c.Emails {
		parts = append(parts, e.Address)
	}
	for _, p := range c.Phones {
		parts = append(parts, p.Number)
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(slices.Compact(parts), " · ")
}

// initials stand where there is no photo.
func initials(c *contact.Contact) string {
	var letters []rune
	for _, word := range strings.Fields(displayName(c)) {
		if r := []rune(word)[0]; unicode.IsLetter(r) {
			letters = append(letters, unicode.ToUpper(r))
		}
	}
	switch len(letters) {
	case 0:
		return "?"
	case 1:
		return string(letters)
	}
	return string([]rune{letters[0], letters[len(letters)-1]})
}

// fieldLabel is a field's name in words: "organization.phoneticCompany" is "phonetic
// company".
func fieldLabel(f contact.Field) string {
	switch f {
	case "extra":
		return "other properties"
	case "name.display":
		return "name"
	}
	name := string(f)
	name = name[strings.LastIndexByte(name, '.')+1:]
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func labels(fields []contact.Field) string {
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = fieldLabel(f)
	}
	return strings.Join(words, ", ")
}

// fieldValues returns a field's value as lines of text, one for each item of a list.
func fieldValues(c *contact.Contact, f contact.Field) []string {
	var value any
	if err := json.Unmarshal([]byte(c.Value(f)), &value); err != nil {
		return nil
	}
	for range strings.Count(string(f), ".") + 1 { // to the member itself
		if m, ok := value.(map[string]any); ok {
			for _, v := range m {
				value = v
			}
		}
	}
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	var lines []string
	for _, item := range items {
		lines = append(lines, itemText(item))
	}
	return lines
}

// itemMembers are the members of list items in the order in which people read them.
var itemMembers = []string{"address", "number", "url", "poBox", "extended", "street", "city", "region", "postalCode", "country", "label", "name",
	"status", "start", "due", "completed"}

func itemText(item any) string {
	switch v := item.(type) {
	case string:
		return shortened(v)
	case bool:
		return "yes"
	case map[string]any:
		var parts []string
		for _, m := range itemMembers {
			if s, ok := v[m].(string); ok && s != "" {
				s = strings.TrimSuffix(s, "T00:00:00Z") // a flag's dates
				parts = append(parts, strings.ReplaceAll(s, "\n", ", "))
			}
		}
		text := shortened(strings.Join(parts, ", "))
		if kind, ok := v["type"].(string); ok && kind != "" {
			text += " (" + kind + ")"
		}
		return text
	}
	return ""
}

// maxText is how much of a long text is shown, in characters.
const maxText = 240

func shortened(s string) string {
	if runes := []rune(s); len(runes) > maxText {
		return string(runes[:maxText]) + " …"
	}
	return s
}
