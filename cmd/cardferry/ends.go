package main

import (
	"runtime"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// end is one end of a run, as the command line names it: an account, or a path.
type end struct {
	account string              // "" for a path
	folder  *contact.FolderPath // of an account; nil for all of it
	path    string
	text    string // as it was typed
}

// parseEnd reads "NAME:", "NAME:Folder/Sub", or a path. A path whose name looks
// like an account's can be written as ./NAME:….
func parseEnd(text string) end {
	name, folder, found := strings.Cut(text, ":")
	drive := runtime.GOOS == "windows" && len(name) == 1
	if !found || drive || !accountName.MatchString(name) {
		return end{path: text, text: text}
	}
	e := end{account: name, text: text}
	if folder != "" {
		path := contact.FolderPath(folder).Clean()
		e.folder = &path
	}
	return e
}

func (e end) isAccount() bool { return e.account != "" }

// inFolder applies the flag --folder to an end that names none itself.
func (e end) inFolder(flag string) (end, error) {
	if flag == "" {
		return e, nil
	}
	if !e.isAccount() {
		return e, usage("", "--folder needs an account: a file has no folders to choose from")
	}
	if e.folder != nil {
		return e, usage("", "--folder and the folder in %q cannot both be given", e.text)
	}
	path := contact.FolderPath(flag).Clean()
	e.folder = &path
	return e, nil
}

// mustBeAccount and mustBePath say what a command wanted instead.
func (e end) mustBeAccount(what string) error {
	if e.isAccount() {
		return nil
	}
	return usage("an account ends in a colon: try "+builtIn+":", "%s must be an account, and %q is a path", what, e.text)
}

func (e end) mustBePath(what string) error {
	if !e.isAccount() {
		return nil
	}
	return usage("to move contacts between accounts use: cardferry migrate; for a file of that name write ./"+e.text, "%s must be a file, and %q is an account", what, e.text)
}
