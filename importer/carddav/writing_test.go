package carddav

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/dav"
	"github.com/cardferry/cardferry/internal/dav/davtest"
)

func withExtra() *contact.Contact {
	c := people(1)[0]
	c.Extra = []contact.Extra{{Origin: "vcard", Name: "X-FOO", Value: "a;b;c"}}
	return c
}

// open opens a server's account, and its default book.
func open(t *testing.T, server *davtest.Server) (*Sink, contact.FolderID) {
	t.Helper()
	s := New(client(t, signedIn(server.URL), dav.Provider{}))
	book, err := s.EnsureFolder(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return s, book
}

// TestAnswerLostBetweenTwoRequests: a card that was stored, and whose answer is lost, is
// completed as any other.
func TestAnswerLostBetweenTwoRequests(t *testing.T) {
	puts := 0
	server := davtest.New(t, davtest.Habits{Rewrites: davtest.Escaping("X-F"), Fault: func(_ int, r *http.Request) string {
		if r.Method == "PUT" {
			puts++
		}
		if r.Method == "PUT" && puts == 1 {
			return "reset-after"
		}
		return ""
	}})
	s, book := open(t, server)
	// The pacer repeats what net/http takes to be safe; what comes is the second answer.
	stored, err := s.Create(t.Context(), book, withExtra())
	if err != nil || stored.Contact.Extra[0].Value != "a;b;c" || len(stored.Contact.Extra) != 1 {
		t.Fatalf("%v: %v", err, stored.Contact)
	}
}

// TestResume: what a run that died between two requests has left is completed, unless
// somebody has added to it.
func TestResume(t *testing.T) {
	for _, edited := range []bool{false, true} {
		server := davtest.New(t, davtest.Habits{Rewrites: davtest.Escaping("X-F")})
		s, book := open(t, server)
		want := withExtra()
		w := &writing{sink: s, href: dav.CardHref(string(book), want.Key), want: prepared(want)}
		card, _, err := w.marshal(w.want)
		if err != nil {
			t.Fatal(err)
		}
		left := davtest.Escaping("X-F")(string(card))
		if edited {
			left = strings.Replace(left, "END:VCARD", "TITLE:Head\r\nEND:VCARD", 1)
		}
		server.Put("contacts", w.href[strings.LastIndexByte(w.href, '/')+1:], left)
		now, err := s.Resume(t.Context(), contact.Ref{ID: contact.ID(w.href)}, want)
		if err != nil {
			t.Fatal(err)
		}
		mended := now.Extra[0].Value == "a;b;c"
		if mended == edited || edited != (now.Organization.Title == "Head") {
			t.Errorf("edited %v: %v, title %q", edited, now.Extra, now.Organization.Title)
		}
		server.ResetCount()
		if _, err := s.Resume(t.Context(), now.Ref(), want); err != nil || !edited && server.Count("PUT") > 0 {
			t.Errorf("again: %v, %d PUTs", err, server.Count("PUT"))
		}
	}
}

// TestChangedBeforeItIsReadBack: what somebody else writes between a write and its
// reading back stands, and is named.
func TestChangedBeforeItIsReadBack(t *testing.T) {
	for name, h := range map[string]davtest.Habits{"with tags": {}, "without": {NoETagOnPut: true}, "rewriting": {Rewrites: davtest.Escaping("X-F")}} {
		t.Run(name, func(t *testing.T) {
			var server *davtest.Server
			h.Fault = func(_ int, r *http.Request) string {
				if r.Method != "REPORT" {
					return ""
				}
				for name, card := range server.Cards("contacts") {
					if !strings.Contains(card, "TITLE") {
						server.Put("contacts", name, strings.Replace(card, "END:VCARD", "TITLE:Promoted\r\nEND:VCARD", 1))
					}
				}
				return ""
			}
			server = davtest.New(t, h)
			s, book := open(t, server)
			stored, err := s.Create(t.Context(), book, withExtra())
			if err != nil {
				t.Fatal(err)
			}
			if stored.Contact.Organization.Title != "Promoted" || !slices.ContainsFunc(stored.Losses, func(l contact.Loss) bool {
				return l.Field == "organization.title" && strings.Contains(l.Reason, "meanwhile")
			}) {
				t.Errorf("title %q, losses %v", stored.Contact.Organization.Title, stored.Losses)
			}
			for _, card := range server.Cards("contacts") {
				if !strings.Contains(card, "TITLE:Promoted") {
					t.Errorf("the title is gone: %s", card)
				}
			}
		})
	}
}

// TestServerThatDropsWhatItDoesNotKnow: it shows in the first card, and is named; a second
// run has nothing to write.
func TestServerThatDropsWhatItDoesNotKnow(t *testing.T) {
	drops := func(card string) string {
		var kept []string
		for line := range strings.Lines(card) {
			if !strings.HasPrefix(line, "X-") {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "")
	}
	server := davtest.New(t, davtest.Habits{Rewrites: drops})
	for run := range 2 {
		s, book := open(t, server)
		if run == 1 { // as the index does
			if _, err := s.client.Multiget(t.Context(), &dav.Book{Href: string(book)}, []dav.Entry{{Href: dav.CardHref(string(book), withExtra().Key)}}); err != nil {
				t.Fatal(err)
			}
			_, now, _, err := s.read(t.Context(), contact.ID(dav.CardHref(string(book), withExtra().Key)))
			if err != nil {
				t.Fatal(err)
			}
			merged := contact.Merge(now, withExtra(), contact.Update)
			projected, losses := s.Project(merged)
			if patch := contact.NewPatch(now, projected); !patch.Empty() || len(losses) == 0 {
				t.Errorf("a second run would change %v; losses %v", patch.Fields, losses)
			}
			return
		}
		stored, err := s.Create(t.Context(), book, withExtra())
		if err != nil || len(stored.Losses) != 1 || stored.Losses[0].Field != "extra" || stored.Losses[0].Kind != contact.Dropped {
			t.Errorf("%v, losses %v", err, stored.Losses)
		}
		if server.Count("PUT") != 2 { // and one to see whether the server keeps to If-None-Match
			t.Errorf("%d PUTs", server.Count("PUT"))
		}
	}
}

// noise returns a PNG that no format makes small.
func noise(t *testing.T, size int) *contact.Photo {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, size, size))
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
	}
	for y := range size {
		img.Set(0, y, color.White)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return contact.NewPhoto(b.Bytes())
}

// TestPhotoWithinTheLimit: a photo has one form, whether it comes with its contact or
// later, and goes into the card that the server takes.
func TestPhotoWithinTheLimit(t *testing.T) {
	server := davtest.New(t, davtest.Habits{MaxCard: 100_000})
	s, book := open(t, server)
	c := people(1)[0]
	c.Photo = noise(t, 400)
	stored, err := s.Create(t.Context(), book, c)
	if err != nil || stored.Contact.Photo == nil {
		t.Fatalf("%v", err)
	}
	if form := s.PhotoForm(c.Photo); form.SHA256 != stored.Contact.Photo.SHA256 {
		t.Errorf("it was stored in %d bytes, and would now be sent in %d", len(stored.Contact.Photo.Data), len(form.Data))
	}
	big := people(2)[1]
	big.Notes = strings.Repeat("word ", 30_000)
	if _, err := s.Create(t.Context(), book, big); err == nil || !strings.Contains(err.Error(), "max-resource-size") || !isRejected(err) {
		t.Errorf("a card that is too large: %v", err)
	}
}

// TestNoRoom: a server without room says so for each card, and takes others later.
func TestNoRoom(t *testing.T) {
	server := davtest.New(t, davtest.Habits{Room: 1})
	s, book := open(t, server)
	all := people(2)
	if _, err := s.Create(t.Context(), book, all[0]); err != nil {
		t.Fatal(err)
	}
	_, err := s.Create(t.Context(), book, all[1])
	if err == nil || !strings.Contains(err.Error(), "507 quota-not-exceeded") || !isTemporary(err) {
		t.Errorf("no room: %v", err)
	}
	for name := range server.Cards("contacts") {
		server.Remove("contacts", name)
	}
	if _, err := s.Create(t.Context(), book, all[1]); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// TestVersion4: a new card is of version 4.0 where the server takes that, unless others
// would see less of it.
func TestVersion4(t *testing.T) {
	to3 := func(card string) string { return strings.Replace(card, "VERSION:4.0", "VERSION:3.0", 1) }
	cuts := func(card string) string { // Cyrus
		var lines []string
		skip := false
		for line := range strings.Lines(to3(card)) {
			if skip && strings.HasPrefix(line, " ") {
				continue
			}
			if skip = strings.HasPrefix(line, "PHOTO"); skip {
				line = "PHOTO:data:image/png\r\n"
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "")
	}
	for _, test := range []struct {
		name   string
		habits davtest.Habits
		want   string
	}{
		{"not advertised", davtest.Habits{}, "VERSION:3.0"},
		{"advertised", davtest.Habits{Advertises4: true}, "VERSION:4.0"},
		{"advertised, and told in the answer", davtest.Habits{Advertises4: true, Representation: true}, "VERSION:4.0"},
		{"photos cut for others", davtest.Habits{Advertises4: true, Shows3: cuts}, "VERSION:3.0"},
		{"photos cut for others, in the answer", davtest.Habits{Advertises4: true, Shows3: cuts, Representation: true}, "VERSION:3.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := davtest.New(t, test.habits)
			s, book := open(t, server)
			for i, c := range people(3) {
				c.Photo = noise(t, 20)
				c.Birthday = contact.Date{Month: 7, Day: 22}
				server.ResetCount()
				stored, err := s.Create(t.Context(), book, c)
				if err != nil || len(stored.Losses) > 0 || stored.Contact.Photo.SHA256 != c.Photo.SHA256 {
					t.Fatalf("%v, losses %v", err, stored.Losses)
				}
				if i > 0 && server.Count("PUT") != 1 {
					t.Errorf("%d PUTs for card %d", server.Count("PUT"), i)
				}
			}
			for name, card := range server.Cards("contacts") {
				if !strings.Contains(card, test.want) {
					t.Errorf("%s is not of %s", name, test.want)
				}
			}
		})
	}
}

func isRejected(err error) bool  { return errors.Is(err, importer.ErrRejected) }
func isTemporary(err error) bool { return errors.Is(err, importer.ErrTemporary) }
