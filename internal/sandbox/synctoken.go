package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// A syncToken is what a $deltatoken or a $skiptoken says; to clients it is
// opaque. The service keeps nothing for it but the log of changes, so tokens
// outlive a restart.
type syncToken struct {
	Kind     syncKind `json:"k"`
	Dialect  string   `json:"d"`
	Of       uint64   `json:"o"`           // the folder whose contacts, or the root whose folders, are tracked
	Since    uint64   `json:"s,omitempty"` // the version that the round starts after; 0: it lists everything
	Until    uint64   `json:"u,omitempty"` // the version that the next round starts after
	After    uint64   `json:"a,omitempty"` // where the next page starts: a version, or an id where everything is listed
	Select   string   `json:"f,omitempty"` // as sent with the first request
	Expand   string   `json:"e,omitempty"`
	Issued   int64    `json:"t"` // milliseconds
	Distinct uint64   `json:"n"` // number of the request, so that no two tokens are the same
}

type syncKind uint8

const (
	syncContacts syncKind = iota + 1
	syncFolders
	syncTrack // Outlook's odata.track-changes
)

// tokenLife is how long tokens are good. For Outlook data the service names no
// time: its cache is bounded by size.
const tokenLife = 7 * 24 * time.Hour

const sealSize = 12

// seal writes the token, with a check sum that only this mailbox can make.
func (c *call) seal(t syncToken) string {
	t.Dialect, t.Distinct = c.d.prefix, c.n
	t.Issued = time.Now().UnixMilli()
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // a struct of numbers and strings
	}
	return base64.RawURLEncoding.EncodeToString(append(c.sum(text), text...))
}

func (c *call) sum(text []byte) []byte {
	h := hmac.New(sha256.New, c.box.key[:])
	h.Write(text)
	return h.Sum(nil)[:sealSize]
}

// unseal reads a token of the kind, for contacts or folders of of.
func (c *call) unseal(text string, kind syncKind, of, latest uint64) (syncToken, *failure) {
	var t syncToken
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) < sealSize {
		return t, errSyncInvalid
	}
	if !hmac.Equal(raw[:sealSize], c.sum(raw[sealSize:])) {
		return t, errSyncUnknown
	}
	if err := json.Unmarshal(raw[sealSize:], &t); err != nil {
		return t, errSyncInvalid
	}
	if t.Kind != kind || t.Of != of || t.Dialect != c.d.prefix || max(t.Since, t.Until) > latest {
		return t, errSyncUnknown
	}
	if time.Since(time.UnixMilli(t.Issued)) > c.s.scaled(tokenLife) {
		return t, errResync
	}
	return t, nil
}
