package carddav

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/cardferry/cardferry/contact"
	"github.com/cardferry/cardferry/exporter"
	"github.com/cardferry/cardferry/internal/dav"
)

// position is what a cursor stands for: a sync token where the server has such things,
// and what of the book its holder has seen. The second is what makes it work on every
// server: without tokens, with tokens that are forgotten, and with tokens that are
// forgotten silently (DAViCal, SOGo) changes are found by comparison. It takes some 40
// bytes for a card, compressed.
type position struct {
	Version int               `json:"v"`
	Token   string            `json:"token,omitzero"`
	Seen    map[string]string `json:"seen"`             // name within the book -> short hash of the ETag
	Groups  []string          `json:"groups,omitempty"` // those names that are groups
}

const positionVersion = 2

// maxPosition bounds what a cursor may unpack to.
const maxPosition = 256 << 20

func (p *position) cursor() (exporter.Cursor, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return exporter.Cursor(base64.RawURLEncoding.EncodeToString(b.Bytes())), nil
}

// parse reads a cursor. One that is damaged, or of another version, has expired.
func parse(c exporter.Cursor) (*position, error) {
	data, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil {
		return nil, exporter.ErrCursorExpired
	}
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), maxPosition))
	p := &position{}
	if err != nil || json.Unmarshal(text, p) != nil || p.Version != positionVersion || p.Seen == nil {
		return nil, exporter.ErrCursorExpired
	}
	return p, nil
}

func newPosition() *position { return &position{Version: positionVersion, Seen: map[string]string{}} }

// see notes that the holder has seen the entries.
func (p *position) see(book string, entries []dav.Entry) {
	for _, e := range entries {
		p.Seen[nameIn(book, e.Href)] = shortHash(e.ETag)
	}
}

func nameIn(book, href string) string { return strings.TrimPrefix(href, book) }

func shortHash(etag string) string {
	sum := sha256.Sum256([]byte(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// has reports whether the holder has seen the entry in this version.
func (p *position) has(book string, e dav.Entry) bool {
	return e.ETag != "" && p.Seen[nameIn(book, e.Href)] == shortHash(e.ETag)
}

// touches reports whether a group that the holder knows has changed, or is gone.
func (p *position) touches(book string, ch *changes) bool {
	isGroup := func(href string) bool { return slices.Contains(p.Groups, nameIn(book, href)) }
	return slices.ContainsFunc(ch.entries, func(e dav.Entry) bool { return isGroup(e.Href) }) ||
		slices.ContainsFunc(ch.deleted, func(id contact.ID) bool { return isGroup(string(id)) })
}
