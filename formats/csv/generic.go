package csv

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// The layout of our own: its columns are named by JSON paths of a contact
// ("name.given", "emails[0].address"), and the last one holds the JSON of what
// found no column. Nothing is lost, and what is edited in a cell is what is read.

const restColumn = "cardferry"

func genericHeader() []string {
	header := []string{"uid", "id", "key", "folder", "created", "modified"}
	add := func(prefix string, members ...string) {
		for _, m := range members {
			header = append(header, prefix+m)
		}
	}
	list := func(name string, n int, members ...string) {
		for i := range n {
			add(fmt.Sprintf("%s[%d].", name, i), members...)
		}
	}
	add("name.", "display", "prefix", "given", "middle", "family", "suffix", "nickname", "initials", "fileAs",
		"phoneticGiven", "phoneticMiddle", "phoneticFamily")
	add("organization.", "company", "phoneticCompany", "department", "title", "profession", "office", "manager", "assistant")
	list("emails", 3, "address", "name", "type")
	list("phones", 6, "number", "type")
	list("addresses", 3, "type", "poBox", "extended", "street", "city", "region", "postalCode", "country")
	list("websites", 2, "url", "type")
	list("ims", 2, "address", "type")
	add("", "birthday", "anniversary")
	list("relations", 3, "name", "type")
	add("", "notes", "categories[0]", "categories[1]", "categories[2]", "categories[3]", "categories[4]", "gender", "favorite")
	add("photo.", "path", "url", "mediaType", "sha256")
	return append(header, restColumn)
}

// isOurs reports whether a table is in our layout: one of its columns has a name
// that no other program gives.
func isOurs(header []string) bool {
	for _, name := range header {
		if _, ok := parsePath(name); name == restColumn || ok && strings.ContainsAny(name, ".[") {
			return true
		}
	}
	return false
}

// genericWriter makes a row of a contact by cutting from a copy of it what has a
// column, and writing what is left as JSON.
type genericWriter struct {
	places []*place
	cells  []string
	copy   contact.Contact // lists and photo are kept from one row to the next
	photo  contact.Photo
}

func newGenericWriter() *genericWriter {
	w := &genericWriter{cells: make([]string, len(genericHeader()))}
	for _, name := range genericHeader() {
		if p, ok := parsePath(name); ok {
			w.places = append(w.places, p)
		}
	}
	return w
}

// row returns the cells of c, which are valid until the next call.
func (w *genericWriter) row(c *contact.Contact) ([]string, error) {
	w.copyOf(c)
	empty := true
	for i, p := range w.places {
		w.cells[i] = p.take(&w.copy)
		empty = empty && w.cells[i] == ""
	}
	rest, err := w.rest()
	if rest == "" && empty {
		rest = "{}" // a row of nothing would be passed over
	}
	w.cells[len(w.places)] = rest
	return w.cells, err
}

// copyOf copies what JSON has of c.
func (w *genericWriter) copyOf(c *contact.Contact) {
	old := w.copy
	w.copy = *c
	w.copy.Version, w.copy.At, w.copy.Unread = "", contact.Position{}, nil
	w.copy.Emails = append(old.Emails[:0], c.Emails...)
	w.copy.Phones = append(old.Phones[:0], c.Phones...)
	w.copy.Addresses = append(old.Addresses[:0], c.Addresses...)
	w.copy.Websites = append(old.Websites[:0], c.Websites...)
	w.copy.IMs = append(old.IMs[:0], c.IMs...)
	w.copy.Relations = append(old.Relations[:0], c.Relations...)
	w.copy.Categories = append(old.Categories[:0], c.Categories...)
	if c.Photo != nil {
		w.photo = *c.Photo
		w.copy.Photo = &w.photo
	}
}

// rest returns the JSON of what was left in the copy, "" for nothing.
func (w *genericWriter) rest() (string, error) {
	left := w.copy
	left.Emails, left.Phones, left.Addresses = leftOf(left.Emails), leftOf(left.Phones), leftOf(left.Addresses)
	left.Websites, left.IMs, left.Relations = leftOf(left.Websites), leftOf(left.IMs), leftOf(left.Relations)
	left.Categories = leftOf(left.Categories)
	if left.Photo != nil && reflect.ValueOf(&w.photo).Elem().IsZero() {
		left.Photo = nil
	}
	if reflect.ValueOf(&left).Elem().IsZero() {
		return "", nil
	}
	text, err := json.Marshal(&left)
	if err != nil {
		return "", errors.New("holds a value that JSON cannot express")
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return "", errors.New("holds a value that JSON cannot express")
	}
	if tree = prune(tree); tree == nil {
		return "", nil
	}
	text, err = json.Marshal(tree)
	return string(text), err
}

// leftOf returns nil for a list of which every item is empty.
func leftOf[T any](list []T) []T {
	for i := range list {
		if !reflect.ValueOf(&list[i]).Elem().IsZero() {
			return list
		}
	}
	return nil
}

// prune returns the tree without what is empty, nil when nothing is left. Items of
// lists keep their places. Parameters are left alone: no column takes from them.
func prune(node any) any {
	switch n := node.(type) {
	case map[string]any:
		for member, value := range n {
			if member == "params" {
				continue
			}
			if n[member] = prune(value); n[member] == nil {
				delete(n, member)
			}
		}
		if len(n) == 0 {
			return nil
		}
	case string:
		if n == "" {
			return nil
		}
	case []any:
		last := 0
		for i := range n {
			if n[i] = prune(n[i]); n[i] != nil {
				last = i + 1
			}
		}
		if last == 0 {
			return nil
		}
		return n[:last]
	}
	return node
}

// readRest fills c with what stands in the column for what has no path.
func (l *layout) readRest(c *contact.Contact, cells []string) {
	if l.rest < 0 || l.rest >= len(cells) || cells[l.rest] == "" {
		return
	}
	text := []byte(cells[l.rest])
	*c = contact.Contact{} // its lists may have room that holds what was read before
	if json.Unmarshal(text, c) == nil {
		return
	}
	reason := "the cell of column cardferry does not describe a contact"
	if object := map[string]any{}; json.Unmarshal(text, &object) != nil {
		reason = "the cell of column cardferry is not JSON of ours"
	}
	*c = contact.Contact{Unread: []contact.Loss{{Field: "extra", Kind: contact.Dropped, Reason: reason}}}
}
