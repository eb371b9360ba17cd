package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Photo is a contact's picture. What is set tells how far it has come:
//
//   - Data: the bytes are here.
//   - Path: the bytes are in a file beside the one that named it.
//   - URL: they are somewhere on the web, and are not fetched unless asked.
//   - none of them: the source has a photo, not fetched yet.
type Photo struct {
	Data      []byte `json:"data,omitempty"` // base64 in JSON
	Path      string `json:"path,omitzero"`  // relative, with forward slashes
	URL       string `json:"url,omitzero"`
	MediaType string `json:"mediaType,omitzero"`
	SHA256    string `json:"sha256,omitzero"` // hex, of Data
}

// NewPhoto returns a photo of the given bytes, its media type found by looking
// at them. Bytes that are no known image have the type application/octet-stream.
func NewPhoto(data []byte) *Photo {
	sum := sha256.Sum256(data)
	return &Photo{Data: data, MediaType: imageType(data), SHA256: hex.EncodeToString(sum[:])}
}

// imageType is http.DetectContentType, and what it does not know.
func imageType(data []byte) string {
	if len(data) > 12 && string(data[4:8]) == "ftyp" {
		switch string(data[8:12]) {
		case "heic", "heix", "mif1", "msf1":
			return "image/heic"
		case "avif":
			return "image/avif"
		}
	}
	t, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if !strings.HasPrefix(t, "image/") {
		return "application/octet-stream"
	}
	return t
}

// Extension returns the file extension of the photo's type, with its dot.
func (p *Photo) Extension() string {
	switch p.MediaType {
	case "image/jpeg", "":
		return ".jpg"
	case "image/png", "image/gif", "image/webp", "image/bmp", "image/heic", "image/avif":
		return "." + strings.TrimPrefix(p.MediaType, "image/")
	}
	return ".bin"
}

// samePhoto compares two photos as far as both are known.
func samePhoto(a, b *Photo) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.SHA256 != "" && b.SHA256 != "" {
		return a.SHA256 == b.SHA256
	}
	if a.URL != "" || b.URL != "" {
		return a.URL == b.URL
	}
	return true // one of the two is not fetched: both sides have a photo
}
