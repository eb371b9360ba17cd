package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

// photoDir is the directory of photos beside a file that cannot embed them.
const photoDir = "photos"

// loadPhoto reads the photo that a contact names by a path, from beside the file. Paths
// that lead out of there are refused. What goes wrong is named in the contact's Unread.
func loadPhoto(c *contact.Contact, beside fs.FS) {
	p := c.Photo
	if p == nil || p.Path == "" || p.Data != nil {
		return
	}
	if beside == nil {
		c.Photo = nil
		unreadPhoto(c, "a stream has no directory to find it in")
		return
	}
	data, err := readPhoto(beside, p.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Photo = nil
		unreadPhoto(c, "the file that the record names is not there")
	case err != nil:
		c.Photo = nil
		unreadPhoto(c, "the file that the record names cannot be read")
	default:
		c.Photo = contact.NewPhoto(data)
	}
}

func unreadPhoto(c *contact.Contact, reason string) {
	c.Unread = append(c.Unread, contact.Loss{Field: "photo", Kind: contact.Dropped, Reason: reason})
}

func readPhoto(beside fs.FS, path string) ([]byte, error) {
	f, err := beside.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, formats.MaxPhoto+1))
	if len(data) > formats.MaxPhoto {
		return nil, errors.New("too large")
	}
	return data, err
}

// savingPhotos is an encoder whose format embeds no photos: it writes them into
// the directory dir/photos, named by their content, so that equal photos are one
// file and a photo that another output refers to is never overwritten.
type savingPhotos struct {
	formats.Encoder
	dir   string
	aside string   // where photos that dir does not have are written: dir, or a place from which they come there
	made  []string // the photos that were not there before
}

// forget removes the photos of an output that is given up.
func (e *savingPhotos) forget() {
	for _, path := range e.made {
		os.Remove(path)
	}
	e.made = nil
	os.Remove(filepath.Join(e.aside, photoDir)) // fails unless it is empty
}

func (e *savingPhotos) Encode(c *contact.Contact) ([]contact.Loss, error) {
	if c.Photo == nil || c.Photo.Data == nil {
		return e.Encoder.Encode(c)
	}
	p := *c.Photo
	p.Path = photoDir + "/" + p.SHA256[:16] + p.Extension()
	if !hasPhoto(e.dir, &p) && !hasPhoto(e.aside, &p) {
		path := filepath.Join(e.aside, filepath.FromSlash(p.Path))
		if len(e.made) == 0 {
			atomicfile.Sweep(filepath.Dir(path))
		}
		if err := savePhoto(path, p.Data); err != nil {
			return nil, err
		}
		e.made = append(e.made, path)
	}
	named := *c
	named.Photo = &p
	return e.Encoder.Encode(&named)
}

func hasPhoto(dir string, p *contact.Photo) bool {
	info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(p.Path)))
	return err == nil && info.Size() == int64(len(p.Data))
}

func savePhoto(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(path, data, 0o600)
}
