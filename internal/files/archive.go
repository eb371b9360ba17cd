package files

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Zip archives, as phones and web pages hand them out, are read like directories:
// "takeout.zip/Contacts/all.vcf" is a file in one. Archives in archives are not
// unpacked, and named.

// Limits on archives. Text and photos shrink to a tenth at best, repetitions to a
// hundredth; what grows more has been made to.
const (
	maxGrowth    = 250       // bytes read for one of the archive
	freeGrowth   = 1 << 20   // bytes of a file that may be any number of times the archive's
	maxDirectory = 32 << 20  // bytes of the archive's list of files: some 300,000
	maxArchive   = 256 << 30 // bytes of an archive
)

var (
	errGrows     = fmt.Errorf("it grows to more than %d times its size in the archive", maxGrowth)
	errDirectory = errors.New("the archive lists more files than are read")
	errEncrypted = errors.New("it is encrypted: unpack the archive first")
	errNested    = errors.New("it is an archive in an archive: unpack the outer one first")
)

// archive is a zip archive being read.
type archive struct {
	*zip.Reader
	size int64 // of the archive
	read int64 // bytes unpacked so far
}

// isZip reports whether a file begins as an archive does.
func isZip(head []byte) bool {
	return strings.HasPrefix(string(head), "PK\x03\x04") || strings.HasPrefix(string(head), "PK\x05\x06")
}

// asArchive returns the archive that f is, nil if it is none.
func asArchive(f *os.File) (*archive, error) {
	var head [4]byte
	if n, _ := f.ReadAt(head[:], 0); !isZip(head[:n]) {
		return nil, nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxArchive {
		return nil, fmt.Errorf("the archive has more than %d bytes", int64(maxArchive))
	}
	in := &boundedAt{ReaderAt: f, left: maxDirectory}
	z, err := zip.NewReader(in, info.Size())
	if in.left < 0 {
		return nil, errDirectory
	}
	if err != nil {
		return nil, fmt.Errorf("the archive cannot be read: %w", err)
	}
	in.opened = true
	return &archive{Reader: z, size: info.Size()}, nil
}

// boundedAt bounds what is read until the archive is opened.
type boundedAt struct {
	io.ReaderAt
	left   int64
	opened bool
}

func (b *boundedAt) ReadAt(p []byte, off int64) (int, error) {
	if !b.opened {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, errDirectory
		}
	}
	return b.ReaderAt.ReadAt(p, off)
}

// files returns what an archive holds for a reader of contacts, in the order of the
// names: none of Apple's shadows (__MACOSX), no photos, no hidden files, which are passed.
func (a *archive) files(pass func(name, why string)) []*zip.File {
	var all []*zip.File
	for _, f := range a.File {
		parts := strings.Split(within(f.Name), "/")
		switch dirs := parts[:len(parts)-1]; {
		case f.Mode().IsDir(), slices.Contains(dirs, "__MACOSX"), slices.Contains(dirs, photoDir), isMetadata(parts[len(parts)-1]):
		case slices.ContainsFunc(parts, isHiddenName):
			pass(f.Name, isHidden)
		case isHalfWrittenName(parts[len(parts)-1]):
			pass(f.Name, isHalfWritten)
		case !f.Mode().IsRegular():
			pass(f.Name, isNoFile)
		default:
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(f, g *zip.File) int { return strings.Compare(f.Name, g.Name) })
	return all
}

// within returns the path that a name in an archive stands for: none leads out of it.
func within(name string) string {
	return strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/")
}

// open unpacks a file of the archive, within the limits.
func (a *archive) open(f *zip.File) (io.ReadCloser, error) {
	if f.Flags&1 != 0 {
		return nil, errEncrypted
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	own := max(freeGrowth, maxGrowth*int64(min(f.CompressedSize64, uint64(a.size))))
	return &bounded{in, own, a}, nil
}

// bounded reads a file of an archive up to its limit.
type bounded struct {
	io.ReadCloser
	left int64
	a    *archive
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errGrows
	}
	return b.a.count(n, err)
}

// count counts what is unpacked: the files of an archive can share their bytes, so
// that each of them grows little and all of them without end.
func (a *archive) count(n int, err error) (int, error) {
	if a.read += int64(n); a.spent() {
		return 0, errGrows
	}
	return n, err
}

func (a *archive) spent() bool { return a.read > freeGrowth+maxGrowth*a.size }

// archive reads all files of an archive. Those that are no contacts are passed over.
func (r *Reader) archive(a *archive, name string, yield func(*contact.Contact, error) bool) bool {
	below, unread := goingOn(yield), 0
	all := a.files(func(inner, why string) { r.pass(name+"/"+inner, why) })
	for _, f := range all {
		known, goOn := r.packed(a, f, name+"/"+f.Name, below)
		if !goOn {
			return false
		}
		if !known {
			unread++
		}
		if a.spent() {
			return true // the error has said so
		}
	}
	return unread == 0 || unread < len(all) || r.unknown(name, yield)
}

// packed reads a file of an archive. It reports whether that was one to read, and whether
// to go on.
func (r *Reader) packed(a *archive, f *zip.File, name string, yield func(*contact.Contact, error) bool) (known, goOn bool) {
	failed := func(err error) (bool, bool) { return true, yield(nil, fmt.Errorf("%s: %w", name, err)) }
	in, err := a.open(f)
	if err != nil {
		return failed(err)
	}
	defer in.Close()
	format, stream := r.Format, io.Reader(in)
	if format == nil {
		if strings.EqualFold(path.Ext(f.Name), ".zip") {
			return failed(errNested)
		}
		if format, stream, err = r.Table.Detect(in, name); err != nil {
			return failed(err)
		}
	}
	if format == nil {
		r.pass(name, noContacts)
		return false, true
	}
	beside, err := fs.Sub(&unpacking{a}, path.Dir(within(f.Name)))
	if err != nil {
		return failed(err)
	}
	return true, r.decode(format, stream, name, beside, yield)
}

// unpacking is the archive as a file system whose files have limits.
type unpacking struct{ *archive }

func (u *unpacking) Open(name string) (fs.File, error) {
	f, err := u.Reader.Open(name)
	if err != nil {
		return nil, err
	}
	return &countedFile{f, u.archive}, nil
}

type countedFile struct {
	fs.File
	a *archive
}

func (f *countedFile) Read(p []byte) (int, error) { return f.a.count(f.File.Read(p)) }

// openNamed opens a file by the name that positions have, which may be in an archive.
// stdin is what was read of the standard input, nil if nothing was kept; it stays open.
func openNamed(name string, stdin *os.File) (io.ReadCloser, error) {
	for i, c := range name + "/" {
		if c != '/' {
			continue
		}
		rest := strings.TrimPrefix(name[i:], "/")
		if name[:i] == stdinName && stdin != nil {
			in, err := openWithin(stdin, rest)
			return io.NopCloser(in), err
		}
		f, err := os.Open(name[:i])
		if err != nil {
			continue // a drive, or the root
		}
		if info, err := f.Stat(); err == nil && info.IsDir() {
			f.Close()
			continue
		}
		in, err := openWithin(f, rest)
		if err != nil {
			f.Close()
			return nil, err
		}
		return &openedFile{in, f}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// openWithin returns a reader of a file, or of one that it has in it.
func openWithin(f *os.File, name string) (io.Reader, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil || name == "" {
		return f, err
	}
	a, err := asArchive(f)
	if err == nil && a != nil {
		if i := slices.IndexFunc(a.File, func(e *zip.File) bool { return e.Name == name }); i >= 0 {
			return a.open(a.File[i])
		}
	}
	return nil, errors.Join(err, fs.ErrNotExist)
}

type openedFile struct {
	io.Reader
	file *os.File
}

func (o *openedFile) Close() error { return o.file.Close() }

// stdin reads the standard input, an archive from a copy of it.
func (r *Reader) stdin(yield func(*contact.Contact, error) bool) bool {
	in := bufio.NewReader(r.Stdin)
	if head, _ := in.Peek(4); !isZip(head) {
		return r.stream(in, stdinName, nil, yield)
	}
	copied, err := os.CreateTemp("", "cardferry-*.zip")
	if err != nil {
		return yield(nil, err)
	}
	defer os.Remove(copied.Name())
	defer copied.Close()
	if _, err := io.Copy(copied, io.LimitReader(in, maxArchive)); err != nil {
		return yield(nil, fmt.Errorf("%s: %w", stdinName, err))
	}
	a, err := asArchive(copied)
	if err != nil {
		return yield(nil, fmt.Errorf("%s: %w", stdinName, err))
	}
	return r.archive(a, stdinName, yield)
}
