package files

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/formats"
	"github.com/cardferry/cardferry/formats/jsonl"
	"github.com/cardferry/cardferry/internal/atomicfile"
)

// Rejects collects the records that failed, and writes them as they stand in their
// files, byte for byte, each with the reason: what cannot be decoded is mended there,
// and the file is imported again.
//
// The reason stands in formats.ReasonField: a property of a vCard, the first column of
// CSV, a line of its own before a line of JSON. A record that does not stand on lines of
// its own, as one of an account, is written as JSON Lines.
type Rejects struct {
	path   string
	raw    bool // the records' files are there to be copied from
	table  formats.Table
	format *formats.Format
	stdin  *os.File           // what was read of the standard input
	starts map[string][]int32 // of each file: the lines on which its records begin
	failed []reject
	files  []string // in the order in which they were read
}

type reject struct {
	at     contact.Position
	reason string
	record *contact.Contact // nil for one that stands on lines of a file
}

// NewRejects prepares to write rejected records to path. reader is what the records are
// read by, nil for those of an account or a plan; of its standard input a copy is kept.
func NewRejects(path string, reader *Reader) (*Rejects, error) {
	r := &Rejects{path: path, starts: map[string][]int32{}}
	if reader == nil {
		return r, nil
	}
	r.raw, r.table, r.format = true, reader.Table, reader.Format
	if reader.Stdin == nil {
		return r, nil
	}
	copied, err := os.CreateTemp("", "cardferry-*")
	if err != nil {
		return nil, fmt.Errorf("keeping the standard input aside: %w", err)
	}
	os.Remove(copied.Name()) // fails on Windows, where Close removes it
	r.stdin, reader.Stdin = copied, io.TeeReader(reader.Stdin, copied)
	return r, nil
}

// Watch notes where the records of a sequence begin.
func (r *Rejects) Watch(records iter.Seq2[*contact.Contact, error]) iter.Seq2[*contact.Contact, error] {
	return func(yield func(*contact.Contact, error) bool) {
		for c, err := range records {
			if c != nil {
				r.begins(c.At)
			} else if re, ok := errors.AsType[*formats.RecordError](err); ok {
				r.begins(re.At)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func (r *Rejects) begins(at contact.Position) {
	if !r.standsIn(at) {
		return
	}
	if _, ok := r.starts[at.File]; !ok {
		r.files = append(r.files, at.File)
	}
	r.starts[at.File] = append(r.starts[at.File], int32(at.Line))
}

// standsIn reports whether a record stands on lines of a file that can be copied.
func (r *Rejects) standsIn(at contact.Position) bool { return r.raw && at.File != "" && at.Line > 0 }

// Add takes a record that failed; c is nil if it could not be read.
func (r *Rejects) Add(at contact.Position, reason string, c *contact.Contact) {
	if r.standsIn(at) {
		c = nil
	}
	r.failed = append(r.failed, reject{at, strings.ReplaceAll(reason, "\n", " "), c})
}

// Len returns how many records failed.
func (r *Rejects) Len() int { return len(r.failed) }

// Close lets go of the copy of the standard input.
func (r *Rejects) Close() {
	if r.stdin != nil {
		r.stdin.Close()
		os.Remove(r.stdin.Name())
	}
}

// Write writes the records to the path, also when there are none, and returns the paths
// of what it wrote: records of another format, another encoding or a table with other
// columns go to files of their own beside it.
func (r *Rejects) Write() ([]string, error) {
	w := &rejectsWriter{path: r.path}
	defer w.abort()
	byFile := map[string][]reject{}
	for _, f := range r.failed {
		name := f.at.File
		if !r.standsIn(f.at) {
			name = ""
		}
		byFile[name] = append(byFile[name], f)
	}
	for _, name := range r.files {
		if failed := byFile[name]; len(failed) > 0 {
			if err := r.copyFile(w, name, failed); err != nil {
				return nil, fmt.Errorf("writing the rejected records of %s: %w", name, err)
			}
		}
	}
	if err := w.contacts(byFile[""]); err != nil {
		return nil, err
	}
	if len(w.outs) == 0 {
		if _, err := w.out("", nil); err != nil {
			return nil, err
		}
	}
	return w.commit()
}

// copyFile copies the lines of failed records.
func (r *Rejects) copyFile(w *rejectsWriter, name string, failed []reject) error {
	file, err := openNamed(name, r.stdin)
	if err != nil {
		return err
	}
	defer file.Close()
	in := io.Reader(file)
	format := r.format
	if format == nil {
		var err error
		if format, in, err = r.table.Detect(in, name); err != nil {
			return err
		}
	}
	if format == nil {
		return ErrUnknownFormat
	}
	lines := newRawLines(in, format.Name == "vcard")
	starts := r.starts[name]
	slices.Sort(starts)
	slices.SortStableFunc(failed, func(a, b reject) int { return cmp.Compare(a.at.Line, b.at.Line) })
	head := []byte(lines.mark)
	if format.Name == "csv" {
		names, err := headOf(lines, int(starts[0]))
		if err != nil {
			return err
		}
		head = append(head, names...)
	}
	out, err := w.out(format.Name, head)
	if err != nil {
		return err
	}
	for _, f := range failed {
		i, _ := slices.BinarySearch(starts, int32(f.at.Line)+1) // the next record
		end := 0                                                // the end of the file
		if i < len(starts) {
			end = int(starts[i])
		}
		for lines.before(f.at.Line) {
			if _, err := lines.next(); err != nil {
				return err
			}
		}
		if err := copyRecord(out, lines, end, format.Name, f.reason); err != nil {
			return err
		}
	}
	return nil
}

// headOf is what a file of rejected rows begins with: the names of the columns, that of
// the reason before them, and what stands above them. It reads up to the line first.
func headOf(lines *rawLines, first int) ([]byte, error) {
	var above, names []byte
	for lines.before(first) {
		line, err := lines.next()
		if err != nil {
			return nil, err
		}
		if names == nil && bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(lines.ascii(line), `"`)), []byte("sep=")) {
			above = bytes.Clone(line)
			continue
		}
		names = append(names, line...)
	}
	if names == nil {
		return above, nil
	}
	lines.findSeparator(names)
	return slices.Concat(above, lines.encode(formats.ReasonField+string(lines.sep)), names), nil
}

// copyRecord copies the lines before the line end (0 is the end of the file), with the
// reason in the form of the format.
func copyRecord(out io.Writer, lines *rawLines, end int, format, reason string) error {
	quoted, err := json.Marshal(reason)
	if err != nil {
		return err
	}
	vcard := formats.ReasonField + ":" + vcardEscaper.Replace(reason) + "\r\n"
	switch format {
	case "csv":
		out.Write(lines.encode(`"` + strings.ReplaceAll(reason, `"`, `""`) + `"` + string(lines.sep)))
	case "jsonl":
		out.Write(lines.encode(`{"` + formats.ReasonField + `":` + string(quoted) + "}\n"))
	}
	last := []byte("\n")
	for first := true; end == 0 || lines.before(end); first = false {
		line, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		begins := strings.HasPrefix(strings.ToUpper(strings.TrimLeft(string(lines.ascii(line)), " \t")), "BEGIN:VCARD")
		if first && format == "vcard" && !begins {
			out.Write(lines.encode(vcard))
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
		if first && format == "vcard" && begins {
			out.Write(lines.encode(vcard))
		}
		last = append(last[:0], line[max(0, len(line)-2):]...)
	}
	if !bytes.ContainsAny(last, "\r\n") {
		_, err = out.Write(lines.encode("\n"))
	}
	return err
}

var vcardEscaper = strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`)

// rejectsWriter writes to as many files as need be.
type rejectsWriter struct {
	path  string
	kinds []string // what each of the files holds
	outs  []*atomicfile.File
	paths []string
}

// out returns the file for records of that kind below that head, which it begins with.
func (w *rejectsWriter) out(kind string, head []byte) (*atomicfile.File, error) {
	kind += "\n" + string(head)
	if i := slices.Index(w.kinds, kind); i >= 0 {
		return w.outs[i], nil
	}
	path := w.path
	if n := len(w.outs); n > 0 {
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n+1, ext)
	}
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	w.kinds, w.outs, w.paths = append(w.kinds, kind), append(w.outs, file), append(w.paths, path)
	_, err = file.Write(head)
	return file, err
}

// contacts writes records that stand on no lines.
func (w *rejectsWriter) contacts(failed []reject) error {
	for _, f := range failed {
		out, err := w.out("jsonl", nil)
		if err != nil {
			return err
		}
		reason, err := json.Marshal(strings.TrimPrefix(f.at.String()+": "+f.reason, ": "))
		if err != nil {
			return err
		}
		line := fmt.Appendf(nil, "{%q:%s}\n", formats.ReasonField, reason)
		if f.record != nil {
			if line, err = jsonl.Marshal(line, f.record); err != nil {
				return err
			}
			line = append(bytes.TrimRight(line, "\n"), '\n')
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

func (w *rejectsWriter) commit() ([]string, error) {
	for _, out := range w.outs {
		if err := out.Commit(); err != nil {
			return nil, err
		}
	}
	return w.paths, nil
}

func (w *rejectsWriter) abort() {
	for _, out := range w.outs {
		out.Abort()
	}
}
