package contact_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

func TestParseDate(t *testing.T) {
	tests := []struct {
		text string
		want contact.Date // zero: an error
	}{
		{"1974-07-22", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{"19740722", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{" 1974-07-22 ", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{"1974-07-22T23:30:00-08:00", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{"1974-07-22 00:00:00", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{"19740722T120000Z", contact.Date{Year: 1974, Month: 7, Day: 22}},
		{"--07-22", contact.Date{Month: 7, Day: 22}},
		{"--0722", contact.Date{Month: 7, Day: 22}},
		{"--02-29", contact.Date{Month: 2, Day: 29}},
		{"2000-02-29", contact.Date{Year: 2000, Month: 2, Day: 29}},
		{"1974-07", contact.Date{Year: 1974, Month: 7}},
		{"1974", contact.Date{Year: 1974}},
		{"--07", contact.Date{Month: 7}},
		{"---22", contact.Date{Day: 22}},
		{"0001-01-01", contact.Date{Year: 1, Month: 1, Day: 1}},
		{text: ""}, {text: " "}, {text: "-"}, {text: "--"}, {text: "---"}, {text: "---00"}, {text: "---32"},
		{text: "1900-02-29"}, {text: "1974-02-30"}, {text: "1974-13-01"}, {text: "1974-00-10"}, {text: "1974-07-00"},
		{text: "--13"}, {text: "--02-30"}, {text: "--0231"}, {text: "0000-07-22"}, {text: "74-07-22"}, {text: "1974-7-22"},
		{text: "22.07.1974"}, {text: "7/22/1974"}, {text: "1974-07-222"}, {text: "1974--07-22"}, {text: "-1974-07-22"},
		{text: "T12:00"}, {text: "soon"}, {text: "１９７４"}, {text: "+974-07-22"}, {text: "1974-+7-22"},
	}
	for _, test := range tests {
		got, err := contact.ParseDate(test.text)
		if got != test.want || (err == nil) == test.want.IsZero() {
			t.Errorf("ParseDate(%q) = %v, %v, want %v", test.text, got, err, test.want)
		}
	}
}

func TestDatePrintsWhatItParses(t *testing.T) {
	for year := range 2101 {
		if year%97 != 0 && year != 2000 && year != 1900 {
			continue
		}
		for month := range 13 {
			for day := range 32 {
				d := contact.Date{Year: year, Month: month, Day: day}
				if d.IsZero() || year != 0 && month == 0 && day != 0 || !exists(d) {
					continue
				}
				if got, err := contact.ParseDate(d.String()); err != nil || got != d {
					t.Fatalf("%#v prints as %s, which parses as %#v, %v", d, d, got, err)
				}
			}
		}
	}
}

// exists reports whether a full date is in the calendar, and a yearless one in
// that of some year.
func exists(d contact.Date) bool {
	if d.Month == 0 || d.Day == 0 {
		return true
	}
	year := d.Year
	if year == 0 {
		year = 2000
	}
	return time.Date(year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC).Day() == d.Day
}

func TestDateAndTime(t *testing.T) {
	d := contact.DateOf(time.Date(1974, 7, 22, 23, 59, 0, 0, time.FixedZone("far west", -11*3600)))
	if d != (contact.Date{Year: 1974, Month: 7, Day: 22}) || !d.Full() {
		t.Errorf("DateOf = %v", d)
	}
	if got := d.Time(); !got.Equal(time.Date(1974, 7, 22, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("Time = %v", got)
	}
	if (contact.Date{Month: 2, Day: 29}).Full() || (contact.Date{}).Full() || (contact.Date{}).String() != "" {
		t.Error("a date without a year is full, or no date has a text")
	}
}

func TestDateJSON(t *testing.T) {
	var c contact.Contact
	if err := json.Unmarshal([]byte(`{"birthday":"--07-22","anniversary":""}`), &c); err != nil {
		t.Fatal(err)
	}
	if c.Birthday != (contact.Date{Month: 7, Day: 22}) || !c.Anniversary.IsZero() {
		t.Errorf("read %v and %v", c.Birthday, c.Anniversary)
	}
	if text, err := json.Marshal(&c); err != nil || string(text) != `{"birthday":"--07-22"}` {
		t.Errorf("written as %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"birthday":"1974-02-30"}`), &c); err == nil {
		t.Error("30 February was read")
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"1974-07-22", "--0722", "---22", "1974", "--02-29", "1974-07-22T12:00:00Z", "1974-", "--07-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := contact.ParseDate(s)
		if err != nil {
			if !d.IsZero() {
				t.Errorf("%q: %v and an error", s, d)
			}
			return
		}
		if again, err := contact.ParseDate(d.String()); err != nil || again != d {
			t.Errorf("%q: %v prints as %s, which parses as %v, %v", s, d, d, again, err)
		}
	})
}
