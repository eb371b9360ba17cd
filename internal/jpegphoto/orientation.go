package jpegphoto

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation says how the stored rows and columns of a picture are to be shown: the
// value of the Exif tag Orientation, 1 to 8 (Exif 2.32, 4.6.4 A). Cameras store a picture
// as the sensor lies. 1 is as it is stored.
type orientation int

const asStored orientation = 1

// orientationOf reads the orientation from the Exif data of a JPEG image; it is asStored
// where there is none that makes sense.
func orientationOf(data []byte) orientation {
	// A JPEG is FF D8, and then segments: FF, a kind, and a length that counts itself.
	rest, ok := bytes.CutPrefix(data, []byte{0xFF, 0xD8})
	for ok && len(rest) >= 4 && rest[0] == 0xFF {
		kind := rest[1]
		if kind == 0xFF { // it fills up
			rest = rest[1:]
			continue
		}
		end := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if kind == 0xDA || end < 4 || end > len(rest) { // 0xDA: the picture begins
			break
		}
		if tiff, is := bytes.CutPrefix(rest[4:end], []byte("Exif\x00\x00")); is && kind == 0xE1 {
			return orientationIn(tiff)
		}
		rest = rest[end:]
	}
	return asStored
}

// orientationIn reads the tag 0x0112 from the first directory of TIFF data (TIFF 6.0,
// section 2).
func orientationIn(tiff []byte) orientation {
	if len(tiff) < 8 {
		return asStored
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return asStored
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			break
		}
		const tag, short = 0x0112, 3
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := orientation(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			break
		}
		entries = entries[12:]
	}
	return asStored
}

// upright returns the image as it is to be shown.
func (o orientation) upright(img *image.RGBA) *image.RGBA {
	if o == asStored {
		return img
	}
	width, height := img.Rect.Dx(), img.Rect.Dy()
	if o >= 5 { // rows are columns
		width, height = height, width
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			to.SetRGBA(x, y, img.RGBAAt(o.stored(x, y, width, height)))
		}
	}
	return to
}

// stored returns where the pixel is stored that is shown at x, y of an image of that
// width and height.
func (o orientation) stored(x, y, width, height int) (int, int) {
	right, bottom := width-1-x, height-1-y
	switch o {
	case 2:
		return right, y
	case 3:
		return right, bottom
	case 4:
		return x, bottom
	case 5:
		return y, x
	case 6: // the top is on the right
		return y, right
	case 7:
		return bottom, right
	case 8:
		return bottom, x
	}
	return x, y
}
