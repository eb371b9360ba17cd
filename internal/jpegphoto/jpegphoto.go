// Package jpegphoto makes JPEG images of a limited size of pictures in other
// formats.
package jpegphoto

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // decoded by image.Decode
	"image/jpeg"
	_ "image/png"
	"sort"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// Errors of Fit. Neither says anything about the picture.
var (
	ErrNotAnImage = errors.New("not an image of a known format")
	ErrTooLarge   = errors.New("an image of more pixels than are worked on")
)

// maxPixels is the size beyond which an image is not decoded: 100 million pixels
// take 400 MB.
const maxPixels = 100 << 20

// attempts are sizes and qualities of which the largest that fits is taken: each gives
// some two thirds of the bytes of the one before. A photo of a contact is looked at in some hundred pixels.
var attempts = []struct{ side, quality int }{
	{2048, 90}, {1664, 88}, {1344, 86}, {1088, 85}, {896, 84}, {720, 82}, {592, 80}, {480, 80},
	{400, 78}, {320, 76}, {256, 75}, {208, 75}, {168, 72}, {128, 70}, {96, 70},
}

// Fit returns data as a JPEG image of at most limit bytes. A JPEG that is one
// already is returned as it is. Others (PNG, GIF, WebP, BMP, a JPEG too large) are
// decoded, turned as their Exif data say, laid on white, made no larger than 2048 pixels
// a side, and as much smaller as makes them fit. The same data gives the same bytes.
func Fit(data []byte, limit int) ([]byte, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, ErrNotAnImage
	}
	if format == "jpeg" && len(data) <= limit {
		return data, nil
	}
	img, err := decode(data, config)
	if err != nil {
		return nil, err
	}
	turned := orientationOf(data)
	made := make([][]byte, len(attempts))
	largest := sort.Search(len(attempts), func(i int) bool {
		var b bytes.Buffer
		err = errors.Join(err, jpeg.Encode(&b, turned.upright(scaled(img, attempts[i].side)), &jpeg.Options{Quality: attempts[i].quality}))
		made[i] = b.Bytes()
		return b.Len() <= limit
	})
	switch {
	case err != nil:
		return nil, ErrNotAnImage
	case largest < len(attempts):
		return made[largest], nil
	}
	return nil, ErrTooLarge
}

// Thumbnail returns data as a small JPEG image, at most side pixels a side.
func Thumbnail(data []byte, side int) ([]byte, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, ErrNotAnImage
	}
	img, err := decode(data, config)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, orientationOf(data).upright(scaled(img, side)), &jpeg.Options{Quality: 82}); err != nil {
		return nil, ErrNotAnImage
	}
	return b.Bytes(), nil
}

// decode reads an image unless it is too large to be worked on.
func decode(data []byte, config image.Config) (image.Image, error) {
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, ErrTooLarge
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrNotAnImage
	}
	return img, nil
}

// scaled returns the image on white, its longer side at most side pixels.
func scaled(img image.Image, side int) *image.RGBA {
	from := img.Bounds()
	width, height := from.Dx(), from.Dy()
	if longer := max(width, height); longer > side {
		width, height = max(1, width*side/longer), max(1, height*side/longer)
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(to, to.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if width == from.Dx() && height == from.Dy() {
		draw.Draw(to, to.Bounds(), img, from.Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(to, to.Bounds(), img, from, draw.Over, nil)
	}
	return to
}
