package contact

import "strings"

// FolderID is a provider's name for a folder.
type FolderID string

// FolderPath names a folder by the names from below the default folder down to
// it, joined by "/" ("Customers/EMEA"). The default folder is the empty path. A
// slash or backslash within a name is written with a backslash before it.
type FolderPath string

// Folder is a container of contacts. A contact is in exactly one.
type Folder struct {
	ID      FolderID
	Path    FolderPath // empty for the default folder
	Name    string     // as the provider shows it, even for the default folder
	Default bool
}

var (
	folderEscaper   = strings.NewReplacer(`\`, `\\`, `/`, `\/`)
	folderUnescaper = strings.NewReplacer(`\\`, `\`, `\/`, `/`)
)

// Child returns the path of the folder of that name within p.
func (p FolderPath) Child(name string) FolderPath {
	name = folderEscaper.Replace(name)
	if p == "" {
		return FolderPath(name)
	}
	return p + "/" + FolderPath(name)
}

// Names returns the names along the path, none for the default folder.
func (p FolderPath) Names() []string {
	var names []string
	start := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '/':
			names = appendName(names, string(p[start:i]))
			start = i + 1
		}
	}
	return appendName(names, string(p[start:]))
}

func appendName(names []string, escaped string) []string {
	if name := strings.TrimSpace(folderUnescaper.Replace(escaped)); name != "" {
		names = append(names, name)
	}
	return names
}

// Clean returns the path without empty names and without blanks around names.
func (p FolderPath) Clean() FolderPath {
	if !strings.ContainsAny(string(p), `/\`) { // most are one name, or none
		return FolderPath(strings.TrimSpace(string(p)))
	}
	var clean FolderPath
	for _, name := range p.Names() {
		clean = clean.Child(name)
	}
	return clean
}

// Join returns the path of q below p.
func (p FolderPath) Join(q FolderPath) FolderPath {
	switch {
	case p == "":
		return q
	case q == "":
		return p
	}
	return p + "/" + q
}
