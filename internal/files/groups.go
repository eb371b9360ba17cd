package files

import (
	"io"
	"os"
	"slices"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
)

// collectGroups returns the categories that records of the files give to others. A file
// that cannot be read here has none: reading its records says what is wrong.
func (r *Reader) collectGroups(paths []string) map[string][]string {
	all := map[string][]string{}
	for _, path := range paths {
		for uid, names := range r.groupsOf(path) {
			all[uid] = append(all[uid], names...)
		}
	}
	return all
}

func (r *Reader) groupsOf(path string) map[string][]string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil // a pipe is read once
	}
	format := r.Format
	if format == nil {
		if format, _, err = r.Table.Detect(f, path); err != nil || format == nil {
			return nil
		}
	}
	if format.Groups == nil {
		return nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil
	}
	groups, err := format.Groups(f)
	if err != nil {
		return nil
	}
	return groups
}

// addGroups adds the categories of a contact that others give.
func (r *Reader) addGroups(c *contact.Contact) {
	if len(r.groups) == 0 || c.UID == "" {
		return
	}
	for _, name := range r.groups[formats.MemberKey(c.UID)] {
		if !slices.Contains(c.Categories, name) {
			c.Categories = append(c.Categories, name)
		}
	}
}
