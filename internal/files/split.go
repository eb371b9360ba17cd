package files

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

// Split says how an output directory is divided into files.
type Split string

const (
	ByContact Split = "contact" // one file per contact, in a directory per folder
	ByFolder  Split = "folder"  // one file per folder
)

// manifest is the file in an output directory that lists what an export wrote
// there, so that the next one removes what is no longer there and nothing else. While
// an export puts its files in place it lists those of the one before too: one that was
// killed in the middle is cleared up by the next.
const manifest = ".cardferry-files"

// CreateDir begins a directory of files of one format. Everything is first written
// aside, within the directory. When all of it is on the disk Commit renames each file
// into its place, leaves files alone whose content did not change, and removes those
// that an earlier export wrote and this one did not. A full disk shows before the first
// file is in place. Other files in the directory are not touched.
//
// A vCard that holds a contact of the output by itself, whoever wrote it, keeps its name:
// a directory of one file per contact is a vdir, as vdirsyncer and khard use.
func CreateDir(path string, f *formats.Format, by Split) (Output, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	sweepAside(path)
	aside, err := os.MkdirTemp(path, asidePrefix+"*")
	if err != nil {
		return nil, err
	}
	o := &dirOutput{dir: path, aside: aside, held: hold(aside), format: f, by: by, taken: map[string]bool{}, open: map[contact.FolderPath]*splitFile{}}
	if by == ByContact && f.Name == "vcard" {
		if o.items, err = findItems(path, f); err != nil {
			o.Abort()
			return nil, err
		}
	}
	return o, nil
}

type dirOutput struct {
	dir, aside string
	held       *os.File // aside, locked while this run lives; nil where there are no locks
	format     *formats.Format
	by         Split
	names      []string        // of all files, relative, with forward slashes
	taken      map[string]bool // names in lower case: some file systems fold it
	items      *items          // of a vdir; else nil
	open       map[contact.FolderPath]*splitFile
	made       []string // directories, parents first; without them when nothing is put in place
}

// splitFile is a file that several contacts go into.
type splitFile struct {
	formats.Encoder
	buffered *bufio.Writer
	file     *os.File
}

func (o *dirOutput) Encode(c *contact.Contact) ([]contact.Loss, error) {
	if o.by == ByFolder {
		return o.encodeIntoFolder(c)
	}
	dir, name := folderPath(c.Folder), ""
	var moved []contact.Loss
	if o.items != nil {
		c, name, moved = o.items.place(dir, c)
	}
	if name == "" {
		name = o.name(dir, contactName(c))
	} else {
		o.take(name)
	}
	var text bytes.Buffer
	enc := o.encoder(&text, name)
	losses, err := enc.Encode(c)
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		return nil, err
	}
	file, err := o.create(name)
	if err != nil {
		return nil, err
	}
	_, err = file.Write(text.Bytes())
	return append(losses, moved...), errors.Join(err, file.Close())
}

func (o *dirOutput) encodeIntoFolder(c *contact.Contact) ([]contact.Loss, error) {
	f := o.open[c.Folder]
	if f == nil {
		parent, base := "", "Contacts"
		if names := c.Folder.Names(); len(names) > 0 {
			parent, base = safePath(names[:len(names)-1]), safeName(names[len(names)-1])
		}
		name := o.name(parent, base)
		file, err := o.create(name)
		if err != nil {
			return nil, err
		}
		buffered := bufio.NewWriter(file)
		f = &splitFile{o.encoder(buffered, name), buffered, file}
		o.open[c.Folder] = f
	}
	return f.Encode(c)
}

// encoder returns the encoder of the file of that name.
func (o *dirOutput) encoder(w io.Writer, name string) formats.Encoder {
	within := filepath.Dir(filepath.FromSlash(name))
	return withPhotos(o.format, w, filepath.Join(o.dir, within), filepath.Join(o.aside, within))
}

// name returns a file name that is not taken yet, relative to the directory.
func (o *dirOutput) name(parent, base string) string {
	if parent != "" {
		base = parent + "/" + base
	}
	ext := o.format.Extensions[0]
	name := base + ext
	for n := 2; o.taken[strings.ToLower(name)] || o.items.has(name); n++ {
		name = fmt.Sprintf("%s (%d)%s", base, n, ext)
	}
	o.take(name)
	return name
}

// take notes a file as one of the output.
func (o *dirOutput) take(name string) {
	o.taken[strings.ToLower(name)] = true
	o.names = append(o.names, name)
}

func (o *dirOutput) create(name string) (*os.File, error) {
	path := filepath.Join(o.aside, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (o *dirOutput) Commit() error {
	defer o.Abort()
	for _, f := range o.open {
		if err := errors.Join(f.Close(), f.buffered.Flush(), f.file.Close()); err != nil {
			return err
		}
	}
	o.open = nil
	changed, err := o.prepare()
	if err != nil {
		return err
	}
	o.made = nil // from here on they are used
	dirs := map[string]bool{o.dir: true}
	for _, name := range changed {
		to := filepath.Join(o.dir, name)
		if err := os.Rename(filepath.Join(o.aside, name), to); err != nil {
			return err
		}
		dirs[filepath.Dir(to)] = true
	}
	if err := o.removeStale(); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(o.aside, manifest), filepath.Join(o.dir, manifest)); err != nil {
		return err
	}
	for dir := range dirs {
		if err := atomicfile.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// prepare does all that needs space: what is aside is on the disk when it returns, the
// directories are made, and the manifest speaks of what is and what will be there. It
// returns the names of the files that are to be put in place.
func (o *dirOutput) prepare() (changed []string, err error) {
	err = filepath.WalkDir(o.aside, func(from string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(o.aside, from)
		if err != nil {
			return err
		}
		to := filepath.Join(o.dir, name)
		if same, err := sameContent(from, to); same || err != nil {
			return err
		}
		changed = append(changed, name)
		if err := o.makeDir(filepath.Dir(to)); err != nil {
			return err
		}
		return finishAside(from, to)
	})
	if err != nil {
		return nil, err
	}
	names := []byte(strings.Join(o.names, "\n") + "\n")
	if err := atomicfile.Write(filepath.Join(o.aside, manifest), names, 0o600); err != nil {
		return nil, err
	}
	old, err := os.ReadFile(filepath.Join(o.dir, manifest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return changed, atomicfile.Write(filepath.Join(o.dir, manifest), append(old, names...), 0o600)
}

// sameContent reports whether a file is there already; to need not exist.
func sameContent(from, to string) (bool, error) {
	text, err := os.ReadFile(from)
	if err != nil {
		return false, err
	}
	old, err := os.ReadFile(to)
	return err == nil && bytes.Equal(old, text), nil
}

// finishAside brings a file to the disk, with the mode of the one that it replaces.
func finishAside(from, to string) error {
	f, err := os.OpenFile(from, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if old, serr := os.Stat(to); serr == nil && old.Mode().IsRegular() {
		err = f.Chmod(old.Mode().Perm())
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// makeDir makes a directory below that of the output, and notes what it made.
func (o *dirOutput) makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := o.makeDir(filepath.Dir(dir)); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		o.made = append(o.made, dir)
	}
	return err
}

// Exported reports whether an export wrote files to a directory, by its manifest.
func Exported(dir string) bool {
	list, err := os.ReadFile(filepath.Join(dir, manifest))
	return !errors.Is(err, fs.ErrNotExist) && (err != nil || len(bytes.TrimSpace(list)) > 0)
}

func (o *dirOutput) removeStale() error {
	list, err := os.ReadFile(filepath.Join(o.dir, manifest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSuffix(name, "\n")
		if o.taken[strings.ToLower(name)] || !filepath.IsLocal(filepath.FromSlash(name)) {
			continue
		}
		path := filepath.Join(o.dir, filepath.FromSlash(name))
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for dir := filepath.Dir(path); dir != filepath.Clean(o.dir); dir = filepath.Dir(dir) {
			if os.Remove(dir) != nil { // not empty
				break
			}
		}
	}
	return nil
}

func (o *dirOutput) Abort() {
	for _, f := range o.open {
		f.file.Close()
	}
	o.open = nil
	os.RemoveAll(o.aside)
	if o.held != nil {
		o.held.Close()
		o.held = nil
	}
	for _, dir := range slices.Backward(o.made) {
		os.Remove(dir)
	}
}

// contactName returns the file name of one contact: its name for people, and a
// part of its key, so that it stays the same from export to export.
func contactName(c *contact.Contact) string {
	display := c.Name.Display
	if display == "" {
		display = c.DerivedDisplay()
	}
	return safeName(display) + "-" + contact.KeyOf(c.DerivedUID())[:8]
}

func folderPath(p contact.FolderPath) string { return safePath(p.Names()) }

func safePath(names []string) string {
	safe := make([]string, len(names))
	for i, n := range names {
		safe[i] = safeName(n)
	}
	return strings.Join(safe, "/")
}

// maxName bounds a file name in bytes, well below what file systems allow.
const maxName = 80

// safeName makes a name that every common file system takes.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	for len(name) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	name = strings.Trim(name, " .")
	switch base, _, _ := strings.Cut(strings.ToUpper(name), "."); {
	case name == "":
		return "_"
	case base == "CON", base == "PRN", base == "AUX", base == "NUL", name == photoDir,
		len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) && base[3] >= '1' && base[3] <= '9':
		return "_" + name
	}
	return name
}
