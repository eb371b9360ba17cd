package jpegphoto

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"
)

// exif returns a JPEG image with an orientation in front of it.
func exif(t *testing.T, img image.Image, order binary.AppendByteOrder, o uint16) []byte {
	t.Helper()
	whole := encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 95}) })
	tiff := []byte("MM\x00*")
	if order == binary.LittleEndian {
		tiff = []byte("II*\x00")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2) // entries
	for _, e := range [][2]uint16{{0x0100, 9}, {0x0112, o}} {
		tiff = order.AppendUint16(tiff, e[0])
		tiff = order.AppendUint16(tiff, 3) // SHORT
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(order.AppendUint16(tiff, e[1]), 0)
	}
	tiff = order.AppendUint32(tiff, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	head := []byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 'J', 'F', 0xFF, 0xE1} // another segment comes first
	head = binary.BigEndian.AppendUint16(head, uint16(2+len(segment)))
	return append(append(head, segment...), whole[2:]...)
}

// TestOrientation: a picture that is made smaller is shown as the one that it is made of,
// whose first row and first column are where the Exif data say.
func TestOrientation(t *testing.T) {
	// Red is where the first row and the first column meet, green the rest of the first
	// row, and blue the rest of the first column.
	const width, height = 240, 160
	stored := image.NewRGBA(image.Rect(0, 0, width, height))
	fill := func(x0, y0, x1, y1 int, c color.RGBA) {
		draw.Draw(stored, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
	}
	fill(0, 0, width, height, color.RGBA{255, 255, 255, 255})
	fill(0, 0, width, height/2, color.RGBA{0, 255, 0, 255})
	fill(0, 0, width/2, height, color.RGBA{0, 0, 255, 255})
	fill(0, 0, width/2, height/2, color.RGBA{255, 0, 0, 255})
	name := func(c color.Color) byte {
		r, g, b, _ := c.RGBA()
		switch high := [3]bool{r > 0x8000, g > 0x8000, b > 0x8000}; high {
		case [3]bool{true, false, false}:
			return 'R'
		case [3]bool{false, true, false}:
			return 'G'
		case [3]bool{false, false, true}:
			return 'B'
		}
		return 'w'
	}
	// What is at top left, top right, bottom left, bottom right, by where the first row
	// and the first column are to be seen.
	for o, want := range map[uint16]string{
		0: "RGBw", 1: "RGBw", // top, left
		2: "GRwB", // top, right
		3: "wBGR", // bottom, right
		4: "BwRG", // bottom, left
		5: "RBGw", // left, top
		6: "BRwG", // right, top
		7: "wGBR", // right, bottom
		8: "GwRB", // left, bottom
		9: "RGBw",
	} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			data := exif(t, stored, order, o)
			small, err := Fit(data, len(data)-1)
			thumb, thumbErr := Thumbnail(data, 60)
			if err != nil || thumbErr != nil {
				t.Fatal(err, thumbErr)
			}
			for _, made := range [][]byte{small, thumb} {
				img, err := jpeg.Decode(bytes.NewReader(made))
				if err != nil {
					t.Fatal(err)
				}
				w, h := img.Bounds().Dx(), img.Bounds().Dy()
				got := string([]byte{name(img.At(w/8, h/8)), name(img.At(w*7/8, h/8)), name(img.At(w/8, h*7/8)), name(img.At(w*7/8, h*7/8))})
				if got != want || (w < h) != (o >= 5 && o <= 8) {
					t.Errorf("orientation %d, %v: %s, %d x %d, want %s", o, order, got, w, h, want)
				}
			}
		}
	}
}

// TestDamagedExif: data that breaks off anywhere is no reason to fail.
func TestDamagedExif(t *testing.T) {
	data := exif(t, image.NewRGBA(image.Rect(0, 0, 8, 8)), binary.BigEndian, 6)
	for n := range data {
		orientationOf(data[:n])
	}
	for i := range min(len(data), 80) {
		bad := bytes.Clone(data)
		bad[i] ^= 0xFF
		orientationOf(bad)
	}
}
