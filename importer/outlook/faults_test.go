package outlook

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/outlook"
	"github.com/cardferry/cardferry/importer"
	"github.com/cardferry/cardferry/internal/odata"
	"github.com/cardferry/cardferry/internal/sandbox"
)

func person() *contact.Contact {
	return &contact.Contact{Key: contact.KeyOf("person"), Name: contact.Name{Given: "Ana"}, Emails: []contact.Email{{Address: "ana@example.org"}}}
}

// TestTroubleIsJudged makes the first create go wrong.
func TestTroubleIsJudged(t *testing.T) {
	tests := []struct {
		faults string
		want   error
		stored int
	}{
		{"reset-after-write:#1", importer.ErrAmbiguous, 1},
		{"504:#2", importer.ErrAmbiguous, 1}, // the second request is the create: the first reads the folder
		{"reset-before:#2", importer.ErrAmbiguous, 0},
		{"500:#2", importer.ErrAmbiguous, 0},
		{"429:#2", importer.ErrTemporary, 0},
		{"token-expired:#2", odata.ErrSignIn, 0},
	}
	for _, test := range tests {
		t.Run(test.faults, func(t *testing.T) {
			c := client(t, service(t, test.faults), outlook.GraphV1)
			link, err := c.Link([]string{"contactFolders", odata.DefaultFolder})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Get(t.Context(), link); err != nil {
				t.Fatal(err)
			}
			sink := New(c)
			_, err = sink.Create(t.Context(), odata.DefaultFolder, person())
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			found, err := sink.FindKey(t.Context(), person().Key)
			if err != nil || len(found) != test.stored {
				t.Errorf("%d contacts of that key, want %d, error %v", len(found), test.stored, err)
			}
		})
	}
}

// TestFolderIsCreatedOnce loses the answer of the request that creates it.
func TestFolderIsCreatedOnce(t *testing.T) {
	for _, faults := range []string{"", "reset-after-write:#1"} {
		c := client(t, service(t, faults), outlook.GraphV1)
		id, err := New(c).EnsureFolder(t.Context(), "New")
		if err != nil {
			t.Fatal(err)
		}
		other, err := New(c).EnsureFolder(t.Context(), "NEW") // as the service compares names
		if err != nil || other != id {
			t.Errorf("%q: a second folder %q beside %q, error %v", faults, other, id, err)
		}
	}
}

// TestFolderIsThereMeanwhile has somebody else create the folder first.
func TestFolderIsThereMeanwhile(t *testing.T) {
	server := service(t, "")
	ours, theirs := New(client(t, server, outlook.GraphV1)), New(client(t, server, outlook.OutlookBeta))
	if _, err := ours.EnsureFolder(t.Context(), ""); err != nil { // reads the tree
		t.Fatal(err)
	}
	want, err := theirs.EnsureFolder(t.Context(), "A/B")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ours.EnsureFolder(t.Context(), "A/B"); err != nil || got == "" {
		t.Errorf("folder %q, want %q, error %v", got, want, err)
	}
	if tree, err := client(t, server, outlook.GraphV1).Folders(t.Context()); err != nil || len(tree) != 3 {
		t.Errorf("folders %v, error %v", tree, err)
	}
}

func TestRejected(t *testing.T) {
	sink := New(client(t, service(t, ""), outlook.GraphV1))
	if _, err := sink.Create(t.Context(), "no such folder", person()); !errors.Is(err, importer.ErrRejected) {
		t.Errorf("no such folder: %v", err)
	}
	if _, err := sink.Create(t.Context(), "", person()); err == nil {
		t.Error("an empty folder id is no error")
	}
}

func TestLargePhotoIsMadeSmaller(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 1400, 1400))
	for i := range img.Pix { // noise, which no format makes small
		img.Pix[i] = byte(i * i >> 3)
	}
	for i := 0; i < len(img.Pix); i += 4 {
		img.SetRGBA(i/4%1400, i/4/1400, color.RGBA{byte(i * 7), byte(i / 3), byte(i*i>>5 ^ i), 255})
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if b.Len() <= maxPhoto {
		t.Fatalf("the photo of %d bytes is no large one", b.Len())
	}
	sink := New(client(t, service(t, ""), outlook.GraphV1))
	stored, err := sink.Create(t.Context(), odata.DefaultFolder, person())
	if err != nil {
		t.Fatal(err)
	}
	sent, err := sink.SetPhoto(t.Context(), stored.Contact.Ref(), contact.NewPhoto(b.Bytes()))
	if err != nil || len(sent.Data) > maxPhoto || sent.MediaType != "image/jpeg" {
		t.Fatalf("sent %v, error %v", sent, err)
	}
	if got, err := sink.Photo(t.Context(), stored.Contact.ID); err != nil || got.SHA256 != sent.SHA256 {
		t.Errorf("another photo is stored, error %v", err)
	}
}

// TestErrorsHoldNoPersonalData sends what the service refuses, with a message that
// repeats it.
func TestErrorsHoldNoPersonalData(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := odata.NewClient(http.DefaultClient, odata.Account{BaseURL: "http://127.0.0.1:1/v1.0", User: "ana@example.org", Name: "work"})
	if err != nil {
		t.Fatal(err)
	}
	for _, ctx := range []context.Context{ctx, t.Context()} {
		_, err = New(c).Create(ctx, odata.DefaultFolder, person())
		if err == nil || bytes.Contains([]byte(err.Error()), []byte("example.org")) || bytes.Contains([]byte(err.Error()), []byte("Ana")) {
			t.Errorf("error %v", err)
		}
	}
	if !errors.Is(err, importer.ErrTemporary) {
		t.Errorf("a refused connection: %v, want ErrTemporary", err)
	}
}

// TestAddressGoes takes an address away, whichever way of saying so the service
// understands.
func TestAddressGoes(t *testing.T) {
	for _, quirks := range []string{"", "address-null-ignored"} {
		for _, d := range outlook.Dialects() {
			box, err := sandbox.Open(sandbox.Options{Quirks: quirks})
			if err != nil {
				t.Fatal(err)
			}
			defer box.Close()
			server := httptest.NewServer(box)
			defer server.Close()
			sink := New(client(t, server, d))
			c := person()
			c.Addresses = []contact.Address{{Type: contact.Home, City: "Lund", Street: "A 1"}, {Type: contact.Work, City: "Ystad"}}
			stored, err := sink.Create(t.Context(), odata.DefaultFolder, contact.Normalize(c))
			if err != nil {
				t.Fatal(err)
			}
			without := stored.Contact.Clone()
			without.Addresses = without.Addresses[1:]
			now, err := sink.Update(t.Context(), stored.Contact.Ref(), contact.Patch{Old: stored.Contact, New: without, Fields: []contact.Field{"addresses"}})
			if err != nil || len(now.Losses) > 0 || len(now.Contact.Addresses) != 1 {
				t.Errorf("%s, %q: %v, losses %v, error %v", d, quirks, now.Contact, now.Losses, err)
			}
		}
	}
}
