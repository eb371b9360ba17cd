// Package cardtext takes the text of a vCard 4.0 (RFC 6350) apart into its properties and
// puts it together again, for the formats that are other renderings of a vCard: jCard and
// JSContact. What properties mean is known to package vcard alone, on both ways; so the
// text that is taken apart here is of its making, and well formed.
package cardtext

import (
	"bytes"
	"strings"
)

// Property is one property (RFC 6350, 3.3).
type Property struct {
	Group  string
	Name   string // as it is spelled
	Params []Param
	Value  string // with its escapes
}

// Param is one parameter with its values, without escapes and quotes.
type Param struct {
	Name   string // upper case
	Values []string
}

// ParamEmpty marks a property that a vCard must have and of which there is nothing to say.
const ParamEmpty = "X-CARDFERRY-EMPTY"

// Get returns the values of a parameter.
func (p *Property) Get(name string) []string {
	for i := range p.Params {
		if p.Params[i].Name == name {
			return p.Params[i].Values
		}
	}
	return nil
}

// First returns the first value of a parameter, "" if there is none.
func (p *Property) First(name string) string {
	if values := p.Get(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Add adds values to a parameter.
func (p *Property) Add(name string, values ...string) {
	for i := range p.Params {
		if p.Params[i].Name == name {
			p.Params[i].Values = append(p.Params[i].Values, values...)
			return
		}
	}
	p.Params = append(p.Params, Param{name, values})
}

// Parse returns the properties of a card, but for BEGIN, VERSION and END, and for a REV
// that stands for none.
func Parse(card []byte) []Property {
	card = bytes.ReplaceAll(card, []byte("\r\n "), nil)
	var all []Property
	for line := range strings.SplitSeq(string(card), "\r\n") {
		p, ok := parseLine(line)
		switch strings.ToUpper(p.Name) {
		case "BEGIN", "VERSION", "END":
			continue
		}
		if ok && !(p.Name == "REV" && p.Get(ParamEmpty) != nil) {
			all = append(all, p)
		}
	}
	return all
}

func parseLine(line string) (p Property, ok bool) {
	i := strings.IndexAny(line, ":;")
	if i <= 0 {
		return p, false
	}
	p.Name = line[:i]
	if group, name, grouped := strings.Cut(p.Name, "."); grouped && name != "" {
		p.Group, p.Name = group, name
	}
	for line[i] == ';' {
		end := strings.IndexByte(line[i:], '=')
		if end < 0 {
			return p, false
		}
		param := Param{Name: strings.ToUpper(line[i+1 : i+end])}
		for i += end; ; {
			value, next := paramValue(line, i+1)
			if next >= len(line) {
				return p, false
			}
			param.Values = append(param.Values, value)
			if i = next; line[i] != ',' {
				break
			}
		}
		p.Add(param.Name, param.Values...)
	}
	p.Value = line[i+1:]
	return p, true
}

// paramValue returns the value that begins at i, and the index of what follows it.
func paramValue(line string, i int) (string, int) {
	end := i
	if i < len(line) && line[i] == '"' {
		if n := strings.IndexByte(line[i+1:], '"'); n >= 0 {
			return unescapeParam(line[i+1 : i+1+n]), i + n + 2
		}
	}
	for end < len(line) && strings.IndexByte(",;:", line[end]) < 0 {
		end++
	}
	return unescapeParam(line[i:end]), end
}

var (
	paramUnescaper = strings.NewReplacer("^n", "\n", "^^", "^", "^'", `"`)
	paramEscaper   = strings.NewReplacer("\r\n", "^n", "\n", "^n", "\r", "^n", "^", "^^", `"`, "^'")
)

// The escapes of RFC 6868.
func unescapeParam(s string) string { return paramUnescaper.Replace(s) }

// Text returns a card of the properties. A property or parameter whose name cannot be one
// is left out and named.
func Text(all []Property) (card []byte, refused []string) {
	b := []byte("BEGIN:VCARD\r\nVERSION:4.0\r\n")
	for i := range all {
		p := &all[i]
		if !isName(p.Name) || p.Group != "" && !isName(p.Group) {
			refused = append(refused, "a property without a proper name")
			continue
		}
		if p.Group != "" {
			b = append(append(b, p.Group...), '.')
		}
		b = append(b, p.Name...)
		for _, q := range p.Params {
			if !isName(q.Name) || len(q.Values) == 0 {
				refused = append(refused, "a parameter without a proper name")
				continue
			}
			b = append(append(append(b, ';'), q.Name...), '=')
			for i, v := range q.Values {
				if i > 0 {
					b = append(b, ',')
				}
				b = appendParam(b, v)
			}
		}
		b = append(b, ':')
		for _, c := range []byte(p.Value) {
			if c == '\n' {
				b = append(b, '\\', 'n')
			} else if c != '\r' {
				b = append(b, c)
			}
		}
		b = append(b, "\r\n"...)
	}
	return append(b, "END:VCARD\r\n"...), refused
}

func appendParam(b []byte, s string) []byte {
	if !strings.ContainsAny(s, ",;:\"^\r\n \t") {
		return append(b, s...)
	}
	return append(append(append(b, '"'), paramEscaper.Replace(s)...), '"')
}

func isName(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '/' && r != '.' && r != ' ' {
			return false
		}
	}
	return s != ""
}

// Escape returns s as a text value, safe within a component and a list.
func Escape(s string) string { return escaper.Replace(s) }

// EscapeURI returns s as a value in which commas and semicolons stand for themselves.
func EscapeURI(s string) string { return uriEscaper.Replace(s) }

var (
	escaper    = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
	uriEscaper = strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)
)

// Unescape undoes what Escape and EscapeURI do.
func Unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case 'n', 'N':
				b = append(b, '\n')
				i++
				continue
			case '\\', ',', ';', ':', '"':
				b = append(b, s[i+1])
				i++
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Split takes a value apart at separators that are not escaped. The parts are not
// unescaped; there is always one.
func Split(s string, sep byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
