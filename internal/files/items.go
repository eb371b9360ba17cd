package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// items are the files of one contact each that an output directory holds, or is given.
// Such a directory is a vdir (https://vdirsyncer.pimutils.org/en/stable/vdir.html): an
// item that changes keeps its file name, whoever chose it, and no two items of one
// directory have the same UID.
type items struct {
	there    map[item]string // the names of files that are there
	reserved map[string]bool // the same in lower case: no other contact's file
	given    map[item]bool   // to contacts of this output
}

// item is a contact's place in a vdir. Its directory is relative, "." for the top.
type item struct{ dir, uid string }

// vdirMetadata are the files in which a vdir has what its collection is called, and the
// like.
var vdirMetadata = []string{"displayname", "color", "description", "order"}

func isMetadata(name string) bool { return slices.Contains(vdirMetadata, name) }

// isHalfWrittenName reports whether a file is on its way into another one's place.
func isHalfWrittenName(name string) bool { return strings.HasSuffix(name, ".tmp") }

// ownName matches the names that [contactName] makes.
var ownName = regexp.MustCompile(`-[0-9a-f]{8}( \(\d+\))?\.[a-z]+$`)

// findItems reads which contacts the files of a format below dir hold, but for those
// that exports have written there under names of their own: these are made again, or
// removed.
func findItems(dir string, f *formats.Format) (*items, error) {
	t := &items{there: map[item]string{}, reserved: map[string]bool{}, given: map[item]bool{}}
	list, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	exported := map[string]bool{}
	for name := range strings.Lines(string(list)) {
		exported[strings.TrimSuffix(name, "\n")] = true
	}
	found, err := (&Reader{}).walk(dir)
	if err != nil {
		return nil, err
	}
	for _, file := range found {
		name, err := filepath.Rel(dir, file.path)
		if err != nil {
			return nil, err
		}
		name = filepath.ToSlash(name)
		isOwn := exported[name] && ownName.MatchString(name)
		if isOwn || strings.Contains(name, "\n") || !slices.Contains(f.Extensions, strings.ToLower(path.Ext(name))) {
			continue
		}
		uid := onlyUID(file.path, f)
		at := item{path.Dir(name), uid}
		if _, twice := t.there[at]; uid != "" && !twice {
			t.there[at] = name
		}
		t.reserved[strings.ToLower(name)] = true
	}
	return t, nil
}

// has reports whether a file of that name is there.
func (t *items) has(name string) bool { return t != nil && t.reserved[strings.ToLower(name)] }

// onlyUID returns the UID of the one contact that a file holds, "" where it holds none,
// several, or what cannot be read.
func onlyUID(name string, f *formats.Format) string {
	file, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer file.Close()
	uid, n := "", 0
	for c, err := range f.NewDecoder(file).All() {
		if n++; n > 1 || err != nil {
			return ""
		}
		uid = c.UID
	}
	return uid
}

// place returns the contact as it is given to a directory, with the name of the file
// that holds it there, "" for none. One whose UID another contact of the directory has
// is given its own.
func (t *items) place(dir string, c *contact.Contact) (*contact.Contact, string, []contact.Loss) {
	at := item{path.Clean(dir), c.DerivedUID()}
	if !t.given[at] {
		t.given[at] = true
		return c, t.there[at], nil
	}
	own := c.Clone()
	own.UID = ""
	base := own.DerivedUID()
	for n := 1; t.given[at]; n++ {
		if at.uid = base; n > 1 {
			at.uid = fmt.Sprintf("%s-%d", base, n)
		}
	}
	t.given[at] = true
	own.UID = at.uid
	return own, t.there[at], []contact.Loss{{Field: "uid", Kind: contact.Moved, Reason: "another contact of the folder has the same UID: it was given its own"}}
}
