package sandbox

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
)

const samplePhotoSide = 96

// samplePhoto draws the n-th picture: a gradient with a symmetric block
// pattern like that of default avatars. It depends on seed and n alone, and no
// two are the same.
func samplePhoto(seed, n uint64) ([]byte, error) {
	random := rand.New(rand.NewPCG(seed, n))
	const side = samplePhotoSide
	img := image.NewYCbCr(image.Rect(0, 0, side, side), image.YCbCrSubsampleRatio420)
	pattern, base := random.Uint64()|1, uint8(60+random.IntN(60))
	for y := range side {
		for x := range side {
			level := base + uint8((x+y)/4)
			column := min(x, side-1-x) / 12
			if pattern>>(column+y/12*4)&1 == 1 {
				level += 70
			}
			img.Y[y*img.YStride+x] = level
		}
	}
	cb, cr := uint8(random.Uint32()), uint8(random.Uint32())
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = cb, cr
	}
	for bit := range 24 { // the number itself, as a row of dots, makes pictures differ
		if n>>bit&1 == 1 {
			img.Y[(side-2)*img.YStride+4*bit+1] ^= 0x80
		}
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80})
	return out.Bytes(), err
}
