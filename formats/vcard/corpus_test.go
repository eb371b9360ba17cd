package vcard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
)

// corpusDir is a collection of real files from some twenty programs, with the
// facts that two other parsers find in them. It is not part of the project.
const corpusDir = "../../../shared/corpus"

// expectedCard is what expected.json says of one card.
type expectedCard struct {
	FN []string `json:"fn"`
	N  *struct {
		Family, Given                  *string
		Additional, Prefixes, Suffixes []string
	} `json:"n"`
	Nicknames  []string        `json:"nicknames"`
	Emails     []expectedValue `json:"emails"`
	Phones     []expectedValue `json:"phones"`
	Notes      []string        `json:"notes"`
	Titles     []string        `json:"titles"`
	Org        [][]string      `json:"org"`
	Categories []string        `json:"categories"`
	URLs       []string        `json:"urls"`
	BDay       *string         `json:"bday"`
	UID        string          `json:"uid"`
	Photos     []struct {
		Bytes  int
		SHA256 string
		URL    string
	} `json:"photos"`
	SabreDisagrees []string `json:"sabre_disagrees"`
}

type expectedValue struct{ Value string }

type expectedFile struct {
	Cards     []expectedCard `json:"cards"`
	Malformed bool           `json:"malformed_on_purpose"`
}

// disputed are the files of which we say something else than expected.json, and
// why we do.
var disputed = map[string]string{
	"vcard/aosp/v21_im.vcf":               "Android's own form of a nickname is read as one",
	"vcard/aosp/v21_nest.vcf":             "a BEGIN within a card, without AGENT, is taken for the next card: two people never become one",
	"vcard/calcard/010.vcf":               "a byte of windows-1252 without CHARSET is read as such, not replaced",
	"vcard/kcontacts/v4_0.vcard5.vcf.ref": "a photo with ENCODING=b is decoded in a 4.0 card, too",
	"vcard/vcard-rb/ex_attach.vcard":      "the values are no base64; the first photo that can be read is the linked one",
}

func TestCorpus(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(corpusDir, "expected.json"))
	if err != nil {
		t.Skip("the corpus of real files is not here: " + corpusDir)
	}
	var all struct{ Files map[string]expectedFile }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var files []string
	for name := range all.Files {
		if strings.HasPrefix(name, "vcard/") {
			files = append(files, name)
		}
	}
	slices.Sort(files)
	held, facts, factsHeld := 0, 0, 0
	for _, name := range files {
		n, failures := compareFile(t, filepath.Join(corpusDir, name), all.Files[name])
		facts += n
		factsHeld += n - len(failures)
		t.Logf("%-70s %5d facts, %d not held", name, n, len(failures))
		if len(failures) == 0 {
			held++
			if disputed[name] != "" {
				t.Errorf("%s holds, and is listed as disputed", name)
			}
			continue
		}
		if disputed[name] == "" {
			t.Errorf("%s:\n\t%s", name, strings.Join(failures, "\n\t"))
		} else {
			t.Logf("\tdisputed: %s\n\t%s", disputed[name], strings.Join(failures, "\n\t"))
		}
	}
	t.Logf("%d of %d files hold, %d of %d facts", held, len(files), factsHeld, facts)
	if held < 155 {
		t.Errorf("%d files hold, want 156", held)
	}
}

// compareFile reads a file and returns how many facts were compared and which do
// not hold.
func compareFile(t *testing.T, path string, want expectedFile) (facts int, failures []string) {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var got []*contact.Contact
	check := func(what string, got, want any) {
		facts++
		if g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want); g != w {
			failures = append(failures, fmt.Sprintf("%s: got %s, want %s", what, g, w))
		}
	}
	for c, err := range NewDecoder(f).All() {
		if err != nil {
			t.Logf("\t%s: %v", filepath.Base(path), err)
			continue
		}
		for _, loss := range c.Unread {
			t.Logf("\t%s: %v: %v", filepath.Base(path), c.At, loss)
		}
		got = append(got, c)
		for _, o := range everyForm() {
			for _, fault := range identityFaults(c, o) {
				failures = append(failures, "writing it for "+o.String()+" and reading it: "+fault)
			}
		}
	}
	check("cards", len(got), len(want.Cards))
	for i := range min(len(got), len(want.Cards)) {
		compareCard(func(what string, g, w any) { check(fmt.Sprintf("card %d: %s", i+1, what), g, w) }, got[i], &want.Cards[i])
	}
	return facts, failures
}

func compareCard(check func(what string, got, want any), c *contact.Contact, want *expectedCard) {
	agreed := func(what string) bool { return !slices.Contains(want.SabreDisagrees, what) }
	if agreed("fn") && (len(want.FN) > 0 || c.Name.Display != "") && (len(want.FN) == 0 || want.FN[0] != want.UID) {
		check("fn", c.Name.Display, first(want.FN))
	}
	if want.N != nil && agreed("n") {
		check("family", c.Name.Family, deref(want.N.Family))
		check("given", c.Name.Given, deref(want.N.Given))
		check("middle", c.Name.Middle, joinItems(want.N.Additional, " "))
		check("prefix", c.Name.Prefix, joinItems(want.N.Prefixes, " "))
		check("suffix", c.Name.Suffix, joinItems(want.N.Suffixes, ", "))
	}
	check("nickname", c.Name.Nickname, first(want.Nicknames))
	if agreed("emails") {
		check("emails", values(c.Emails, func(e contact.Email) string { return e.Address }), expectedValues(want.Emails, "mailto:"))
	}
	if agreed("phones") {
		check("phones", values(c.Phones, func(p contact.Phone) string { return p.Number }), expectedValues(want.Phones, "tel:"))
	}
	if agreed("notes") {
		check("notes", strings.TrimSpace(c.Notes), strings.TrimSpace(unixLines(joinItems(want.Notes, "\n\n"))))
	}
	check("title", c.Organization.Title, first(want.Titles))
	if len(want.Org) > 0 && agreed("org") {
		o := c.Organization
		org := append([]string{o.Company, o.Department}, o.Units...)
		check("org", compact(org), compact(want.Org[0]))
	}
	if agreed("categories") {
		check("categories", compact(c.Categories), compact(want.Categories))
	}
	check("urls", values(c.Websites, func(w contact.Website) string { return w.URL }), compact(want.URLs))
	comparePhotos(check, c, want)
	if agreed("bday") {
		compareBirthday(check, c, want.BDay)
	}
	if want.UID != "" {
		check("uid", c.UID, want.UID)
	}
}

func compareBirthday(check func(what string, got, want any), c *contact.Contact, want *string) {
	got := c.Birthday.String()
	for _, x := range c.Extra {
		if x.Name == "BDAY" && x.Value != "" && got == "" {
			got = value(x.Value)
		}
	}
	text := deref(want)
	if d, err := contact.ParseDate(text); err == nil {
		text = d.String()
	}
	check("bday", got, text)
}

// comparePhotos compares the first photo: the model has one.
func comparePhotos(check func(what string, got, want any), c *contact.Contact, want *expectedCard) {
	if !slices.Contains(want.SabreDisagrees, "photos") {
		check("has photo", c.Photo != nil, len(want.Photos) > 0)
	}
	if len(want.Photos) == 0 || c.Photo == nil {
		return
	}
	p := want.Photos[0]
	if p.URL == "" && p.Bytes == 0 {
		return // the other parser could not decode it
	}
	if p.URL != "" {
		check("photo url", c.Photo.URL, p.URL)
		return
	}
	sum := sha256.Sum256(c.Photo.Data)
	check("photo bytes", len(c.Photo.Data), p.Bytes)
	check("photo hash", hex.EncodeToString(sum[:]), p.SHA256)
}

func first(all []string) string {
	for _, s := range all {
		if s = strings.TrimSpace(unixLines(s)); s != "" {
			return s
		}
	}
	return ""
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return strings.TrimSpace(unixLines(*s))
}

func unixLines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func compact(all []string) []string {
	kept := []string{}
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

func joinItems(all []string, sep string) string {
	var kept []string
	for _, s := range all {
		if strings.TrimSpace(s) != "" {
			kept = append(kept, unixLines(s))
		}
	}
	return strings.TrimSpace(strings.Join(kept, sep))
}

func values[T any](all []T, of func(T) string) []string {
	var texts []string
	for _, v := range all {
		texts = append(texts, of(v))
	}
	return compact(texts)
}

func expectedValues(all []expectedValue, scheme string) []string {
	return values(all, func(v expectedValue) string { return strings.TrimPrefix(v.Value, scheme) })
}
