package files

import (
	"bufio"
	"io"
	"path/filepath"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

// An Output is an encoder with a place. Commit completes it and puts it in place;
// Abort gives it up and leaves what was there before. One of them ends it; Abort
// after Commit does nothing, so that it can be deferred.
type Output interface {
	Encode(*contact.Contact) ([]contact.Loss, error)
	Commit() error
	Abort()
}

// CreateFile begins a file of one format. Photos that the format does not embed
// go to the directory "photos" beside it.
func CreateFile(path string, f *formats.Format) (Output, error) {
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileOutput{Encoder: withPhotos(f, file, filepath.Dir(path), filepath.Dir(path)), file: file}, nil
}

type fileOutput struct {
	formats.Encoder
	file      *atomicfile.File
	committed bool
}

func (o *fileOutput) Commit() error {
	if err := o.Encoder.Close(); err != nil {
		return err
	}
	err := o.file.Commit()
	o.committed = err == nil
	return err
}

func (o *fileOutput) Abort() {
	o.file.Abort()
	if photos, ok := o.Encoder.(*savingPhotos); ok && !o.committed {
		photos.forget()
	}
}

// withPhotos returns an encoder whose photos stand beside its file in dir, if the format
// does not embed them. New ones are written to aside.
func withPhotos(f *formats.Format, w io.Writer, dir, aside string) formats.Encoder {
	enc := f.NewEncoder(w)
	if !f.EmbedsPhotos {
		enc = &savingPhotos{Encoder: enc, dir: dir, aside: aside}
	}
	return enc
}

// ToStream returns an output that writes to w as it goes. There is no taking back
// what was written; a photo that the format does not embed stays in the record
// where the format has a place for it.
func ToStream(w io.Writer, f *formats.Format) Output {
	buffered := bufio.NewWriterSize(w, 64<<10)
	return &streamOutput{f.NewEncoder(buffered), buffered}
}

type streamOutput struct {
	formats.Encoder
	buffered *bufio.Writer
}

func (o *streamOutput) Commit() error {
	if err := o.Encoder.Close(); err != nil {
		return err
	}
	return o.buffered.Flush()
}

func (o *streamOutput) Abort() { o.buffered.Flush() }
