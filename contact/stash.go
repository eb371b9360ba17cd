package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A stash carries the fields that a service or a format has no place for, as
// text in a place that people do not see. It holds those fields whole, and what
// the place showed instead when the stash was made: on the way back a field is
// restored only where it still shows that, so that an edit made in between
// stands. Of an edited list, the items that the place could not show at all are
// added again.
type stash struct {
	Version int              `json:"v"`
	UID     string           `json:"uid,omitempty"`
	Full    *Contact         `json:"full,omitempty"`
	Shown   map[Field]string `json:"shown,omitempty"` // hash of what the place shows
	Hidden  map[Field][]int  `json:"hidden,omitempty"`
}

const stashVersion = 1

// The stash of most contacts holds a UID alone, in characters that need no escape.
// It is written and read without the help of a JSON package.
const (
	bareHead = `{"v":1,"uid":"`
	bareTail = `"}`
)

// bareUID returns the UID of a stash of that form.
func bareUID(text string) (string, bool) {
	uid, head := strings.CutPrefix(text, bareHead)
	uid, tail := strings.CutSuffix(uid, bareTail)
	return uid, head && tail && isBare(uid)
}

func isBare(uid string) bool {
	for i := range len(uid) {
		switch b := uid[i]; b {
		case '"', '\\', '<', '>', '&': // the last three are escaped in JSON that may stand in HTML
			return false
		default:
			if b < ' ' || b > '~' {
				return false
			}
		}
	}
	return true
}

// Stash returns the text from which [Unstash] makes shown into full again, ""
// where nothing needs it. full is the contact to be kept and shown what remains
// of it in the place. The photo is not stashed.
func Stash(full, shown *Contact) (string, error) {
	s := stash{Version: stashVersion}
	if full.UID != shown.UID {
		s.UID = full.UID
	}
	for i := range table {
		d := &table[i]
		if d.field == "photo" || isShown(d, full, shown) {
			continue
		}
		if s.Full == nil {
			s.Full, s.Shown = &Contact{}, map[Field]string{}
		}
		d.set(s.Full, full)
		s.Shown[d.field] = hashField(d, shown)
		if d.missing != nil {
			if s.Hidden == nil {
				s.Hidden = map[Field][]int{}
			}
			s.Hidden[d.field] = d.missing(shown, full)
		}
	}
	if s.Full == nil {
		if s.UID == "" {
			return "", nil
		}
		if isBare(s.UID) {
			return bareHead + s.UID + bareTail, nil
		}
	}
	text, err := json.Marshal(&s)
	if err != nil {
		return "", fmt.Errorf("stashing fields: %w", err)
	}
	return string(text), nil
}

// isShown reports whether shown holds a field as full does, and still will when
// its other fields are restored: a display name that the place leaves out must
// follow from the name in full, not only from what is shown of it.
func isShown(d *definition, full, shown *Contact) bool {
	if equal := d.equal(full, shown); !equal || !d.derived || d.empty(full) || !d.empty(shown) {
		return equal
	}
	bare := *full
	d.set(&bare, &Contact{})
	return d.equal(full, &bare)
}

// Unstash restores into c, as read from the place, what text carries. Fields
// edited since are left as they are; what is restored is normalised, as somebody may
// have tampered with it. A text that is no stash is an error, and c is then unchanged.
func Unstash(c *Contact, text string) error {
	if uid, ok := bareUID(text); ok {
		c.restoreUID(uid)
		return nil
	}
	var s stash
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("reading stashed fields: not in the expected form")
	}
	if s.Version != stashVersion {
		return fmt.Errorf("reading stashed fields: version %d is unknown", s.Version)
	}
	c.restoreUID(s.UID)
	if s.Full == nil {
		return nil
	}
	for i := range table {
		d := &table[i]
		shown, ok := s.Shown[d.field]
		switch {
		case !ok || d.field == "photo":
		case hashField(d, c) == shown:
			d.set(c, s.Full)
			d.clean(c)
		case d.keep != nil:
			hidden := s.Full.Clone()
			d.keep(hidden, s.Hidden[d.field])
			d.unite(c, hidden, false, Rules{})
			d.clean(c)
		}
	}
	return nil
}

func (c *Contact) restoreUID(uid string) {
	if uid != "" {
		c.UID = cleanText(uid)
	}
}

// hashField returns a short hash of one field's value. The order of a list in
// which it has no meaning does not change it.
func hashField(d *definition, c *Contact) string {
	if d.empty(c) {
		return ""
	}
	var texts []string
	for i := range max(1, listLength(d, c)) {
		only := &Contact{}
		d.set(only, c)
		if d.keep != nil {
			d.keep(only, []int{i})
		}
		text, _ := json.Marshal(only)
		texts = append(texts, string(text))
	}
	slices.Sort(texts)
	h := sha256.New()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func listLength(d *definition, c *Contact) int {
	if d.missing == nil {
		return 0
	}
	return len(d.missing(&Contact{}, c))
}
