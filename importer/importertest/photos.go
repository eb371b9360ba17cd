package importertest

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/importer"
)

func testPhotos(t *testing.T, a Account) {
	sink, ok := a.Sink.(importer.PhotoSink)
	if !ok {
		t.Skip("not a PhotoSink")
	}
	stored := create(t, a, folder(t, a, ""), person(1)).Contact
	for _, data := range [][]byte{picture(t, 1, false), picture(t, 2, false), picture(t, 3, true)} {
		p := contact.NewPhoto(data)
		sent, err := sink.SetPhoto(t.Context(), stored.Ref(), p)
		if err != nil {
			t.Fatal(err)
		}
		if form := sink.PhotoForm(p); sent == nil || form.SHA256 != sent.SHA256 {
			t.Fatalf("a photo was sent in another form than was foretold")
		}
		if reader, ok := a.Sink.(importer.PhotoReader); ok {
			if got, err := reader.Photo(t.Context(), stored.ID); err != nil || got == nil || got.SHA256 != sent.SHA256 {
				t.Errorf("the photo that was set is not there: %v, error %v", got != nil, err)
			}
		}
	}
	if remover, ok := a.Sink.(importer.PhotoRemover); ok {
		for range 2 { // the second time there is none
			if err := remover.RemovePhoto(t.Context(), stored.Ref()); err != nil {
				t.Fatal(err)
			}
		}
		got := held(t, a)[stored.ID]
		if got.Photo != nil {
			t.Error("a photo that was removed is there")
		}
		kept(t, a, got, person(1), "")
	}
	if _, err := sink.SetPhoto(t.Context(), stored.Ref(), contact.NewPhoto([]byte("no picture"))); !errors.Is(err, importer.ErrRejected) {
		t.Errorf("what is no picture: %v, want ErrRejected", err)
	}
	if _, err := sink.SetPhoto(t.Context(), stored.Ref(), &contact.Photo{}); !errors.Is(err, importer.ErrRejected) {
		t.Errorf("a photo without data: %v, want ErrRejected", err)
	}
	if _, err := sink.SetPhoto(t.Context(), contact.Ref{ID: "no such contact"}, contact.NewPhoto(picture(t, 1, false))); !errors.Is(err, importer.ErrRejected) {
		t.Errorf("a contact that is gone: %v, want ErrRejected", err)
	}
	if reader, ok := a.Sink.(importer.PhotoReader); ok {
		bare := create(t, a, folder(t, a, ""), person(2)).Contact
		if got, err := reader.Photo(t.Context(), bare.ID); got != nil || err != nil {
			t.Errorf("a contact without a photo: %v, %v", got != nil, err)
		}
	}
}

// picture returns a small JPEG or PNG, another one for every number.
func picture(t *testing.T, number int, asPNG bool) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range img.Pix {
		img.SetGray(i%16, i/16, color.Gray{Y: uint8(i*7 + number*31)})
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, nil)
	if asPNG {
		b.Reset()
		err = png.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
