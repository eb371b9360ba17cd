package sandbox

import (
	"fmt"
	"strings"
)

// handmade are the people that a sample of any size begins with: the cases
// that go wrong most often, each in one contact.
var handmade = [...]func(*maker){
	everything,
	func(m *maker) { // a single address that a whole family uses
		m.plain("Jan", "Przykładowski", "rodzina.przykladowska@example.org")
		m.set(slotSpouse, "Zofia")
		m.it.setList(slotChildren, []string{"Staś", "Hania"})
	},
	func(m *maker) {
		m.plain("Zofia", "Przykładowska", "rodzina.przykladowska@example.org")
		m.set(slotSpouse, "Jan")
	},
	func(m *maker) { // a shared mailbox under a company and under two of its people
		m.set(slotCompany, "Tall Pine Tools LLC")
		m.set(slotDisplayName, "Tall Pine Tools LLC")
		m.set(slotFileAs, "Tall Pine Tools LLC")
		m.mail(0, "info@tallpine.example.com", "Tall Pine Tools LLC")
		m.set(slotPhoneBusiness, "+1 206 555 0100")
	},
	func(m *maker) {
		m.plain("Wilhelmina", "Brackenridge", "info@tallpine.example.com")
		m.set(slotCompany, "Tall Pine Tools LLC")
	},
	func(m *maker) {
		m.plain("Desmond", "Okafor", "INFO@TallPine.example.com")
		m.set(slotCompany, "Tall Pine Tools LLC")
	},
	func(m *maker) { // born on a leap day
		m.plain("Ottilie", "Schaltjahr", "ottilie.schaltjahr@example.net")
		m.set(slotBirthday, "1988-02-29T00:00:00Z")
		m.set(slotAnniversary, "2012-02-29T00:00:00Z")
	},
	func(m *maker) { // a note that lists cut short, since it begins with a newline
		m.plain("Nils", "Langtext", "nils.langtext@example.com")
		m.set(slotNotes, "\nFirst line after an empty one.\n"+longNote(40))
	},
	func(m *maker) { // a note of several kilobytes
		m.plain("Agathe", "Chronik", "agathe.chronik@example.com")
		m.set(slotNotes, "Chronicle 📜\r\n"+longNote(120))
	},
	func(m *maker) { // no e-mail address at all, and a name of one word
		m.set(slotGivenName, "Suharto‑Contoh")
		m.set(slotDisplayName, "Suharto‑Contoh")
		m.set(slotPhoneMobile, "+44 7700 900123")
	},
	func(m *maker) { // an emoji for a name
		m.set(slotGivenName, "👩🏽‍🚀 Ada")
		m.set(slotSurname, "🏳️‍🌈 Kosmos")
		m.set(slotDisplayName, "👩🏽‍🚀 Ada 🏳️‍🌈 Kosmos")
		m.mail(0, "ada.kosmos@example.org", "👩🏽‍🚀")
		m.set(slotNotes, "🚀🚀🚀")
	},
	func(m *maker) { // right to left, with a Latin company in between
		m.plain("ליאור", "לדוגמה", "lior.dugma@example.org")
		m.set(slotCompany, "Example (ישראל) Ltd.")
		m.set(slotNotes, "שורה ראשונה\nLine two, left to right\nשורה שלישית")
	},
	func(m *maker) { // a finished follow-up
		m.plain("Pavel", "Hotový", "pavel.hotovy@example.net")
		m.set(slotFlagStatus, "complete")
		m.set(slotFlagCompleted, "2018-02-06T00:00:00.0000000")
	},
	func(m *maker) { // an address that Exchange did not understand: only its name is left
		m.plain("Bruno", "Verloren", "bruno.verloren@example.org")
		m.set(slotEmail2Name, "bruno at example dot com")
	},
	func(m *maker) { // a legacy address of Exchange's own
		m.plain("Ludmila", "Legacy", "ludmila.legacy@example.org")
		m.mail(1, "/o=ExampleLabs/ou=Exchange Administrative Group/cn=Recipients/cn=ludmila", "Ludmila Legacy")
	},
}

func (m *maker) mail(i int, address, name string) {
	s := slotEmail1Address + slot(i)*emailSlots
	m.set(s, address)
	m.set(s+1, name)
}

func (m *maker) plain(given, family, address string) {
	m.set(slotGivenName, given)
	m.set(slotSurname, family)
	m.set(slotDisplayName, given+" "+family)
	m.set(slotFileAs, family+", "+given)
	m.mail(0, address, given+" "+family)
}

// everything has a value in every slot that more than one dialect shows.
func everything(m *maker) {
	for s, tag := range slotTags {
		if strings.HasPrefix(tag, "String 0x3a") {
			m.set(s, "+1 206 555 01"+fmt.Sprintf("%02d", int(s-slotPhoneHome)%100))
		}
	}
	m.plain("Maximiliane", "Allesdrin", "maximiliane@example.org")
	m.mail(1, "m.allesdrin@example.com", "Work")
	m.mail(2, "maxi@example.net", "maxi@example.net")
	for s, text := range map[slot]string{
		slotDisplayName: "Dr. Maximiliane Eva Allesdrin III", slotTitle: "Dr.", slotMiddleName: "Eva", slotGeneration: "III", slotInitials: "M.E.A.",
		slotNickName: "Maxi", slotYomiGivenName: "マキシミリアーネ", slotYomiSurname: "アレスドリン", slotYomiCompany: "サンプル",
		slotBirthday: "1974-07-22T00:00:00Z", slotAnniversary: "2001-09-08T00:00:00Z", slotGender: "1", slotFavorite: "true",
		slotIM1: "sip:maximiliane@example.org", slotIM2: "xmpp:maxi@chat.example.net", slotIM3: "@maxi:matrix.example.org",
		slotJobTitle: "Managing Director", slotCompany: "Alles Drin AG", slotDepartment: "Board", slotOffice: "Turm 3, 12. OG", slotProfession: "Physicist",
		slotAssistant: "Wim Helfer", slotManager: "Ada Chef", slotSpouse: "Moritz", slotNotes: "Has everything.\nReally: everything.",
		slotHomeBox: "Postfach 10 01", slotHomeStreet: "Königsallee 1", slotHomeCity: "Köln", slotHomeState: "NRW", slotHomePostalCode: "50667", slotHomeCountry: "Deutschland",
		slotBusinessBox: "P.O. Box 100", slotBusinessStreet: "123 Some street\nFloor 3", slotBusinessCity: "Seattle", slotBusinessState: "WA", slotBusinessPostalCode: "98121", slotBusinessCountry: "USA",
		slotOtherBox: "BP 7", slotOtherStreet: "1, rue de l'Église", slotOtherCity: "Orléans", slotOtherState: "Loiret", slotOtherPostalCode: "45000", slotOtherCountry: "France",
		slotWebHome: "https://maxi.example.net/", slotWebWork: "https://www.example.com/board", slotWebBlog: "https://blog.example.org/maxi",
		slotWebProfile: "https://social.example.org/@maxi", slotWebProfileName: "@maxi", slotWebOther: "ftp://files.example.org/maxi",
		slotWebHomeName: "Home", slotWebWorkName: "Board", slotWebBlogName: "Blog", slotWebOtherName: "Files",
		slotFlagStatus: "flagged", slotFlagStart: "2024-01-08T08:00:00.0000000", slotFlagDue: "2024-01-12T17:00:00.0000000",
	} {
		m.set(s, text)
	}
	m.it.setList(slotCategories, []string{"Blue category", "VIP", "Ünïcödé"})
	m.it.setList(slotChildren, []string{"Max", "Moritz jr."})
}

// longNote is a text of about a hundred bytes a line.
func longNote(lines int) string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "%03d  The quick brown fox jumps over the lazy dog; «Zwölf Boxkämpfer jagen Viktor» – 12,50 € & more.\n", i+1)
	}
	return b.String()
}
