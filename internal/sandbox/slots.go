package sandbox

// A slot is one of the places in which Exchange keeps a piece of a contact.
// Every property of every dialect, and every extended property that names the
// same MAPI property, is a view of a slot, so what one writes the others show.
type slot uint8

// The slots. The order is part of the format of the data file: add at the end.
const (
	slotFileAs slot = iota
	slotDisplayName
	slotGivenName
	slotInitials
	slotMiddleName
	slotNickName
	slotSurname
	slotTitle
	slotGeneration
	slotYomiGivenName
	slotYomiSurname
	slotYomiCompany
	slotBirthday
	slotAnniversary
	slotGender
	slotCategories
	slotChildren

	slotEmail1Address // each e-mail address takes four slots in a row
	slotEmail1Name
	slotEmail1Type
	slotEmail1Label
	slotEmail2Address
	slotEmail2Name
	slotEmail2Type
	slotEmail2Label
	slotEmail3Address
	slotEmail3Name
	slotEmail3Type
	slotEmail3Label

	slotIM1
	slotIM2
	slotIM3

	slotJobTitle
	slotCompany
	slotDepartment
	slotOffice
	slotProfession
	slotAssistant
	slotManager
	slotSpouse
	slotNotes

	slotPhoneHome
	slotPhoneHome2
	slotPhoneBusiness
	slotPhoneBusiness2
	slotPhoneMobile
	slotPhoneOther
	slotPhoneAssistant
	slotFaxHome
	slotFaxBusiness
	slotFaxOther
	slotPager
	slotRadio
	slotPhoneCar
	slotPhoneCallback
	slotPhoneCompany
	slotPhonePrimary
	slotISDN
	slotTelex
	slotTTY

	slotHomeBox // each postal address takes six slots in a row
	slotHomeStreet
	slotHomeCity
	slotHomeState
	slotHomePostalCode
	slotHomeCountry
	slotBusinessBox
	slotBusinessStreet
	slotBusinessCity
	slotBusinessState
	slotBusinessPostalCode
	slotBusinessCountry
	slotOtherBox
	slotOtherStreet
	slotOtherCity
	slotOtherState
	slotOtherPostalCode
	slotOtherCountry

	slotWebOther // each web site takes two slots in a row: address, display name
	slotWebOtherName
	slotWebHome
	slotWebHomeName
	slotWebWork
	slotWebWorkName
	slotWebBlog
	slotWebBlogName
	slotWebProfile
	slotWebProfileName

	slotHasPicture
	slotFavorite
	slotFlagStatus
	slotFlagStart
	slotFlagDue
	slotFlagCompleted

	slotTracked // not shown: see item.tracked

	slotCount
)

const (
	emailSlots   = slotEmail2Address - slotEmail1Address
	addressSlots = slotBusinessBox - slotHomeBox
	siteSlots    = slotWebHome - slotWebOther
)

// The property sets of Outlook's named properties of contacts and of follow-up
// flags (PSETID_Address and PSETID_Task of MS-OXPROPS).
const (
	contactProps = "{00062004-0000-0000-c000-000000000046}"
	taskProps    = "{00062003-0000-0000-c000-000000000046}"
)

// slotTags gives, for each slot that MAPI names, its extended property id in
// the canonical spelling of propID. Tags are those of MS-OXPROPS; the ones
// that Microsoft's contact documents mention are in the API's own list of
// properties without a name in v1.0.
var slotTags = map[slot]string{
	slotFileAs:        "String " + contactProps + " Id 0x8005",
	slotDisplayName:   "String 0x3001",
	slotGivenName:     "String 0x3a06",
	slotInitials:      "String 0x3a0a",
	slotMiddleName:    "String 0x3a44",
	slotNickName:      "String 0x3a4f",
	slotSurname:       "String 0x3a11",
	slotTitle:         "String 0x3a45",
	slotGeneration:    "String 0x3a05",
	slotYomiGivenName: "String " + contactProps + " Id 0x802c",
	slotYomiSurname:   "String " + contactProps + " Id 0x802d",
	slotYomiCompany:   "String " + contactProps + " Id 0x802e",
	slotBirthday:      "SystemTime 0x3a42",
	slotAnniversary:   "SystemTime 0x3a41",
	slotGender:        "Short 0x3a4d",

	slotEmail1Address: "String " + contactProps + " Id 0x8083",
	slotEmail1Name:    "String " + contactProps + " Id 0x8080",
	slotEmail2Address: "String " + contactProps + " Id 0x8093",
	slotEmail2Name:    "String " + contactProps + " Id 0x8090",
	slotEmail3Address: "String " + contactProps + " Id 0x80a3",
	slotEmail3Name:    "String " + contactProps + " Id 0x80a0",
	slotIM1:           "String " + contactProps + " Id 0x8062",

	slotJobTitle:   "String 0x3a17",
	slotCompany:    "String 0x3a16",
	slotDepartment: "String 0x3a18",
	slotOffice:     "String 0x3a19",
	slotProfession: "String 0x3a46",
	slotAssistant:  "String 0x3a30",
	slotManager:    "String 0x3a4e",
	slotSpouse:     "String 0x3a48",
	slotNotes:      "String 0x1000",

	slotPhoneHome:      "String 0x3a09",
	slotPhoneHome2:     "String 0x3a2f",
	slotPhoneBusiness:  "String 0x3a08",
	slotPhoneBusiness2: "String 0x3a1b",
	slotPhoneMobile:    "String 0x3a1c",
	slotPhoneOther:     "String 0x3a1f",
	slotPhoneAssistant: "String 0x3a2e",
	slotFaxHome:        "String 0x3a25",
	slotFaxBusiness:    "String 0x3a24",
	slotFaxOther:       "String 0x3a23",
	slotPager:          "String 0x3a21",
	slotRadio:          "String 0x3a1d",
	slotPhoneCar:       "String 0x3a1e",
	slotPhoneCallback:  "String 0x3a02",
	slotPhoneCompany:   "String 0x3a57",
	slotPhonePrimary:   "String 0x3a1a",
	slotISDN:           "String 0x3a2d",
	slotTelex:          "String 0x3a2c",
	slotTTY:            "String 0x3a4b",

	slotHomeBox:            "String 0x3a5e",
	slotHomeStreet:         "String 0x3a5d",
	slotHomeCity:           "String 0x3a59",
	slotHomeState:          "String 0x3a5c",
	slotHomePostalCode:     "String 0x3a5b",
	slotHomeCountry:        "String 0x3a5a",
	slotBusinessBox:        "String " + contactProps + " Id 0x804a",
	slotBusinessStreet:     "String " + contactProps + " Id 0x8045",
	slotBusinessCity:       "String " + contactProps + " Id 0x8046",
	slotBusinessState:      "String " + contactProps + " Id 0x8047",
	slotBusinessPostalCode: "String " + contactProps + " Id 0x8048",
	slotBusinessCountry:    "String " + contactProps + " Id 0x8049",
	slotOtherBox:           "String 0x3a64",
	slotOtherStreet:        "String 0x3a63",
	slotOtherCity:          "String 0x3a5f",
	slotOtherState:         "String 0x3a62",
	slotOtherPostalCode:    "String 0x3a61",
	slotOtherCountry:       "String 0x3a60",

	slotWebHome:    "String 0x3a50",
	slotWebWork:    "String 0x3a51",
	slotHasPicture: "Boolean " + contactProps + " Id 0x8015",

	slotFlagStatus:    "Integer 0x1090",
	slotFlagStart:     "SystemTime " + taskProps + " Id 0x8104",
	slotFlagDue:       "SystemTime " + taskProps + " Id 0x8105",
	slotFlagCompleted: "SystemTime " + taskProps + " Id 0x810f",
}

var slotByTag = invertTags()

func invertTags() map[string]slot {
	byTag := make(map[string]slot, len(slotTags))
	for s, tag := range slotTags {
		byTag[tag] = s
	}
	return byTag
}
