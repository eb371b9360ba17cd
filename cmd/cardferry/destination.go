package main

import (
	"fmt"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats/csv"
	"github.com/cardferry/cardferry/formats/vcard"
	"github.com/cardferry/cardferry/internal/jpegphoto"
)

// --for names the program that is going to open the file: what it wants of vCards and
// tables is data of those formats.

const forExcel = "excel"

var destinations = append(vcard.Destinations(), forExcel)

const destinationHelp = "the program that will open the file: chooses version, labels and photos of vCards, and columns of CSV; " +
	"excel gets a byte order mark, and cells that it would run as formulas are made harmless"

// cards returns how vCards are written.
func (f *formatFlags) cards() vcard.Options {
	o := vcard.Options{Version: f.vcardVersion}
	if f.forWhom != forExcel {
		o.For = f.forWhom
	}
	return o
}

// columns returns the dialect of CSV: that of the flag, else that of the program.
func (f *formatFlags) columns() string {
	if f.csvDialect == "" && slices.Contains(csv.Dialects(), f.forWhom) {
		return f.forWhom
	}
	return f.csvDialect
}

type encode func(*contact.Contact) ([]contact.Loss, error)

// fitting makes photos smaller that the program would not take.
func (f *formatFlags) fitting(next encode) encode {
	limit := vcard.PhotoLimit(f.forWhom)
	if limit == 0 {
		return next
	}
	return func(c *contact.Contact) ([]contact.Loss, error) {
		if c.Photo == nil || len(c.Photo.Data) <= limit {
			return next(c)
		}
		small, err := jpegphoto.Fit(c.Photo.Data, limit)
		if err != nil {
			return next(c) // which says that it is too large
		}
		fit := *c
		fit.Photo = contact.NewPhoto(small)
		losses, err := next(&fit)
		return append(losses, contact.Loss{Field: "photo", Kind: contact.Truncated, Reason: fmt.Sprintf("made smaller, for the program takes photos of at most %d KB", limit>>10)}), err
	}
}

// oneCardNote says what to do if the program reads only the first card of the file.
func (w *writing) oneCardNote(path string, written int) {
	if written < 2 || w.split == "contact" || !vcard.OneCardPerFile(w.forWhom) {
		return
	}
	if f, err := w.forWriting(path, true); err == nil && f.Name == "vcard" {
		w.note("%s reads only the first card of a file: add --split contact, or write a .csv", w.forWhom)
	}
}
