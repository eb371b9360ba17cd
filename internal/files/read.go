// Package files is the file end of a run: contacts read from files, directories
// and streams, and written to them so that an output is either whole or not there.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// Stdio is the path that stands for standard input or output.
const Stdio = "-"

// stdinName is what positions call it.
const stdinName = "stdin"

// ErrUnknownFormat says that neither the name nor the content of a file tells its
// format.
var ErrUnknownFormat = errors.New("the format cannot be told from its name or its content")

// StateSuffix ends the names of files in which incremental exports keep their state.
const StateSuffix = ".cardferry-state"

// Reader reads contacts from files.
type Reader struct {
	Table  formats.Table
	Format *formats.Format // nil: found for each file
	Stdin  io.Reader       // what [Stdio] reads
	// Passed is told of every file below a directory that was passed over because
	// it holds no contacts by its name and its content. Nil is silent.
	Passed func(path string)

	groups map[string][]string // the categories that other records give, see formats.Format
}

// Contacts returns the contacts of all the paths in order, with their positions.
// A directory stands for the files below it in the order of their names, hidden
// ones, states of exports and those below "photos" left out, and so does a zip archive. Groups of a file or
// directory that name their members (as vCards can) are categories of these; not those
// of archives and streams, which are read once. A photo that a record names by a path
// is loaded from beside the record's file.
//
// A *formats.RecordError concerns one record and the sequence goes on; any other
// error is the last element. A file whose content is broken from some place on, behind
// contacts that could be read, ends with a RecordError about the rest. One that cannot
// be read otherwise (it is not there, of an unknown format, holds nothing that could be
// read, or its disk or pipe fails) is the last element when it is the only one; one of
// several is a RecordError too, and the next one follows.
func (r *Reader) Contacts(paths ...string) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for _, path := range paths {
			if !r.path(path, len(paths) > 1, yield) {
				return
			}
		}
	}
}

func (r *Reader) path(path string, several bool, yield func(*contact.Contact, error) bool) bool {
	if several {
		yield = goingOn(yield)
	}
	if path == Stdio {
		return r.stdin(yield)
	}
	info, err := os.Stat(path)
	if err != nil {
		return yield(nil, err)
	}
	names := []string{path}
	if info.IsDir() {
		if names, err = walk(path); err != nil {
			return yield(nil, err)
		}
	}
	r.groups = r.collectGroups(names)
	defer func() { r.groups = nil }()
	if !info.IsDir() {
		return r.file(path, yield)
	}
	if !several {
		yield = goingOn(yield)
	}
	for _, name := range names {
		if !r.belowDir(name, yield) {
			return false
		}
	}
	return true
}

// goingOn makes the error that ends a file one of a record, so that the next file
// can follow.
func goingOn(yield func(*contact.Contact, error) bool) func(*contact.Contact, error) bool {
	return func(c *contact.Contact, err error) bool {
		if err != nil && !formats.IsRecordError(err) {
			err = &formats.RecordError{Err: fmt.Errorf("the rest of the file was not read: %w", err)}
		}
		return yield(c, err)
	}
}

// belowDir reads one file that nobody named: unlike a named one it may be of
// another kind.
func (r *Reader) belowDir(path string, yield func(*contact.Contact, error) bool) bool {
	if r.Format == nil {
		known, err := r.isKnown(path)
		if err != nil {
			return yield(nil, err)
		}
		if !known {
			if r.Passed != nil {
				r.Passed(path)
			}
			return true
		}
	}
	return r.file(path, yield)
}

// isKnown reports whether a file is an archive, or its format can be told.
func (r *Reader) isKnown(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [4]byte
	if n, _ := f.ReadAt(head[:], 0); isZip(head[:n]) {
		return true, nil
	}
	format, _, err := r.Table.Detect(f, path)
	return format != nil, err
}

func walk(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(d.Name(), "."), strings.HasSuffix(d.Name(), StateSuffix), d.IsDir() && path != dir && d.Name() == photoDir:
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			names = append(names, path)
		}
		return nil
	})
	return names, err
}

func (r *Reader) file(path string, yield func(*contact.Contact, error) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(nil, err)
	}
	defer f.Close()
	if a, err := asArchive(f); err != nil {
		return yield(nil, fmt.Errorf("%s: %w", path, err))
	} else if a != nil {
		return r.archive(a, path, yield)
	}
	root, err := os.OpenRoot(filepath.Dir(path)) // out of which no path leads
	if err != nil {
		return yield(nil, err)
	}
	defer root.Close()
	return r.stream(f, path, root.FS(), yield)
}

// stream reads one stream. beside is where its photos are; nil for a stream that has
// no place.
func (r *Reader) stream(in io.Reader, name string, beside fs.FS, yield func(*contact.Contact, error) bool) bool {
	format := r.Format
	if format == nil {
		var err error
		if format, in, err = r.Table.Detect(in, name); err != nil {
			return yield(nil, fmt.Errorf("%s: %w", name, err))
		}
	}
	if format == nil {
		return yield(nil, fmt.Errorf("%s: %w", name, ErrUnknownFormat))
	}
	return r.decode(format, in, name, beside, yield)
}

func (r *Reader) decode(format *formats.Format, in io.Reader, name string, beside fs.FS, yield func(*contact.Contact, error) bool) bool {
	watched := &watchedReader{Reader: in}
	came := false
	for c, err := range formats.InFile(format.NewDecoder(watched), name).All() {
		if c != nil {
			came = true
			loadPhoto(c, beside)
			r.addGroups(c)
		}
		if err != nil && !formats.IsRecordError(err) && came && watched.err == nil {
			err = restNotRead(name, err)
		}
		if !yield(c, err) {
			return false
		}
	}
	return true
}

// restNotRead makes the error that ends a file one of a record: what came before it
// goes through.
func restNotRead(name string, err error) error {
	at := contact.Position{File: name}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the name, which the position has
	}
	return &formats.RecordError{At: at, Err: fmt.Errorf("the rest of the file was not read: %w", err)}
}

// watchedReader remembers what went wrong with reading, which says nothing of the
// content.
type watchedReader struct {
	io.Reader
	err error // the first one but for the end
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF && w.err == nil {
		w.err = err
	}
	return n, err
}
