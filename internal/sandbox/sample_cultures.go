package sandbox

// A culture is a stock of invented people: names as their owners write them
// with a Latin spelling for addresses, a place, and ways of writing telephone
// numbers. Every # of a number is a digit. Numbers are reserved for fiction
// where a country has such, and elsewhere cannot be assigned (0000…).
type culture struct {
	given, family []spelling
	familyFirst   bool // the display name puts the family name first, unspaced
	titles        []string
	cities        [][2]string // city, region
	country       string
	streets       []string // # is a number
	postcode      string   // # is a digit
	work, mobile  []string
	companies     []string
	jobs          []string
}

// A spelling is a name, its Latin form and, for Japanese, its reading.
type spelling struct{ native, latin, yomi string }

// latin makes spellings that need no transliteration beyond the accents.
func latin(pairs ...string) []spelling {
	all := make([]spelling, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, spelling{native: pairs[i], latin: pairs[i+1]})
	}
	return all
}

var cultures = [...]culture{
	{
		given:  latin("Olivia", "olivia", "Noah", "noah", "Grace", "grace", "Marcus", "marcus", "Hannah", "hannah", "Caleb", "caleb", "Ruth", "ruth", "Desmond", "desmond", "Mary-Jane", "maryjane", "Theo", "theo"),
		family: latin("Whitfield", "whitfield", "O'Malley", "omalley", "Brackenridge", "brackenridge", "McAllister", "mcallister", "Lark", "lark", "Holloway", "holloway", "St. Clair", "stclair", "Okafor", "okafor"),
		titles: []string{"Dr.", "Ms.", "Prof."}, cities: [][2]string{{"Seattle", "WA"}, {"Portland", "OR"}, {"Santa Fe", "NM"}},
		country: "United States of America", streets: []string{"# Alder Street", "# W 5th Ave, Apt 2B", "One Harbor Plaza\nSuite #"}, postcode: "9####",
		work:      []string{"+1 206 555 01##", "(206) 555-01##", "206.555.01##", "206-555-01## x1#", "20655501##"},
		mobile:    []string{"+1 (503) 555-01##", "50355501##", "1-503-555-01##"},
		companies: []string{"Fabrikam Example, Inc.", "Northwind & Daughters", "Tall Pine Tools LLC"}, jobs: []string{"Web Marketing Manager", "Carpenter", "CVP Operations"},
	},
	{
		given:  latin("Jürgen", "juergen", "Käthe", "kaethe", "Søren", "soeren", "Åsa", "asa", "Björn", "bjoern", "Ingeborg", "ingeborg", "Mária", "maria", "Zoë", "zoe"),
		family: latin("Müller-Lüdenscheidt", "mueller", "Größmann", "groessmann", "Ångström", "angstroem", "Þórsdóttir", "thorsdottir", "von der Heide", "vonderheide", "Weiß", "weiss", "Øster", "oester"),
		titles: []string{"Prof. Dr.", "Herr", "Frau"}, cities: [][2]string{{"Köln", "Nordrhein-Westfalen"}, {"Berlin", ""}, {"Zürich", "ZH"}},
		country: "Deutschland", streets: []string{"Königsallee #", "Straße des Friedens #a", "Am Rüdesheimer Platz #"}, postcode: "5####",
		work: []string{"+49 30 23125 ###", "030/23125-###", "+49 (0)30 23125###"}, mobile: []string{"+49 176 040690 ##", "0176-040690##"},
		companies: []string{"Beispiel Großhandel GmbH & Co. KG", "Fjordlys A/S"}, jobs: []string{"Geschäftsführerin", "Sachbearbeiter für Öffentlichkeitsarbeit"},
	},
	{
		given:  latin("Zoé", "zoe", "François", "francois", "Anaïs", "anais", "José Luis", "joseluis", "Núria", "nuria", "João", "joao", "Inês", "ines", "Iñaki", "inaki"),
		family: latin("Lefèvre", "lefevre", "d'Aubigné", "daubigne", "Muñoz Ibáñez", "munoz", "Gonçalves", "goncalves", "Puig i Cadafalch", "puig", "Saint-Exupéry", "saintexupery"),
		titles: []string{"Mme", "M.", "Sra."}, cities: [][2]string{{"Orléans", "Loiret"}, {"Málaga", "Andalucía"}, {"Évora", "Alentejo"}},
		country: "France", streets: []string{"#, rue de l'Église", "# bis, boulevard Saint-Michel", "Calle Mayor, #, 3º izq."}, postcode: "45###",
		work: []string{"+33 1 99 00 ## ##", "01 99 00 ## ##", "01.99.00.##.##"}, mobile: []string{"+33 6 39 98 ## ##", "06.39.98.##.##"},
		companies: []string{"Exemple & Fils S.A.R.L.", "Señal Abierta S.L."}, jobs: []string{"Directrice générale", "Jefe de almacén"},
	},
	{
		given:  latin("Łukasz", "lukasz", "Żaneta", "zaneta", "Šárka", "sarka", "Dražen", "drazen", "Ágnes", "agnes", "Gülşen", "gulsen", "İbrahim", "ibrahim", "Nguyễn", "nguyen"),
		family: latin("Wiśniewska", "wisniewska", "Brzęczyszczykiewicz", "brzecz", "Dvořák", "dvorak", "Đorđević", "djordjevic", "Szőke", "szoke", "Yıldırım", "yildirim", "Thị Hồng", "thihong"),
		titles: []string{"mgr inż.", "Ing.", "Bay"}, cities: [][2]string{{"Łódź", "łódzkie"}, {"Plzeň", ""}, {"Eskişehir", "Eskişehir"}},
		country: "Polska", streets: []string{"ul. Piękna # m. 4", "Žižkova #", "Atatürk Cad. No: #"}, postcode: "90-###",
		work: []string{"+48 22 000 0# ##", "(22) 000-0#-##"}, mobile: []string{"+48 000 00# ###", "00000####"},
		companies: []string{"Przykład Sp. z o.o.", "Vzorek s.r.o."}, jobs: []string{"Główna księgowa", "Vývojář"},
	},
	{
		given:  []spelling{{native: "Анна", latin: "anna"}, {native: "Дмитро", latin: "dmytro"}, {native: "Ольга", latin: "olga"}, {native: "Їжак", latin: "yizhak"}, {native: "Пётр", latin: "pyotr"}, {native: "Снежана", latin: "snezhana"}},
		family: []spelling{{native: "Шевченко-Приклад", latin: "shevchenko"}, {native: "Щербакова", latin: "shcherbakova"}, {native: "Ќосева", latin: "kjoseva"}, {native: "Чайка", latin: "chaika"}, {native: "Димитров", latin: "dimitrov"}},
		titles: []string{"г-жа", "проф."}, cities: [][2]string{{"Київ", ""}, {"Пловдив", "Пловдив"}},
		country: "Україна", streets: []string{"вул. Хрещатик, #", "ул. Тестова # ап. 5"}, postcode: "01###",
		work: []string{"+380 44 000 ## ##", "(044) 000-##-##"}, mobile: []string{"+380 00 000 ## ##", "8 (000) 000-##-##"},
		companies: []string{"ТОВ «Приклад»", "Образец ЕООД"}, jobs: []string{"Головний бухгалтер", "учител"},
	},
	{
		given:  []spelling{{native: "Ελένη", latin: "eleni"}, {native: "Γιώργος", latin: "giorgos"}, {native: "Αθηνά", latin: "athina"}, {native: "Σωκράτης", latin: "sokratis"}},
		family: []spelling{{native: "Παπαδοπούλου", latin: "papadopoulou"}, {native: "Οικονόμου", latin: "oikonomou"}, {native: "Ξενάκης", latin: "xenakis"}, {native: "Δημητρίου", latin: "dimitriou"}},
		titles: []string{"Δρ.", "κα"}, cities: [][2]string{{"Θεσσαλονίκη", "Κεντρική Μακεδονία"}},
		country: "Ελλάδα", streets: []string{"Οδός Ερμού #", "Λεωφ. Αλεξάνδρας #"}, postcode: "54# ##",
		work: []string{"+30 21 0000 0###", "210-00000##"}, mobile: []string{"+30 690 000 0###"},
		companies: []string{"Παράδειγμα Α.Ε."}, jobs: []string{"Αρχιτέκτονας", "Φαρμακοποιός"},
	},
	{
		given:  []spelling{{native: "فاطمة", latin: "fatima"}, {native: "يوسف", latin: "yousef"}, {native: "مُحَمَّد", latin: "muhammad"}, {native: "نور الهدى", latin: "nour"}, {native: "پریسا", latin: "parisa"}},
		family: []spelling{{native: "المثال", latin: "almithal"}, {native: "بن سالم", latin: "bensalem"}, {native: "الحدّاد", latin: "haddad"}, {native: "رضایی", latin: "rezaei"}},
		titles: []string{"د.", "الأستاذة"}, cities: [][2]string{{"القاهرة", ""}, {"الدار البيضاء", ""}},
		country: "مصر", streets: []string{"شارع التحرير #", "٥ شارع النيل، شقة #"}, postcode: "11###",
		work: []string{"+20 2 0000 0###", "٠٢ ٠٠٠٠ ٠١٢٣"}, mobile: []string{"+20 100 000 0###", "(+20)1000000###"},
		companies: []string{"شركة المثال المحدودة"}, jobs: []string{"مديرة المشتريات", "مهندس"},
	},
	{
		given:  []spelling{{native: "נועה", latin: "noa"}, {native: "איתן", latin: "eitan"}, {native: "שִׁירָה", latin: "shira"}, {native: "יעקב", latin: "yaakov"}},
		family: []spelling{{native: "בן־דוגמה", latin: "bendugma"}, {native: "לוינסקי", latin: "levinsky"}, {native: "צ׳ארני", latin: "charni"}},
		titles: []string{"ד״ר", "פרופ׳"}, cities: [][2]string{{"תל אביב–יפו", ""}},
		country: "ישראל", streets: []string{"רחוב הרצל #", "שד׳ רוטשילד #, דירה 3"}, postcode: "61#####",
		work: []string{"+972 3-000-0###", "03-0000###"}, mobile: []string{"+972 50-000-0###", "050 000 0###"},
		companies: []string{"דוגמה בע״מ"}, jobs: []string{"מנהלת כספים", "מורה"},
	},
	{
		given:       []spelling{{"太郎", "taro", "たろう"}, {"さくら", "sakura", "さくら"}, {"健一", "kenichi", "けんいち"}, {"𠮷乃", "yoshino", "よしの"}, {"花子", "hanako", "はなこ"}},
		family:      []spelling{{"見本", "mihon", "みほん"}, {"髙橋", "takahashi", "たかはし"}, {"例文", "reibun", "れいぶん"}, {"渡邉", "watanabe", "わたなべ"}},
		familyFirst: true, titles: []string{"様"}, cities: [][2]string{{"港区", "東京都"}, {"京都市左京区", "京都府"}},
		country: "日本", streets: []string{"芝公園4丁目#番8号", "見本町１－２－３ 例ビル#階"}, postcode: "105-00##",
		work: []string{"+81 3-0000-0###", "03-0000-0###", "０３（００００）０１２３"}, mobile: []string{"+81 90-0000-0###", "090-0000-0###"},
		companies: []string{"株式会社見本商事", "例文製作所"}, jobs: []string{"営業部長", "設計担当"},
	},
	{
		given:       []spelling{{native: "伟", latin: "wei"}, {native: "小紅", latin: "xiaohong"}, {native: "思涵", latin: "sihan"}, {native: "淑芬", latin: "shufen"}},
		family:      []spelling{{native: "范", latin: "fan"}, {native: "歐陽", latin: "ouyang"}, {native: "赵", latin: "zhao"}, {native: "諸葛", latin: "zhuge"}},
		familyFirst: true, titles: []string{"先生", "女士"}, cities: [][2]string{{"杭州", "浙江"}, {"臺北市", ""}},
		country: "中国", streets: []string{"示例路#号", "範例街#號五樓"}, postcode: "3100##",
		work: []string{"+86 571 0000 0###", "(0571)0000-0###"}, mobile: []string{"+86 100 0000 0###", "100-0000-0###"},
		companies: []string{"示例科技有限公司", "範例股份有限公司"}, jobs: []string{"产品经理", "會計"},
	},
	{
		given:       []spelling{{native: "민준", latin: "minjun"}, {native: "서연", latin: "seoyeon"}, {native: "하늘", latin: "haneul"}, {native: "지우", latin: "jiwoo"}},
		family:      []spelling{{native: "김", latin: "kim"}, {native: "남궁", latin: "namgung"}, {native: "박", latin: "park"}},
		familyFirst: true, titles: []string{"박사"}, cities: [][2]string{{"서울특별시", ""}},
		country: "대한민국", streets: []string{"보기로 #길 12"}, postcode: "04###",
		work: []string{"+82 2-0000-0###", "02)0000-0###"}, mobile: []string{"+82 10-0000-0###"},
		companies: []string{"주식회사 보기"}, jobs: []string{"팀장", "디자이너"},
	},
	{
		given:  []spelling{{native: "สมชาย", latin: "somchai"}, {native: "กัญญารัตน์", latin: "kanyarat"}, {native: "ณัฐวุฒิ", latin: "nattawut"}},
		family: []spelling{{native: "ตัวอย่างดี", latin: "tuayangdi"}, {native: "ศรีสุข", latin: "srisuk"}},
		titles: []string{"คุณ"}, cities: [][2]string{{"เชียงใหม่", "เชียงใหม่"}},
		country: "ไทย", streets: []string{"#/12 ถนนสุเทพ ตำบลตัวอย่าง"}, postcode: "50###",
		work: []string{"+66 0 0000 0###"}, mobile: []string{"000-000-0###"},
		companies: []string{"บริษัท ตัวอย่าง จำกัด"}, jobs: []string{"ผู้จัดการ"},
	},
	{
		given:  []spelling{{native: "आरव", latin: "aarav"}, {native: "प्रियंका", latin: "priyanka"}, {native: "ज्ञानेश्वर", latin: "dnyaneshwar"}, {native: "மீனாட்சி", latin: "meenakshi"}},
		family: []spelling{{native: "शर्मा", latin: "sharma"}, {native: "उदाहरणकर", latin: "udaharankar"}, {native: "சுப்பிரமணியன்", latin: "subramanian"}},
		titles: []string{"श्री", "डॉ."}, cities: [][2]string{{"पुणे", "महाराष्ट्र"}, {"சென்னை", "தமிழ்நாடு"}},
		country: "भारत", streets: []string{"#, महात्मा गांधी मार्ग", "# அண்ணா சாலை"}, postcode: "4110##",
		work: []string{"+91 20 0000 0###", "(020) 00000###"}, mobile: []string{"+91 00000 00###"},
		companies: []string{"उदाहरण प्राइवेट लिमिटेड"}, jobs: []string{"लेखापाल", "संपादक"},
	},
	{
		given:  latin("Siobhán", "siobhan", "Rhys", "rhys", "Aoife", "aoife", "Gwen", "gwen", "Alasdair", "alasdair", "Bronwyn", "bronwyn"),
		family: latin("Ní Bhriain", "nibhriain", "Llewellyn", "llewellyn", "FitzGerald", "fitzgerald", "MacAoidh", "macaoidh", "Featherstonehaugh", "featherstonehaugh"),
		titles: []string{"Mrs", "Rev.", "Sir"}, cities: [][2]string{{"London", ""}, {"Abertawe", "Swansea"}},
		country: "United Kingdom", streets: []string{"# Acacia Avenue", "Flat #, The Old Mill\nMill Lane"}, postcode: "SW1A #AA",
		work: []string{"+44 20 7946 0###", "020 7946 0###", "(020)79460###"}, mobile: []string{"+44 7700 900###", "07700-900-###"},
		companies: []string{"Sample & Sons Ltd", "Enghraifft Cyf."}, jobs: []string{"Solicitor", "Head of \"Special\" Projects"},
	},
}
