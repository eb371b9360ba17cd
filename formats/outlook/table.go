package outlook

import (
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// kind says what form a member or an extended property has on the wire.
type kind uint8

const (
	asText       kind = iota // a string
	asTexts                  // an array of strings, each a slot
	asList                   // an array of strings of any number
	asEmails                 // the array of addresses
	asPhones                 // the collection of phones
	asWebsites               // the collection of web pages
	asAddress                // one address as an object
	asAddresses              // the collection of addresses
	asFlag                   // the follow-up flag, an object
	asMark                   // a boolean
	asInstant                // a date-time
	asDayInstant             // a day, as a date-time
	asDay                    // a day, as a date
	asGender                 // a word, or a number
	asStatus                 // of the flag, as a number
	asNumber                 // of which zero is nothing
	asExtended               // the array of extended properties
	asPhoto                  // this project's annotation: the file of the photo
	asError                  // what stands in place of a contact when a request failed
	asRemoved                // the annotation of a delta's removed row
	asEtag                   // the annotation that repeats the version
	asIgnored                // of no use here, or the same as another member
)

// A member is one row of the mapping: a member of the JSON object.
type member struct {
	name  string        // in Graph's spelling
	field contact.Field // the field it belongs to; "" for what the service keeps
	in    dialects      // that have it
	kind  kind
	slot  slot                             // the first one
	n     slot                             // how many slots, for texts
	at    func(c *contact.Contact) *string // where a contact has it, for text
	many  func(it *item) *[]string         // where an item has it, for list
	quote [2]string                        // the name with quotes and colon, Graph's and Outlook's
	row   int                              // among the members
}

// members lists everything that the four dialects have a name for. Outlook's name
// is Graph's with a capital, but for one.
var members = named([]member{
	{name: "id", in: all, slot: slotID},
	{name: "changeKey", in: all, slot: slotVersion},
	{name: "createdDateTime", in: all, kind: asInstant, slot: slotCreated},
	{name: "lastModifiedDateTime", in: all, kind: asInstant, slot: slotModified},
	{name: "parentFolderId", in: none, kind: asIgnored},
	{name: "categories", field: "categories", in: all, kind: asList, many: func(it *item) *[]string { return &it.categories }},
	{name: "birthday", field: "birthday", in: all, kind: asDayInstant, slot: slotBirthday},
	{name: "weddingAnniversary", field: "anniversary", in: graphBeta, kind: asDay, slot: slotAnniversary},
	{name: "fileAs", field: "name.fileAs", in: all, slot: slotFileAs, at: func(c *contact.Contact) *string { return &c.Name.FileAs }},
	{name: "displayName", field: "name.display", in: all, slot: slotDisplay, at: func(c *contact.Contact) *string { return &c.Name.Display }},
	{name: "givenName", field: "name.given", in: all, slot: slotGiven, at: func(c *contact.Contact) *string { return &c.Name.Given }},
	{name: "initials", field: "name.initials", in: all, slot: slotInitials, at: func(c *contact.Contact) *string { return &c.Name.Initials }},
	{name: "middleName", field: "name.middle", in: all, slot: slotMiddle, at: func(c *contact.Contact) *string { return &c.Name.Middle }},
	{name: "nickName", field: "name.nickname", in: all, slot: slotNickname, at: func(c *contact.Contact) *string { return &c.Name.Nickname }},
	{name: "surname", field: "name.family", in: all, slot: slotFamily, at: func(c *contact.Contact) *string { return &c.Name.Family }},
	{name: "title", field: "name.prefix", in: all, slot: slotPrefix, at: func(c *contact.Contact) *string { return &c.Name.Prefix }},
	{name: "generation", field: "name.suffix", in: all, slot: slotSuffix, at: func(c *contact.Contact) *string { return &c.Name.Suffix }},
	{name: "yomiGivenName", field: "name.phoneticGiven", in: all, slot: slotYomiGiven, at: func(c *contact.Contact) *string { return &c.Name.PhoneticGiven }},
	{name: "yomiSurname", field: "name.phoneticFamily", in: all, slot: slotYomiFamily, at: func(c *contact.Contact) *string { return &c.Name.PhoneticFamily }},
	{name: "yomiCompanyName", field: "organization.phoneticCompany", in: all, slot: slotYomiCompany, at: func(c *contact.Contact) *string { return &c.Organization.PhoneticCompany }},
	{name: "emailAddresses", field: "emails", in: all, kind: asEmails},
	{name: "imAddresses", field: "ims", in: all, kind: asList, many: func(it *item) *[]string { return &it.ims }},
	{name: "phones", field: "phones", in: collections, kind: asPhones},
	{name: "homePhones", field: "phones", in: flat, kind: asTexts, slot: phoneHome, n: 2},
	{name: "businessPhones", field: "phones", in: flat, kind: asTexts, slot: phoneWork, n: 2},
	{name: "mobilePhone", field: "phones", in: flat, slot: phoneMobile},
	{name: "websites", field: "websites", in: collections, kind: asWebsites},
	{name: "businessHomePage", field: "websites", in: flat, slot: slotWorkPage},
	{name: "postalAddresses", field: "addresses", in: collections, kind: asAddresses},
	{name: "homeAddress", field: "addresses", in: flat, kind: asAddress, slot: addressHome},
	{name: "businessAddress", field: "addresses", in: flat, kind: asAddress, slot: addressWork},
	{name: "otherAddress", field: "addresses", in: flat, kind: asAddress, slot: addressOther},
	{name: "jobTitle", field: "organization.title", in: all, slot: slotJobTitle, at: func(c *contact.Contact) *string { return &c.Organization.Title }},
	{name: "companyName", field: "organization.company", in: all, slot: slotCompany, at: func(c *contact.Contact) *string { return &c.Organization.Company }},
	{name: "department", field: "organization.department", in: all, slot: slotDepartment, at: func(c *contact.Contact) *string { return &c.Organization.Department }},
	{name: "officeLocation", field: "organization.office", in: all, slot: slotOffice, at: func(c *contact.Contact) *string { return &c.Organization.Office }},
	{name: "profession", field: "organization.profession", in: all, slot: slotProfession, at: func(c *contact.Contact) *string { return &c.Organization.Profession }},
	{name: "assistantName", field: "organization.assistant", in: all, slot: slotAssistant, at: func(c *contact.Contact) *string { return &c.Organization.Assistant }},
	{name: "manager", field: "organization.manager", in: all, slot: slotManager, at: func(c *contact.Contact) *string { return &c.Organization.Manager }},
	{name: "spouseName", field: "relations", in: all, slot: slotSpouse},
	{name: "children", field: "relations", in: all, kind: asList, many: func(it *item) *[]string { return &it.children }},
	{name: "personalNotes", field: "notes", in: all, slot: slotNotes, at: func(c *contact.Contact) *string { return &c.Notes }},
	{name: "gender", field: "gender", in: collections, kind: asGender, slot: slotGender},
	{name: "isFavorite", field: "favorite", in: collections, kind: asMark, slot: slotFavorite},
	{name: "flag", field: "flag", in: collections, kind: asFlag},

	{name: "singleValueExtendedProperties", in: none, kind: asExtended},
	{name: "@cardferry.folder", in: none, slot: slotFolder},
	{name: "@cardferry.photo", in: none, kind: asPhoto},
	{name: "@removed", in: none, kind: asRemoved},
	{name: "error", in: none, kind: asError},
	{name: "@odata.etag", in: none, kind: asEtag},
	// The same three addresses once more.
	{name: "primaryEmailAddress", in: none, kind: asIgnored},
	{name: "secondaryEmailAddress", in: none, kind: asIgnored},
	{name: "tertiaryEmailAddress", in: none, kind: asIgnored},
})

// A property is one row of the mapping: a MAPI property that carries a slot
// where the dialect has no member for it.
type property struct {
	id    string
	field contact.Field
	in    dialects
	kind  kind
	slot  slot
}

// The property sets of MS-OXPROPS, and the project's own.
const (
	setAddress   = "{00062004-0000-0000-C000-000000000046}"
	setCommon    = "{00062008-0000-0000-C000-000000000046}"
	setTask      = "{00062003-0000-0000-C000-000000000046}"
	setCardferry = "{5a1c7f0e-9b3d-4e62-8f41-c2a6d07b9e35}"
)

// KeyID is the name of the property that holds a contact's idempotency key.
const KeyID = "String " + setCardferry + " Name CardferryKey"

// stashID is the name of the property that holds what no slot can hold.
const stashID = "String " + setCardferry + " Name CardferryStash"

// classID is the name of PidTagMessageClass, which every contact has, so that it
// tells whether extended properties were shown at all.
const classID = "String 0x1a"

// properties lists the extended properties, by the names of MS-OXPROPS in their
// order: telephone numbers (PidTag…TelephoneNumber and the fax numbers), PO boxes,
// the personal home page, PidTagWeddingAnniversary, PidTagGender, and the flag. What has
// the field "extra" is an Extra with the id for a name: PidTagSensitivity,
// PidLidPrivate, the four user fields, PidLidFreeBusyLocation.
var properties = []property{
	{"String 0x3a1f", "phones", flat, asText, phoneOther},
	{"String 0x3a2e", "phones", flat, asText, phoneAssistant},
	{"String 0x3a25", "phones", flat, asText, phoneHomeFax},
	{"String 0x3a24", "phones", flat, asText, phoneWorkFax},
	{"String 0x3a23", "phones", flat, asText, phoneOtherFax},
	{"String 0x3a21", "phones", flat, asText, phonePager},
	{"String 0x3a1d", "phones", flat, asText, phoneRadio},
	{"String 0x3a1e", "phones", all, asText, phoneCar},
	{"String 0x3a02", "phones", all, asText, phoneCallback},
	{"String 0x3a57", "phones", all, asText, phoneCompany},
	{"String 0x3a2d", "phones", all, asText, phoneISDN},
	{"String 0x3a1a", "phones", all, asText, phoneMain},
	{"String 0x3a2c", "phones", all, asText, phoneTelex},
	{"String 0x3a4b", "phones", all, asText, phoneTTY},
	{"String 0x3a5e", "addresses", flat, asText, addressHome},
	{"String " + setAddress + " Id 0x804a", "addresses", flat, asText, addressWork},
	{"String 0x3a64", "addresses", flat, asText, addressOther},
	{"String 0x3a50", "websites", flat, asText, slotHomePage},
	{"SystemTime 0x3a41", "anniversary", flat | outlookBeta, asDayInstant, slotAnniversary},
	{"Short 0x3a4d", "gender", flat, asGender, slotGender},
	{"Integer 0x1090", "flag", flat, asStatus, slotFlagStatus},
	{"SystemTime " + setTask + " Id 0x8104", "flag", flat, asInstant, slotFlagStart},
	{"SystemTime " + setTask + " Id 0x8105", "flag", flat, asInstant, slotFlagDue},
	{"SystemTime " + setTask + " Id 0x810f", "flag", flat, asInstant, slotFlagCompleted},
	{"Boolean " + setAddress + " Id 0x8015", "", all, asMark, slotPicture},
	{"Integer 0x36", "extra", all, asNumber, slotSensitivity},
	{"Boolean " + setCommon + " Id 0x8506", "extra", all, asMark, slotPrivate},
	{"String " + setAddress + " Id 0x804f", "extra", all, asText, slotUser1},
	{"String " + setAddress + " Id 0x8050", "extra", all, asText, slotUser2},
	{"String " + setAddress + " Id 0x8051", "extra", all, asText, slotUser3},
	{"String " + setAddress + " Id 0x8052", "extra", all, asText, slotUser4},
	{"String " + setAddress + " Id 0x80d8", "extra", all, asText, slotFreeBusy},
	{KeyID, "", all, asText, slotKey},
	{stashID, "", all, asText, slotStash},
	{classID, "", none, asText, slotClass},
	{"String 0x001a", "", none, asText, slotClass},
}

// named completes the rows with their names as they are written.
func named(rows []member) []member {
	for i := range rows {
		m := &rows[i]
		m.row = i
		m.quote = [2]string{`"` + m.name + `":`, `"` + outlookName(m.name) + `":`}
	}
	return rows
}

// outlookName returns Outlook's spelling of a member's name or an enumeration's.
func outlookName(name string) string {
	switch {
	case name == "mobilePhone":
		return "MobilePhone1"
	case name == "" || name[0] == '@':
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// textMembers are the members that are one text of a contact.
var textMembers = func() (rows []textMember) {
	for i := range members {
		if m := &members[i]; m.at != nil {
			rows = append(rows, textMember{m.slot, m.at})
		}
	}
	return rows
}()

type textMember struct {
	slot slot
	at   func(c *contact.Contact) *string
}

// memberByName finds a member by its name in any spelling, in lower case.
var memberByName = func() map[string]*member {
	byName := make(map[string]*member, 2*len(members))
	for i := range members {
		m := &members[i]
		byName[strings.ToLower(m.name)] = m
		byName[strings.ToLower(outlookName(m.name))] = m
	}
	return byName
}()

// propertyByID finds an extended property by its id, as the mapping has it and in
// lower case.
var propertyByID = func() map[string]*property {
	byID := make(map[string]*property, 2*len(properties))
	for i := range properties {
		p := &properties[i]
		byID[p.id], byID[strings.ToLower(p.id)] = p, p
	}
	return byID
}()

// propertyOf returns the id of an extended property as it is written, and its row,
// nil if it has none.
func propertyOf(id []byte) (string, *property) {
	if p := propertyByID[string(id)]; p != nil && p.id == string(id) {
		return p.id, p
	}
	s := string(id)
	return s, propertyByID[strings.ToLower(s)]
}
