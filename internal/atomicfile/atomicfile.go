// Package atomicfile writes files that are either whole or not there. The bytes
// go to a temporary file in the same directory, which takes the name of the
// target when everything is on the disk; until then an old file of that name is
// untouched, and no part of a file ever bears the name.
//
// A run that is killed leaves its temporary file behind, as ".NAME.tmp-" and eight hex
// digits. The next [Create] of the same file removes it, where the system can tell that
// nobody is writing it any more.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/cardferry/cardferry/internal/filelock"
)

// bufferSize spares a system call per record.
const bufferSize = 64 << 10

// File is a file being written. It ends with Commit or with Abort. It is not for
// concurrent use.
type File struct {
	path   string // as the caller named it, for errors
	target string // path with its symbolic links followed
	temp   string // empty when the target is written directly
	file   *os.File
	buffer *bufio.Writer
	err    error // what every later call answers; fs.ErrClosed at the end
}

// Create begins the file of that path. An old file keeps its mode; a new one gets
// perm, less the umask. Where path is a symbolic link, the file it points to is
// replaced and the link stays. A target that is no file but a pipe, a terminal or
// a device is written directly. The directory must exist. A hard link to the old
// file keeps the old content.
//
// The caller defers Abort, and calls Commit when everything is written.
func Create(path string, perm fs.FileMode) (*File, error) {
	f, err := create(path, perm)
	if err != nil {
		return nil, named("creating", path, err)
	}
	var w io.Writer = f.file
	if f.temp != "" {
		w = &steady{file: f.file}
	}
	f.buffer = bufio.NewWriterSize(w, bufferSize)
	if f.temp != "" {
		sweep(filepath.Dir(f.target), tempPrefix(f.target))
	}
	return f, nil
}

func create(path string, perm fs.FileMode) (*File, error) {
	old, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case old.IsDir():
		return nil, syscall.EISDIR
	case !old.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &File{path: path, file: file}, err
	}
	target, err := follow(path)
	if err != nil {
		return nil, err
	}
	file, err := openTemp(target, perm)
	if err != nil {
		return nil, err
	}
	_ = filelock.Hold(file) // without it a leftover stays
	f := &File{path: path, target: target, temp: file.Name(), file: file}
	if old != nil {
		if err := file.Chmod(old.Mode().Perm()); err != nil {
			f.Abort()
			return nil, err
		}
	}
	return f, nil
}

// follow returns the path of the file that path leads to, which need not exist.
func follow(path string) (string, error) {
	for range 40 { // as many links as Linux follows
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			// ".." in a link starts from where the directory really is.
			dir, err := filepath.EvalSymlinks(filepath.Dir(path))
			if err != nil {
				return "", err
			}
			link = filepath.Join(dir, link)
		}
		path = link
	}
	return "", errors.New("too many levels of symbolic links")
}

// tempPrefix is what the names of target's temporary files begin with; their last eight
// bytes are digits.
func tempPrefix(target string) string {
	name := filepath.Base(target)
	const longest = 255 - len("..tmp-01234567") // bytes of a file name
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	return "." + name + tempMark
}

// openTemp creates a new file beside target.
func openTemp(target string, perm fs.FileMode) (*os.File, error) {
	dir, _ := filepath.Split(target)
	for range 100 {
		temp := fmt.Sprintf("%s%s%08x", dir, tempPrefix(target), rand.Uint32())
		file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, errors.New("no free temporary name")
}

// Write adds to the file, through a buffer. After an error, such as a full disk,
// the temporary file is gone, and every later call returns the same error.
func (f *File) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.buffer.Write(p)
	if err != nil {
		f.fail("writing", err)
		return n, f.err
	}
	return n, nil
}

// Commit puts the file in place: everything is on the disk before it takes the
// name. After an error the temporary file is gone and an old file still stands,
// unless the error is about the directory alone.
func (f *File) Commit() error {
	if f.err != nil {
		return f.err
	}
	if err := f.finish(); err != nil {
		f.fail("writing", err)
		return f.err
	}
	f.err = fs.ErrClosed
	if f.temp == "" {
		return nil
	}
	if err := SyncDir(filepath.Dir(f.target)); err != nil {
		return named("writing the directory of", f.path, err)
	}
	return nil
}

func (f *File) finish() error {
	if err := f.buffer.Flush(); err != nil {
		return err
	}
	if f.temp == "" {
		return f.file.Close()
	}
	if err := f.file.Sync(); err != nil {
		return err
	}
	if err := f.file.Close(); err != nil {
		return err
	}
	return os.Rename(f.temp, f.target)
}

// SyncDir makes a rename in the directory last through a power cut, where the
// system has a way to.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // the file system keeps no promise that could be asked for
	}
	return err
}

// Abort gives the file up: the temporary file is gone, an old file stands. After
// Commit it does nothing, so that it can be deferred.
func (f *File) Abort() {
	if f.err == nil {
		f.discard()
		f.err = fs.ErrClosed
	}
}

func (f *File) fail(doing string, err error) {
	f.discard()
	f.err = named(doing, f.path, err)
}

func (f *File) discard() {
	f.file.Close()
	if f.temp != "" {
		os.Remove(f.temp)
	}
}

// named returns err as being about path, instead of about a temporary name.
func named(doing, path string, err error) error {
	var atPath *fs.PathError
	var atLink *os.LinkError
	switch {
	case errors.As(err, &atPath):
		err = atPath.Err
	case errors.As(err, &atLink):
		err = atLink.Err
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// Write makes data the content of the file of that path, as [Create] and
// [File.Commit] do.
func Write(path string, data []byte, perm fs.FileMode) error {
	f, err := Create(path, perm)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}
