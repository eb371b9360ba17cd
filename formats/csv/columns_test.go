package csv

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/cardferry/cardferry/contact"
)

// readWith returns the contacts of a table as JSON lines, with what was unread.
func readWith(t *testing.T, in string, o Options) string {
	t.Helper()
	var out strings.Builder
	for c, err := range NewDecoder(strings.NewReader(in), o).All() {
		if err != nil {
			return "error: " + err.Error()
		}
		text, _ := json.Marshal(c)
		out.WriteString(strings.ReplaceAll(string(text), `"organization":{},`, ""))
		for _, l := range c.Unread {
			out.WriteString(" unread " + string(l.Field))
		}
		out.WriteString("\n")
	}
	return out.String()
}

// TestColumnsAreUnderstood reads tables whose columns have no names that any program
// gives, or none at all.
func TestColumnsAreUnderstood(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"by words", "Mail (dienstlich);Mobile phone number;Private Telefonnummer;Work Fax-Nr;Büro Ort;PLZ geschäftlich\na@b.c;1;2;3;Soria;42001\n",
			`{"emails":[{"address":"a@b.c","type":"work"}],"phones":[{"number":"2","type":"home"},{"number":"1","type":"mobile"},{"number":"3","type":"workFax"}],"addresses":[{"type":"work","city":"Soria","postalCode":"42001"}]}`},
		{"not every word is understood", "Name,First name of spouse,Phone extension\nAna,Dan,12\n",
			`{"name":{"display":"Ana"},"extra":[{"origin":"csv","name":"First name of spouse","value":"Dan"},{"origin":"csv","name":"Phone extension","value":"12"}]}`},
		{"by content, with the name as the type", "Kontakt,Sommerhaus,Seite,Kundennr\nx@y.org,+49 30 1234567,www.example.org,12345678\n",
			`{"emails":[{"address":"x@y.org","type":"Kontakt"}],"phones":[{"number":"+49 30 1234567","type":"Sommerhaus"}],"websites":[{"url":"www.example.org","type":"Seite"}],"extra":[{"origin":"csv","name":"Kundennr","value":"12345678"}]}`},
		{"seven of ten values must be alike", "Name,Kontakt\nA,a@b.c\nB,none\n",
			`{"name":{"display":"A"},"extra":[{"origin":"csv","name":"Kontakt","value":"a@b.c"}]}` + "\n" + `{"name":{"display":"B"},"extra":[{"origin":"csv","name":"Kontakt","value":"none"}]}`},
		{"no names", "Ana Ruiz;ana@example.org;+34 600 123 456;Acme GmbH;22.7.1974;blue\nBo Lee;bo@example.org;030 1234567;Bolt Ltd;;\n",
			`{"name":{"display":"Ana Ruiz"},"organization":{"company":"Acme GmbH"},"emails":[{"address":"ana@example.org"}],"phones":[{"number":"+34 600 123 456"}],"birthday":"1974-07-22","extra":[{"origin":"csv","name":"column 6","value":"blue"}]}` + "\n" +
				`{"name":{"display":"Bo Lee"},"organization":{"company":"Bolt Ltd"},"emails":[{"address":"bo@example.org"}],"phones":[{"number":"030 1234567"}]}`},
		{"no names, given and family", "Ana,Ruiz,ana@example.org\nBo,Lee,bo@example.org\n",
			`{"name":{"given":"Ana","family":"Ruiz"},"emails":[{"address":"ana@example.org"}]}` + "\n" + `{"name":{"given":"Bo","family":"Lee"},"emails":[{"address":"bo@example.org"}]}`},
		{"nothing is understood", "a,b\nc,d\n", "error: " + errNoColumns.Error()},
		{"an address in a column of another name twice", "E-mail Address,Email\na@b.c,d@e.f\n", `{"emails":[{"address":"a@b.c"},{"address":"d@e.f"}]}`},
	}
	for _, test := range tests {
		if got := readWith(t, test.in, Options{}); strings.TrimSpace(got) != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestMapping(t *testing.T) {
	m := Mapping{"Kontakt": "emails[0].address", "Haus": "phone: Sommerhaus", "column 3": "Nickname", "Größe": "extra", "Intern": "-", "Tag": "birthday", "Gibt's nicht": "notes"}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	const in = "kontakt;HAUS;x;Größe;intern;Tag;Name\na@b.c;12;Ani;38;secret;3/4/1980;Ana\n"
	var e Explanation
	got := readWith(t, in, Options{Mapping: m, Dates: DayFirst, Explain: func(x Explanation) { e = x }})
	if want := `{"name":{"display":"Ana","nickname":"Ani"},"emails":[{"address":"a@b.c"}],"phones":[{"number":"12","type":"Sommerhaus"}],"birthday":"1980-04-03","extra":[{"origin":"csv","name":"Größe","value":"38"}]}` + "\n"; got != want {
		t.Errorf("got %s", got)
	}
	if !slices.Equal(e.Unused, []string{"Gibt's nicht"}) || e.Columns[1].Word != "phone: Sommerhaus" || e.Columns[4].Becomes != "" {
		t.Errorf("%+v", e)
	}
	if err := (Mapping{"A": "no such thing"}).Validate(); err == nil {
		t.Error("a word without a meaning is taken")
	}
	if got := readWith(t, "1;a\n2;b\n", Options{Mapping: Mapping{"column 2": "name.display"}}); !strings.Contains(got, `"display":"b"`) {
		t.Errorf("a map alone: %s", got)
	}
}

// TestExplanationIsAMapping: what is explained of a table can be said in a map, and then
// means the same.
func TestExplanationIsAMapping(t *testing.T) {
	const in = "Vorname,Mail (dienstlich),Sommerhaus,Schuhe,Birthday,Business Street,Web Page\nAna,a@b.c,+49 30 1234567,38,2001-02-03,Calle 1,https://a.example\n"
	m := Mapping{}
	want := readWith(t, in, Options{Explain: func(e Explanation) {
		for _, c := range e.Columns {
			m[c.Name] = c.Word
			if c.Becomes == "" || c.Why == "" {
				t.Errorf("%+v", c)
			}
		}
	}})
	if got := readWith(t, in, Options{Mapping: m}); got != want || len(m) != 7 || m.Validate() != nil {
		t.Errorf("%v:\n got %s\nwant %s", m, got, want)
	}
}

func TestDateOrder(t *testing.T) {
	far := "Name,Birthday\n" + strings.Repeat("A,3/3/1980\nB,3/4/1980\n", 8000) // beyond what is read ahead at first
	tests := []struct {
		name, in string
		o        Options
		want     string
	}{
		{"nothing shows it", "Name,Birthday\nA,3/4/1980\nB,5/5/1980\n", Options{}, "1980-03-04 unread birthday, 1980-05-05"},
		{"a later row shows days", "Name,Birthday\nA,3/4/1980\nB,13/4/1980\n", Options{}, "1980-04-03, 1980-04-13"},
		{"a later row shows months", "Name,Anniversary\nA,3/4/1980\nB,4/13/1980\n", Options{}, "1980-03-04, 1980-04-13"},
		{"rows that contradict", "Name,Birthday\nA,13/4/1980\nB,4/13/1980\nC,1/2/1980\n", Options{}, "1980-04-13, 1980-04-13, 1980-01-02 unread birthday"},
		{"told", "Name,Birthday\nA,3/4/1980\n", Options{Dates: DayFirst}, "1980-04-03"},
		{"hyphens", "Name,Birthday\nA,3-4-1980\nB,22-07-1974\n", Options{}, "1980-04-03, 1974-07-22"},
		{"two digits, a time after it", "Name,Birthday\nA,22/7/74 0:00\nB,3/4/05\n", Options{}, "1974-07-22, 2005-04-03"},
		{"dots are always days first", "Name,Birthday\nA,3.4.1980\n", Options{}, "1980-04-03"},
		{"the first is a year", "Name,Birthday\nA,1980/4/3\nB,1980-04-03\n", Options{}, "1980-04-03, 1980-04-03"},
		{"our own", strings.Join(outlookColumns, ",") + "\n" + strings.Repeat(",", slices.Index(outlookColumns, "Birthday")) + "3/4/1980\n", Options{}, "1980-03-04"},
	}
	for _, test := range tests {
		var got []string
		for c, err := range NewDecoder(strings.NewReader(test.in), test.o).All() {
			if err != nil {
				t.Fatal(err)
			}
			text := c.Birthday.String() + c.Anniversary.String()
			for _, l := range c.Unread {
				text += " unread " + string(l.Field)
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %s", test.name, strings.Join(got, ", "))
		}
	}
	n := 0
	for c, err := range NewDecoder(strings.NewReader(far+"C,31/1/1990\n"), Options{}).All() {
		if n++; err != nil || len(c.Unread) > 0 || c.Name.Display == "B" && c.Birthday.Month != 4 {
			t.Fatalf("row %d: %v, %v", n, err, c.Birthday)
		}
	}
	if n != 16001 {
		t.Errorf("%d rows", n)
	}
}

func TestNamedCharset(t *testing.T) {
	const table = "Name,Notes\nJörg,“x” Straße\n"
	mac, err := charmap.Macintosh.NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"macintosh", "Mac Roman", "x-mac-roman"} {
		if got := readWith(t, mac, Options{Charset: name}); !strings.Contains(got, `"Jörg"`) || !strings.Contains(got, "“x” Straße") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if ValidCharset("klingon") == nil || ValidCharset("") != nil || ValidCharset("utf-8") != nil || ValidCharset("ibm850") != nil {
		t.Error("names of charsets")
	}
	if got := readWith(t, table, Options{Charset: "klingon"}); !strings.HasPrefix(got, "error: unknown charset") {
		t.Errorf("got %s", got)
	}
}

// TestExactHeaders compares the names that are written with those of the programs, where
// a collection of them lies beside the project.
func TestExactHeaders(t *testing.T) {
	for file, o := range map[string]struct {
		dialect string
		columns int // how many come first in the file, of which the rest depends on its contacts
	}{
		"outlook-desktop-en.csv": {"outlook", 92}, "outlook-com.csv": {"outlook-com", 61}, "google-new.csv": {"google", 17},
		"google-old.csv": {"google-old", 29}, "thunderbird.csv": {"thunderbird", 37},
	} {
		text, err := os.ReadFile(filepath.Join("../../../shared/reference/headers", file))
		if err != nil {
			t.Skip("no headers of other programs beside the project")
		}
		want := strings.Split(strings.TrimSpace(string(text)), ",")
		e, err := NewEncoder(new(bytes.Buffer), Options{Dialect: o.dialect})
		if err != nil {
			t.Fatal(err)
		}
		got := e.(*encoder).header
		if !slices.Equal(got[:o.columns], want[:o.columns]) {
			t.Errorf("%s begins with %q", o.dialect, got[:o.columns])
		}
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%s has no column %q", o.dialect, name)
			}
		}
		if !sniff([]byte(strings.Join(got, ",") + "\n")) {
			t.Errorf("%s is not recognised", o.dialect)
		}
	}
}

func TestExcel(t *testing.T) {
	c := &contact.Contact{Name: contact.Name{Display: "=HYPERLINK(1)", Given: "@SUM", Family: "-2+3", Nickname: "'=x", Middle: "'quoted"},
		Phones: []contact.Phone{{Number: "+49 30 1", Type: "work"}}, Notes: "＝wide\n=second line is harmless"}
	for _, dialect := range Dialects() {
		for _, excel := range []bool{true, false} {
			var out bytes.Buffer
			e, err := NewEncoder(&out, Options{Dialect: dialect, Excel: excel})
			if err != nil {
				t.Fatal(err)
			}
			plainLosses, err := e.Encode(c)
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			text := out.String()
			if strings.HasPrefix(text, "\xef\xbb\xbf") != excel || strings.Contains(text, ",'+49 30 1") != excel || strings.Contains(text, "'@SUM") != excel {
				t.Errorf("%s, excel %v: %s", dialect, excel, text)
			}
			back, bad, final := decode(t, &out)
			if len(bad) > 0 || final != nil {
				t.Fatal(bad, final)
			}
			checkLosses(t, dialect, c, back[0], plainLosses)
		}
	}
}

// An apostrophe is part of a cell unless the table says that it is ours.
func TestApostrophes(t *testing.T) {
	const row = "\r\nAna,'-ism' is a suffix,'+1 Club' Ltd,"
	for head, want := range map[string][2]string{
		"First Name,Notes,Company,":                      {"'-ism' is a suffix", "'+1 Club' Ltd"},
		"\xef\xbb\xbfFirst Name,Notes,Company,":          {"'-ism' is a suffix", "'+1 Club' Ltd"},
		"First Name,Notes,Company,cardferry-apostrophes": {"-ism' is a suffix", "+1 Club' Ltd"},
	} {
		back, bad, final := decode(t, strings.NewReader(head+row+"\r\n"))
		if len(bad) > 0 || final != nil || len(back) != 1 || len(back[0].Extra) > 0 {
			t.Fatal(back, bad, final)
		}
		if got := [2]string{back[0].Notes, back[0].Organization.Company}; got != want {
			t.Errorf("%s: %q", head, got)
		}
	}
	for _, dialect := range Dialects() {
		var out bytes.Buffer
		e, err := NewEncoder(&out, Options{Dialect: dialect})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Encode(&contact.Contact{Name: contact.Name{Given: "Ann", Family: "'-t Hooft"}}); err != nil {
			t.Fatal(err)
		}
		if e.Close(); !strings.Contains(out.String(), ",'-t Hooft,") {
			t.Errorf("%s: %s", dialect, out.String())
		}
	}
}

// TestStash: with the column of ours nothing that another layout drops is gone, and an
// edit made in between stands.
func TestStash(t *testing.T) {
	for _, dialect := range Dialects() {
		for i, c := range []*contact.Contact{ordinary(), random{rand.New(rand.NewPCG(11, 12))}.contact(), typical()} {
			var out bytes.Buffer
			e, err := NewEncoder(&out, Options{Dialect: dialect, Stash: true})
			if err != nil {
				t.Fatal(err)
			}
			losses, err := e.Encode(c)
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
			back, bad, final := decode(t, bytes.NewReader(out.Bytes()))
			if len(bad) > 0 || final != nil || len(back[0].Unread) > 0 {
				t.Fatal(bad, final)
			}
			if back[0].Folder != c.Folder {
				t.Errorf("%s, contact %d: the folder is %q", dialect, i, back[0].Folder)
			}
			lost := map[contact.Field]bool{}
			for _, l := range losses {
				lost[l.Root()] = lost[l.Root()] || l.Kind != contact.Stashed
			}
			for _, f := range contact.Diff(withPhotoFile(c), back[0]) {
				if !lost[f] {
					t.Errorf("%s, contact %d: %s differs and is said to be stashed", dialect, i, f)
				}
			}
			for f, really := range lost {
				if really && f != "photo" && f != "birthday" { // the year 1604 is a loss to people alone
					t.Errorf("%s, contact %d: %s is lost: %v", dialect, i, f, losses)
				}
			}
		}
	}
	var out bytes.Buffer
	e, _ := NewEncoder(&out, Options{Dialect: "thunderbird", Stash: true})
	e.Encode(ordinary())
	e.Close()
	edited := strings.Replace(out.String(), "a@example.org", "new@example.org", 1)
	got := readWith(t, edited, Options{})
	for _, address := range []string{"new@example.org", "b@example.org", "c@example.org", "d@example.org"} {
		if !strings.Contains(got, address) {
			t.Errorf("%s is not in %s", address, got)
		}
	}
	if strings.Contains(got, `"a@example.org"`) {
		t.Errorf("the edit does not stand: %s", got)
	}
	if got := readWith(t, "Name,cardferry-stash\nAna,{}\n", Options{}); !strings.Contains(got, "unread extra") {
		t.Errorf("a cell that is none of ours: %s", got)
	}
}

// TestExtraColumnsComeBack: the columns of a table that nobody understands are written
// back under their names.
func TestExtraColumnsComeBack(t *testing.T) {
	names := ExtraColumns(strings.NewReader("Name,Shoe size,Hobby,Größe\nAna,38,chess,=5\n"), Options{})
	if !slices.Equal(names, []string{"Shoe size", "Hobby", "Größe"}) {
		t.Fatalf("%q", names)
	}
	c := &contact.Contact{Name: contact.Name{Given: "Ana"}, Extra: []contact.Extra{{Origin: origin, Name: "Shoe size", Value: "38"},
		{Origin: origin, Name: "Hobby", Value: "chess"}, {Origin: origin, Name: "Größe", Value: "=5"}}}
	for _, dialect := range Dialects() {
		var out bytes.Buffer
		e, err := NewEncoder(&out, Options{Dialect: dialect, Columns: names})
		if err != nil {
			t.Fatal(err)
		}
		if losses, err := e.Encode(c); err != nil || len(losses) > 0 && dialect != "thunderbird" {
			t.Errorf("%s: %v, %v", dialect, losses, err)
		}
		e.Close()
		back, _, _ := decode(t, &out)
		if diff := contact.Diff(c, back[0]); slices.Contains(diff, "extra") {
			t.Errorf("%s: %v", dialect, back[0].Extra)
		}
	}
	if ExtraColumns(strings.NewReader(""), Options{}) != nil {
		t.Error("columns of nothing")
	}
}

// No name means two things, whatever way it is spelled.
func TestNamesAreUnambiguous(t *testing.T) {
	meant := map[string]string{}
	for alias, column := range aliases {
		if other, ok := meant[key(alias)]; ok && other != column {
			t.Errorf("%q means %q and %q", alias, column, other)
		}
		meant[key(alias)] = column
		if _, ok := contextual[key(alias)]; ok && canonical[key(alias)] != "" {
			t.Errorf("%q is also contextual, which comes first", alias)
		}
	}
	for name, c := range contextual {
		for _, k := range append([]string{name}, c.beside...) {
			if k != key(k) {
				t.Errorf("the key %q is never met: it is %q", k, key(k))
			}
		}
	}
}

// Tables in other languages arrive with the names of their people.
func TestLanguages(t *testing.T) {
	want := &contact.Contact{Name: contact.Name{Given: "Zoé", Family: "Hérault"}, Organization: contact.Organization{Company: "Acme"},
		Emails: []contact.Email{{Address: "z@x.example"}}, Phones: []contact.Phone{{Number: "06", Type: contact.Mobile}},
		Birthday: contact.Date{Year: 1980, Month: 4, Day: 13}}
	for _, head := range []string{
		"Prénom;Nom;Société;Adresse de messagerie;Tél. mobile;Anniversaire",
		"Pre\u0301nom;Nom;Socie\u0301te\u0301;Adresse e-mail;Te\u0301l. mobile;Date de naissance",
		"PRENOM;NOM;SOCIETE;ADRESSE DE MESSAGERIE;TEL. MOBILE;ANNIVERSAIRE",
		"Nombre;Apellidos;Organización;Correo electrónico;Teléfono móvil;Cumpleaños",
		"Nome;Cognome;Società;Indirizzo posta elettronica;Cellulare;Compleanno",
		"Voornaam;Achternaam;Bedrijf;E-mailadres;Mobiele telefoon;Verjaardag",
		"Nome;Sobrenome;Empresa;Endereço de email;Telefone celular;Aniversário",
	} {
		back, bad, final := decode(t, strings.NewReader(head+"\r\nZoé;Hérault;Acme;z@x.example;06;13/04/1980\r\n"))
		if len(bad) > 0 || final != nil || len(back) != 1 {
			t.Fatal(head, bad, final)
		}
		if differ := contact.Diff(contact.Normalize(want.Clone()), back[0]); len(differ) > 0 {
			t.Errorf("%s: %v differ: %+v", head, differ, back[0])
		}
	}
}

// Dates with the names of months, and what is none.
func TestNamedMonths(t *testing.T) {
	for cell, want := range map[string]string{
		"March 4 1980": "1980-03-04", "March 4th, 1980": "1980-03-04", "4-Mar-1980": "1980-03-04", "4-Mar-80": "1980-03-04", "04 MAR 1980": "1980-03-04",
		"4. März 1980": "1980-03-04", "4 mars 1980": "1980-03-04", "1er août 1980": "1980-08-01", "4 de marzo de 1980": "1980-03-04",
		"1980 March 4": "1980-03-04", "4 March": "--03-04", "29. Februar": "--02-29", "Feb 30 1980": "", "Marchioness 4": "", "44197": "", "soon": "",
		"4 5 March": "", "March": "",
	} {
		back, bad, final := decode(t, strings.NewReader("First Name\tBirthday\r\nAna\t"+cell+"\r\n"))
		if len(bad) > 0 || final != nil || len(back) != 1 {
			t.Fatal(cell, bad, final)
		}
		if got := back[0].Birthday.String(); got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
		if kept := len(back[0].Extra) == 1 && back[0].Extra[0].Value == cell && len(back[0].Unread) == 1; kept != (want == "") {
			t.Errorf("%q: extra %v, unread %v", cell, back[0].Extra, back[0].Unread)
		}
	}
}

// One byte in another charset costs no other cell anything.
func TestMixedCharsets(t *testing.T) {
	for _, rows := range []int{2, 50, 9000} {
		back, bad, final := decode(t, strings.NewReader("First Name,Last Name\n"+strings.Repeat("Zo\xc3\xab,ok\n", rows)+"M\xfcller,x\n"))
		if len(bad) > 0 || final != nil || len(back) != rows+1 || back[0].Name.Given != "Zoë" || back[rows].Name.Given != "Müller" {
			t.Errorf("%d rows: %q and %q, %v, %v", rows, back[0].Name.Given, back[len(back)-1].Name.Given, bad, final)
		}
	}
	back, _, _ := decode(t, strings.NewReader("First Name,Last Name\nZo\xeb,Sch\xe4fer\nM\xfcller,x\n"))
	if back[0].Name.Given != "Zoë" || back[0].Name.Family != "Schäfer" {
		t.Errorf("windows-1252: %+v", back[0].Name)
	}
}

// An edit of what a row shows of an address in another form stands alone.
func TestStashedAddressEdited(t *testing.T) {
	c := &contact.Contact{Name: contact.Name{Given: "Ann"}, Addresses: []contact.Address{
		{Type: contact.Home, POBox: "PO 1", Extended: "Ext 2", Street: "Street 3\nLine 2", City: "City", Label: "1 St\nX"},
		{Type: contact.Work, Label: "Hello\nLabel"}}}
	for _, dialect := range []string{"outlook", "google", "thunderbird"} {
		var out bytes.Buffer
		e, err := NewEncoder(&out, Options{Dialect: dialect, Stash: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Encode(c); err != nil {
			t.Fatal(err)
		}
		e.Close()
		head, row, _ := strings.Cut(out.String(), "\r\n")
		i := strings.Index(row, "Street 3")
		back, bad, final := decode(t, strings.NewReader(head+"\r\n"+row[:i]+"New Street 4"+row[i+len("Street 3"):]))
		if len(bad) > 0 || final != nil {
			t.Fatal(bad, final)
		}
		if n := len(back[0].Addresses); n != 2 || !strings.Contains(back[0].Addresses[0].Street+back[0].Addresses[1].Street, "New Street 4") {
			t.Errorf("%s: %d addresses: %+v", dialect, n, back[0].Addresses)
		}
	}
}
