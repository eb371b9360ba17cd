package csv

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

func decode(t *testing.T, r io.Reader) (contacts []*contact.Contact, bad []*formats.RecordError, final error) {
	t.Helper()
	for c, err := range NewDecoder(r, Options{}).All() {
		re, isRecord := errors.AsType[*formats.RecordError](err)
		switch {
		case final != nil:
			t.Fatal("the sequence goes on after a final error")
		case isRecord:
			bad = append(bad, re)
		case err != nil:
			final = err
		default:
			contacts = append(contacts, c)
		}
	}
	return contacts, bad, final
}

// TestDialects reads a row of each layout that is known.
func TestDialects(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"outlook",
			"Title,First Name,Last Name,Suffix,Business Street,Business Street 2,Business City,Home Address PO Box,Business Phone,Business Phone 2,Radio Phone,Birthday,Categories,Children,E-mail Address,E-mail Type,E-mail Display Name,Gender,Hobby,Priority,Private,Spouse,Web Page,Anniversary\r\n" +
				`"Dr.","Ana","Ruiz","Jr.","Calle 1","bajo","Soria","77","1","2","3","7/22/1974","Gold;VIP","Eva; Leo","ana@example.org","SMTP","Dr. Ana Ruiz Jr. (ana@example.org)","Unspecified","chess","High","False","Dan","https://example.org","0/0/00"` + "\r\n",
			`{"name":{"prefix":"Dr.","given":"Ana","family":"Ruiz","suffix":"Jr."},"organization":{},"emails":[{"address":"ana@example.org"}],"phones":[{"number":"1","type":"work"},{"number":"2","type":"work"},{"number":"3","type":"radio"}],"addresses":[{"type":"work","street":"Calle 1\nbajo","city":"Soria"},{"type":"home","poBox":"77"}],"websites":[{"url":"https://example.org","type":"work"}],"birthday":"1974-07-22","relations":[{"name":"Dan","type":"spouse"},{"name":"Eva","type":"child"},{"name":"Leo","type":"child"}],"categories":["Gold","VIP"],"extra":[{"origin":"csv","name":"Hobby","value":"chess"},{"origin":"csv","name":"Priority","value":"High"}]}`},
		{"outlook in German",
			"\"Anrede\";\"Vorname\";\"Nachname\";\"Position\";\"Straße geschäftlich\";\"Ort geschäftlich\";\"Telefon (privat)\";\"Telefon privat 2\";\"Mobiltelefon 2\";\"Geburtstag\";\"Geschlecht\";\"Ort\";\"Partner\";\"Privat\";\"Vertraulichkeit\"\r\n\"Frau\";\"Eva\";\"Weiß\";\"Leiterin\";\"Weg 1\";\"Köln\";\"1\";\"2\";\"3\";\"3.9.1980\";\"Weiblich\";\"Bonn\";\"Uwe\";\"Aus\";\"Normal\"\r\n",
			`{"name":{"prefix":"Frau","given":"Eva","family":"Weiß"},"organization":{"title":"Leiterin"},"phones":[{"number":"1","type":"home"},{"number":"2","type":"home"},{"number":"3","type":"mobile"}],"addresses":[{"type":"work","street":"Weg 1","city":"Köln"}],"birthday":"1980-09-03","relations":[{"name":"Uwe","type":"spouse"}],"gender":"female","extra":[{"origin":"csv","name":"Location","value":"Bonn"}]}`},
		{"outlook.com",
			"First Name,Nickname,Given Yomi,Surname Yomi,IMAddress,Company Yomi,Personal Web Page,Schools,Web Page\nKen,Kenny,ケン,タナカ,sip:ken@example.jp,カブ,https://ken.example,Todai,https://kabu.example\n",
			`{"name":{"given":"Ken","nickname":"Kenny","phoneticGiven":"ケン","phoneticFamily":"タナカ"},"organization":{"phoneticCompany":"カブ"},"websites":[{"url":"https://kabu.example","type":"work"},{"url":"https://ken.example","type":"home"}],"ims":[{"address":"sip:ken@example.jp"}],"extra":[{"origin":"csv","name":"Schools","value":"Todai"}]}`},
		{"google since 2024",
			"First Name,Last Name,Phonetic First Name,File As,Organization Name,Birthday,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Website 1 - Label,Website 1 - Value,Event 1 - Label,Event 1 - Value,Event 2 - Label,Event 2 - Value,Relation 1 - Label,Relation 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value\n" +
				"Ana,Ruiz,A-na,Ruiz A,Acme, --05-20,https://example.org/p.jpg,Gold ::: * myContacts ::: * starred ::: * friends,Home,old@example.org,* Work,a@example.org ::: b@example.org,Work Fax,1,Holiday home,\"Calle 1\nSoria\",Calle 1,Soria,Blog,https://a.example,Anniversary,2001-02-03,Exam,2020-01-01,Manager,Bo,Shoe,38,extra cell\n",
			`{"name":{"given":"Ana","family":"Ruiz","fileAs":"Ruiz A","phoneticGiven":"A-na"},"organization":{"company":"Acme","manager":"Bo"},"emails":[{"address":"old@example.org","type":"home"},{"address":"a@example.org","type":"work","preferred":true},{"address":"b@example.org","type":"work","preferred":true}],"phones":[{"number":"1","type":"workFax"}],"addresses":[{"type":"Holiday home","street":"Calle 1","city":"Soria"}],"websites":[{"url":"https://a.example","type":"Blog"}],"birthday":"--05-20","anniversary":"2001-02-03","categories":["Gold","friends"],"favorite":true,"photo":{"url":"https://example.org/p.jpg"},"extra":[{"origin":"csv","name":"column 29","value":"extra cell"},{"origin":"csv","name":"Event","params":{"LABEL":["Exam"]},"value":"2020-01-01"},{"origin":"csv","name":"Custom Field","params":{"LABEL":["Shoe"]},"value":"38"}]}`},
		{"google before 2024",
			"Name,Given Name,Gender,Occupation,Location,Group Membership,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title,Organization 2 - Name,IM 1 - Type,IM 1 - Service,IM 1 - Value\nAna R,Ana,Female,cook,Soria,* My Contacts ::: Club,Work,Acme,Boss,Other Ltd,Home,Google Talk,ana@example.org\n",
			`{"name":{"display":"Ana R","given":"Ana"},"organization":{"company":"Acme","title":"Boss","profession":"cook"},"ims":[{"address":"xmpp:ana@example.org","type":"home"}],"categories":["Club"],"gender":"female","extra":[{"origin":"csv","name":"Location","value":"Soria"},{"origin":"csv","name":"Organization 1 - Type","value":"Work"},{"origin":"csv","name":"Organization 2 - Name","value":"Other Ltd"}]}`},
		{"google's outlook csv",
			"First Name,Home Address,Home Street,Home City,Home Country,E-mail Address,Business Address\nAna,\"Calle 1, Soria, Spain\",Calle 1,Soria,Spain,a@example.org,\"Box 9\nKöln\"\n",
			`{"name":{"given":"Ana"},"organization":{},"emails":[{"address":"a@example.org"}],"addresses":[{"type":"work","label":"Box 9\nKöln"},{"type":"home","street":"Calle 1","city":"Soria","country":"Spain"}]}`},
		{"thunderbird",
			"First Name,Display Name,Primary Email,Secondary Email,Screen Name,Work Phone,Fax Number,Home Address,Home Address 2,Home City,Organization,Web Page 1,Web Page 2,Birth Year,Birth Month,Birth Day,Custom 1,Notes,\nAna,Ana!,a@example.org,b@example.org,ana_r,1,2,Calle 1,bajo,Soria,Acme,https://w.example,https://h.example,1974,7,22,c1,hi,\n",
			`{"name":{"display":"Ana!","given":"Ana"},"organization":{"company":"Acme"},"emails":[{"address":"a@example.org"},{"address":"b@example.org"}],"phones":[{"number":"1","type":"work"},{"number":"2","type":"workFax"}],"addresses":[{"type":"home","street":"Calle 1\nbajo","city":"Soria"}],"websites":[{"url":"https://w.example","type":"work"},{"url":"https://h.example","type":"home"}],"ims":[{"address":"ana_r"}],"birthday":"1974-07-22","notes":"hi","extra":[{"origin":"csv","name":"Custom 1","value":"c1"}]}`},
		{"yahoo",
			"First,Last,Email,Home,Work,Mobile,Title,Company,Work Address,Work ZIP,Birthday,Comments,Skype ID\nAna,Ruiz,a@example.org,1,2,3,Boss,Acme,Road 2,99,7/22/74,hi,ana.r\n",
			`{"name":{"given":"Ana","family":"Ruiz"},"organization":{"company":"Acme","title":"Boss"},"emails":[{"address":"a@example.org"}],"phones":[{"number":"2","type":"work"},{"number":"1","type":"home"},{"number":"3","type":"mobile"}],"addresses":[{"type":"work","street":"Road 2","postalCode":"99"}],"ims":[{"address":"skype:ana.r"}],"birthday":"1974-07-22","notes":"hi"}`},
		{"made by hand",
			"name|E-mail|email|Mobile|Phone|Phone|Stadt|Shoe size|Foto\nAna|a@example.org|b@example.org|1|2|3|Soria|38|bilder\\ana.jpg\n",
			`{"name":{"display":"Ana"},"organization":{},"emails":[{"address":"a@example.org"},{"address":"b@example.org"}],"phones":[{"number":"1","type":"mobile"},{"number":"2"},{"number":"3"}],"addresses":[{"type":"home","city":"Soria"}],"photo":{"path":"bilder/ana.jpg"},"extra":[{"origin":"csv","name":"Shoe size","value":"38"}]}`},
		{"our own, edited",
			"Hobby,name.given,emails[1].address,emails[0].address,birthday,favorite,cardferry\nchess,Ana,b@example.org,a@example.org,22.7.1974,yes,\"{\"\"emails\"\":[{\"\"preferred\"\":true}]}\"\n",
			`{"name":{"given":"Ana"},"organization":{},"emails":[{"address":"a@example.org","preferred":true},{"address":"b@example.org"}],"birthday":"1974-07-22","favorite":true,"extra":[{"origin":"csv","name":"Hobby","value":"chess"}]}`},
		{"columns that stand twice",
			"Name,Name,E-mail 1 - Value,E-mail 1 - Value,Notes,Note\nAna,Eva,a@example.org,b@example.org,x,y\n",
			`{"name":{"display":"Ana"},"organization":{},"emails":[{"address":"a@example.org"}],"notes":"x","extra":[{"origin":"csv","name":"Name","value":"Eva"},{"origin":"csv","name":"E-mail 1 - Value","value":"b@example.org"},{"origin":"csv","name":"Note","value":"y"}]}`},
		{"values that are not what they should be",
			"Name,Birthday,Photo,Anniversary\nAna,next week,/etc/passwd,31.2.2000\n",
			`{"name":{"display":"Ana"},"organization":{},"extra":[{"origin":"csv","name":"Birthday","value":"next week"},{"origin":"csv","name":"Anniversary","value":"31.2.2000"},{"origin":"csv","name":"Photo","value":"/etc/passwd"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			contacts, bad, final := decode(t, strings.NewReader(test.in))
			if len(contacts) != 1 || len(bad) > 0 || final != nil {
				t.Fatalf("%d contacts, bad %v, final %v", len(contacts), bad, final)
			}
			if contacts[0].At.Number != 1 || contacts[0].At.Line != 2 {
				t.Errorf("position %v", contacts[0].At)
			}
			got, _ := json.Marshal(contacts[0])
			if jsonOf(t, string(got)) != jsonOf(t, test.want) {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// jsonOf brings the JSON of a contact into one form.
func jsonOf(t *testing.T, text string) string {
	t.Helper()
	var c contact.Contact
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(&c)
	return string(again)
}

func TestDates(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"1974-07-22", "1974-07-22", true}, {" --05-20", "--05-20", true}, {"7/22/1974", "1974-07-22", true}, {"22/7/1974", "1974-07-22", true},
		{"22.7.1974", "1974-07-22", true}, {"01.02.99", "1999-02-01", true}, {"1/2/29", "2029-01-02", true}, {"1/2/30", "1930-01-02", true},
		{"1974/07/22", "1974-07-22", true}, {"7/22/1974 12:00:00 AM", "1974-07-22", true}, {"7/22/1604", "--07-22", true},
		{"0/0/00", "", true}, {"0.0.00", "", true}, {"00/00/0000", "", true}, {"", "", true},
		{"soon", "", false}, {"31.2.2000", "", false}, {"13/13/2000", "", false}, {"1/2", "", false}, {"-1/2/2000", "", false},
	}
	for _, test := range tests {
		if got, ok := parseDate(test.in); got.String() != test.want || ok != test.ok {
			t.Errorf("%q: got %q, %v", test.in, got, ok)
		}
	}
}

func TestSlashDates(t *testing.T) {
	for in, want := range map[contact.Date]string{
		{Year: 1974, Month: 7, Day: 22}: "7/22/1974", {Year: 2001, Month: 12, Day: 31}: "12/31/2001", {Month: 2, Day: 29}: "2/29/1604",
		{Year: 33, Month: 4, Day: 3}: "4/3/0033", {Year: 9, Month: 1, Day: 1}: "1/1/0009", {Year: 1974}: "", {}: "",
	} {
		if got := slashDate(in); got != want {
			t.Errorf("%v: got %q, want %q", in, got, want)
		}
	}
}

func TestSniff(t *testing.T) {
	tests := []struct {
		head string
		want bool
	}{
		{"First Name,Last Name,E-mail Address\n", true}, {"name;email\n", true}, {"Primary Email", true}, {"sep=;\nVorname;Shoe\n", true},
		{"name.given,cardferry\n", true}, {"\xff\xfeN\x00a\x00m\x00e\x00,\x00E\x00m\x00a\x00i\x00l\x00\n\x00", true},
		{"BEGIN:VCARD\r\nVERSION:3.0\r\n", false}, {`{"name":{"given":"A"}}`, false}, {`[{"name":1}]`, false}, {"hello world", false},
		{"", false}, {"\n\n", false}, {"a,b,c,d,notes\n", false},
	}
	for _, test := range tests {
		if got := Format(Options{}).Sniff([]byte(test.head)); got != test.want {
			t.Errorf("%q: %v", test.head, got)
		}
	}
}

func TestUnknownDialect(t *testing.T) {
	e := Format(Options{Dialect: "excel"}).NewEncoder(io.Discard)
	if _, err := e.Encode(&contact.Contact{}); err == nil || formats.IsRecordError(err) {
		t.Errorf("Encode: %v", err)
	}
	if e.Close() == nil {
		t.Error("Close says nothing")
	}
}
