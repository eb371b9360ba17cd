package vcard

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	gv "github.com/emersion/go-vcard"
)

var errTooLarge = fmt.Errorf("the photo has more than %d bytes", formats.MaxPhoto)

// readPhoto reads the first photo: base64, a data: URI or the address of one. The
// others are kept as they are. A photo that cannot be decoded is reported, and
// the contact goes through.
func readPhoto(r *cardReader, p *property) bool {
	raw := strings.TrimSpace(p.value)
	if raw == "" {
		return true
	}
	if r.c.Photo != nil {
		return false
	}
	photo, err := decodePhoto(p, raw)
	if err != nil {
		kind := contact.Dropped
		if photo != nil {
			kind = contact.Truncated
		}
		r.unread("photo", kind, fmt.Sprintf("line %d: %v", p.line, err))
	}
	if photo == nil {
		return true
	}
	r.c.Photo = photo
	bare := property{head: &head{group: p.group}}
	for _, q := range p.params {
		if q.name != gv.ParamType && q.name != gv.ParamMediaType {
			bare.params = append(bare.params, q)
		}
	}
	r.attach(gv.FieldPhoto, &bare, "")
	return true
}

// decodePhoto returns what it can of a photo, and what is wrong with it.
func decodePhoto(p *property, raw string) (*contact.Photo, error) {
	var data []byte
	var err error
	switch {
	case len(raw) > 5 && strings.EqualFold(raw[:5], "data:"):
		data, err = decodeDataURI(unescape(raw[5:]))
	case p.get(paramEncoding) != "b" && (isLink(p) || strings.Contains(raw, ":")):
		return &contact.Photo{URL: unescape(raw), MediaType: linkType(p)}, nil
	default:
		data, err = decodeBase64(raw)
	}
	if len(data) == 0 {
		return nil, err
	}
	return contact.NewPhoto(data), err
}

func isLink(p *property) bool {
	v := p.get(gv.ParamValue)
	return strings.EqualFold(v, "uri") || strings.EqualFold(v, "url")
}

// linkType returns the media type that a linked photo is said to have.
func linkType(p *property) string {
	if t := p.get(gv.ParamMediaType); t != "" {
		return t
	}
	t := strings.ToLower(p.get(gv.ParamType))
	if t == "" || strings.Contains(t, "/") {
		return t
	}
	return "image/" + t
}

// decodeDataURI decodes what follows "data:" (RFC 2397).
func decodeDataURI(s string) ([]byte, error) {
	head, body, ok := strings.Cut(s, ",")
	switch {
	case !ok:
		return nil, errors.New("the photo is no complete data: URI")
	case strings.HasSuffix(strings.ToLower(head), "base64"): // ";base64", and some forget the ";"
		return decodeBase64(body)
	case len(body) > 3*formats.MaxPhoto:
		return nil, errTooLarge
	}
	text, err := url.PathUnescape(body)
	if err != nil || text == "" {
		return nil, errors.New("the photo is no proper data: URI")
	}
	return []byte(text), nil
}

// errDamaged comes with the bytes of a photo whose end is damaged.
var errDamaged = errors.New("the photo's end is damaged")

// decodeBase64 decodes a photo. Blanks in it and missing padding are tolerated.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, " \t") {
		s = strings.NewReplacer(" ", "", "\t", "").Replace(s)
	}
	s = strings.TrimRight(s, "=")
	if base64.RawStdEncoding.DecodedLen(len(s)) > formats.MaxPhoto {
		return nil, errTooLarge
	}
	whole := s
	if len(s)%4 == 1 { // six bits are no byte
		whole = s[:len(s)-1]
	}
	data, err := base64.RawStdEncoding.DecodeString(whole)
	switch {
	case err != nil || len(data) == 0:
		return nil, errors.New("the photo is not proper base64")
	case len(whole) < len(s):
		return data, errDamaged
	}
	return data, nil
}

// photo writes the photo into the card.
func (w *writer) photo(p *contact.Photo) {
	switch {
	case p == nil:
		return
	case len(p.Data) == 0 && p.URL == "":
		w.lose("photo", contact.Dropped, "its bytes are not here")
		return
	case len(p.Data) > formats.MaxPhoto:
		w.lose("photo", contact.Dropped, errTooLarge.Error())
		return
	case w.dialect.photoLimit > 0 && len(p.Data) > w.dialect.photoLimit:
		w.lose("photo", contact.Dropped, fmt.Sprintf("the program takes photos of at most %d bytes", w.dialect.photoLimit))
		return
	}
	w.openScalar(gv.FieldPhoto, gv.FieldPhoto)
	switch {
	case len(p.Data) == 0:
		w.photoLink(p)
	case w.v4:
		w.colon()
		w.line = append(append(append(w.line, "data:"...), mediaType(p)...), ";base64,"...)
	default:
		w.param(paramEncoding, "b") // 2.1 spells it BASE64
		if t := strings.TrimPrefix(mediaType(p), "image/"); !strings.Contains(t, "/") {
			w.param(gv.ParamType, strings.ToUpper(t))
		}
		w.colon()
	}
	if len(p.Data) == 0 {
		w.end()
	} else {
		w.endBase64(p.Data)
	}
}

func mediaType(p *contact.Photo) string {
	if p.MediaType == "" {
		return contact.NewPhoto(p.Data).MediaType
	}
	return p.MediaType
}

func (w *writer) photoLink(p *contact.Photo) {
	image, isImage := strings.CutPrefix(p.MediaType, "image/")
	if !w.v4 || !strings.Contains(p.URL, ":") {
		form := "uri"
		if w.v2 {
			form = "url"
		}
		w.param(gv.ParamValue, form)
	}
	switch {
	case w.v4 && p.MediaType != "":
		w.param(gv.ParamMediaType, p.MediaType)
	case !w.v4 && isImage:
		w.param(gv.ParamType, strings.ToUpper(image))
	}
	w.uri(p.URL)
}
