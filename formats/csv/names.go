package csv

import (
	"reflect"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// key is the form in which names of columns are compared: lower case, letters and
// digits only.
func key(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}, fold(name))
}

// fold makes words comparable: in small letters, without accents.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ReplaceAll(s, "ß", "ss")))
}

// outlookColumns are the names of the columns of an outlookRow, and canonical leads
// from the key of a name to the column that it means: one of those, or a setter.
var (
	outlookColumns     = columnsOf(reflect.TypeFor[outlookRow]())
	thunderbirdColumns = columnsOf(reflect.TypeFor[thunderbirdRow]())
	canonical          = canonicalNames()
)

func canonicalNames() map[string]string {
	names := map[string]string{}
	for alias, column := range aliases {
		names[key(alias)] = column
	}
	for column := range setters {
		names[key(column)] = column
	}
	for _, column := range outlookColumns {
		names[key(column)] = column
	}
	return names
}

// continued are the columns for the second and third value where a table gives
// several columns one name.
var continued = map[string]string{
	"E-mail Address":   "E-mail 2 Address",
	"E-mail 2 Address": "E-mail 3 Address",
	"E-mail 3 Address": "E-mail 4 Address",
	"E-mail 4 Address": "E-mail 5 Address",
	"Phone":            "Phone 2",
	"Phone 2":          "Phone 3",
	"Business Phone":   "Business Phone 2",
	"Home Phone":       "Home Phone 2",
	"Mobile Phone":     "Mobile Phone 2",
}

// ownUse are the keys of columns that a program has for whatever its users put there, and
// of others that the model has no field for: what stands in them does not tell what they
// are.
var ownUse = map[string]bool{"custom1": true, "custom2": true, "custom3": true, "custom4": true, "schools": true, "yominame": true,
	"shortname": true, "maidenname": true, "subject": true, "organization1type": true, "organization1symbol": true,
	"organization1jobdescription": true}

// contextual are names whose meaning depends on the others of the table: they mean
// the column then where one of beside is among the others' keys, else the other.
var contextual = map[string]struct {
	beside          []string
	then, otherwise string
}{
	"title":        {[]string{"jobtitle", "suffix", "namesuffix", "nsuffix"}, "Title", "Job Title"},
	"homeaddress":  {[]string{"homestreet"}, "Home Address", "Home Street"},
	"workaddress":  {[]string{"workstreet", "businessstreet"}, "Business Address", "Business Street"},
	"otheraddress": {[]string{"otherstreet"}, "Other Address", "Other Street"},
	"birthday":     {[]string{"birthmonth", "birthyear"}, "Birth Day", "Birthday"},
	"ort":          {[]string{"ortgeschaftlich", "ortprivat"}, "Location", "Home City"},
	// a name by itself is the whole name
	"nom":     {[]string{"prenom"}, "Last Name", "Display Name"},
	"nombre":  {[]string{"apellidos", "apellido", "primerapellido"}, "First Name", "Display Name"},
	"nome":    {[]string{"cognome", "sobrenome", "apelido"}, "First Name", "Display Name"},
	"apelido": {[]string{"sobrenome"}, "Nickname", "Last Name"},
	// Spanish, else Portuguese
	"aniversario": {[]string{"cumpleanos"}, "Anniversary", "Birthday"},
}

// aliases lead from the names that programs give their columns to ours.
var aliases = map[string]string{
	// Outlook, older spellings and what other lists of it say
	"Business Country": "Business Country/Region", "Home Country": "Home Country/Region", "Other Country": "Other Country/Region",
	"Business PO Box": "Business Address PO Box", "Home PO Box": "Home Address PO Box", "Other PO Box": "Other Address PO Box",
	"Business Address PO Container": "Business Address PO Box", "Home Address PO Container": "Home Address PO Box",
	"Other Address PO Container": "Other Address PO Box", "Given Name Yomi": "Given Yomi", "Family Name Yomi": "Surname Yomi",
	"E-mail 1 Address": "E-mail Address", "E-mail 1 Display Name": "E-mail Display Name",

	// Outlook in German, 2007 and 2013
	"Anrede": "Title", "Vorname": "First Name", "Weitere Vornamen": "Middle Name", "Nachname": "Last Name", "Firma": "Company",
	"Abteilung": "Department", "Position": "Job Title", "Straße geschäftlich": "Business Street",
	"Straße geschäftlich 2": "Business Street 2", "Straße geschäftlich 3": "Business Street 3", "Ort geschäftlich": "Business City",
	"Region geschäftlich": "Business State", "Postleitzahl geschäftlich": "Business Postal Code",
	"Land/Region geschäftlich": "Business Country/Region", "Straße privat": "Home Street", "Straße privat 2": "Home Street 2",
	"Straße privat 3": "Home Street 3", "Ort privat": "Home City", "Bundesland/Kanton privat": "Home State",
	"Postleitzahl privat": "Home Postal Code", "Land/Region privat": "Home Country/Region", "Weitere Straße": "Other Street",
	"Weitere Straße 2": "Other Street 2", "Weitere Straße 3": "Other Street 3", "Weiterer Ort": "Other City",
	"Weiteres/r Bundesland/Kanton": "Other State", "Weitere Postleitzahl": "Other Postal Code",
	"Weiteres/e Land/Region": "Other Country/Region", "Telefon Assistent": "Assistant's Phone", "Fax geschäftlich": "Business Fax",
	"Telefon geschäftlich": "Business Phone", "Telefon geschäftlich 2": "Business Phone 2", "Rückmeldung": "Callback",
	"Autotelefon": "Car Phone", "Telefon Firma": "Company Main Phone", "Fax privat": "Home Fax", "Telefon privat": "Home Phone",
	"Telefon privat 2": "Home Phone 2", "Mobiltelefon": "Mobile Phone", "Mobiltelefon 2": "Mobile Phone 2", "Weiteres Fax": "Other Fax",
	"Weiteres Telefon": "Other Phone", "Haupttelefon": "Primary Phone", "Telefon für Hörbehinderte": "TTY/TDD Phone",
	"Abrechnungsinformation": "Billing Information", "Assistent(in)": "Assistant's Name", "Name Assistent": "Assistant's Name",
	"Benutzer 1": "User 1", "Benutzer 2": "User 2", "Benutzer 3": "User 3", "Benutzer 4": "User 4", "Beruf": "Profession",
	"Büro": "Office Location", "E-Mail-Adresse": "E-mail Address", "E-Mail-Typ": "E-mail Type",
	"E-Mail: Angezeigter Name": "E-mail Display Name", "E-Mail 2: Adresse": "E-mail 2 Address", "E-Mail 2: Typ": "E-mail 2 Type",
	"E-Mail 2: Angezeigter Name": "E-mail 2 Display Name", "E-Mail 3: Adresse": "E-mail 3 Address", "E-Mail 3: Typ": "E-mail 3 Type",
	"E-Mail 3: Angezeigter Name": "E-mail 3 Display Name", "Empfohlen von": "Referred By", "Geburtstag": "Birthday",
	"Geschlecht": "Gender", "Initialen": "Initials", "Internet Frei/Gebucht": "Internet Free Busy", "Jahrestag": "Anniversary",
	"Kategorien": "Categories", "Kinder": "Children", "Konto": "Account", "Name des/r Vorgesetzten": "Manager's Name",
	"Name des/der Vorgesetzten": "Manager's Name", "Notizen": "Notes", "Organisationsnr.": "Organizational ID Number",
	"Partner": "Spouse", "Postfach geschäftlich": "Business Address PO Box", "Postfach privat": "Home Address PO Box",
	"Priorität": "Priority", "Privat": "Private", "Reisekilometer": "Mileage", "Sozialversicherungsnr.": "Government ID Number",
	"Regierungsnr.": "Government ID Number", "Sprache": "Language", "Stichwörter": "Keywords", "Vertraulichkeit": "Sensitivity",
	"Verzeichnisserver": "Directory Server", "Webseite": "Web Page", "Weiteres Postfach": "Other Address PO Box",

	// Google
	"Name": "Display Name", "Given Name": "First Name", "Additional Name": "Middle Name", "Family Name": "Last Name",
	"Additional Name Yomi": "Middle Yomi", "Phonetic First Name": "Given Yomi", "Phonetic Middle Name": "Middle Yomi",
	"Phonetic Last Name": "Surname Yomi", "Name Prefix": "Title", "Name Suffix": "Suffix", "Organization Name": "Company",
	"Organization Title": "Job Title", "Organization Department": "Department", "Group Membership": "Labels", "Occupation": "Profession",

	// Thunderbird
	"Primary Email": "E-mail Address", "Secondary Email": "E-mail 2 Address", "Screen Name": "IMAddress", "Work Phone": "Business Phone",
	"Fax Number": "Business Fax", "Pager Number": "Pager", "Mobile Number": "Mobile Phone", "Home Address 2": "Home Street 2",
	"Home ZipCode": "Home Postal Code", "Work Address 2": "Business Street 2",
	"Work City": "Business City", "Work State": "Business State", "Work ZipCode": "Business Postal Code",
	"Work Country": "Business Country/Region", "Organization": "Company", "Web Page 1": "Web Page", "Web Page 2": "Personal Web Page",

	// Yahoo
	"First": "First Name", "Middle": "Middle Name", "Last": "Last Name", "Category": "Categories", "Messenger ID": "IMAddress",
	"Home": "Home Phone", "Work": "Business Phone", "Fax": "Business Fax", "Mobile": "Mobile Phone", "Other": "Other Phone",
	"Yahoo! Phone": "Phone", "Primary": "Primary Phone", "Alternate Email 1": "E-mail 2 Address", "Alternate Email 2": "E-mail 3 Address",
	"Personal Website": "Personal Web Page", "Business Website": "Web Page", "Work ZIP": "Business Postal Code",
	"Home ZIP": "Home Postal Code", "Comments": "Notes", "Skype ID": "Skype", "IRC ID": "IRC", "ICQ ID": "ICQ", "Google ID": "Jabber",
	"MSN ID": "MSN", "AIM ID": "AIM", "QQ ID": "QQ",

	// Tine 2.0
	"n_given": "First Name", "n_family": "Last Name", "n_middle": "Middle Name", "n_prefix": "Title", "n_suffix": "Suffix",
	"n_fn": "Display Name", "n_fileas": "File As", "org_name": "Company", "org_unit": "Department", "role": "Profession",
	"room": "Office Location", "assistent": "Assistant's Name", "bday": "Birthday", "email": "E-mail Address", "email_home": "Home E-mail",
	"freebusy_uri": "Internet Free Busy", "note": "Notes", "url": "Web Page", "url_home": "Personal Web Page", "tags": "Categories",
	"tel_assistent": "Assistant's Phone", "tel_car": "Car Phone", "tel_cell": "Mobile Phone", "tel_cell_private": "Mobile Phone 2",
	"tel_fax": "Business Fax", "tel_fax_home": "Home Fax", "tel_home": "Home Phone", "tel_other": "Other Phone", "tel_pager": "Pager",
	"tel_prefer": "Primary Phone", "tel_work": "Business Phone", "adr_one_street": "Business Street",
	"adr_one_street2": "Business Street 2", "adr_one_locality": "Business City", "adr_one_region": "Business State",
	"adr_one_postalcode": "Business Postal Code", "adr_one_countryname": "Business Country/Region", "adr_two_street": "Home Street",
	"adr_two_street2": "Home Street 2", "adr_two_locality": "Home City", "adr_two_region": "Home State",
	"adr_two_postalcode": "Home Postal Code", "adr_two_countryname": "Home Country/Region",

	// tables from a German Mac
	"Ausspracheform Vorname": "Given Yomi", "Ausspracheform Nachname": "Surname Yomi", "Berufsbezeichnung": "Job Title",
	"Arbeitsadresse Strasse": "Business Street", "Arbeitsadresse Stadt": "Business City", "Arbeitsadresse Bundesland": "Business State",
	"Arbeitsadresse PLZ": "Business Postal Code", "Arbeitsadresse Land": "Business Country/Region", "Privatadresse Strasse": "Home Street",
	"Privatadresse Stadt": "Home City", "Privatadresse Bundesland": "Home State", "Privatadresse PLZ": "Home Postal Code",
	"Privatadresse Land": "Home Country/Region", "Andere Adr. Strasse": "Other Street", "Andere Adr. Stadt": "Other City",
	"Andere Adr. Bundesland": "Other State", "Andere Adr. PLZ": "Other Postal Code", "Andere Adr. Land": "Other Country/Region",
	"Arbeit E-Mail": "Work E-mail", "Privat E-Mail": "Home E-mail", "Andere E-Mail": "Other E-mail", "Arbeit Telefon": "Business Phone",
	"Privat Telefon": "Home Phone", "Hauptnummer": "Primary Phone", "Pager Nummer": "Pager", "Andere Telefonnummer": "Other Phone",
	"Arbeit Fax": "Business Fax", "Privat Fax": "Home Fax", "Arbeit AIM": "Work AIM", "Privat AIM": "Home AIM",
	"Arbeit Jabber": "Work Jabber", "Privat Jabber": "Home Jabber", "Arbeit MSN": "Work MSN", "Privat MSN": "Home MSN",
	"Arbeit Yahoo": "Work Yahoo", "Privat Yahoo": "Home Yahoo", "Arbeit ICQ": "Work ICQ", "Privat ICQ": "Home ICQ",

	// French, Spanish, Italian, Dutch and Portuguese tables
	"Prénom": "First Name", "Deuxième prénom": "Middle Name", "Nom de famille": "Last Name", "Nom complet": "Display Name",
	"Titre": "Title", "Suffixe": "Suffix", "Surnom": "Nickname", "Société": "Company", "Entreprise": "Company", "Fonction": "Job Title",
	"Adresse de messagerie": "E-mail Address", "Adresse de messagerie 2": "E-mail 2 Address", "Adresse de messagerie 3": "E-mail 3 Address",
	"Type de messagerie": "E-mail Type", "Adresse e-mail": "E-mail Address", "Adresse électronique": "E-mail Address",
	"Anniversaire": "Birthday", "Date de naissance": "Birthday", "Anniversaire de mariage ou fête": "Anniversary", "Catégories": "Categories",
	"Commentaires": "Notes", "Remarques": "Notes", "Page Web": "Web Page", "Conjoint": "Spouse", "Profession": "Profession",
	"Segundo nombre": "Middle Name", "Apellidos": "Last Name", "Apellido": "Last Name", "Nombre completo": "Display Name",
	"Apodo": "Nickname", "Organización": "Company", "Empresa": "Company", "Compañía": "Company", "Departamento": "Department",
	"Puesto": "Job Title", "Cargo": "Job Title", "Dirección de correo electrónico": "E-mail Address", "Correo electrónico": "E-mail Address",
	"Cumpleaños": "Birthday", "Fecha de nacimiento": "Birthday", "Notas": "Notes", "Comentarios": "Notes",
	"Categorías": "Categories", "Página web": "Web Page", "Sitio web": "Web Page",
	"Secondo nome": "Middle Name", "Cognome": "Last Name", "Nome completo": "Display Name", "Soprannome": "Nickname", "Società": "Company",
	"Azienda": "Company", "Reparto": "Department", "Posizione": "Job Title", "Indirizzo posta elettronica": "E-mail Address",
	"Indirizzo di posta elettronica": "E-mail Address", "Indirizzo e-mail": "E-mail Address", "Compleanno": "Birthday",
	"Data di nascita": "Birthday", "Anniversario": "Anniversary", "Categorie": "Categories", "Pagina Web": "Web Page", "Sito web": "Web Page",
	"Voornaam": "First Name", "Tweede voornaam": "Middle Name", "Achternaam": "Last Name", "Volledige naam": "Display Name",
	"Bijnaam": "Nickname", "Bedrijf": "Company", "Afdeling": "Department", "Functie": "Job Title", "E-mailadres": "E-mail Address",
	"Verjaardag": "Birthday", "Geboortedatum": "Birthday", "Notities": "Notes", "Opmerkingen": "Notes", "Categorieën": "Categories",
	"Webpagina": "Web Page", "Sobrenome": "Last Name", "Endereço de email": "E-mail Address", "Endereço de correio eletrônico": "E-mail Address",
	"Data de nascimento": "Birthday", "Observações": "Notes",

	// what people write themselves
	"Full Name": "Display Name", "Contact Name": "Display Name", "Surname": "Last Name", "Forename": "First Name", "Email 1": "E-mail Address",
	"Email 2": "E-mail 2 Address", "Email 3": "E-mail 3 Address", "Email Address": "E-mail Address", "Email Address 2": "E-mail 2 Address",
	"Mail": "E-mail Address", "Work Email": "Work E-mail", "Business Email": "Work E-mail", "Home Email": "Home E-mail",
	"Personal Email": "Home E-mail", "Phone 1": "Phone", "Phone Number": "Phone", "Telephone": "Phone", "Tel": "Phone", "Telefon": "Phone",
	"Telefonnummer": "Phone", "Cell": "Mobile Phone", "Cell Phone": "Mobile Phone", "Mobile Phone Number": "Mobile Phone", "Handy": "Mobile Phone",
	"Mobil": "Mobile Phone", "Mobilnummer": "Mobile Phone", "Telefax": "Business Fax", "Work Fax": "Business Fax",
	"Position Title": "Job Title", "Role Title": "Job Title", "Company Name": "Company", "Organisation": "Company", "Unternehmen": "Company",
	"Street": "Home Street", "Address": "Home Street", "Street Address": "Home Street", "Straße": "Home Street", "Adresse": "Home Street",
	"City": "Home City", "Town": "Home City", "Stadt": "Home City", "Wohnort": "Home City", "State": "Home State", "Province": "Home State",
	"Bundesland": "Home State", "Zip": "Home Postal Code", "Zip Code": "Home Postal Code", "Postal Code": "Home Postal Code",
	"Postcode": "Home Postal Code", "PLZ": "Home Postal Code", "Postleitzahl": "Home Postal Code", "Country": "Home Country/Region",
	"Land": "Home Country/Region", "Website": "Web Page", "Web Site": "Web Page", "Homepage": "Web Page", "Home Page": "Web Page",
	"Internet": "Web Page", "Date of Birth": "Birthday", "Birth Date": "Birthday", "DOB": "Birthday", "Geburtsdatum": "Birthday",
	"Hochzeitstag": "Anniversary", "Note": "Notes", "Bemerkung": "Notes", "Bemerkungen": "Notes", "Anmerkungen": "Notes",
	"Kommentar": "Notes", "Kategorie": "Categories", "Groups": "Categories", "Gruppen": "Categories", "Tag": "Categories",
	"Spitzname": "Nickname", "Nick Name": "Nickname", "Picture": "Photo", "Image": "Photo", "Foto": "Photo", "Bild": "Photo",
	"Ehepartner": "Spouse", "Ehegatte": "Spouse", "Manager": "Manager's Name", "Assistant": "Assistant's Name", "Titel": "Title",
	"Zweiter Vorname": "Middle Name", "Familienname": "Last Name", "Middle Initial": "Middle Name", "IM": "IMAddress", "Jabber ID": "Jabber",
}
