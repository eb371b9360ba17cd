package sandbox

import (
	"bytes"
	"image/jpeg"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func filled(t *testing.T, sample Sample) *client {
	t.Helper()
	c := open(t, Options{})
	if err := c.s.Fill(sample); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFill(t *testing.T) {
	c := filled(t, Sample{Contacts: 250, Photos: 0.24, Seed: 1})
	path := "/beta/me/contacts?$top=1000&$expand=singleValueExtendedProperties($filter=id eq '" + hasPicture + "')"
	rows := c.want(200, "GET", path, "").json(t)["value"].([]any)
	if len(rows) != 250 {
		t.Fatalf("%d contacts", len(rows))
	}
	pictures := map[string]bool{}
	perFolder := map[string]int{}
	for _, row := range rows {
		contact := row.(map[string]any)
		perFolder[contact["parentFolderId"].(string)]++
		r := c.do("GET", "/v1.0/me/contacts/"+contact["id"].(string)+"/photo/$value", "")
		if (r.status == 200) != (dig(contact, "singleValueExtendedProperties/0/value") == "true") {
			t.Errorf("photo answers %d, has-picture is %v", r.status, contact["singleValueExtendedProperties"])
		}
		if r.status != 200 {
			continue
		}
		if img, err := jpeg.Decode(strings.NewReader(r.body)); err != nil || img.Bounds().Dx() != samplePhotoSide {
			t.Errorf("photo: %v", err)
		}
		pictures[r.body] = true
	}
	if len(pictures) != 60 {
		t.Errorf("%d different photos", len(pictures))
	}
	if len(perFolder) != 4 {
		t.Errorf("folders: %v", perFolder)
	}
	top := c.all("/v1.0/me/contactFolders", "displayName")
	if !slices.Equal(top, []string{"Customers", "Family"}) {
		t.Errorf("folders: %q", top)
	}
	customers := c.all("/v1.0/me/contactFolders?$filter=displayName eq 'Customers'", "id")[0]
	if got := c.all("/v1.0/me/contactFolders/"+customers+"/childFolders", "displayName"); !slices.Equal(got, []string{"EMEA"}) {
		t.Errorf("below Customers: %q", got)
	}
	if err := c.s.Fill(Sample{Contacts: 10}); err != nil {
		t.Fatal(err)
	}
	if got := c.all("/beta/me/contactFolders", "id"); len(got) != 3 {
		t.Errorf("filling again made folders: %d", len(got))
	}
}

func TestFillRefuses(t *testing.T) {
	c := open(t, Options{})
	for _, sample := range []Sample{{Contacts: -1}, {Contacts: 1, Photos: 1.1}, {Contacts: 1, Photos: -0.1}} {
		if err := c.s.Fill(sample); err == nil {
			t.Errorf("%+v is taken", sample)
		}
	}
	if err := c.s.Fill(Sample{}); err != nil {
		t.Error(err)
	}
	if empty, err := c.s.Empty(); !empty || err != nil {
		t.Errorf("no contacts, not empty: %v", err)
	}
}

// TestSampleIsSound checks what the sample promises of its people.
func TestSampleIsSound(t *testing.T) {
	owners := map[string][]string{}
	var used [slotCount]int
	for n := range 5000 {
		it := sampleContact(1, n)
		if again := sampleContact(1, n); !bytes.Equal(it.encode(), again.encode()) {
			t.Fatalf("contact %d is not the same twice", n)
		}
		for s := range slotCount {
			if it.slots[s] == nil {
				continue
			}
			used[s]++
			if !utf8.Valid(it.slots[s]) || bytes.ContainsRune(it.slots[s], '#') && s >= slotPhoneHome && s <= slotTTY {
				t.Errorf("contact %d, slot %d: %q", n, s, it.slots[s])
			}
		}
		for s := slotEmail1Address; s <= slotEmail3Address; s += emailSlots {
			address := strings.ToLower(it.text(s))
			if address == "" {
				continue
			}
			if !wellFormedAddress(address) || !strings.HasPrefix(address, "/o=") && !inExampleDomain(address) {
				t.Errorf("address %q", address)
			}
			owners[address] = append(owners[address], it.text(slotGivenName)+"|"+it.text(slotSurname)+"|"+it.text(slotDisplayName))
		}
	}
	shared := 0
	for address, names := range owners {
		if len(names) == 1 {
			continue
		}
		shared++
		if address != "info@tallpine.example.com" && address != "rodzina.przykladowska@example.org" {
			t.Errorf("%s is shared by %q", address, names)
		}
	}
	if shared != 2 {
		t.Errorf("%d shared addresses", shared)
	}
	for s, n := range used {
		typed := slot(s) <= slotEmail3Label && slot(s) >= slotEmail1Address && (slot(s)-slotEmail1Address)%emailSlots >= 2
		kept := typed || slot(s) == slotHasPicture || slot(s) == slotTracked // the last two are not of the sample
		if n == 0 && !kept {
			t.Errorf("no contact uses slot %d", s)
		}
	}
}

func inExampleDomain(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	for _, d := range []string{"example.org", "example.com", "example.net"} {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return false
}

// FuzzBody feeds bodies to the reader of contacts: whatever it takes must come
// back through every dialect as valid JSON.
func FuzzBody(f *testing.F) {
	f.Add(`{"givenName":"x","emailAddresses":[{"address":"a@b.c"}],"birthday":"2000-02-29"}`)
	f.Add(`{"homeAddress":{"city":"\u0000"},"singleValueExtendedProperties":[{"id":"String 0x3a24","value":"\ud83d\ude00"}]}`)
	f.Add(`{"personalNotes":"\n\u0001","children":["","x"],"birthday":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		it := &item{}
		if (&change{d: dialects[0], it: it, create: true, q: &quirks{}}).apply([]byte(body)) != nil {
			return
		}
		var stored item
		if err := stored.decode(7, it.encode()); err != nil {
			t.Fatal(err)
		}
		box := &mailbox{}
		box.ids = newIDWriter(box.key)
		for _, d := range dialects {
			v := &view{d: d, box: box, listing: true, expand: []propID{{canonical: slotTags[slotFaxBusiness], slot: slotFaxBusiness}}}
			if text := v.appendContact(nil, &stored, "context"); !jsonValid(text) {
				t.Errorf("%s renders %s", d.prefix, text)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("emailAddresses/any(a:a/address eq 'x''y')")
	f.Add("singleValueExtendedProperties/Any(ep: ep/id eq 'String 0x3a24' and startswith(ep/value,'x')) and not (givenName eq null)")
	f.Add("birthday ge 1985-01-01T00:00:00Z or ('")
	f.Fuzz(func(t *testing.T, text string) {
		for _, d := range dialects {
			if pred, err := parseFilter(d, text); err == nil {
				pred.match(&item{})
			}
		}
	})
}
