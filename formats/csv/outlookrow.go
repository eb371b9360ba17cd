package csv

// outlookRow is a row of Outlook's desktop export, its columns in the order of an
// English Outlook (from Account on: alphabetical), which is the one written. The
// last column is not Outlook's: it names the photo, and Outlook passes it over.
type outlookRow struct {
	Title              string `csv:"Title"`
	FirstName          string `csv:"First Name"`
	MiddleName         string `csv:"Middle Name"`
	LastName           string `csv:"Last Name"`
	Suffix             string `csv:"Suffix"`
	Company            string `csv:"Company"`
	Department         string `csv:"Department"`
	JobTitle           string `csv:"Job Title"`
	BusinessStreet     string `csv:"Business Street"`
	BusinessStreet2    string `csv:"Business Street 2"`
	BusinessStreet3    string `csv:"Business Street 3"`
	BusinessCity       string `csv:"Business City"`
	BusinessState      string `csv:"Business State"`
	BusinessPostalCode string `csv:"Business Postal Code"`
	BusinessCountry    string `csv:"Business Country/Region"`
	HomeStreet         string `csv:"Home Street"`
	HomeStreet2        string `csv:"Home Street 2"`
	HomeStreet3        string `csv:"Home Street 3"`
	HomeCity           string `csv:"Home City"`
	HomeState          string `csv:"Home State"`
	HomePostalCode     string `csv:"Home Postal Code"`
	HomeCountry        string `csv:"Home Country/Region"`
	OtherStreet        string `csv:"Other Street"`
	OtherStreet2       string `csv:"Other Street 2"`
	OtherStreet3       string `csv:"Other Street 3"`
	OtherCity          string `csv:"Other City"`
	OtherState         string `csv:"Other State"`
	OtherPostalCode    string `csv:"Other Postal Code"`
	OtherCountry       string `csv:"Other Country/Region"`
	AssistantPhone     string `csv:"Assistant's Phone"`
	BusinessFax        string `csv:"Business Fax"`
	BusinessPhone      string `csv:"Business Phone"`
	BusinessPhone2     string `csv:"Business Phone 2"`
	Callback           string `csv:"Callback"`
	CarPhone           string `csv:"Car Phone"`
	CompanyMainPhone   string `csv:"Company Main Phone"`
	HomeFax            string `csv:"Home Fax"`
	HomePhone          string `csv:"Home Phone"`
	HomePhone2         string `csv:"Home Phone 2"`
	ISDN               string `csv:"ISDN"`
	MobilePhone        string `csv:"Mobile Phone"`
	OtherFax           string `csv:"Other Fax"`
	OtherPhone         string `csv:"Other Phone"`
	Pager              string `csv:"Pager"`
	PrimaryPhone       string `csv:"Primary Phone"`
	RadioPhone         string `csv:"Radio Phone"`
	TTYPhone           string `csv:"TTY/TDD Phone"`
	Telex              string `csv:"Telex"`
	Account            string `csv:"Account"`
	Anniversary        string `csv:"Anniversary"`
	AssistantName      string `csv:"Assistant's Name"`
	BillingInformation string `csv:"Billing Information"`
	Birthday           string `csv:"Birthday"`
	BusinessPOBox      string `csv:"Business Address PO Box"`
	Categories         string `csv:"Categories"`
	Children           string `csv:"Children"`
	DirectoryServer    string `csv:"Directory Server"`
	Email              string `csv:"E-mail Address"`
	EmailType          string `csv:"E-mail Type"`
	EmailName          string `csv:"E-mail Display Name"`
	Email2             string `csv:"E-mail 2 Address"`
	Email2Type         string `csv:"E-mail 2 Type"`
	Email2Name         string `csv:"E-mail 2 Display Name"`
	Email3             string `csv:"E-mail 3 Address"`
	Email3Type         string `csv:"E-mail 3 Type"`
	Email3Name         string `csv:"E-mail 3 Display Name"`
	Gender             string `csv:"Gender"`
	GovernmentID       string `csv:"Government ID Number"`
	Hobby              string `csv:"Hobby"`
	HomePOBox          string `csv:"Home Address PO Box"`
	Initials           string `csv:"Initials"`
	InternetFreeBusy   string `csv:"Internet Free Busy"`
	Keywords           string `csv:"Keywords"`
	Language           string `csv:"Language"`
	Location           string `csv:"Location"`
	ManagerName        string `csv:"Manager's Name"`
	Mileage            string `csv:"Mileage"`
	Notes              string `csv:"Notes"`
	OfficeLocation     string `csv:"Office Location"`
	OrganizationalID   string `csv:"Organizational ID Number"`
	OtherPOBox         string `csv:"Other Address PO Box"`
	Priority           string `csv:"Priority"`
	Private            string `csv:"Private"`
	Profession         string `csv:"Profession"`
	ReferredBy         string `csv:"Referred By"`
	Sensitivity        string `csv:"Sensitivity"`
	Spouse             string `csv:"Spouse"`
	User1              string `csv:"User 1"`
	User2              string `csv:"User 2"`
	User3              string `csv:"User 3"`
	User4              string `csv:"User 4"`
	WebPage            string `csv:"Web Page"`
	Photo              string `csv:"Photo"`
}

// outlookSheet is one row that is filled over and over, with its cells by their
// kinds.
type outlookSheet struct {
	row       outlookRow
	phones    []phoneCell
	addresses []addressCells
	emails    []emailCells
	extras    []extraCell
	// envelopes: the table has columns for whole addresses too, which look for the
	// address of their type even where it has no parts.
	envelopes bool
}

func newOutlookSheet() *outlookSheet {
	s := new(outlookSheet)
	s.phones, s.addresses, s.emails, s.extras = s.row.phones(), s.row.addresses(), s.row.emails(), s.row.extras()
	return s
}

// The columns of one kind, each as a pointer into the row.

type phoneCell struct {
	cell *string
	typ  string
}

// phones returns the cells of phones; the second one of a type is for the second
// number of that type.
func (r *outlookRow) phones() []phoneCell {
	return []phoneCell{
		{&r.BusinessPhone, "work"}, {&r.BusinessPhone2, "work"}, {&r.HomePhone, "home"}, {&r.HomePhone2, "home"},
		{&r.MobilePhone, "mobile"}, {&r.OtherPhone, "other"}, {&r.PrimaryPhone, "main"}, {&r.AssistantPhone, "assistant"},
		{&r.BusinessFax, "workFax"}, {&r.HomeFax, "homeFax"}, {&r.OtherFax, "otherFax"}, {&r.Pager, "pager"},
		{&r.Callback, "callback"}, {&r.CarPhone, "car"}, {&r.CompanyMainPhone, "company"}, {&r.ISDN, "isdn"},
		{&r.RadioPhone, "radio"}, {&r.TTYPhone, "tty"}, {&r.Telex, "telex"},
	}
}

type addressCells struct {
	typ                                      string
	street                                   [3]*string
	city, region, postalCode, country, pobox *string
}

func (r *outlookRow) addresses() []addressCells {
	return []addressCells{
		{"work", [3]*string{&r.BusinessStreet, &r.BusinessStreet2, &r.BusinessStreet3},
			&r.BusinessCity, &r.BusinessState, &r.BusinessPostalCode, &r.BusinessCountry, &r.BusinessPOBox},
		{"home", [3]*string{&r.HomeStreet, &r.HomeStreet2, &r.HomeStreet3},
			&r.HomeCity, &r.HomeState, &r.HomePostalCode, &r.HomeCountry, &r.HomePOBox},
		{"other", [3]*string{&r.OtherStreet, &r.OtherStreet2, &r.OtherStreet3},
			&r.OtherCity, &r.OtherState, &r.OtherPostalCode, &r.OtherCountry, &r.OtherPOBox},
	}
}

type emailCells struct {
	address, typ, name *string
	typeColumn         string
}

func (r *outlookRow) emails() []emailCells {
	return []emailCells{
		{&r.Email, &r.EmailType, &r.EmailName, "E-mail Type"},
		{&r.Email2, &r.Email2Type, &r.Email2Name, "E-mail 2 Type"},
		{&r.Email3, &r.Email3Type, &r.Email3Name, "E-mail 3 Type"},
	}
}

type extraCell struct {
	cell        *string
	name        string
	placeholder string // what Outlook writes for nothing
}

// extras returns the cells of what the model has no name for.
func (r *outlookRow) extras() []extraCell {
	return []extraCell{
		{&r.Account, "Account", ""}, {&r.BillingInformation, "Billing Information", ""}, {&r.DirectoryServer, "Directory Server", ""},
		{&r.GovernmentID, "Government ID Number", ""}, {&r.Hobby, "Hobby", ""}, {&r.InternetFreeBusy, "Internet Free Busy", ""},
		{&r.Keywords, "Keywords", ""}, {&r.Language, "Language", ""}, {&r.Location, "Location", ""}, {&r.Mileage, "Mileage", ""},
		{&r.OrganizationalID, "Organizational ID Number", ""}, {&r.Priority, "Priority", "Normal"}, {&r.Private, "Private", "False"},
		{&r.ReferredBy, "Referred By", ""}, {&r.Sensitivity, "Sensitivity", "Normal"},
		{&r.User1, "User 1", ""}, {&r.User2, "User 2", ""}, {&r.User3, "User 3", ""}, {&r.User4, "User 4", ""},
	}
}
