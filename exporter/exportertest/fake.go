package exportertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
)

// Fake is an account in memory that keeps the contract of exporter.Source,
// PhotoSource and Counter. Its cursors are numbers of changes: on the last page of
// a listing it tells where the next run starts. It is safe for concurrent use.
type Fake struct {
	// PageSize is how many contacts a page has; 0 is 10. Set it before use.
	PageSize int

	mu      sync.Mutex
	folders []contact.Folder
	rows    []row
	change  int
	made    int // folders and contacts so far
}

// row is a contact, or the place where one was.
type row struct {
	contact *contact.Contact
	changed int // the number of its last change
	deleted bool
}

// NewFake returns an account that holds copies of the contents.
func NewFake(held Contents) *Fake {
	f := &Fake{folders: []contact.Folder{{ID: "f0", Name: "Contacts", Default: true}}}
	for _, path := range slices.Sorted(maps.Keys(held)) {
		f.ensureFolder(path)
		for _, c := range held[path] {
			f.Put(path, c)
		}
	}
	return f
}

// Put adds a copy of c to a folder, a new one if need be, and returns its id. A
// contact whose ID the account has is changed instead.
func (f *Fake) Put(path contact.FolderPath, c *contact.Contact) contact.ID {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change++
	f.ensureFolder(path)
	held := c.Clone()
	held.Folder, held.Version = path, strconv.Itoa(f.change)
	for i := range f.rows {
		if was := &f.rows[i]; c.ID != "" && was.contact.ID == c.ID && !was.deleted {
			if was.contact.Folder == path {
				*was = row{contact: held, changed: f.change}
			} else { // gone from there
				was.deleted, was.changed = true, f.change
				f.rows = append(f.rows, row{contact: held, changed: f.change})
			}
			return c.ID
		}
	}
	f.made++
	held.ID = contact.ID(fmt.Sprintf("fake-contact-%06d", f.made))
	f.rows = append(f.rows, row{contact: held, changed: f.change})
	return held.ID
}

func (f *Fake) ensureFolder(path contact.FolderPath) {
	if slices.ContainsFunc(f.folders, func(g contact.Folder) bool { return g.Path == path }) {
		return
	}
	f.made++
	names := path.Names()
	f.folders = append(f.folders, contact.Folder{ID: contact.FolderID(fmt.Sprintf("f%d", f.made)), Path: path, Name: names[len(names)-1]})
}

// DeleteFolder removes a folder, and the folders and contacts below it.
func (f *Fake) DeleteFolder(path contact.FolderPath) {
	f.mu.Lock()
	defer f.mu.Unlock()
	gone := func(p contact.FolderPath) bool { return p == path || strings.HasPrefix(string(p), string(path)+"/") }
	f.folders = slices.DeleteFunc(f.folders, func(g contact.Folder) bool { return gone(g.Path) })
	f.rows = slices.DeleteFunc(f.rows, func(r row) bool { return gone(r.contact.Folder) })
}

// Delete removes a contact.
func (f *Fake) Delete(id contact.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.rows {
		if f.rows[i].contact.ID == id {
			f.change++
			f.rows[i].deleted, f.rows[i].changed = true, f.change
		}
	}
}

// Folders implements exporter.Source.
func (f *Fake) Folders(ctx context.Context) ([]contact.Folder, error) {
	return slices.Clone(f.folders), context.Cause(ctx)
}

// Pages implements exporter.Source.
func (f *Fake) Pages(ctx context.Context, folder contact.Folder, from exporter.Cursor) iter.Seq2[*exporter.Page, error] {
	return func(yield func(*exporter.Page, error) bool) {
		since := 0
		if from != "" {
			var err error
			if since, err = strconv.Atoi(string(from)); err != nil {
				yield(nil, exporter.ErrCursorExpired)
				return
			}
		}
		if !slices.ContainsFunc(f.folders, func(g contact.Folder) bool { return g.ID == folder.ID && g.Path == folder.Path }) {
			yield(nil, errors.New("no such folder"))
			return
		}
		for number := 0; ; {
			if err := context.Cause(ctx); err != nil {
				yield(nil, err)
				return
			}
			page, last := f.page(folder, since, from == "")
			for _, c := range page.Contacts {
				number++
				c.At = contact.Position{File: "fake", Unit: "contact", Number: number}
			}
			if !yield(page, nil) || last {
				return
			}
			since, _ = strconv.Atoi(string(page.Next))
		}
	}
}

// page returns the rows of a folder that have changed since, in the order of their
// changes, as many as a page has.
func (f *Fake) page(folder contact.Folder, since int, first bool) (page *exporter.Page, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var rows []row
	for _, r := range f.rows {
		if r.contact.Folder == folder.Path && r.changed > since && !(first && r.deleted) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return a.changed - b.changed })
	size := f.PageSize
	if size == 0 {
		size = 10
	}
	page = &exporter.Page{Next: exporter.Cursor(strconv.Itoa(f.change))}
	if last = len(rows) <= size; !last {
		rows = rows[:size]
		page.Next = exporter.Cursor(strconv.Itoa(rows[size-1].changed))
	}
	for _, r := range rows {
		if r.deleted {
			page.Deleted = append(page.Deleted, r.contact.ID)
			continue
		}
		c := r.contact.Clone()
		if c.Photo != nil {
			c.Photo = &contact.Photo{}
		}
		page.Contacts = append(page.Contacts, c)
	}
	return page, last
}

// Photo implements exporter.PhotoSource.
func (f *Fake) Photo(ctx context.Context, id contact.ID) (*contact.Photo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rows {
		if r.contact.ID == id && !r.deleted {
			return r.contact.Photo, context.Cause(ctx)
		}
	}
	return nil, context.Cause(ctx)
}

// Count implements exporter.Counter.
func (f *Fake) Count(ctx context.Context, folder contact.Folder) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.rows {
		if r.contact.Folder == folder.Path && !r.deleted {
			n++
		}
	}
	return n, context.Cause(ctx)
}

// photo returns a small JPEG, another one for every number.
func photo(number int) []byte {
	img := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range img.Pix {
		img.SetGray(i%16, i/16, color.Gray{Y: uint8(i*7 + number*31)})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic("exportertest: " + err.Error()) // the encoder fails when its writer does
	}
	return b.Bytes()
}

// Rename gives a folder another name.
func (f *Fake) Rename(from, to contact.FolderPath) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := to.Names()
	for i := range f.folders {
		if f.folders[i].Path == from {
			f.folders[i].Path, f.folders[i].Name = to, names[len(names)-1]
		}
	}
	for i := range f.rows {
		if f.rows[i].contact.Folder == from {
			f.rows[i].contact.Folder = to
		}
	}
}
