package jpegphoto

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/bmp"
)

// noise is a picture that no format makes small.
func noise(width, height int) *image.RGBA {
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = byte(rng.Uint32())
	}
	return img
}

func encoded(t *testing.T, encode func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp1x1 is a WebP image of one pixel.
const webp1x1 = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

func TestFit(t *testing.T) {
	small := noise(20, 10)
	asJPEG := func(img image.Image) []byte {
		return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 100}) })
	}
	webp, err := base64.StdEncoding.DecodeString(webp1x1)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name          string
		data          []byte
		limit         int
		width, height int
		same          bool
	}{
		{"JPEG", asJPEG(small), 1 << 20, 20, 10, true},
		{"PNG", encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, small) }), 1 << 20, 20, 10, false},
		{"GIF", encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, small, nil) }), 1 << 20, 20, 10, false},
		{"BMP", encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, small) }), 1 << 20, 20, 10, false},
		{"WebP", webp, 1 << 20, 1, 1, false},
		{"large JPEG", asJPEG(noise(800, 400)), 100 << 10, 592, 296, false},
		{"very wide", encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, noise(5000, 2)) }), 1 << 20, 2048, 1, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Fit(test.data, test.limit)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(got, test.data) != test.same || len(got) > test.limit {
				t.Errorf("%d bytes, the same as before: %t", len(got), bytes.Equal(got, test.data))
			}
			config, err := jpeg.DecodeConfig(bytes.NewReader(got))
			if err != nil || config.Width != test.width || config.Height != test.height {
				t.Errorf("%d x %d, error %v, want %d x %d", config.Width, config.Height, err, test.width, test.height)
			}
			if again, err := Fit(test.data, test.limit); err != nil || !bytes.Equal(again, got) {
				t.Errorf("another result the second time, error %v", err)
			}
		})
	}
}

func TestTransparencyIsWhite(t *testing.T) {
	data := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, image.NewNRGBA(image.Rect(0, 0, 8, 8))) })
	got, err := Fit(data, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if c := color.GrayModel.Convert(img.At(4, 4)).(color.Gray); c.Y < 250 {
		t.Errorf("grey value %d, want white", c.Y)
	}
}

func TestFitRefuses(t *testing.T) {
	whole := encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, noise(50, 50)) })
	// The size of a PNG stands at byte 16; its checksum follows the header.
	tests := []struct {
		name  string
		data  []byte
		limit int
		want  error
	}{
		{"nothing", nil, 1 << 20, ErrNotAnImage},
		{"text", []byte("BEGIN:VCARD"), 1 << 20, ErrNotAnImage},
		{"half an image", whole[:len(whole)/2], 1 << 20, ErrNotAnImage},
		{"no room at all", whole, 10, ErrTooLarge},
		{"a bomb", append([]byte("GIF89a\xff\xff\xff\xff\x00\x00\x00"), make([]byte, 20)...), 1 << 20, ErrTooLarge},
	}
	for _, test := range tests {
		if _, err := Fit(test.data, test.limit); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}
