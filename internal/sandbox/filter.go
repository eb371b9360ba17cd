package sandbox

import (
	"bytes"
	"strings"
	"unicode"
)

var errFilter = badRequest("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")

// A predicate tells whether a contact passes a filter. With index set, only
// the contacts which the value index lists under index and value can.
type predicate struct {
	match        func(*item) bool
	index, value string
}

// parseFilter understands the filters that the service understands on
// contacts: eq, ne, ge, le, gt, lt and startswith on scalars, eq on the
// address of emailAddresses/any, and eq, ne, contains and startswith on the
// value of singleValueExtendedProperties/any; and, or, not and parentheses.
func parseFilter(d *dialect, text string) (*predicate, error) {
	p := &filterParser{d: d, tokens: lex(text)}
	pred, err := p.or()
	if err == nil && !p.done() {
		err = errFilter
	}
	return pred, err
}

// lex splits a filter into words, quoted strings (with their first quote) and
// punctuation.
func lex(text string) []string {
	var tokens []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeftFunc(text, unicode.IsSpace) {
		n := 1
		switch {
		case text[0] == '\'':
			n = quotedLen(text)
			tokens = append(tokens, "'"+strings.ReplaceAll(strings.TrimSuffix(text[1:n], "'"), "''", "'"))
			text = text[n:]
			continue
		case !strings.ContainsRune("(),:", rune(text[0])):
			n = strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(),'", r) })
			if colon := strings.IndexByte(text, ':'); colon > 0 && colon+1 < len(text) && !isDigit(text[colon+1]) && (n < 0 || colon < n) {
				n = colon // the variable of any(a:a/…), not the time in a date
			}
			if n < 0 {
				n = len(text)
			}
		}
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return tokens
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// quotedLen is the length of the quoted string that text begins with.
func quotedLen(text string) int {
	for i := 1; i < len(text); i++ {
		if text[i] != '\'' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '\'' {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

type filterParser struct {
	d      *dialect
	tokens []string
}

func (p *filterParser) done() bool { return len(p.tokens) == 0 }

func (p *filterParser) peek() string {
	if p.done() {
		return ""
	}
	return p.tokens[0]
}

func (p *filterParser) next() string {
	token := p.peek()
	if token != "" {
		p.tokens = p.tokens[1:]
	}
	return token
}

// word consumes the next token if it is the given one, whatever its case.
func (p *filterParser) word(text string) bool {
	if !strings.EqualFold(p.peek(), text) {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) quoted() (string, error) {
	token := p.next()
	if !strings.HasPrefix(token, "'") {
		return "", errFilter
	}
	return token[1:], nil
}

func (p *filterParser) or() (*predicate, error) {
	left, err := p.and()
	for err == nil && p.word("or") {
		var right *predicate
		if right, err = p.and(); err == nil {
			a, b := left.match, right.match
			left = &predicate{match: func(it *item) bool { return a(it) || b(it) }}
		}
	}
	return left, err
}

func (p *filterParser) and() (*predicate, error) {
	left, err := p.unary()
	for err == nil && p.word("and") {
		var right *predicate
		if right, err = p.unary(); err == nil {
			a, b := left.match, right.match
			indexed := left
			if indexed.index == "" {
				indexed = right
			}
			left = &predicate{func(it *item) bool { return a(it) && b(it) }, indexed.index, indexed.value}
		}
	}
	return left, err
}

func (p *filterParser) unary() (*predicate, error) {
	if p.word("not") {
		inner, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &predicate{match: func(it *item) bool { return !inner.match(it) }}, nil
	}
	if p.word("(") {
		inner, err := p.or()
		if err == nil && !p.word(")") {
			err = errFilter
		}
		return inner, err
	}
	return p.term()
}

func (p *filterParser) term() (*predicate, error) {
	name := p.next()
	path, lambda, isAny := strings.Cut(name, "/")
	switch {
	case isAny && strings.EqualFold(lambda, "any"):
		return p.any(path)
	case strings.EqualFold(name, "startswith") && p.word("("):
		f, err := p.filterable(p.next())
		if err != nil || !p.word(",") {
			return nil, errFilter
		}
		prefix, err := p.quoted()
		if err != nil || !p.word(")") || f.kind != kindText && f.kind != kindFileAs {
			return nil, errFilter
		}
		folded := bytes.ToLower([]byte(prefix))
		return &predicate{match: func(it *item) bool { return bytes.HasPrefix(bytes.ToLower(it.slots[f.slot]), folded) }}, nil
	}
	return p.comparison(name)
}

// filterable finds a scalar property; notes are not filterable.
func (p *filterParser) filterable(name string) (*field, error) {
	i, ok := p.d.byName[name]
	if !ok {
		return nil, badRequest("RequestBroker--ParseUri", "Could not find a property named '%s' on type 'Microsoft.OutlookServices.Contact'.", name)
	}
	f := &p.d.fields[i]
	if !f.sortable() {
		return nil, errFilter
	}
	return f, nil
}

func (f *field) sortable() bool {
	switch f.kind {
	case kindText:
		return f.slot != slotNotes
	case kindFileAs, kindInstant, kindDate, kindBool, kindCreated, kindModified:
		return true
	}
	return false
}

// sortKey is the text by which a contact is compared and ordered.
func (f *field) sortKey(it *item) []byte {
	switch f.kind {
	case kindCreated:
		return appendTime(nil, it.created)[1:]
	case kindModified:
		return appendTime(nil, it.modified)[1:]
	}
	return bytes.ToLower(it.slots[f.slot])
}

func (p *filterParser) comparison(name string) (*predicate, error) {
	f, err := p.filterable(name)
	if err != nil {
		return nil, err
	}
	op, literal := strings.ToLower(p.next()), p.next()
	value, quoted := strings.CutPrefix(literal, "'")
	var want []byte
	switch {
	case f.kind == kindText || f.kind == kindFileAs:
		if !quoted && literal != "null" {
			return nil, errFilter
		}
		if quoted {
			want = bytes.ToLower([]byte(value))
		}
	case f.kind == kindBool:
		want = []byte(value)
	default:
		instant, ok := normalInstant(value)
		if !ok && literal != "null" {
			return nil, errFilter
		}
		want = bytes.ToLower([]byte(instant))
	}
	compare, ok := comparisons[op]
	if !ok {
		return nil, errFilter
	}
	return &predicate{match: func(it *item) bool {
		return compare(bytes.Compare(bytes.ToLower(bytes.TrimSuffix(f.sortKey(it), []byte(`"`))), want))
	}}, nil
}

var comparisons = map[string]func(order int) bool{
	"eq": func(o int) bool { return o == 0 },
	"ne": func(o int) bool { return o != 0 },
	"lt": func(o int) bool { return o < 0 },
	"le": func(o int) bool { return o <= 0 },
	"gt": func(o int) bool { return o > 0 },
	"ge": func(o int) bool { return o >= 0 },
}
