package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image/jpeg"
	"net/http"
	"strconv"
	"strings"
)

// withPhoto runs fn on the contact of the path and its photo, or answers 404
// where there is no photo.
func (c *call) withPhoto(fn func(it *item, photo []byte)) error {
	return c.s.store.view(func(t *txn) error {
		var it item
		if err := c.findContact(t, &it); err != nil {
			return err
		}
		photo := t.photos.Get(key(it.id))
		if photo == nil && c.s.quirks.imageNotFound {
			return errNoImage
		}
		if photo == nil {
			return errNoPhoto
		}
		fn(&it, photo)
		return nil
	})
}

func (c *call) getPhotoBytes() (*answer, error) {
	a := &answer{status: http.StatusOK}
	err := c.withPhoto(func(_ *item, photo []byte) {
		a.body = bytes.Clone(photo)
		a.with("Content-Type", "image/jpeg").with("ETag", photoTag(photo))
	})
	return a, err
}

func photoTag(photo []byte) string {
	sum := sha256.Sum256(photo)
	return `"` + strings.ToUpper(hex.EncodeToString(sum[:20])) + `"`
}

// getPhoto answers the metadata. Bytes that no decoder understands have the
// size 0 times 0.
func (c *call) getPhoto() (*answer, error) {
	var body []byte
	err := c.withPhoto(func(it *item, photo []byte) {
		size, err := jpeg.DecodeConfig(bytes.NewReader(photo))
		if err != nil {
			size.Width, size.Height = 0, 0
		}
		id := string(c.view().appendID(nil, it))
		body = appendMember([]byte("{"), "@odata.context", c.apiBase()+"/$metadata#"+c.contextPath()+"('"+id+"')/photo/$entity")
		if c.d.outlook {
			self := c.outlookOwner() + "/contacts('" + id + "')/photo"
			body = appendMember(append(body, ','), "@odata.id", self)
			body = appendMember(append(body, ','), "@odata.readLink", self)
		}
		body = appendMember(append(body, ','), "@odata.mediaContentType", "image/jpeg")
		if !c.d.outlook {
			body = appendMember(append(body, ','), "@odata.mediaEtag", photoTag(photo))
		}
		body = appendMember(append(body, ','), c.d.cased("id"), strconv.Itoa(size.Width)+"X"+strconv.Itoa(size.Height))
		body = appendInt(append(body, ','), c.d.cased("width"), size.Width)
		body = appendInt(append(body, ','), c.d.cased("height"), size.Height)
		body = append(body, '}')
	})
	return jsonAnswer(http.StatusOK, body), err
}

// putPhoto replaces the photo. The service takes any bytes: a PNG is answered
// with 200 and then seen nowhere, and text such as base64 is kept as it is, a
// broken picture. A new photo changes the contact's change key, but change
// tracking does not see it. Whether the service does the former is not known.
func (c *call) putPhoto() (*answer, error) {
	if c.r.Method == http.MethodPatch && c.d.outlook {
		return nil, errNotSupported
	}
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	if !strings.HasPrefix(strings.ToLower(kind), "image/") && kind != "application/octet-stream" {
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "The content type of a photo must be image/jpeg."}
	}
	photo, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	if len(photo) == 0 {
		return nil, badRequest("ErrorInvalidImage", "The photo is empty.")
	}
	err = c.s.store.update(func(t *txn) error {
		var old item
		if err := c.findContact(t, &old); err != nil {
			return err
		}
		if invisible(photo) {
			return nil
		}
		it := old
		it.setText(slotHasPicture, "true")
		it.slots[slotTracked] = key(old.tracked())
		if err := t.photos.Put(key(it.id), photo); err != nil {
			return err
		}
		if c.s.quirks.photoQuiet {
			return t.contacts.Put(key(it.id), it.encode())
		}
		return t.touch(&it, c.s.now())
	})
	return &answer{status: http.StatusOK}, err
}

// invisible recognises images of the kinds that the service loses.
func invisible(photo []byte) bool {
	switch http.DetectContentType(photo) {
	case "image/png", "image/gif", "image/webp", "image/bmp", "image/x-icon":
		return true
	}
	return false
}
