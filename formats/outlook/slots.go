package outlook

import "github.com/cardferry/cardferry/contact"

// slot is one place for text in an Exchange contact. Dates and marks are kept as
// text too, in one canonical form: days as YYYY-MM-DD, instants as RFC 3339 in
// UTC, marks as "true".
type slot uint8

const (
	noSlot slot = iota

	// Kept by the service.
	slotID
	slotVersion
	slotCreated
	slotModified
	slotFolder
	slotClass // IPM.Contact: everything that is a contact has one

	// Names and the like.
	slotFileAs
	slotDisplay
	slotGiven
	slotInitials
	slotMiddle
	slotNickname
	slotFamily
	slotPrefix
	slotSuffix
	slotYomiGiven
	slotYomiFamily
	slotYomiCompany
	slotJobTitle
	slotCompany
	slotDepartment
	slotOffice
	slotProfession
	slotAssistant
	slotManager
	slotSpouse
	slotNotes
	slotBirthday
	slotAnniversary
	slotGender
	slotFavorite
	slotFlagStatus
	slotFlagStart
	slotFlagDue
	slotFlagCompleted
	slotWorkPage
	slotHomePage

	// Phones. Two of one type stand side by side.
	phoneHome
	phoneHome2
	phoneWork
	phoneWork2
	phoneMobile
	phoneOther
	phoneAssistant
	phoneHomeFax
	phoneWorkFax
	phoneOtherFax
	phonePager
	phoneRadio
	phoneCar
	phoneCallback
	phoneCompany
	phoneISDN
	phoneMain
	phoneTelex
	phoneTTY

	// Addresses, each with the six parts of addressParts.
	addressHome
	addressWork  = addressHome + 6
	addressOther = addressWork + 6

	slotPicture = addressOther + 6
	slotKey     = slotPicture + 1
	slotStash   = slotKey + 1

	// Properties that the model has no name for, as Extra.
	slotSensitivity = slotStash + 1
	slotPrivate     = slotSensitivity + 1
	slotUser1       = slotPrivate + 1
	slotUser2       = slotUser1 + 1
	slotUser3       = slotUser2 + 1
	slotUser4       = slotUser3 + 1
	slotFreeBusy    = slotUser4 + 1

	slotCount = int(slotFreeBusy) + 1
)

// phoneType is one kind of phone: its name here, on the wire, and its slots.
type phoneType struct {
	typ   string
	wire  string // in Graph's spelling
	first slot
	n     slot
	named bool // a value of the type member of the phones collection
}

var phoneTypes = []phoneType{
	{contact.Home, "home", phoneHome, 2, true},
	{contact.Work, "business", phoneWork, 2, true},
	{contact.Mobile, "mobile", phoneMobile, 1, true},
	{contact.Other, "other", phoneOther, 1, true},
	{contact.Assistant, "assistant", phoneAssistant, 1, true},
	{contact.HomeFax, "homeFax", phoneHomeFax, 1, true},
	{contact.WorkFax, "businessFax", phoneWorkFax, 1, true},
	{contact.OtherFax, "otherFax", phoneOtherFax, 1, true},
	{contact.Pager, "pager", phonePager, 1, true},
	{contact.Radio, "radio", phoneRadio, 1, true},
	// The collections had these until 2016; today they are MAPI properties alone.
	{contact.Car, "car", phoneCar, 1, false},
	{contact.Callback, "callback", phoneCallback, 1, false},
	{contact.Company, "organizationMain", phoneCompany, 1, false},
	{contact.ISDN, "isdn", phoneISDN, 1, false},
	{contact.Main, "primary", phoneMain, 1, false},
	{contact.Telex, "telex", phoneTelex, 1, false},
	{contact.TTY, "tty", phoneTTY, 1, false},
}

// addressType is one kind of address and the first of its slots.
type addressType struct {
	typ, wire string
	first     slot
}

var addressTypes = []addressType{
	{contact.Home, "home", addressHome},
	{contact.Work, "business", addressWork},
	{contact.Other, "other", addressOther},
}

// addressPart is one part of an address: its place within the six slots, its
// name on the wire, and where a contact has it.
type addressPart struct {
	name string
	at   func(*contact.Address) *string
}

// The PO box comes first, as the flat dialects leave it out.
var addressParts = [6]addressPart{
	{"postOfficeBox", func(a *contact.Address) *string { return &a.POBox }},
	{"street", func(a *contact.Address) *string { return &a.Street }},
	{"city", func(a *contact.Address) *string { return &a.City }},
	{"state", func(a *contact.Address) *string { return &a.Region }},
	{"postalCode", func(a *contact.Address) *string { return &a.PostalCode }},
	{"countryOrRegion", func(a *contact.Address) *string { return &a.Country }},
}
