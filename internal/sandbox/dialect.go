package sandbox

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A dialect is one version of Microsoft's API: two shapes (flat, with a
// property per slot, and with collections of typed values) in two casings.
type dialect struct {
	prefix  string // of the path, without the first slash
	outlook bool   // PascalCase, @odata.id, Exchange's error envelope
	beta    bool   // whole-mailbox /contacts, the default folder listed, wellKnownName
	fields  []field
	byName  map[string]int // exact property name -> index of fields
}

// A field is a property under the name a dialect gives it.
type field struct {
	property
	name string
	key  string // `,"name":`
}

// A property is one member of a contact, named as Graph does.
type property struct {
	graph string
	kind  kind
	slot  slot
	in    shapes
}

type shapes uint8

const (
	flat        shapes = 1 << iota // Graph v1.0 and Outlook v2.0
	collections                    // Graph beta and Outlook beta
	graphOnly
	both = flat | collections
)

// A kind says how a property's JSON is made from slots and back.
type kind uint8

const (
	kindID kind = iota // the first kinds belong to the server
	kindCreated
	kindModified
	kindChangeKey
	kindFolder
	kindText
	kindFileAs // text that reads "" where unset
	kindList
	kindInstant
	kindDate
	kindGender
	kindBool
	kindEmails
	kindEmail
	kindIMs
	kindPhones
	kindPhonePair
	kindAddresses
	kindAddress
	kindSites
	kindFlag
)

func (k kind) readOnly() bool { return k <= kindChangeKey }

// complex kinds are those for which an explicit null in a POST is answered
// with 500 by the service.
func (k kind) complex() bool {
	switch k {
	case kindEmails, kindEmail, kindIMs, kindPhones, kindPhonePair, kindAddresses, kindAddress, kindSites, kindFlag, kindList:
		return true
	}
	return false
}

// properties lists the members of a contact in the order of the Outlook
// document's samples; those of the flat shape stand beside the collections
// that replaced them.
var properties = [...]property{
	{"id", kindID, 0, both},
	{"createdDateTime", kindCreated, 0, both},
	{"lastModifiedDateTime", kindModified, 0, both},
	{"changeKey", kindChangeKey, 0, both},
	{"categories", kindList, slotCategories, both},
	{"parentFolderId", kindFolder, 0, both},
	{"birthday", kindInstant, slotBirthday, both},
	{"fileAs", kindFileAs, slotFileAs, both},
	{"displayName", kindText, slotDisplayName, both},
	{"givenName", kindText, slotGivenName, both},
	{"initials", kindText, slotInitials, both},
	{"middleName", kindText, slotMiddleName, both},
	{"nickName", kindText, slotNickName, both},
	{"surname", kindText, slotSurname, both},
	{"title", kindText, slotTitle, both},
	{"yomiGivenName", kindText, slotYomiGivenName, both},
	{"yomiSurname", kindText, slotYomiSurname, both},
	{"yomiCompanyName", kindText, slotYomiCompany, both},
	{"generation", kindText, slotGeneration, both},
	{"emailAddresses", kindEmails, slotEmail1Address, both},
	{"primaryEmailAddress", kindEmail, slotEmail1Address, both | graphOnly},
	{"secondaryEmailAddress", kindEmail, slotEmail2Address, both | graphOnly},
	{"tertiaryEmailAddress", kindEmail, slotEmail3Address, both | graphOnly},
	{"websites", kindSites, slotWebOther, collections},
	{"imAddresses", kindIMs, slotIM1, both},
	{"jobTitle", kindText, slotJobTitle, both},
	{"companyName", kindText, slotCompany, both},
	{"department", kindText, slotDepartment, both},
	{"officeLocation", kindText, slotOffice, both},
	{"profession", kindText, slotProfession, both},
	{"businessHomePage", kindText, slotWebWork, flat},
	{"assistantName", kindText, slotAssistant, both},
	{"manager", kindText, slotManager, both},
	{"phones", kindPhones, slotPhoneHome, collections},
	{"homePhones", kindPhonePair, slotPhoneHome, flat},
	{"mobilePhone", kindText, slotPhoneMobile, flat},
	{"businessPhones", kindPhonePair, slotPhoneBusiness, flat},
	{"postalAddresses", kindAddresses, slotHomeBox, collections},
	{"homeAddress", kindAddress, slotHomeBox, flat},
	{"businessAddress", kindAddress, slotBusinessBox, flat},
	{"otherAddress", kindAddress, slotOtherBox, flat},
	{"spouseName", kindText, slotSpouse, both},
	{"personalNotes", kindText, slotNotes, both},
	{"children", kindList, slotChildren, both},
	{"weddingAnniversary", kindDate, slotAnniversary, collections},
	{"gender", kindGender, slotGender, collections},
	{"isFavorite", kindBool, slotFavorite, collections},
	{"flag", kindFlag, slotFlagStatus, collections},
}

var dialects = [...]*dialect{
	newDialect("v1.0", flat, false),
	newDialect("beta", collections, false),
	newDialect("api/v2.0", flat, true),
	newDialect("api/beta", collections, true),
}

func newDialect(prefix string, shape shapes, outlook bool) *dialect {
	d := &dialect{
		prefix: prefix, outlook: outlook, beta: shape == collections,
		byName: map[string]int{},
	}
	for _, p := range properties {
		if p.in&shape == 0 || outlook && p.in&graphOnly != 0 {
			continue
		}
		name := d.cased(p.graph)
		if outlook && p.graph == "mobilePhone" {
			name = "MobilePhone1" // the one name that differs by more than case
		}
		d.byName[name] = len(d.fields)
		d.fields = append(d.fields, field{p, name, `,"` + name + `":`})
	}
	return d
}

// cased gives a Graph name the casing of the dialect.
func (d *dialect) cased(name string) string {
	if !d.outlook {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// graphName turns a member name of the dialect into Graph's casing; it returns
// "" for a name in the other dialect's casing, which the service does not know.
func (d *dialect) graphName(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if unicode.IsUpper(first) != d.outlook {
		return ""
	}
	return string(unicode.ToLower(first)) + name[size:]
}

// extendedName and manyName are the members of a contact that hold extended
// properties of one value and of several, and
// idName the member of each that names the property: Outlook REST calls it
// PropertyId where Graph says id.
func (d *dialect) extendedName() string { return d.cased("singleValueExtendedProperties") }

func (d *dialect) manyName() string { return d.cased("multiValueExtendedProperties") }

func (d *dialect) idName() string {
	if d.outlook {
		return "PropertyId"
	}
	return "id"
}

// dialectFor finds the dialect of a path and what is left of the path.
func dialectFor(path string) (d *dialect, rest string) {
	for _, d := range dialects {
		n := len(d.prefix)
		if len(path) >= n && strings.EqualFold(path[:n], d.prefix) && (len(path) == n || path[n] == '/') {
			return d, strings.TrimPrefix(path[n:], "/")
		}
	}
	return nil, path
}
