package sandbox

import (
	"bytes"
	"encoding/base64"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// maxParts is how many requests one batch may have, and batchWidth how many of
// them go to Exchange at a time.
const (
	maxParts   = 20
	batchWidth = maxInFlight
)

// A part is one request of a JSON batch
// (learn.microsoft.com/graph/json-batching).
type part struct {
	id, method, url string
	after           string // the id of the part that this one depends on
	header          http.Header
	body            []byte
	answer          *answer
}

// batch runs the parts, each of which is checked, counted, throttled and
// answered like a request of its own, and answers them in no order.
func (c *call) batch() (*answer, error) {
	if c.r.Method != http.MethodPost {
		return nil, errNotSupported
	}
	if kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";"); kind != "" && !strings.EqualFold(kind, "application/json") {
		return nil, &failure{status: http.StatusUnsupportedMediaType, code: "UnsupportedMediaType", message: "A batch must be application/json."}
	}
	body, err := readBody(c.r)
	if err != nil {
		return nil, err
	}
	parts, err := parseBatch(body)
	if err != nil {
		return nil, err
	}
	c.runParts(parts)
	random := rand.New(rand.NewPCG(uint64(len(parts)), c.n))
	random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	out := []byte(`{"responses":[`)
	for i, p := range parts {
		if i > 0 {
			out = append(out, ',')
		}
		out = p.append(out)
	}
	return jsonAnswer(http.StatusOK, append(out, "]}"...)), nil
}

// parseBatch reads the envelope. What is wrong with it fails the batch as a
// whole; what is wrong with a request fails that part.
func parseBatch(body []byte) ([]*part, error) {
	all, ok := members(body)
	if !ok || len(all) != 1 || all[0].name != "requests" {
		return nil, errBadBatch("The batch request must have one array, 'requests'.")
	}
	requests, ok := elements(all[0].value)
	if !ok || len(requests) == 0 || len(requests) > maxParts {
		return nil, errBadBatch("The number of batch requests must be between 1 and 20.")
	}
	var parts []*part
	for _, raw := range requests {
		p, err := parsePart(raw)
		if err != nil {
			return nil, err
		}
		if partNamed(parts, p.id) != nil {
			return nil, errBadBatch("The ids of batch requests must be unique.")
		}
		if p.after != "" && partNamed(parts, p.after) == nil {
			return nil, errBadBatch("A batch request depends on a request that does not come before it.")
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func errBadBatch(message string) *failure { return badRequest("BadRequest", "%s", message) }

// partNamed finds a part by its id, which has no case.
func partNamed(parts []*part, id string) *part {
	i := slices.IndexFunc(parts, func(p *part) bool { return strings.EqualFold(p.id, id) })
	if i < 0 {
		return nil
	}
	return parts[i]
}

func parsePart(raw jsontext.Value) (*part, error) {
	all, ok := members(raw)
	if !ok {
		return nil, errBadBatch("A batch request is no object.")
	}
	p := &part{header: http.Header{}}
	var body jsontext.Value
	for _, m := range all {
		text, isText := stringValue(m.value)
		switch m.name {
		case "id", "method", "url":
			if !isText || text == "" {
				return nil, errBadBatch("A batch request has no id, method or url.")
			}
			*map[string]*string{"id": &p.id, "method": &p.method, "url": &p.url}[m.name] = text
		case "headers":
			headers, _ := members(m.value)
			for _, h := range headers {
				value, _ := stringValue(h.value)
				p.header.Set(h.name, value)
			}
		case "dependsOn":
			ids, ok := stringValues(m.value)
			if !ok || len(ids) > 1 {
				return nil, errBadBatch("A batch request can depend on one other.")
			}
			p.after = strings.Join(ids, "")
		case "body":
			body = m.value
		}
	}
	if p.id == "" || p.method == "" || p.url == "" {
		return nil, errBadBatch("A batch request has no id, method or url.")
	}
	p.method = strings.ToUpper(p.method)
	return p, p.setBody(body)
}

// setBody takes JSON as it is and everything else from base64url text.
func (p *part) setBody(raw jsontext.Value) error {
	kind := p.header.Get("Content-Type")
	switch {
	case raw == nil, raw.Kind() == 'n': // Microsoft's Go SDK sends null with a GET
		return nil
	case kind == "":
		return badRequest("BadRequest", "Write request id : %s does not contain Content-Type header or body.", p.id)
	case isJSON(kind):
		p.body = raw
		return nil
	}
	text, ok := stringValue(raw)
	var err error
	p.body, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if !ok || err != nil {
		return badRequest("BadRequest", "The body of request id : %s is not base64url.", p.id)
	}
	return nil
}

func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}

// runParts runs independent parts a few at a time, and all one after the other
// as soon as any depends on another.
func (c *call) runParts(parts []*part) {
	if slices.ContainsFunc(parts, func(p *part) bool { return p.after != "" }) {
		for _, p := range parts {
			if before := partNamed(parts, p.after); p.after != "" && before.answer.status >= 400 {
				p.answer = c.failed(errDependency)
				continue
			}
			p.answer = c.runPart(p)
		}
		return
	}
	todo := make(chan *part, len(parts))
	for _, p := range parts {
		todo <- p
	}
	close(todo)
	var wg sync.WaitGroup
	for range min(batchWidth, len(parts)) {
		wg.Go(func() {
			for p := range todo {
				p.answer = c.runPart(p)
			}
		})
	}
	wg.Wait()
}

// runPart answers a part. Its url is relative to the version that the batch was
// sent to, and its token that of the batch.
func (c *call) runPart(p *part) *answer {
	address, err := url.Parse(c.base + "/" + c.d.prefix + "/" + strings.TrimLeft(p.url, "/"))
	if err != nil || strings.Contains(p.url, "://") {
		return c.failed(errSegment)
	}
	r := (&http.Request{
		Method: p.method, URL: address, Host: c.r.Host, TLS: c.r.TLS, Header: p.header,
		Body: io.NopCloser(bytes.NewReader(p.body)), ContentLength: int64(len(p.body)),
	}).WithContext(c.r.Context())
	r.Header.Set("Authorization", c.r.Header.Get("Authorization"))
	inner := &call{s: c.s, r: r, n: c.s.serial.Add(1), base: c.base, part: true}
	if t, err := parseTarget(address); err == nil && t.resource == resBatch {
		inner.target = t
		return inner.failed(errBadBatch("Batches cannot be nested."))
	}
	a, _ := inner.run() // its faults are none of the connection
	return a
}

// append renders the answer of a part; what is not JSON goes as base64url.
func (p *part) append(dst []byte) []byte {
	dst = appendMember(append(dst, '{'), "id", p.id)
	dst = appendInt(append(dst, ','), "status", p.answer.status)
	dst = append(dst, `,"headers":{`...)
	for i, name := range slices.Sorted(maps.Keys(p.answer.header)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMember(dst, name, p.answer.header.Get(name))
	}
	dst = append(dst, '}')
	if len(p.answer.body) > 0 {
		dst = append(dst, `,"body":`...)
		if isJSON(p.answer.header.Get("Content-Type")) {
			dst = append(dst, p.answer.body...)
		} else {
			dst = appendString(dst, base64.URLEncoding.EncodeToString(p.answer.body))
		}
	}
	return append(dst, '}')
}
