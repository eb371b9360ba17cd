package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultPage = 10
	maxPage     = 1000
)

// options are the query options and preferences of a read.
type options struct {
	top, skip  int
	topCut     bool // more was asked for than a page can hold
	count      bool
	fields     []*field // nil: all
	selected   []string // as sent
	expand     []propID
	extensions []string // those to expand; nil: none
	filter     string
	order      string
	immutable  bool
	track      bool     // Prefer: odata.track-changes
	applied    []string // for Preference-Applied

	deltaToken, skipToken string
	expanded              string   // $expand as sent
	given                 []string // those of the options that change tracking does not have
}

// parseOptions reads $-options and Prefer; ceiling is the most rows of a page. The $ may be missing in the beta
// versions; options without it mean nothing to the others, and unknown ones
// with it are refused.
func parseOptions(r *http.Request, d *dialect, ceiling int) (options, error) {
	o := options{top: defaultPage}
	o.prefer(r.Header.Values("Prefer"), ceiling)
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			return o, badRequest("ErrorInvalidUrlQuery", "The query is not valid.")
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return o, badRequest("ErrorInvalidUrlQuery", "The query is not valid.")
		}
		if name == "" || !strings.HasPrefix(name, "$") && !d.beta {
			continue
		}
		if err := o.set(d, strings.ToLower(strings.TrimPrefix(name, "$")), value, strings.HasPrefix(name, "$")); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *options) set(d *dialect, name, value string, strict bool) error {
	var err error
	switch name {
	case "top", "skip", "count", "filter", "orderby", "search":
		o.given = append(o.given, "$"+name)
	}
	switch name {
	case "top":
		if o.top, err = wholeNumber(name, value); o.top > maxPage {
			o.top, o.topCut = maxPage, true
		}
	case "skip":
		o.skip, err = wholeNumber(name, value)
	case "count":
		if o.count, err = strconv.ParseBool(value); err != nil {
			err = badRequest("ErrorInvalidUrlQuery", "The value of $count is not valid.")
		}
	case "select":
		for part := range strings.SplitSeq(value, ",") {
			o.selected = append(o.selected, strings.TrimSpace(part))
		}
	case "expand":
		o.expanded = value
		err = o.setExpand(d, value)
	case "filter":
		o.filter = value
	case "orderby":
		o.order = value
	case "skiptoken":
		o.skipToken = value
	case "deltatoken":
		o.deltaToken = value
	case "format":
	default:
		if strict {
			err = badRequest("ErrorInvalidUrlQuery", "The query option '$%s' is not supported.", name)
		}
	}
	return err
}

func wholeNumber(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, badRequest("ErrorInvalidUrlQuery", "The value of $%s must be a non-negative integer.", name)
	}
	return n, nil
}

func (o *options) prefer(headers []string, ceiling int) {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			value = strings.Trim(value, `"`)
			switch {
			case strings.EqualFold(name, "odata.maxpagesize"):
				if n, err := strconv.Atoi(value); err == nil && n > 0 {
					o.top = min(n, ceiling)
					o.applied = append(o.applied, "odata.maxpagesize="+strconv.Itoa(o.top))
				}
			case strings.EqualFold(name, "odata.track-changes"):
				o.track = true
			case strings.EqualFold(name, "IdType") && strings.EqualFold(value, "ImmutableId"):
				o.immutable = true
				o.applied = append(o.applied, `IdType="ImmutableId"`)
			}
		}
	}
}

// selectContact resolves $select against the properties of a contact; the id
// comes whether asked for or not.
func (o *options) selectContact(d *dialect) error {
	if o.selected == nil {
		return nil
	}
	wanted := make([]bool, len(d.fields))
	wanted[0] = true
	for _, name := range o.selected {
		if name == "*" {
			return nil
		}
		if name == d.extendedName() || name == d.manyName() || name == d.cased("extensions") {
			continue
		}
		i, ok := d.byName[name]
		if !ok {
			return badRequest("RequestBroker--ParseUri", "Could not find a property named '%s' on type 'Microsoft.OutlookServices.Contact'.", name)
		}
		wanted[i] = true
	}
	o.fields = []*field{}
	for i := range d.fields {
		if wanted[i] {
			o.fields = append(o.fields, &d.fields[i])
		}
	}
	return nil
}

// setExpand reads singleValueExtendedProperties($filter=id eq '…' or id eq '…'),
// extensions($filter=id eq '…'), or both.
func (o *options) setExpand(d *dialect, value string) error {
	for _, term := range expandTerms(value) {
		if err := o.expandTerm(d, term); err != nil {
			return err
		}
	}
	return nil
}

// expandTerms splits $expand at the commas that stand within no parentheses.
func expandTerms(value string) (terms []string) {
	depth, start, quoted := 0, 0, false
	for i, r := range value {
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			terms = append(terms, value[start:i])
			start = i + 1
		}
	}
	return append(terms, value[start:])
}

func (o *options) expandTerm(d *dialect, value string) error {
	name, rest, found := strings.Cut(strings.TrimSpace(value), "(")
	if name == d.cased("extensions") && !found {
		return badRequest("ErrorInvalidUrlQuery", "Expanding %s requires a filter on its ids.", name)
	}
	if name != d.extendedName() && name != d.manyName() && name != d.cased("extensions") {
		if strings.EqualFold(name, "photo") {
			return badRequest("ExpandNotSupported", "Expand is not allowed for property 'Photo' according to the entity schema.")
		}
		return badRequest("RequestBroker--ParseUri", "Could not find a property named '%s' on type 'Microsoft.OutlookServices.Contact'.", name)
	}
	rest, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
	option, filter, hasFilter := strings.Cut(rest, "=")
	option = strings.TrimPrefix(strings.TrimSpace(option), "$")
	if !found || !closed || !hasFilter || option != "filter" {
		return badRequest("ErrorInvalidUrlQuery", "Expanding %s requires a filter on its ids.", name)
	}
	p := &filterParser{d: d, tokens: lex(filter)}
	for {
		if name == d.cased("extensions") {
			id, err := p.expandedName()
			if err != nil {
				return err
			}
			o.extensions = append(o.extensions, id)
		} else {
			id, err := p.expandedID()
			if err == nil && id.many() != (name == d.manyName()) {
				err = badRequest("ErrorInvalidArgument", "The type of the property is not one of '%s'.", name)
			}
			if err != nil {
				return err
			}
			o.expand = append(o.expand, id)
		}
		if p.done() {
			return nil
		}
		if !p.word("or") {
			return errFilter
		}
	}
}
