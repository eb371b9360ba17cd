package exporter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"iter"
	"os"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/internal/atomicfile"
	"github.com/cardferry/cardferry/internal/spool"
)

// The file of a State has, in this order: a line with its version; the contacts,
// folder by folder, in the order of their ids; an index in JSON; and a trailer, which
// says where the index begins and has a check sum of all before it. It is written in
// one pass and read in another, so that its size does not matter.
//
// A contact is its length, then a byte of marks, its id and its version, each behind
// its length, and the rest as package spool writes it.
const (
	stateVersion = "cardferry state 1\n"
	trailerSize  = 8 + 4
)

// photoPending marks a contact whose photo the last run could not fetch.
const photoPending byte = 1

var checkSums = crc32.MakeTable(crc32.Castagnoli)

var (
	errStateVersion = errors.New("it is of another version of cardferry")
	errStateDamaged = errors.New("it is damaged")
)

// stateIndex is what the file says beside the contacts.
type stateIndex struct {
	Scope   Scope         `json:"scope"`
	Tree    Cursor        `json:"tree,omitempty"`
	Folders []stateFolder `json:"folders"`
}

// stateFolder is a folder and where its contacts are in the file. The zero value is
// one of which nothing is known.
type stateFolder struct {
	ID       contact.FolderID `json:"id"`
	Cursor   Cursor           `json:"cursor,omitempty"`
	Contacts int              `json:"contacts"`
	Offset   int64            `json:"offset"`
	Length   int64            `json:"length"`
}

// stateRecord is a contact of the file.
type stateRecord struct {
	id      contact.ID
	version string
	pending bool
	raw     []byte // as it stands in the file, without its length
	kept    []byte // the part of it that holds the contact
}

func (r *stateRecord) contact() (*contact.Contact, error) {
	c, err := spool.Decode(r.kept)
	if err != nil {
		return nil, err
	}
	c.ID, c.Version = r.id, r.version
	return c, nil
}

// appendRecord appends a contact as the file holds it.
func appendRecord(dst []byte, c *contact.Contact, marks byte) ([]byte, error) {
	dst = append(dst, marks)
	for _, text := range []string{string(c.ID), c.Version} {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return spool.Append(dst, c)
}

func parseRecord(raw []byte) (stateRecord, error) {
	r := stateRecord{raw: raw}
	if len(raw) == 0 {
		return r, errStateDamaged
	}
	r.pending = raw[0]&photoPending != 0
	rest := raw[1:]
	for _, at := range []*string{(*string)(&r.id), &r.version} {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > uint64(len(rest)-size) {
			return r, errStateDamaged
		}
		*at = string(rest[size : size+int(n)])
		rest = rest[size+int(n):]
	}
	r.kept = rest
	return r, nil
}

// stateReader is a file that an earlier run has written. A nil one is empty.
type stateReader struct {
	file  *os.File
	index stateIndex
}

// openStateFile opens a file after reading it whole for its check sum.
func openStateFile(path string) (*stateReader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := &stateReader{file: file}
	if err := r.check(); err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

func (r *stateReader) check() error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, len(stateVersion))
	if _, err := io.ReadFull(r.file, head); err != nil || !bytes.HasPrefix(head, []byte("cardferry state ")) {
		return errStateDamaged
	}
	if string(head) != stateVersion {
		return errStateVersion
	}
	end := info.Size() - trailerSize
	sum := crc32.New(checkSums)
	sum.Write(head)
	var trailer [trailerSize]byte
	if end < int64(len(head)) {
		return errStateDamaged
	}
	if _, err := io.Copy(sum, io.NewSectionReader(r.file, int64(len(head)), end-int64(len(head)))); err != nil {
		return err
	}
	if _, err := r.file.ReadAt(trailer[:], end); err != nil {
		return err
	}
	from := int64(binary.BigEndian.Uint64(trailer[:]))
	if binary.BigEndian.Uint32(trailer[8:]) != sum.Sum32() || from < int64(len(head)) || from > end {
		return errStateDamaged
	}
	text := make([]byte, end-from)
	if _, err := r.file.ReadAt(text, from); err != nil {
		return err
	}
	if json.Unmarshal(text, &r.index) != nil {
		return errStateDamaged
	}
	return nil
}

func (r *stateReader) close() {
	if r != nil {
		r.file.Close()
	}
}

func (r *stateReader) tree() Cursor {
	if r == nil {
		return ""
	}
	return r.index.Tree
}

func (r *stateReader) contacts() int {
	n := 0
	if r != nil {
		for _, f := range r.index.Folders {
			n += f.Contacts
		}
	}
	return n
}

// folder returns what the file holds of a folder.
func (r *stateReader) folder(id contact.FolderID) stateFolder {
	if r != nil {
		for _, f := range r.index.Folders {
			if f.ID == id {
				return f
			}
		}
	}
	return stateFolder{ID: id}
}

// records returns the contacts of a folder, in the order of their ids. An error is
// the last element.
func (r *stateReader) records(f stateFolder) iter.Seq2[stateRecord, error] {
	return func(yield func(stateRecord, error) bool) {
		if r == nil || f.Length == 0 {
			return
		}
		in := bufio.NewReaderSize(io.NewSectionReader(r.file, f.Offset, f.Length), 256<<10)
		for {
			n, err := binary.ReadUvarint(in)
			if err == io.EOF {
				return
			}
			var rec stateRecord
			if err == nil && n > 4*formats.MaxRecord {
				err = errStateDamaged
			}
			if err == nil {
				raw := make([]byte, n)
				if _, err = io.ReadFull(in, raw); err == nil {
					rec, err = parseRecord(raw)
				}
			}
			if err != nil {
				yield(stateRecord{}, fmt.Errorf("reading the state of the last run: %w", err))
				return
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// stateWriter writes a new file beside the old one.
type stateWriter struct {
	file   *atomicfile.File
	sum    hash.Hash32
	offset int64
	parts  []stateFolder // where the contacts of the folders are, by their numbers
	buf    []byte
}

func createStateFile(path string) (*stateWriter, error) {
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	w := &stateWriter{file: file, sum: crc32.New(checkSums)}
	return w, w.write([]byte(stateVersion))
}

func (w *stateWriter) write(p []byte) error {
	w.sum.Write(p)
	w.offset += int64(len(p))
	_, err := w.file.Write(p)
	return err
}

// add writes a contact of the folder with that number. Folders come in ascending
// order.
func (w *stateWriter) add(folder int, raw []byte) error {
	for len(w.parts) <= folder {
		w.parts = append(w.parts, stateFolder{Offset: w.offset})
	}
	w.buf = append(binary.AppendUvarint(w.buf[:0], uint64(len(raw))), raw...)
	part := &w.parts[folder]
	part.Contacts++
	part.Length += int64(len(w.buf))
	return w.write(w.buf)
}

// finish writes the index, of whose folders it knows where they are.
func (w *stateWriter) finish(index stateIndex) error {
	for i := range index.Folders {
		if i < len(w.parts) {
			f, part := &index.Folders[i], w.parts[i]
			f.Contacts, f.Offset, f.Length = part.Contacts, part.Offset, part.Length
		}
	}
	text, err := json.Marshal(index)
	if err != nil {
		return err
	}
	trailer := binary.BigEndian.AppendUint64(nil, uint64(w.offset))
	if err := w.write(text); err != nil {
		return err
	}
	_, err = w.file.Write(binary.BigEndian.AppendUint32(trailer, w.sum.Sum32()))
	return err
}
