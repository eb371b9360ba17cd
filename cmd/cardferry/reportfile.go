package main

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/cardferry/cardferry/internal/atomicfile"
)

// reportFile is a report as JSON: an object with the members "version", "records" and
// "summary".
type reportFile struct {
	file *atomicfile.File
	out  *jsontext.Encoder
	err  error // the first, after which nothing is written
}

const reportVersion = 1

func newReportFile(path string) (*reportFile, error) {
	file, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	r := &reportFile{file: file, out: jsontext.NewEncoder(file, jsontext.SpaceAfterComma(true), jsontext.AllowInvalidUTF8(true))}
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

func (r *reportFile) add(item any) {
	if r.err == nil {
		r.err = json.MarshalEncode(r.out, item)
	}
}

func (r *reportFile) finish(summary any) error {
	defer r.file.Abort()
	r.tokens(jsontext.EndArray, jsontext.String("summary"))
	if r.err == nil {
		r.err = json.MarshalEncode(r.out, summary)
	}
	r.tokens(jsontext.EndObject)
	if r.err != nil {
		return r.err
	}
	return r.file.Commit()
}

func (r *reportFile) abort() { r.file.Abort() }
