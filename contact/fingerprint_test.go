package contact

import (
	"bytes"
	"testing"
)

// The quick text of a fingerprint is that of encoding/json, byte for byte: UIDs are made
// of it, and must be those of yesterday.
func TestFingerprintText(t *testing.T) {
	texts := []string{"", "a", "Jörg", "a\"b\\c<d>&e\n\t", "\u2028\u2029", "\x7f\x00\x01\b\f\r\x1f", "ü\n日", "\xff"}
	at := func(i int) string { return texts[i%len(texts)] }
	for i := range 4096 {
		c := &Contact{UID: at(i), Name: Name{Display: at(i), Prefix: at(i / 8), PhoneticFamily: at(i / 64)}, Organization: Organization{Company: at(i / 8), Assistant: at(i / 64)},
			Notes: at(i), Gender: at(i / 8), Favorite: i&1 == 1}
		if i&2 > 0 {
			c.Emails = []Email{{Address: at(i), Name: at(i / 8), Preferred: i&4 > 0}, {}}
			c.Phones = []Phone{{Number: at(i), Type: at(i / 8), Params: Params{"B": {at(i), "x"}, "A": nil}}}
			c.Extra = []Extra{{Origin: at(i), Name: "n", Value: at(i / 8), Params: Params{}}, {Name: at(i / 8), Params: Params{"TYPE": {}}}}
		}
		if i&8 > 0 {
			c.Addresses = []Address{{POBox: at(i), Label: at(i / 8), Country: at(i / 64)}}
			c.Websites, c.IMs = []Website{{URL: at(i), Name: at(i / 8)}}, []IM{{Address: at(i)}}
			c.Relations, c.Categories = []Relation{{Name: at(i), Type: at(i / 8)}}, []string{at(i), at(i / 8)}
			c.Birthday, c.Anniversary = Date{Month: 2, Day: 29}, Date{Year: 1970 + i%50, Month: 1, Day: 1 + i%28}
		}
		if i&16 > 0 {
			c.Photo = &Photo{URL: at(i), SHA256: at(i / 8), MediaType: "image/png", Data: []byte{1}}
		}
		if i&32 > 0 {
			c.Organization.Units = []string{at(i)}
		}
		if i&64 > 0 {
			c.Flag.Status = Flagged
		}
		var j jsonText
		text, ok := j.contact(c)
		if ok == (c.Organization.Units != nil || c.Flag != (Flag{})) {
			t.Fatal(ok, c)
		}
		if want := c.slowText(); ok && !bytes.Equal(text, want) {
			t.Fatalf("%s\nwant %s", text, want)
		}
	}
}
