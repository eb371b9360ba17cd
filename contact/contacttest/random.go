// Package contacttest helps to test whatever turns contacts into something else:
// [Random] makes contacts that are hard to carry, [Equal] says readably what did
// not arrive.
package contacttest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"time"

	"github.com/cardferry/cardferry/contact"
)

// Random returns a contact in which every field is filled, with values that are
// legal, normalised and as awkward as real ones get: all scripts, emoji, text from
// right to left, separators and quotes of every format, line breaks in notes,
// streets and labels, dates without a year, several items in every list, types of
// the user's own, parameters, properties from every origin, a photo with its data.
//
// The same state of rng gives the same contact. Bookkeeping is filled as well (uid,
// id, version, key, folder, times in UTC to the second); At and Unread are not.
func Random(rng *rand.Rand) *contact.Contact {
	g := &generator{rng}
	created := g.time()
	return contact.Normalize(&contact.Contact{
		UID:          g.uid(),
		ID:           contact.ID("AAMkAG" + g.hex(24) + "-_Z="),
		Version:      `W/"EQAAAB` + g.hex(16) + `"`,
		Key:          g.hex(32),
		Folder:       g.folder(),
		Created:      created,
		Modified:     created.Add(time.Duration(g.IntN(1e6)) * time.Second),
		Name:         g.name(),
		Organization: g.organization(),
		Emails:       g.emails(),
		Phones:       g.phones(),
		Addresses:    g.addresses(),
		Websites:     g.websites(),
		IMs:          g.ims(),
		Birthday:     g.date(),
		Anniversary:  g.date(),
		Relations:    g.relations(),
		Notes:        g.notes(),
		Categories:   g.distinct(g.between(2, 4), g.line),
		Gender:       g.pick("male", "female", "other", "none", "unknown", g.line()),
		Favorite:     true,
		Flag:         g.flag(),
		Photo:        g.photo(),
		Extra:        g.extras(),
	})
}

// Sparse returns a [Random] contact in which about half of the fields, chosen by
// chance, are empty.
func Sparse(rng *rand.Rand) *contact.Contact {
	c := Random(rng)
	for _, f := range contact.Fields() {
		if rng.IntN(2) == 0 {
			c.Set(f, &contact.Contact{})
		}
	}
	return c
}

// generator makes the parts of a contact.
type generator struct{ *rand.Rand }

// between returns a number from low to high, both included.
func (g *generator) between(low, high int) int { return low + g.IntN(high-low+1) }

func (g *generator) pick(choices ...string) string { return choices[g.IntN(len(choices))] }

func (g *generator) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[g.IntN(16)]
	}
	return string(b)
}

// distinct returns n different results of next.
func (g *generator) distinct(n int, next func() string) []string {
	seen := map[string]bool{}
	var texts []string
	for len(texts) < n {
		if s := next(); !seen[s] {
			seen[s] = true
			texts = append(texts, s)
		}
	}
	return texts
}

func (g *generator) uid() string {
	uuid := fmt.Sprintf("%s-%s-4%s-a%s-%s", g.hex(8), g.hex(4), g.hex(3), g.hex(3), g.hex(12))
	return g.pick("urn:uuid:"+uuid, uuid, "040000008200E00074C5B7101A82E008"+g.hex(16), "https://example.org/people/"+uuid+"?a=1,2;b#c")
}

func (g *generator) folder() contact.FolderPath {
	var path contact.FolderPath
	for range g.between(1, 3) {
		path = path.Child(g.line())
	}
	return path
}

func (g *generator) name() contact.Name {
	return contact.Name{
		Display: g.line(), Prefix: g.pick("Dr.", "Prof. Dr.", "Frau", g.line()), Given: g.line(), Middle: g.line(),
		Family: g.line(), Suffix: g.pick("Jr.", "M.D., Ph.D.", g.line()), Nickname: g.line(),
		Initials: g.pick("J.S.", "Å.É.", g.word()), FileAs: g.line(),
		PhoneticGiven: g.line(), PhoneticMiddle: g.line(), PhoneticFamily: g.line(),
	}
}

func (g *generator) organization() contact.Organization {
	return contact.Organization{
		Company: g.line(), PhoneticCompany: g.line(), Department: g.line(), Units: g.distinct(g.between(1, 3), g.line),
		Title: g.line(), Profession: g.line(), Office: g.line(), Manager: g.line(), Assistant: g.line(),
	}
}

var dates = []contact.Date{
	{Year: 1974, Month: 7, Day: 22}, {Year: 2000, Month: 2, Day: 29}, {Year: 1899, Month: 12, Day: 31},
	{Month: 2, Day: 29}, {Month: 12, Day: 31}, {Month: 1, Day: 1}, {Year: 1969, Month: 12}, {Year: 1948},
}

// date returns a date, in one case of two a full one.
func (g *generator) date() contact.Date {
	if g.IntN(2) == 0 {
		return contact.Date{Year: g.between(1890, 2030), Month: g.between(1, 12), Day: g.between(1, 28)}
	}
	return dates[g.IntN(len(dates))]
}

func (g *generator) time() time.Time {
	return time.Date(g.between(1999, 2029), time.Month(g.between(1, 12)), g.between(1, 28), g.IntN(24), g.IntN(60), g.IntN(60), 0, time.UTC)
}

func (g *generator) flag() contact.Flag {
	start := g.time()
	f := contact.Flag{Status: contact.Flagged, Start: start, Due: start.Add(time.Duration(g.between(1, 90)) * 24 * time.Hour)}
	if g.IntN(2) == 0 {
		f.Status, f.Completed = contact.Complete, f.Due.Truncate(24*time.Hour)
	}
	return f
}

// photo returns a small picture of one colour in one of the usual formats.
func (g *generator) photo() *contact.Photo {
	shade := color.RGBA{uint8(g.IntN(256)), uint8(g.IntN(256)), uint8(g.IntN(256)), 255}
	m := image.NewPaletted(image.Rect(0, 0, g.between(1, 9), g.between(1, 9)), color.Palette{shade, color.Black})
	var b bytes.Buffer
	var err error
	switch g.IntN(3) {
	case 0:
		err = png.Encode(&b, m)
	case 1:
		err = gif.Encode(&b, m, nil)
	default:
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		panic(err) // a buffer takes every picture
	}
	return contact.NewPhoto(b.Bytes())
}
