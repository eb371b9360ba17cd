package contact_test

import (
	"testing"

	"github.com/cardferry/cardferry/contact"
)

func TestNewPhoto(t *testing.T) {
	tests := []struct{ name, data, mediaType, extension string }{
		{"JPEG", "\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", ".jpg"},
		{"PNG", "\x89PNG\r\n\x1a\n", "image/png", ".png"},
		{"GIF", "GIF89a", "image/gif", ".gif"},
		{"WebP", "RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", ".webp"},
		{"BMP", "BM\x00\x00", "image/bmp", ".bmp"},
		{"HEIC", "\x00\x00\x00\x18ftypheic\x00", "image/heic", ".heic"},
		{"AVIF", "\x00\x00\x00\x18ftypavif\x00", "image/avif", ".avif"},
		{"a film", "\x00\x00\x00\x18ftypmp42\x00", "application/octet-stream", ".bin"},
		{"a page", "<html><script>", "application/octet-stream", ".bin"},
		{"cut short", "\x00\x00\x00\x18ftyp", "application/octet-stream", ".bin"},
		{"nothing", "", "application/octet-stream", ".bin"},
	}
	for _, test := range tests {
		p := contact.NewPhoto([]byte(test.data))
		if p.MediaType != test.mediaType || p.Extension() != test.extension || len(p.SHA256) != 64 {
			t.Errorf("%s: %s, %s, hash %q", test.name, p.MediaType, p.Extension(), p.SHA256)
		}
	}
	if got := (&contact.Photo{}).Extension(); got != ".jpg" {
		t.Errorf("a photo of unknown type has the extension %s", got)
	}
}
