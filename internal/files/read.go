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
	// Passed is told of everything below a directory that was passed over, and why: a
	// file that holds no contacts by its name and its content, what is hidden, a link to
	// a directory. Nil is silent.
	Passed func(path, why string)

	groups map[string][]string // the categories that other records give, see formats.Format
}

// Contacts returns the contacts of all the paths in order, with their positions.
// A directory stands for the files below it in the order of their names, those behind
// links too; hidden and half-written ones (.tmp), states of exports, what a vdir says of
// itself, and those below "photos" are left out. A zip archive is read the same way. Groups of a file or directory that name their members
// (as vCards can) are categories of these; not those of archives and streams, which are
// read once. A photo that a record names by a path is loaded from beside the record's
// file.
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
	if info.IsDir() {
		return r.dir(path, yield)
	}
	r.groups = r.collectGroups([]string{path})
	defer func() { r.groups = nil }()
	return r.file(path, yield)
}

// dir reads what is below a directory.
func (r *Reader) dir(dir string, yield func(*contact.Contact, error) bool) bool {
	found, err := r.walk(dir)
	if err != nil {
		return yield(nil, err)
	}
	paths := make([]string, len(found))
	for i, f := range found {
		paths[i] = f.path
	}
	r.groups = r.collectGroups(paths)
	defer func() { r.groups = nil }()
	below, unread := goingOn(yield), 0
	for _, f := range found {
		known, err, goOn := false, f.err, true
		if err == nil {
			known, err = r.isKnown(f.path)
		}
		switch {
		case err != nil:
			goOn = below(nil, err)
		case known:
			goOn = r.file(f.path, below)
		default:
			r.pass(f.path, noContacts)
			unread++
		}
		if !goOn {
			return false
		}
	}
	return unread == 0 || unread < len(found) || r.unknown(dir, yield)
}

// Reasons for passing over what is below a directory.
const (
	noContacts    = "it holds no contacts that could be recognised"
	isHidden      = "it is hidden"
	isHalfWritten = "it is half written, by its name"
	isDirLink     = "it is a link to a directory"
	isNoFile      = "it is no file"
)

func (r *Reader) pass(path, why string) {
	if r.Passed != nil {
		r.Passed(path, why)
	}
}

// unknown says that there are files below a directory, and that none of them is read.
func (r *Reader) unknown(dir string, yield func(*contact.Contact, error) bool) bool {
	return yield(nil, fmt.Errorf("%s: none of its files is read: %w", dir, ErrUnknownFormat))
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

// isKnown reports whether a file that nobody named is one to read: an archive, or of a
// format that is known or can be told.
func (r *Reader) isKnown(path string) (bool, error) {
	if r.Format != nil {
		return true, nil
	}
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

// found is a file below a directory, or what cannot be looked into.
type found struct {
	path string
	err  error
}

// walk finds the files below a directory, and names what it passes over.
func (r *Reader) walk(dir string) ([]found, error) {
	var all []found
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case path == dir:
			return err
		case d.IsDir() && d.Name() == photoDir:
			return fs.SkipDir
		case d.IsDir() && isHiddenName(d.Name()):
			r.pass(path, isHidden)
			return fs.SkipDir
		case err != nil:
			all = append(all, found{path, err})
		case d.IsDir(), strings.HasSuffix(d.Name(), StateSuffix), isMetadata(d.Name()):
		case isHiddenName(d.Name()), isHalfWrittenName(d.Name()):
			why := isHidden
			if isHalfWrittenName(d.Name()) {
				why = isHalfWritten
			}
			if known, _ := r.isKnown(path); known {
				r.pass(path, why)
			}
		case d.Type()&fs.ModeSymlink != 0:
			info, err := os.Stat(path)
			switch {
			case err == nil && info.IsDir():
				r.pass(path, isDirLink)
			case err == nil && !info.Mode().IsRegular():
				r.pass(path, isNoFile)
			default:
				all = append(all, found{path, err})
			}
		case d.Type().IsRegular():
			all = append(all, found{path: path})
		default:
			r.pass(path, isNoFile)
		}
		return nil
	})
	return all, err
}

func isHiddenName(name string) bool { return strings.HasPrefix(name, ".") }

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
