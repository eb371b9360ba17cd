package outlook

import (
	"testing"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// TestSlotsAreNotStashed: what a dialect has no name for and MAPI has travels as a
// MAPI property, where people see it in Outlook, and not in the stash. The favourite
// mark alone has no property.
func TestSlotsAreNotStashed(t *testing.T) {
	phone := func(typ string) contact.Phone { return contact.Phone{Number: "+1 555 " + typ, Type: typ} }
	c := contact.Normalize(&contact.Contact{
		Name: contact.Name{Given: "Ada"},
		Phones: []contact.Phone{
			phone(contact.Home), {Number: "+1 555 2", Type: contact.Home}, phone(contact.Work), {Number: "+1 555 3", Type: contact.Work}, phone(contact.Mobile),
			phone(contact.Other), phone(contact.Assistant), phone(contact.HomeFax), phone(contact.WorkFax), phone(contact.OtherFax), phone(contact.Pager),
			phone(contact.Radio), phone(contact.Car), phone(contact.ISDN), phone(contact.Main), phone(contact.TTY), phone(contact.Company),
		},
		Websites:    []contact.Website{{URL: "https://example.org/", Type: contact.Work}, {URL: "https://ada.example.org/", Type: contact.Home}},
		Addresses:   []contact.Address{{Type: contact.Home, POBox: "7", City: "Lund"}, {Type: contact.Work, POBox: "8"}, {Type: contact.Other, POBox: "9"}},
		Anniversary: contact.Date{Year: 1835, Month: 7, Day: 8}, Birthday: contact.Date{Year: 1815, Month: 12, Day: 10}, Gender: "female",
		Flag: contact.Flag{Status: contact.Flagged, Start: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Due: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)},
	})
	for _, d := range Dialects() {
		body, losses, err := Create(c, d)
		if err != nil || len(losses) > 0 {
			t.Errorf("%s: losses %v, error %v", d, losses, err)
		}
		got, err := Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		same(t, c, got)
	}
}
