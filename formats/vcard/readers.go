package vcard

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

// A reader puts a property into the contact. It reports false where the property
// is to be kept as it is, in Extra.
type reader func(r *cardReader, p *property) bool

// entry is a row of the table of readers.
type entry struct {
	read reader
	late bool // when all else has been read: it fills gaps, or belongs to another property
}

// readers has what the model has a place for, by upper-case name.
var readers = func() map[string]entry {
	m := map[string]reader{
		gv.FieldFormattedName:        readDisplay,
		gv.FieldUID:                  textReader(gv.FieldUID, func(c *contact.Contact) *string { return &c.UID }),
		gv.FieldName:                 readName,
		gv.FieldNickname:             readNickname,
		gv.FieldOrganization:         readOrganization,
		gv.FieldEmail:                readEmail,
		gv.FieldTelephone:            readPhone,
		"X-MS-TEL":                   readPhone,
		gv.FieldAddress:              readAddress,
		gv.FieldURL:                  readWebsite,
		gv.FieldIMPP:                 readIM,
		"X-MS-IMADDRESS":             readIM,
		"X-MS-RM-IMACCOUNT":          readIM,
		"X-KADDRESSBOOK-X-IMADDRESS": readIM,
		gv.FieldNote:                 readNote,
		gv.FieldCategories:           readCategories,
		gv.FieldGender:               readGender,
		"X-GENDER":                   readGender,
		"X-WAB-GENDER":               readGender,
		"SEX":                        readGender,
		gv.FieldPhoto:                readPhoto,
		gv.FieldBirthday:             dateReader(gv.FieldBirthday, func(c *contact.Contact) *contact.Date { return &c.Birthday }),
		propABDate:                   readLabelledDate,
		propAndroid:                  readAndroid,
		gv.FieldRelated:              readRelated,
		propABNames:                  readRelatedName,
		gv.FieldRevision:             readRevision,
		"CREATED":                    readCreated,
		"X-CARDFERRY-CREATED":        readCreated,
		"X-CARDFERRY-FOLDER":         readFolder,
		"X-CARDFERRY-FAVORITE":       readFavorite,
		"X-CARDFERRY-FLAG":           readFlag,
		propExtra:                    readForeign,
		formats.ReasonField:          func(*cardReader, *property) bool { return true },
	}
	for _, s := range scalars {
		for _, name := range append([]string{s.name, s.twice}, s.also...) {
			m[name] = textReader(s.name, s.at)
		}
	}
	delete(m, "")
	anniversary := dateReader(gv.FieldAnniversary, func(c *contact.Contact) *contact.Date { return &c.Anniversary })
	for _, name := range []string{gv.FieldAnniversary, "X-ANNIVERSARY", "X-MS-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY"} {
		m[name] = anniversary
	}
	for _, name := range []string{"X-SPOUSE", "X-MS-SPOUSE", "X-EVOLUTION-SPOUSE", "X-KADDRESSBOOK-X-SPOUSESNAME"} {
		m[name] = relationReader(contact.Spouse)
	}
	for _, name := range []string{"X-CHILD", "X-MS-CHILD"} {
		m[name] = relationReader(contact.Child)
	}
	table := map[string]entry{}
	for name, read := range m {
		table[name] = entry{read: read}
	}
	for name, read := range lateReaders() {
		table[name] = entry{read, true}
	}
	return table
}()

func lateReaders() map[string]reader {
	m := map[string]reader{
		"LABEL":       readAddressLabel,
		propAgent:     readAgent,
		gv.FieldSound: readSound,
		"SORT-STRING": textReader("X-EVOLUTION-FILE-AS", func(c *contact.Contact) *string { return &c.Name.FileAs }),
	}
	for _, s := range services {
		m[s.name] = schemeReader(s.scheme)
	}
	return m
}

// services are the properties of single chat services, each with the scheme of the
// URI that it stands for. Those that Android reads are also written.
var services = []struct {
	name, scheme string
	written      bool
}{
	{"X-AIM", "aim", true}, {"X-ICQ", "icq", true}, {"X-JABBER", "xmpp", true}, {"X-MSN", "msnim", true},
	{"X-YAHOO", "ymsgr", true}, {"X-SKYPE-USERNAME", "skype", true}, {"X-GOOGLE-TALK", "gtalk", true}, {"X-QQ", "qq", true},
	{"X-SKYPE", "skype", false}, {"X-GTALK", "gtalk", false}, {"X-GOOGLE TALK", "gtalk", false},
	{"X-SAMETIME", "sametime", false}, {"X-GADUGADU", "gg", false}, {"X-GROUPWISE", "groupwise", false},
}

// readDisplay reads FN, which must be there and not be empty: what stands in for
// the name of a nameless contact is marked.
func readDisplay(r *cardReader, p *property) bool {
	if p.get(paramEmpty) != "" {
		return true
	}
	return r.fill(&r.c.Name.Display, value(p.value), gv.FieldFormattedName, p)
}

// readName reads N. The items of a list ("Philip,Paul") become one text: the
// words of a name, or suffixes with commas between them. What the lists were is
// attached.
func readName(r *cardReader, p *property) bool {
	if strings.Trim(p.value, "; \t") == "" {
		return true
	}
	fields := nameParts(&r.c.Name)
	for _, f := range fields {
		if *f != "" {
			return false
		}
	}
	var lists []string
	rest, found := p.value, true
	for i, f := range fields {
		part := rest
		part, rest, found = cutRaw(rest, ';')
		isList := false
		if *f = value(part); r.modern && strings.IndexByte(part, ',') >= 0 {
			*f, isList = joined(part, nameGlue[i])
		}
		if isList && isComponent(part) {
			if lists == nil {
				lists = make([]string, len(fields))
			}
			lists[i] = part
		}
		if !found {
			break
		}
	}
	if !found || strings.Trim(rest, "; \t") == "" {
		rest = ""
	}
	if lists == nil {
		r.attach(gv.FieldName, p, rest)
		return true
	}
	params := with(r.scalarParams(p), paramLists, lists...)
	if rest != "" {
		params = with(params, paramMore, rest)
	}
	r.attachParams(gv.FieldName, params)
	return true
}

// nameParts returns the members of a name in the order of N.
func nameParts(n *contact.Name) [5]*string {
	return [...]*string{&n.Family, &n.Given, &n.Middle, &n.Prefix, &n.Suffix}
}

// nameGlue has what stands between the items of a list within each of them.
var nameGlue = [5]string{" ", " ", " ", " ", ", "}

// tail returns what stands behind the first n components, "" if nothing does.
func tail(parts []string, n int) string {
	if len(parts) <= n {
		return ""
	}
	rest := strings.Join(parts[n:], ";")
	if strings.Trim(rest, "; \t") == "" {
		return ""
	}
	return rest
}

// readNickname reads the first of a list; the model has one, Extra the others.
func readNickname(r *cardReader, p *property) bool {
	first, others, _ := cutRaw(p.value, ',')
	if value(first) == "" && others != "" || r.c.Name.Nickname != "" {
		return r.fill(&r.c.Name.Nickname, value(p.value), gv.FieldNickname, p)
	}
	r.fill(&r.c.Name.Nickname, value(first), gv.FieldNickname, p)
	if v := value(others); v != "" && v != r.c.Name.Nickname {
		r.keep(contact.Extra{Origin: origin, Name: gv.FieldNickname, Value: others})
	}
	return true
}

func readOrganization(r *cardReader, p *property) bool {
	o := &r.c.Organization
	parts := r.split(p.value, ';')
	if o.Company != "" || o.Department != "" || len(o.Units) > 0 {
		return strings.Trim(p.value, "; ") == ""
	}
	o.Company = value(parts[0])
	if len(parts) > 1 {
		o.Department = value(parts[1])
		for _, unit := range parts[2:] {
			if unit = value(unit); unit != "" {
				o.Units = append(o.Units, unit)
			}
		}
	}
	if o.Company != "" || o.Department != "" || len(o.Units) > 0 {
		r.attach(gv.FieldOrganization, p, "")
	}
	return true
}

func readEmail(r *cardReader, p *property) bool {
	e := contact.Email{Address: value(p.value), Name: strings.TrimSpace(p.get(paramText))}
	e.Type, e.Preferred, e.Params = r.typed(p, emailKind)
	add(&r.c.Emails, r.room.emails[:], e)
	return true
}

func readPhone(r *cardReader, p *property) bool {
	number := value(p.value)
	for len(number) > 3 && strings.EqualFold(number[:4], "tel:") {
		number = strings.TrimSpace(number[4:])
	}
	n := contact.Phone{Number: number}
	n.Type, n.Preferred, n.Params = r.typed(p, phoneKind)
	add(&r.c.Phones, r.room.phones[:], n)
	return true
}

func readWebsite(r *cardReader, p *property) bool {
	w := contact.Website{URL: value(p.value), Name: strings.TrimSpace(p.get(paramText))}
	w.Type, w.Preferred, w.Params = r.typed(p, websiteKind)
	add(&r.c.Websites, r.room.websites[:], w)
	return true
}

func readIM(r *cardReader, p *property) bool {
	m := contact.IM{Address: value(p.value)}
	m.Type, m.Preferred, m.Params = r.typed(p, imKind)
	r.c.IMs = append(r.c.IMs, m)
	return true
}

// schemeReader reads the properties of single services, X-AIM and the like, as a
// URI. One that repeats an IMPP is dropped: Apple writes both.
func schemeReader(scheme string) reader {
	return func(r *cardReader, p *property) bool {
		m := contact.IM{Address: value(p.value)}
		m.Type, m.Preferred, m.Params = r.typed(p, imKind)
		if m.Address == "" {
			return true
		}
		if len(m.Address) <= len(scheme) || !strings.EqualFold(m.Address[:len(scheme)+1], scheme+":") {
			m.Address = scheme + ":" + m.Address
		}
		for _, known := range r.c.IMs {
			address, err := url.PathUnescape(known.Address)
			if err == nil && strings.EqualFold(address, m.Address) && known.Type == m.Type {
				return true
			}
		}
		r.c.IMs = append(r.c.IMs, m)
		return true
	}
}

// readNote joins several notes by an empty line, so that people see all of them.
// One with parameters of its own (a language) is kept apart.
func readNote(r *cardReader, p *property) bool {
	text := unescape(p.value)
	switch {
	case strings.TrimSpace(text) == "":
		return true
	case r.c.Notes == "":
		r.c.Notes = text
		r.attach(gv.FieldNote, p, "")
		return true
	case r.scalarParams(p) != nil:
		return false
	}
	r.c.Notes += "\n\n" + text
	return true
}

func readCategories(r *cardReader, p *property) bool {
	params := r.scalarParams(p)
	if params != nil && len(r.c.Categories) > 0 {
		return false
	}
	for _, item := range r.split(p.value, ',') {
		if item = value(item); item != "" {
			add(&r.c.Categories, r.room.categories[:], item)
		}
	}
	if params != nil && len(r.c.Categories) > 0 {
		r.attach(gv.FieldCategories, p, "")
	}
	return true
}

// sexes has the codes of GENDER, the words of X-GENDER and Outlook's numbers.
var sexes = map[string]string{"m": "male", "male": "male", "2": "male", "f": "female", "female": "female", "1": "female",
	"o": "other", "other": "other", "n": "none", "none": "none", "u": "unknown", "unknown": "unknown", "0": "unknown"}

// readGender reads GENDER, a code and a text (RFC 6350, 6.2.7), and X-GENDER and
// others with one word or number.
func readGender(r *cardReader, p *property) bool {
	code, text, _ := cutRaw(p.value, ';')
	v, known := lookup(sexes, value(code))
	more := ""
	switch {
	case known:
		more = strings.TrimSpace(text)
	case value(code) != "":
		v = value(p.value)
	default:
		if v, known = lookup(sexes, value(text)); !known {
			v = value(text)
		}
	}
	switch {
	case v == "":
		return true
	case r.c.Gender == "":
		r.c.Gender = v
		r.attach(gv.FieldGender, p, more)
		return true
	}
	return r.c.Gender == v && more == "" && r.scalarParams(p) == nil
}

func readFolder(r *cardReader, p *property) bool {
	if r.c.Folder != "" {
		return false
	}
	r.c.Folder = contact.FolderPath(value(p.value))
	return true
}

func readFavorite(r *cardReader, p *property) bool {
	if !strings.EqualFold(value(p.value), "TRUE") {
		return false
	}
	r.c.Favorite = true
	return true
}

// readForeign reads what other formats had no name for.
func readForeign(r *cardReader, p *property) bool {
	var x contact.Extra
	if err := json.Unmarshal([]byte(value(p.value)), &x); err != nil || x.Name == "" {
		return false
	}
	if x.Origin == origin && hasForms(upper(x.Name)) {
		x = modernForm(x, false)
	}
	r.keep(x)
	return true
}
