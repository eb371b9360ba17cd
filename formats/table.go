package formats

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
)

// Table lists formats. Order does not matter.
type Table []Format

// Names returns the names of all formats.
func (t Table) Names() []string {
	var names []string
	for _, f := range t {
		names = append(names, f.Name)
	}
	return names
}

// ByName returns the format of that name.
func (t Table) ByName(name string) (*Format, error) {
	for i := range t {
		if t[i].Name == name {
			return &t[i], nil
		}
	}
	return nil, fmt.Errorf("unknown format %q: known are %s", name, strings.Join(t.Names(), ", "))
}

// ByPath returns the format that the path's extension names, nil if none does.
func (t Table) ByPath(path string) *Format {
	ext := strings.ToLower(filepath.Ext(path))
	for i := range t {
		if slices.Contains(t[i].Extensions, ext) {
			return &t[i]
		}
	}
	return nil
}

// sniffLen is how much of a stream Detect looks at.
const sniffLen = 64 << 10

// Detect finds the format of a stream by its first bytes, else by the extension
// of its path, and returns a reader of the whole stream. Bytes count first: an
// extension is what somebody called the file. A nil format means that neither
// tells; an empty stream is of the format its path names.
func (t Table) Detect(r io.Reader, path string) (*Format, io.Reader, error) {
	br := bufio.NewReaderSize(r, sniffLen)
	head, err := br.Peek(sniffLen)
	if err != nil && err != io.EOF {
		return nil, br, err
	}
	named := t.ByPath(path)
	if len(bytes.TrimSpace(head)) == 0 {
		return named, br, nil
	}
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if named != nil && named.Sniff(head) {
		return named, br, nil
	}
	for i := range t {
		if t[i].Sniff(head) {
			return &t[i], br, nil
		}
	}
	return named, br, nil
}

// InFile returns a decoder that names file in the position of every contact and
// every error of d.
func InFile(d Decoder, file string) Decoder { return &inFile{d, file} }

type inFile struct {
	Decoder
	file string
}

func (d *inFile) All() iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range d.Decoder.All() {
			if c != nil {
				c.At.File = d.file
			}
			if re, ok := err.(*RecordError); ok {
				re.At.File = d.file
			} else if err != nil {
				err = fmt.Errorf("%s: %w", d.file, err)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}
