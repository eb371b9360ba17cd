package main

import (
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/internal/atomicfile"
)

// reportFile is the file of --report, written as the run goes: an object with the
// members "version", "records" and "summary". It takes its name when it is
// complete. A nil reportFile takes everything and writes nothing.
type reportFile struct {
	file *atomicfile.File
	out  *jsontext.Encoder
	err  error // the first, after which nothing is written
}

const reportVersion = 1

func newReportFile(path string) (*reportFile, error) {
	if path == "" {
		return nil, nil
	}
	if filepath.Ext(path) != ".json" {
		return nil, usage("name it FILE.json", "--report %s: reports are written as .json", path)
	}
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	r := &reportFile{file: file, out: jsontext.NewEncoder(file, jsontext.SpaceAfterComma(true))}
	r.tokens(jsontext.BeginObject, jsontext.String("version"), jsontext.Int(reportVersion), jsontext.String("records"), jsontext.BeginArray)
	return r, nil
}

func (r *reportFile) tokens(tokens ...jsontext.Token) {
	for _, t := range tokens {
		if r.err == nil {
			r.err = r.out.WriteToken(t)
		}
	}
}

func (r *reportFile) add(e event) {
	if r != nil && r.err == nil {
		r.err = json.MarshalEncode(r.out, e)
	}
}

// finish completes the file and puts it in place. It may be called once.
func (r *reportFile) finish(s summary) error {
	if r == nil {
		return nil
	}
	defer r.file.Abort()
	r.tokens(jsontext.EndArray, jsontext.String("summary"))
	if r.err == nil {
		r.err = json.MarshalEncode(r.out, s)
	}
	r.tokens(jsontext.EndObject)
	if r.err != nil {
		return r.err
	}
	return r.file.Commit()
}
