package csv

import (
	"strings"
	"unicode"
)

// A name that no program gives its columns is understood by its words: what it is, and
// where. Every word must say something ("First name of spouse" is not a first name).

// kindWords are what a column can be, and placeWords where.
var (
	kindWords = wordTable(map[string]string{
		"email":   "email mail emailadresse mailadresse emailaddress mailaddress correo courriel posta epost messagerie correio",
		"phone":   "phone telephone tel telefon telefonnummer rufnummer fon téléphone telephonenumber phonenumber teléfono telefono telefoon telefoonnummer landline festnetz puhelin telefone",
		"mobile":  "mobile cell cellphone mobil mobiltelefon mobilnummer handy handynummer handynr portable móvil movil cellulare gsm mobiel mobiele smartphone natel celular",
		"fax":     "fax telefax faxnummer faxnumber télécopie telecopie telecopieur télécopieur",
		"street":  "street strasse straße rue calle via straat address adresse anschrift dirección direccion indirizzo adres streetaddress endereço rua",
		"city":    "city town ort stadt wohnort ville ciudad città citta plaats locality localidad località cidade",
		"state":   "state region province bundesland kanton provincia dép département région estado región regione",
		"zip":     "zip zipcode postcode postalcode plz postleitzahl cap postal código codice postale",
		"country": "country land pays país paese",
		"website": "website web webseite webpage webpagina homepage internetseite url www site",
	})
	placeWords = wordTable(map[string]string{
		"home":  "home private privat persönlich persoenlich personal domicile casa privé prive particulier particular abitazione residencial thuis",
		"work":  "work business office job arbeit geschäftlich geschaeftlich dienstlich beruflich büro buero firma company travail bureau trabajo lavoro werk zakelijk professionnel ufficio uff comercial oficina werkadres",
		"other": "other andere anderer anderes weitere weiteres autre otro altro overig outro",
	})
	noiseWords = wordTable(map[string]string{"noise": "number nummer nr no num numéro numero der die das the of for für contact kontakt my meine 1 2 3 4 5 de del della di du des da la le op"})
)

func wordTable(lists map[string]string) map[string]string {
	table := map[string]string{}
	for meaning, words := range lists {
		for word := range strings.FieldsSeq(words) {
			table[fold(word)] = meaning
		}
	}
	return table
}

// byWords are the columns for what words say: kind, then place.
var byWords = map[string]map[string]string{
	"email":   {"": "E-mail Address", "home": "Home E-mail", "work": "Work E-mail", "other": "Other E-mail"},
	"phone":   {"": "Phone", "home": "Home Phone", "work": "Business Phone", "other": "Other Phone"},
	"mobile":  {"": "Mobile Phone", "home": "Mobile Phone", "work": "Work Mobile", "other": "Mobile Phone 2"},
	"fax":     {"": "Business Fax", "home": "Home Fax", "work": "Business Fax", "other": "Other Fax"},
	"street":  {"": "Home Street", "home": "Home Street", "work": "Business Street", "other": "Other Street"},
	"city":    {"": "Home City", "home": "Home City", "work": "Business City", "other": "Other City"},
	"state":   {"": "Home State", "home": "Home State", "work": "Business State", "other": "Other State"},
	"zip":     {"": "Home Postal Code", "home": "Home Postal Code", "work": "Business Postal Code", "other": "Other Postal Code"},
	"country": {"": "Home Country/Region", "home": "Home Country/Region", "work": "Business Country/Region", "other": "Other Country/Region"},
	"website": {"": "Web Page", "home": "Personal Web Page", "work": "Web Page", "other": "Web Page"},
}

// columnByWords returns the column that the words of a name mean, "" where they mean
// none. "Mobile phone" is a mobile, "email address" an email: the more special kind wins.
func columnByWords(name string) string {
	name = strings.ReplaceAll(fold(name), "e-mail", "email")
	kind, place := "", ""
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		k, p := kindWords[word], placeWords[word]
		switch {
		case k != "" && (kind == "" || kind == "phone" && (k == "mobile" || k == "fax") || kind == "street" && k == "email"):
			kind = k
		case k != "" && (k == kind || k == "phone" && (kind == "mobile" || kind == "fax") || k == "street" && kind == "email"):
		case p != "" && place == "":
			place = p
		case noiseWords[word] != "":
		default:
			return ""
		}
	}
	return byWords[kind][place]
}
