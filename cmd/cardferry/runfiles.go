package main

import (
	"os"
	"path/filepath"

	"github.com/cardferry/cardferry/internal/files"
)

// runFiles are the files of a run: none that it reads is written, and none is written
// twice.
type runFiles struct {
	read    []string
	written []output
}

type output struct{ path, name string }

// reads notes files and directories that the run reads. It comes before writes.
func (f *runFiles) reads(paths ...string) { f.read = append(f.read, paths...) }

// writes refuses a file that the run reads, or that it writes already under another name.
func (f *runFiles) writes(name, path string) error {
	if path == "" || path == files.Stdio {
		return nil
	}
	for _, in := range f.read {
		if isWithin(path, in) {
			return usage("write to another directory", "%s is within %s: the next run would read it too", name, in)
		}
		if samePath(path, in) {
			return usage("write to another name", "%s would overwrite %s, which is read", name, in)
		}
	}
	for _, out := range f.written {
		if samePath(path, out.path) {
			return usage("write to another name", "%s and %s are one file", out.name, name)
		}
	}
	f.written = append(f.written, output{path, name})
	return nil
}

// samePath reports whether two paths are one file, which need not exist.
func samePath(a, b string) bool {
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y || sameFile(a, b)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// isWithin reports whether a path, which need not exist, leads into a directory.
func isWithin(path, dir string) bool {
	d, err := os.Stat(dir)
	if path == files.Stdio || err != nil || !d.IsDir() {
		return false
	}
	above, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(above); err == nil {
		above = real
	}
	for {
		if info, err := os.Stat(above); err == nil && os.SameFile(info, d) {
			return true
		}
		next := filepath.Dir(above)
		if next == above {
			return false
		}
		above = next
	}
}
